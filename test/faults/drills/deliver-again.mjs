import kafkajs from 'kafkajs';
import pg from 'pg';
import { pauseOf } from './pause.mjs';

const LONGEST_DELAY_MS = 10_000;
const CONSUMING = ['intake', 'prosecution', 'deadlines', 'statistics'];

/**
 * Gives records of the topics again: each with probability 0.3, after a delay of its own, so that repeats stand far from
 * where they were and partitions run apart.
 */
async function startEcho({ brokers, random, longestMs }) {
  const kafka = new kafkajs.Kafka({ clientId: 'echo', brokers, logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  const consumer = kafka.consumer({ groupId: `echo-${process.hrtime.bigint()}`, maxWaitTimeInMs: 50 });
  const admin = kafka.admin();
  await Promise.all([producer.connect(), consumer.connect(), admin.connect()]);
  const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
  await admin.disconnect();
  const waiting = new Set();
  let sent = 0;
  const echoed = new Set();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      const { id } = JSON.parse(message.value.toString('utf8'));
      // Its own repeats are not repeated for ever.
      if (echoed.has(id)) return;
      echoed.add(id);
      if (!random.chance(0.3)) return;
      const again = pauseOf(random.between(0, longestMs))
        .then(() =>
          producer.send({
            topic,
            acks: -1,
            messages: [{ key: message.key, value: message.value, headers: message.headers, partition }],
          }),
        )
        .then(() => {
          sent += 1;
        })
        .finally(() => waiting.delete(again));
      waiting.add(again);
    },
  });
  return async () => {
    await consumer.disconnect();
    await Promise.all([...waiting]);
    await producer.disconnect();
    return sent;
  };
}

/** Sets checkpoints of a service that is down back to the beginning: a share of its sources, or all. */
async function rewind({ databaseUrl, service, random, share }) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query(
      `SELECT consumer, source FROM ${service}.checkpoints ORDER BY consumer, source`,
    );
    let count = 0;
    for (const { consumer, source } of rows) {
      if (!random.chance(share)) continue;
      await client.query(
        `UPDATE ${service}.checkpoints SET position = NULL, epoch = epoch + 1 WHERE consumer = $1 AND source = $2`,
        [consumer, source],
      );
      count += 1;
    }
    return count;
  } finally {
    await client.end();
  }
}

/**
 * F8: records come twice, late, and by partitions out of step; a service comes back with its checkpoints at the
 * beginning (relays among them, which then send everything again) while its read models hold all of it already.
 */
export const f8 = {
  id: 'F8',
  title: 'duplicate delivery (p = 0.3), delay to 10 s, partitions out of step, replay from offset 0',
  targets: ['I5', 'I6', 'I8'],
  counts: { quick: 2, ci: 5, night: 100 },
  load: { rate: 80, most: 32 },
  settleMs: 30_000,
  async round({ system, random, recovered, notes, seed, isNight }) {
    const longestMs = isNight ? LONGEST_DELAY_MS : LONGEST_DELAY_MS / 4;
    const stopEcho = await startEcho({ brokers: system.brokers, random, longestMs });
    await pauseOf(random.between(300, 900));
    // Rounds in a row go through the services; the first replays everything, the next some sources.
    const service = CONSUMING[seed % CONSUMING.length];
    await system.kill(service);
    const share = random.chance(0.5) ? 1 : random.between(0.2, 0.8);
    notes.rewound = await rewind({ databaseUrl: system.databaseUrl, service, random, share });
    notes.service = service;
    recovered(service, await system.start(service));
    await pauseOf(random.between(200, 600));
    notes.echoes = await stopEcho();
  },
};
