import type { ServerResponse } from 'node:http';
import type { TopicMessage } from './dashboard-topics.js';

export interface EventStreamOptions {
  /** Milliseconds until the token expires; the stream ends then. */
  endsInMs: number;
  /** Id of the last message the client has; that message is not sent again. */
  lastEventId: number | null;
}

export interface EventStreamsOptions {
  heartbeatMs?: number;
  /** A client that has not taken what was sent for this long is dropped. */
  stalledAfterMs?: number;
}

const DEFAULT_HEARTBEAT_MS = 15_000;
const DEFAULT_STALLED_AFTER_MS = 20_000;
const SWEEP_MS = 1_000;
const RETRY_MS = 2_000;
const BEAT = Buffer.from(': heartbeat\n\n');
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  // Reverse proxies would hold the messages back.
  'x-accel-buffering': 'no',
};

/** All open streams of a process. One timer looks after them, however many there are. */
export class EventStreams {
  private readonly streams = new Set<EventStream>();
  private readonly sweep: NodeJS.Timeout;

  constructor(private readonly options: EventStreamsOptions = {}) {
    this.sweep = setInterval(() => {
      const now = performance.now();
      for (const stream of this.streams) stream.lookAfter(now);
    }, SWEEP_MS);
    this.sweep.unref();
  }

  get size(): number {
    return this.streams.size;
  }

  /** Answer a request with a stream. @param onEnd called once, whoever ends it */
  open(response: ServerResponse, options: EventStreamOptions, onEnd: () => void): EventStream {
    const stream = new EventStream(response, { ...this.options, ...options }, () => {
      this.streams.delete(stream);
      onEnd();
    });
    this.streams.add(stream);
    return stream;
  }

  /** End every stream, and look after none any more. */
  close(): void {
    clearInterval(this.sweep);
    for (const stream of [...this.streams]) stream.end('closing');
  }
}

/**
 * One client's server-sent events. What waits for a slow client is what the socket holds and the newest message, which all
 * clients share (conflation); a client that takes nothing is dropped, and the stream ends with the token that opened it.
 */
export class EventStream {
  private lastSentId: number;
  private newest: TopicMessage | undefined;
  private blockedSinceMs: number | undefined;
  private nextBeatMs: number;
  private readonly endsAtMs: number;
  private readonly heartbeatMs: number;
  private readonly stalledAfterMs: number;
  private isOver = false;

  constructor(
    private readonly response: ServerResponse,
    options: EventStreamOptions & EventStreamsOptions,
    private readonly onEnd: () => void,
  ) {
    const now = performance.now();
    this.lastSentId = options.lastEventId ?? -1;
    this.heartbeatMs = options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS;
    this.stalledAfterMs = options.stalledAfterMs ?? DEFAULT_STALLED_AFTER_MS;
    this.nextBeatMs = now + this.heartbeatMs;
    this.endsAtMs = now + Math.max(0, options.endsInMs);
    response.writeHead(200, HEADERS);
    const over = (): void => this.over();
    response.on('close', over);
    response.on('error', over);
    response.on('drain', () => this.drained());
    this.write(`retry: ${RETRY_MS}\n\n`);
  }

  /** Give a message; one that is not newer than the last is passed over. */
  send(message: TopicMessage): void {
    if (this.isOver || message.id <= this.lastSentId) return;
    if (this.blockedSinceMs !== undefined) {
      this.newest = message;
      return;
    }
    this.lastSentId = message.id;
    this.write(message.frame);
  }

  /** End the stream with a last event of this name, so that the client knows why. */
  end(reason: 'expired' | 'ended' | 'closing'): void {
    if (this.isOver) return;
    this.response.end(`event: ${reason}\ndata: {}\n\n`);
    this.over();
  }

  /** End what has expired, drop what is stalled, show a sign of life to the others. @param now of the monotonic clock */
  lookAfter(now: number): void {
    if (this.isOver) return;
    if (now >= this.endsAtMs) {
      this.end('expired');
    } else if (this.blockedSinceMs !== undefined) {
      if (now - this.blockedSinceMs < this.stalledAfterMs) return;
      this.response.destroy();
      this.over();
    } else if (now >= this.nextBeatMs) {
      this.nextBeatMs = now + this.heartbeatMs;
      this.write(BEAT);
    }
  }

  private write(chunk: string | Buffer): void {
    if (this.isOver) return;
    if (!this.response.write(chunk)) this.blockedSinceMs ??= performance.now();
  }

  private drained(): void {
    this.blockedSinceMs = undefined;
    const { newest } = this;
    this.newest = undefined;
    if (newest) this.send(newest);
  }

  private over(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.newest = undefined;
    this.onEnd();
  }
}

/** Milliseconds until a bearer token, already verified, expires; 0 when it does not say. */
export function tokenLifeMs(authorization: string | undefined, now: Date): number {
  const payload = /^Bearer +[^.\s]+\.([^.\s]+)\./i.exec(authorization ?? '')?.[1];
  if (payload === undefined) return 0;
  const { exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown };
  return typeof exp === 'number' ? Math.max(0, exp * 1000 - now.getTime()) : 0;
}

/** The number in a `Last-Event-ID` header; null when there is none, or it is not one of ours. */
export function lastEventIdIn(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d{1,16}$/.test(header) ? Number(header) : null;
}
