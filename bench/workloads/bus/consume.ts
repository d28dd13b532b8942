import type { Pool } from 'pg';
import { KafkaLog, KafkaRelay } from '@app/messaging';
import type { Check, Params, Round, Variant, Workload } from '../../harness/types.js';
import {
  checkMatters,
  fillLog,
  logger,
  openLog,
  projectMatters,
  type Projected,
  TOPIC_OPTIONS,
  topicSource,
} from './tip-log.js';
import { bareClient, createTopic, recordsIn } from './topics.js';

const EVENTS = { S: 60_000, M: 1_000_000, L: 1_000_000 } as const;
const PEER = 'nest-event-pattern';
const PEER_SECONDS = 1.5;
const LIMIT_MS = 600_000;

/** Consume a topic from its beginning and project it, in transactions with the checkpoint. */
export const consumeAndProject: Workload = {
  id: 'B8',
  unit: 'events consumed and projected',
  title: 'Consume a topic and project it',
  peers: true,
  points: (): Params[] => [{ partitions: TOPIC_OPTIONS.partitions }],
  open: async (context) => {
    const postgres = await context.postgres();
    const { brokers } = await context.kafka();
    const name = `b8_${context.attempt}`;
    const source = await openLog(await postgres.database(`${name}_log`));
    const events = await fillLog(source.pool, EVENTS[context.scale], context.seed);
    const topic = `${name}.tips`;
    const kafka = bareClient(brokers);
    const admin = kafka.admin();
    await admin.connect();
    await createTopic(admin, topic);
    const topics = [topicSource(topic)];
    const relay = new KafkaRelay({
      ...{ brokers, topics, logger, service: 'intake', store: source.store },
      isPublic: () => true,
      topicOptions: TOPIC_OPTIONS,
    });
    relay.start();
    if (!(await relay.caughtUp(LIMIT_MS))) throw new Error('the topic could not be filled');
    await relay.stop();
    await source.pool.end();
    const onTopic = await recordsIn(admin, topic);
    const wrong: string[] = [];
    let groups = 0;
    const empty = async (pool: Pool): Promise<string> => {
      await pool.query('TRUNCATE deadlines.matters, deadlines.checkpoints');
      return `${name}.g${(groups += 1)}`;
    };
    /** From the first batch in hand to the last committed; joining the group is left out for everybody. */
    const timed = (began: number): Round => ({ ops: events, seconds: (performance.now() - began) / 1000 });
    const verdict = async (pool: Pool): Promise<Check> => {
      const last = await checkMatters(pool, events);
      return { ...last, ok: last.ok && onTopic === events && wrong.length === 0, wrongRounds: wrong.length };
    };
    const verify = async (pool: Pool, who: string): Promise<void> => {
      if (!(await checkMatters(pool, events)).ok) wrong.push(who);
    };

    const bare = (await openLog(await postgres.database(`${name}_floor`))).pool;
    const floor: Variant = {
      name: 'floor',
      round: async () => {
        const groupId = await empty(bare);
        await bare.query(
          `INSERT INTO deadlines.checkpoints (consumer, source) SELECT 'bare', 'p' || n FROM generate_series(0, $1) n`,
          [TOPIC_OPTIONS.partitions - 1],
        );
        const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, maxBytesPerPartition: 2 * 1024 * 1024 });
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        let began = 0;
        let done = 0;
        const tx = await bare.connect();
        await new Promise<void>((resolve, reject) => {
          const run = consumer.run({
            autoCommit: false,
            eachBatch: async ({ batch, heartbeat }) => {
              began ||= performance.now();
              const records = batch.messages.map(({ value }) => JSON.parse(String(value)) as Record<string, never>);
              const rows: Projected[] = records.map((record) => ({
                stream: record['subject']!,
                version: record['streamversion']!,
                type: record['type']!,
                data: record['data']!,
                meta: { happenedAt: record['time'] } as unknown as Projected['meta'],
              }));
              await tx.query('BEGIN');
              await projectMatters(tx, rows);
              await tx.query({
                name: 'bare-checkpoint',
                text: `UPDATE deadlines.checkpoints SET position = $2 WHERE consumer = 'bare' AND source = $1`,
                values: [`p${batch.partition}`, { offset: batch.lastOffset() }],
              });
              await tx.query('COMMIT');
              await heartbeat();
              done += rows.length;
              if (done >= events) resolve();
            },
          });
          run.catch(reject);
        });
        const round = timed(began);
        tx.release();
        await consumer.disconnect();
        await verify(bare, 'floor');
        return round;
      },
      check: () => verdict(bare),
    };

    const own = (await openLog(await postgres.database(`${name}_ours`))).pool;
    const ours: Variant = {
      name: 'ours',
      round: async () => {
        const group = await empty(own);
        const log = new KafkaLog({ brokers, topics, topicOptions: TOPIC_OPTIONS, logger });
        let began = 0;
        const running = await log.start(
          {
            name: group,
            topics: [topic],
            handle: async (batch, tx) => {
              began ||= performance.now();
              await projectMatters(tx, batch);
            },
          },
          { pool: own, schema: 'deadlines' },
        );
        const reached = await running.settled(LIMIT_MS);
        const round = { ...timed(began), errors: reached ? 0 : events };
        await log.close();
        await verify(own, 'ours');
        return round;
      },
      check: () => verdict(own),
    };

    const peerUrl = await postgres.database(`${name}_nest`);
    const peerHome = (await openLog(peerUrl)).pool;
    const pids: number[] = [];
    const peer: Variant = {
      name: `peer:${PEER}@${context.peerVersion('@nestjs/microservices')}`,
      round: async () => {
        const groupId = await empty(peerHome);
        const child = await context.child('peers/nest-event-pattern', {
          data: { brokers, topic, groupId, url: peerUrl },
        });
        pids.splice(0, 1, child.pid);
        const answer = await child.call<{ ops: number; seconds: number }>('measure', { seconds: PEER_SECONDS });
        await child.stop();
        return answer;
      },
      check: async () => {
        // It was stopped in the middle: what it has done must be right, not complete.
        const { events: found, wrongTips } = await checkMatters(peerHome, events);
        return { ok: wrongTips === 0 && found > 0, events: found, wrongTips };
      },
      pids: () => pids,
    };
    return {
      variants: [floor, ours, peer],
      note:
        'Floor: the bare client, each fetched partition in one transaction with the same upsert and an offset, nothing ' +
        'else. The peer handles and upserts event by event and is measured for one and a half seconds.',
      close: async () => {
        await admin.disconnect();
        await Promise.all([bare.end(), own.end(), peerHome.end()]);
      },
    };
  },
};
