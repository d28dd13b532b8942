import type { LogPosition } from './types.js';

/** Order of two places in one log: negative, zero or positive. By number, as the reader sorts, never by text. */
export function comparePositions(a: LogPosition, b: LogPosition): number {
  return compareDecimals(a.xid, b.xid) || compareDecimals(a.gp, b.gp);
}

/** Whether everything up to `target` has been passed; a null target (an empty log) always has. */
export function hasReached(at: LogPosition | null, target: LogPosition | null): boolean {
  return target === null || (at !== null && comparePositions(at, target) >= 0);
}

function compareDecimals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
