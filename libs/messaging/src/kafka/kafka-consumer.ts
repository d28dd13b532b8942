import { LogIncarnationChanged, Upcasters } from '@app/event-store';
import type { Admin, EachBatchPayload, Kafka, Consumer as KafkaClientConsumer, KafkaMessage } from 'kafkajs';
import { Delivery } from '../delivery/delivery.js';
import { ConsumerFenced } from '../delivery/faults.js';
import { errorText } from '../logger.js';
import type { Consumer, ConsumerHome, ConsumerState, MessagingLogger, RunningConsumer, TopicSource } from '../types.js';
import { defaultTopicOptions, ensureTopics } from './client.js';
import { asBatches, Inbox, type Place } from './inbox.js';
import type { KafkaLogOptions } from './kafka-log.js';
import type { KafkaRelay } from './kafka-relay.js';

interface ConsumerInput {
  consumer: Consumer;
  home: ConsumerHome;
  topics: readonly TopicSource[];
  kafka: Kafka;
  admin: <T>(work: (admin: Admin) => Promise<T>) => Promise<T>;
  log: KafkaLogOptions;
  logger: MessagingLogger;
  onEnd: () => void;
}

const parkedCheckIntervalMs = 250;
const trialCheckIntervalMs = 50;
const settledCheckIntervalMs = 10;
/** How many batches may wait while one is handled. */
const batchesAhead = 4;
const fencedGraceMs = 5_000;
/** Fenced again within this time after it has joined anew: a second installation runs. */
const rejoinOnceInMs = 60_000;
const longestPauseMs = 2_000;
const defaultRebalanceTimeoutMs = 20_000;

/** One consumer of one process: a member of its group, with its checkpoints in its own database. */
export class KafkaLogConsumer implements RunningConsumer {
  readonly name: string;
  state: ConsumerState = 'running';
  failure: Error | null = null;
  private readonly delivery: Delivery;
  private readonly inbox: Inbox;
  private clusterId: string | null = null;
  /** Partitions held now (`topic/partition`), each with what is handled of it; null = at the beginning. */
  private places = new Map<string, Place | null>();
  private assigning: Promise<void> = Promise.resolve();
  /** Counts assignments: what was read under an older one must not move the client. */
  private generation = 0;
  /** Counts what the group gave: an older share must not be taken any more. */
  private joins = 0;
  private handling = false;
  private hasRoom: () => void = () => undefined;
  private fencedSince: number | null = null;
  private rejoinedAt: number | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private loop: Promise<void> = Promise.resolve();
  private crashed: (error: Error) => void = () => undefined;
  private interrupt: () => void = () => undefined;
  private client: KafkaClientConsumer | null = null;
  private reachedEnds = false;

  constructor(private readonly input: ConsumerInput) {
    this.name = input.consumer.name;
    this.inbox = new Inbox(input.log.upcasters ?? new Upcasters());
    this.delivery = new Delivery(input.consumer, input.home, {
      logger: input.logger,
      retries: 'aside',
      ...(input.log.retryDelaysMs ? { retryDelaysMs: input.log.retryDelaysMs } : {}),
    });
  }

  begin(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    if (this.state === 'running') this.state = 'stopped';
    this.delivery.stop();
    this.interrupt();
    await this.loop;
  }

  async settled(timeoutMs: number): Promise<boolean> {
    // Brokers that are away may take longer to say so than the caller wants to wait.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), timeoutMs);
    });
    try {
      return await Promise.race([this.reached(timeoutMs), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async reached(timeoutMs: number): Promise<boolean> {
    const end = performance.now() + timeoutMs;
    const left = (): number => Math.max(0, end - performance.now());
    const relays = (this.input.log.relays ?? []).filter(({ service }) =>
      this.input.topics.some((topic) => topic.service === service),
    );
    for (const relay of relays) if (!(await relay.caughtUp(left()))) return false;
    const targets = await this.targets(relays, end);
    while (targets && this.state === 'running') {
      if (this.delivery.streamsOnTrial === 0 && (await this.hasReached(targets))) {
        this.reachedEnds = true;
        return true;
      }
      if (left() === 0) return false;
      await pause(Math.min(settledCheckIntervalMs, left()));
    }
    return false;
  }

  async lag(): Promise<{ events: number; parkedStreams: number }> {
    let events = 0n;
    for (const [key, end] of await this.endsOnBroker()) {
      const behind = end - BigInt(this.places.get(key)?.offset ?? 0);
      if (this.places.has(key) && behind > 0n) events += behind;
    }
    return { events: Number(events), parkedStreams: this.delivery.parkedStreams };
  }

  /**
   * Offsets to be reached. Once this consumer was at the end, what its own process relayed since is all that `settled`
   * has to wait for, and that is known without asking the brokers.
   */
  private async targets(relays: readonly KafkaRelay[], end: number): Promise<Map<string, bigint> | null> {
    const own = new Set(relays.filter(({ leading }) => leading).map(({ service }) => service));
    if (this.reachedEnds && this.input.topics.every(({ service }) => own.has(service))) {
      const names = new Set(this.input.topics.map(({ topic }) => topic));
      const all = relays.flatMap(({ producedUpTo }) => [...producedUpTo]);
      return new Map(all.filter(([key]) => names.has(key.slice(0, key.lastIndexOf('/')))));
    }
    for (;;) {
      try {
        return await this.endsOnBroker();
      } catch (error) {
        if (performance.now() > end || this.state !== 'running') return null;
        this.input.logger.info('the ends of topics are not known yet', {
          consumer: this.name,
          error: errorText(error),
        });
        await pause(100);
      }
    }
  }

  private async endsOnBroker(): Promise<Map<string, bigint>> {
    const ends = new Map<string, bigint>();
    for (const { topic } of this.input.topics) {
      for (const { partition, high } of await this.input.admin((admin) => admin.fetchTopicOffsets(topic))) {
        ends.set(`${topic}/${partition}`, BigInt(high));
      }
    }
    return ends;
  }

  private async hasReached(targets: Map<string, bigint>): Promise<boolean> {
    const elsewhere: string[] = [];
    for (const [key, target] of targets) {
      if (target === 0n) continue;
      if (!this.places.has(key)) elsewhere.push(key);
      else if (BigInt(this.places.get(key)?.offset ?? 0) < target) return false;
    }
    if (elsewhere.length === 0) return true;
    // Other instances of this consumer hold these partitions: their checkpoints tell.
    const stored = await this.delivery.peek(elsewhere.map((key) => this.sourceOf(key)));
    return elsewhere.every((key) => {
      const place = stored.get(this.sourceOf(key)) as Place | null | undefined;
      return place != null && BigInt(place.offset) >= (targets.get(key) as bigint);
    });
  }

  /** Connects and consumes; after a crash of the client begins anew, until stopped. */
  private async run(): Promise<void> {
    let faults = 0;
    let sinceCheckedMs = 0;
    const releasing = setInterval(() => {
      sinceCheckedMs += trialCheckIntervalMs;
      if (sinceCheckedMs < parkedCheckIntervalMs && this.delivery.nextTrialInMs > 0) return;
      sinceCheckedMs = 0;
      this.releaseParked();
    }, trialCheckIntervalMs);
    try {
      while (this.state === 'running') {
        const began = performance.now();
        try {
          await this.consume();
        } catch (error) {
          if (isFinal(error)) throw error;
          faults = performance.now() - began > 30_000 ? 1 : faults + 1;
          this.input.logger.warn('consuming failed, connecting again', {
            consumer: this.name,
            fault: faults,
            error: errorText(error),
          });
        } finally {
          await this.disconnect();
        }
        if (this.state === 'running') {
          await this.interruptible((done) => void setTimeout(done, Math.min(100 * 2 ** faults, longestPauseMs)));
        }
      }
    } catch (error) {
      this.end(error);
    } finally {
      clearInterval(releasing);
      await this.turn.catch((error: unknown) => this.end(error));
      this.input.onEnd();
    }
  }

  /** One life of the Kafka client: ends when stopped, throws when it crashed. */
  private async consume(): Promise<void> {
    const { kafka, log, topics } = this.input;
    // What an earlier life began is through before the group counts on this member.
    await this.turn;
    await ensureTopics(kafka, topics, { ...defaultTopicOptions, ...log.topicOptions });
    this.clusterId = (await this.input.admin((admin) => admin.describeCluster())).clusterId;
    const sessionTimeout = log.sessionTimeoutMs ?? 10_000;
    const client = kafka.consumer({
      groupId: this.name,
      sessionTimeout,
      rebalanceTimeout: log.rebalanceTimeoutMs ?? defaultRebalanceTimeoutMs,
      heartbeatInterval: Math.floor(sessionTimeout / 4),
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
      // Restarting is this loop's business.
      retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 4, restartOnFailure: async () => false },
    });
    this.client = client;
    const over = new Promise<void>((resolve, reject) => {
      this.crashed = reject;
      this.interrupt = resolve;
      client.on(client.events.CRASH, ({ payload }) => reject(payload.error));
    });
    // Awaited below; a crash before that must not count as unhandled.
    over.catch((error: unknown) => this.input.logger.info('the Kafka client ended', { error: errorText(error) }));
    client.on(client.events.GROUP_JOIN, ({ payload }) => {
      const assigned = Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
        (partitions as number[]).map((partition) => `${topic}/${partition}`),
      );
      this.generation += 1;
      this.joins += 1;
      const { joins } = this;
      const isCurrent = (): boolean => this.client === client && this.state === 'running' && joins === this.joins;
      // Batches wait for this promise, so none is handled before its partition's checkpoint is known.
      this.assigning = this.soonEnough(this.exclusively(() => this.take(client, assigned, isCurrent)));
      this.assigning.catch((error: unknown) => this.crashed(error as Error));
    });
    await client.connect();
    await client.subscribe({ topics: topics.map(({ topic }) => topic), fromBeginning: true });
    await client.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.handleBatch(client, payload),
    });
    if (this.state !== 'running') return;
    await over;
  }

  /**
   * The group gave this member its partitions: take over their checkpoints and go there. Not when it has given them to
   * another meanwhile (the database was away): that one would be fenced off, and nobody would read them.
   */
  private async take(
    client: KafkaClientConsumer,
    assigned: readonly string[],
    isCurrent: () => boolean = () => this.client === client && this.state === 'running',
  ): Promise<void> {
    if (!isCurrent()) return;
    const lost = [...this.places.keys()].filter((key) => !assigned.includes(key));
    this.delivery.release(lost.map((key) => this.sourceOf(key)));
    const claiming = this.delivery.claim(
      assigned.map((key) => this.sourceOf(key)),
      isCurrent,
    );
    const positions = await claiming.catch((error: unknown) => {
      if (isCurrent()) throw error;
    });
    if (!positions || !isCurrent()) return;
    this.places = new Map(assigned.map((key) => [key, (positions.get(this.sourceOf(key)) ?? null) as Place | null]));
    this.inbox.restart(this.places);
    this.hasRoom();
    this.fencedSince = null;
    for (const key of assigned) this.seek(client, key);
  }

  /**
   * A member that stays in a transaction for longer than the group waits for it must not keep partitions which it does
   * not read: it leaves, and joins again when it is through.
   */
  private async soonEnough(taking: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const ms = this.input.log.rebalanceTimeoutMs ?? defaultRebalanceTimeoutMs;
      timer = setTimeout(() => reject(new Error(`busy for ${ms} ms while the group changed`)), ms);
    });
    try {
      await Promise.race([taking, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private seek(client: KafkaClientConsumer, key: string): void {
    const slash = key.lastIndexOf('/');
    const offset = String(this.inbox.nextOffset(key));
    client.seek({ topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)), offset });
  }

  /**
   * Takes what was fetched of one partition into the inbox and lets the client fetch on, unless too much waits already.
   * Where the client reads on is no checkpoint: that is written with the effects.
   */
  private async handleBatch(client: KafkaClientConsumer, payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, isRunning, isStale, resolveOffset } = payload;
    const key = `${batch.topic}/${batch.partition}`;
    await withHeartbeats(heartbeat, this.heartbeatMs, this.assigning);
    if (isStale()) return;
    if (!this.inbox.has(key)) {
      await this.waitForGroup(heartbeat);
      return;
    }
    const { generation } = this;
    for (let from = 0; from < batch.messages.length; from += this.batchSize) {
      const messages = batch.messages.slice(from, from + this.batchSize);
      const [first, last] = [messages[0] as KafkaMessage, messages.at(-1) as KafkaMessage];
      const next = this.inbox.nextOffset(key);
      if (BigInt(first.offset) > next) {
        await this.refuseGap(key, next);
        if (this.generation === generation) this.seek(client, key);
        return;
      }
      try {
        this.inbox.add(key, messages);
      } catch (error) {
        this.fail(error);
        throw error;
      }
      this.handleSoon();
      if (this.inbox.size >= this.batchSize * batchesAhead) {
        await withHeartbeats(heartbeat, this.heartbeatMs, this.room());
      }
      if (!isRunning() || isStale() || this.state !== 'running' || this.generation !== generation) return;
      if (!this.inbox.has(key)) return;
      resolveOffset(last.offset);
    }
  }

  private get batchSize(): number {
    return this.input.log.batchSize ?? 500;
  }

  /** Resolves when the inbox has room, or when it does not matter any more. */
  private room(): Promise<void> {
    return new Promise((resolve) => {
      this.hasRoom = resolve;
    });
  }

  /** Handles what waits, after the whole fetch has been taken in. */
  private handleSoon(): void {
    if (this.handling) return;
    this.handling = true;
    setImmediate(() => {
      this.exclusively(() => this.handleWaiting())
        .catch((error: unknown) => this.fail(error))
        .finally(() => {
          this.handling = false;
          if (!this.inbox.isEmpty && this.state === 'running') this.handleSoon();
        });
    });
  }

  private async handleWaiting(): Promise<void> {
    if (this.inbox.isEmpty || this.state !== 'running') return;
    const handful = this.inbox.take(this.batchSize);
    if (this.inbox.size < this.batchSize * batchesAhead) this.hasRoom();
    try {
      await this.delivery.applyAll(asBatches(handful, (key) => this.sourceOf(key)));
      for (const [key, place] of handful.places) if (this.places.has(key)) this.places.set(key, place);
    } catch (error) {
      if (!(error instanceof ConsumerFenced)) throw error;
      if (await this.delivery.handedOn(error.source)) await this.goOnFromRebuilt();
      else this.lost(error.source);
    }
  }

  /** Its tables were rebuilt under it: every partition goes on from where they stand. */
  private async goOnFromRebuilt(): Promise<void> {
    for (const key of [...this.places.keys()]) {
      if (!(await this.delivery.handedOn(this.sourceOf(key)))) this.lost(this.sourceOf(key));
    }
    this.generation += 1;
    if (this.client) await this.take(this.client, [...this.places.keys()]);
    this.input.logger.info('tables were rebuilt, going on from there', { consumer: this.name });
  }

  /** Another instance took a partition over. Nothing of the handful was written: the rest is read again. */
  private lost(source: string): void {
    this.input.logger.warn('a newer instance took over', { consumer: this.name, source });
    for (const key of this.places.keys()) if (this.sourceOf(key) === source) this.places.delete(key);
    if (this.fencedSince === null) {
      const since = (this.fencedSince = performance.now());
      // Where nothing comes in any more nobody else asks.
      const timer = setTimeout(() => {
        if (this.fencedSince === since && this.state === 'running') this.crashed(this.fencedTooLong());
      }, fencedGraceMs);
      timer.unref();
    }
    this.generation += 1;
    this.inbox.restart(this.places);
    this.hasRoom();
    if (this.client) for (const key of this.places.keys()) this.seek(this.client, key);
  }

  /** This client cannot go on: the loop connects again, or ends if that cannot help. */
  private fail(error: unknown): void {
    this.inbox.restart(new Map());
    this.hasRoom();
    this.crashed(error as Error);
  }

  /** Records missing between the checkpoint and what the broker gives: deleted there, or this client is elsewhere. */
  private async refuseGap(key: string, next: bigint): Promise<void> {
    const slash = key.lastIndexOf('/');
    const partitions = await this.input.admin((admin) => admin.fetchTopicOffsets(key.slice(0, slash)));
    const low = partitions.find(({ partition }) => partition === Number(key.slice(slash + 1)))?.low ?? '0';
    if (BigInt(low) > next) {
      throw Object.assign(
        new Error(`the broker has deleted records ${next} to ${low} of ${key} before they were read`),
        {
          code: 'RecordsLost',
        },
      );
    }
  }

  /**
   * Fenced although the group still counts this member in: it was asleep while another took over. The heartbeat tells
   * the client so, and it joins again; if the group knows nothing of another, `fencedTooLong` ends the waiting.
   */
  private async waitForGroup(heartbeat: () => Promise<void>): Promise<void> {
    await heartbeat();
    await pause(100);
  }

  /**
   * It joins anew, once: a member that was slow to take what is not its own any more may have fenced this one off. If
   * that does not help, another installation reads the same tables.
   */
  private fencedTooLong(): Error {
    const now = performance.now();
    const isAgain = this.rejoinedAt !== null && now - this.rejoinedAt < rejoinOnceInMs;
    this.fencedSince = null;
    this.rejoinedAt = now;
    return isAgain
      ? new ConsumerFenced(this.name, 'its partitions')
      : new Error('fenced off, and its group does not know by whom: joining again');
  }

  private releaseParked(): void {
    if (this.delivery.parkedStreams + this.delivery.streamsOnTrial === 0 || this.state !== 'running') return;
    this.exclusively(() => this.delivery.releaseRequested()).catch((error: unknown) => {
      if (error instanceof ConsumerFenced || (error as { code?: unknown }).code === 'ConsumerStopped') return;
      this.input.logger.warn('releasing parked streams failed', { consumer: this.name, error: errorText(error) });
    });
  }

  private async disconnect(): Promise<void> {
    const client = this.client;
    this.client = null;
    this.places.clear();
    this.inbox.restart(this.places);
    this.hasRoom();
    await client?.disconnect().catch((error: unknown) => {
      this.input.logger.info('closing the consumer failed', { consumer: this.name, error: errorText(error) });
    });
  }

  private end(error: unknown): void {
    if (error instanceof ConsumerFenced) {
      this.state = 'fenced';
    } else if ((error as { code?: unknown }).code !== 'ConsumerStopped') {
      this.state = 'failed';
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.input.logger.error('consumer ended', { consumer: this.name, error: errorText(error) });
    }
  }

  private sourceOf(key: string): string {
    return `kafka:${this.clusterId ?? ''}:${key}`;
  }

  private get heartbeatMs(): number {
    return Math.floor((this.input.log.sessionTimeoutMs ?? 10_000) / 4);
  }

  /** Batches, assignments and releases use one transaction and one state: one at a time. */
  private exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work, work);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private async interruptible(wait: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      this.interrupt = resolve;
      wait(resolve);
    });
  }
}

/** Keeps this member in its group while a long piece of work runs. What the heartbeat throws is thrown afterwards. */
async function withHeartbeats<T>(heartbeat: () => Promise<void>, everyMs: number, work: Promise<T>): Promise<T> {
  let left: Error | undefined;
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => {
      left = error as Error;
    });
  }, everyMs);
  try {
    const result = await work;
    if (left !== undefined) throw left;
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** Whether connecting again cannot help. */
function isFinal(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return (
    error instanceof ConsumerFenced ||
    error instanceof LogIncarnationChanged ||
    code === 'ConsumerStopped' ||
    code === 'PartitionsChanged' ||
    code === 'RecordsLost' ||
    code === 'NotOurEvent'
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
