import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { PARTITIONS } from './tip-log.js';

export function bareClient(brokers: string[]): Kafka {
  return new kafkajs.Kafka({
    brokers,
    clientId: 'bench',
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 30_000,
  });
}

const READY_MS = 20_000;

/** A topic as the relay makes them, once its leaders answer: a refusal right after it was made is not what is measured. */
export async function createTopic(admin: Admin, topic: string): Promise<void> {
  await admin.createTopics({
    waitForLeaders: false,
    topics: [
      {
        topic,
        numPartitions: PARTITIONS,
        replicationFactor: 1,
        configEntries: [
          { name: 'retention.ms', value: '-1' },
          { name: 'max.message.bytes', value: String(8 * 1024 * 1024) },
        ],
      },
    ],
  });
  const end = performance.now() + READY_MS;
  for (;;) {
    try {
      if ((await admin.fetchTopicOffsets(topic)).length === PARTITIONS) return;
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export async function recordsIn(admin: Admin, topic: string): Promise<number> {
  return (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
}

/** What a topic of events holds, from its beginning. */
export interface TopicFindings {
  records: number;
  streams: number;
  /** Records whose version is not the one after the last of their stream in their partition. */
  outOfOrder: number;
}

/** Reads a whole topic and looks whether each stream's versions follow each other from 1 without gap or repeat. */
export async function readTopic(kafka: Kafka, admin: Admin, topic: string): Promise<TopicFindings> {
  const expected = await recordsIn(admin, topic);
  const versions = new Map<string, number>();
  const found: TopicFindings = { records: 0, streams: 0, outOfOrder: 0 };
  const consumer = kafka.consumer({ groupId: `check-${topic}`, maxBytesPerPartition: 4 * 1024 * 1024 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${topic} was not read within two minutes`)), 120_000);
      const check = (): void => {
        if (found.records < expected) return;
        clearTimeout(timer);
        resolve();
      };
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            for (const { key, value } of batch.messages) {
              const stream = String(key);
              const { streamversion } = JSON.parse(String(value)) as { streamversion: number };
              if (streamversion !== (versions.get(stream) ?? 0) + 1) found.outOfOrder += 1;
              versions.set(stream, streamversion);
              found.records += 1;
            }
            check();
          },
        })
        .then(check, reject);
    });
  } finally {
    await consumer.disconnect();
  }
  found.streams = versions.size;
  return found;
}
