import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply } from 'fastify';
import { Observable } from 'rxjs';
import { Unavailable } from './errors.js';

const TAKES_LONG = 'tinbao:takes-long';

/** Nobody waits longer than 5 s without a word (fault suite, I12); the rest is for the way. */
export const ANSWER_WITHIN_MS = 4_000;
const RETRY_AFTER_SECONDS = 2;

/** A route whose answer may take its time by nature: an upload, a stream. */
export const TakesLong = (): MethodDecorator => SetMetadata(TAKES_LONG, true);

/**
 * Answers 503 with Retry-After when a use case is not through in time, because what it needs stands still. The use case
 * goes on and its outcome is not known to the caller, who asks again under the same Idempotency-Key and learns it.
 */
@Injectable()
export class AnswerInTime implements NestInterceptor {
  private readonly reflector = new Reflector();

  constructor(private readonly withinMs: number = ANSWER_WITHIN_MS) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (this.reflector.get<boolean | undefined>(TAKES_LONG, context.getHandler())) return next.handle();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return new Observable((subscriber) => {
      const timer = setTimeout(() => {
        // An answer that has begun is under way: a file that is being sent.
        if (!reply.sent && !reply.raw.headersSent) subscriber.error(new Unavailable('answer', RETRY_AFTER_SECONDS));
      }, this.withinMs);
      const handling = next.handle().subscribe(subscriber);
      return () => {
        clearTimeout(timer);
        handling.unsubscribe();
      };
    });
  }
}
