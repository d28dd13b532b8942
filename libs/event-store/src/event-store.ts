import type { Pool, PoolClient } from 'pg';
import { systemClock, type Clock } from './clock.js';
import { reach } from './crash-points.js';
import { afterCommit, identifier, inTransaction, sqlState } from './database.js';
import { IdempotencyKeyReused, LogIncarnationChanged, StreamConflict } from './errors.js';
import { deterministicUuidv7, uuidv7 } from './event-id.js';
import { comparePositions } from './log-position.js';
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

/** What one read of the log for others' eyes gave. */
export interface RawLogPage {
  events: RawEvent[];
  next: LogPosition | null;
  incarnation: string;
}

type Queryable = Pick<Pool, 'query'>;

interface Appended {
  verdicts: AppendVerdict[];
  last: LogPosition | null;
}

interface RawVerdict {
  ord: number;
  kind: AppendVerdict['kind'];
  actual: number;
  number: number | null;
  stream: string | null;
  first: number | null;
  last: number | null;
}

const appendAttempts = 8;
const eventColumns = `e.id, e.stream, e.version, e.type, e.event_version, e.data, e.meta, e.recorded_at,
  e.xid::text AS position_xid, e.gp::text AS position_gp`;
const rawEventColumns = eventColumns.replace('e.data', 'e.data::text AS data');

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
  private readonly changeAttempts: number;
  private readonly listeners = new Set<(last: LogPosition) => void>();
  private appendedUpTo: LogPosition | null = null;

  constructor(options: EventStoreOptions) {
    this.pool = options.pool;
    this.schema = options.schema;
    this.name = identifier(options.schema);
    this.clock = options.clock ?? systemClock;
    this.upcasters = options.upcasters ?? new Upcasters();
    this.changeAttempts = options.changeAttempts ?? 20;
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
   * the others; commands for the same stream follow each other (their expected versions count on).
   *
   * @throws when the database refuses the data (then nothing at all was written) or cannot be reached
   */
  async append(commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
    const { verdicts, last } = await this.appendAgainOnRace(commands);
    reach('append:after-commit');
    if (last) this.announce(last);
    return verdicts;
  }

  /**
   * Append inside the caller's transaction: the events are there exactly when the caller's other writes are. A race
   * lost to another transaction throws (`23505`) and the caller runs its transaction again.
   */
  async appendIn(tx: PoolClient, commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
    const verdicts: AppendVerdict[] = [];
    for (const group of groupsOfDistinctKeys(commands)) {
      const { verdicts: some, last } = await this.appendOnce(tx, group);
      verdicts.push(...some);
      if (last) afterCommit(tx, () => this.announce(last));
    }
    return verdicts;
  }

  /**
   * Load a stream, decide, append. When another change got in between, loads and decides again (bounded). With an
   * idempotency key that was seen before, answers what the first call wrote without deciding again.
   *
   * @param decide state and version → events; an empty list means nothing new happened; throws to refuse
   * @throws IdempotencyKeyReused (code), StreamConflict (code), whatever `decide` throws
   */
  async change<S>(
    stream: string,
    definition: StreamDefinition<S>,
    decide: (state: S, version: number) => NewEvent[],
    options: ChangeOptions,
  ): Promise<ChangeResult<S>> {
    let conflict: StreamConflict | undefined;
    for (let attempt = 0; attempt < this.changeAttempts; attempt += 1) {
      // Linear and without chance: the first retries cost nothing, later ones let a busy stream's queue drain.
      if (attempt > 1) await sleep(Math.min(2 * attempt, 25));
      const [known, past] = await Promise.all([
        options.idempotency ? this.commandWith(options.idempotency.key) : null,
        this.load(stream),
      ]);
      if (known) return this.firstAnswer(known, definition, options);
      const version = past.length;
      const state = past.reduce((folded, event) => definition.evolve(folded, event), definition.initial);
      const events = decide(state, version);
      if (events.length === 0 && !options.idempotency) return { state, version, events: [], replayed: false };
      const [verdict] = await this.append([this.commandOf(stream, version, events, options)]);
      switch (verdict?.kind) {
        case 'appended':
          return {
            state: verdict.events.reduce((folded, event) => definition.evolve(folded, event), state),
            version: version + verdict.events.length,
            events: verdict.events,
            replayed: false,
          };
        case 'replayed':
        case 'key-reused':
          // The same key arrived twice at once and the other won: the next round finds its answer.
          continue;
        case 'conflict':
          conflict = new StreamConflict(stream, version, verdict.actualVersion);
          continue;
        default:
          throw new Error(`append gave no verdict for ${stream}`);
      }
    }
    throw conflict ?? new StreamConflict(stream, 0, 0);
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
   * The same events by the same reader as they were stored, for passing on: data as JSON text, old versions as they are.
   * @throws LogIncarnationChanged (code)
   */
  async readRaw(after: LogPosition | null, limit: number, options: { incarnation?: string } = {}): Promise<RawLogPage> {
    const { rows, incarnation } = await this.page<Omit<EventRow, 'data'> & { data: string }>(
      `${this.schema}-read-raw`,
      rawEventColumns,
      after,
      limit,
      options,
    );
    const events = rows.map((row) => ({
      id: row.id,
      stream: row.stream,
      version: row.version,
      type: row.type,
      eventVersion: row.event_version,
      data: row.data,
      meta: { ...row.meta, recordedAt: row.recorded_at.toISOString() },
      position: { xid: row.position_xid, gp: row.position_gp },
    }));
    return { events, next: events.at(-1)?.position ?? after, incarnation };
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
    return { rows: rows[0]?.id === null ? [] : (rows as Row[]), incarnation };
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

  private announce(last: LogPosition): void {
    if (!this.appendedUpTo || comparePositions(last, this.appendedUpTo) > 0) this.appendedUpTo = last;
    for (const listener of this.listeners) listener(last);
  }

  private commandOf(stream: string, version: number, events: NewEvent[], options: ChangeOptions): AppendCommand {
    return {
      stream,
      expectedVersion: version,
      events,
      meta: {
        actor: options.actor,
        correlationId: options.correlationId,
        causationId: options.causationId ?? null,
        happenedAt: options.happenedAt,
        source: options.source ?? 'ui',
      },
      ...(options.idempotency ? { idempotency: options.idempotency } : {}),
      // A number is taken only for events that carry it: deciding that nothing happened leaves the series alone.
      ...(options.allocate && events.length > 0 ? { allocate: options.allocate } : {}),
    };
  }

  private async firstAnswer<S>(
    known: KnownCommand,
    definition: StreamDefinition<S>,
    options: ChangeOptions,
  ): Promise<ChangeResult<S>> {
    const { key, fingerprint } = options.idempotency as { key: string; fingerprint: string };
    if (known.fingerprint !== fingerprint) throw new IdempotencyKeyReused(key);
    const past = await this.load(known.stream, { toVersion: known.last_version });
    return {
      state: past.reduce((folded, event) => definition.evolve(folded, event), definition.initial),
      version: past.length,
      events: past.slice(known.first_version - 1),
      replayed: true,
    };
  }

  private async commandWith(key: string): Promise<KnownCommand | null> {
    const { rows } = await this.pool.query<KnownCommand>({
      name: `${this.schema}-command`,
      text: `SELECT fingerprint, stream, first_version, last_version FROM ${this.name}.commands WHERE key = $1`,
      values: [key],
    });
    return rows[0] ?? null;
  }

  private async appendAgainOnRace(commands: readonly AppendCommand[]): Promise<Appended> {
    if (commands.length === 0) return { verdicts: [], last: null };
    const groups = groupsOfDistinctKeys(commands);
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (groups.length === 1) return await this.appendOnce(this.pool, commands);
        return await inTransaction(this.pool, async (tx) => {
          const all: Appended = { verdicts: [], last: null };
          for (const group of groups) {
            const { verdicts, last } = await this.appendOnce(tx, group);
            all.verdicts.push(...verdicts);
            all.last = last ?? all.last;
          }
          return all;
        });
      } catch (error) {
        if (!lostRace(error) || attempt >= appendAttempts) throw error;
        await sleep(attempt);
      }
    }
  }

  /** One call of the SQL function. Commands must have distinct idempotency keys. */
  private async appendOnce(db: Queryable, commands: readonly AppendCommand[]): Promise<Appended> {
    const recordedAt = this.clock.now();
    const prepared = commands.map((command) =>
      command.events.map((event, index) => this.prepare(command, event, index)),
    );
    const input = commands.map((command, ord) => ({
      ord,
      stream: command.stream,
      expected: command.expectedVersion,
      count: command.events.length,
      key: command.idempotency?.key,
      fingerprint: command.idempotency?.fingerprint,
      series: command.allocate?.series,
      year: command.allocate?.year,
      field: command.allocate?.field,
      events: prepared[ord],
    }));
    const { rows } = await db.query<{ answer: RawAnswer }>({
      name: `${this.schema}-append`,
      text: `SELECT ${this.name}.append_events($1, $2) AS answer`,
      values: [JSON.stringify(input), recordedAt],
    });
    const answer = (rows[0] as { answer: RawAnswer }).answer;
    const places = new Map<string, string>();
    let lastGp = '0';
    for (const [stream, version, gp] of answer.written ?? []) {
      places.set(`${version} ${stream}`, gp);
      if (comparePositions({ xid: '0', gp }, { xid: '0', gp: lastGp }) > 0) lastGp = gp;
    }
    const passed = new Map<string, number>();
    const verdicts: AppendVerdict[] = [];
    for (const raw of answer.verdicts) {
      const command = commands[raw.ord] as AppendCommand;
      const before = passed.get(command.stream) ?? 0;
      switch (raw.kind) {
        case 'appended':
          passed.set(command.stream, before + command.events.length);
          verdicts.push({
            kind: 'appended',
            events: (prepared[raw.ord] as PreparedEvent[]).map((event) => {
              const version = command.expectedVersion + event.i;
              return {
                id: event.id,
                stream: command.stream,
                version,
                type: event.type,
                eventVersion: event.event_version,
                data:
                  command.allocate && raw.number !== null
                    ? { ...event.data, [command.allocate.field]: { number: raw.number, year: command.allocate.year } }
                    : event.data,
                meta: { ...event.meta, recordedAt: recordedAt.toISOString() },
                position: { xid: answer.xid, gp: places.get(`${version} ${command.stream}`) as string },
              };
            }),
          });
          break;
        case 'replayed': {
          const { stream, first, last } = raw as { stream: string; first: number; last: number };
          verdicts.push({ kind: 'replayed', events: await this.loadFrom(db, stream, first, last) });
          break;
        }
        case 'conflict':
          verdicts.push({ kind: 'conflict', actualVersion: raw.actual + before });
          break;
        case 'key-reused':
          verdicts.push({ kind: 'key-reused' });
          break;
      }
    }
    return { verdicts, last: places.size > 0 ? { xid: answer.xid, gp: lastGp } : null };
  }

  private prepare(command: AppendCommand, event: NewEvent, index: number): PreparedEvent {
    const happenedAt = event.happenedAt ?? command.meta.happenedAt;
    const at = new Date(happenedAt);
    if (Number.isNaN(at.getTime())) throw new RangeError(`happenedAt of ${event.type} is not a moment: ${happenedAt}`);
    const { actor, correlationId, causationId, source } = command.meta;
    return {
      i: index + 1,
      id: command.idempotency
        ? deterministicUuidv7(at, this.schema, command.idempotency.key, command.stream, String(index))
        : uuidv7(this.clock.now()),
      type: event.type,
      event_version: this.upcasters.newestVersion(event.type),
      data: event.data,
      meta: { actor, correlationId, causationId, happenedAt, source },
    };
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

interface EventRow {
  id: string;
  stream: string;
  version: number;
  type: string;
  event_version: number;
  data: EventData;
  meta: Omit<EventMeta, 'recordedAt'>;
  recorded_at: Date;
  position_xid: string;
  position_gp: string;
}

interface KnownCommand {
  fingerprint: string;
  stream: string;
  first_version: number;
  last_version: number;
}

interface PreparedEvent {
  i: number;
  id: string;
  type: string;
  event_version: number;
  data: EventData;
  meta: Omit<EventMeta, 'recordedAt'>;
}

interface RawAnswer {
  xid: string;
  verdicts: RawVerdict[];
  written: [stream: string, version: number, gp: string][] | null;
}

/** One call of the SQL function judges keys against what was there before it: a key twice needs two calls. */
function groupsOfDistinctKeys(commands: readonly AppendCommand[]): AppendCommand[][] {
  const groups: AppendCommand[][] = [];
  let keys = new Set<string>();
  let group: AppendCommand[] = [];
  for (const command of commands) {
    const key = command.idempotency?.key;
    if (key !== undefined && keys.has(key)) {
      groups.push(group);
      group = [];
      keys = new Set();
    }
    if (key !== undefined) keys.add(key);
    group.push(command);
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** The same version, key or series row was written by a transaction that ran beside this one. */
function lostRace(error: unknown): boolean {
  const state = sqlState(error);
  return state === '23505' || state === '40P01' || state === '40001';
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
