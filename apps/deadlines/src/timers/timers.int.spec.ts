import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AppendCommand, type AppendVerdict, createPool, EventStore, inTransaction } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import { deadlinesHarness, type Harness, TipStory } from '../testing/harness.js';
import { DeadlineTimers, type DeadlineTimersOptions } from './deadline-timers.js';

const HOUR = 3_600_000;
/** The drills' own clock, a row that the test moves. */
const DRILL_NOW = '(SELECT at FROM deadlines.drill_clock)';

let harness: Harness;
const pools: Pool[] = [];
const running: DeadlineTimers[] = [];

const hoursAgo = (hours: number): string => new Date(Date.now() - hours * HOUR).toISOString();

/** A tip whose 24 hours for classification ended `hours` ago. */
const lateTip = (hours: number): TipStory => new TipStory().received(hoursAgo(24 + hours), { noticesTracked: false });

async function setClock(at: string): Promise<void> {
  await harness.pool.query('UPDATE deadlines.drill_clock SET at = $1', [at]);
}

/** An instance of the service as far as timers go: its own connections. */
function instance(
  options: DeadlineTimersOptions = {},
  storeOf = (pool: Pool) => new EventStore({ pool, schema: SCHEMA }),
): DeadlineTimers {
  const pool = createPool(harness.url, { max: 3 });
  pools.push(pool);
  const timers = new DeadlineTimers(pool, storeOf(pool), options);
  running.push(timers);
  return timers;
}

async function pending(): Promise<number> {
  const { rows } = await harness.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM deadlines.timers');
  return rows[0]!.n;
}

async function until(condition: () => Promise<boolean>, what: string, timeoutMs = 15_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${what}`);
    await sleep(20);
  }
}

async function expectEachOnceInOrder(count: number): Promise<void> {
  const breaches = await harness.breaches();
  expect(breaches).toHaveLength(count);
  expect(new Set(breaches.map(({ obligationId, breachedAt }) => `${obligationId} ${breachedAt}`)).size).toBe(count);
  const moments = breaches.map(({ breachedAt }) => Date.parse(breachedAt));
  expect(moments).toEqual([...moments].sort((a, b) => a - b));
}

beforeAll(async () => {
  harness = await deadlinesHarness();
  await harness.pool.query(
    'CREATE TABLE deadlines.drill_clock (at timestamptz); INSERT INTO deadlines.drill_clock VALUES (now())',
  );
});

afterEach(async () => {
  await Promise.all(running.splice(0).map((timers) => timers.stop()));
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  await harness.pool.query(
    'TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers, deadlines.events, deadlines.commands',
  );
});

afterAll(() => harness.drop());

describe('the passing of time is a command', () => {
  it('downtime: what passed during three days without any instance fires once, in order, when one starts', async () => {
    const tips = Array.from({ length: 60 }, (_, i) => lateTip(((i * 37) % 72) + 0.5));
    await harness.deliver(tips.flatMap(({ events }) => events));
    const due = await pending();
    expect(due).toBeGreaterThanOrEqual(60);
    await instance().drain();
    const told = await harness.breaches();
    expect(told.filter(({ rule }) => rule === 'TTLT17-8-CLASSIFY')).toHaveLength(60);
    await instance().drain();
    await expectEachOnceInOrder(told.length);
  });

  it('two instances: running side by side they fire each breach once, in order', async () => {
    await harness.owe(Array.from({ length: 3_000 }, (_, i) => hoursAgo(1 + ((i * 7919) % 3_000) / 100)));
    // Four doors knocked on at once, with batches large enough that unguarded ones would take turns row by row.
    const instances = Array.from({ length: 4 }, () => instance({ batchSize: 750, maxSleepMs: 20 }));
    await Promise.all(pools.map((pool) => pool.query('SELECT 1')));
    for (const timers of instances) timers.start();
    await until(async () => (await pending()) === 0, 'an empty queue');
    await expectEachOnceInOrder(3_000);
  });

  it('two instances: when the one that fires is gone, the other carries on', async () => {
    await harness.owe(Array.from({ length: 500 }, (_, i) => hoursAgo(1 + i / 100)));
    const [a, b] = [instance({ batchSize: 10, maxSleepMs: 50 }), instance({ batchSize: 10, maxSleepMs: 50 })];
    a.start();
    await until(async () => (await harness.breaches()).length > 0, 'the first breaches');
    b.start();
    await a.stop();
    await until(async () => (await pending()) === 0, 'an empty queue');
    await expectEachOnceInOrder(500);
  });

  it('killed between firing and recording: nothing is lost and nothing comes twice', async () => {
    await harness.owe(Array.from({ length: 20 }, (_, i) => hoursAgo(1 + i)));
    // The timers are taken and the events written when the server ends the instance's session, before its commit.
    class KilledStore extends EventStore {
      override async appendIn(tx: PoolClient, commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
        const verdicts = await super.appendIn(tx, commands);
        await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
        return verdicts;
      }
    }
    const killed = instance({}, (pool) => new KilledStore({ pool, schema: SCHEMA }));
    await expect(killed.drain()).rejects.toThrow();
    expect(await harness.breaches()).toEqual([]);
    expect(await pending()).toBe(20);
    await instance().drain();
    await expectEachOnceInOrder(20);
  });

  it('killed between firing and recording: a timer set again for a breach already told stays silent', async () => {
    await harness.owe([hoursAgo(1), hoursAgo(2)]);
    await instance().drain();
    await harness.pool.query(
      'INSERT INTO deadlines.timers (obligation_id, fires_at) SELECT id, breach_at FROM deadlines.obligations',
    );
    // Meanwhile another body is responsible: the same breach all the same.
    await harness.pool.query(`UPDATE deadlines.obligations SET unit_code = 'PC-80'`);
    await instance().drain();
    expect(await pending()).toBe(0);
    await expectEachOnceInOrder(2);
  });

  it('killed between firing and recording: a rebuild from the logs tells nothing again', async () => {
    const tips = [lateTip(3), lateTip(30), lateTip(0.1), new TipStory().received(hoursAgo(1))];
    await harness.deliver(tips.flatMap(({ events }) => events));
    await instance().drain();
    const told = await harness.breaches();
    const rows = await harness.rows();
    await harness.pool.query('TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers');
    await harness.deliver(
      tips.flatMap(({ events }) => events),
      2,
    );
    await instance().drain();
    expect(await harness.breaches()).toEqual(told);
    expect(await harness.rows()).toEqual(rows);
  });

  it('moved deadline: the old moment passes in silence, the new one is told', async () => {
    const tip = new TipStory()
      .received('2026-01-05T08:00:00+07:00', { noticesTracked: false })
      .accepted('2026-01-05T09:00:00+07:00');
    await harness.deliver(tip.events);
    await harness.deliver(new TipStory(tip.tipId).events);
    const before = tip.events.length;
    tip
      .classified('2026-01-05T09:10:00+07:00')
      .assigned('2026-01-06T08:00:00+07:00')
      .prolonged('2026-01-20T08:00:00+07:00');
    await harness.deliver(tip.events.slice(before));
    const timers = instance({ nowSql: DRILL_NOW });
    // 20 days: 25/01 is a Sunday, latest arguable 26/01. Prolonged: two months in total, 05/03.
    await setClock('2026-02-10T00:00:00+07:00');
    await timers.drain();
    expect((await harness.breaches()).filter(({ rule }) => rule.startsWith('CPC-147'))).toEqual([]);
    await setClock('2026-03-06T00:00:00+07:00');
    await timers.drain();
    expect((await harness.breaches()).filter(({ rule }) => rule.startsWith('CPC-147'))).toEqual([]);
    await setClock('2026-03-06T00:00:01+07:00');
    await timers.drain();
    const told = (await harness.breaches()).filter(({ rule }) => rule.startsWith('CPC-147'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({ latestArguable: '2026-03-05', breachedAt: '2026-03-05T17:00:00.000Z' });
  });

  it('moved deadline: a breach already told stays, the new deadline has its own', async () => {
    const tip = new TipStory()
      .received('2026-01-05T08:00:00+07:00', { noticesTracked: false })
      .accepted('2026-01-05T09:00:00+07:00');
    await harness.deliver(tip.events);
    const timers = instance({ nowSql: DRILL_NOW });
    await setClock('2026-01-28T00:00:00+07:00');
    await timers.drain();
    const before = tip.events.length;
    tip.prolonged('2026-01-20T08:00:00+07:00');
    await harness.deliver(tip.events.slice(before));
    await timers.drain();
    await setClock('2026-03-07T00:00:00+07:00');
    await timers.drain();
    await timers.drain();
    const told = (await harness.breaches()).filter(({ rule }) => rule.startsWith('CPC-147'));
    expect(told.map(({ latestArguable }) => latestArguable)).toEqual(['2026-01-26', '2026-03-05']);
    expect(new Set(told.map(({ obligationId }) => obligationId)).size).toBe(1);
  });

  it('moved deadline: a duty done in time while its timer waits is never told', async () => {
    const tip = new TipStory().received('2026-01-05T08:00:00+07:00', { noticesTracked: false });
    await harness.deliver(tip.events);
    tip.classified('2026-01-05T12:00:00+07:00');
    await harness.deliver(tip.events.slice(1));
    const timers = instance({ nowSql: DRILL_NOW });
    await setClock('2026-01-10T00:00:00+07:00');
    await timers.drain();
    expect((await harness.breaches()).filter(({ rule }) => rule === 'TTLT17-8-CLASSIFY')).toEqual([]);
  });

  it('moved deadline: a row that is being moved at this moment is left alone', async () => {
    const [moving] = await harness.owe([hoursAgo(2), hoursAgo(1)]);
    await inTransaction(harness.pool, async (tx) => {
      const later = new Date(Date.now() + HOUR);
      await tx.query('UPDATE deadlines.timers SET fires_at = $2 WHERE obligation_id = $1', [moving, later]);
      await instance().drain();
    });
    await instance().drain();
    expect((await harness.breaches()).map(({ obligationId }) => obligationId)).not.toContain(moving);
    await expectEachOnceInOrder(1);
  });

  it('downtime: a loop fires nothing while acts are still on their way', async () => {
    await harness.owe([hoursAgo(2)]);
    let isUpToDate = false;
    let asked = 0;
    const timers = instance({
      isUpToDate: async () => {
        asked += 1;
        return isUpToDate;
      },
    });
    timers.start();
    while (asked < 3) await new Promise((resolve) => setImmediate(resolve));
    expect(await harness.breaches()).toEqual([]);
    isUpToDate = true;
    while ((await harness.breaches()).length === 0) await new Promise((resolve) => setImmediate(resolve));
    await timers.stop();
    await expectEachOnceInOrder(1);
  });

  it('never early: not a microsecond before the moment has passed', async () => {
    await harness.owe(['2026-05-04T16:40:00.000000+07:00']);
    const timers = instance({ nowSql: DRILL_NOW });
    for (const at of ['2026-05-04T16:39:59.999999+07:00', '2026-05-04T16:40:00.000000+07:00']) {
      await setClock(at);
      expect(await timers.drain()).toBe(0);
    }
    await setClock('2026-05-04T16:40:00.000001+07:00');
    expect(await timers.drain()).toBe(1);
  });

  it('never early: a running loop fires each of many close moments after it, and soon', async () => {
    const start = Date.now() + 300;
    const moments = Array.from({ length: 200 }, (_, i) => new Date(start + ((i * 61) % 1_500)).toISOString());
    await harness.owe(moments);
    instance().start();
    await until(async () => (await pending()) === 0, 'an empty queue');
    const { rows } = await harness.pool.query<{ late_ms: number }>(
      `SELECT (extract(epoch FROM recorded_at - (data->>'breachedAt')::timestamptz) * 1000)::float8 AS late_ms FROM deadlines.events`,
    );
    expect(rows).toHaveLength(200);
    expect(Math.min(...rows.map(({ late_ms }) => late_ms))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...rows.map(({ late_ms }) => late_ms))).toBeLessThan(2_000);
    await expectEachOnceInOrder(200);
  });

  it('wakes when obligations change, however long it meant to sleep', async () => {
    const timers = instance({ maxSleepMs: 60_000 });
    timers.start();
    await sleep(200);
    await harness.owe([hoursAgo(1)]);
    timers.wake();
    await until(async () => (await pending()) === 0, 'an empty queue', 5_000);
  });

  it('stops after the batch in hand and carries on after the next start', async () => {
    await harness.owe(Array.from({ length: 400 }, (_, i) => hoursAgo(1 + i / 100)));
    const timers = instance({ batchSize: 20 });
    timers.start();
    await until(async () => (await harness.breaches()).length > 0, 'the first breaches');
    await timers.stop();
    const told = (await harness.breaches()).length;
    expect(told % 20).toBe(0);
    expect(told + (await pending())).toBe(400);
    timers.start();
    await until(async () => (await pending()) === 0, 'an empty queue');
    await expectEachOnceInOrder(400);
  });

  it('survives a database that fails for a while, and says so', async () => {
    await harness.owe([hoursAgo(1)]);
    const errors: string[] = [];
    let failures = 3;
    class FailingStore extends EventStore {
      override async appendIn(tx: PoolClient, commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
        failures -= 1;
        if (failures >= 0) throw new Error('the disk is full');
        return super.appendIn(tx, commands);
      }
    }
    const options = { retryDelayMs: 5, onError: (error: Error) => errors.push(error.message) };
    instance(options, (pool) => new FailingStore({ pool, schema: SCHEMA })).start();
    await until(async () => (await pending()) === 0, 'an empty queue');
    expect(errors).toEqual(['the disk is full', 'the disk is full', 'the disk is full']);
    await expectEachOnceInOrder(1);
  });

  it('100,000 pending with 5,000 due at once drain in at most 10 s', async () => {
    const later = Array.from({ length: 95_000 }, (_, i) =>
      new Date(Date.now() + (24 + (i % 1_000)) * HOUR).toISOString(),
    );
    await harness.owe(later);
    await harness.owe(Array.from({ length: 5_000 }, (_, i) => hoursAgo(1 + (i % 500) / 10)));
    const start = performance.now();
    expect(await instance().drain()).toBe(5_000);
    const seconds = (performance.now() - start) / 1_000;
    expect(seconds).toBeLessThan(10);
    expect(await pending()).toBe(95_000);
    await expectEachOnceInOrder(5_000);
  }, 60_000);
});
