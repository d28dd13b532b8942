import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  type AppendCommand,
  EventStore,
  eventStoreMigrations,
  inTransaction,
  migrate,
  type NewEvent,
} from '@app/event-store';
import type { Pool, PoolClient } from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { forgetCheckpoints, listParked, messagingMigrations, releaseParked, retryParked } from './index.js';
import type {
  Consumer,
  ConsumerHome,
  DeliveredEvent,
  MessageLog,
  MessagingLogger,
  RunningConsumer,
  TopicSource,
} from './types.js';

/** What a carrier's spec gives the suite: how to open it as one process would, on the given logs. */
export interface CarrierUnderTest {
  open(input: {
    logs: Record<string, EventStore>;
    topics: readonly TopicSource[];
    isPublic: (type: string) => boolean;
    logger: MessagingLogger;
    retryDelaysMs: readonly number[];
  }): Promise<MessageLog>;
  close(): Promise<void>;
}

const settleMs = 20_000;

/** The promise of the message log. Every carrier keeps it; nothing in a service depends on which one runs. */
export function describeMessageLog(
  name: string,
  prepare: (topics: { tips: string; units: string }) => Promise<CarrierUnderTest>,
): void {
  describe(`the message log over ${name}`, () => {
    // Topics of their own per run: a shared broker keeps those of other runs.
    const suffix = Math.random().toString(36).slice(2, 8);
    const tips = `intake.tips-${suffix}`;
    const units = `intake.units-${suffix}`;
    const topics: TopicSource[] = [
      { topic: tips, service: 'intake', streamPrefix: 'tip-' },
      { topic: units, service: 'intake', streamPrefix: 'unit-' },
    ];
    let database: TestDatabase;
    let store: EventStore;
    let home: ConsumerHome;
    let carrier: CarrierUnderTest;
    let log: MessageLog;
    const opened: MessageLog[] = [];
    const reported: string[] = [];
    const logger: MessagingLogger = {
      info: () => undefined,
      warn: (message) => reported.push(message),
      error: (message) => reported.push(message),
    };
    let consumers = 0;
    let streams = 0;

    const open = async (retryDelaysMs = [5, 10]): Promise<MessageLog> => {
      const next = await carrier.open({
        logs: { intake: store },
        topics,
        isPublic: (type) => type !== 'TipNoted',
        logger,
        retryDelaysMs,
      });
      opened.push(next);
      return next;
    };

    beforeAll(async () => {
      database = await testDatabase();
      await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
      await migrate(database.pool, 'deadlines', [
        ...messagingMigrations('deadlines'),
        {
          id: 'effects',
          // No key: an effect that happens twice is seen twice.
          sql: 'CREATE TABLE deadlines.effects (consumer text, stream text, version integer, type text, seq bigserial)',
        },
      ]);
      store = new EventStore({ pool: database.pool, schema: 'intake' });
      home = { pool: database.pool, schema: 'deadlines' };
      carrier = await prepare({ tips, units });
    }, 120_000);
    beforeEach(async () => {
      log = await open();
    });
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((some) => some.close()));
    });
    afterAll(async () => {
      await carrier?.close();
      await database.drop();
    });

    const newStream = (kind = 'tip'): string => `${kind}-${suffix}-${(streams += 1)}`;
    const commandFor = (stream: string, from: number, types: readonly string[]): AppendCommand => ({
      stream,
      expectedVersion: from,
      events: types.map((type): NewEvent => ({ type, data: { text: `${stream} ${type}` } })),
      meta: {
        actor: { id: 'canbo', role: 'intake_officer', unit: 'PC-80-25459' },
        correlationId: 'c-1',
        causationId: null,
        happenedAt: '2026-01-05T08:00:00+07:00',
        source: 'ui',
      },
    });
    const append = async (stream: string, from: number, ...types: string[]): Promise<void> => {
      expect(await store.append([commandFor(stream, from, types)])).toMatchObject([{ kind: 'appended' }]);
    };
    const effect = async (tx: PoolClient, consumer: string, batch: readonly DeliveredEvent[]): Promise<void> => {
      for (const { stream, version, type } of batch) {
        await tx.query('INSERT INTO deadlines.effects (consumer, stream, version, type) VALUES ($1, $2, $3, $4)', [
          consumer,
          stream,
          version,
          type,
        ]);
      }
    };
    const effects = async (consumer: string, stream?: string): Promise<string[]> => {
      const { rows } = await (database.pool as Pool).query<{ stream: string; version: number; type: string }>(
        `SELECT stream, version, type FROM deadlines.effects
         WHERE consumer = $1 AND ($2::text IS NULL OR stream = $2) ORDER BY seq`,
        [consumer, stream ?? null],
      );
      return rows.map((row) => (stream ? `${row.version} ${row.type}` : `${row.stream} ${row.version}`));
    };
    /** A consumer that writes down what it handles; `before` may throw first. */
    const recorder = (
      options: {
        name?: string;
        topics?: string[];
        before?: (event: DeliveredEvent) => void;
        after?: (tx: PoolClient, batch: readonly DeliveredEvent[]) => Promise<void>;
      } = {},
    ): Consumer => {
      const consumer = options.name ?? `recorder-${suffix}-${(consumers += 1)}`;
      return {
        name: consumer,
        topics: options.topics ?? [tips],
        handle: async (batch, tx) => {
          for (const event of batch) options.before?.(event);
          await effect(tx, consumer, batch);
          await options.after?.(tx, batch);
        },
      };
    };
    const settled = async (running: RunningConsumer): Promise<void> => {
      expect(await running.settled(settleMs)).toBe(true);
    };
    const until = async (condition: () => Promise<boolean> | boolean): Promise<void> => {
      const end = performance.now() + settleMs;
      while (!(await condition())) {
        if (performance.now() > end) throw new Error('the awaited condition did not come about');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };

    it('delivers the events of each stream in their order, once, with everything they carry', async () => {
      const consumer = recorder();
      const got: DeliveredEvent[] = [];
      const running = await log.start(
        { ...consumer, handle: async (batch, tx) => (got.push(...batch), consumer.handle(batch, tx)) },
        home,
      );
      const names = Array.from({ length: 20 }, () => newStream());
      for (let version = 0; version < 5; version += 1) {
        await Promise.all(names.map((stream) => append(stream, version, `Step${version + 1}`)));
      }
      await settled(running);
      for (const stream of names) {
        expect(await effects(consumer.name, stream)).toEqual(
          [1, 2, 3, 4, 5].map((version) => `${version} Step${version}`),
        );
      }
      const stored = await store.load(names[0] as string);
      const delivered = got.filter(({ stream }) => stream === names[0]);
      expect(delivered).toEqual(stored.map((event) => ({ ...event, topic: tips })));
    });

    it('delivers only the topics asked for, and no private events', async () => {
      const consumer = recorder({ topics: [units] });
      const running = await log.start(consumer, home);
      const [tip, unit] = [newStream(), newStream('unit')];
      await append(tip, 0, 'TipReceived');
      await append(unit, 0, 'UnitRegistered', 'TipNoted', 'UnitChanged');
      await settled(running);
      expect(await effects(consumer.name, unit)).toEqual(['1 UnitRegistered', '3 UnitChanged']);
      expect(await effects(consumer.name, tip)).toEqual([]);
    });

    it('gives a consumer that joins late everything from the beginning', async () => {
      const stream = newStream();
      await append(stream, 0, 'A', 'B', 'C');
      const early = recorder();
      await settled(await log.start(early, home));
      const late = recorder();
      await settled(await log.start(late, home));
      const everything = await effects(early.name);
      expect((await effects(late.name)).sort()).toEqual(everything.sort());
      expect(await effects(late.name, stream)).toEqual(['1 A', '2 B', '3 C']);
    });

    it('goes on where it stopped, also in another process', async () => {
      const consumer = recorder();
      const stream = newStream();
      const first = await log.start(consumer, home);
      await append(stream, 0, 'A', 'B');
      await settled(first);
      await first.stop();
      expect(first.state).toBe('stopped');
      await append(stream, 2, 'C');
      const second = await (await open()).start(consumer, home);
      await append(stream, 3, 'D');
      await settled(second);
      expect(await effects(consumer.name, stream)).toEqual(['1 A', '2 B', '3 C', '4 D']);
    });

    it('replays from the beginning when its checkpoints are forgotten', async () => {
      const consumer = recorder();
      const stream = newStream();
      await append(stream, 0, 'A', 'B');
      const first = await log.start(consumer, home);
      await settled(first);
      await first.stop();
      const before = await effects(consumer.name);
      await inTransaction(database.pool, async (tx) => {
        await tx.query('DELETE FROM deadlines.effects WHERE consumer = $1', [consumer.name]);
        await forgetCheckpoints(tx, 'deadlines', consumer.name);
      });
      await settled(await log.start(consumer, home));
      expect((await effects(consumer.name)).sort()).toEqual(before.sort());
    });

    it('leaves one effect when the process dies between effect and checkpoint', async () => {
      let deaths = 3;
      const consumer = recorder({
        after: async (tx) => {
          if (deaths === 0) return;
          deaths -= 1;
          await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
        },
      });
      const stream = newStream();
      const running = await log.start(consumer, home);
      await append(stream, 0, 'A', 'B', 'C');
      await settled(running);
      expect(deaths).toBe(0);
      expect(await effects(consumer.name, stream)).toEqual(['1 A', '2 B', '3 C']);
      expect(await running.lag()).toEqual({ events: 0, parkedStreams: 0 });
    });

    it('tries a failing batch again before it parks anything', async () => {
      let failures = 2;
      const consumer = recorder({
        before: () => {
          if (failures === 0) return;
          failures -= 1;
          throw new Error('for a moment');
        },
      });
      const stream = newStream();
      await append(stream, 0, 'A');
      const running = await log.start(consumer, home);
      await settled(running);
      expect(await effects(consumer.name, stream)).toEqual(['1 A']);
      expect(await running.lag()).toEqual({ events: 0, parkedStreams: 0 });
    });

    it('parks the stream of a poisoned event only, and releases it in order', async () => {
      const [poisoned, good] = [newStream(), newStream()];
      let mended = false;
      const consumer = recorder({
        before: ({ stream, version }) => {
          if (stream === poisoned && version >= 2 && !mended) throw new Error('cannot read this');
        },
      });
      const running = await log.start(consumer, home);
      await append(poisoned, 0, 'A', 'B', 'C');
      await append(good, 0, 'A', 'B');
      await settled(running);
      await append(poisoned, 3, 'D');
      await append(good, 2, 'C');
      await settled(running);
      expect(await effects(consumer.name, good)).toEqual(['1 A', '2 B', '3 C']);
      expect(await effects(consumer.name, poisoned)).toEqual(['1 A']);
      expect(await listParked(database.pool, 'deadlines', consumer.name)).toMatchObject([
        {
          consumer: consumer.name,
          stream: poisoned,
          topic: tips,
          version: 2,
          error: 'cannot read this',
          attempts: 1,
          events: 3,
        },
      ]);
      expect((await running.lag()).parkedStreams).toBe(1);

      // Tried again while it still fails: it stays, and the attempt is counted.
      expect(await retryParked(database.pool, 'deadlines', consumer.name, poisoned)).toBe(true);
      await until(async () => (await listParked(database.pool, 'deadlines', consumer.name))[0]?.attempts === 2);
      expect(await effects(consumer.name, poisoned)).toEqual(['1 A']);

      // A restart keeps it parked.
      await running.stop();
      const again = await log.start(consumer, home);
      await append(poisoned, 4, 'E');
      await settled(again);
      expect((await again.lag()).parkedStreams).toBe(1);

      mended = true;
      expect(await releaseParked(database.pool, 'deadlines', consumer.name)).toBe(1);
      await until(async () => (await listParked(database.pool, 'deadlines', consumer.name)).length === 0);
      await append(poisoned, 5, 'F');
      await settled(again);
      expect(await effects(consumer.name, poisoned)).toEqual(['1 A', '2 B', '3 C', '4 D', '5 E', '6 F']);
      expect((await again.lag()).parkedStreams).toBe(0);
    });

    it('lets nobody wait for a stream that is to be tried again', async () => {
      const [failing, good] = [newStream(), newStream()];
      let attempts = 0;
      const consumer = recorder({
        before: ({ stream }) => {
          if (stream !== failing) return;
          attempts += 1;
          throw new Error('cannot read this');
        },
      });
      const patient = await open([600_000]);
      const running = await patient.start(consumer, home);
      await append(failing, 0, 'A');
      await until(() => attempts > 0);
      await append(failing, 1, 'B');
      await append(good, 0, 'A', 'B');
      await until(async () => (await effects(consumer.name, good)).length === 2);
      // It is on trial still: nobody is called for it yet, and it has not come to its end.
      expect((await running.lag()).parkedStreams).toBe(0);
      expect(await running.settled(50)).toBe(false);
      expect(await effects(consumer.name, failing)).toEqual([]);
      await running.stop();

      // Whoever takes over in that time tries again for it.
      const again = await log.start(recorder({ name: consumer.name }), home);
      await until(async () => (await listParked(database.pool, 'deadlines', consumer.name)).length === 0);
      await settled(again);
      expect(await effects(consumer.name, failing)).toEqual(['1 A', '2 B']);
    });

    it('keeps handling the other streams in batches while one is parked', async () => {
      const poisoned = newStream();
      const good = Array.from({ length: 40 }, () => newStream());
      const calls: string[][] = [];
      const consumer = recorder({
        before: ({ stream }) => {
          if (stream === poisoned) throw new Error('cannot read this');
        },
      });
      const running = await log.start(
        {
          ...consumer,
          handle: async (batch, tx) => {
            calls.push(batch.map(({ stream }) => stream));
            await consumer.handle(batch, tx);
          },
        },
        home,
      );
      await append(poisoned, 0, 'A');
      await settled(running);
      expect((await running.lag()).parkedStreams).toBe(1);

      reported.splice(0);
      calls.splice(0);
      const later = [...good.slice(0, 20), poisoned, ...good.slice(20)];
      await store.append(later.map((stream) => commandFor(stream, stream === poisoned ? 1 : 0, ['B'])));
      await settled(running);
      // One call a transaction; Kafka's three partitions may come one after the other.
      expect(calls.length).toBeLessThanOrEqual(3);
      expect(calls.flat().sort()).toEqual([...good].sort());
      expect(reported).toEqual([]);
      expect(await listParked(database.pool, 'deadlines', consumer.name)).toMatchObject([
        { stream: poisoned, version: 1, events: 2, attempts: 1 },
      ]);
      for (const stream of good) expect(await effects(consumer.name, stream)).toHaveLength(1);
    });

    it('parks every poisoned stream of a batch and handles all others, each once', async () => {
      const streams = Array.from({ length: 30 }, () => newStream());
      const poisoned = new Set([streams[3], streams[4], streams[29]]);
      const consumer = recorder({
        before: ({ stream, version }) => {
          if (poisoned.has(stream) && version >= 3) throw new Error('cannot read this');
        },
      });
      await store.append(streams.map((stream) => commandFor(stream, 0, ['A', 'B', 'C', 'D'])));
      const running = await log.start(consumer, home);
      await settled(running);
      const parked = await listParked(database.pool, 'deadlines', consumer.name);
      expect(parked.map(({ stream, version, events }) => ({ stream, version, events }))).toEqual(
        expect.arrayContaining([...poisoned].map((stream) => ({ stream, version: 3, events: 2 }))),
      );
      expect(parked).toHaveLength(3);
      for (const stream of streams) {
        const all = ['1 A', '2 B', '3 C', '4 D'];
        expect(await effects(consumer.name, stream)).toEqual(poisoned.has(stream) ? all.slice(0, 2) : all);
      }
    });

    it('does not let a stale consumer write once another has taken over', async () => {
      const name = `fenced-${suffix}`;
      const stream = newStream();
      reported.splice(0);
      let letGo: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      let reached = false;
      await log.start(
        recorder({
          name,
          after: async (_, batch) => {
            if (!batch.some((event) => event.stream === stream)) return;
            reached = true;
            await held;
          },
        }),
        home,
      );
      await append(stream, 0, 'A');
      await until(() => reached);
      // The stale instance has done its effects and sleeps before its checkpoint; a new one starts meanwhile.
      const fresh = await (await open()).start(recorder({ name }), home);
      await settled(fresh);
      letGo();
      await until(() => reported.includes('a newer instance took over'));
      await append(stream, 1, 'B', 'C');
      await settled(fresh);
      expect(await effects(name, stream)).toEqual(['1 A', '2 B', '3 C']);
      expect(fresh.state).toBe('running');
    });

    it('is healthy while its carrier can be reached', async () => {
      expect(await log.healthy()).toBe(true);
    });
  });
}
