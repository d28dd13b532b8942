import { randomUUID } from 'node:crypto';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { requestOf } from './caller.js';
import { Malformed, VersionMismatch } from './errors.js';

const MAX_KEY_LENGTH = 200;

/** Printable ASCII without spaces, at most 200 characters. */
const KEY = /^[\x21-\x7e]+$/;

function header(context: ExecutionContext, name: string): string | undefined {
  const value = requestOf(context).headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}

/** Read and check an Idempotency-Key. @throws Malformed when it is empty, too long or not printable ASCII */
export function parseIdempotencyKey(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (value.length <= MAX_KEY_LENGTH && KEY.test(value)) return value;
  throw new Malformed([
    {
      field: 'Idempotency-Key',
      constraint: 'idempotencyKey',
      vi: `Idempotency-Key phải có từ 1 đến ${MAX_KEY_LENGTH} ký tự ASCII không có khoảng trắng.`,
      en: `Idempotency-Key must be 1 to ${MAX_KEY_LENGTH} ASCII characters without spaces.`,
    },
  ]);
}

/** The request's Idempotency-Key, or undefined when there is none. */
export const IdempotencyKey = createParamDecorator((_data: unknown, context: ExecutionContext): string | undefined =>
  parseIdempotencyKey(header(context, 'idempotency-key')),
);

/** The correlation id of this request: the caller's `X-Correlation-Id` when it is usable, a new one otherwise. */
export const CorrelationId = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const request = requestOf(context);
  return request.correlationId ?? request.id;
});

/** A correlation id from outside is taken only in this form, so that it cannot write into a log line. */
const CORRELATION = /^[A-Za-z0-9._:-]{8,100}$/;

/** The given correlation id when it is well formed, a new UUID otherwise. */
export function correlationIdFrom(value: string | string[] | undefined): string {
  return typeof value === 'string' && CORRELATION.test(value) ? value : randomUUID();
}

/** Entity tag of a version: `"12"`. */
export function etag(version: number): string {
  return `"${version}"`;
}

/** Write the version of what is answered into the ETag header. */
export function setEtag(reply: FastifyReply, version: number): void {
  void reply.header('etag', etag(version));
}

/** Version named by an If-Match header; undefined when there is none or it is `*`. @throws Malformed */
export function parseIfMatch(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '*') return undefined;
  const match = /^\s*(?:W\/)?"(\d{1,15})"\s*$/.exec(value);
  if (match) return Number(match[1]);
  throw new Malformed([
    {
      field: 'If-Match',
      constraint: 'ifMatch',
      vi: 'If-Match phải là số phiên bản trong dấu ngoặc kép, ví dụ "12".',
      en: 'If-Match must be a version number in double quotes, for example "12".',
    },
  ]);
}

/** The version that the caller saw last (If-Match), or undefined. */
export const IfMatch = createParamDecorator((_data: unknown, context: ExecutionContext): number | undefined =>
  parseIfMatch(header(context, 'if-match')),
);

/** @throws VersionMismatch when the caller saw another version than the one stored now */
export function requireVersion(expected: number | undefined, actual: number): void {
  if (expected !== undefined && expected !== actual) throw new VersionMismatch(expected, actual);
}
