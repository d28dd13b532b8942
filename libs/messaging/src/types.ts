import type { LogPosition, ScannedEvent, StoredEvent } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';

/** An event as a consumer gets it: from a topic, in the order of its stream, at least once. */
export interface DeliveredEvent extends StoredEvent {
  /** `<service>.<aggregates>`, for example `intake.crime-tips`. */
  topic: string;
}

/** What reads events: a read model, a reaction, a projection of another service. */
export interface Consumer {
  /** Unique within its service; the name of its checkpoint, for example `deadlines.obligations`. */
  name: string;
  topics: readonly string[];
  /**
   * Apply a batch (1..500 events, per-stream order) inside `tx`; the checkpoint is written in the same
   * transaction after it returns. Throwing rolls the batch back; after bounded retries the batch is applied
   * one stream at a time and the failing stream is parked.
   */
  handle(batch: readonly DeliveredEvent[], tx: PoolClient): Promise<void>;
  /**
   * So many events may come at a time while the consumer is behind, where a larger batch costs less for each; a hint that a
   * carrier may pass over. Default: the carrier's own size.
   */
  mostWhileBehind?: number;
  /** What a rebuild makes anew from the log, or why nothing can be. Every consumer of a service says one of the two. */
  rebuild?: ReadModel | NotRebuildable;
}

/** A consumer whose tables are a function of the events alone. */
export interface ReadModel {
  /**
   * Every table of the service's schema that `handle` writes and nothing else does. A rebuild fills tables of the same
   * names in another schema by the same `handle`: its SQL names tables as `schema.table` in full.
   */
  tables: readonly string[];
  /** Tables that only count changes for readers in memory: written in passing, not rebuilt. */
  signals?: readonly string[];
  /** How a rebuild handles a batch, where that is not the consumer's own way. */
  handle?(batch: readonly DeliveredEvent[], tx: PoolClient): Promise<void>;
  /** A faster way than `handle` for the whole log; made anew for each rebuild. */
  bulk?(): BulkHandler;
  /** When everything is loaded, by whatever way: what still lacks of it, for example after a load that was cut short. */
  loaded?(transaction: InShadow): Promise<void>;
  /**
   * What else the rows follow from, as text (for example the law as published). When it changes under a rebuild, the
   * rebuild begins anew.
   */
  basis?(db: PoolClient): Promise<string>;
  /**
   * When both sides stand still: what the log alone does not say, written to the shadow's tables (the names of both
   * schemas are given) from the live ones.
   */
  complete?(tx: PoolClient, at: { live: string; shadow: string }): Promise<void>;
  /** In the swap's transaction, just before it: what of the live data follows from the difference. */
  beforeSwap?(tx: PoolClient, at: { live: string; shadow: string }): Promise<void>;
  /**
   * For tables where equal contents need not be equal bytes (sums that were added to in another order): what a row
   * amounts to, null = nothing. The row as JSON gives it.
   */
  canonical?: Readonly<Record<string, (row: Record<string, unknown>) => string | null>>;
  /** In the swap's transaction, when the new tables are in place: tell readers that everything may have changed. */
  afterSwap?(tx: PoolClient): Promise<void>;
}

/** A consumer that acts: what it did once must not be done again. */
export interface NotRebuildable {
  reason: { vi: string; en: string };
}

/** Why a reaction has nothing to rebuild. */
export const APPENDS_EVENTS: NotRebuildable = {
  reason: {
    vi: 'Bộ phản ứng ghi sự kiện mới vào nhật ký; những gì đã ghi vẫn ở đó và không được ghi lại lần nữa.',
    en: 'A reaction appends new events to the log; what it appended is still there and must not be appended again.',
  },
};

/**
 * Folds many batches in memory and writes the rows, some thousand at a time, while it folds on. Writing the same rows
 * again changes nothing.
 */
export interface BulkHandler {
  /** Fold a batch; rows that are not in memory are read from the tables by `db`, which is in no transaction. */
  readonly add: (batch: readonly ScannedEvent[], db: PoolClient) => Promise<void>;
  /** Rows (or facts) in memory that `write` was not called for. */
  readonly held: number;
  /**
   * Write everything held, in any number of short transactions, and forget it. What is added from the call on belongs to
   * the next one, which comes after this one has ended.
   */
  write(transaction: InShadow): Promise<void>;
  /** Everything of all sources was added and written: what else it kept. Left out when the load was cut short. */
  complete?(transaction: InShadow): Promise<void>;
}

/** Runs work in a transaction of its own, with the tables of the rebuild under the names of the live ones. */
export type InShadow = (work: (tx: PoolClient) => Promise<void>) => Promise<void>;

/** What topics hold, from the beginning on; read beside the running consumers and without taking anything from them. */
export interface History {
  sources: readonly HistorySource[];
  close(): Promise<void>;
}

/** A source as checkpoints name it: a service's log, or one partition of a topic. */
export interface HistorySource {
  name: string;
  /**
   * The next events after a place (null = from the beginning). `size` counts those passed over too; 0 = no more now.
   * @throws an error with code `LogIncarnationChanged`
   */
  read(after: SourcePosition | null, limit: number): Promise<HistoryPage>;
  /** The same with only what folds ask about, where the carrier can give that for less. */
  scan?(after: SourcePosition | null, limit: number): Promise<HistoryPage<ScannedEvent>>;
  /** How many events lie after a place. */
  countAfter(position: SourcePosition | null): Promise<number>;
  /** Whether a place is at or after another one; places of another incarnation are behind every place. */
  hasReached(at: SourcePosition | null, target: SourcePosition | null): boolean;
}

/** A place in a source, as stored: the carrier's own shape. */
export type SourcePosition = Record<string, unknown>;

export interface HistoryPage<E = DeliveredEvent> {
  events: readonly E[];
  position: SourcePosition | null;
  /** Place of the last of `events`: all that a consumer which moves its checkpoint for its own events alone can say. */
  lastEvent: SourcePosition | null;
  size: number;
}

/** The consumer's own database: where its checkpoint, parked events and read models live. */
export interface ConsumerHome {
  pool: Pool;
  /** PostgreSQL schema of the service, for example `deadlines`. */
  schema: string;
}

/** Why a consumer stopped by itself: a newer instance took over, or its log was restored (rebuild it). */
export type ConsumerState = 'running' | 'stopped' | 'fenced' | 'failed';

export interface RunningConsumer {
  readonly name: string;
  readonly state: ConsumerState;
  /** What made the state `failed`; null otherwise. */
  readonly failure: Error | null;
  /** Stops after the batch in hand. */
  stop(): Promise<void>;
  /**
   * Wait until everything that this process had appended, or the carrier held, when called has been handled
   * (or `timeoutMs` passed). Returns whether it was reached.
   */
  settled(timeoutMs: number): Promise<boolean>;
  lag(): Promise<{ events: number; parkedStreams: number }>;
}

/** One promise, two carriers: kafka and postgres-log. */
export interface MessageLog {
  start(consumer: Consumer, home: ConsumerHome): Promise<RunningConsumer>;
  /** Everything that a consumer's topics hold, in the sources in which `start` reads them. */
  history(consumer: Consumer): Promise<History>;
  /** True when the carrier can be reached now. */
  healthy(): Promise<boolean>;
  close(): Promise<void>;
}

/** A topic and the service log it is fed from. */
export interface TopicSource {
  topic: string;
  service: string;
  /** Streams whose name starts with this belong to the topic, for example `crime-tip-`. */
  streamPrefix: string;
}

/** Where carriers report what they retry, park and recover from. */
export interface MessagingLogger {
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export type { LogPosition };
