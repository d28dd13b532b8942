import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { messagingMigrations } from '../delivery/messaging-migrations.js';
import { describeMessageLog } from '../message-log.suite.js';
import type { ConsumerState, MessagingLogger, RunningConsumer } from '../types.js';
import { PostgresLog } from './postgres-log.js';

describeMessageLog('PostgreSQL', async () => ({
  open: async (input) => new PostgresLog(input),
  close: async () => undefined,
}));

describe('a reader of the log in PostgreSQL', () => {
  const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  let database: TestDatabase;
  let store: EventStore;

  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.pool, 'intake', [...eventStoreMigrations('intake'), ...messagingMigrations('intake')]);
    store = new EventStore({ pool: database.pool, schema: 'intake' });
  }, 60_000);
  afterAll(() => database.drop());

  const append = (stream: string) =>
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

  /** A reader as one instance of a service runs it, and the streams that it has handled. */
  const startReader = async (name: string) => {
    const handled: string[] = [];
    const log = new PostgresLog({
      logs: { intake: store },
      topics: [{ topic: 'intake.tips', service: 'intake', streamPrefix: 'tip-' }],
      isPublic: () => true,
      logger,
    });
    const consumer = {
      name,
      topics: ['intake.tips'],
      handle: async (batch: readonly { stream: string }[]) => {
        handled.push(...batch.map(({ stream }) => stream));
      },
    };
    const running = await log.start(consumer, { pool: database.pool, schema: 'intake' });
    return { log, running, handled };
  };

  const becomes = async (consumer: RunningConsumer, state: ConsumerState): Promise<void> => {
    while (consumer.state !== state) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it('stands by while a newer instance runs, and goes on when that has ended in good order', async () => {
    const name = 'standby';
    const older = await startReader(name);
    await append('tip-a');
    expect(await older.running.settled(10_000)).toBe(true);

    const newer = await startReader(name);
    await append('tip-b');
    expect(await newer.running.settled(10_000)).toBe(true);
    // Fenced off when it wants to write what the newer one has written.
    await becomes(older.running, 'fenced');
    expect(newer.handled).toEqual(['tip-b']);

    await newer.log.close();
    await append('tip-c');
    await becomes(older.running, 'running');
    expect(await older.running.settled(10_000)).toBe(true);
    expect(older.handled.slice(-1)).toEqual(['tip-c']);
    const { rows } = await database.pool.query(
      `SELECT epoch::int, released FROM intake.checkpoints WHERE consumer = $1`,
      [name],
    );
    expect(rows).toEqual([{ epoch: 3, released: false }]);
    await older.log.close();
  });

  it('stops while it stands by', async () => {
    const older = await startReader('stopped-standby');
    const newer = await startReader('stopped-standby');
    await append('tip-d');
    expect(await newer.running.settled(10_000)).toBe(true);
    await becomes(older.running, 'fenced');
    await older.log.close();
    await append('tip-e');
    expect(await newer.running.settled(10_000)).toBe(true);
    expect(newer.handled).toEqual(expect.arrayContaining(['tip-d', 'tip-e']));
    await newer.log.close();
  });

  it('stops when its log was restored, instead of letting it skip or repeat', async () => {
    const { log, running, handled } = await startReader('reader');
    expect(await running.settled(10_000)).toBe(true);
    const before = [...handled];
    await append('tip-1');
    expect(await running.settled(10_000)).toBe(true);
    await store.renew();
    await append('tip-2');
    expect(await running.settled(10_000)).toBe(false);
    expect(running.state).toBe('failed');
    expect(running.failure).toMatchObject({ code: 'LogIncarnationChanged' });
    expect(handled).toEqual([...before, 'tip-1']);
    await log.close();
  });
});
