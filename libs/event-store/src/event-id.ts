import { hash, randomFillSync } from 'node:crypto';

/** Two hex digits for each byte. */
const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
// One call of the generator for some hundred ids: a call costs as much as making the id.
const pool = new Uint8Array(4_000);
let used = pool.length;

/** A UUID version 7: the given moment in milliseconds, then random bits; sorts by time. */
export function uuidv7(at: Date): string {
  if (used + 10 > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 10;
  return format(at.getTime(), pool, used - 10);
}

/**
 * A UUID version 7 that is the same for the same input: the moment, then bits of a hash over `parts`. For events of
 * commands with an idempotency key, so that an attempt made again cannot produce a second identity.
 */
export function deterministicUuidv7(at: Date, ...parts: readonly string[]): string {
  return format(at.getTime(), hash('sha256', `${parts.join('\0')}\0`, 'buffer'), 0);
}

/** @param tail ten bytes from `from` on */
function format(ms: number, tail: Uint8Array, from: number): string {
  // Legal times before 1970 do not occur; the clamp keeps the id well formed all the same.
  const time = Math.max(0, ms).toString(16).padStart(12, '0');
  const byte = (index: number): string => hex[tail[from + index] as number] as string;
  const version = hex[((tail[from] as number) & 0x0f) | 0x70] as string;
  const variant = hex[((tail[from + 2] as number) & 0x3f) | 0x80] as string;
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-${version}${byte(1)}-${variant}${byte(3)}-` +
    byte(4) +
    byte(5) +
    byte(6) +
    byte(7) +
    byte(8) +
    byte(9)
  );
}
