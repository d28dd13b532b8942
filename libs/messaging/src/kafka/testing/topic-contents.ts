import { kafkaClient } from '../client.js';

/** A record as the brokers hold it, nothing decoded. */
export interface TopicRecord {
  topic: string;
  key: string;
  value: string;
  headers: Record<string, string>;
}

/**
 * Everything that a cluster's topics hold at this moment, byte for byte as text, for tests of what left a service.
 * @throws Error when the ends of the topics were not reached within `timeoutMs`
 */
export async function topicContents(brokers: readonly string[], timeoutMs = 30_000): Promise<TopicRecord[]> {
  const kafka = kafkaClient({ brokers, logger: { info: () => {}, warn: () => {}, error: () => {} } });
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => !topic.startsWith('__'));
  const unread = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (BigInt(high) > BigInt(low)) unread.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  const records: TopicRecord[] = [];
  const groupId = `topic-contents-${process.hrtime.bigint()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not read within ${timeoutMs} ms: ${[...unread.keys()].join(', ')}`)),
        timeoutMs,
      );
      const check = (): void => {
        if (unread.size > 0) return;
        clearTimeout(timer);
        resolve();
      };
      check();
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ topic, partition, message }) => {
            const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
            records.push({
              topic,
              key: String(message.key),
              value: String(message.value),
              headers: Object.fromEntries(headers) as Record<string, string>,
            });
            const end = unread.get(`${topic}/${partition}`);
            if (end !== undefined && BigInt(message.offset) + 1n >= end) unread.delete(`${topic}/${partition}`);
            check();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]);
    await admin.disconnect();
  }
  return records;
}
