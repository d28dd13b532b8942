import { identifier, inTransaction, isTransient, reach } from '@app/event-store';
import type { PoolClient } from 'pg';
import { errorText } from '../logger.js';
import type { Consumer, ConsumerHome, DeliveredEvent, MessagingLogger, SourcePosition } from '../types.js';
import { byStream, handleApart, handleUpTo, type Poisoned } from './apart.js';
import { ConsumerFenced, consumerStopped } from './faults.js';

/** What is to be handled from one source, and where that source then stands. */
export interface SourceBatch {
  source: string;
  /** In per-stream order; empty when only the place moves. */
  events: readonly DeliveredEvent[];
  position: SourcePosition;
}

export interface DeliveryOptions {
  logger: MessagingLogger;
  /** Waits before the second, third … attempt at what a handler throws at. */
  retryDelaysMs?: readonly number[];
  /**
   * Where the further attempts are made: `aside`, by stream, while all other streams flow on, for a caller that asks
   * `releaseRequested` in time; `in place` (the default), with the batch, which nothing passes meanwhile.
   */
  retries?: 'aside' | 'in place';
}

interface Claim {
  epoch: number;
  position: SourcePosition | null;
}

const defaultRetryDelaysMs = [50, 250, 1_000];
const releaseChunk = 200;
/** What another instance parked so short ago may not have had its further attempts: that instance is gone. */
const freshlyParkedMs = 10_000;
// Row-level security shows a unit its own rows; read models are written for all units.
const everyRow = { 'app.units': '*' };

/** Name of the lock that every transaction of a consumer shares; a rebuild takes it alone while it swaps tables. */
export function swapLock(schema: string, consumer: string): string {
  return `swap ${schema}/${consumer}`;
}

/**
 * The consumer's half of the promise, the same under both carriers: a batch, its effects and its checkpoint are one
 * transaction; an older instance cannot write; what keeps failing is parked by stream; what is parked is released in
 * order. One call at a time.
 */
export class Delivery {
  private readonly schema: string;
  private readonly claims = new Map<string, Claim>();
  /** Sources of the streams whose events wait, those that are still tried again among them. */
  private readonly parked = new Map<string, string>();
  /** Of those that are still tried again: attempts since the first, and when the next is due. */
  private readonly trials = new Map<string, { attempts: number; dueAt: number }>();
  private stopping = false;
  private interrupt: () => void = () => undefined;
  private readonly retryDelaysMs: readonly number[];
  private readonly sharedLock: string;

  constructor(
    private readonly consumer: Consumer,
    private readonly home: ConsumerHome,
    private readonly options: DeliveryOptions,
  ) {
    this.schema = identifier(home.schema);
    this.retryDelaysMs = options.retryDelaysMs ?? defaultRetryDelaysMs;
    this.sharedLock = swapLock(home.schema, consumer.name);
  }

  /**
   * Take sources over from any older instance; answers where each one stands (null = at the beginning).
   * @param isWanted asked before every attempt, of which there may be many while the database is away: who has waited so
   * long that the sources are another's by now must not take them from there
   * @throws when it is not wanted any more
   */
  async claim(
    sources: readonly string[],
    isWanted: () => boolean = () => true,
  ): Promise<Map<string, SourcePosition | null>> {
    const positions = new Map<string, SourcePosition | null>();
    this.release(sources);
    await this.persistently(async () => {
      await inTransaction(this.home.pool, async (tx) => {
        // Not before there is a connection: that, too, may have been waited for.
        if (!isWanted()) throw new Error(`${this.consumer.name} is not to take over ${sources.join(', ')} any more`);
        for (const source of sources) {
          const { rows } = await tx.query<{ epoch: number; position: SourcePosition | null }>(
            `INSERT INTO ${this.schema}.checkpoints AS c (consumer, source) VALUES ($1, $2)
             ON CONFLICT (consumer, source) DO UPDATE SET epoch = c.epoch + 1, released = false
             RETURNING c.epoch, c.position`,
            [this.consumer.name, source],
          );
          const claim = rows[0] as Claim;
          this.claims.set(source, claim);
          positions.set(source, claim.position);
        }
        const { rows } = await tx.query<{ stream: string; source: string; fresh: boolean }>(
          `SELECT stream, source, parked_at > now() - $3::int * interval '1 ms' AS fresh
           FROM ${this.schema}.parked_streams WHERE consumer = $1 AND source = ANY ($2)`,
          [this.consumer.name, sources, freshlyParkedMs],
        );
        for (const { stream, source, fresh } of rows) {
          this.parked.set(stream, source);
          if (fresh) this.tryLater(stream, 0);
        }
      });
    });
    return positions;
  }

  /** Where sources stand that another instance holds; read without taking them over. */
  async peek(sources: readonly string[]): Promise<Map<string, SourcePosition | null>> {
    const { rows } = await this.home.pool.query<{ source: string; position: SourcePosition | null }>(
      `SELECT source, position FROM ${this.schema}.checkpoints WHERE consumer = $1 AND source = ANY ($2)`,
      [this.consumer.name, sources],
    );
    return new Map(rows.map(({ source, position }) => [source, position]));
  }

  /** Sources given up (a rebalance): nothing is written for them any more. */
  release(sources: readonly string[]): void {
    for (const source of sources) {
      this.claims.delete(source);
      for (const [stream, from] of this.parked) {
        if (from !== source) continue;
        this.parked.delete(stream);
        this.trials.delete(stream);
      }
    }
  }

  /**
   * Whether a source was taken from this instance by a rebuild of its read model, and by nobody since: then it may claim
   * the source again and go on from where the rebuilt tables stand.
   */
  async handedOn(source: string): Promise<boolean> {
    const { rowCount } = await this.home.pool.query(
      `SELECT FROM ${this.schema}.checkpoints WHERE consumer = $1 AND source = $2 AND handed_on = $3 AND epoch = $3 + 1`,
      [this.consumer.name, source, this.epochOf(source)],
    );
    return rowCount === 1;
  }

  /** Says that this instance writes nothing more: one that stands by may take over what it held. */
  async letGo(): Promise<void> {
    await this.home.pool.query(
      `UPDATE ${this.schema}.checkpoints c SET released = true FROM unnest($2::text[], $3::bigint[]) AS held (source, epoch)
       WHERE c.consumer = $1 AND c.source = held.source AND c.epoch = held.epoch`,
      [this.consumer.name, [...this.claims.keys()], [...this.claims.values()].map(({ epoch }) => epoch)],
    );
  }

  /** Whether whoever took these sources has let all of them go. */
  async isLetGo(sources: readonly string[]): Promise<boolean> {
    const { rows } = await this.home.pool.query<{ source: string }>(
      `SELECT source FROM ${this.schema}.checkpoints WHERE consumer = $1 AND source = ANY ($2) AND released`,
      [this.consumer.name, sources],
    );
    return rows.length === sources.length;
  }

  /**
   * Other work of this consumer on one source, in one transaction that an older instance cannot commit; moves the
   * checkpoint when a position is given.
   * @throws ConsumerFenced
   */
  async write(source: string, work: (tx: PoolClient) => Promise<void>, position?: SourcePosition): Promise<void> {
    await inTransaction(
      this.home.pool,
      async (tx) => {
        await work(tx);
        if (position) await this.advance(tx, [{ source, events: [], position }]);
        else await this.fence(tx, source);
      },
      // On disk before the caller goes on: it knows its place and would go past what a crash of the database forgot.
      { settings: everyRow, sharedLock: this.sharedLock },
    );
  }

  /** Streams whose attempts are used up: they wait for an operator. */
  get parkedStreams(): number {
    return this.parked.size - this.trials.size;
  }

  /** Streams that failed and will be tried again by themselves. */
  get streamsOnTrial(): number {
    return this.trials.size;
  }

  /** Milliseconds until `releaseRequested` has something to try again; Infinity when there is nothing. */
  get nextTrialInMs(): number {
    const next = Math.min(...[...this.trials.values()].map(({ dueAt }) => dueAt));
    return Math.max(0, next - performance.now());
  }

  /** Ends waits between attempts; the call in hand then throws `stopped` unless it is through. */
  stop(): void {
    this.stopping = true;
    this.interrupt();
  }

  /**
   * Handle a batch of one source and move its checkpoint to `position`, in one transaction. Returns when that is
   * committed: with all effects, or with the streams that cannot be handled parked.
   * @throws ConsumerFenced, or an error with code `ConsumerStopped`
   */
  async apply(source: string, batch: readonly DeliveredEvent[], position: SourcePosition): Promise<void> {
    await this.applyAll([{ source, events: batch, position }]);
  }

  /**
   * The same for several sources at once: the handler gets their events as one batch, and all their checkpoints move
   * in its transaction. Each source may be named once.
   * @throws ConsumerFenced naming the source that was lost (nothing at all was written), or `ConsumerStopped`
   */
  async applyAll(batches: readonly SourceBatch[]): Promise<void> {
    let failures = 0;
    await this.persistently(async () => {
      try {
        await this.attempt(batches);
      } catch (error) {
        if (error instanceof ConsumerFenced || isTransient(error)) throw error;
        failures += 1;
        const delay = this.options.retries === 'aside' ? undefined : this.retryDelaysMs[failures - 1];
        if (delay !== undefined) {
          this.options.logger.warn('batch failed, trying again', {
            consumer: this.consumer.name,
            sources: batches.map(({ source }) => source),
            attempt: failures,
            error: errorText(error),
          });
          await this.pause(delay);
          throw new TryAgain();
        }
        await this.applyApart(batches);
      }
    });
  }

  /**
   * Handle the streams that are due to be tried again, and the parked ones that an operator wants tried again.
   * @returns whether there was any
   */
  async releaseRequested(): Promise<boolean> {
    if (this.parked.size === 0) return false;
    const tried = await this.tryAgain();
    const { rows } = await this.home.pool.query<{ stream: string; source: string }>(
      `SELECT stream, source FROM ${this.schema}.parked_streams
       WHERE consumer = $1 AND source = ANY ($2) AND retry_requested ORDER BY parked_at, stream`,
      [this.consumer.name, [...this.claims.keys()]],
    );
    for (const { stream, source } of rows) await this.releaseAll(stream, source);
    return tried || rows.length > 0;
  }

  /** @returns whether a stream on trial was due */
  private async tryAgain(): Promise<boolean> {
    const due = [...this.trials].filter(([, { dueAt }]) => dueAt <= performance.now());
    for (const [stream, { attempts }] of due) {
      const source = this.parked.get(stream);
      if (source !== undefined) await this.releaseAll(stream, source);
      if (this.parked.has(stream)) this.tryLater(stream, attempts + 1);
    }
    return due.length > 0;
  }

  /** The next attempt at a stream, or the end of them: then it is parked until an operator wants it tried again. */
  private tryLater(stream: string, attempts: number): void {
    const delay = this.options.retries === 'aside' ? this.retryDelaysMs[attempts] : undefined;
    if (delay !== undefined) {
      this.trials.set(stream, { attempts, dueAt: performance.now() + delay });
      return;
    }
    this.trials.delete(stream);
    this.options.logger.error('stream parked', { consumer: this.consumer.name, stream });
  }

  private async releaseAll(stream: string, source: string): Promise<void> {
    let again = true;
    while (again) {
      await this.persistently(async () => {
        again = await this.releaseSome(stream, source);
      });
    }
  }

  private async attempt(batches: readonly SourceBatch[]): Promise<void> {
    const events = joined(batches);
    const flowing = this.parked.size === 0 ? events : events.filter(({ stream }) => !this.parked.has(stream));
    await inTransaction(
      this.home.pool,
      async (tx) => {
        if (events.length > 0) reach('delivery:before-handle');
        if (flowing.length > 0) await this.consumer.handle(flowing, tx);
        if (events.length > 0) reach('delivery:after-handle');
        if (flowing.length < events.length) {
          await this.parkEvents(
            tx,
            events.filter(({ stream }) => this.parked.has(stream)),
          );
        }
        await this.advance(tx, batches);
        if (events.length > 0) reach('delivery:after-checkpoint');
      },
      // Effects are on disk before this consumer goes on: it may outlive a database that dies and forgets, and then its
      // own place would be past what is there. A place alone may be forgotten: what follows it is read again.
      { durable: events.length > 0, settings: everyRow, sharedLock: this.sharedLock },
    );
    if (events.length > 0) reach('delivery:after-commit');
  }

  /** Everything that can be handled is; streams that cannot are parked from their first bad event on. */
  private async applyApart(batches: readonly SourceBatch[]): Promise<void> {
    let failed: Poisoned[] = [];
    await inTransaction(
      this.home.pool,
      async (tx) => {
        const events = joined(batches);
        const streams = byStream(events.filter(({ stream }) => !this.parked.has(stream)));
        failed = await handleApart((some) => this.inSavepoint(tx, some), streams);
        for (const {
          events: [first],
          error,
        } of failed) {
          await this.parkStream(tx, sourceOf(batches, first), first, error);
        }
        const waiting = events.filter(({ stream }) => this.parked.has(stream));
        waiting.push(...failed.flatMap(({ events: some }) => some));
        if (waiting.length > 0) await this.parkEvents(tx, waiting);
        await this.advance(tx, batches);
      },
      { settings: everyRow, sharedLock: this.sharedLock },
    );
    for (const {
      events: [first],
      error,
    } of failed) {
      this.parked.set(first.stream, sourceOf(batches, first));
      this.tryLater(first.stream, 0);
      this.options.logger.warn('stream failed', {
        consumer: this.consumer.name,
        stream: first.stream,
        version: first.version,
        type: first.type,
        error,
      });
    }
  }

  /** @returns whether more events of the stream wait and none failed */
  private async releaseSome(stream: string, source: string): Promise<boolean> {
    let outcome: 'more' | 'done' | 'failed' = 'done';
    await inTransaction(
      this.home.pool,
      async (tx) => {
        await this.fence(tx, source);
        const { rows } = await tx.query<{ event: DeliveredEvent }>(
          `SELECT event FROM ${this.schema}.parked_events WHERE consumer = $1 AND stream = $2 ORDER BY version LIMIT $3`,
          [this.consumer.name, stream, releaseChunk],
        );
        const events = rows.map(({ event }) => event);
        outcome = events.length < releaseChunk ? 'done' : 'more';
        const { handled, error } = await handleUpTo((some) => this.inSavepoint(tx, some), events);
        if (error !== null) outcome = 'failed';
        // Its further attempts belong to the first, as long as they change nothing.
        if (error !== null && (handled > 0 || !this.trials.has(stream))) {
          await tx.query(
            `UPDATE ${this.schema}.parked_streams SET retry_requested = false, version = $3, error = $4,
             attempts = attempts + 1, tried_at = now() WHERE consumer = $1 AND stream = $2`,
            [this.consumer.name, stream, events[handled]?.version, error],
          );
        }
        const last = events[handled - 1];
        if (last) {
          await tx.query(
            `DELETE FROM ${this.schema}.parked_events WHERE consumer = $1 AND stream = $2 AND version <= $3`,
            [this.consumer.name, stream, last.version],
          );
        }
        if (outcome === 'done') {
          await tx.query(`DELETE FROM ${this.schema}.parked_streams WHERE consumer = $1 AND stream = $2`, [
            this.consumer.name,
            stream,
          ]);
        }
      },
      { settings: everyRow, sharedLock: this.sharedLock },
    );
    if ((outcome as string) === 'done') {
      this.parked.delete(stream);
      this.trials.delete(stream);
      this.options.logger.info('stream released', { consumer: this.consumer.name, stream });
    }
    return (outcome as string) === 'more';
  }

  /** @returns what the handler threw, null when it did not; a fault of the database goes on to the caller */
  private async inSavepoint(tx: PoolClient, events: readonly DeliveredEvent[]): Promise<string | null> {
    await tx.query('SAVEPOINT handling');
    try {
      await this.consumer.handle(events, tx);
      await tx.query('RELEASE SAVEPOINT handling');
      return null;
    } catch (error) {
      if (isTransient(error)) throw error;
      await tx.query('ROLLBACK TO SAVEPOINT handling; RELEASE SAVEPOINT handling');
      return errorText(error);
    }
  }

  private async parkStream(tx: PoolClient, source: string, event: DeliveredEvent, error: string): Promise<void> {
    await tx.query(
      `INSERT INTO ${this.schema}.parked_streams (consumer, stream, source, topic, version, error)
       VALUES ($1, $2, $3, $4, $5, $6)
       -- The stream is parked already when the answer to this transaction's first commit was lost.
       ON CONFLICT (consumer, stream) DO NOTHING`,
      [this.consumer.name, event.stream, source, event.topic, event.version, error],
    );
  }

  private async parkEvents(tx: PoolClient, events: readonly DeliveredEvent[]): Promise<void> {
    await tx.query(
      `INSERT INTO ${this.schema}.parked_events (consumer, stream, version, event)
       SELECT $1, e.event->>'stream', (e.event->>'version')::integer, e.event
       FROM jsonb_array_elements($2::jsonb) AS e(event)
       ON CONFLICT DO NOTHING`,
      [this.consumer.name, JSON.stringify(events)],
    );
  }

  private async advance(tx: PoolClient, batches: readonly SourceBatch[]): Promise<void> {
    const [only] = batches;
    if (!only) return;
    if (batches.length > 1) return this.advanceAll(tx, batches);
    const { rowCount } = await tx.query({
      name: `${this.schema}-advance`,
      text: `UPDATE ${this.schema}.checkpoints SET position = $4, updated_at = now()
        WHERE consumer = $1 AND source = $2 AND epoch = $3`,
      values: [this.consumer.name, only.source, this.epochOf(only.source), only.position],
    });
    if (rowCount !== 1) throw new ConsumerFenced(this.consumer.name, only.source);
  }

  private async advanceAll(tx: PoolClient, batches: readonly SourceBatch[]): Promise<void> {
    const { rows } = await tx.query<{ source: string }>({
      name: `${this.schema}-advance-all`,
      text: `UPDATE ${this.schema}.checkpoints c SET position = n.position, updated_at = now()
        FROM unnest($2::text[], $3::bigint[], $4::jsonb[]) AS n (source, epoch, position)
        WHERE c.consumer = $1 AND c.source = n.source AND c.epoch = n.epoch
        RETURNING c.source`,
      values: [
        this.consumer.name,
        batches.map(({ source }) => source),
        batches.map(({ source }) => this.epochOf(source)),
        batches.map(({ position }) => JSON.stringify(position)),
      ],
    });
    if (rows.length === batches.length) return;
    const moved = new Set(rows.map(({ source }) => source));
    throw new ConsumerFenced(
      this.consumer.name,
      batches.find(({ source }) => !moved.has(source))?.source ?? 'a source that was named twice',
    );
  }

  /** Epoch under which this instance holds a source; -1 = it does not. */
  epochOf(source: string): number {
    return this.claims.get(source)?.epoch ?? -1;
  }

  private async fence(tx: PoolClient, source: string): Promise<void> {
    const { rowCount } = await tx.query({
      name: `${this.schema}-fence`,
      text: `SELECT FROM ${this.schema}.checkpoints WHERE consumer = $1 AND source = $2 AND epoch = $3 FOR UPDATE`,
      values: [this.consumer.name, source, this.epochOf(source)],
    });
    if (rowCount !== 1) throw new ConsumerFenced(this.consumer.name, source);
  }

  /** Again and again while the fault is the database's or the network's: that is no reason to park anything. */
  private async persistently(work: () => Promise<void>): Promise<void> {
    for (let fault = 0; ;) {
      if (this.stopping) throw consumerStopped(this.consumer.name);
      try {
        await work();
        return;
      } catch (error) {
        if (error instanceof TryAgain) continue;
        if (error instanceof ConsumerFenced || !isTransient(error)) throw error;
        fault += 1;
        const level = fault === 1 ? 'info' : 'warn';
        this.options.logger[level]('database not available or busy, trying again', {
          consumer: this.consumer.name,
          fault,
          error: errorText(error),
        });
        await this.pause(Math.min(20 * 2 ** fault, 2_000));
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.interrupt = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.interrupt = () => undefined;
  }
}

class TryAgain extends Error {}

function joined(batches: readonly SourceBatch[]): readonly DeliveredEvent[] {
  const [only] = batches;
  return batches.length === 1 && only ? only.events : batches.flatMap(({ events }) => events);
}

function sourceOf(batches: readonly SourceBatch[], event: DeliveredEvent): string {
  const batch = batches.find(({ events }) => events.includes(event));
  if (!batch) throw new Error(`no source gave version ${event.version} of ${event.stream}`);
  return batch.source;
}
