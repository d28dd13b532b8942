import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Unauthenticated } from './errors.js';

/** Who asks: the account or machine client of the verified token, and the right it asks under. */
export interface Caller {
  /** Subject of the token: account id or machine client id. */
  id: string;
  name: string;
  roles: string[];
  /** Scope roots: unit codes whose subtrees the caller sees, or `['*']`. */
  units: string[];
  /** The role that this request's permission was granted by. */
  role: string;
  /** First scope root; the unit that the caller acts for. */
  unit: string;
}

/** What the global hooks and guards leave on a request. */
export interface RequestMarks {
  caller?: Caller;
  correlationId?: string;
  /** Runs until the answer is there, see `AnswerInTime`. */
  lateAnswer?: NodeJS.Timeout;
  /** True when the caller was told to come again: what the use case still says is heard by nobody. */
  isAnsweredLate?: boolean;
}

/** The request as this library sees it: Fastify's, with the marks of hooks and guards. */
export type MarkedRequest = FastifyRequest & RequestMarks;

/** The request behind a Nest execution context. */
export function requestOf(context: ExecutionContext): MarkedRequest {
  return context.switchToHttp().getRequest<MarkedRequest>();
}

/**
 * The verified caller of this request.
 * @throws Unauthenticated on a public route that was called without a token
 */
export const CurrentCaller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const { caller } = requestOf(context);
  if (!caller) throw new Unauthenticated('TokenMissing');
  return caller;
});
