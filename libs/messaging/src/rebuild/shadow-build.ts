import { advisoryKeys, identifier, inTransaction, isTransient, LogIncarnationChanged } from '@app/event-store';
import type { PoolClient } from 'pg';
import { Delivery } from '../delivery/delivery.js';
import { errorText } from '../logger.js';
import type {
  BulkHandler,
  Consumer,
  ConsumerHome,
  History,
  HistoryPage,
  HistorySource,
  InShadow,
  MessageLog,
  MessagingLogger,
  ReadModel,
  SourcePosition,
} from '../types.js';
import { FoldFailed, loadInBulk } from './bulk-load.js';
import { withoutLimits } from './long-work.js';
import { redirected, redirector } from './redirect.js';
import { RebuildRecord } from './rebuild-state.js';
import { ShadowTables } from './shadow-tables.js';

export interface RebuildOptions {
  logger: MessagingLogger;
  /** Events read at a time; defaults to 5,000. */
  pageSize?: number;
  /** Rows held in memory before they are written, and as many while they are; defaults to 20,000. */
  rowsHeld?: number;
  /** Told at named points; a test stops or kills there. */
  onPoint?: (point: RebuildPoint) => Promise<void> | void;
}

export type RebuildPoint = 'created' | 'loaded-some' | 'loaded' | 'indexed' | 'standing-still' | 'swapped';

/** Another process runs this rebuild. */
export class RebuildRunsElsewhere extends Error {
  readonly code = 'RebuildRunsElsewhere';
  constructor(consumer: string) {
    super(`the rebuild of ${consumer} runs in another process`);
    this.name = 'RebuildRunsElsewhere';
  }
}

/** The tables, or what their rows follow from, changed while a rebuild was at work. */
export class BasisChanged extends Error {
  readonly code = 'BasisChanged';
  constructor(consumer: string) {
    super(`what the rows of ${consumer} follow from has changed`);
    this.name = 'BasisChanged';
  }
}

/** What a run did, beside its result. */
export interface RunFigures {
  /** Events read by this run, those that concern others included. */
  events: number;
  seconds: number;
}

/** A shadow that has everything that was in the log when its end was reached. */
export interface BuiltShadow {
  /** A connection without time limits. */
  work: PoolClient;
  history: History;
  /** Where the shadow stands in each source. */
  positions: Map<string, SourcePosition | null>;
  delivery: Delivery;
}

const DEFAULT_PAGE = 5_000;
const DEFAULT_ROWS = 20_000;
const CATCH_UP_PAGE = 1_000;
const PROGRESS_EVERY_MS = 500;
const MAX_RESTARTS = 3;
const MAX_FAULTS = 20;

/**
 * Builds a consumer's tables anew from the log, beside the live ones. Cut short at any point, the next run goes on: rows
 * and checkpoint of what was loaded are kept together. It delivers to itself under a name of its own, with checkpoints,
 * fencing and parked streams of its own.
 */
export abstract class ShadowBuild<R> {
  protected readonly schema: string;
  protected readonly shadow: ShadowTables;
  protected readonly record: RebuildRecord;
  protected readonly model: ReadModel;
  /** Name of its checkpoints, parked streams and state. */
  protected readonly own: string;
  private readonly redirect: (sql: string) => string;
  private stopping = false;
  protected done = 0;
  protected total = 0;
  private readByThisRun = 0;

  constructor(
    protected readonly consumer: Consumer,
    protected readonly home: ConsumerHome,
    private readonly messageLog: Pick<MessageLog, 'history'>,
    protected readonly options: RebuildOptions,
    purpose: 'shadow' | 'check',
    own: string,
  ) {
    this.own = own;
    if (!consumer.rebuild || !('tables' in consumer.rebuild)) {
      throw Object.assign(new Error(`${consumer.name} has no tables to rebuild`), { code: 'NotRebuildable' });
    }
    this.model = consumer.rebuild;
    this.schema = identifier(home.schema);
    this.shadow = new ShadowTables(home.schema, `${home.schema}_${purpose}`, this.model.tables);
    this.record = new RebuildRecord(home.pool, home.schema, purpose === 'shadow' ? consumer.name : own);
    this.redirect = redirector({
      consumer: consumer.name,
      live: home.schema,
      shadow: this.shadow.shadow,
      tables: this.model.tables,
      signals: [...(this.model.signals ?? [])],
    });
  }

  /** Ends the run at the next page; it can be taken up again. */
  stop(): void {
    this.stopping = true;
  }

  /**
   * @throws RebuildRunsElsewhere (code); an error with code `RebuildStopped` after `stop`; what made it fail
   */
  async run(): Promise<R & RunFigures> {
    const began = performance.now();
    const work = await this.home.pool.connect();
    let broken: Error | undefined;
    const lost = (error: Error): void => {
      broken = error;
    };
    work.on('error', lost);
    try {
      await withoutLimits(work);
      const { rows } = await work.query<{ mine: boolean }>(
        `SELECT pg_try_advisory_lock(${advisoryKeys(`rebuild ${this.home.schema}/${this.consumer.name}`)}) AS mine`,
      );
      if (!rows[0]?.mine) throw new RebuildRunsElsewhere(this.consumer.name);
      const result = await this.persistently(work);
      return { ...result, events: this.readByThisRun, seconds: (performance.now() - began) / 1000 };
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      // Cut short, or taken over by another process: nothing failed, the state stays as it is.
      if (
        code !== 'RebuildStopped' &&
        code !== 'RebuildRunsElsewhere' &&
        code !== 'ConsumerFenced' &&
        !isTransient(error)
      ) {
        await this.record.failed(errorText(error)).catch((late: unknown) => {
          this.options.logger.warn('the failure of a rebuild was not recorded', { error: errorText(late) });
        });
      }
      throw error;
    } finally {
      // At once, not when the server notices that the connection is gone.
      if (!broken) await work.query('SELECT pg_advisory_unlock_all()').catch(lost);
      work.off('error', lost);
      work.release(broken ?? true);
    }
  }

  private async persistently(work: PoolClient): Promise<R> {
    for (let restarts = 0, faults = 0; ;) {
      const history = await this.messageLog.history(this.consumer);
      try {
        return await this.attempt(work, history);
      } catch (error) {
        if ((error instanceof LogIncarnationChanged || error instanceof BasisChanged) && restarts < MAX_RESTARTS) {
          // What was folded may never have happened, or follows from what holds no more.
          restarts += 1;
          this.options.logger.warn('the rebuild begins anew', {
            consumer: this.consumer.name,
            because: errorText(error),
          });
          await this.begin(work, history, true);
        } else if (isTransient(error) && faults < MAX_FAULTS) {
          faults += 1;
          this.options.logger.warn('rebuilding failed, trying again', {
            consumer: this.consumer.name,
            fault: faults,
            error: errorText(error),
          });
          await pause(Math.min(50 * 2 ** faults, 2_000));
        } else throw error;
      } finally {
        await history.close();
      }
    }
  }

  private async attempt(work: PoolClient, history: History): Promise<R> {
    const shape = await this.record.shape();
    if (shape === null || !(await this.shadow.exist(work)) || shape !== (await this.shape(work))) {
      await this.begin(work, history, shape !== null);
    }
    const delivery = new Delivery(
      {
        name: this.own,
        topics: this.consumer.topics,
        handle: (batch, tx) => (this.model.handle ?? this.consumer.handle)(batch, redirected(tx, this.redirect)),
      },
      this.home,
      { logger: this.options.logger, retryDelaysMs: [50] },
    );
    // An older runner of this rebuild that still lives cannot write any more from here on.
    const positions = await delivery.claim(history.sources.map(({ name }) => name));
    await this.count(history, positions);
    await this.record.phase('loading');
    // Streams that wait must be told apart from those that flow: that only the ordinary way does.
    let bulk = delivery.parkedStreams === 0 ? (this.model.bulk?.() ?? null) : null;
    for (const source of history.sources) bulk = await this.load(source, positions, delivery, bulk);
    const [first] = history.sources;
    if (first) {
      const transaction = this.inShadow(delivery, first.name);
      await bulk?.complete?.(transaction);
      await this.model.loaded?.(transaction);
    }
    await this.point('loaded');
    return this.conclude({ work, history, positions, delivery });
  }

  /** What becomes of the shadow once it has everything that was there when the end was reached. */
  protected abstract conclude(built: BuiltShadow): Promise<R>;

  /** What a half-built shadow is good for: these tables, and rows that follow from this. */
  protected async shape(db: PoolClient): Promise<string> {
    return `${await this.shadow.shape(db)} ${(await this.model.basis?.(db)) ?? ''}`;
  }

  /** Empty shadow tables, nothing read. */
  private async begin(work: PoolClient, history: History, isRestart: boolean): Promise<void> {
    const name = this.own;
    await inTransaction(this.home.pool, async (tx) => {
      await tx.query(`DELETE FROM ${this.schema}.parked_events WHERE consumer = $1`, [name]);
      await tx.query(`DELETE FROM ${this.schema}.parked_streams WHERE consumer = $1`, [name]);
      // The rows stay with a raised epoch, so that an older runner is fenced off.
      await tx.query(`UPDATE ${this.schema}.checkpoints SET position = NULL, epoch = epoch + 1 WHERE consumer = $1`, [
        name,
      ]);
      await this.shadow.create(tx);
      await this.record.began(tx, await this.shape(tx), isRestart);
    });
    await this.point('created');
  }

  private async count(history: History, positions: Map<string, SourcePosition | null>): Promise<void> {
    const counts = await Promise.all(
      history.sources.map(async (source) => ({
        all: await source.countAfter(null),
        left: await source.countAfter(positions.get(source.name) ?? null),
      })),
    );
    this.total = counts.reduce((sum, { all }) => sum + all, 0);
    this.done = this.total - counts.reduce((sum, { left }) => sum + left, 0);
    await this.record.progress(this.done, this.total, 0);
  }

  /** Told about every page. */
  protected read(_source: HistorySource, _page: HistoryPage<unknown>): void {
    // A rebuild need not know.
  }

  /**
   * Everything of one source up to now, by the fastest way that works.
   * @returns what folds the next source; null when that has to go batch by batch
   */
  private async load(
    source: HistorySource,
    positions: Map<string, SourcePosition | null>,
    delivery: Delivery,
    bulk: BulkHandler | null,
  ): Promise<BulkHandler | null> {
    if (bulk) {
      try {
        await this.loadInBulk(source, positions, delivery, bulk);
        return bulk;
      } catch (error) {
        if (!(error instanceof FoldFailed)) throw error;
        // One event that cannot be handled: from the last checkpoint on by the way that parks its stream.
        this.options.logger.warn('folding in bulk failed, going on batch by batch', {
          consumer: this.consumer.name,
          error: errorText(error.cause),
        });
      }
    }
    const progress = this.progress();
    const limit = bulk ? CATCH_UP_PAGE : (this.options.pageSize ?? DEFAULT_PAGE);
    for (;;) {
      const page = await source.read(positions.get(source.name) ?? null, limit);
      this.read(source, page);
      if (page.size === 0) return null;
      await delivery.apply(source.name, page.events, page.position as SourcePosition);
      positions.set(source.name, page.position);
      await this.point('loaded-some');
      await progress(page.size);
      if (this.stopping) throw stopped(this.consumer.name);
    }
  }

  private async loadInBulk(
    source: HistorySource,
    positions: Map<string, SourcePosition | null>,
    delivery: Delivery,
    bulk: BulkHandler,
  ): Promise<void> {
    const progress = this.progress();
    const reader = await this.home.pool.connect();
    try {
      const isWhole = await loadInBulk({
        source,
        position: positions.get(source.name) ?? null,
        bulk,
        db: redirected(reader, this.redirect),
        pageSize: this.options.pageSize ?? DEFAULT_PAGE,
        rowsHeld: this.options.rowsHeld ?? DEFAULT_ROWS,
        write: (position) => this.flush(bulk, delivery, source.name, position),
        written: (position) => positions.set(source.name, position),
        slice: () => this.point('loaded-some'),
        page: async (page) => {
          this.read(source, page);
          if (page.size > 0) await progress(page.size);
        },
        isStopping: () => this.stopping,
      });
      if (!isWhole) throw stopped(this.consumer.name);
    } finally {
      reader.release(true);
    }
  }

  /** Rows in transactions of their own, so that none is long; the checkpoint moves after the last. */
  private async flush(bulk: BulkHandler, delivery: Delivery, source: string, position: SourcePosition): Promise<void> {
    await bulk.write(this.inShadow(delivery, source));
    await delivery.write(source, async () => undefined, position);
  }

  private inShadow(delivery: Delivery, source: string): InShadow {
    return (work) => delivery.write(source, (tx) => work(redirected(tx, this.redirect)));
  }

  /** To the end of a source, or to a place, by ordinary batches. */
  protected async catchUp(
    source: HistorySource,
    positions: Map<string, SourcePosition | null>,
    delivery: Delivery,
    target: SourcePosition | null,
  ): Promise<void> {
    for (;;) {
      const position = positions.get(source.name) ?? null;
      if (target && source.hasReached(position, target)) return;
      const page = await source.read(position, CATCH_UP_PAGE);
      if (page.size === 0) return;
      this.read(source, page);
      await delivery.apply(source.name, page.events, page.position as SourcePosition);
      positions.set(source.name, page.position);
      this.done += page.size;
      this.readByThisRun += page.size;
      // Appends are faster than this only for a while; the rest is done when the consumer stands still.
      if (!target && page.size < CATCH_UP_PAGE) return;
    }
  }

  /** Counts events and writes progress and rate now and then. */
  private progress(): (events: number) => Promise<void> {
    let since = performance.now();
    let events = 0;
    return async (size) => {
      this.done += size;
      this.readByThisRun += size;
      events += size;
      const ms = performance.now() - since;
      if (ms < PROGRESS_EVERY_MS) return;
      await this.record.progress(this.done, Math.max(this.done, this.total), (events / ms) * 1000);
      since = performance.now();
      events = 0;
    };
  }

  protected async point(point: RebuildPoint): Promise<void> {
    await this.options.onPoint?.(point);
  }
}

function stopped(consumer: string): Error {
  return Object.assign(new Error(`the rebuild of ${consumer} was stopped`), { code: 'RebuildStopped' });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
