import { isPublicEvent } from '@app/contracts';
import { LogSignal } from '@app/event-store';
import type { EventStore } from '@app/event-store';
import { KafkaLog, KafkaRelay, PostgresLog, TOPICS } from '@app/messaging';
import type { Consumer, MessageLog, MessagingLogger } from '@app/messaging';
import type { Logger } from '@app/observability';
import type { HostConfig } from './config.js';

export interface CarrierOptions {
  config: HostConfig;
  /** The logs of this process's services. */
  logs: readonly { service: string; store: EventStore }[];
  databaseUrl: string;
  logger: Logger;
  /** What is to be closed at the end, last first. */
  closing: (() => Promise<unknown>)[];
}

/** Kafka between the services where brokers are named, the logs in PostgreSQL where none are. */
export async function startCarrier(options: CarrierOptions): Promise<MessageLog> {
  const logger = carrierLogger(options.logger);
  return options.config.kafkaBrokers.length > 0 ? overKafka(options, logger) : inPostgres(options, logger);
}

/** The process's log as carriers and rebuilds write to it. */
export function carrierLogger(logger: Logger): MessagingLogger {
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

async function inPostgres({ logs, databaseUrl, logger, closing }: CarrierOptions, messagingLogger: MessagingLogger) {
  const signal = new LogSignal({
    url: databaseUrl,
    stores: logs.map(({ store }) => store),
    onError: (error) => logger.warn({ error: error.message }, 'wake-up connection broke'),
  });
  await signal.start();
  closing.push(() => signal.stop());
  const messageLog = new PostgresLog({
    logs: byService(logs),
    topics: TOPICS,
    isPublic: isPublicEvent,
    signal,
    logger: messagingLogger,
  });
  closing.push(() => messageLog.close());
  return messageLog;
}

/**
 * Events of other services come over Kafka. A service's own events are read from its own log, beside which its read
 * models lie: what it has decided shows at once, and also while the brokers are away.
 */
function overKafka({ config, logs, closing }: CarrierOptions, logger: MessagingLogger): MessageLog {
  const kafka = { brokers: config.kafkaBrokers, topics: TOPICS, logger };
  const relays = logs.map(({ service, store }) => {
    const relay = new KafkaRelay({ ...kafka, service, store, isPublic: isPublicEvent });
    relay.start();
    closing.push(() => relay.stop());
    return relay;
  });
  const session = config.kafkaSessionMs === undefined ? {} : { sessionTimeoutMs: config.kafkaSessionMs };
  const others = new KafkaLog({ ...kafka, ...session, relays });
  const own = new PostgresLog({ logs: byService(logs), topics: TOPICS, isPublic: isPublicEvent, logger });
  closing.push(() => Promise.all([others.close(), own.close()]));
  const services = new Set(logs.map(({ service }) => service));
  const ownTopics = new Set(TOPICS.filter(({ service }) => services.has(service)).map(({ topic }) => topic));
  const carrierOf = (consumer: Consumer): MessageLog =>
    consumer.topics.every((topic) => ownTopics.has(topic)) ? own : others;
  return {
    start: (consumer, home) => carrierOf(consumer).start(consumer, home),
    history: (consumer) => carrierOf(consumer).history(consumer),
    healthy: async () => (await Promise.all([others.healthy(), own.healthy()])).every(Boolean),
    close: async () => {
      await Promise.all([others.close(), own.close()]);
    },
  };
}

function byService(logs: CarrierOptions['logs']): Record<string, EventStore> {
  return Object.fromEntries(logs.map(({ service, store }) => [service, store]));
}
