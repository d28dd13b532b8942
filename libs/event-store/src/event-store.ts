import type { Pool, PoolClient } from 'pg';
import { systemClock, type Clock } from './clock.js';
import { reach } from './crash-points.js';
import { AppendCall, verdictsOf } from './append-call.js';
import type { CommandResult } from './append-statement.js';
import { AppendWriter, groupsOfDistinctKeys } from './append-writer.js';
import { Appender, defaultAppenderLimits, type AppenderLimits } from './appender.js';
import { ChangeCall, type ChangeGround, type KnownCommand } from './change-call.js';
import { afterCommit, identifier } from './database.js';
import { LogIncarnationChanged } from './errors.js';
import { comparePositions } from './log-position.js';
import { CommandPreparer } from './prepare-command.js';
import { type ScanPage, scanLog } from './scan.js';
import { fold, type Known, StreamStates } from './stream-states.js';
import type {
  AppendCommand,
  AppendVerdict,
  ChangeOptions,
  ChangeResult,
  EventData,
  EventMeta,
  LogPosition,
  NewEvent,
  StoredEvent,
  StreamDefinition,
} from './types.js';
import { Upcasters } from './upcasters.js';

export interface EventStoreOptions {
  pool: Pool;
  /** PostgreSQL schema of the service, for example `intake`. */
  schema: string;
  clock?: Clock;
  upcasters?: Upcasters;
  /** Times that `change` decides again after losing a race; defaults to 20. */
  changeAttempts?: number;
  /** Streams whose folded state is kept in memory; defaults to 4,096, 0 keeps none. */
  statesKept?: number;
  appender?: Partial<AppenderLimits>;
}

/** What appends and changes of this process cost so far. */
export interface AppendCounts {
  /** Times that a decision was asked for, and outcomes that were thrown away because the stream had changed. */
  decisions: number;
  decisionsWasted: number;
  /** Events sent to the server, and those of changes that it did not keep because the stream had changed. */
  rowsSent: number;
  rowsWasted: number;
  /** Transactions begun; batches taken apart because of one call; statements sent again. */
  transactions: number;
  splits: number;
  retries: number;
  /** Calls that found no room or no time. */
  refused: number;
  /** Commands waiting or on their way now. */
  waiting: number;
}

/** What one read of the log gave. */
export interface LogPage {
  events: StoredEvent[];
  /** Cursor for the next read: the last event's place, or the given cursor when there was nothing new. */
  next: LogPosition | null;
  /** Keep it with the cursor and pass it to the next read. */
  incarnation: string;
}

/** An event as it lies in the log: not raised to today's version, its data still text. */
export interface RawEvent extends Omit<StoredEvent, 'data'> {
  /** JSON. */
  data: string;
}

/** An event of which the database made one text. */
export interface TextEvent {
  stream: string;
  type: string;
  text: string;
  position: LogPosition;
}

/** What one read of the log as texts gave. */
export interface TextLogPage {
  events: TextEvent[];
  next: LogPosition | null;
  incarnation: string;
}

type Queryable = Pick<Pool, 'query'>;

/** How many times longer a call that is larger than a batch may take. */
const bulkPatience = 6;
const eventColumns = `e.id, e.stream, e.version, e.type, e.event_version, e.data, e.meta, e.recorded_at,
  e.xid::text AS position_xid, e.gp::text AS position_gp`;

/**
 * One service's event log: append, load a stream, change it by a decision, read everything in order.
 * The log is the outbox too: carriers read it with `read`.
 */
export class EventStore {
  readonly schema: string;
  readonly pool: Pool;
  readonly clock: Clock;
  readonly upcasters: Upcasters;
  private readonly name: string;
  private readonly limits: AppenderLimits;
  private readonly preparer: CommandPreparer;
  private readonly writer: AppendWriter;
  private readonly appender: Appender;
  private readonly states: StreamStates;
  private readonly reading = new Map<object, Map<string, Promise<Known<unknown>>>>();
  private readonly changes = { decisions: 0, decisionsWasted: 0, rowsWasted: 0 };
  private readonly ground: ChangeGround;
  private readonly listeners = new Set<(last: LogPosition) => void>();
  private appendedUpTo: LogPosition | null = null;

  constructor(options: EventStoreOptions) {
    this.pool = options.pool;
    this.schema = options.schema;
    this.name = identifier(options.schema);
    this.clock = options.clock ?? systemClock;
    this.upcasters = options.upcasters ?? new Upcasters();
    this.limits = { ...defaultAppenderLimits, ...options.appender };
    this.states = new StreamStates(options.statesKept ?? 4_096);
    this.preparer = new CommandPreparer(this.schema, this.clock, this.upcasters);
    const load = (stream: string, first: number, last: number) => this.loadFrom(this.pool, stream, first, last);
    this.writer = new AppendWriter({
      pool: this.pool,
      schema: this.schema,
      clock: this.clock,
      load,
      committed: (last) => this.committed(last),
      lockMs: this.limits.lockMs,
    });
    this.appender = new Appender(this.writer, this.limits);
    this.ground = {
      attempts: options.changeAttempts ?? 20,
      counts: this.changes,
      state: (definition, stream) => this.states.get(definition, stream),
      keep: (definition, stream, state) => this.states.put(definition, stream, state),
      drop: (stream) => this.states.drop(stream),
      readOn: (definition, stream, from) => this.readOn(definition, stream, from),
      load,
      commandWith: (key) => this.commandWith(key),
      prepare: (command) => this.preparer.prepare(command),
      admit: (call) => this.appender.admit(call),
      enqueue: (call) => this.appender.enqueue(call),
      answered: (call) => this.appender.leave(call),
      now: () => this.clock.now(),
    };
  }

  /** Events of one stream in order, raised to today's versions; up to and including `toVersion` when given. */
  async load(stream: string, options: { toVersion?: number } = {}): Promise<StoredEvent[]> {
    return this.loadFrom(this.pool, stream, 1, options.toVersion);
  }

  /** The same inside a transaction. */
  async loadIn(tx: PoolClient, stream: string, options: { toVersion?: number } = {}): Promise<StoredEvent[]> {
    return this.loadFrom(tx, stream, 1, options.toVersion);
  }

  /**
   * Append the events of several commands (any number of streams, up to some thousand events) in one durable
   * transaction and answer one verdict per command, in order. Commands that conflict write nothing and do not disturb
   * the others; commands for the same stream follow each other (their expected versions count on). Calls made at about
   * the same time share a transaction; each stands or falls for itself.
   *
   * @throws when a command is malformed or the database refuses its data (then nothing of this call was written), when
   * it cannot be reached, StoreOverloaded, AppendUnconfirmed (code)
   */
  append(commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
    if (commands.length === 0) return Promise.resolve([]);
    // What is thrown in here rejects.
    return new Promise<AppendVerdict[]>((resolve, reject) => {
      let events = 0;
      const prepared = commands.map((command) => {
        events += command.events.length;
        return this.preparer.prepare(command);
      });
      const deadline = this.deadline(events > this.limits.batchEvents);
      const call = new AppendCall(this.ground, prepared, deadline, resolve, reject);
      this.appender.admit(call);
      this.appender.enqueue(call);
    });
  }

  /**
   * Append inside the caller's transaction: the events are there exactly when the caller's other writes are. A race
   * lost to another transaction throws (`23505`, or `40001` when a younger one has appended to a stream first) and the
   * caller runs its transaction again.
   */
  async appendIn(tx: PoolClient, commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
    const prepared = commands.map((command) => this.preparer.prepare(command));
    const results: CommandResult[] = [];
    if (prepared.length > 0) {
      for (const group of groupsOfDistinctKeys(prepared)) results.push(...(await this.writer.once(tx, group, null)));
    }
    const written = results.flatMap((result) => (result.kind === 'appended' ? result.events : []));
    const last = written.at(-1)?.position;
    if (last) {
      afterCommit(tx, () => {
        for (const { stream } of written) this.states.drop(stream);
        this.announce(last);
      });
    }
    return verdictsOf(results, (stream, first, last) => this.loadFrom(tx, stream, first, last));
  }

  /**
   * Load a stream, decide, append. The state may come from memory and `decide` may run more than once: when another
   * change got in between, it decides again (bounded). With an idempotency key that was seen before, answers what the
   * first call wrote.
   *
   * @param decide state and version → events; an empty list means nothing new happened; throws to refuse. Pure: its
   * outcome may be thrown away
   * @throws IdempotencyKeyReused, StreamConflict, StoreOverloaded, AppendUnconfirmed (code), whatever `decide` throws
   */
  change<S>(
    stream: string,
    definition: StreamDefinition<S>,
    decide: (state: S, version: number) => NewEvent[],
    options: ChangeOptions,
  ): Promise<ChangeResult<S>> {
    return new Promise<ChangeResult<S>>((resolve, reject) => {
      new ChangeCall(this.ground, stream, definition, decide, options, this.deadline(false), resolve, reject).begin();
    });
  }

  /**
   * The one reader: events after a place in the log, in the log's order, never one that a still running transaction
   * could precede.
   *
   * @param after null = from the beginning
   * @param options.incarnation the one that the cursor was read with; when the log has another one, throws
   * @throws LogIncarnationChanged (code)
   */
  async read(after: LogPosition | null, limit: number, options: { incarnation?: string } = {}): Promise<LogPage> {
    const { rows, incarnation } = await this.page<EventRow>(`${this.schema}-read`, eventColumns, after, limit, options);
    const events = rows.map((row) => this.stored(row));
    return { events, next: events.at(-1)?.position ?? after, incarnation };
  }

  /**
   * The same events by the same reader as they were stored, each as one text, for passing on: what the program would make
   * of ten columns is made by the database, on its own core.
   *
   * @param form what the text is: an SQL expression over the row `e` of `events` and the log's incarnation `i.id`, and a
   * name for it
   * @throws LogIncarnationChanged (code)
   */
  async readTexts(
    form: { name: string; sql: string },
    after: LogPosition | null,
    limit: number,
    options: { incarnation?: string } = {},
  ): Promise<TextLogPage> {
    const { rows, incarnation } = await this.page<Omit<TextEvent, 'position'> & Place>(
      `${this.schema}-read-${form.name}`,
      `e.stream, e.type, ${form.sql} AS text, e.xid::text AS position_xid, e.gp::text AS position_gp`,
      after,
      limit,
      options,
    );
    const events = rows.map(({ stream, type, text, position_xid: xid, position_gp: gp }) => ({
      stream,
      type,
      text,
      position: { xid, gp },
    }));
    return { events, next: events.at(-1)?.position ?? after, incarnation };
  }

  /**
   * The same events by the same gate for a fold of the whole log, without what folds do not ask about.
   * @param isWanted which events to make; the others are only counted
   * @throws LogIncarnationChanged (code)
   */
  scan(
    after: LogPosition | null,
    limit: number,
    isWanted: (stream: string, type: string) => boolean,
    options: { incarnation?: string } = {},
  ): Promise<ScanPage> {
    const { pool, schema, upcasters } = this;
    const log = { pool, schema, upcasters, incarnation: () => this.incarnation() };
    return scanLog(log, after, limit, isWanted, options.incarnation);
  }

  private async page<Row>(
    name: string,
    columns: string,
    after: LogPosition | null,
    limit: number,
    options: { incarnation?: string },
  ): Promise<{ rows: Row[]; incarnation: string }> {
    // The most dangerous lines of the system. The cursor is the pair: identities are given at insert, not at commit,
    // so a lower `gp` can appear after a higher one. The gate holds back what is not yet surely complete: every
    // transaction below the oldest running one has ended. And the order is by the column, not by its text.
    const { rows } = await this.pool.query({
      name,
      text: `SELECT i.id AS incarnation, ${columns}
        FROM ${this.name}.log_incarnation i LEFT JOIN LATERAL (
          SELECT * FROM ${this.name}.events
          WHERE (xid, gp) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
          ORDER BY xid, gp LIMIT $3
        ) e ON true
        ORDER BY e.xid, e.gp`,
      values: [after?.xid ?? '0', after?.gp ?? '0', limit],
    });
    const incarnation = rows[0]?.incarnation as string;
    if (options.incarnation !== undefined && options.incarnation !== incarnation) {
      throw new LogIncarnationChanged(this.schema, options.incarnation, incarnation);
    }
    return { rows: rows[0]?.position_gp === null ? [] : (rows as Row[]), incarnation };
  }

  /** The newest committed place in the log (which readers may not see yet), or null when it is empty. */
  async head(): Promise<LogPosition | null> {
    const { rows } = await this.pool.query<{ position_xid: string; position_gp: string }>({
      name: `${this.schema}-head`,
      text: `SELECT e.xid::text AS position_xid, e.gp::text AS position_gp
        FROM ${this.name}.events e ORDER BY e.xid DESC, e.gp DESC LIMIT 1`,
    });
    return rows[0] ? { xid: rows[0].position_xid, gp: rows[0].position_gp } : null;
  }

  /** How many events lie after a place, counted up to `limit`. */
  async countAfter(after: LogPosition | null, limit = 1_000_000): Promise<number> {
    const { rows } = await this.pool.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (
         SELECT FROM ${this.name}.events WHERE (xid, gp) > ($1::xid8, $2::bigint) ORDER BY xid, gp LIMIT $3) e`,
      [after?.xid ?? '0', after?.gp ?? '0', limit],
    );
    return rows[0]?.count ?? 0;
  }

  /** Identity of this copy of the log; changes when it is restored. */
  async incarnation(): Promise<string> {
    const { rows } = await this.pool.query<{ id: string }>(`SELECT id FROM ${this.name}.log_incarnation`);
    return (rows[0] as { id: string }).id;
  }

  /**
   * To be called once after a restore, before anything reads: makes the log readable in this cluster and refuses all
   * cursors handed out before.
   * @returns the new incarnation
   */
  async renew(): Promise<string> {
    const { rows } = await this.pool.query<{ id: string }>(`SELECT ${this.name}.renew_log() AS id`);
    this.appendedUpTo = null;
    return (rows[0] as { id: string }).id;
  }

  /**
   * Be told after each append of this process has committed, with the place of its last event. Returns what ends it.
   */
  onAppended(listener: (last: LogPosition) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** The furthest place that this process has appended at; null when it has not appended yet. */
  get lastAppended(): LogPosition | null {
    return this.appendedUpTo;
  }

  /** What the appender did since the start; rates and shares are made of differences. */
  get appendCounts(): Readonly<AppendCounts> {
    const { transactions, rowsSent, splits, retries } = this.writer.counts;
    return {
      ...this.changes,
      transactions,
      rowsSent,
      splits,
      retries,
      refused: this.appender.refused,
      waiting: this.appender.waitingCommands,
    };
  }

  private deadline(isBulk: boolean): number {
    return performance.now() + this.limits.waitMs * (isBulk ? bulkPatience : 1);
  }

  private announce(last: LogPosition): void {
    if (!this.appendedUpTo || comparePositions(last, this.appendedUpTo) > 0) this.appendedUpTo = last;
    for (const listener of this.listeners) listener(last);
  }

  private committed(last: LogPosition | null): void {
    reach('append:after-commit');
    if (last) this.announce(last);
  }

  /** State of a stream as the log has it now. Who asks at the same time for the same shares one reading. */
  private readOn<S>(definition: StreamDefinition<S>, stream: string, from: Known<S> | undefined): Promise<Known<S>> {
    let reading = this.reading.get(definition);
    if (!reading) this.reading.set(definition, (reading = new Map()));
    const known = from?.version ?? 0;
    const key = `${known} ${stream}`;
    const standing = reading.get(key);
    if (standing) return standing as Promise<Known<S>>;
    const seenAt = performance.now();
    const read = this.loadFrom(this.pool, stream, known + 1)
      .then((events): Known<S> => {
        const state = fold(definition, from ? from.state : definition.initial, events);
        const now = { state, version: known + events.length, seenAt };
        this.states.put(definition, stream, now);
        return now;
      })
      .finally(() => reading.delete(key));
    reading.set(key, read as Promise<Known<unknown>>);
    return read;
  }

  private async commandWith(key: string): Promise<KnownCommand | null> {
    const { rows } = await this.pool.query<KnownCommand>({
      name: `${this.schema}-command`,
      text: `SELECT fingerprint, stream, first_version, last_version FROM ${this.name}.commands WHERE key = $1`,
      values: [key],
    });
    return rows[0] ?? null;
  }

  private async loadFrom(db: Queryable, stream: string, first: number, last = 2_147_483_647): Promise<StoredEvent[]> {
    if (last < first) return [];
    const { rows } = await db.query<EventRow>({
      name: `${this.schema}-load`,
      text: `SELECT ${eventColumns} FROM ${this.name}.events e
        WHERE e.stream = $1 AND e.version BETWEEN $2 AND $3 ORDER BY e.version`,
      values: [stream, first, last],
    });
    return rows.map((row) => this.stored(row));
  }

  private stored(row: EventRow): StoredEvent {
    const { eventVersion, data } = this.upcasters.raise(row.type, row.event_version, row.data);
    return {
      id: row.id,
      stream: row.stream,
      version: row.version,
      type: row.type,
      eventVersion,
      data,
      meta: { ...row.meta, recordedAt: row.recorded_at.toISOString() },
      position: { xid: row.position_xid, gp: row.position_gp },
    };
  }
}

interface Place {
  position_xid: string;
  position_gp: string;
}

interface EventRow extends Place {
  id: string;
  stream: string;
  version: number;
  type: string;
  event_version: number;
  data: EventData;
  meta: Omit<EventMeta, 'recordedAt'>;
  recorded_at: Date;
}
