import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import kafkajs from 'kafkajs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type LocalKafka, startLocalKafka } from '../../../../docker/kafka-local/start.mjs';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { messagingMigrations } from '../delivery/messaging-migrations.js';
import type { DeliveredEvent, MessagingLogger, TopicSource } from '../types.js';
import { KafkaLog } from './kafka-log.js';
import { KafkaRelay } from './kafka-relay.js';

const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const topics: TopicSource[] = [{ topic: 'intake.tips', service: 'intake', streamPrefix: 'tip-' }];
const topicOptions = { partitions: 3, replicationFactor: 1 };
const isPublic = (): boolean => true;

describe('the relay of a log to Kafka', () => {
  let folder: string;
  let kafka: LocalKafka;
  let database: TestDatabase;
  let store: EventStore;
  const ends: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tinbao-relay-'));
    kafka = await startLocalKafka({ dir: folder });
    database = await testDatabase();
    await migrate(database.pool, 'intake', [...eventStoreMigrations('intake'), ...messagingMigrations('intake')]);
    await migrate(database.pool, 'deadlines', messagingMigrations('deadlines'));
    store = new EventStore({ pool: database.pool, schema: 'intake' });
  }, 120_000);
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
    await kafka?.stop();
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  const relay = (): KafkaRelay => {
    const started = new KafkaRelay({
      brokers: kafka.brokers,
      service: 'intake',
      store,
      topics,
      isPublic,
      topicOptions,
      logger,
      pollIntervalMs: 100,
    });
    started.start();
    ends.push(() => started.stop());
    return started;
  };
  /** Everything that arrives from the beginning, as a new service would get it. */
  const follow = async (name: string): Promise<DeliveredEvent[]> => {
    const log = new KafkaLog({ brokers: kafka.brokers, topics, topicOptions, logger, sessionTimeoutMs: 3_000 });
    ends.push(() => log.close());
    const got: DeliveredEvent[] = [];
    await log.start(
      {
        name,
        topics: ['intake.tips'],
        handle: async (batch) => {
          got.push(...batch);
        },
      },
      { pool: database.pool, schema: 'deadlines' },
    );
    return got;
  };
  let streams = 0;
  const append = async (count: number): Promise<string> => {
    const stream = `tip-${(streams += 1)}`;
    const verdicts = await store.append(
      Array.from({ length: count }, (_, index) => ({
        stream,
        expectedVersion: index,
        events: [{ type: 'Step', data: {} }],
        meta: {
          actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80' },
          correlationId: 'c',
          causationId: null,
          happenedAt: '2026-01-05T08:00:00+07:00',
          source: 'ui' as const,
        },
      })),
    );
    expect(verdicts.every(({ kind }) => kind === 'appended')).toBe(true);
    return stream;
  };
  const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
    const end = performance.now() + 60_000;
    while (!(await condition())) {
      if (performance.now() > end) throw new Error('the awaited condition did not come about');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const recordsOnKafka = async (): Promise<number> => {
    const admin = new kafkajs.Kafka({ brokers: kafka.brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets('intake.tips').finally(() => admin.disconnect());
    return offsets.reduce((sum, { high }) => sum + Number(high), 0);
  };
  const eventsInLog = async (): Promise<number> => store.countAfter(null);
  /** Each event once, each stream in its order, none missing. */
  const expectWhole = async (got: readonly DeliveredEvent[]): Promise<void> => {
    const versions = new Map<string, number>();
    for (const { stream, version } of got) {
      expect(version).toBe((versions.get(stream) ?? 0) + 1);
      versions.set(stream, version);
    }
    expect(got).toHaveLength(await eventsInLog());
  };

  it('does not hold commands up while the broker is away, and brings everything when it is back', async () => {
    const relaying = relay();
    const got = await follow('follower-1');
    await append(20);
    await until(() => got.length === 20);

    await kafka.kill9();
    const began = performance.now();
    for (let index = 0; index < 30; index += 1) await append(10);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(await relaying.caughtUp(200)).toBe(false);
    expect(await relaying.lag()).toBeGreaterThanOrEqual(300);

    kafka = await startLocalKafka({ dir: folder, port: kafka.port });
    expect(await relaying.caughtUp(60_000)).toBe(true);
    await until(() => got.length >= 320);
    await expectWhole(got);
    await relaying.stop();
  }, 150_000);

  it('repeats a batch after dying before its checkpoint, and consumers see each event once', async () => {
    const got = await follow('follower-2');
    const before = await recordsOnKafka();
    // The checkpoint as it was before the last batches: what a kill -9 after the acknowledgement leaves.
    await database.pool.query(`UPDATE intake.checkpoints SET position = NULL WHERE consumer = 'kafka-relay'`);
    const relaying = relay();
    await append(5);
    expect(await relaying.caughtUp(30_000)).toBe(true);
    expect(await recordsOnKafka()).toBeGreaterThanOrEqual(before + (await eventsInLog()));
    await until(async () => got.length >= (await eventsInLog()));
    await append(1);
    await until(async () => got.length >= (await eventsInLog()));
    await expectWhole(got);
    await relaying.stop();
  }, 90_000);

  it('is done by one of several instances; another takes over when it ends', async () => {
    const first = relay();
    await until(() => first.leading);
    const second = relay();
    const got = await follow('follower-3');
    const before = await recordsOnKafka();
    await append(50);
    expect(await second.caughtUp(30_000)).toBe(true);
    expect(second.leading).toBe(false);
    expect(await recordsOnKafka()).toBe(before + 50);
    const stopping = first.stop();
    await append(50);
    await stopping;
    expect(await second.caughtUp(30_000)).toBe(true);
    expect(second.leading).toBe(true);
    await until(async () => got.length >= (await eventsInLog()));
    await expectWhole(got);
  }, 90_000);
});
