import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool, PoolClient } from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { EventStore, eventStoreMigrations, migrate } from './index.js';
import type { PgArray } from './pg-array.js';
import type { ChangeOptions, StreamDefinition } from './types.js';

const options: ChangeOptions = {
  actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80-25459' },
  happenedAt: '2026-01-05T08:00:00+07:00',
  correlationId: 'c-1',
};
const counted: StreamDefinition<{ events: number }> = {
  initial: { events: 0 },
  evolve: ({ events }) => ({ events: events + 1 }),
};

/**
 * A pool that tells of every append on its way: the streams, keys and series that it is about.
 *
 * @param held appends wait for each other until so many are on their way
 */
function watched(pool: Pool, held = 1): { pool: Pool; together: Set<string>[][]; statements: () => number } {
  const running = new Set<Set<string>>();
  const together: Set<string>[][] = [];
  let statements = 0;
  let release: () => void;
  const isReleased = new Promise<void>((resolve) => (release = resolve));
  const query = async (client: PoolClient, statement: { name?: string; values?: unknown[] }): Promise<unknown> => {
    if (statement.name !== 'intake-append') return client.query(statement as never);
    statements += 1;
    const items = (index: number, what: string): string[] =>
      ((statement.values?.[index] as PgArray | null)?.items ?? []).flatMap((item) =>
        item === null ? [] : [`${what} ${item}`],
      );
    const about = new Set([...items(4, 'stream'), ...items(7, 'key'), ...items(9, 'series')]);
    running.add(about);
    if (running.size > 1) together.push([...running]);
    if (running.size >= held) release();
    try {
      await isReleased;
      return await client.query(statement as never);
    } finally {
      running.delete(about);
    }
  };
  const wrapped = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get: (target, property) =>
        property === 'query'
          ? (statement: { name?: string }) => query(target, statement)
          : property === 'release'
            ? (error?: Error) => target.release(error)
            : target[property as keyof PoolClient],
    });
  return {
    pool: new Proxy(pool, {
      get: (target, property) =>
        property === 'connect'
          ? async () => wrapped(await target.connect())
          : property === 'query'
            ? target.query.bind(target)
            : target[property as keyof Pool],
    }),
    together,
    statements: () => statements,
  };
}

describe('batches of appends beside each other', () => {
  let database: TestDatabase;
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);
  beforeAll(async () => {
    database = await testDatabase({ max: 20 });
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
  }, 60_000);
  afterAll(() => database.drop());

  it('are two at most and never about the same stream, key or series; nothing is lost, doubled or out of order', async () => {
    const { pool, together } = watched(database.pool);
    const store = new EventStore({ pool, schema: 'intake', appender: { besideBytes: 1_000, slowMs: 10_000 } });
    await Promise.all(
      upTo(48).map(async (worker) => {
        for (let turn = 0; turn < 40; turn += 1) {
          const stream = worker % 3 === 0 ? `busy-${turn % 4}` : `own-${worker}`;
          const change = await store.change(stream, counted, (_, seen) => [{ type: 'A', data: { seen } }], {
            ...options,
            idempotency: { key: `key-${worker}-${turn}`, fingerprint: 'f' },
            ...(worker % 4 === 1 ? { allocate: { series: `series-${turn % 3}`, year: 2026, field: 'number' } } : {}),
          });
          expect(change.state.events).toBe(change.version);
        }
      }),
    );
    expect(together.length).toBeGreaterThan(0);
    for (const batches of together) {
      expect(batches).toHaveLength(2);
      const [one, other] = batches as [Set<string>, Set<string>];
      expect([...one].filter((name) => other.has(name))).toEqual([]);
    }
    const { rows } = await database.pool.query(`
      SELECT count(*)::int AS events, count(*) FILTER (WHERE (data->>'seen')::int <> version - 1)::int AS unseen,
        count(DISTINCT (stream, version))::int AS places FROM intake.events`);
    expect(rows).toEqual([{ events: 48 * 40, unseen: 0, places: 48 * 40 }]);
    const { rows: order } = await database.pool.query(`
      SELECT FROM (SELECT version, row_number() OVER (PARTITION BY stream ORDER BY xid, gp) AS nth FROM intake.events) e
      WHERE version <> nth`);
    expect(order).toEqual([]);
    const { rows: series } = await database.pool.query<{ last: number; numbers: number[] }>(`
      SELECT s.last, array_agg((e.data->'number'->>'number')::int ORDER BY e.xid, e.gp) AS numbers
      FROM intake.series s JOIN intake.commands c ON 'series-' || (split_part(c.key, '-', 3)::int % 3) = s.series
      JOIN intake.events e ON e.stream = c.stream AND e.version = c.last_version AND e.data ? 'number'
      GROUP BY s.series, s.last`);
    expect(series).toHaveLength(3);
    for (const { last, numbers } of series) expect(numbers).toEqual(upTo(last).map((n) => n + 1));
  }, 60_000);

  it('are not made of what is about one stream, nor of a small rest', async () => {
    const { pool, together, statements } = watched(database.pool);
    const store = new EventStore({ pool, schema: 'intake' });
    const change = (stream: string) => store.change(stream, counted, () => [{ type: 'A', data: {} }], options);
    await Promise.all(upTo(64).map(() => change('hot')));
    expect(statements()).toBe(1);
    const first = change('first');
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([first, ...upTo(4).map((n) => change(`rest-${n}`))]);
    expect(together).toEqual([]);
  });

  it('share what waits: the server works on one half while the other is made', async () => {
    const { pool, together, statements } = watched(database.pool, 2);
    const store = new EventStore({ pool, schema: 'intake' });
    await Promise.all(
      upTo(100).map((n) =>
        store.change(`half-${n}`, counted, () => [{ type: 'A', data: {} }], { ...options, startsStream: true }),
      ),
    );
    expect(statements()).toBe(2);
    expect(together.map((batches) => batches.map(({ size }) => size))).toEqual([[50, 50]]);
  });
});
