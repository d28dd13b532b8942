import { setTimeout as delay } from 'node:timers/promises';

/** A message of a topic, encoded once for all who follow it. */
export interface TopicMessage {
  /** Increases with every message of this process, and across its restarts. */
  id: number;
  frame: Buffer;
}

/** Who follows a topic; told of each new message. */
export type Follower = (message: TopicMessage) => void;

/** Computes a topic: `body` is what is shown, `meaning` the part of it whose change is worth a message. */
export interface TopicSource {
  compute(): Promise<{ body: string; meaning: string; units: readonly string[] | null }>;
}

export interface TopicOptions {
  /** Shortest time between two messages of a topic, milliseconds. */
  minIntervalMs?: number;
  /** Without any change a topic is computed again after this time: deadlines pass by themselves. */
  refreshMs?: number;
  /** How many topics are computed at a time. */
  concurrency?: number;
  onFault: (error: Error) => void;
  /** First id; later ids count up from it. */
  firstId: number;
}

interface Topic {
  source: TopicSource;
  followers: Set<Follower>;
  /** Units whose changes concern it; null = all. Undefined until first computed. */
  units: ReadonlySet<string> | null | undefined;
  message: TopicMessage | undefined;
  meaning: string;
  isStale: boolean;
  /** The first computation, which everybody who waits for it shares, its failure included. */
  first: Promise<void> | undefined;
  isKeepingUp: boolean;
  startedAtMs: number;
}

const DEFAULT_MIN_INTERVAL_MS = 200;
const DEFAULT_REFRESH_MS = 60_000;
const DEFAULT_CONCURRENCY = 2;
const EVENT_NAME = 'dashboard';
/** After a fault a topic is tried again no sooner than this. */
const FAULT_PAUSE_MS = 1_000;

/**
 * Dashboards by topic. A topic is a scope, a unit and a period: however many people look at it, it is computed and encoded
 * once. Changes that come faster than `minIntervalMs`, or than a topic can be computed, are conflated: the newest wins.
 */
export class DashboardTopics {
  private readonly topics = new Map<string, Topic>();
  private readonly minIntervalMs: number;
  private readonly refresh: NodeJS.Timeout;
  private readonly stopping = new AbortController();
  private readonly waiting: (() => void)[] = [];
  private freeSlots: number;
  private lastId: number;

  constructor(private readonly options: TopicOptions) {
    this.minIntervalMs = options.minIntervalMs ?? DEFAULT_MIN_INTERVAL_MS;
    this.freeSlots = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.lastId = options.firstId;
    this.refresh = setInterval(() => this.changed(['*']), options.refreshMs ?? DEFAULT_REFRESH_MS);
    this.refresh.unref();
  }

  /** How many topics are followed. */
  get size(): number {
    return this.topics.size;
  }

  /**
   * Follow a topic. Its newest message is given at once; a topic that nobody followed is computed first.
   * @returns the newest message, and how to end
   * @throws what `source.compute` throws, when there is nothing to show yet
   */
  async follow(
    key: string,
    source: TopicSource,
    follower: Follower,
  ): Promise<{ message: TopicMessage; end: () => void }> {
    let topic = this.topics.get(key);
    if (!topic) {
      topic = {
        source,
        followers: new Set(),
        units: undefined,
        message: undefined,
        meaning: '',
        isStale: true,
        first: undefined,
        isKeepingUp: false,
        startedAtMs: -Infinity,
      };
      this.topics.set(key, topic);
    }
    const followed = topic;
    const end = (): void => {
      followed.followers.delete(follower);
      if (followed.followers.size === 0 && this.topics.get(key) === followed) this.topics.delete(key);
    };
    followed.followers.add(follower);
    try {
      if (!followed.message) await this.computeFirst(followed);
    } catch (error) {
      end();
      throw error;
    }
    // What came while waiting was already given to the follower; giving the newest again is harmless.
    return { message: followed.message!, end };
  }

  /** Facts of these units changed (`*` = any): topics that show them are computed again, at once or when it is their turn. */
  changed(units: readonly string[]): void {
    const isAny = units.includes('*');
    for (const topic of this.topics.values()) {
      const { units: shown } = topic;
      if (!isAny && shown && !units.some((unit) => shown.has(unit))) continue;
      topic.isStale = true;
      if (!topic.first) void this.keepUp(topic);
    }
  }

  stop(): void {
    clearInterval(this.refresh);
    this.stopping.abort();
    this.topics.clear();
  }

  /** Compute until nothing has changed meanwhile, never more often than the pace allows. Never rejects. */
  private async keepUp(topic: Topic): Promise<void> {
    if (topic.isKeepingUp) return;
    topic.isKeepingUp = true;
    while (topic.isStale && topic.followers.size > 0 && !this.stopping.signal.aborted) {
      const pauseMs = this.minIntervalMs - (performance.now() - topic.startedAtMs);
      if (pauseMs > 0) await this.pause(pauseMs);
      if (this.stopping.signal.aborted) break;
      try {
        await this.compute(topic);
      } catch (error) {
        topic.isStale = true;
        this.options.onFault(error as Error);
        await this.pause(FAULT_PAUSE_MS);
      }
    }
    topic.isKeepingUp = false;
  }

  private computeFirst(topic: Topic): Promise<void> {
    topic.first ??= this.compute(topic).finally(() => {
      topic.first = undefined;
      if (topic.isStale) void this.keepUp(topic);
    });
    return topic.first;
  }

  private async compute(topic: Topic): Promise<void> {
    await this.slot();
    topic.isStale = false;
    topic.startedAtMs = performance.now();
    try {
      const { body, meaning, units } = await topic.source.compute();
      topic.units = units === null ? null : new Set(units);
      if (topic.message && topic.meaning === meaning) return;
      topic.meaning = meaning;
      this.lastId += 1;
      const frame = Buffer.from(`id: ${this.lastId}\nevent: ${EVENT_NAME}\ndata: ${body}\n\n`);
      topic.message = { id: this.lastId, frame };
      for (const follower of topic.followers) follower(topic.message);
    } finally {
      this.freeSlots += 1;
      this.waiting.shift()?.();
    }
  }

  private async slot(): Promise<void> {
    while (this.freeSlots === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.freeSlots -= 1;
  }

  /** Wait, or return early when the topics are stopping. */
  private async pause(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.stopping.signal, ref: false });
    } catch (error) {
      if (!this.stopping.signal.aborted) throw error;
    }
  }
}
