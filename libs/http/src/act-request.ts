import { createParamDecorator } from '@nestjs/common';
import type { ExecutionContext } from '@nestjs/common';
import { requestOf } from './caller.js';
import type { Caller } from './caller.js';
import { Malformed, Unauthenticated } from './errors.js';
import { fingerprint } from './fingerprint.js';
import { correlationIdFrom, parseIdempotencyKey, parseIfMatch } from './request-headers.js';
import { IsISO8601, Matches } from 'class-validator';

/** A moment with its offset: legal time is never a guess about the zone. */
export const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Every act says when it happened. */
export class ActBody {
  @IsISO8601({ strict: true })
  @Matches(MOMENT, { message: 'happenedAt must be an RFC 3339 moment with offset' })
  happenedAt!: string;
}

/** Who asks for an act on which matter, and under which key and version. */
export interface ActRequest {
  id: string;
  caller: Caller;
  correlationId: string;
  idempotency: { key: string; fingerprint: string } | undefined;
  /** Version that the caller saw last (If-Match). */
  expectedVersion: number | undefined;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The identifier in the address. Refuses what is none. */
export function idOf(value: unknown): string {
  const id = String(value).toLowerCase();
  if (UUID.test(id)) return id;
  throw new Malformed([
    {
      field: 'id',
      constraint: 'uuid',
      vi: 'Mã trong địa chỉ không đúng dạng.',
      en: 'The id in the address is not an identifier.',
    },
  ]);
}

/** Reads a request's caller, matter, Idempotency-Key and If-Match. */
export const ActOf = createParamDecorator((_: unknown, context: ExecutionContext): ActRequest => {
  const request = requestOf(context);
  const { caller } = request;
  if (!caller) throw new Unauthenticated('TokenMissing');
  const header = (name: string) => {
    const value = request.headers[name];
    return Array.isArray(value) ? value.join(',') : value;
  };
  const key = parseIdempotencyKey(header('idempotency-key'));
  const { id } = request.params as { id?: string };
  return {
    id: id === undefined ? '' : idOf(id),
    caller,
    correlationId: request.correlationId ?? correlationIdFrom(undefined),
    idempotency: key === undefined ? undefined : idempotencyOf(caller, key, request.method, request.url, request.body),
    expectedVersion: parseIfMatch(header('if-match')),
  };
});

/** The stored form of an Idempotency-Key. Keys are the caller's own: two desks may use the same one. */
export function idempotencyOf(
  caller: Caller,
  key: string,
  method: string,
  url: string,
  body: unknown,
): { key: string; fingerprint: string } {
  return { key: `${caller.id}:${key}`, fingerprint: fingerprint(method, url, body) };
}
