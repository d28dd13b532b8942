import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isPublicEvent } from '@app/contracts';
import { copyRows, EventStore, eventStoreMigrations, inTransaction, migrate } from '@app/event-store';
import { Check, PostgresLog, Rebuild, requestRebuild, TOPICS } from '@app/messaging';
import type { Consumer, DeliveredEvent, MessagingLogger } from '@app/messaging';
import fc from 'fast-check';
import { SCHEMA } from '../migrations/schema.js';
import { statisticsHarness } from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { caseWalks, journeys, tell, tellCase } from '../testing/journeys.js';
import { caseFactsConsumer, tipFactsConsumer } from './matters.consumers.js';

const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const LOGS = ['intake', 'prosecution'] as const;

let harness: Harness;
let log: PostgresLog;

/** Events of both services in their logs, as they were told. */
async function fillLogs(events: readonly DeliveredEvent[]): Promise<void> {
  for (const service of LOGS) {
    const rows = events
      .filter(({ topic }) => topic.startsWith(`${service}.`))
      .map(({ id, stream, version, type, eventVersion, data, meta: { recordedAt, ...meta } }) => ({
        ...{ id, stream, version, type, data, meta },
        event_version: eventVersion,
        recorded_at: recordedAt,
      }));
    await inTransaction(harness.pool, (tx) =>
      copyRows(
        tx,
        `${service}.events`,
        [
          ['id', 'uuid'],
          ['stream', 'text'],
          ['version', 'integer'],
          ['type', 'text'],
          ['event_version', 'integer'],
          ['data', 'jsonb'],
          ['meta', 'jsonb'],
          ['recorded_at', 'timestamptz'],
        ].map(([name, type]) => ({ name: name!, type: type! })),
        rows,
      ),
    );
  }
}

beforeAll(async () => {
  harness = await statisticsHarness();
  for (const service of LOGS) await migrate(harness.pool, service, eventStoreMigrations(service));
  log = new PostgresLog({
    logs: Object.fromEntries(LOGS.map((schema) => [schema, new EventStore({ pool: harness.pool, schema })])),
    topics: TOPICS,
    isPublic: isPublicEvent,
    logger,
  });
  const [walks, cases] = [
    fc.sample(journeys, { numRuns: 25, seed: 5 }).flat(),
    fc.sample(caseWalks, { numRuns: 10, seed: 5 }).flat(),
  ];
  await fillLogs([...walks.map((walk) => tell(walk)), ...cases.map(tellCase)].flatMap(({ events }) => events));
}, 60_000);

afterAll(async () => {
  await log?.close();
  await harness?.drop();
});

const home = () => ({ pool: harness.pool, schema: SCHEMA });
/** Slices so small that matters are begun in one and go on in another. */
const SMALL = { logger, pageSize: 20, rowsHeld: 7 };

describe.each<[string, () => Consumer, string]>([
  ['tips', tipFactsConsumer, 'tip_rollup'],
  ['cases', caseFactsConsumer, 'case_rollup'],
])('rebuilt facts of %s and their sums', (_name, make, sums) => {
  const rebuild = async (consumer: Consumer, onPoint?: (point: string) => void): Promise<void> => {
    await requestRebuild(harness.pool, SCHEMA, consumer.name, 'quantri');
    await new Rebuild(consumer, home(), log, { ...SMALL, ...(onPoint ? { onPoint } : {}) }).run();
  };
  const cells = async (): Promise<number> =>
    (await harness.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${SCHEMA}.${sums}`)).rows[0]!.n;
  const isAsFolded = async (): Promise<void> => {
    expect((await new Check(make(), home(), log, SMALL).run()).tables.filter(({ equal }) => !equal)).toEqual([]);
    expect(await cells()).toBeGreaterThan(20);
  };
  /** Ends the run at the nth of such points. */
  const cutAt = (point: string, nth: number) => {
    let left = nth;
    return (at: string): void => {
      if (at === point && (left -= 1) === 0) throw Object.assign(new Error('cut'), { code: 'RebuildStopped' });
    };
  };

  it('are those that the running consumer keeps', async () => {
    const running = await log.start(make(), home());
    expect(await running.settled(20_000)).toBe(true);
    await running.stop();
    await isAsFolded();
  }, 60_000);

  it('are made whole by a rebuild that is not disturbed', async () => {
    await rebuild(make());
    const running = await log.start(make(), home());
    await running.stop();
    await isAsFolded();
  }, 60_000);

  it.each([
    ['after some facts', 'loaded-some', 2],
    ['when all is loaded', 'loaded', 1],
  ])(
    'are made whole when a rebuild is cut short %s and taken up again',
    async (_when, point, nth) => {
      await expect(rebuild(make(), cutAt(point, nth))).rejects.toMatchObject({ code: 'RebuildStopped' });
      await rebuild(make());
      await isAsFolded();
    },
    60_000,
  );

  it('are made whole when folding in bulk fails on the way', async () => {
    const consumer = make();
    const { rebuild: model } = consumer;
    if (!model || !('tables' in model) || !model.bulk) throw new Error('it has no faster way');
    const bulk = model.bulk.bind(model);
    const broken: Consumer = {
      ...consumer,
      rebuild: {
        ...model,
        bulk: () => {
          const handler = bulk();
          let pages = 0;
          const { add } = handler;
          return Object.assign(handler, {
            add: async (...given: Parameters<typeof add>) => {
              if ((pages += 1) === 5) throw new Error('cannot be folded');
              await add(...given);
            },
          });
        },
      },
    };
    await rebuild(broken);
    await isAsFolded();
  }, 60_000);
});
