import { testKafka } from '../../../../test/support/kafka.js';
import { describeMessageLog } from '../message-log.suite.js';
import { KafkaLog } from './kafka-log.js';
import { KafkaRelay } from './kafka-relay.js';
import { migrate } from '@app/event-store';
import { messagingMigrations } from '../delivery/messaging-migrations.js';

describeMessageLog('Kafka', async () => {
  const { brokers } = await testKafka();
  return {
    open: async ({ logs, ...input }) => {
      const topicOptions = { partitions: 3, replicationFactor: 1 };
      const relays = await Promise.all(
        Object.entries(logs).map(async ([service, store]) => {
          await migrate(store.pool, store.schema, messagingMigrations(store.schema));
          return new KafkaRelay({ ...input, brokers, service, store, topicOptions, pollIntervalMs: 100 });
        }),
      );
      for (const relay of relays) relay.start();
      const log = new KafkaLog({
        ...input,
        brokers,
        relays,
        topicOptions,
        sessionTimeoutMs: 2_000,
        rebalanceTimeoutMs: 2_000,
      });
      return {
        start: (consumer, home) => log.start(consumer, home),
        history: (consumer) => log.history(consumer),
        healthy: () => log.healthy(),
        close: async () => {
          await Promise.all(relays.map((relay) => relay.stop()));
          await log.close();
        },
      };
    },
    close: async () => undefined,
  };
});
