import { afterAll, beforeAll, expect, describe, it } from '@jest/globals';
import { EventStore, eventStoreMigrations, migrate, RowProjection, type ScannedEvent } from '@app/event-store';
import { testKafka } from '../../../../test/support/kafka.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { messagingMigrations } from '../delivery/messaging-migrations.js';
import { Rebuild } from '../rebuild/rebuild.js';
import { listRebuilds, requestRebuild } from '../rebuild/rebuild-state.js';
import type { RebuildPoint } from '../rebuild/shadow-build.js';
import { checkName, Check } from '../rebuild/check.js';
import type { Consumer, MessagingLogger, TopicSource } from '../types.js';
import { KafkaLog } from './kafka-log.js';
import { KafkaRelay } from './kafka-relay.js';

const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };

interface Row {
  tip_id: string;
  acts: number;
}

describe('a rebuild from the topics of another service', () => {
  const suffix = Math.random().toString(36).slice(2, 8);
  const topic = `intake.tips-${suffix}`;
  const topics: TopicSource[] = [{ topic, service: 'intake', streamPrefix: 'tip-' }];
  const topicOptions = { partitions: 3, replicationFactor: 1 };
  const ends: (() => Promise<unknown>)[] = [];
  let database: TestDatabase;
  let store: EventStore;
  let log: KafkaLog;

  const consumer: Consumer = ((rows) => ({
    name: `statistics.tips-${suffix}`,
    topics: [topic],
    handle: async (batch, tx) => void (await rows.applyBatch(tx, batch)),
    rebuild: { tables: ['tips'], bulk: () => rows.load() },
  }))(
    new RowProjection<Row, ScannedEvent>({
      schema: 'statistics',
      table: 'tips',
      key: 'tip_id',
      keys: ({ stream }) => [stream],
      fold: (row, { stream }) => ({ tip_id: stream, acts: (row?.acts ?? 0) + 1 }),
    }),
  );

  beforeAll(async () => {
    const { brokers } = await testKafka();
    database = await testDatabase();
    await migrate(database.pool, 'intake', [...eventStoreMigrations('intake'), ...messagingMigrations('intake')]);
    await migrate(database.pool, 'statistics', [
      ...messagingMigrations('statistics'),
      {
        id: 'tips',
        sql: `CREATE TABLE statistics.tips (tip_id text PRIMARY KEY, acts int NOT NULL, versions jsonb NOT NULL DEFAULT '{}')`,
      },
    ]);
    store = new EventStore({ pool: database.pool, schema: 'intake' });
    const relay = new KafkaRelay({
      brokers,
      topics,
      topicOptions,
      logger,
      service: 'intake',
      store,
      isPublic: () => true,
      pollIntervalMs: 50,
    });
    relay.start();
    ends.push(() => relay.stop());
    log = new KafkaLog({ brokers, topics, topicOptions, logger, relays: [relay], sessionTimeoutMs: 6_000 });
    ends.push(() => log.close());
  }, 120_000);
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    await database?.drop();
  }, 60_000);

  const append = (streams: readonly string[], from: number, count: number) =>
    store.append(
      streams.map((stream) => ({
        stream,
        expectedVersion: from,
        events: Array.from({ length: count }, () => ({ type: 'A', data: {} })),
        meta: {
          actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80' },
          correlationId: 'c',
          causationId: null,
          happenedAt: '2026-01-05T08:00:00+07:00',
          source: 'ui' as const,
        },
      })),
    );
  const rows = async (): Promise<string[]> =>
    (await database.pool.query<{ row: string }>('SELECT t::text AS row FROM statistics.tips t ORDER BY 1')).rows.map(
      ({ row }) => row,
    );

  it('goes on after it was cut short, while the consumer runs and events keep coming', async () => {
    const home = { pool: database.pool, schema: 'statistics' };
    const running = await log.start(consumer, home);
    ends.push(() => running.stop());
    const streams = Array.from({ length: 40 }, (_, n) => `tip-${suffix}-${n}`);
    for (let round = 0; round < 5; round += 1) await append(streams, round * 3, 3);
    expect(await running.settled(30_000)).toBe(true);
    const before = await rows();
    expect(before).toHaveLength(40);

    let cuts = 0;
    const rebuild = (onPoint?: (point: RebuildPoint) => void) =>
      new Rebuild(consumer, home, log, { logger, pageSize: 50, rowsHeld: 10, ...(onPoint ? { onPoint } : {}) }).run();
    await database.pool.query('UPDATE statistics.tips SET acts = 0');
    await requestRebuild(database.pool, 'statistics', consumer.name, 'quantri');
    await expect(
      rebuild((point) => {
        if (point === 'loaded-some' && (cuts += 1) === 2) {
          throw Object.assign(new Error('cut'), { code: 'RebuildStopped' });
        }
      }),
    ).rejects.toMatchObject({ code: 'RebuildStopped' });
    let going = true;
    const late = (async () => {
      let n = 0;
      for (; going; n += 1) await append([`tip-late-${suffix}-${n}`], 0, 2);
      return n;
    })();
    await rebuild();
    going = false;
    const added = await late;
    expect(added).toBeGreaterThan(0);
    expect(await running.settled(30_000)).toBe(true);
    expect(running.state).toBe('running');
    const after = await rows();
    expect(after.filter((row) => !row.startsWith('(tip-late'))).toEqual(before);
    expect(after).toHaveLength(40 + added);
    expect(await listRebuilds(database.pool, 'statistics')).toMatchObject([{ phase: 'done', restarts: 0 }]);

    await append(['tip-last'], 0, 1);
    expect(await running.settled(30_000)).toBe(true);
    expect(await rows()).toHaveLength(41 + added);

    await requestRebuild(database.pool, 'statistics', checkName(consumer.name), 'check');
    const check = await new Check(consumer, home, log, { logger, pageSize: 50 }).run();
    expect(check).toMatchObject({ equal: true, tables: [{ rows: 41 + added, freshRows: 41 + added }] });
  }, 90_000);
});
