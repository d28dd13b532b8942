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
  /** A batch goes beside another only with at least so many bytes: less is cheaper together with what comes next. */
  besideBytes: number;
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
  lanesAtOnce: 2,
  besideBytes: 32_000,
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
  private readonly waiting = new Set<Call>();
  private readonly running: AppendBatch[] = [];
  private commands = 0;
  private bytes = 0;
  private isScheduled = false;
  /** All that waits must wait for a batch that is on its way: looked at again when one has come back. */
  private isBlocked = false;
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
    this.waiting.add(call);
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
    if (this.queue.length === 0) return;
    if (this.hasLane()) {
      const batch = this.next();
      if (batch.entries.length > 0) {
        void this.run(batch);
        // The statement goes out first: the server works on it while the next batch is made.
        if (this.queue.length > 0) this.schedule();
        return;
      }
      this.isBlocked = this.running.length > 0;
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
    const { running, limits } = this;
    if (running.length === 0) return true;
    if (running.length < limits.lanesAtOnce && !this.isBlocked && this.bytesWaiting(limits.besideBytes)) return true;
    if (running.length >= limits.lanes) return false;
    const slowSince = performance.now() - limits.slowMs;
    return running.every(({ startedAt }) => startedAt <= slowSince);
  }

  /** Bytes of the calls in the queue, counted until there are `enough`; 0 when there are not. */
  private bytesWaiting(enough: number): number {
    let bytes = 0;
    for (const call of this.queue) {
      bytes += call.bytes;
      if (bytes >= enough) return bytes;
    }
    return 0;
  }

  /**
   * How many bytes the next batch takes when more lanes than one are free: program and server work at the same time
   * when what waits is shared among them.
   */
  private share(): number {
    const { lanesAtOnce, besideBytes } = this.limits;
    const lanes = lanesAtOnce - this.running.length;
    if (lanes < 2 || this.bytesWaiting(2 * besideBytes) === 0) return Infinity;
    let bytes = 0;
    for (const call of this.queue) bytes += call.bytes;
    return bytes / lanes;
  }

  private next(): AppendBatch {
    const { batchEvents: events, batchBytes: bytes } = this.limits;
    const batch = new AppendBatch({ events, bytes }, [...this.running], performance.now());
    const share = this.share();
    const queue = this.queue;
    // Calls may come back to the queue while they plan.
    this.queue = [];
    const later: Call[] = [];
    let taken = 0;
    let at = 0;
    for (; at < queue.length && !batch.isFull; at += 1) {
      const call = queue[at] as Call;
      if (call.isAnswered) continue;
      // Past the share goes only what could not go beside this batch.
      if (taken >= share && !call.meets(batch)) {
        later.push(call);
        continue;
      }
      const planned = call.plan(batch);
      if (planned === 'full') break;
      if (planned === 'later') later.push(call);
      else if (planned !== 'left') {
        call.batch = batch;
        taken += call.bytes;
      }
    }
    this.queue = [...later, ...queue.slice(at), ...this.queue];
    batch.close();
    return batch;
  }

  private async run(batch: AppendBatch): Promise<void> {
    this.running.push(batch);
    await this.writer.write(batch.entries, batch.startedAt + this.limits.waitMs);
    this.running.splice(this.running.indexOf(batch), 1);
    this.isBlocked = false;
    for (const { call } of batch.entries) if (call.batch === batch) call.batch = null;
    for (const { chain, answer, again } of batch.followers) {
      if (chain.isBroken) again();
      else answer();
    }
    this.schedule();
  }

  private expire(): void {
    if (this.waiting.size === 0) {
      // Not when the last call leaves: a timer for every call that comes alone costs more than its place in the set.
      clearInterval(this.watch as NodeJS.Timeout);
      this.watch = null;
      return;
    }
    const now = performance.now();
    for (const call of this.waiting) {
      if (call.deadline > now) continue;
      this.refused += 1;
      call.expire(call.batch !== null);
      this.leave(call);
    }
    this.queue = this.queue.filter((call) => !call.isAnswered);
  }
}

function unref(timer: NodeJS.Timeout): NodeJS.Timeout {
  timer.unref();
  return timer;
}
