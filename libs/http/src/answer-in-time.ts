import { type CanActivate, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { type MarkedRequest, requestOf } from './caller.js';
import { Unavailable } from './errors.js';
import type { ProblemFilter } from './problem-filter.js';

const TAKES_LONG = 'tinbao:takes-long';

/** Nobody waits longer than 5 s without a word (fault suite, I12); the rest is for the way. */
export const ANSWER_WITHIN_MS = 4_000;
const RETRY_AFTER_SECONDS = 2;

/** A route whose answer may take its time by nature: an upload, a stream. */
export const TakesLong = (): MethodDecorator => SetMetadata(TAKES_LONG, true);

/**
 * Answers 503 with Retry-After when a use case is not through in time, because what it needs stands still. The use case
 * goes on and its outcome is not known to the caller, who asks again under the same Idempotency-Key and learns it.
 *
 * A guard, though it lets everybody in: it runs when the body has arrived, and an interceptor would put every request of
 * every route through observables, which costs more than the rest of the framework (docs/decisions/0008).
 */
export class AnswerInTime implements CanActivate {
  private readonly reflector = new Reflector();

  constructor(
    private readonly filter: ProblemFilter,
    private readonly withinMs: number = ANSWER_WITHIN_MS,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.reflector.get<boolean | undefined>(TAKES_LONG, context.getHandler())) return true;
    const request = requestOf(context);
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    request.lateAnswer = setTimeout(() => {
      // An answer that has begun is under way: a file that is being sent.
      if (reply.sent || reply.raw.headersSent) return;
      this.filter.catch(new Unavailable('answer', RETRY_AFTER_SECONDS), context);
      request.isAnsweredLate = true;
    }, this.withinMs).unref();
    return true;
  }
}

/** To be called when a request is over, however it ended. */
export function answered({ lateAnswer }: MarkedRequest): void {
  if (lateAnswer) clearTimeout(lateAnswer);
}
