/**
 * The one place of the browser application that reads the clock. A desk computer's clock may be wrong by minutes, and an act
 * stated in the future is refused; so the time used is the server's, learnt from the `Date` header of its answers.
 * The header is cut to whole seconds and arrives late, so each answer gives a lower bound of the difference: the largest
 * bound seen is kept, and `now()` never runs ahead of the server.
 */
let skewMs: number | null = null;

/** Learns from one answer's `Date` header (null where the header is absent or unreadable). */
export function observeServerDate(header: string | null): void {
  if (header === null) return;
  const served = Date.parse(header);
  if (Number.isNaN(served)) return;
  const bound = served - Date.now();
  // A bound far below the kept one means that the device's own clock was set meanwhile: begin again.
  if (skewMs === null || bound > skewMs || bound < skewMs - 60_000) skewMs = bound;
}

/** The present moment, milliseconds since the epoch, by the server's clock. */
export function now(): number {
  return Date.now() + (skewMs ?? 0);
}
