/** The only place that reads the time; everything else is given a clock or a moment. */
export interface Clock {
  now(): Date;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => new Date() };

/** A clock for tests: stands still until moved. */
export interface FixedClock extends Clock {
  /** Stand at another moment (RFC 3339 or Date). */
  set(moment: string | Date): void;
  /** Move forward (or back, when negative). */
  advance(ms: number): void;
}

/** A clock that stands at `moment` (RFC 3339 or Date) until it is set or advanced. */
export function fixedClock(moment: string | Date): FixedClock {
  let at = new Date(moment).getTime();
  if (Number.isNaN(at)) throw new RangeError(`not a moment: ${String(moment)}`);
  return {
    now: () => new Date(at),
    set: (next) => {
      at = new Date(next).getTime();
    },
    advance: (ms) => {
      at += ms;
    },
  };
}
