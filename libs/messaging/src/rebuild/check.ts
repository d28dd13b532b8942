import { createHash } from 'node:crypto';
import { advisoryKeys, type EventStore, identifier, inTransaction } from '@app/event-store';
import type { PoolClient } from 'pg';
import { swapLock } from '../delivery/delivery.js';
import type { Consumer, ConsumerHome, HistoryPage, HistorySource, MessageLog, SourcePosition } from '../types.js';
import { type BuiltShadow, type RebuildOptions, ShadowBuild } from './shadow-build.js';

/** A live table beside the same table folded anew from the log up to the same place. */
export interface TableCheck {
  table: string;
  rows: number;
  freshRows: number;
  /** SHA-256 over the sorted SHA-256 of the rows, hexadecimal. */
  sha256: string;
  freshSha256: string;
  equal: boolean;
}

export interface ReadModelCheck {
  tables: TableCheck[];
  equal: boolean;
}

/** A stream whose versions are not 1..n. */
export interface StreamFault {
  stream: string;
  events: number;
  first: number;
  last: number;
}

export interface LogCheck {
  events: number;
  streams: number;
  /** At most 100 of them. */
  faults: StreamFault[];
}

/** How long a consumer may take to come to where the fresh fold stands. */
const BEHIND_MS = 60_000;
const LOOK_AGAIN_MS = 50;
/** What is not the consumer's own doing (a timer that fires) may fall between the two looks: then they are taken again. */
const ATTEMPTS = 3;

/** Whether every stream's versions are 1, 2, 3 … without gap, in one pass over the log. */
export async function checkLog(store: EventStore): Promise<LogCheck> {
  const client = await store.pool.connect();
  try {
    await client.query('SET statement_timeout = 0');
    const { rows } = await client.query<{ events: number; streams: number; faults: StreamFault[] }>(
      `WITH streams AS (
         SELECT stream, count(*) AS events, min(version) AS first, max(version) AS last
         FROM ${identifier(store.schema)}.events GROUP BY stream
       )
       SELECT coalesce(sum(events), 0)::bigint AS events, count(*) AS streams,
         coalesce((SELECT json_agg(f) FROM (SELECT * FROM streams WHERE first <> 1 OR last <> events
           ORDER BY stream LIMIT 100) AS f), '[]') AS faults
       FROM streams`,
    );
    return rows[0] as LogCheck;
  } finally {
    client.release(true);
  }
}

/** Name under which a check keeps its own checkpoints and state. */
export function checkName(consumer: string): string {
  return `${consumer}~check`;
}

/**
 * Folds a consumer's tables anew in a schema of their own and compares them with the live ones at the same place of the
 * log. The consumer stands still only until both have come to that place; the comparison itself is made on a snapshot.
 */
export class Check extends ShadowBuild<ReadModelCheck> {
  private readonly lastEvents = new Map<string, SourcePosition>();

  constructor(
    consumer: Consumer,
    home: ConsumerHome,
    messageLog: Pick<MessageLog, 'history'>,
    options: RebuildOptions,
  ) {
    super(consumer, home, messageLog, options, 'check', checkName(consumer.name));
  }

  protected override read(source: HistorySource, page: HistoryPage<unknown>): void {
    if (page.lastEvent) this.lastEvents.set(source.name, page.lastEvent);
  }

  protected async conclude(built: BuiltShadow): Promise<ReadModelCheck> {
    await this.record.phase('catching-up');
    const snapshot = await this.home.pool.connect();
    try {
      let tables: TableCheck[] = [];
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        await this.standTogether(built, snapshot);
        tables = [];
        for (const table of this.model.tables) tables.push(await this.compare(snapshot, table));
        await snapshot.query('COMMIT');
        if (tables.every(({ equal }) => equal)) break;
      }
      await this.shadow.drop(built.work);
      const s = this.schema;
      for (const kept of ['checkpoints', 'parked_events', 'parked_streams', 'rebuilds']) {
        await built.work.query(`DELETE FROM ${s}.${kept} WHERE consumer = $1`, [this.own]);
      }
      return { tables, equal: tables.every(({ equal }) => equal) };
    } finally {
      snapshot.release(true);
    }
  }

  /** Both at the same place, and a snapshot of that moment. */
  private async standTogether(
    { work, history, positions, delivery }: BuiltShadow,
    snapshot: PoolClient,
  ): Promise<void> {
    const end = performance.now() + BEHIND_MS;
    for (;;) {
      await work.query(`BEGIN; SET LOCAL app.units = '*'`);
      await work.query(`SELECT pg_advisory_xact_lock(${advisoryKeys(swapLock(this.home.schema, this.consumer.name))})`);
      const { rows } = await work.query<{ source: string; position: SourcePosition | null }>(
        `SELECT source, position FROM ${this.schema}.checkpoints WHERE consumer = $1`,
        [this.consumer.name],
      );
      const live = new Map(rows.map(({ source, position }) => [source, position]));
      const isBehind = history.sources.some((source) => {
        const last = this.lastEvents.get(source.name);
        return last !== undefined && !source.hasReached(live.get(source.name) ?? null, last);
      });
      if (!isBehind) {
        for (const source of history.sources) {
          const target = live.get(source.name) ?? null;
          if (target) await this.catchUp(source, positions, delivery, target);
        }
        const { complete } = this.model;
        const at = { live: this.home.schema, shadow: this.shadow.shadow };
        if (complete) {
          await inTransaction(this.home.pool, (tx) => complete(tx, at), { settings: { 'app.units': '*' } });
        }
        await snapshot.query(
          `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL app.units = '*'; SET LOCAL statement_timeout = 0;
           SET LOCAL idle_in_transaction_session_timeout = 0; SELECT 1`,
        );
        await work.query('COMMIT');
        return;
      }
      await work.query('ROLLBACK');
      if (performance.now() > end) {
        throw Object.assign(new Error(`${this.consumer.name} does not come to the end of the log: is it running?`), {
          code: 'ConsumerBehind',
        });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  private async compare(db: PoolClient, table: string): Promise<TableCheck> {
    const live = await this.hash(db, this.shadow.live, table);
    const fresh = await this.hash(db, this.shadow.shadow, table);
    return {
      table: `${this.home.schema}.${table}`,
      rows: live.rows,
      freshRows: fresh.rows,
      sha256: live.sha256,
      freshSha256: fresh.sha256,
      equal: live.sha256 === fresh.sha256,
    };
  }

  private async hash(db: PoolClient, schema: string, table: string): Promise<{ rows: number; sha256: string }> {
    const name = this.shadow.name(schema, table);
    const canonical = this.model.canonical?.[table];
    if (canonical) {
      const { rows } = await db.query<{ row: Record<string, unknown> }>(`SELECT row_to_json(t) AS row FROM ${name} t`);
      const texts = rows.map(({ row }) => canonical(row)).filter((text) => text !== null);
      const hash = createHash('sha256');
      for (const text of texts.sort()) hash.update(text).update('\n');
      return { rows: texts.length, sha256: hash.digest('hex') };
    }
    const { rows } = await db.query<{ rows: number; sha256: string }>(
      `SELECT count(*)::int AS rows,
         encode(sha256(coalesce(string_agg(h, ''::bytea ORDER BY h), ''::bytea)), 'hex') AS sha256
       FROM (SELECT sha256(convert_to(t::text, 'UTF8')) AS h FROM ${name} t) AS hashed`,
    );
    return rows[0] as { rows: number; sha256: string };
  }
}
