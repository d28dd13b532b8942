import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import { KafkaLog, KafkaRelay, messagingMigrations } from '@app/messaging';
import type { MessagingLogger, TopicSource } from '@app/messaging';
import { testKafka } from '../../../test/support/kafka.js';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { lawMigrations } from './law-migrations.js';
import { LAW_STREAM } from './law-of-events.js';
import { publishedLawConsumer } from './published-law.consumer.js';
import { PublishedLaw } from './published-law.js';
import { calendarPublished } from './testing/law-events.js';

const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const ends: (() => Promise<unknown>)[] = [];
let database: TestDatabase;

describe('the law that another process publishes', () => {
  const suffix = Math.random().toString(36).slice(2, 8);
  const topic = `deadlines.law-versions-${suffix}`;
  const topics: TopicSource[] = [{ topic, service: 'deadlines', streamPrefix: 'law-version-' }];
  const topicOptions = { partitions: 1, replicationFactor: 1 };
  let store: EventStore;
  let log: KafkaLog;

  beforeAll(async () => {
    const { brokers } = await testKafka();
    database = await testDatabase();
    await migrate(database.pool, 'deadlines', [
      ...eventStoreMigrations('deadlines'),
      ...messagingMigrations('deadlines'),
    ]);
    await migrate(database.pool, 'intake', [...messagingMigrations('intake'), ...lawMigrations('intake')]);
    store = new EventStore({ pool: database.pool, schema: 'deadlines' });
    const relay = new KafkaRelay({
      brokers,
      topics,
      topicOptions,
      logger,
      service: 'deadlines',
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

  const publish = (number: number, dayOff: string): Promise<unknown> =>
    store.append([
      {
        stream: LAW_STREAM,
        expectedVersion: number - 1,
        events: [
          {
            type: 'CalendarVersionPublished',
            data: { ...calendarPublished(number, dayOff, `2026-03-0${number}T08:00:00+07:00`) },
          },
        ],
        meta: {
          actor: { id: 'quantri', role: 'operator', unit: '*' },
          correlationId: LAW_STREAM,
          causationId: null,
          happenedAt: `2026-03-0${number}T08:00:00+07:00`,
          source: 'ui',
        },
      },
    ]);

  it('is known here too, in its order, with what follows from it queued', async () => {
    let heard = 0;
    const consumer = { ...publishedLawConsumer('intake', ['intake.tip-list'], () => (heard += 1)), topics: [topic] };
    const running = await log.start(consumer, { pool: database.pool, schema: 'intake' });
    ends.push(() => running.stop());
    await publish(1, '2026-03-09');
    await publish(2, '2026-03-10');
    expect(await running.settled(30_000)).toBe(true);
    const history = await new PublishedLaw('intake').history(database.pool);
    expect(history.map(({ number, calendar }) => [number, calendar.version]).slice(1)).toEqual([
      [1, '2026-03-01.1'],
      [2, '2026-03-01.2'],
    ]);
    const { rows } = await database.pool.query('SELECT model, law_number FROM intake.law_recomputes ORDER BY 2');
    expect(rows).toEqual([
      { model: 'intake.tip-list', law_number: 1 },
      { model: 'intake.tip-list', law_number: 2 },
    ]);
    expect(heard).toBeGreaterThan(0);
  }, 60_000);
});
