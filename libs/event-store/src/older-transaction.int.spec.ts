import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { readToHead } from '../../../test/support/read-log.js';
import { EventStore, eventStoreMigrations, inTransaction, isTransient, migrate } from './index.js';
import type { AppendCommand } from './types.js';

const command = (stream: string, expectedVersion: number): AppendCommand => ({
  stream,
  expectedVersion,
  events: [{ type: 'Step', data: {} }],
  meta: {
    actor: { id: 'w', role: 'intake_officer', unit: 'PC-80' },
    correlationId: 'c',
    causationId: null,
    happenedAt: '2026-01-05T08:00:00+07:00',
    source: 'ui',
  },
});

describe('a transaction that is older than the newest event of a stream', () => {
  let database: TestDatabase;
  let store: EventStore;

  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
    store = new EventStore({ pool: database.pool, schema: 'intake' });
  }, 60_000);
  afterAll(() => database.drop());

  it('may not append to it, since readers would get its event first; begun anew it may', async () => {
    const begun = inTransaction(database.pool, async (older) => {
      await store.appendIn(older, [command('a', 0)]);
      // A younger transaction is through with stream b before the older one comes to it.
      await store.append([command('b', 0)]);
      await store.appendIn(older, [command('b', 1)]);
    });
    const error = await begun.catch((thrown: unknown) => thrown);
    expect((error as { code: string }).code).toBe('40001');
    expect(isTransient(error)).toBe(true);
    expect(await store.load('a')).toEqual([]);

    await inTransaction(database.pool, async (tx) => {
      await store.appendIn(tx, [command('a', 0)]);
      await store.appendIn(tx, [command('b', 1)]);
    });
    const { events } = await readToHead(store);
    expect(events.filter(({ stream }) => stream === 'b').map(({ version }) => version)).toEqual([1, 2]);
  });

  it('may append to what nobody has written to since it began', async () => {
    await store.append([command('c', 0)]);
    await inTransaction(database.pool, async (tx) => {
      await store.appendIn(tx, [command('d', 0)]);
      await store.appendIn(tx, [command('c', 1), command('d', 1)]);
    });
    expect((await store.load('c')).length).toBe(2);
  });
});
