import type { PoolClient } from 'pg';
import { type CopyColumn, copyRows } from './copy-rows.js';
import { identifier } from './database.js';
import { inLanes } from './in-lanes.js';
import type { ScannedEvent } from './scan.js';
import type { StoredEvent } from './types.js';

/** Id of a row: the value of its key column as text, or the values of several key columns in their order. */
export type RowKey = string | readonly string[];

export interface RowProjectionDefinition<Row extends object, E extends ScannedEvent = StoredEvent> {
  schema: string;
  /**
   * The table needs, beside the row's own columns, `versions jsonb NOT NULL DEFAULT '{}'`: the last version of each
   * stream that was folded into the row. It makes an event that comes again change nothing.
   */
  table: string;
  /** Column(s) of the primary key. */
  key: string | readonly string[];
  /** Rows that this event touches; empty when none. */
  keys(event: E): readonly RowKey[];
  /** Each row is folded from one stream alone, so that there is none before that stream's first event. */
  ofOneStream?: boolean;
  /**
   * The row after the event. Columns by their names in the table; values as JSON gives them: days `YYYY-MM-DD`,
   * moments RFC 3339 text, numbers. `undefined` = no row (deletes it; prefer a status column, a deleted row forgets
   * what it has seen). The same object = unchanged, nothing is written.
   */
  fold(row: Row | undefined, event: E, key: RowKey): Row | undefined;
  /**
   * What follows from the row alone and costs more than folding: asked once for each row that is written, not once for
   * each event. Returns the row with it.
   */
  finish?(row: Row): Row;
}

/** What a batch did to one row; either side undefined when the row was not or is not there. */
export interface RowChange<Row> {
  key: RowKey;
  before: Row | undefined;
  after: Row | undefined;
}

interface Column {
  name: string;
  type: string;
}

interface Entry<Row> {
  key: RowKey;
  before: Row | undefined;
  after: Row | undefined;
  /** The stream that was folded in first with its last version, and those of further ones: mostly there are none. */
  stream: string | null;
  version: number;
  others: Record<string, number> | null;
  touched: boolean;
  /** The same row in the slice that is being written, which is what `before` will be. */
  earlier: Entry<Row> | null;
}

function versionIn<Row>(entry: Entry<Row>, stream: string): number {
  return entry.stream === stream ? entry.version : (entry.others?.[stream] ?? 0);
}

function setVersion<Row>(entry: Entry<Row>, stream: string, version: number): void {
  if (entry.stream === null || entry.stream === stream) {
    entry.stream = stream;
    entry.version = version;
  } else {
    (entry.others ??= {})[stream] = version;
  }
}

function versionsOf<Row>({ stream, version, others }: Entry<Row>): Record<string, number> {
  return stream === null ? {} : { [stream]: version, ...others };
}

function copyVersions<Row>(entry: Entry<Row>, versions: Readonly<Record<string, number>>): void {
  for (const [stream, version] of Object.entries(versions)) setVersion(entry, stream, version);
}

/** Events in their order with the rows that each touches. */
type Work<Row, E> = { event: E; entries: Entry<Row>[] }[];

/**
 * A read model with one row per thing, folded from events: one SELECT of the rows a batch touches, fold in memory,
 * one bulk upsert. Made for batches of some hundred events, and for rebuilding from the whole log.
 */
export class RowProjection<Row extends object, E extends ScannedEvent = StoredEvent> {
  private columns: Column[] | null = null;
  private readonly name: string;
  private readonly keyColumns: readonly string[];

  constructor(private readonly definition: RowProjectionDefinition<Row, E>) {
    this.name = `${identifier(definition.schema)}.${identifier(definition.table)}`;
    this.keyColumns = typeof definition.key === 'string' ? [definition.key] : definition.key;
  }

  /**
   * Fold a batch into the table, inside the consumer's transaction. Events already folded are passed over.
   * @returns the rows that changed, before and after: enough for roll-ups to add exact differences
   */
  async applyBatch(tx: PoolClient, events: readonly E[]): Promise<RowChange<Row>[]> {
    const touched = new Map<string, Entry<Row>>();
    const { work } = this.entriesOf(events, touched);
    if (work.length === 0) return [];
    await this.fetch(tx, touched, 'FOR UPDATE');
    this.foldAll(work);
    const changed = [...touched.values()].filter((entry) => entry.touched);
    this.finish(changed);
    await this.write(tx, changed);
    return changed.map(({ key, before, after }) => ({ key, before, after }));
  }

  /**
   * The same over many batches with the rows kept in memory: for a rebuild.
   * @param onWrite what else a transaction that writes rows has to do with them
   */
  load(onWrite?: (tx: PoolClient, changes: RowChange<Row>[]) => Promise<void>): RowLoad<Row, E> {
    return new RowLoad<Row, E>({
      entriesOf: (events, held) => this.entriesOf(events, held),
      isEmpty: async (db) => {
        const { rows } = await db.query<{ some: boolean }>(`SELECT EXISTS (SELECT FROM ${this.name}) AS some`);
        return !rows[0]?.some;
      },
      fetch: (db, entries) => this.fetch(db, entries, ''),
      ofOneStream: this.definition.ofOneStream === true,
      fold: (work) => this.foldAll(work),
      write: async (tx, entries) => {
        this.finish(entries);
        const fresh = entries.filter(({ before, after }) => before === undefined && after !== undefined);
        if (fresh.length > 0) await copyRows(tx, this.name, await this.copyColumns(tx), fresh);
        await this.write(
          tx,
          entries.filter(({ before }) => before !== undefined),
        );
        await onWrite?.(
          tx,
          entries.map(({ key, before, after }) => ({ key, before, after })),
        );
      },
    });
  }

  /** The rows that events touch, those not yet in `touched` added to it and answered in `fresh`. */
  private entriesOf(
    events: readonly E[],
    touched: Map<string, Entry<Row>>,
  ): { work: Work<Row, E>; fresh: Map<string, FreshEntry<Row, E>> } {
    const work: Work<Row, E> = [];
    const fresh = new Map<string, FreshEntry<Row, E>>();
    for (const event of events) {
      const entries: Entry<Row>[] = [];
      for (const key of this.definition.keys(event)) {
        const id = idOf(key);
        let entry = touched.get(id);
        if (!entry) {
          entry = {
            key,
            before: undefined,
            after: undefined,
            stream: null,
            version: 0,
            others: null,
            touched: false,
            earlier: null,
          };
          touched.set(id, entry);
          fresh.set(id, { entry, first: event });
        }
        entries.push(entry);
      }
      if (entries.length > 0) work.push({ event, entries });
    }
    return { work, fresh };
  }

  private foldAll(work: Work<Row, E>): void {
    for (const { event, entries } of work) {
      for (const entry of entries) {
        if (versionIn(entry, event.stream) >= event.version) continue;
        const after = this.definition.fold(entry.after, event, entry.key);
        if (after === entry.after) continue;
        setVersion(entry, event.stream, event.version);
        entry.after = after;
        entry.touched = true;
      }
    }
  }

  private finish(entries: readonly Entry<Row>[]): void {
    const { finish } = this.definition;
    if (!finish) return;
    for (const entry of entries) if (entry.after !== undefined) entry.after = finish(entry.after);
  }

  private async fetch(tx: PoolClient, entries: Map<string, Entry<Row>>, locking: 'FOR UPDATE' | ''): Promise<void> {
    const keys = [...entries.values()].map(({ key }) => (typeof key === 'string' ? [key] : key));
    const types = await this.keyTypes(tx);
    const single = this.keyColumns.length === 1;
    const condition = single
      ? `${identifier(this.keyColumns[0] as string)} = ANY ($1::${types[0]}[])`
      : `(${this.keyColumns.map(identifier).join(', ')}) IN (SELECT * FROM unnest(${types
          .map((type, index) => `$${index + 1}::${type}[]`)
          .join(', ')}))`;
    const { rows } = await tx.query<{ row: Row & { versions: Record<string, number> } }>({
      name: `rows-fetch${locking ? '' : '-only'}-${this.name}`,
      text: `SELECT row_to_json(t) AS row FROM ${this.name} t WHERE ${condition} ${locking}`,
      values: this.keyColumns.map((_, index) => keys.map((key) => key[index])),
    });
    for (const { row } of rows) {
      const { versions, ...rest } = row;
      const values = this.keyColumns.map((column) => String((rest as Record<string, unknown>)[column]));
      const entry = entries.get(single ? (values[0] as string) : JSON.stringify(values));
      if (!entry) throw new Error(`${this.name} gave a row under another key than asked: ${values.join(', ')}`);
      entry.before = rest as unknown as Row;
      entry.after = entry.before;
      copyVersions(entry, versions);
    }
  }

  private async write(tx: PoolClient, entries: readonly Entry<Row>[]): Promise<void> {
    const gone = entries.filter(({ after, before }) => after === undefined && before !== undefined);
    if (gone.length > 0) await this.remove(tx, gone);
    const rows = entries.flatMap((entry) =>
      entry.after === undefined
        ? []
        : [{ row: { ...entry.after, versions: versionsOf(entry) }, existed: entry.before !== undefined }],
    );
    if (rows.length === 0) return;
    const columns = await this.writableColumns(tx);
    const names = columns.map(({ name }) => identifier(name)).join(', ');
    const target = `INSERT INTO ${this.name} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${this.name}, $1)
      ON CONFLICT (${this.keyColumns.map(identifier).join(', ')})`;
    const known = rows.filter(({ existed }) => existed);
    if (known.length > 0) {
      // These rows are locked since they were read.
      const updates = columns
        .filter(({ name }) => !this.keyColumns.includes(name))
        .map(({ name }) => `${identifier(name)} = excluded.${identifier(name)}`)
        .join(', ');
      await tx.query({
        name: `rows-update-${this.name}`,
        text: `${target} DO UPDATE SET ${updates}`,
        values: [JSON.stringify(known.map(({ row }) => row))],
      });
    }
    const fresh = rows.filter(({ existed }) => !existed);
    if (fresh.length > 0) {
      const { rowCount } = await tx.query({
        name: `rows-insert-${this.name}`,
        text: `${target} DO NOTHING`,
        values: [JSON.stringify(fresh.map(({ row }) => row))],
      });
      // Folded from nothing while another transaction made the row: overwriting would lose its events.
      if (rowCount !== fresh.length) {
        throw Object.assign(new Error(`a row of ${this.name} was made by another transaction meanwhile`), {
          code: '40001',
        });
      }
    }
  }

  private async remove(tx: PoolClient, gone: readonly Entry<Row>[]): Promise<void> {
    const types = await this.keyTypes(tx);
    const keys = gone.map(({ key }) => (typeof key === 'string' ? [key] : key));
    await tx.query(
      `DELETE FROM ${this.name} WHERE (${this.keyColumns.map(identifier).join(', ')}) IN (SELECT * FROM unnest(${types
        .map((type, index) => `$${index + 1}::${type}[]`)
        .join(', ')}))`,
      this.keyColumns.map((_, index) => keys.map((key) => key[index])),
    );
  }

  private async copyColumns(tx: PoolClient): Promise<CopyColumn<Entry<Row>>[]> {
    const columns = await this.writableColumns(tx);
    return columns.map(({ name, type }) => ({
      name,
      type,
      of: name === 'versions' ? versionsOf : ({ after }) => (after as Record<string, unknown>)[name],
    }));
  }

  private async keyTypes(tx: PoolClient): Promise<string[]> {
    const columns = await this.writableColumns(tx);
    return this.keyColumns.map((key) => {
      const column = columns.find(({ name }) => name === key);
      if (!column) throw new Error(`${this.name} has no column ${key}`);
      return column.type;
    });
  }

  /** Columns of the table but generated ones, read once. A fold must give every NOT NULL column its value. */
  private async writableColumns(tx: PoolClient): Promise<Column[]> {
    if (!this.columns) {
      const { rows } = await tx.query<Column>(
        `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum`,
        [this.name],
      );
      if (!rows.some(({ name }) => name === 'versions')) throw new Error(`${this.name} has no column versions`);
      this.columns = rows;
    }
    return this.columns;
  }
}

function idOf(key: RowKey): string {
  return typeof key === 'string' ? key : key.length === 1 ? (key[0] as string) : JSON.stringify(key);
}

/** A row met for the first time, and the event that touches it first. */
interface FreshEntry<Row, E> {
  entry: Entry<Row>;
  first: E;
}

interface RowLoadParts<Row extends object, E> {
  entriesOf(
    events: readonly E[],
    held: Map<string, Entry<Row>>,
  ): { work: Work<Row, E>; fresh: Map<string, FreshEntry<Row, E>> };
  ofOneStream: boolean;
  isEmpty(db: PoolClient): Promise<boolean>;
  fetch(db: PoolClient, entries: Map<string, Entry<Row>>): Promise<void>;
  fold(work: Work<Row, E>): void;
  write(tx: PoolClient, entries: readonly Entry<Row>[]): Promise<void>;
}

const ROWS_A_TRANSACTION = 2_000;
const LANES = 2;

/**
 * Rows in memory over many batches, written a slice at a time while the next slice is folded. Written again from the same
 * events they are the same.
 */
export class RowLoad<Row extends object, E extends ScannedEvent = StoredEvent> {
  private rows = new Map<string, Entry<Row>>();
  /** The slice that is being written: not in the table for sure, and no longer in `rows`. */
  private writing = new Map<string, Entry<Row>>();
  private isEmptyAtFirst: boolean | null = null;
  private hasWritten = false;

  constructor(private readonly parts: RowLoadParts<Row, E>) {}

  get held(): number {
    return this.rows.size;
  }

  /** Whether the table had no rows at all when this load began; false until the first batch. */
  get beganEmpty(): boolean {
    return this.isEmptyAtFirst === true;
  }

  /** Fold a batch; rows that are not in memory and may be in the table are read by `db`. */
  readonly add = async (events: readonly E[], db: PoolClient): Promise<void> => {
    const { work, fresh } = this.parts.entriesOf(events, this.rows);
    this.isEmptyAtFirst ??= await this.parts.isEmpty(db);
    const missing = new Map<string, Entry<Row>>();
    for (const [id, { entry, first }] of fresh) {
      const earlier = this.writing.get(id);
      if (earlier) {
        entry.earlier = earlier;
        entry.before = entry.after = earlier.after;
        copyVersions(entry, versionsOf(earlier));
      } else if (this.mayBeThere(first)) {
        missing.set(id, entry);
      }
    }
    if (missing.size > 0) await this.parts.fetch(db, missing);
    this.parts.fold(work);
  };

  private mayBeThere({ version }: E): boolean {
    if (!this.beganEmpty) return true;
    return this.hasWritten && !(this.parts.ofOneStream && version === 1);
  }

  /** Write the rows that changed, some thousand a transaction, and forget them. One call at a time; `add` may go on. */
  async write(transaction: (work: (tx: PoolClient) => Promise<void>) => Promise<void>): Promise<void> {
    this.writing = this.rows;
    this.rows = new Map();
    const changed = [...this.writing.values()].filter(({ touched }) => touched);
    for (const entry of changed) {
      if (!entry.earlier) continue;
      entry.before = entry.earlier.after;
      entry.earlier = null;
    }
    if (changed.length > 0) this.hasWritten = true;
    const parts: Entry<Row>[][] = [];
    for (let from = 0; from < changed.length; from += ROWS_A_TRANSACTION) {
      parts.push(changed.slice(from, from + ROWS_A_TRANSACTION));
    }
    // Rows of one are made while the server takes those of the other.
    await inLanes(parts, LANES, (some) => transaction((tx) => this.parts.write(tx, some)));
    this.writing = new Map();
  }
}
