import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction, migrate } from '@app/event-store';
import { calculateLimit, RELEASED_LAW } from '@app/legal-time-limits';
import { messagingMigrations } from '@app/messaging';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { lawMigrations } from './law-migrations.js';
import { publishedLawConsumer } from './published-law.consumer.js';
import { PublishedLaw } from './published-law.js';
import { Recompute, type RecomputedModel, type RecomputeProgress } from './recompute.js';
import { calendarPublished, delivered } from './testing/law-events.js';

const SCHEMA = 'lawful';
const FIRST = delivered(calendarPublished(1, '2026-03-09', '2026-03-01T08:00:00+07:00'));
const SECOND = delivered(calendarPublished(2, '2026-03-10', '2026-03-02T08:00:00+07:00'));
/** Twenty days from Tuesday 17/02: Monday 09/03. */
const latestBy = (law: { calendar: typeof RELEASED_LAW.calendar; rules: typeof RELEASED_LAW.rules }): string =>
  calculateLimit({ rule: 'CPC-147-1', start: '2026-02-17' }, law).latestArguable;

let database: TestDatabase;
const consumer = publishedLawConsumer(SCHEMA, ['rows']);

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, SCHEMA, [
    ...messagingMigrations(SCHEMA),
    ...lawMigrations(SCHEMA),
    {
      id: 'rows',
      sql: `CREATE TABLE ${SCHEMA}.rows (id integer PRIMARY KEY, latest text, written integer NOT NULL DEFAULT 0)`,
    },
  ]);
});
afterAll(() => database?.drop());

beforeEach(() => database.pool.query(`TRUNCATE ${SCHEMA}.law_versions, ${SCHEMA}.law_recomputes, ${SCHEMA}.rows`));

const publish = (...events: (typeof FIRST)[]): Promise<void> =>
  inTransaction(database.pool, (tx) => consumer.handle(events, tx));

describe('the published law of a service', () => {
  it('is the released one until something is heard of, then at once the newest, and so after a restart', async () => {
    const law = new PublishedLaw(SCHEMA);
    expect(await law.history(database.pool)).toEqual([RELEASED_LAW]);
    expect(latestBy(await law.newest(database.pool))).toBe('2026-03-09');
    await publish(FIRST);
    expect(latestBy(await law.newest(database.pool))).toBe('2026-03-10');
    await publish(SECOND);
    // The second version begins with the released schedule: its own day off alone.
    for (const one of [law, new PublishedLaw(SCHEMA)]) {
      const history = await one.history(database.pool);
      expect(history.map(({ number, name }) => [number, name])).toEqual([
        [0, RELEASED_LAW.name],
        [1, '2026-03-01.1'],
        [2, '2026-03-01.2'],
      ]);
      expect(history.map(latestBy)).toEqual(['2026-03-09', '2026-03-10', '2026-03-09']);
    }
    expect(await law.history(database.pool)).toBe(await law.history(database.pool));
  });

  it('is not changed by what is delivered twice, nor by other events of the stream', async () => {
    await publish(FIRST);
    await publish(FIRST, { ...SECOND, type: 'ObligationsRecomputed', data: { lawNumber: 1 } });
    expect(await new PublishedLaw(SCHEMA).history(database.pool)).toHaveLength(2);
  });

  it('stands still while rows are written by it', async () => {
    const law = new PublishedLaw(SCHEMA);
    let publishing: Promise<void> | undefined;
    await inTransaction(database.pool, async (tx) => {
      expect(await law.historyIn(tx)).toHaveLength(1);
      publishing = publish(FIRST);
      // The publication waits for this transaction.
      for (let waits = 0; waits === 0;) {
        const { rows } = await database.pool.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        waits = rows[0]!.n;
      }
      expect(await law.historyIn(tx)).toHaveLength(1);
    });
    await publishing;
    await inTransaction(database.pool, async (tx) => expect(await law.historyIn(tx)).toHaveLength(2));
  });
});

describe('rows after a publication', () => {
  const progress: RecomputeProgress[] = [];

  /** Rows that hold what the law says; fails when told to, in the transaction of its batch. */
  const model = (failsAt = Infinity): RecomputedModel => ({
    name: 'rows',
    batchSize: 3,
    async batch(tx, history, { after, limit }) {
      const { rows } = await tx.query<{ id: number }>(
        `UPDATE ${SCHEMA}.rows SET latest = $3, written = written + 1 WHERE id IN (
           SELECT id FROM ${SCHEMA}.rows WHERE id > $1 ORDER BY id LIMIT $2) RETURNING id`,
        [Number(after ?? 0), limit, latestBy(history.at(-1)!)],
      );
      const last = Math.max(0, ...rows.map(({ id }) => id));
      if (last >= failsAt) throw new Error('cut');
      return { lookedAt: rows.length, changed: rows.length, reached: rows.length === limit ? String(last) : null };
    },
  });
  const instance = (failsAt?: number): Recompute => {
    progress.length = 0;
    const law = new PublishedLaw(SCHEMA);
    return new Recompute(database.pool, SCHEMA, law, [model(failsAt)], (one) => progress.push(one));
  };
  const fill = (): Promise<unknown> =>
    database.pool.query(`INSERT INTO ${SCHEMA}.rows (id) SELECT generate_series(1, 10)`);
  const written = async (): Promise<(string | number)[][]> =>
    (
      await database.pool.query<{ latest: string; written: number; n: number }>(
        `SELECT latest, written, count(*)::int AS n FROM ${SCHEMA}.rows GROUP BY 1, 2 ORDER BY 1, 2`,
      )
    ).rows.map((row) => [row.latest, row.written, row.n]);

  it('follow it batch by batch, from where a crash left them, each once', async () => {
    await fill();
    await publish(FIRST);
    await expect(instance(8).drain()).rejects.toThrow('cut');
    expect(await instance().drain()).toBe(4);
    expect(progress.at(-1)).toMatchObject({ lawNumber: 1, lookedAt: 10, changed: 10, isFinished: true });
    expect(await written()).toEqual([['2026-03-10', 1, 10]]);
    expect(await instance().drain()).toBe(0);
  });

  it('go by the newest law where two came, however far the first was carried out', async () => {
    await fill();
    await publish(FIRST);
    let batches = 0;
    await instance().drain(() => (batches += 1) > 1);
    await publish(SECOND);
    await instance().drain();
    expect(await written()).toEqual([
      ['2026-03-09', 1, 7],
      ['2026-03-09', 2, 3],
    ]);
    expect(await instance().drain()).toBe(0);
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${SCHEMA}.law_recomputes WHERE finished_at IS NULL`,
    );
    expect(rows[0]!.n).toBe(0);
  });
});
