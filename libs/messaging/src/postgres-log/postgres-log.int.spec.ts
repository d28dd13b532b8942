import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { messagingMigrations } from '../delivery/messaging-migrations.js';
import { describeMessageLog } from '../message-log.suite.js';
import type { MessagingLogger } from '../types.js';
import { PostgresLog } from './postgres-log.js';

describeMessageLog('PostgreSQL', async () => ({
  open: async (input) => new PostgresLog(input),
  close: async () => undefined,
}));

describe('the message log over PostgreSQL, when a log was restored', () => {
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

  it('stops a consumer that knows the log from before, instead of letting it skip or repeat', async () => {
    const handled: string[] = [];
    const log = new PostgresLog({
      logs: { intake: store },
      topics: [{ topic: 'intake.tips', service: 'intake', streamPrefix: 'tip-' }],
      isPublic: () => true,
      logger,
    });
    const consumer = {
      name: 'reader',
      topics: ['intake.tips'],
      handle: async (batch: readonly { stream: string }[]) => {
        handled.push(...batch.map(({ stream }) => stream));
      },
    };
    const running = await log.start(consumer, { pool: database.pool, schema: 'intake' });
    await append('tip-1');
    expect(await running.settled(10_000)).toBe(true);
    await store.renew();
    await append('tip-2');
    expect(await running.settled(10_000)).toBe(false);
    expect(running.state).toBe('failed');
    expect(running.failure).toMatchObject({ code: 'LogIncarnationChanged' });
    expect(handled).toEqual(['tip-1']);
    await log.close();
  });
});
