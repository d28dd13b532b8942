import { type DynamicModule, type INestApplication, type LoggerService, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { randomUUID } from 'node:crypto';
import { answered as endWaiting, AnswerInTime } from './answer-in-time.js';
import type { MarkedRequest } from './caller.js';
import type { HttpLogger } from './http-logger.js';
import type { PermissionMark } from './permission-marks.js';
import { ProblemFilter } from './problem-filter.js';
import { correlationIdFrom } from './request-headers.js';
import { validationPipe } from './validation.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
const REQUEST_TIMEOUT_MS = 120_000;

/** What the application tells of each answered request; `route` is the pattern, so its values are few. */
export interface AnsweredRequest {
  method: string;
  route: string;
  status: number;
  durationMs: number;
}

export interface HttpApplicationOptions {
  logger: HttpLogger;
  /** Addresses of reverse proxies whose X-Forwarded-* headers count; none when absent. */
  trustProxy?: boolean | string;
  /** Called after each answer, for metrics. */
  onAnswered?: (answered: AnsweredRequest) => void;
  /** An answer later than this is 503, but for routes that `TakesLong` marks; defaults to 4 s. */
  answerWithinMs?: number;
  /** Limits of multipart uploads; absent = multipart is refused with 415. */
  uploads?: { maxFileBytes: number; maxFiles: number };
}

/**
 * Headers of every answer. The policy fits a single-page application of the same origin: own scripts only,
 * styles also inline (the component library writes them at run time), live updates from the same origin.
 */
const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'self'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=()',
};

/** Nest's own words at start and stop, sent to the program's log. */
class NestLog implements LoggerService {
  constructor(private readonly logger: HttpLogger) {}
  log(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  debug(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  verbose(message: unknown, context?: unknown): void {
    this.logger.debug({ context }, String(message));
  }
  warn(message: unknown, context?: unknown): void {
    this.logger.warn({ context }, String(message));
  }
  error(message: unknown, stack?: unknown, context?: unknown): void {
    this.logger.error({ context, stack }, String(message));
  }
  fatal(message: unknown, stack?: unknown, context?: unknown): void {
    this.logger.error({ context, stack }, String(message));
  }
}

/** A route as Fastify knows it. */
export interface RegisteredRoute {
  method: string;
  path: string;
  /** What a route that no Nest controller made declares of itself: `config: { permission: 'public' }`. */
  permission?: PermissionMark;
}

const routesOf = new WeakMap<FastifyInstance, RegisteredRoute[]>();

/** Every route that Fastify answers, including those not made by a Nest controller; for the permission listing. */
export function registeredRoutes(app: INestApplication): RegisteredRoute[] {
  return routesOf.get(app.getHttpAdapter().getInstance() as FastifyInstance) ?? [];
}

function addHooks(fastify: FastifyInstance, { logger, onAnswered }: HttpApplicationOptions): void {
  const routes: RegisteredRoute[] = [];
  routesOf.set(fastify, routes);
  fastify.addHook('onRoute', ({ method, url, config }) => {
    const permission = (config as { permission?: PermissionMark } | undefined)?.permission;
    for (const one of Array.isArray(method) ? method : [method]) {
      routes.push({ method: one, path: url, ...(permission === undefined ? {} : { permission }) });
    }
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    const correlationId = correlationIdFrom(request.headers['x-correlation-id']);
    (request as MarkedRequest).correlationId = correlationId;
    // On the raw response: streams and other answers written past Fastify carry them too.
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value);
    reply.raw.setHeader('x-correlation-id', correlationId);
    reply.raw.setHeader('x-request-id', request.id);
    if (request.url.startsWith('/api/')) reply.raw.setHeader('cache-control', 'no-store');
    done();
  });
  fastify.addHook('onResponse', (request, reply: FastifyReply, done) => {
    endWaiting(request);
    const { correlationId, caller } = request as MarkedRequest;
    const route = request.routeOptions.url ?? 'unmatched';
    const answered = {
      method: request.method,
      route,
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    };
    onAnswered?.(answered);
    // The pattern, not the address (which may hold a name in its query); the role, not the person.
    const entry = { ...answered, requestId: request.id, correlationId, role: caller?.role };
    if (reply.statusCode >= 500) logger.warn(entry, 'answered');
    else logger.debug(entry, 'answered');
    done();
  });
}

/**
 * The one way to make an HTTP application: Fastify, problem documents, validation, ids, security headers,
 * bodies up to 1 MB. Guards come with the module (`SecurityModule`). Not yet listening.
 */
export async function createHttpApplication(
  module: Type | DynamicModule,
  options: HttpApplicationOptions,
): Promise<NestFastifyApplication> {
  const { logger, uploads, trustProxy, answerWithinMs } = options;
  const adapter = new FastifyAdapter({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    ...(trustProxy === undefined ? {} : { trustProxy }),
    multipart: uploads
      ? { limits: { fileSize: uploads.maxFileBytes, files: uploads.maxFiles, fields: 50, fieldSize: 64 * 1024 } }
      : false,
  });
  addHooks(adapter.getInstance() as unknown as FastifyInstance, options);
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    logger: new NestLog(logger),
    bufferLogs: false,
    abortOnError: false,
    forceCloseConnections: true,
  });
  const filter = new ProblemFilter(logger);
  app.useGlobalFilters(filter);
  app.useGlobalGuards(new AnswerInTime(filter, answerWithinMs));
  app.useGlobalPipes(validationPipe());
  return app;
}
