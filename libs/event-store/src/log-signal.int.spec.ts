import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { createPool, EventStore, eventStoreMigrations, LogSignal, migrate } from './index.js';

describe('the signal between processes', () => {
  let database: TestDatabase;
  const signals: LogSignal[] = [];

  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
  }, 60_000);
  afterAll(async () => {
    await Promise.all(signals.map((signal) => signal.stop()));
    await database.drop();
  });

  const processOf = async () => {
    const pool = createPool(database.url, { max: 4 });
    const store = new EventStore({ pool, schema: 'intake' });
    const heard: string[] = [];
    const signal = new LogSignal({ url: database.url, stores: [store] });
    signal.onSignal((schema) => heard.push(schema));
    await signal.start();
    signals.push(signal);
    return { pool, store, heard };
  };
  const append = (store: EventStore, stream: string) =>
    store.append([
      {
        stream,
        expectedVersion: 0,
        events: [{ type: 'A', data: {} }],
        meta: {
          actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80' },
          correlationId: 'c',
          causationId: null,
          happenedAt: '2026-01-05T08:00:00+07:00',
          source: 'ui',
        },
      },
    ]);
  const until = async (condition: () => boolean): Promise<void> => {
    const end = performance.now() + 10_000;
    while (!condition()) {
      if (performance.now() > end) throw new Error('the awaited condition did not come about');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('tells others of many appends a few times, oneself never, and works again after its connection broke', async () => {
    const [here, there] = [await processOf(), await processOf()];
    // Whoever begins to listen looks once: what was told before was told to nobody here.
    expect([here.heard, there.heard]).toEqual([['intake'], ['intake']]);
    await Promise.all(Array.from({ length: 200 }, (_, index) => append(here.store, `s-${index}`)));
    await until(() => there.heard.length > 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(there.heard.length).toBeLessThan(150);
    expect(new Set(there.heard)).toEqual(new Set(['intake']));
    expect(here.heard).toEqual(['intake']);

    await database.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'tinbao-log-signal'`,
    );
    // Told while nobody could say or hear it, and by nobody again: both tell and look when they are back.
    const before = [here.heard.length, there.heard.length];
    await append(here.store, 'while-it-is-away');
    await until(() => here.heard.length > (before[0] as number) && there.heard.length > (before[1] as number));
    const after = there.heard.length;
    for (let turn = 0; there.heard.length === after; turn += 1) {
      expect(turn).toBeLessThan(500);
      await append(here.store, `again-${turn}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all([here.pool.end(), there.pool.end()]);
  }, 30_000);
});
