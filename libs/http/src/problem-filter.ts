import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { MarkedRequest } from './caller.js';
import { diagnose, problemOf } from './problem.js';
import { describeError } from './describe-error.js';
import type { HttpLogger } from './http-logger.js';

/** Answers every failure with one problem document and tells the log of the broken ones. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: HttpLogger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<MarkedRequest>();
    const reply = http.getResponse<FastifyReply>();
    if (request.isAnsweredLate) return;
    const diagnosis = diagnose(error);
    const correlationId = request.correlationId ?? request.id;
    if (diagnosis.status >= 500) {
      const entry = {
        correlationId,
        route: request.routeOptions?.url,
        method: request.method,
        err: describeError(error),
      };
      if (diagnosis.status === 503) this.logger.warn(entry, 'request not served for now');
      else this.logger.error(entry, 'request broken');
    }
    if (reply.sent || reply.raw.headersSent) {
      // An answer is under way (a stream): it can only be cut, so that the reader does not take it for whole.
      reply.raw.destroy();
      return;
    }
    if (diagnosis.retryAfterSeconds !== undefined)
      void reply.header('retry-after', String(diagnosis.retryAfterSeconds));
    if (diagnosis.status === 401) void reply.header('www-authenticate', 'Bearer');
    const path = request.url.split('?', 1)[0]!;
    const problem = problemOf(diagnosis, { path, correlationId, acceptLanguage: request.headers['accept-language'] });
    void reply
      .status(diagnosis.status)
      .header('cache-control', 'no-store')
      .header('content-language', `vi, en`)
      .type('application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem));
  }
}
