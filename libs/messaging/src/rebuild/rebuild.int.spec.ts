import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  EventStore,
  eventStoreMigrations,
  inTransaction,
  migrate,
  RowProjection,
  type ScannedEvent,
} from '@app/event-store';
import type { Pool } from 'pg';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { listParked, messagingMigrations, retryParked } from '../index.js';
import { PostgresLog } from '../postgres-log/postgres-log.js';
import type { Consumer, ConsumerHome, MessagingLogger, ReadModel } from '../types.js';
import { listRebuilds, requestRebuild } from './rebuild-state.js';
import { Rebuild } from './rebuild.js';
import type { RebuildOptions, RebuildPoint } from './shadow-build.js';

const SCHEMA = 'intake';
const TOPIC = 'intake.tips';
const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface TipRow {
  tip_id: string;
  status: string;
  acts: number;
  unit_code: string;
}

const tables = `
  CREATE TABLE ${SCHEMA}.tips (
    tip_id text PRIMARY KEY, status text COLLATE "C" NOT NULL, acts integer NOT NULL CHECK (acts > 0),
    unit_code text NOT NULL DEFAULT 'PC', label text GENERATED ALWAYS AS (tip_id || ' ' || status) STORED,
    versions jsonb NOT NULL DEFAULT '{}', UNIQUE (tip_id, status)) WITH (fillfactor = 80);
  CREATE INDEX tips_status ON ${SCHEMA}.tips (status, acts DESC) WHERE acts > 1;
  CREATE TABLE ${SCHEMA}.busy_units (unit_code text PRIMARY KEY, acts bigint NOT NULL);
  CREATE TABLE ${SCHEMA}.seen (n bigint NOT NULL);
  INSERT INTO ${SCHEMA}.seen VALUES (0);
  ALTER TABLE ${SCHEMA}.tips ENABLE ROW LEVEL SECURITY;
  ALTER TABLE ${SCHEMA}.tips FORCE ROW LEVEL SECURITY;
  -- Holds on to busy_units: that table cannot be exchanged for another.
  CREATE POLICY scope ON ${SCHEMA}.tips USING (current_setting('app.units', true) = '*'
    OR unit_code IN (SELECT unit_code FROM ${SCHEMA}.busy_units WHERE acts < 0));
  GRANT SELECT ON ${SCHEMA}.tips TO PUBLIC;
`;

/** Rows of tips by memory, and counts of units by SQL, as two kinds of consumers. */
function tipsConsumer(options: { poisoned?: () => string | null; changes?: Partial<ReadModel> } = {}): Consumer {
  const rows = new RowProjection<TipRow, ScannedEvent>({
    schema: SCHEMA,
    table: 'tips',
    key: 'tip_id',
    keys: ({ stream }) => [stream],
    fold: (row, { stream, data }) => {
      if (options.poisoned?.() === stream && row) throw new Error('cannot be folded');
      const { status, unit } = data as { status: string; unit: string };
      return { tip_id: stream, status, acts: (row?.acts ?? 0) + 1, unit_code: unit };
    },
  });
  return {
    name: 'intake.tips',
    topics: [TOPIC],
    handle: async (batch, tx) => void (await rows.applyBatch(tx, batch)),
    rebuild: { tables: ['tips'], bulk: () => rows.load(), ...options.changes },
  };
}

const unitsConsumer = (changes: Partial<ReadModel> = {}): Consumer => ({
  name: 'intake.busy-units',
  topics: [TOPIC],
  handle: async (batch, tx) => {
    await tx.query(
      `INSERT INTO ${SCHEMA}.busy_units AS known (unit_code, acts)
       SELECT unit, count(*) FROM unnest($1::text[]) AS unit GROUP BY unit
       ON CONFLICT (unit_code) DO UPDATE SET acts = known.acts + excluded.acts`,
      [batch.map(({ data }) => (data as { unit: string }).unit)],
    );
    await tx.query(`UPDATE ${SCHEMA}.seen SET n = n + 1`);
  },
  rebuild: { tables: ['busy_units'], signals: ['seen'], ...changes },
});

describe('a rebuild beside the live tables', () => {
  let database: TestDatabase;
  let pool: Pool;
  let store: EventStore;
  let home: ConsumerHome;
  let log: PostgresLog;

  beforeAll(async () => {
    database = await testDatabase();
  }, 60_000);
  afterAll(() => database.drop());

  beforeEach(async () => {
    pool = database.pool;
    await pool.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE; DROP SCHEMA IF EXISTS ${SCHEMA}_shadow CASCADE`);
    await migrate(pool, SCHEMA, [
      ...eventStoreMigrations(SCHEMA),
      ...messagingMigrations(SCHEMA),
      { id: 'tables', sql: tables },
    ]);
    store = new EventStore({ pool, schema: SCHEMA });
    home = { pool, schema: SCHEMA };
    log = openLog();
  });

  const openLog = (): PostgresLog =>
    new PostgresLog({
      logs: { [SCHEMA]: store },
      topics: [{ topic: TOPIC, service: SCHEMA, streamPrefix: 'tip-' }],
      isPublic: () => true,
      logger,
      retryDelaysMs: [1],
    });

  const append = async (stream: string, from: number, count: number): Promise<void> => {
    const [verdict] = await store.append([
      {
        stream,
        expectedVersion: from,
        events: Array.from({ length: count }, (_, index) => ({
          type: 'TipChanged',
          data: { status: `s${(from + index) % 3}`, unit: `PC-${stream.length % 4}` },
        })),
        meta: {
          actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80' },
          correlationId: 'c',
          causationId: null,
          happenedAt: '2026-01-05T08:00:00+07:00',
          source: 'ui',
        },
      },
    ]);
    expect(verdict?.kind).toBe('appended');
  };

  /** Tips whose events lie far apart in the log. */
  const appendSome = async (tips = 60, rounds = 4): Promise<void> => {
    for (let round = 0; round < rounds; round += 1) {
      await Promise.all(Array.from({ length: tips }, (_, tip) => append(`tip-${tip}`, round * 2, 2)));
    }
  };

  const rowsOf = (table: string): Promise<string[]> =>
    inTransaction(
      pool,
      async (tx) => {
        const { rows } = await tx.query<{ row: string }>(`SELECT t::text AS row FROM ${SCHEMA}.${table} t ORDER BY 1`);
        return rows.map(({ row }) => row);
      },
      { settings: { 'app.units': '*' } },
    );

  const handleAll = async (consumer: Consumer): Promise<void> => {
    const running = await log.start(consumer, home);
    expect(await running.settled(20_000)).toBe(true);
    await running.stop();
  };

  const rebuild = async (
    consumer: Consumer,
    options: Partial<RebuildOptions> = {},
    anew = false,
  ): Promise<Awaited<ReturnType<Rebuild['run']>>> => {
    await requestRebuild(pool, SCHEMA, consumer.name, 'quantri', anew);
    return new Rebuild(consumer, home, log, { logger, pageSize: 50, rowsHeld: 20, ...options }).run();
  };

  const cutAt = (point: RebuildPoint, times = 1): Partial<RebuildOptions> => {
    let left = times;
    return {
      onPoint: (at) => {
        if (at !== point || left === 0) return;
        left -= 1;
        if (left === 0) throw Object.assign(new Error(`cut at ${point}`), { code: 'RebuildStopped' });
      },
    };
  };

  /** The table as PostgreSQL describes it: everything but its rows. */
  const lookOf = async (table: string): Promise<unknown> => {
    const { rows } = await pool.query(
      `SELECT relrowsecurity, relforcerowsecurity, reloptions, relacl::text, relkind,
         (SELECT json_agg(json_build_array(attname, attnotnull, attgenerated, attcollation) ORDER BY attnum)
          FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) AS columns,
         (SELECT json_agg(pg_get_indexdef(indexrelid) ORDER BY 1) FROM (SELECT indexrelid FROM pg_index WHERE indrelid = c.oid ORDER BY pg_get_indexdef(indexrelid)) i) AS indexes,
         (SELECT json_agg(json_build_array(conname, pg_get_constraintdef(oid)) ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid) AS constraints,
         (SELECT json_agg(json_build_array(polname, pg_get_expr(polqual, polrelid))) FROM pg_policy WHERE polrelid = c.oid) AS policies
       FROM pg_class c WHERE oid = '${SCHEMA}.${table}'::regclass`,
    );
    return rows[0];
  };

  it('gives the same rows in a table that looks the same', async () => {
    await appendSome();
    await handleAll(tipsConsumer());
    const [rows, look] = [await rowsOf('tips'), await lookOf('tips')];
    expect(rows).toHaveLength(60);
    const { rows: before } = await pool.query(`SELECT '${SCHEMA}.tips'::regclass::oid AS oid`);
    const { events } = await rebuild(tipsConsumer());
    expect(events).toBe(480);
    const { rows: after } = await pool.query(`SELECT '${SCHEMA}.tips'::regclass::oid AS oid`);
    expect(after).not.toEqual(before);
    expect(await rowsOf('tips')).toEqual(rows);
    expect(await lookOf('tips')).toEqual(look);
    expect(await listRebuilds(pool, SCHEMA)).toMatchObject([
      { consumer: 'intake.tips', phase: 'done', eventsDone: 480, eventsTotal: 480, restarts: 0, error: null },
    ]);
    const { rows: left } = await pool.query(
      `SELECT FROM pg_class WHERE relnamespace = '${SCHEMA}_shadow'::regnamespace`,
    );
    expect(left).toEqual([]);
  });

  it('mends what a faulty projection wrote, without bulk as well', async () => {
    await appendSome();
    for (const consumer of [tipsConsumer(), tipsConsumer({ changes: { bulk: undefined } as never }), unitsConsumer()]) {
      const table = (consumer.rebuild as ReadModel).tables[0] as string;
      await handleAll(consumer);
      const rows = await rowsOf(table);
      await inTransaction(
        pool,
        async (tx) => {
          await tx.query(`UPDATE ${SCHEMA}.${table} SET acts = acts + 1`);
          await tx.query(`DELETE FROM ${SCHEMA}.${table} WHERE ctid IN (SELECT ctid FROM ${SCHEMA}.${table} LIMIT 1)`);
        },
        { settings: { 'app.units': '*' } },
      );
      expect(await rowsOf(table)).not.toEqual(rows);
      await rebuild(consumer);
      expect(await rowsOf(table)).toEqual(rows);
    }
  });

  it.each<[RebuildPoint, number]>([
    ['created', 1],
    ['loaded-some', 1],
    ['loaded-some', 3],
    ['loaded', 1],
    ['indexed', 1],
    ['standing-still', 1],
  ])('cut short when %s (%i), goes on and gives the same rows', async (point, times) => {
    await appendSome();
    for (const consumer of [tipsConsumer(), unitsConsumer()]) {
      const table = (consumer.rebuild as ReadModel).tables[0] as string;
      await handleAll(consumer);
      const rows = await rowsOf(table);
      await expect(rebuild(consumer, cutAt(point, times))).rejects.toMatchObject({ code: 'RebuildStopped' });
      expect(await rowsOf(table)).toEqual(rows);
      const { events } = await rebuild(consumer);
      if (point !== 'created') expect(events).toBeLessThan(480);
      expect(await rowsOf(table)).toEqual(rows);
      expect(await listRebuilds(pool, SCHEMA)).toContainEqual(
        expect.objectContaining({ consumer: consumer.name, phase: 'done', restarts: 0 }),
      );
    }
  });

  it('begins anew when the log was restored or the tables were changed meanwhile', async () => {
    await appendSome();
    await handleAll(tipsConsumer());
    await expect(rebuild(tipsConsumer(), cutAt('loaded-some', 2))).rejects.toMatchObject({ code: 'RebuildStopped' });
    await store.renew();
    await rebuild(tipsConsumer());
    expect(await listRebuilds(pool, SCHEMA)).toMatchObject([{ phase: 'done', restarts: 1 }]);
    const rows = await rowsOf('tips');
    expect(rows).toHaveLength(60);
    // The consumer, which had refused the restored log, goes on from the rebuilt table.
    await handleAll(tipsConsumer());
    expect(await rowsOf('tips')).toEqual(rows);
    await expect(rebuild(tipsConsumer(), cutAt('loaded'))).rejects.toMatchObject({ code: 'RebuildStopped' });
    await pool.query(`CREATE INDEX tips_acts ON ${SCHEMA}.tips (acts)`);
    const look = await lookOf('tips');
    await rebuild(tipsConsumer());
    expect(await listRebuilds(pool, SCHEMA)).toMatchObject([{ phase: 'done', restarts: 1 }]);
    expect(await lookOf('tips')).toEqual(look);
  });

  it('begins anew when what the rows follow from changes before the swap', async () => {
    await appendSome(10, 1);
    let law = 'first';
    const consumer = tipsConsumer({ changes: { basis: async () => law } });
    await rebuild(consumer, {
      onPoint: (point) => {
        if (point === 'indexed') law = 'second';
      },
    });
    expect(await listRebuilds(pool, SCHEMA)).toMatchObject([{ phase: 'done', restarts: 1 }]);
  });

  it('lets a running consumer go on: nothing is lost or doubled while events keep coming, and readers never stop', async () => {
    await appendSome();
    const running = [await log.start(tipsConsumer(), home), await log.start(unitsConsumer(), home)];
    for (const one of running) expect(await one.settled(20_000)).toBe(true);
    let going = true;
    const written = (async () => {
      let tips = 0;
      while (going) {
        await append(`tip-late-${tips}`, 0, 3);
        tips += 1;
      }
      return tips;
    })();
    let reads = 0;
    const faults: string[] = [];
    let most = 0;
    const reading = (async () => {
      while (going) {
        const rows = await rowsOf('tips').catch((error: Error) => {
          faults.push(error.message);
          return [] as string[];
        });
        // A reader never sees less than it saw before: no empty table, no step back.
        if (rows.length < most) faults.push(`${rows.length} rows after ${most}`);
        most = Math.max(most, rows.length);
        reads += 1;
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      await rebuild(tipsConsumer());
      await rebuild(unitsConsumer());
    }
    going = false;
    const tips = await written;
    await reading;
    expect(faults).toEqual([]);
    expect(reads).toBeGreaterThan(10);
    expect(tips).toBeGreaterThan(0);
    for (const one of running) {
      expect(await one.settled(20_000)).toBe(true);
      expect(one.state).toBe('running');
    }
    expect(await rowsOf('tips')).toHaveLength(60 + tips);
    const { rows } = await pool.query(`SELECT sum(acts)::int AS acts FROM ${SCHEMA}.busy_units`);
    expect(rows).toEqual([{ acts: 480 + 3 * tips }]);
    for (const one of running) await one.stop();
    // And once more from the whole log.
    const live = await rowsOf('tips');
    await rebuild(tipsConsumer());
    expect(await rowsOf('tips')).toEqual(live);
  }, 60_000);

  it('waits for a reader that is at work instead of failing it, and lets others by', async () => {
    await appendSome(10, 1);
    await handleAll(tipsConsumer());
    const reader = await pool.connect();
    await reader.query(`BEGIN; SELECT set_config('app.units', '*', true)`);
    const { rowCount } = await reader.query(`SELECT FROM ${SCHEMA}.tips`);
    expect(rowCount).toBe(10);
    let passedBy = 0;
    let ended = false;
    const rebuilding = rebuild(tipsConsumer(), {
      onPoint: async (point) => {
        if (point !== 'standing-still') return;
        setTimeout(() => {
          void (async () => {
            // The swap stands behind the reader by now; others must not stand behind the swap for long.
            for (let n = 0; n < 3; n += 1) {
              await rowsOf('tips');
              passedBy += 1;
            }
            await reader.query('COMMIT');
            reader.release();
            ended = true;
          })();
        }, 0);
      },
    });
    await rebuilding;
    expect({ passedBy, ended }).toEqual({ passedBy: 3, ended: true });
  }, 30_000);

  it('fences an older runner of the same rebuild that wakes up late', async () => {
    await appendSome();
    await handleAll(tipsConsumer());
    const rows = await rowsOf('tips');
    let wake: () => void = () => undefined;
    let asleep: () => void = () => undefined;
    const sleeping = new Promise<void>((resolve) => (asleep = resolve));
    let sleeps = 0;
    await requestRebuild(pool, SCHEMA, 'intake.tips', 'quantri');
    // A pool of its own: when the machine sleeps, the server ends its sessions and with them its lock.
    const zombie = new Rebuild(tipsConsumer(), home, log, {
      logger,
      pageSize: 50,
      rowsHeld: 20,
      onPoint: async (point) => {
        if (point !== 'loaded-some' || (sleeps += 1) > 1) return;
        asleep();
        await new Promise<void>((resolve) => (wake = resolve));
      },
    }).run();
    const ended = zombie.then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
    await sleeping;
    await expect(rebuild(tipsConsumer())).rejects.toMatchObject({ code: 'RebuildRunsElsewhere' });
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
    );
    await rebuild(tipsConsumer());
    wake();
    expect(await ended).toBe('ConsumerFenced');
    expect(await rowsOf('tips')).toEqual(rows);
    expect(await listRebuilds(pool, SCHEMA)).toMatchObject([{ phase: 'done', error: null }]);
  }, 30_000);

  it('fences a consumer whose newer instance runs, also after a rebuild', async () => {
    await appendSome(10, 1);
    const old = await log.start(tipsConsumer(), home);
    expect(await old.settled(20_000)).toBe(true);
    const other = openLog();
    const young = await other.start(tipsConsumer(), home);
    await rebuild(tipsConsumer());
    await append('tip-new', 0, 1);
    expect(await young.settled(20_000)).toBe(true);
    expect(await old.settled(500)).toBe(false);
    expect([old.state, young.state]).toEqual(['fenced', 'running']);
    expect(await rowsOf('tips')).toHaveLength(11);
    await other.close();
  });

  it('parks what cannot be folded, alone, and releases it later in order', async () => {
    await appendSome();
    await handleAll(tipsConsumer());
    const rows = await rowsOf('tips');
    let poisoned: string | null = 'tip-7';
    const consumer = tipsConsumer({ poisoned: () => poisoned });
    expect(await rebuild(consumer)).toMatchObject({ parkedStreams: 1 });
    expect(await listParked(pool, SCHEMA)).toMatchObject([
      { consumer: 'intake.tips', stream: 'tip-7', version: 2, events: 7, error: expect.stringContaining('folded') },
    ]);
    const others = (list: string[]) => list.filter((row) => !row.startsWith('(tip-7,'));
    expect(others(await rowsOf('tips'))).toEqual(others(rows));
    poisoned = null;
    const running = await log.start(consumer, home);
    expect(await retryParked(pool, SCHEMA, 'intake.tips', 'tip-7')).toBe(true);
    await append('tip-7', 8, 1);
    expect(await running.settled(20_000)).toBe(true);
    while ((await listParked(pool, SCHEMA)).length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await running.stop();
    await rebuild(consumer);
    expect(await listParked(pool, SCHEMA)).toEqual([]);
    expect(await rowsOf('tips')).toHaveLength(60);
  });

  it('refuses a consumer that writes what it does not declare, and touches nothing', async () => {
    await appendSome(5, 1);
    await handleAll(unitsConsumer());
    const { rows: before } = await pool.query(`SELECT n FROM ${SCHEMA}.seen`);
    expect(await rebuild(unitsConsumer({ signals: [] }))).toMatchObject({ parkedStreams: 5 });
    expect(await listParked(pool, SCHEMA)).toContainEqual(
      expect.objectContaining({ error: expect.stringContaining('does not declare') }),
    );
    expect((await pool.query(`SELECT n FROM ${SCHEMA}.seen`)).rows).toEqual(before);
  });
});
