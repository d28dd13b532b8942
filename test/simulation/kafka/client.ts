import kafkajs from 'kafkajs';
import type { Owner, Scheduler } from '../scheduler.js';
import { type Assignment, BrokerError, type Cluster } from './broker.js';

const requestTimeoutMs = 10_000;

interface Message {
  key: string;
  value: string | Buffer;
  partition: number;
}

interface Batch {
  topic: string;
  partition: number;
  messages: { offset: string; key: Buffer; value: Buffer }[];
}

interface Payload {
  batch: Batch;
  heartbeat: () => Promise<void>;
  isRunning: () => boolean;
  isStale: () => boolean;
  resolveOffset: (offset: string) => void;
}

/** Put a simulated cluster under the client library's interface. Returns what puts the real one back. */
export function installKafka(scheduler: Scheduler, cluster: Cluster): () => void {
  const library = kafkajs as unknown as { Kafka: unknown };
  const real = library.Kafka;
  library.Kafka = class {
    private readonly owner = scheduler.current as Owner;
    admin(): SimulatedAdmin {
      return new SimulatedAdmin(cluster, this.owner);
    }
    producer(): SimulatedProducer {
      return new SimulatedProducer(cluster, this.owner);
    }
    consumer(options: ConsumerOptions): SimulatedConsumer {
      return new SimulatedConsumer(cluster, this.owner, options);
    }
  };
  return () => {
    library.Kafka = real;
  };
}

class Connected {
  constructor(
    protected readonly cluster: Cluster,
    protected readonly owner: Owner,
  ) {}

  connect(): Promise<void> {
    return this.cluster.request(this.owner, '', 3_000, () => undefined);
  }

  async disconnect(): Promise<void> {
    await new Promise<void>((resolve) => void this.cluster.scheduler.after(0.1, this.owner, '', resolve));
  }
}

class SimulatedAdmin extends Connected {
  listTopics(): Promise<string[]> {
    return this.ask(() => [...this.cluster.topics.keys()]);
  }

  createTopics({ topics }: { topics: { topic: string; numPartitions: number }[] }): Promise<void> {
    return this.ask(() => {
      for (const { topic, numPartitions } of topics) this.cluster.create(topic, numPartitions);
    });
  }

  fetchTopicMetadata({ topics }: { topics: string[] }): Promise<object> {
    return this.ask(() => ({
      topics: topics.map((name) => ({
        name,
        partitions: (this.cluster.topics.get(name) ?? []).map((_, partitionId) => ({ partitionId })),
      })),
    }));
  }

  describeCluster(): Promise<object> {
    return this.ask(() => ({ clusterId: this.cluster.id, brokers: [{ nodeId: 0 }] }));
  }

  fetchTopicOffsets(topic: string): Promise<object[]> {
    return this.ask(() =>
      (this.cluster.topics.get(topic) ?? []).map((records, partition) => ({
        partition,
        offset: String(records.length),
        high: String(records.length),
        low: '0',
      })),
    );
  }

  private ask<T>(serve: () => T): Promise<T> {
    return this.cluster.request(this.owner, '', requestTimeoutMs, serve);
  }
}

class SimulatedProducer extends Connected {
  /** acks = -1, one request in flight, no retries of its own: as the relay asks for. */
  sendBatch({ topicMessages }: { topicMessages: { topic: string; messages: Message[] }[] }): Promise<object[]> {
    const { cluster } = this;
    const parts = new Map<string, { topic: string; partition: number; messages: Message[] }>();
    for (const { topic, messages } of topicMessages) {
      for (const message of messages) {
        const key = `${topic}/${message.partition}`;
        const part = parts.get(key) ?? { topic, partition: message.partition, messages: [] };
        part.messages.push(message);
        parts.set(key, part);
      }
    }
    const some = parts.size > 1 && cluster.random.chance(cluster.faults.writeSome);
    return cluster.request(this.owner, `produces to ${parts.size} partitions`, requestTimeoutMs, () => {
      const records: object[] = [];
      for (const { topic, partition, messages } of parts.values()) {
        if (some && cluster.random.chance(0.5)) continue;
        const stored = cluster.partition(topic, partition);
        records.push({ topicName: topic, partition, errorCode: 0, baseOffset: String(stored.length) });
        for (const { key, value } of messages) stored.push({ key, value: Buffer.from(value) });
      }
      cluster.onProduced();
      if (some) throw new BrokerError('NOT_LEADER_FOR_PARTITION');
      return records;
    });
  }
}

interface ConsumerOptions {
  groupId: string;
  sessionTimeout: number;
  rebalanceTimeout: number;
  heartbeatInterval: number;
  maxWaitTimeInMs: number;
}

type Listener = (event: { payload: Record<string, unknown> }) => void;

const mostRetries = 4;
const recordsAFetch = 20;

/** A member of a group, as the client library runs it: join, fetch, hand over batch by batch, heartbeat in between. */
class SimulatedConsumer extends Connected {
  readonly events = { CRASH: 'consumer.crash', GROUP_JOIN: 'consumer.group_join' } as const;
  private readonly listeners = new Map<string, Listener[]>();
  private topics: readonly string[] = [];
  private memberId: string | null = null;
  private generation = 0;
  private assignment: Assignment = {};
  private readonly offsets = new Map<string, number>();
  private readonly seeks = new Map<string, number>();
  private running = false;
  private lastHeartbeat = 0;

  constructor(
    cluster: Cluster,
    owner: Owner,
    private readonly options: ConsumerOptions,
  ) {
    super(cluster, owner);
  }

  on(event: string, listener: Listener): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  async subscribe({ topics }: { topics: string[] }): Promise<void> {
    this.topics = topics;
  }

  seek({ topic, partition, offset }: { topic: string; partition: number; offset: string }): void {
    this.seeks.set(`${topic}/${partition}`, Number(offset));
  }

  async run({ eachBatch }: { eachBatch: (payload: Payload) => Promise<void> }): Promise<void> {
    this.running = true;
    await this.join();
    void this.work(eachBatch);
  }

  override async disconnect(): Promise<void> {
    const wasRunning = this.running;
    this.running = false;
    const { cluster, options } = this;
    if (wasRunning) {
      await cluster
        .request(this.owner, 'leaves its group', 1_000, () => cluster.leave(options.groupId, this.memberId))
        .catch((error: Error) => cluster.scheduler.note(`leave: ${error.message}`));
    }
    await super.disconnect();
  }

  private emit(event: string, payload: Record<string, unknown>): void {
    for (const listener of this.listeners.get(event) ?? []) listener({ payload });
  }

  private async join(): Promise<void> {
    const { cluster, owner, options, topics } = this;
    const { scheduler, random } = cluster;
    this.assignment = await new Promise<Assignment>((resolve, reject) => {
      const patience = scheduler.after(options.rebalanceTimeout + 10_000, owner, '', () =>
        reject(new BrokerError('REQUEST_TIMED_OUT')),
      );
      cluster
        .request(owner, 'joins its group', requestTimeoutMs, () => {
          cluster.join(
            options.groupId,
            {
              id: this.memberId,
              topics,
              sessionTimeoutMs: options.sessionTimeout,
              rebalanceTimeoutMs: options.rebalanceTimeout,
            },
            (memberId, assignment, generation) => {
              scheduler.after(random.latency(cluster.faults.wireMs), owner, 'has joined', () => {
                patience.cancel();
                this.memberId = memberId;
                this.generation = generation;
                resolve(assignment);
              });
            },
          );
        })
        .catch((error: Error) => {
          patience.cancel();
          reject(error);
        });
    });
    this.offsets.clear();
    this.seeks.clear();
    for (const [topic, partitions] of Object.entries(this.assignment)) {
      for (const partition of partitions) this.offsets.set(`${topic}/${partition}`, 0);
    }
    this.lastHeartbeat = scheduler.now;
    if (this.running) this.emit(this.events.GROUP_JOIN, { memberAssignment: this.assignment });
  }

  private async work(eachBatch: (payload: Payload) => Promise<void>): Promise<void> {
    let failures = 0;
    while (this.running) {
      try {
        await this.fetchAndHandle(eachBatch);
        failures = 0;
      } catch (error) {
        if (!this.running) return;
        const type = (error as { type?: string }).type;
        const mustJoin =
          type === 'REBALANCE_IN_PROGRESS' || type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION';
        try {
          if (type === 'UNKNOWN_MEMBER_ID') this.memberId = null;
          if (mustJoin) {
            await this.join();
            continue;
          }
        } catch (joinError) {
          if (!this.running) return;
          this.cluster.scheduler.note(`join: ${(joinError as Error).message}`);
          this.memberId = null;
        }
        failures += 1;
        if (failures > mostRetries) {
          this.running = false;
          this.emit(this.events.CRASH, { error: error as Error });
          return;
        }
        await this.rest(100 * 2 ** failures);
        if (mustJoin) this.generation = -1;
      }
    }
  }

  private async fetchAndHandle(eachBatch: (payload: Payload) => Promise<void>): Promise<void> {
    const { cluster, owner, options } = this;
    for (const [key, offset] of this.seeks) if (this.offsets.has(key)) this.offsets.set(key, offset);
    this.seeks.clear();
    const asked = new Map(this.offsets);
    const batches = await cluster.request(owner, '', requestTimeoutMs, () => {
      const found: Batch[] = [];
      for (const [key, offset] of asked) {
        const slash = key.lastIndexOf('/');
        const [topic, partition] = [key.slice(0, slash), Number(key.slice(slash + 1))];
        const records = cluster.partition(topic, partition).slice(offset, offset + recordsAFetch);
        if (records.length === 0) continue;
        const messages = records.map(({ key: name, value }, index) => ({
          offset: String(offset + index),
          key: Buffer.from(name),
          value,
        }));
        found.push({ topic, partition, messages });
      }
      return found;
    });
    if (batches.length === 0) await this.rest(options.maxWaitTimeInMs * (0.2 + cluster.random.next()));
    for (const batch of batches) {
      const key = `${batch.topic}/${batch.partition}`;
      if (!this.running) return;
      // Fetched from where nobody wants to read any more.
      if (this.seeks.has(key) || !this.offsets.has(key)) continue;
      await eachBatch({
        batch,
        heartbeat: () => this.heartbeat(),
        isRunning: () => this.running,
        isStale: () => this.seeks.has(key),
        resolveOffset: (offset) => this.offsets.set(key, Number(offset) + 1),
      });
    }
    await this.heartbeat();
  }

  private async heartbeat(): Promise<void> {
    const { cluster, owner, options } = this;
    if (cluster.scheduler.now - this.lastHeartbeat < options.heartbeatInterval) return;
    const { memberId, generation } = this;
    await cluster.request(owner, '', requestTimeoutMs, () => cluster.heartbeat(options.groupId, memberId, generation));
    this.lastHeartbeat = cluster.scheduler.now;
  }

  private rest(ms: number): Promise<void> {
    return new Promise((resolve) => void this.cluster.scheduler.after(ms, this.owner, '', resolve));
  }
}
