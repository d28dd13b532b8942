import { AppendBatch, type Call } from './append-batch.js';
import type { AppendWriter } from './append-writer.js';
import { StoreOverloaded } from './errors.js';

export interface AppenderLimits {
  /** Events and bytes that share a transaction at most; one call above them goes alone. */
  batchEvents: number;
  batchBytes: number;
  /** Commands and bytes that wait or are on their way at most; what comes then is refused at once. */
  waitingCommands: number;
  waitingBytes: number;
  /** Longest time, in milliseconds, until a caller has an answer: the result, or that there is none. */
  waitMs: number;
  /** A batch that takes longer no longer keeps those behind it waiting: they go beside it. */
  slowMs: number;
  /** Batches on their way at a time, none of them slow. */
  lanesAtOnce: number;
  /** Batches on their way at most, when all of them are slow. */
  lanes: number;
  /** Longest wait for a lock that a transaction of another kind holds, before a batch is taken apart. */
  lockMs: number;
}

export const defaultAppenderLimits: AppenderLimits = {
  batchEvents: 500,
  batchBytes: 1_000_000,
  waitingCommands: 10_000,
  waitingBytes: 64_000_000,
  waitMs: 5_000,
  slowMs: 100,
  lanesAtOnce: 1,
  lanes: 4,
  lockMs: 1_000,
};

const lookEveryMs = 250;

/**
 * Lets the calls of one process share transactions: what arrived while the last batch was on its way goes next, in the
 * order of arrival and without waiting for more. Two batches on their way never touch the same stream, key or series.
 */
export class Appender {
  /** Calls that found no room, or no time. */
  refused = 0;
  private queue: Call[] = [];
  private readonly waiting = new Map<Call, AppendBatch | null>();
  private readonly running: AppendBatch[] = [];
  private commands = 0;
  private bytes = 0;
  private isScheduled = false;
  private watch: NodeJS.Timeout | null = null;
  private slow: NodeJS.Timeout | null = null;

  constructor(
    private readonly writer: AppendWriter,
    private readonly limits: AppenderLimits,
  ) {}

  get waitingCommands(): number {
    return this.commands;
  }

  /**
   * Take a call in: from now on it counts as waiting until it leaves.
   * @throws StoreOverloaded (code) when too much is waiting already
   */
  admit(call: Call): void {
    const isTooMuch =
      this.commands + call.commandCount > this.limits.waitingCommands ||
      this.bytes + call.bytes > this.limits.waitingBytes;
    // Alone any call may pass, however large.
    if (isTooMuch && this.commands > 0) {
      this.refused += 1;
      throw new StoreOverloaded(this.commands);
    }
    this.waiting.set(call, null);
    this.commands += call.commandCount;
    this.bytes += call.bytes;
    this.watch ??= unref(setInterval(() => this.expire(), lookEveryMs));
  }

  /** An admitted call is ready to be planned. */
  enqueue(call: Call): void {
    this.queue.push(call);
    this.schedule();
  }

  /** A call has its answer: it no longer counts as waiting. */
  leave(call: Call): void {
    if (!this.waiting.delete(call)) return;
    this.commands -= call.commandCount;
    this.bytes -= call.bytes;
    if (this.waiting.size === 0 && this.watch) {
      clearInterval(this.watch);
      this.watch = null;
    }
  }

  /** After all that runs now: callers who were answered together come back together. */
  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    while (this.queue.length > 0 && this.hasLane()) {
      const batch = this.next();
      if (batch.entries.length === 0) break;
      void this.run(batch);
    }
    if (this.queue.length > 0 && !this.slow) {
      this.slow = unref(
        setTimeout(() => {
          this.slow = null;
          this.flush();
        }, this.limits.slowMs),
      );
    }
  }

  private hasLane(): boolean {
    if (this.running.length < this.limits.lanesAtOnce) return true;
    if (this.running.length >= this.limits.lanes) return false;
    const slowSince = performance.now() - this.limits.slowMs;
    return this.running.every(({ startedAt }) => startedAt <= slowSince);
  }

  private next(): AppendBatch {
    const { batchEvents: events, batchBytes: bytes } = this.limits;
    const batch = new AppendBatch({ events, bytes }, [...this.running], performance.now());
    const queue = this.queue;
    // Calls may come back to the queue while they plan.
    this.queue = [];
    const later: Call[] = [];
    let at = 0;
    for (; at < queue.length && !batch.isFull; at += 1) {
      const call = queue[at] as Call;
      if (call.isAnswered) continue;
      const planned = call.plan(batch);
      if (planned === 'full') break;
      if (planned === 'later') later.push(call);
      else if (planned !== 'left') this.waiting.set(call, batch);
    }
    this.queue = [...later, ...queue.slice(at), ...this.queue];
    return batch;
  }

  private async run(batch: AppendBatch): Promise<void> {
    this.running.push(batch);
    await this.writer.write(batch.entries, batch.startedAt + this.limits.waitMs);
    this.running.splice(this.running.indexOf(batch), 1);
    for (const { call } of batch.entries) if (this.waiting.get(call) === batch) this.waiting.set(call, null);
    for (const { chain, answer, again } of batch.followers) {
      if (chain.isBroken) again();
      else answer();
    }
    this.schedule();
  }

  private expire(): void {
    const now = performance.now();
    for (const [call, batch] of this.waiting) {
      if (call.deadline > now) continue;
      this.refused += 1;
      call.expire(batch !== null);
      this.leave(call);
    }
    this.queue = this.queue.filter((call) => !call.isAnswered);
  }
}

function unref(timer: NodeJS.Timeout): NodeJS.Timeout {
  timer.unref();
  return timer;
}
