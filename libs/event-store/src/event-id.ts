import { createHash, randomBytes } from 'node:crypto';

/** A UUID version 7: the given moment in milliseconds, then random bits; sorts by time. */
export function uuidv7(at: Date): string {
  return format(at.getTime(), randomBytes(10));
}

/**
 * A UUID version 7 that is the same for the same input: the moment, then bits of a hash over `parts`. For events of
 * commands with an idempotency key, so that an attempt made again cannot produce a second identity.
 */
export function deterministicUuidv7(at: Date, ...parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return format(at.getTime(), hash.digest().subarray(0, 10));
}

function format(ms: number, tail: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  // Legal times before 1970 do not occur; the clamp keeps the id well formed all the same.
  bytes.writeUIntBE(Math.max(0, ms), 0, 6);
  bytes.set(tail, 6);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
