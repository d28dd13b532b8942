import { newHistogram, recordMs } from './latency.js';
import type { Round } from './types.js';

export interface ClosedLoop {
  /** Askers, each with one operation at a time. */
  workers: number;
  seconds: number;
  /** Does one operation, or several at once: the number done. Throwing counts as an error. */
  operation: (worker: number, turn: number) => Promise<number | void>;
}

/**
 * Asks as fast as the answers come. For throughput: its latencies say how long an answer took under exactly this load,
 * not what a user would see at a given rate.
 */
export async function closedLoop({ workers, seconds, operation }: ClosedLoop): Promise<Round> {
  const latency = newHistogram();
  let ops = 0;
  let errors = 0;
  let firstFault: unknown;
  const started = performance.now();
  const end = started + seconds * 1000;
  await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (let turn = 0; performance.now() < end; turn += 1) {
        const asked = performance.now();
        try {
          // Not `ops += await …`: that would add to what ops was before the wait.
          const done = (await operation(worker, turn)) ?? 1;
          ops += done;
          recordMs(latency, performance.now() - asked);
        } catch (fault) {
          errors += 1;
          firstFault ??= fault;
          // A fault without any wait would spin until the end of the round and starve everything else.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    }),
  );
  if (ops === 0 && firstFault !== undefined) throw firstFault;
  return { ops, seconds: (performance.now() - started) / 1000, latency, errors };
}

export interface OpenLoop {
  /** Operations a second to begin, whether or not earlier ones have ended. */
  rate: number;
  seconds: number;
  operation: (turn: number) => Promise<unknown>;
  /** More than this under way ends the round with an error: the rate cannot be held. Default 20,000. */
  most?: number;
  /** For the harness's own tests. */
  clock?: { now(): number; sleep(ms: number): Promise<void> };
}

const realClock = {
  now: () => performance.now(),
  sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
};

/**
 * Begins operations at a fixed rate and measures each from the moment at which it *should* have begun, so that a stall
 * is seen by everyone who would have asked during it, not by one asker only (coordinated omission).
 */
export async function openLoop(load: OpenLoop): Promise<Round> {
  const { rate, seconds, operation, most = 20_000, clock = realClock } = load;
  const latency = newHistogram();
  const total = Math.max(1, Math.round(rate * seconds));
  const under = new Set<Promise<void>>();
  let ops = 0;
  let errors = 0;
  const started = clock.now();
  for (let turn = 0; turn < total;) {
    const due = started + (turn * 1000) / rate;
    const wait = due - clock.now();
    if (wait > 0) {
      await clock.sleep(Math.min(wait, 5));
      continue;
    }
    if (under.size >= most) {
      errors += total - turn;
      break;
    }
    const asked: Promise<void> = operation(turn).then(
      () => {
        ops += 1;
        recordMs(latency, clock.now() - due);
        under.delete(asked);
      },
      () => {
        errors += 1;
        under.delete(asked);
      },
    );
    under.add(asked);
    turn += 1;
    // Behind the schedule: let answers in between the questions that are due at once.
    if (turn % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(under);
  return { ops, seconds: (clock.now() - started) / 1000, latency, errors, openLoopRate: rate };
}
