import type { Pending, Scheduler } from './scheduler.js';

/** The moment at which every simulation begins. */
export const simulationBegan = Date.UTC(2026, 0, 5, 0, 0, 0);

class VirtualTimer {
  pending: Pending | null = null;
  ended = false;
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

/**
 * Put virtual time and seeded chance in the place of the real ones for everything in this process: timers, `Date`,
 * `performance.now`, `Math.random`. Returns what puts the real ones back.
 */
export function installVirtualTime(scheduler: Scheduler): () => void {
  const { random } = scheduler;
  const realDate = Date;
  const moment = (): number => simulationBegan + Math.floor(scheduler.now);
  /** Timers are never early; a busy process makes them late. */
  const lateness = (): number => (random.chance(0.02) ? random.next() * 50 : random.next() * 0.3);

  const setTimeout = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimer => {
    const timer = new VirtualTimer();
    const owner = scheduler.current;
    timer.pending = scheduler.after(Math.max(1, ms) + lateness(), owner, 'timer', () => {
      timer.ended = true;
      work(...args);
    });
    return timer;
  };
  const setInterval = (work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): VirtualTimer => {
    const timer = new VirtualTimer();
    const owner = scheduler.current;
    const again = (): void => {
      timer.pending = scheduler.after(Math.max(1, ms) + lateness(), owner, '', () => {
        again();
        work(...args);
      });
    };
    again();
    return timer;
  };
  const setImmediate = (work: (...args: unknown[]) => void, ...args: unknown[]): VirtualTimer => {
    const timer = new VirtualTimer();
    timer.pending = scheduler.after(random.next() * 0.01, scheduler.current, 'immediate', () => work(...args));
    return timer;
  };
  const clear = (timer: VirtualTimer | null | undefined): void => timer?.pending?.cancel();

  const replaced: Record<string, unknown> = {
    setTimeout,
    setInterval,
    setImmediate,
    clearTimeout: clear,
    clearInterval: clear,
    clearImmediate: clear,
    performance: { now: () => scheduler.now },
    Date: new Proxy(realDate, {
      construct: (target, args: unknown[], newTarget) =>
        Reflect.construct(target, args.length === 0 ? [moment()] : args, newTarget) as object,
      get: (target, key, receiver) => (key === 'now' ? moment : (Reflect.get(target, key, receiver) as unknown)),
    }),
  };
  const kept = new Map<string, PropertyDescriptor | undefined>();
  for (const [name, value] of Object.entries(replaced)) {
    kept.set(name, Object.getOwnPropertyDescriptor(globalThis, name));
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
  }
  const { random: realRandom } = Math;
  Math.random = () => random.next();
  return () => {
    Math.random = realRandom;
    for (const [name, descriptor] of kept) if (descriptor) Object.defineProperty(globalThis, name, descriptor);
  };
}
