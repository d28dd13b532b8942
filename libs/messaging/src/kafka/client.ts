import kafkajs, { type Kafka, type KafkaConfig } from 'kafkajs';
import type { MessagingLogger, TopicSource } from '../types.js';

export interface KafkaSettings {
  /** `host:port` of some brokers of the cluster. */
  brokers: readonly string[];
  /** Shown in the brokers' logs; defaults to `tinbao`. */
  clientId?: string;
  logger: MessagingLogger;
  /** TLS and SASL of the cluster, passed to the client as they are. */
  ssl?: KafkaConfig['ssl'];
  sasl?: KafkaConfig['sasl'];
}

/**
 * A client whose retries stay short: what fails for longer is tried again by the relay's and the consumers' own
 * loops, which know how to go on without loss.
 */
export function kafkaClient(settings: KafkaSettings): Kafka {
  const { logger } = settings;
  return new kafkajs.Kafka({
    brokers: [...settings.brokers],
    clientId: settings.clientId ?? 'tinbao',
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4 },
    logLevel: kafkajs.logLevel.WARN,
    // The client calls an error what is normal while a broker starts or a group changes; our loops report what lasts.
    logCreator: () => (entry) => {
      logger.info(`kafka client: ${entry.log.message}`, {
        namespace: entry.namespace,
        error: entry.log['error'] as unknown,
      });
    },
    ...(settings.ssl === undefined ? {} : { ssl: settings.ssl }),
    ...(settings.sasl === undefined ? {} : { sasl: settings.sasl }),
  });
}

export interface TopicOptions {
  /** The same for ever: streams are spread over partitions by their key, and more partitions would split a stream. */
  partitions: number;
  /** Copies of each partition; -1 = the cluster's default. */
  replicationFactor: number;
}

/**
 * Make the topics that are missing: explicit partitions, kept for ever, so that a new service can start from the
 * beginning.
 * @throws Error with code `PartitionsChanged` when one exists with another number of partitions
 */
export async function ensureTopics(
  kafka: Kafka,
  topics: readonly Pick<TopicSource, 'topic'>[],
  options: TopicOptions,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) {
      await admin.createTopics({
        waitForLeaders: true,
        topics: missing.map(({ topic }) => ({
          topic,
          numPartitions: options.partitions,
          replicationFactor: options.replicationFactor,
          configEntries: [
            { name: 'retention.ms', value: '-1' },
            { name: 'retention.bytes', value: '-1' },
            { name: 'cleanup.policy', value: 'delete' },
            // One event with a long text must never block its service's relay.
            { name: 'max.message.bytes', value: String(8 * 1024 * 1024) },
          ],
        })),
      });
    }
    const metadata = await admin.fetchTopicMetadata({ topics: topics.map(({ topic }) => topic) });
    for (const { name, partitions } of metadata.topics) {
      if (partitions.length !== options.partitions) {
        throw Object.assign(
          new Error(
            `topic ${name} has ${partitions.length} partitions, not ${options.partitions}: streams would lose their order`,
          ),
          { code: 'PartitionsChanged' },
        );
      }
    }
  } finally {
    await admin.disconnect();
  }
}

/** Twelve consumers of a service can share the work; more partitions would only cost memory. */
export const defaultTopicOptions: TopicOptions = { partitions: 12, replicationFactor: -1 };
