import { comparePositions, type EventStore, isTransient, type LogPosition } from '@app/event-store';
import { errorText } from '../logger.js';
import { topicFinder } from '../topics.js';
import type { DeliveredEvent, MessagingLogger, TopicSource } from '../types.js';

export interface TailPage {
  /** Events of topics, private ones left out. Shared between consumers: not to be changed. */
  events: readonly DeliveredEvent[];
  /** Place after the page, also when all of it was left out. */
  next: LogPosition | null;
  incarnation: string;
  /** How many events were read, those left out included. */
  size: number;
}

export interface LogTailOptions {
  store: EventStore;
  service: string;
  topics: readonly TopicSource[];
  isPublic: (type: string) => boolean;
  logger: MessagingLogger;
  pageSize: number;
  pollIntervalMs: number;
}

// In a bulk import the slowest consumer lags some ten thousand events: within this many it still shares the others' reads.
const pagesKept = 24;

/**
 * Reads one service's log for all consumers of this process. Consumers that stand at the same place share one query
 * and one parse: a page behind the gate never changes. Wakes them when the log grows.
 */
export class LogTail {
  readonly service: string;
  private readonly pages = new Map<string, Promise<TailPage>>();
  private readonly topicOf: (stream: string) => string | undefined;
  private readonly wakers = new Set<() => void>();
  private readonly unsubscribe: () => void;
  private polledHead: LogPosition | null = null;
  private poll: NodeJS.Timeout | null = null;
  private closed = false;
  /** Told of growth that has not been looked for yet, and whether somebody looks now. */
  private isTold = false;
  private looking = false;

  constructor(private readonly options: LogTailOptions) {
    this.service = options.service;
    this.topicOf = topicFinder(options.topics, options.service);
    this.unsubscribe = options.store.onAppended(() => this.wake());
    this.schedulePoll();
  }

  /** A page of events after a place; empty when there is none yet that may be shown. */
  async after(position: LogPosition | null): Promise<TailPage> {
    const key = position ? `${position.xid}.${position.gp}` : 'start';
    const kept = this.pages.get(key);
    if (kept) return kept;
    const page = this.read(position);
    this.pages.set(key, page);
    const oldest = this.pages.keys().next().value;
    if (this.pages.size > pagesKept && oldest !== undefined) this.pages.delete(oldest);
    try {
      const result = await page;
      if (result.size === 0) this.pages.delete(key);
      return result;
    } catch (error) {
      this.pages.delete(key);
      throw error;
    }
  }

  /** The furthest place known to be written: by this process, or seen by the last look. */
  get knownHead(): LogPosition | null {
    const own = this.options.store.lastAppended;
    const polled = this.polledHead;
    if (!own || !polled) return own ?? polled;
    return comparePositions(own, polled) >= 0 ? own : polled;
  }

  /** A page of fewer events was the last there is for now. */
  get pageSize(): number {
    return this.options.pageSize;
  }

  /** Where a reader must come to have everything that is there now. */
  async target(): Promise<LogPosition | null> {
    return this.options.store.lastAppended ?? (await this.options.store.head());
  }

  countAfter(position: LogPosition | null): Promise<number> {
    return this.options.store.countAfter(position);
  }

  /** Be woken when the log may have grown. Returns what ends it. */
  onGrowth(waker: () => void): () => void {
    this.wakers.add(waker);
    // What an older transaction holds back while a reader takes its first look would be told to nobody again.
    if (this.polledHead === null) this.mayHaveGrown();
    return () => this.wakers.delete(waker);
  }

  /**
   * Another process said that it may have appended. How far is asked of the log before anybody is woken: what an older
   * transaction still holds back (a reader's own among them) shows to none of them yet, and they have to know that it is
   * there to look again soon.
   */
  mayHaveGrown(): void {
    this.isTold = true;
    if (!this.looking) void this.lookWhileTold();
  }

  private wake(): void {
    for (const waker of this.wakers) waker();
  }

  /** One look at a time, so that an older answer never comes after a newer one. */
  private async lookWhileTold(): Promise<void> {
    this.looking = true;
    while (this.isTold && !this.closed) {
      this.isTold = false;
      try {
        const head = await this.options.store.head();
        const moved = head && (!this.polledHead || comparePositions(head, this.polledHead) > 0);
        this.polledHead = head;
        if (moved) this.wake();
      } catch (error) {
        if (this.closed) break;
        const level = isTransient(error) ? 'warn' : 'error';
        this.options.logger[level]('looking at a log failed', { service: this.service, error: errorText(error) });
        // They look for themselves.
        this.wake();
      }
    }
    this.looking = false;
  }

  close(): void {
    this.closed = true;
    this.unsubscribe();
    if (this.poll) clearTimeout(this.poll);
    this.isTold = false;
    this.pages.clear();
  }

  private async read(position: LogPosition | null): Promise<TailPage> {
    const { events, next, incarnation } = await this.options.store.read(position, this.options.pageSize);
    const delivered: DeliveredEvent[] = [];
    for (const event of events) {
      const topic = this.topicOf(event.stream);
      if (topic !== undefined && this.options.isPublic(event.type)) delivered.push({ ...event, topic });
    }
    return { events: delivered, next, incarnation, size: events.length };
  }

  /** The fallback: growth by another process whose signal was lost, or that sends none. */
  private schedulePoll(): void {
    this.poll = setTimeout(() => {
      this.mayHaveGrown();
      this.schedulePoll();
    }, this.options.pollIntervalMs);
    this.poll.unref();
  }
}
