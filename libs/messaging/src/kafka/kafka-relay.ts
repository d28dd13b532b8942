import {
  type EventStore,
  hasReached,
  identifier,
  LogIncarnationChanged,
  type LogPosition,
  reach,
} from '@app/event-store';
import kafkajs, { type Kafka, type Message, type PartitionMetadata, type Producer } from 'kafkajs';
import type { PoolClient } from 'pg';
import { ConsumerFenced, Delivery } from '../delivery/delivery.js';
import { errorText, stderrLogger } from '../logger.js';
import { topicFinder } from '../topics.js';
import type { ConsumerState, MessagingLogger, TopicSource } from '../types.js';
import { defaultTopicOptions, ensureTopics, kafkaClient, type KafkaSettings, type TopicOptions } from './client.js';
import { structuredContentType, toCloudEvent } from './envelope.js';

export interface KafkaRelayOptions extends Omit<KafkaSettings, 'logger'> {
  /** The service whose log is relayed; its schema holds the checkpoint (`messagingMigrations`). */
  service: string;
  store: EventStore;
  topics: readonly TopicSource[];
  isPublic: (type: string) => boolean;
  topicOptions?: Partial<TopicOptions>;
  logger?: MessagingLogger;
  /** Most events in one send; defaults to 500. */
  batchSize?: number;
  /** How often the log is looked at when nothing is heard of it; defaults to 500 ms. */
  pollIntervalMs?: number;
}

interface Outgoing {
  topic: string;
  partition: number;
  message: Message;
}

const consumerName = 'kafka-relay';
const maxBatchBytes = 700_000;
const longestPauseMs = 2_000;
const standbyIntervalMs = 250;

/**
 * Brings a service's public events from its log to Kafka: in order, at least once, none skipped. The broker may be
 * away for any time; commands do not notice. The checkpoint lies beside the log and moves only after the brokers'
 * acknowledgement, so a crash repeats a batch at most, which consumers recognise by the place in the log.
 * Where several instances of a service run, one relays and the others stand by.
 */
export class KafkaRelay {
  readonly service: string;
  state: ConsumerState = 'running';
  failure: Error | null = null;
  private readonly kafka: Kafka;
  private readonly own: readonly TopicSource[];
  private readonly topicOf: (stream: string) => string | undefined;
  private readonly logger: MessagingLogger;
  private readonly waiters = new Set<() => void>();
  private readonly ends = new Map<string, bigint>();
  private readonly delivery: Delivery;
  private readonly topicOptions: TopicOptions;
  private readonly partitioner = kafkajs.Partitioners.DefaultPartitioner();
  private readonly partitions: PartitionMetadata[];
  private leader: PoolClient | null = null;
  private producer: Producer | null = null;
  private source: string | null = null;
  private position: LogPosition | null = null;
  private incarnation: string | undefined;
  private woken = false;
  private wakeUp: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly options: KafkaRelayOptions) {
    this.service = options.service;
    this.logger = options.logger ?? stderrLogger;
    this.kafka = kafkaClient({ ...options, logger: this.logger });
    this.own = options.topics.filter(({ service }) => service === options.service);
    this.topicOf = topicFinder(options.topics, options.service);
    this.topicOptions = { ...defaultTopicOptions, ...options.topicOptions };
    this.partitions = Array.from({ length: this.topicOptions.partitions }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    // Only its checkpoint is used: the effects of a relay are the brokers' acknowledgements.
    this.delivery = new Delivery(
      { name: consumerName, topics: [], handle: async () => undefined },
      { pool: options.store.pool, schema: options.store.schema },
      { logger: this.logger },
    );
  }

  /** Starts relaying; resolves at once, also when no broker can be reached yet. */
  start(): void {
    this.unsubscribe = this.options.store.onAppended(() => this.wake());
    this.loop = this.run();
  }

  /** Stops after the batch in hand. */
  async stop(): Promise<void> {
    if (this.state === 'running') this.state = 'stopped';
    this.delivery.stop();
    this.wake();
    await this.loop;
  }

  /** Another process said that it appended to this log. */
  wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  /** Whether this instance is the one that relays; the others stand by. */
  get leading(): boolean {
    return this.leader !== null && this.source !== null;
  }

  /** Wait until everything appended in this process when called is on Kafka. @returns whether that was reached */
  async caughtUp(timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    const target = this.options.store.lastAppended ?? (await this.options.store.head());
    for (;;) {
      if (hasReached(this.leading ? this.position : await this.storedPosition(), target)) return true;
      const left = end - performance.now();
      if (left <= 0 || this.state !== 'running') return false;
      await this.nextMove(Math.min(left, this.leading ? 1_000 : 20));
    }
  }

  /** Offsets after the last record that this relay wrote, by `topic/partition`. */
  get producedUpTo(): ReadonlyMap<string, bigint> {
    return this.ends;
  }

  /** Events that are not yet on Kafka, private ones included; for the alarm when a broker is away too long. */
  async lag(): Promise<number> {
    return this.options.store.countAfter(this.position);
  }

  private async run(): Promise<void> {
    let faults = 0;
    try {
      while (this.state === 'running') {
        this.woken = false;
        try {
          if (!(await this.lead())) {
            await this.idle(standbyIntervalMs, true);
            continue;
          }
          if (!this.producer) await this.connect();
          const moved = await this.relayPage();
          if (faults > 0) this.logger.info('relaying again', { service: this.service });
          faults = 0;
          if (!moved) await this.idle(this.waitMs());
        } catch (error) {
          if (isFinal(error)) throw error;
          faults += 1;
          this.logger.warn('relaying failed, trying again', {
            service: this.service,
            fault: faults,
            error: errorText(error),
          });
          if (error instanceof ConsumerFenced) this.resign();
          await this.disconnect();
          await this.idle(Math.min(100 * 2 ** faults, longestPauseMs), true);
        }
      }
    } catch (error) {
      this.end(error);
    } finally {
      this.unsubscribe();
      await this.disconnect();
      this.resign();
      this.moved();
    }
  }

  private end(error: unknown): void {
    if ((error as { code?: unknown }).code === 'ConsumerStopped') return;
    this.state = 'failed';
    this.failure = error instanceof Error ? error : new Error(String(error));
    this.logger.error('relay ended', { service: this.service, error: errorText(error) });
  }

  /** Become or stay the one that relays: a lock that the database gives back when this process or its link dies. */
  private async lead(): Promise<boolean> {
    if (this.leader) return true;
    this.source = null;
    const client = await this.options.store.pool.connect();
    try {
      const { rows } = await client.query<{ taken: boolean }>(
        `SELECT pg_try_advisory_lock(hashtext('tinbao.kafka-relay'), hashtext($1)) AS taken`,
        [this.options.store.schema],
      );
      if (!rows[0]?.taken) {
        client.release();
        return false;
      }
    } catch (error) {
      client.release(true);
      throw error;
    }
    client.once('end', () => {
      if (this.leader === client) this.leader = null;
    });
    this.leader = client;
    return true;
  }

  private resign(): void {
    const client = this.leader;
    this.leader = null;
    client?.release(true);
  }

  /** Where the instance that relays stands. */
  private async storedPosition(): Promise<LogPosition | null> {
    const { rows } = await this.options.store.pool.query<{ position: LogPosition | null }>(
      `SELECT position FROM ${identifier(this.options.store.schema)}.checkpoints
       WHERE consumer = $1 ORDER BY updated_at DESC LIMIT 1`,
      [consumerName],
    );
    return rows[0]?.position ?? null;
  }

  private moved(): void {
    for (const waiter of [...this.waiters]) waiter();
  }

  private async nextMove(atMostMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, atMostMs);
      this.waiters.add(done);
    });
  }

  private async connect(): Promise<void> {
    await ensureTopics(this.kafka, this.own, this.topicOptions);
    const producer = this.kafka.producer({
      allowAutoTopicCreation: false,
      idempotent: false,
      // One request at a time: a batch that is sent again cannot overtake or be overtaken.
      maxInFlightRequests: 1,
      // Sending again is this relay's business. The client's own retry keeps the answers of brokers that succeeded; a
      // partition whose leader has moved to one of those would never be sent, and yet be reported as written.
      retry: { retries: 0 },
    });
    await producer.connect();
    this.producer = producer;
    // Another cluster knows nothing of this log: it gets it from the beginning.
    const admin = this.kafka.admin();
    await admin.connect();
    const { clusterId } = await admin.describeCluster().finally(() => admin.disconnect());
    const source = `kafka:${clusterId}`;
    if (source === this.source) return;
    const stored = (await this.delivery.claim([source])).get(source) as
      { xid: string; gp: string; incarnation: string } | null | undefined;
    this.position = stored ? { xid: stored.xid, gp: stored.gp } : null;
    this.incarnation = stored?.incarnation;
    this.source = source;
    this.ends.clear();
  }

  private async disconnect(): Promise<void> {
    const producer = this.producer;
    this.producer = null;
    await producer?.disconnect().catch((error: unknown) => {
      this.logger.info('closing the producer failed', { error: errorText(error) });
    });
  }

  /** @returns whether there was anything */
  private async relayPage(): Promise<boolean> {
    const page = await this.options.store.read(this.position, this.options.batchSize ?? 500, {
      ...(this.incarnation === undefined ? {} : { incarnation: this.incarnation }),
    });
    if (page.events.length === 0 || page.next === null) return false;
    reach('relay:after-read');
    let batch: Outgoing[] = [];
    let bytes = 0;
    for (const event of page.events) {
      const topic = this.topicOf(event.stream);
      if (topic === undefined || !this.options.isPublic(event.type)) continue;
      const value = toCloudEvent({ ...event, topic }, this.service, page.incarnation);
      const size = Buffer.byteLength(value);
      if (bytes + size > maxBatchBytes && bytes > 0) {
        await this.send(batch);
        batch = [];
        bytes = 0;
      }
      bytes += size;
      const partition = this.partitionOf(topic, event.stream);
      const headers = { 'content-type': structuredContentType };
      batch.push({ topic, partition, message: { key: event.stream, value, headers, partition } });
    }
    if (batch.length > 0) await this.send(batch);
    reach('relay:after-produce');
    await this.delivery.apply(this.source as string, [], { ...page.next, incarnation: page.incarnation });
    reach('relay:after-checkpoint');
    this.position = page.next;
    this.incarnation = page.incarnation;
    this.moved();
    return true;
  }

  private async send(batch: readonly Outgoing[]): Promise<void> {
    const topics = new Map<string, Message[]>();
    const counts = new Map<string, number>();
    for (const { topic, partition, message } of batch) {
      const messages = topics.get(topic) ?? [];
      messages.push(message);
      topics.set(topic, messages);
      const key = `${topic}/${partition}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const records = await (this.producer as Producer).sendBatch({
      topicMessages: [...topics].map(([topic, messages]) => ({ topic, messages })),
      acks: -1,
    });
    for (const { topicName, partition, baseOffset, errorCode } of records) {
      const key = `${topicName}/${partition}`;
      const count = counts.get(key);
      if (errorCode !== 0 || baseOffset === undefined || count === undefined) {
        throw new Error(`the broker did not confirm ${key} (error ${errorCode})`);
      }
      this.ends.set(key, BigInt(baseOffset) + BigInt(count));
      counts.delete(key);
    }
    if (counts.size > 0) throw new Error(`no broker confirmed ${[...counts.keys()].join(', ')}`);
  }

  /** The partition that every Kafka client chooses for this key by default (murmur2). */
  private partitionOf(topic: string, key: string): number {
    return this.partitioner({ topic, partitionMetadata: this.partitions, message: { key, value: null } });
  }

  /** Short while something is written here but not yet shown (an older transaction runs), else until woken. */
  private waitMs(): number {
    return hasReached(this.position, this.options.store.lastAppended) ? (this.options.pollIntervalMs ?? 500) : 3;
  }

  private async idle(ms: number, evenIfWoken = false): Promise<void> {
    if ((this.woken && !evenIfWoken) || this.state !== 'running') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        if (evenIfWoken && this.state === 'running') return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = () => undefined;
  }
}

/** Whether trying again cannot help. */
function isFinal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return error instanceof LogIncarnationChanged || code === 'ConsumerStopped' || code === 'PartitionsChanged';
}
