import {
  type EventStore,
  hasReached,
  identifier,
  LogIncarnationChanged,
  type LogPosition,
  reach,
} from '@app/event-store';
import type { Kafka, Message, Producer } from 'kafkajs';
import { Delivery } from '../delivery/delivery.js';
import { ConsumerFenced } from '../delivery/faults.js';
import { errorText, stderrLogger } from '../logger.js';
import type { ConsumerState, MessagingLogger, TopicSource } from '../types.js';
import { defaultTopicOptions, ensureTopics, kafkaClient, type KafkaSettings, type TopicOptions } from './client.js';
import { cloudEventSql } from './envelope.js';
import { type Outgoing, ReadAhead } from './read-ahead.js';
import { RelayEncoder } from './relay-encoder.js';
import { RelayLeadership } from './relay-leadership.js';

export interface KafkaRelayOptions extends Omit<KafkaSettings, 'logger'> {
  /** The service whose log is relayed; its schema holds the checkpoint (`messagingMigrations`). */
  service: string;
  store: EventStore;
  topics: readonly TopicSource[];
  isPublic: (type: string) => boolean;
  topicOptions?: Partial<TopicOptions>;
  logger?: MessagingLogger;
  /** Most events in one read of the log; defaults to 2,000. */
  batchSize?: number;
  /** Most bytes of values in one request, and that a crash repeats; defaults to 900,000. One event alone may be larger. */
  batchBytes?: number;
  /** How often the log is looked at when nothing is heard of it; defaults to 500 ms. */
  pollIntervalMs?: number;
}

const consumerName = 'kafka-relay';
// Below what a broker takes by default, so that topics made by an operator take it too.
const defaultBatchBytes = 900_000;
/** Each write is a transaction that holds the readers' gate for a moment: one for many small requests. */
const checkpointEveryMs = 100;
const finalCheckpointMs = 2_000;
const longestPauseMs = 2_000;
const longestHeldWaitMs = 20;
const standbyIntervalMs = 250;

/**
 * Brings a service's public events from its log to Kafka: in order, at least once, none skipped. The broker may be
 * away for any time; commands do not notice. The next page is read and encoded while one is on its way; one request is
 * on its way at a time. The checkpoint lies beside the log and moves only after the brokers' acknowledgement, ten
 * times a second or when a whole batch has been sent since, so that a crash repeats one batch at most; consumers recognise
 * that by the place in the log.
 * Where several instances of a service run, one relays and the others stand by.
 */
export class KafkaRelay {
  readonly service: string;
  state: ConsumerState = 'running';
  failure: Error | null = null;
  private readonly kafka: Kafka;
  private readonly own: readonly TopicSource[];
  private readonly logger: MessagingLogger;
  private readonly waiters = new Set<() => void>();
  private readonly ends = new Map<string, bigint>();
  private readonly delivery: Delivery;
  private readonly topicOptions: TopicOptions;
  private readonly leadership: RelayLeadership;
  private readonly encoder: RelayEncoder;
  private readonly form: { name: string; sql: string };
  private producer: Producer | null = null;
  private source: string | null = null;
  private position: LogPosition | null = null;
  private incarnation: string | undefined;
  private saved: LogPosition | null = null;
  private saving: Promise<void> | null = null;
  private saveTimer: NodeJS.Timeout | null = null;
  private saveFault: Error | null = null;
  /** Bytes of values that the brokers have acknowledged since this instance leads, and of those behind the checkpoint. */
  private sentBytes = 0;
  private savedBytes = 0;
  private faults = 0;
  private readonly batchBytes: number;
  private ahead: ReadAhead;
  private woken = false;
  private wakeUp: () => void = () => undefined;
  private unsubscribe: () => void = () => undefined;
  private loop: Promise<void> = Promise.resolve();

  constructor(private readonly options: KafkaRelayOptions) {
    this.service = options.service;
    this.logger = options.logger ?? stderrLogger;
    this.kafka = kafkaClient({ ...options, logger: this.logger });
    this.own = options.topics.filter(({ service }) => service === options.service);
    this.topicOptions = { ...defaultTopicOptions, ...options.topicOptions };
    this.leadership = new RelayLeadership(options.store.pool, options.store.schema);
    this.form = { name: 'cloud-events', sql: cloudEventSql(options.service) };
    this.batchBytes = options.batchBytes ?? defaultBatchBytes;
    this.ahead = this.aheadOfSending();
    this.encoder = new RelayEncoder({
      ...options,
      partitions: this.topicOptions.partitions,
      // A page is cut small so that what is sent together can be filled up.
      maxBytes: this.batchBytes / 4,
    });
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
    this.ahead.end();
    this.wake();
    // The last checkpoint may fail for as long as the database is away; it is not worth waiting for.
    const timer = setTimeout(() => this.delivery.stop(), finalCheckpointMs);
    await this.loop;
    clearTimeout(timer);
  }

  /** Another process said that it appended to this log. */
  wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  /** Whether this instance is the one that relays; the others stand by. */
  get leading(): boolean {
    return this.leadership.held && this.source !== null;
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
    try {
      while (this.state === 'running') {
        this.woken = false;
        try {
          if (!(await this.lead())) {
            await this.idle(standbyIntervalMs, true);
            continue;
          }
          if (!this.producer) await this.connect();
          await this.relay();
        } catch (error) {
          if (isFinal(error)) throw error;
          this.faults += 1;
          this.logger.warn('relaying failed, trying again', {
            service: this.service,
            fault: this.faults,
            error: errorText(error),
          });
          if (error instanceof ConsumerFenced) this.leadership.resign();
          await this.disconnect();
          await this.idle(Math.min(100 * 2 ** this.faults, longestPauseMs), true);
        }
      }
    } catch (error) {
      this.end(error);
    } finally {
      this.unsubscribe();
      await this.saveLast();
      await this.disconnect();
      this.leadership.resign();
      this.moved();
    }
  }

  private end(error: unknown): void {
    if ((error as { code?: unknown }).code === 'ConsumerStopped') return;
    this.state = 'failed';
    this.failure = error instanceof Error ? error : new Error(String(error));
    this.logger.error('relay ended', { service: this.service, error: errorText(error) });
  }

  private async lead(): Promise<boolean> {
    const taken = await this.leadership.take();
    if (taken !== 'held') this.source = null;
    return taken !== null;
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
    this.saved = this.position;
    this.sentBytes = this.savedBytes = 0;
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

  /** Reads ahead and sends until stopped or another leads; throws the first fault of either side. */
  private async relay(): Promise<void> {
    const ahead = this.aheadOfSending();
    this.ahead = ahead;
    if (this.state !== 'running') ahead.end();
    const sides = [this.readAhead(ahead), this.sendAll(ahead)].map((side) =>
      side.finally(() => {
        ahead.end();
        this.wakeUp();
      }),
    );
    await Promise.allSettled(sides);
    await this.saving;
    const fault = this.saveFault;
    this.saveFault = null;
    if (fault) throw fault;
    await Promise.all(sides);
  }

  private aheadOfSending(): ReadAhead {
    return new ReadAhead(2 * this.batchBytes);
  }

  private async readAhead(ahead: ReadAhead): Promise<void> {
    let at = this.position;
    let incarnation = this.incarnation;
    let emptyReads = 0;
    while (!ahead.ended && this.leadership.held) {
      if (ahead.isFull) {
        await ahead.change();
        continue;
      }
      this.woken = false;
      const page = await this.options.store.readTexts(
        this.form,
        at,
        this.options.batchSize ?? 2_000,
        incarnation === undefined ? {} : { incarnation },
      );
      if (page.events.length === 0) {
        emptyReads += 1;
        if (!ahead.ended) await this.idle(this.waitMs(at, emptyReads));
        continue;
      }
      reach('relay:after-read');
      emptyReads = 0;
      at = page.next;
      incarnation = page.incarnation;
      ahead.put(this.encoder.encode(page));
    }
  }

  private async sendAll(ahead: ReadAhead): Promise<void> {
    while (!ahead.ended && this.leadership.held) {
      const next = ahead.take(this.batchBytes);
      if (!next) {
        await ahead.change();
        continue;
      }
      const unsavedBytes = this.sentBytes - this.savedBytes;
      if (unsavedBytes > 0 && unsavedBytes + next.bytes > this.batchBytes) {
        await this.saveNow(ahead);
        if (ahead.ended) break;
      }
      if (next.records.length > 0) await this.send(next.records);
      reach('relay:after-produce');
      if (this.faults > 0) this.logger.info('relaying again', { service: this.service });
      this.faults = 0;
      this.position = next.next;
      this.sentBytes += next.bytes;
      this.incarnation = next.incarnation;
      this.moved();
      this.saveSoon(ahead);
    }
  }

  /** Until everything that was sent is behind the checkpoint, or the checkpoint cannot be written. */
  private async saveNow(ahead: ReadAhead): Promise<void> {
    await this.saving;
    if (this.saveTimer) clearTimeout(this.saveTimer);
    this.saveTimer = null;
    this.saveSoon(ahead);
    await this.saving;
  }

  /** Write the checkpoint unless one was written a moment ago; then afterwards. */
  private saveSoon(ahead: ReadAhead): void {
    if (this.saving || this.saveTimer) return;
    this.saving = this.save()
      .catch((error: unknown) => {
        this.saveFault = error instanceof Error ? error : new Error(errorText(error));
        ahead.end();
        this.wakeUp();
      })
      .finally(() => {
        this.saving = null;
        this.saveTimer = setTimeout(() => {
          this.saveTimer = null;
          if (!ahead.ended && this.position !== this.saved) this.saveSoon(ahead);
        }, checkpointEveryMs);
      });
  }

  private async save(): Promise<void> {
    const at = this.position;
    const { sentBytes } = this;
    if (!at || at === this.saved || this.source === null) return;
    await this.delivery.apply(this.source, [], { ...at, incarnation: this.incarnation });
    reach('relay:after-checkpoint');
    this.saved = at;
    this.savedBytes = sentBytes;
  }

  /** What was sent last is not sent again after an orderly end. */
  private async saveLast(): Promise<void> {
    await this.saving;
    if (this.saveTimer) clearTimeout(this.saveTimer);
    this.saveTimer = null;
    if (!this.leadership.held || this.position === this.saved) return;
    await this.save().catch((error: unknown) => {
      this.logger.info('the last checkpoint was not written', { service: this.service, error: errorText(error) });
    });
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

  /** Short while something is written here but not yet shown (an older transaction runs), else until woken. */
  private waitMs(at: LogPosition | null, emptyReads: number): number {
    if (hasReached(at, this.options.store.lastAppended)) return this.options.pollIntervalMs ?? 500;
    return Math.min(emptyReads, longestHeldWaitMs);
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
