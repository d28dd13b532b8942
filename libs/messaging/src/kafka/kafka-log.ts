import { Upcasters } from '@app/event-store';
import type { Admin, Kafka } from 'kafkajs';
import { errorText, stderrLogger } from '../logger.js';
import type {
  Consumer,
  ConsumerHome,
  History,
  MessageLog,
  MessagingLogger,
  RunningConsumer,
  TopicSource,
} from '../types.js';
import { kafkaClient, type KafkaSettings, type TopicOptions } from './client.js';
import { KafkaLogConsumer } from './kafka-consumer.js';
import { kafkaHistory } from './kafka-history.js';
import type { KafkaRelay } from './kafka-relay.js';

export interface KafkaLogOptions extends Omit<KafkaSettings, 'logger'> {
  topics: readonly TopicSource[];
  /** Relays of this process: `settled` waits for what they have not yet brought over. */
  relays?: readonly KafkaRelay[];
  upcasters?: Upcasters;
  topicOptions?: Partial<TopicOptions>;
  logger?: MessagingLogger;
  /** Most events in a batch; defaults to 500. */
  batchSize?: number;
  retryDelaysMs?: readonly number[];
  /** A member silent for longer loses its partitions; defaults to 10 s. */
  sessionTimeoutMs?: number;
  /** A member busy for longer when its group changes loses its partitions; defaults to 20 s. */
  rebalanceTimeoutMs?: number;
}

/** The carrier of the distributed system: topics of a Kafka cluster, fed by the services' relays. */
export class KafkaLog implements MessageLog {
  private readonly kafka: Kafka;
  private readonly logger: MessagingLogger;
  private readonly running = new Set<KafkaLogConsumer>();
  private admin: Promise<Admin> | null = null;
  private closed = false;

  constructor(private readonly options: KafkaLogOptions) {
    this.logger = options.logger ?? stderrLogger;
    this.kafka = kafkaClient({ ...options, logger: this.logger });
  }

  /** Starts consuming; resolves at once, also when no broker can be reached yet. */
  async start(consumer: Consumer, home: ConsumerHome): Promise<RunningConsumer> {
    const topics = consumer.topics.map((topic) => {
      const source = this.options.topics.find((known) => known.topic === topic);
      if (!source) throw new RangeError(`consumer ${consumer.name} asks for an unknown topic: ${topic}`);
      return source;
    });
    const running = new KafkaLogConsumer({
      consumer,
      home,
      topics,
      kafka: this.kafka,
      admin: (work) => this.withAdmin(work),
      log: this.options,
      logger: this.logger,
      onEnd: () => this.running.delete(running),
    });
    this.running.add(running);
    running.begin();
    return running;
  }

  history(consumer: Consumer): Promise<History> {
    return kafkaHistory({
      kafka: this.kafka,
      admin: (work) => this.withAdmin(work),
      topics: consumer.topics,
      group: `${consumer.name}.rebuild`,
      upcasters: this.options.upcasters ?? new Upcasters(),
      logger: this.logger,
    });
  }

  async healthy(): Promise<boolean> {
    try {
      const { brokers } = await this.withAdmin((admin) => admin.describeCluster());
      return brokers.length > 0;
    } catch (error) {
      this.logger.info('the brokers cannot be reached', { error: errorText(error) });
      return false;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.running].map((consumer) => consumer.stop()));
    const admin = this.admin;
    this.admin = null;
    if (admin) await admin.then((connected) => connected.disconnect()).catch((error: unknown) => this.noteAdmin(error));
  }

  /** One administration connection for all; made anew after a failure. */
  private async withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    if (this.closed) throw new Error('the message log is closed');
    const connecting = (this.admin ??= this.connectAdmin());
    try {
      return await work(await connecting);
    } catch (error) {
      if (this.admin === connecting) this.admin = null;
      connecting.then((admin) => admin.disconnect()).catch((late: unknown) => this.noteAdmin(late));
      throw error;
    }
  }

  private async connectAdmin(): Promise<Admin> {
    const admin = this.kafka.admin({ retry: { retries: 1, initialRetryTime: 100 } });
    await admin.connect();
    return admin;
  }

  private noteAdmin(error: unknown): void {
    this.logger.info('closing the administration connection failed', { error: errorText(error) });
  }
}
