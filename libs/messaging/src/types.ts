import type { LogPosition, StoredEvent } from '@app/event-store';
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
