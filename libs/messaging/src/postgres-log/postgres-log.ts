import {
  comparePositions,
  hasReached,
  isTransient,
  LogIncarnationChanged,
  type EventStore,
  type LogPosition,
  type LogSignal,
} from '@app/event-store';
import { Delivery } from '../delivery/delivery.js';
import { ConsumerFenced } from '../delivery/faults.js';
import { errorText, stderrLogger } from '../logger.js';
import type {
  Consumer,
  ConsumerHome,
  ConsumerState,
  DeliveredEvent,
  History,
  MessageLog,
  MessagingLogger,
  RunningConsumer,
  TopicSource,
} from '../types.js';
import { logHistory } from './log-history.js';
import { LogTail } from './log-tail.js';

export interface PostgresLogOptions {
  /** The logs that feed the topics, by service name. */
  logs: Readonly<Record<string, EventStore>>;
  topics: readonly TopicSource[];
  /** Whether an event of this type leaves its service. */
  isPublic: (type: string) => boolean;
  /** Tells about appends of other processes; without it they are found by polling. */
  signal?: LogSignal;
  logger?: MessagingLogger;
  /** Most events in a batch; defaults to 500. */
  batchSize?: number;
  /** How often a log is looked at when nothing is heard of it; defaults to 500 ms. */
  pollIntervalMs?: number;
  retryDelaysMs?: readonly number[];
}

/** The carrier without a broker: consumers read the services' own logs in the same database cluster. */
export class PostgresLog implements MessageLog {
  private readonly tails = new Map<string, LogTail>();
  private readonly running = new Set<PostgresLogConsumer>();
  private readonly logger: MessagingLogger;
  private readonly endSignal: () => void;

  constructor(private readonly options: PostgresLogOptions) {
    this.logger = options.logger ?? stderrLogger;
    const bySchema = new Map<string, LogTail>();
    for (const [service, store] of Object.entries(options.logs)) {
      const tail = new LogTail({
        store,
        service,
        topics: options.topics,
        isPublic: options.isPublic,
        logger: this.logger,
        pageSize: options.batchSize ?? 500,
        pollIntervalMs: options.pollIntervalMs ?? 500,
      });
      this.tails.set(service, tail);
      bySchema.set(store.schema, tail);
    }
    this.endSignal = options.signal?.onSignal((schema) => bySchema.get(schema)?.mayHaveGrown()) ?? (() => undefined);
  }

  async start(consumer: Consumer, home: ConsumerHome): Promise<RunningConsumer> {
    const services = new Set(
      consumer.topics.map((topic) => {
        const source = this.options.topics.find((known) => known.topic === topic);
        if (!source) throw new RangeError(`consumer ${consumer.name} asks for an unknown topic: ${topic}`);
        return source.service;
      }),
    );
    const tails = [...services].map((service) => {
      const tail = this.tails.get(service);
      if (!tail) throw new RangeError(`consumer ${consumer.name} needs the log of ${service}, which was not given`);
      return tail;
    });
    const delivery = new Delivery(consumer, home, {
      logger: this.logger,
      retries: 'aside',
      ...(this.options.retryDelaysMs ? { retryDelaysMs: this.options.retryDelaysMs } : {}),
    });
    const running = new PostgresLogConsumer(consumer, tails, delivery, this.logger, () => this.running.delete(running));
    await running.begin();
    this.running.add(running);
    return running;
  }

  async history(consumer: Consumer): Promise<History> {
    const asked = new Set(consumer.topics);
    const services = new Set(this.options.topics.filter(({ topic }) => asked.has(topic)).map(({ service }) => service));
    const { topics, isPublic, logs } = this.options;
    return {
      sources: [...services].map((service) =>
        logHistory(service, logs[service] as EventStore, asked, topics, isPublic),
      ),
      close: async () => undefined,
    };
  }

  async healthy(): Promise<boolean> {
    const pools = new Set(Object.values(this.options.logs).map(({ pool }) => pool));
    const answers = await Promise.allSettled([...pools].map((pool) => pool.query('SELECT 1')));
    return answers.every(({ status }) => status === 'fulfilled');
  }

  async close(): Promise<void> {
    this.endSignal();
    await Promise.all([...this.running].map((consumer) => consumer.stop()));
    for (const tail of this.tails.values()) tail.close();
  }
}

interface Source {
  tail: LogTail;
  name: string;
  /** Everything up to here is handled (or concerns others). */
  position: LogPosition | null;
  incarnation: string | null;
  /** Events passed over since the checkpoint was last written. */
  passedOver: number;
}

interface Waiter {
  targets: Map<Source, LogPosition | null>;
  resolve: (reached: boolean) => void;
}

/** Passing over events of others moves no row; after this many the checkpoint is written all the same. */
const passedOverLimit = 5_000;
const parkedCheckIntervalMs = 250;
/** How often one that stands by looks whether it may go on. */
const standbyIntervalMs = 2_000;
/** What is held is let go within this time at an orderly end, or not at all. */
const letGoLimitMs = 1_000;

class PostgresLogConsumer implements RunningConsumer {
  readonly name: string;
  state: ConsumerState = 'running';
  failure: Error | null = null;
  private readonly topics: ReadonlySet<string>;
  private readonly mostAtOnce: number;
  private readonly sources: readonly Source[];
  private readonly waiters = new Set<Waiter>();
  private woken = false;
  private wakeUp: () => void = () => undefined;
  private stopping = false;
  private endStandby: () => void = () => undefined;
  private readonly unsubscribe: (() => void)[];
  private loop: Promise<void> = Promise.resolve();

  constructor(
    consumer: Consumer,
    tails: readonly LogTail[],
    private readonly delivery: Delivery,
    private readonly logger: MessagingLogger,
    private readonly onEnd: () => void,
  ) {
    this.name = consumer.name;
    this.topics = new Set(consumer.topics);
    this.mostAtOnce = consumer.mostWhileBehind ?? 0;
    this.sources = tails.map((tail) => ({
      tail,
      name: `log:${tail.service}`,
      position: null,
      incarnation: null,
      passedOver: 0,
    }));
    this.unsubscribe = tails.map((tail) => tail.onGrowth(() => this.wake()));
  }

  async begin(): Promise<void> {
    await this.claim();
    this.loop = this.run();
  }

  private async claim(): Promise<void> {
    const positions = await this.delivery.claim(this.sources.map(({ name }) => name));
    for (const source of this.sources) {
      const stored = positions.get(source.name) as { xid: string; gp: string; incarnation: string } | null;
      source.position = stored ? { xid: stored.xid, gp: stored.gp } : null;
      source.incarnation = stored?.incarnation ?? null;
      source.passedOver = 0;
    }
  }

  /** Its tables were rebuilt under it: go on from where they stand. @returns false when a newer instance runs */
  private async goOnFromRebuilt(): Promise<boolean> {
    try {
      for (const { name } of this.sources) if (!(await this.delivery.handedOn(name))) return false;
      await this.claim();
      this.logger.info('tables were rebuilt, going on from there', { consumer: this.name });
    } catch (error) {
      if (!isTransient(error)) throw error;
      // The next batch is refused as well, and asks again.
      await this.idle(500);
    }
    return true;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.state === 'running') this.state = 'stopped';
    this.endStandby();
    this.delivery.stop();
    this.wake();
    await this.loop;
    if (this.state === 'stopped') await this.letGo();
  }

  /** Nobody has to wait for this end when the database is away: whoever starts next takes over without it. */
  private async letGo(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, letGoLimitMs);
    });
    const going = this.delivery.letGo().catch((error: unknown) => {
      this.logger.info('what was held was not let go', { consumer: this.name, error: errorText(error) });
    });
    await Promise.race([going, late]);
    clearTimeout(timer);
  }

  /** A newer instance runs. When that ends in good order this one goes on; else whoever watches over it starts it anew. */
  private async standBy(): Promise<void> {
    this.state = 'fenced';
    this.logger.warn('a newer instance took over', { consumer: this.name });
    for (const waiter of [...this.waiters]) waiter.resolve(false);
    while (!this.stopping) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, standbyIntervalMs);
        this.endStandby = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      if (this.stopping || !(await this.takeBack())) continue;
      // Who was told to stop meanwhile holds everything again, and lets it go.
      this.state = this.stopping ? 'stopped' : 'running';
      this.logger.info('the newer instance has ended, going on', { consumer: this.name });
      return;
    }
  }

  private async takeBack(): Promise<boolean> {
    try {
      if (!(await this.delivery.isLetGo(this.sources.map(({ name }) => name)))) return false;
      await this.claim();
      return true;
    } catch (error) {
      if (!isTransient(error)) throw error;
      return false;
    }
  }

  async settled(timeoutMs: number): Promise<boolean> {
    const targets = new Map<Source, LogPosition | null>();
    let behind = false;
    for (const source of this.sources) {
      const target = await source.tail.target();
      if (hasReached(source.position, target)) continue;
      targets.set(source, target);
      behind = true;
    }
    if (!behind && this.delivery.streamsOnTrial === 0) return true;
    if (this.state !== 'running') return false;
    return new Promise<boolean>((resolve) => {
      const waiter: Waiter = {
        targets,
        resolve: (reached) => {
          clearTimeout(timer);
          this.waiters.delete(waiter);
          resolve(reached);
        },
      };
      const timer = setTimeout(() => waiter.resolve(false), timeoutMs);
      this.waiters.add(waiter);
      this.tellWaiters();
    });
  }

  async lag(): Promise<{ events: number; parkedStreams: number }> {
    const counts = await Promise.all(this.sources.map(({ tail, position }) => tail.countAfter(position)));
    return { events: counts.reduce((sum, count) => sum + count, 0), parkedStreams: this.delivery.parkedStreams };
  }

  private async run(): Promise<void> {
    try {
      let idleRounds = 0;
      while (this.state === 'running') {
        this.woken = false;
        let progressed = false;
        try {
          for (const source of this.sources) {
            if (this.state !== 'running') break;
            progressed = (await this.step(source)) || progressed;
          }
          progressed = (await this.delivery.releaseRequested()) || progressed;
          this.tellWaiters();
        } catch (error) {
          if (error instanceof ConsumerFenced) {
            if (!(await this.goOnFromRebuilt())) await this.standBy();
            continue;
          }
          if (!isTransient(error)) throw error;
          this.logger.warn('reading the log failed, trying again', { consumer: this.name, error: errorText(error) });
          await this.idle(500);
          continue;
        }
        idleRounds = progressed ? 0 : idleRounds + 1;
        if (!progressed) await this.idle(this.waitMs(idleRounds));
      }
    } catch (error) {
      this.end(error);
    } finally {
      for (const unsubscribe of this.unsubscribe) unsubscribe();
      for (const waiter of [...this.waiters]) waiter.resolve(false);
      this.onEnd();
    }
  }

  private end(error: unknown): void {
    if ((error as { code?: unknown }).code !== 'ConsumerStopped') {
      this.state = 'failed';
      this.failure = error instanceof Error ? error : new Error(String(error));
      this.logger.error('consumer ended', { consumer: this.name, error: errorText(error) });
    }
  }

  /** One page of one log, or some while behind. @returns whether there was any */
  private async step(source: Source): Promise<boolean> {
    const { tail } = source;
    let { position, incarnation } = source;
    const batch: DeliveredEvent[] = [];
    let size = 0;
    for (let isBehind = true; isBehind;) {
      const page = await tail.after(position);
      if (incarnation !== null && incarnation !== page.incarnation) {
        throw new LogIncarnationChanged(tail.service, incarnation, page.incarnation);
      }
      incarnation = page.incarnation;
      if (page.size === 0 || page.next === null) break;
      for (const event of page.events) if (this.topics.has(event.topic)) batch.push(event);
      size += page.size;
      position = page.next;
      isBehind = page.size >= tail.pageSize && size + tail.pageSize <= this.mostAtOnce;
    }
    if (size === 0 || position === null) return false;
    source.passedOver += size - batch.length;
    if (batch.length > 0 || source.passedOver >= passedOverLimit) {
      await this.delivery.apply(source.name, batch, { ...position, incarnation });
      source.passedOver = 0;
    }
    source.incarnation = incarnation;
    source.position = position;
    this.tellWaiters();
    return true;
  }

  /** Short while something is written but not yet shown (an older transaction runs), else until woken. */
  private waitMs(idleRounds: number): number {
    const held = this.sources.some(({ tail, position }) => {
      const head = tail.knownHead;
      return head !== null && (position === null || comparePositions(head, position) > 0);
    });
    if (held) return Math.min(1 + idleRounds, 50);
    return Math.min(this.delivery.parkedStreams > 0 ? parkedCheckIntervalMs : 60_000, this.delivery.nextTrialInMs);
  }

  private tellWaiters(): void {
    for (const waiter of [...this.waiters]) {
      for (const [source, target] of waiter.targets) {
        if (hasReached(source.position, target)) waiter.targets.delete(source);
      }
      // What is still tried again has not come to its end.
      if (waiter.targets.size === 0 && this.delivery.streamsOnTrial === 0) waiter.resolve(true);
    }
  }

  private wake(): void {
    this.woken = true;
    this.wakeUp();
  }

  private async idle(ms: number): Promise<void> {
    if (this.woken || this.state !== 'running') return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wakeUp = () => undefined;
  }
}
