export { ActBody, ActOf, idempotencyOf, idOf, MOMENT } from './act-request.js';
export type { ActRequest } from './act-request.js';
export { TakesLong } from './answer-in-time.js';
export { createHttpApplication, registeredRoutes } from './application.js';
export type { AnsweredRequest, HttpApplicationOptions, RegisteredRoute } from './application.js';
export { CurrentCaller, requestOf } from './caller.js';
export type { Caller, MarkedRequest, RequestMarks } from './caller.js';
export { describeError } from './describe-error.js';
export type { ErrorDescription } from './describe-error.js';
export {
  Forbidden,
  HttpProblem,
  Malformed,
  NotFound,
  Unauthenticated,
  Unavailable,
  VersionMismatch,
} from './errors.js';
export type { Fault, Words } from './errors.js';
export { canonicalJson, fingerprint } from './fingerprint.js';
export type { HttpLogger } from './http-logger.js';
export { decodeCursor, encodeCursor, listAnswer, PageQuery, parsePage } from './paging.js';
export type { CursorValue, ListAnswer, Page } from './paging.js';
export { PERMISSION_MARK, Public } from './permission-marks.js';
export type { Permission, PermissionMark, PermissionScope } from './permission-marks.js';
export { diagnose, isConnectionFault, preferredLanguage, problemOf } from './problem.js';
export type { Diagnosis, Problem } from './problem.js';
export { ProblemFilter } from './problem-filter.js';
export {
  CorrelationId,
  correlationIdFrom,
  etag,
  IdempotencyKey,
  IfMatch,
  parseIdempotencyKey,
  parseIfMatch,
  requireVersion,
  setEtag,
} from './request-headers.js';
export { faultsOf, validationPipe } from './validation.js';
