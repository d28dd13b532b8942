import { randomUUID } from 'node:crypto';
import type { Upcasters } from '@app/event-store';
import type { Admin, Consumer as KafkaClientConsumer, EachBatchPayload, Kafka } from 'kafkajs';
import { errorText } from '../logger.js';
import type { History, HistoryPage, HistorySource, MessagingLogger, SourcePosition } from '../types.js';
import { Inbox, type Place } from './inbox.js';

export interface KafkaHistoryOptions {
  kafka: Kafka;
  admin: <T>(work: (admin: Admin) => Promise<T>) => Promise<T>;
  topics: readonly string[];
  /** Begins the name of the group that reads; the group is deleted at the end. */
  group: string;
  upcasters: Upcasters;
  logger: MessagingLogger;
}

/** Batches that wait to be asked for. */
const BATCHES_AHEAD = 2;
const HEARTBEAT_MS = 1_500;

/** Topics from their beginning, one partition at a time, by a group of its own that commits nothing. */
export async function kafkaHistory(options: KafkaHistoryOptions): Promise<History> {
  const reader = new PartitionReader(options);
  const { clusterId } = await options.admin((admin) => admin.describeCluster());
  const ends = new Map<string, { low: bigint; high: bigint }>();
  const ask = async (): Promise<void> => {
    for (const topic of options.topics) {
      for (const { partition, low, high } of await options.admin((admin) => admin.fetchTopicOffsets(topic))) {
        ends.set(`${topic}/${partition}`, { low: BigInt(low), high: BigInt(high) });
      }
    }
  };
  await ask();
  const source = (key: string): HistorySource => ({
    name: `kafka:${clusterId ?? ''}:${key}`,
    read: async (after, limit) => {
      const place = after as unknown as Place | null;
      const next = BigInt(place?.offset ?? 0);
      if (next >= (ends.get(key)?.high ?? 0n)) await ask();
      const end = ends.get(key)?.high ?? 0n;
      if (next >= end) return { events: [], position: after, lastEvent: null, size: 0 };
      return reader.read(key, place, limit, end);
    },
    countAfter: async (position) => {
      const { low, high } = ends.get(key) ?? { low: 0n, high: 0n };
      const next = BigInt((position as unknown as Place | null)?.offset ?? 0);
      return Number(high - (next > low ? next : low));
    },
    hasReached: (at, target) => offsetOf(at) >= offsetOf(target),
  });
  return { sources: [...ends.keys()].sort().map(source), close: () => reader.close() };
}

function offsetOf(position: SourcePosition | null): bigint {
  return BigInt((position as unknown as Place | null)?.offset ?? 0);
}

/** Pulls from a client that pushes: only the partition asked for flows, and no further than is asked for. */
class PartitionReader {
  private readonly groupId: string;
  private readonly inbox: Inbox;
  private client: Promise<KafkaClientConsumer> | null = null;
  private wanted: string | null = null;
  private at = -1n;
  private waiting = 0;
  private failure: Error | null = null;
  private closed = false;
  private arrived: () => void = () => undefined;
  private taken: () => void = () => undefined;

  constructor(private readonly options: KafkaHistoryOptions) {
    this.groupId = `${options.group}.${randomUUID()}`;
    this.inbox = new Inbox(options.upcasters);
  }

  async read(key: string, after: Place | null, limit: number, end: bigint): Promise<HistoryPage> {
    const client = await (this.client ??= this.connect());
    const next = BigInt(after?.offset ?? 0);
    if (this.wanted !== key || this.at !== next) this.go(client, key, after);
    for (;;) {
      if (this.failure) throw this.failure;
      const handful = this.inbox.take(limit);
      this.waiting = this.inbox.isEmpty ? 0 : this.waiting;
      this.taken();
      const place = handful.places.get(key);
      if (place) {
        this.at = BigInt(place.offset);
        const size = Number(this.at - next);
        return { events: handful.events.get(key) ?? [], position: { ...place }, lastEvent: { ...place }, size };
      }
      // Records that repeat what came before move the offset alone.
      if (this.inbox.nextOffset(key) >= end && this.inbox.isEmpty) {
        return { events: [], position: after as unknown as SourcePosition | null, lastEvent: null, size: 0 };
      }
      await new Promise<void>((resolve) => {
        this.arrived = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.taken();
    const client = this.client;
    if (!client) return;
    try {
      await (await client).disconnect();
      await this.options.admin((admin) => admin.deleteGroups([this.groupId]));
    } catch (error) {
      this.options.logger.info('closing the reader of history failed', { error: errorText(error) });
    }
  }

  private go(client: KafkaClientConsumer, key: string, after: Place | null): void {
    if (this.wanted !== null && this.wanted !== key) client.pause([partitionOf(this.wanted)]);
    this.wanted = key;
    this.at = BigInt(after?.offset ?? 0);
    this.waiting = 0;
    this.inbox.restart(new Map([[key, after]]));
    const { topic, partitions } = partitionOf(key);
    client.seek({ topic, partition: partitions[0] as number, offset: String(this.at) });
    client.resume([partitionOf(key)]);
    this.taken();
  }

  private async connect(): Promise<KafkaClientConsumer> {
    const { kafka, topics } = this.options;
    const client = kafka.consumer({
      groupId: this.groupId,
      sessionTimeout: 30_000,
      maxWaitTimeInMs: 50,
      maxBytesPerPartition: 4 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4, restartOnFailure: async () => false },
    });
    client.on(client.events.CRASH, ({ payload }) => this.fail(payload.error));
    await client.connect();
    await client.subscribe({ topics: [...topics], fromBeginning: true });
    const joined = new Promise<void>((resolve) => {
      client.on(client.events.GROUP_JOIN, () => resolve());
    });
    await client.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.take(client, payload),
    });
    await joined;
    return client;
  }

  private async take(client: KafkaClientConsumer, payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, isRunning, isStale } = payload;
    const key = `${batch.topic}/${batch.partition}`;
    if (key !== this.wanted) {
      client.pause([partitionOf(key)]);
      return;
    }
    while (this.waiting >= BATCHES_AHEAD && !this.closed && key === this.wanted) {
      const timer = setTimeout(() => this.taken(), HEARTBEAT_MS);
      await new Promise<void>((resolve) => {
        this.taken = resolve;
      });
      clearTimeout(timer);
      await heartbeat();
    }
    if (this.closed || key !== this.wanted || !isRunning() || isStale()) return;
    try {
      this.inbox.add(key, batch.messages);
    } catch (error) {
      this.fail(error as Error);
      throw error;
    }
    this.waiting += 1;
    payload.resolveOffset((batch.messages.at(-1) as { offset: string }).offset);
    this.arrived();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.arrived();
  }
}

function partitionOf(key: string): { topic: string; partitions: number[] } {
  const slash = key.lastIndexOf('/');
  return { topic: key.slice(0, slash), partitions: [Number(key.slice(slash + 1))] };
}
