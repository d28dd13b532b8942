import type { Random } from './random.js';

/** A process of the simulated system: when it dies, what it waits for never comes. */
export interface Owner {
  readonly name: string;
  alive: boolean;
  /** Stopped until then (virtual ms), as by SIGSTOP: nothing of it runs. */
  pausedUntil: number;
}

interface Happening {
  at: number;
  /** Breaks ties between what is due at the same moment, by chance. */
  tie: number;
  owner: Owner | null;
  label: string;
  run: (() => void) | null;
}

/** What can be called off before it happens. */
export interface Pending {
  cancel(): void;
}

/** Real timers, taken before the simulation puts its own in their place. */
const { setImmediate: realImmediate } = globalThis;
/** Steps a turn of the real event loop: between two immediates Node drains microtasks, so one turn serves many steps. */
const stepsPerTurn = 128;
/** A run takes some ten thousand; one that takes this many goes on without time going on. */
const mostSteps = 2_000_000;

/**
 * Virtual time and the only source of order: everything that happens in a simulation is an entry here, run one at a
 * time, earliest first, ties by the seed. Between two of them all promises settle.
 */
export class Scheduler {
  now = 0;
  steps = 0;
  /** Whose work runs at this moment; timers and queries made meanwhile belong to it. */
  current: Owner | null = null;
  /** Hash of everything that happened, in order: two runs of one seed must agree. */
  hash = 0x811c9dc5;
  /** Lines for people, when asked for. */
  trace: string[] | null = null;
  private readonly heap: Happening[] = [];
  private failure: unknown;
  private failed = false;

  constructor(readonly random: Random) {}

  /** Let `run` happen `ms` from now as work of `owner` (null = of the world, which never dies). */
  after(ms: number, owner: Owner | null, label: string, run: () => void): Pending {
    const happening: Happening = { at: this.now + Math.max(0, ms), tie: this.random.next(), owner, label, run };
    this.push(happening);
    return {
      cancel: () => {
        happening.run = null;
      },
    };
  }

  /** End the simulation with this error: a violated invariant, or something that the model does not know. */
  fail(error: unknown): void {
    if (this.failed) return;
    this.failed = true;
    this.failure = error;
  }

  /** Say something in the trace (and its hash). */
  note(text: string): void {
    for (let i = 0; i < text.length; i += 1) {
      this.hash = Math.imul(this.hash ^ text.charCodeAt(i), 0x01000193);
    }
    this.hash = Math.imul(this.hash ^ (Math.round(this.now * 1_000) >>> 0), 0x01000193);
    if (this.trace) this.trace.push(`${this.now.toFixed(3).padStart(12)}  ${this.current?.name ?? '-'}  ${text}`);
  }

  /**
   * Run until `done`, or until virtual time `limit` (ms).
   * @returns whether `done` was reached
   * @throws what was given to `fail`, or what a step threw
   */
  async run(done: () => boolean, limit: number): Promise<boolean> {
    let reached = false;
    await new Promise<void>((resolve, reject) => {
      let left = 0;
      let over = false;
      const turn = (): void => {
        if (over) return;
        left -= 1;
        try {
          if (this.failed) throw this.failure;
          reached = done();
          over = reached || !this.step(limit);
          if (this.failed) throw this.failure;
        } catch (error) {
          over = true;
          reject(error);
          return;
        }
        if (over) {
          resolve();
          return;
        }
        if (left === 0) refill();
      };
      const refill = (): void => {
        left = stepsPerTurn;
        for (let i = 0; i < stepsPerTurn; i += 1) realImmediate(turn);
      };
      refill();
    });
    return reached;
  }

  /** @returns false when nothing is left before `limit` */
  private step(limit: number): boolean {
    for (;;) {
      const next = this.heap[0];
      if (!next || next.at > limit) {
        this.now = limit;
        return false;
      }
      this.pop();
      const { run, owner } = next;
      if (!run || (owner && !owner.alive)) continue;
      if (owner && owner.pausedUntil > next.at) {
        // A process that sleeps finds everything waiting when it wakes, in no particular order.
        next.at = owner.pausedUntil + this.random.next();
        this.push(next);
        continue;
      }
      this.now = next.at;
      this.steps += 1;
      if (this.steps > mostSteps) throw new Error(`it goes on without end at ${this.now} ms`);
      this.current = owner;
      if (next.label !== '') this.note(next.label);
      run();
      return true;
    }
  }

  private push(entry: Happening): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent] as Happening)) break;
      heap[at] = heap[parent] as Happening;
      at = parent;
    }
    heap[at] = entry;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop() as Happening;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Happening, heap[child] as Happening)) child += 1;
      if (!before(heap[child] as Happening, last)) break;
      heap[at] = heap[child] as Happening;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Happening, b: Happening): boolean {
  return a.at < b.at || (a.at === b.at && a.tie < b.tie);
}
