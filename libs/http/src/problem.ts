import type { Fault } from './errors.js';

/** RFC 9457 problem document, in both languages. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** Path of the request that was answered, without its query (a query may hold a name or a phone number). */
  instance: string;
  code: string;
  facts: Record<string, unknown>;
  /** Articles of law that the refusal rests on. */
  cites: string[];
  detailVi: string;
  detailEn: string;
  /** Each fault of a malformed request. */
  errors?: Fault[];
  /** Names this request in the logs. */
  correlationId: string;
}

/** What is known of a failure before it is dressed as an answer. */
export interface Diagnosis {
  status: number;
  code: string;
  vi: string;
  en: string;
  facts: Record<string, unknown>;
  cites: string[];
  errors?: Fault[];
  retryAfterSeconds?: number;
}

const BUSY = {
  vi: 'Hệ thống tạm thời bận. Hãy thử lại sau ít giây.',
  en: 'Temporarily unavailable. Try again in a few seconds.',
};

const RETRY_AFTER_SECONDS = 2;

const BUSY_LOG: Readonly<Record<string, { vi: string; en: string }>> = {
  StoreOverloaded: {
    vi: 'Hệ thống đang nhận quá nhiều yêu cầu; yêu cầu này chưa được ghi. Hãy thử lại sau ít giây.',
    en: 'Too many requests at the moment; this one was not recorded. Try again in a few seconds.',
  },
  AppendUnconfirmed: {
    vi: 'Chưa xác nhận được yêu cầu đã ghi hay chưa. Hãy gửi lại với cùng khóa Idempotency-Key.',
    en: 'Whether this was recorded could not be confirmed. Repeat it with the same Idempotency-Key.',
  },
};

/** Node's connection faults and PostgreSQL's classes 08 (connection), 53 (resources), 57P (shutdown), 55P03/57014 (time out). */
const CONNECTION_FAULTS = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  '55P03',
  '57014',
  '25P03',
  '25P04',
]);

const CONNECTION_WORDS =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Query read timeout)/;

const STATUS_WORDS: Record<number, { code: string; vi: string; en: string }> = {
  400: { code: 'Malformed', vi: 'Yêu cầu không đúng dạng.', en: 'The request is malformed.' },
  401: { code: 'TokenMissing', vi: 'Cần đăng nhập.', en: 'Sign-in is required.' },
  403: { code: 'Forbidden', vi: 'Không có quyền thực hiện.', en: 'Not permitted.' },
  404: { code: 'NotFound', vi: 'Không tìm thấy.', en: 'Not found.' },
  405: { code: 'MethodNotAllowed', vi: 'Phương thức không được hỗ trợ.', en: 'The method is not supported here.' },
  408: { code: 'RequestTimeout', vi: 'Yêu cầu gửi quá chậm.', en: 'The request took too long to arrive.' },
  409: { code: 'Conflict', vi: 'Dữ liệu vừa thay đổi. Hãy thử lại.', en: 'The data has just changed. Try again.' },
  413: { code: 'BodyTooLarge', vi: 'Dữ liệu gửi lên quá lớn.', en: 'The request is too large.' },
  414: { code: 'UriTooLong', vi: 'Địa chỉ quá dài.', en: 'The address is too long.' },
  415: { code: 'MediaTypeUnsupported', vi: 'Kiểu dữ liệu không được hỗ trợ.', en: 'The media type is not supported.' },
  422: { code: 'Unprocessable', vi: 'Không xử lý được yêu cầu.', en: 'The request cannot be processed.' },
  429: {
    code: 'TooManyRequests',
    vi: 'Quá nhiều yêu cầu. Hãy thử lại sau.',
    en: 'Too many requests. Try again later.',
  },
  503: { code: 'Unavailable', ...BUSY },
};

const BROKEN = {
  vi: 'Hệ thống gặp lỗi. Hãy báo mã tra cứu cho người quản trị.',
  en: 'Something broke. Give the correlation id to the operator.',
};

interface ErrorShape {
  name?: unknown;
  code?: unknown;
  message?: unknown;
  status?: unknown;
  statusCode?: unknown;
  facts?: unknown;
  vi?: unknown;
  en?: unknown;
  cites?: unknown;
  field?: unknown;
  position?: unknown;
  faults?: unknown;
  retryAfterSeconds?: unknown;
  getStatus?: unknown;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const facts = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/** Whether a failure means that the database cannot be reached or is out of room, so that asking again may help. */
export function isConnectionFault(error: unknown): boolean {
  const { code, message } = (error ?? {}) as ErrorShape;
  if (typeof code === 'string' && (CONNECTION_FAULTS.has(code) || /^(08...|53...|57P0.)$/.test(code))) return true;
  if (error instanceof AggregateError) return error.errors.some(isConnectionFault);
  return typeof message === 'string' && CONNECTION_WORDS.test(message);
}

function ofStatus(status: number): Diagnosis {
  const known = STATUS_WORDS[status] ?? (status < 500 ? STATUS_WORDS[400]! : { code: 'Broken', ...BROKEN });
  return { status, code: known.code, vi: known.vi, en: known.en, facts: {}, cites: [] };
}

function worded(status: number, error: ErrorShape, fallback: { code: string; vi: string; en: string }): Diagnosis {
  return {
    status,
    code: text(error.code) ?? fallback.code,
    vi: text(error.vi) ?? fallback.vi,
    en: text(error.en) ?? fallback.en,
    facts: facts(error.facts),
    cites: list(error.cites),
  };
}

/**
 * Sort any failure into one of three kinds (style guide, error model): malformed 4xx, refused 409, broken 5xx.
 * Failures are told apart by name, code and shape, never by class, because several packages throw them.
 */
export function diagnose(error: unknown): Diagnosis {
  const shape = (typeof error === 'object' && error !== null ? error : {}) as ErrorShape;
  const name = text(shape.name);
  const status = typeof shape.status === 'number' ? shape.status : undefined;

  if (name === 'RuleViolation') {
    return worded(409, shape, { code: 'Refused', vi: 'Không được phép theo quy định.', en: 'A rule refuses this.' });
  }
  if (name === 'LimitRefusal') {
    const refused = worded(400, shape, STATUS_WORDS[400]!);
    if (typeof shape.position === 'number') refused.facts = { ...refused.facts, position: shape.position };
    const field = text(shape.field) ?? '';
    return { ...refused, errors: [{ field, constraint: refused.code, vi: refused.vi, en: refused.en }] };
  }
  if (shape.code === 'IdempotencyKeyReused') {
    return {
      ...worded(422, shape, {
        code: 'IdempotencyKeyReused',
        vi: 'Khóa Idempotency-Key này đã dùng cho một yêu cầu khác.',
        en: 'This Idempotency-Key was used for another request.',
      }),
      code: 'IdempotencyKeyReused',
    };
  }
  // Others kept changing the same stream: nothing is wrong with the request, asking again may succeed.
  if (shape.code === 'StreamConflict') return { ...ofStatus(409), retryAfterSeconds: 1 };
  // The event log's own: too much was waiting, or it did not say in time what became of the request.
  const busy = typeof shape.code === 'string' ? BUSY_LOG[shape.code] : undefined;
  if (busy) {
    const { retryAfterSeconds: after } = shape;
    const retryAfterSeconds = typeof after === 'number' ? after : RETRY_AFTER_SECONDS;
    return { status: 503, code: String(shape.code), ...busy, facts: {}, cites: [], retryAfterSeconds };
  }
  // HttpProblem and whatever has its shape: it chose its own status and words.
  if (status !== undefined && status >= 400 && status < 600 && text(shape.vi) && text(shape.en) && text(shape.code)) {
    return {
      ...worded(status, shape, STATUS_WORDS[400]!),
      ...(Array.isArray(shape.faults) ? { errors: shape.faults as Fault[] } : {}),
      ...(typeof shape.retryAfterSeconds === 'number' ? { retryAfterSeconds: shape.retryAfterSeconds } : {}),
    };
  }
  if (isConnectionFault(error)) return { ...ofStatus(503), retryAfterSeconds: RETRY_AFTER_SECONDS };
  if (typeof shape.getStatus === 'function') {
    // Nest's own refusals: their texts are English only and may quote the input, so only the status is kept.
    return ofStatus(Number((shape.getStatus as () => unknown).call(error)));
  }
  const fastifyStatus = typeof shape.statusCode === 'number' ? shape.statusCode : undefined;
  if (fastifyStatus !== undefined && fastifyStatus >= 400 && fastifyStatus < 500) return ofStatus(fastifyStatus);
  return ofStatus(500);
}

const TITLES: Record<number, { vi: string; en: string }> = {
  400: { vi: 'Yêu cầu chưa đúng', en: 'Malformed request' },
  401: { vi: 'Chưa đăng nhập', en: 'Not signed in' },
  403: { vi: 'Không có quyền', en: 'Not permitted' },
  404: { vi: 'Không tìm thấy', en: 'Not found' },
  409: { vi: 'Không thực hiện được', en: 'Refused' },
  412: { vi: 'Hồ sơ đã thay đổi', en: 'Changed meanwhile' },
  413: { vi: 'Quá lớn', en: 'Too large' },
  422: { vi: 'Khóa yêu cầu bị dùng lại', en: 'Request key reused' },
  429: { vi: 'Quá nhiều yêu cầu', en: 'Too many requests' },
  500: { vi: 'Lỗi hệ thống', en: 'Internal error' },
  503: { vi: 'Tạm thời bận', en: 'Temporarily unavailable' },
};

/** Vietnamese unless the reader's first wish is English. */
export function preferredLanguage(acceptLanguage: string | undefined): 'vi' | 'en' {
  return /^\s*en\b/i.test(acceptLanguage ?? '') ? 'en' : 'vi';
}

/** The document that answers a failed request. */
export function problemOf(
  diagnosis: Diagnosis,
  request: { path: string; correlationId: string; acceptLanguage: string | undefined },
): Problem {
  const language = preferredLanguage(request.acceptLanguage);
  const title = TITLES[diagnosis.status] ?? TITLES[diagnosis.status < 500 ? 400 : 500]!;
  return {
    type: `urn:tinbao:problem:${diagnosis.code}`,
    title: title[language],
    status: diagnosis.status,
    detail: diagnosis[language],
    instance: request.path,
    code: diagnosis.code,
    facts: diagnosis.facts,
    cites: diagnosis.cites,
    detailVi: diagnosis.vi,
    detailEn: diagnosis.en,
    ...(diagnosis.errors ? { errors: diagnosis.errors } : {}),
    correlationId: request.correlationId,
  };
}
