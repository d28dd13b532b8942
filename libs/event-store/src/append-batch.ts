import type { CommandResult, PreparedCommand } from './append-statement.js';
import type { Known } from './stream-states.js';

/** One caller's work on its way through the appender; it is decided when its batch is made, not before. */
export interface Call {
  /** Moment (monotonic, ms) until which it waits at most. */
  readonly deadline: number;
  /** About as many bytes as it holds while it waits. */
  readonly bytes: number;
  readonly commandCount: number;
  /** True once its caller has an answer: whatever comes later is for the books only. */
  readonly isAnswered: boolean;
  /** The batch that it is in; null while it waits. Kept by the appender. */
  batch: AppendBatch | null;
  /**
   * What it wants to write in this batch.
   * @returns commands; `later` = not in this batch; `full` = the batch should go first; `left` = it went another way
   */
  plan(batch: AppendBatch): readonly PreparedCommand[] | 'later' | 'full' | 'left';
  /** Whether the batch touches a stream, key or series of this call: beside it this call would only wait. */
  meets(batch: AppendBatch): boolean;
  /** One result per command. `sentAt` is when they were sent (monotonic, ms). */
  settle(results: readonly CommandResult[], sentAt: number): void;
  /** Nothing of it was written, for a reason of its own. */
  fail(error: unknown): void;
  /** It was decided on what a call before it was to write, which was not written: decide again. */
  decideAgain(): void;
  /** Its time is over. `wasSent`: it may have been written all the same. */
  expire(wasSent: boolean): void;
}

/** What one batch plans for one stream: calls decide in order, each on what those before it will have written. */
export interface Chain {
  /** Whose states these are. */
  readonly definition: object;
  /** State and version after all commands planned so far. */
  planned(): Known<unknown>;
  /** Newest state that is surely written: the one before the batch, then after each settled command. */
  written: Known<unknown>;
  /** A command of this chain was not written: what was decided after it is void. */
  isBroken: boolean;
}

export interface Entry {
  call: Call;
  commands: readonly PreparedCommand[];
  chain: Chain | null;
}

/** Commands of several calls that share one transaction. */
export class AppendBatch {
  readonly entries: Entry[] = [];
  /** Calls that found nothing to write on a planned state: answered once that state is written. */
  readonly followers: { chain: Chain; answer: () => void; again: () => void }[] = [];
  readonly startedAt: number;
  isSent = false;
  private readonly chains = new Map<string, Chain | null>();
  private readonly keys = new Set<string>();
  private readonly series = new Set<string>();
  private events = 0;
  private bytes = 0;

  constructor(
    private readonly limits: { events: number; bytes: number },
    private running: readonly AppendBatch[],
    now: number,
  ) {
    this.startedAt = now;
  }

  get isFull(): boolean {
    return this.events >= this.limits.events || this.bytes >= this.limits.bytes;
  }

  /** Nothing more is planned. What runs beside it is let go, or each batch would hold all that ever ran before it. */
  close(): void {
    this.running = [];
  }

  /** Whether these commands still go into this batch; alone any call goes. */
  hasRoomFor(commands: readonly PreparedCommand[]): boolean {
    if (this.entries.length === 0) return true;
    let { events, bytes } = this;
    for (const command of commands) {
      events += command.events.length;
      bytes += command.bytes;
    }
    return events <= this.limits.events && bytes <= this.limits.bytes;
  }

  /** The stream's plan in this batch: undefined when nobody touched it yet, null when nobody may follow. */
  chainOf(stream: string): Chain | null | undefined {
    return this.chains.get(stream);
  }

  /** Whether another batch that is on its way touches the stream, key or series: this one would only wait for it. */
  isTaken(stream: string, key: string | undefined, series: string | undefined): boolean {
    if (key !== undefined && this.keys.has(key)) return true;
    for (const batch of this.running) if (batch.touches(stream, key, series)) return true;
    return false;
  }

  /** Whether something planned here is about the same stream, key or series. */
  touches(stream: string, key: string | undefined, series: string | undefined): boolean {
    return (
      this.chains.has(stream) ||
      (key !== undefined && this.keys.has(key)) ||
      (series !== undefined && this.series.has(series))
    );
  }

  /** @param isLast nobody may follow on its streams in this batch */
  add(call: Call, commands: readonly PreparedCommand[], chain: Chain | null, isLast: boolean): void {
    this.entries.push({ call, commands, chain });
    for (const { stream, events, bytes, idempotency, allocate } of commands) {
      this.chains.set(stream, isLast ? null : chain);
      this.events += events.length;
      this.bytes += bytes;
      if (idempotency) this.keys.add(idempotency.key);
      if (allocate) this.series.add(allocate.series);
    }
  }
}
