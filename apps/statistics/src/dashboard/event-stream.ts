import type { ServerResponse } from 'node:http';
import type { TopicMessage } from './dashboard-topics.js';

export interface EventStreamOptions {
  heartbeatMs?: number;
  /** A client that has not taken what was sent for this long is dropped. */
  stalledAfterMs?: number;
  /** Milliseconds until the token expires; the stream ends then. */
  endsInMs: number;
  /** Id of the last message the client has; that message is not sent again. */
  lastEventId: number | null;
}

const DEFAULT_HEARTBEAT_MS = 15_000;
const DEFAULT_STALLED_AFTER_MS = 20_000;
/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const RETRY_MS = 2_000;

/**
 * One client's server-sent events. Only the newest message waits while the client is slow (conflation), a client that takes
 * nothing is dropped, and the stream ends with the token that opened it.
 */
export class EventStream {
  private lastSentId: number;
  private newest: TopicMessage | undefined;
  private blockedSinceMs: number | undefined;
  private readonly heartbeat: NodeJS.Timeout;
  private readonly expiry: NodeJS.Timeout;
  private isOver = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly options: EventStreamOptions,
    private readonly onEnd: () => void,
  ) {
    this.lastSentId = options.lastEventId ?? -1;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // Reverse proxies would hold the messages back.
      'x-accel-buffering': 'no',
    });
    response.on('close', () => this.over());
    response.on('error', () => this.over());
    response.on('drain', () => this.drained());
    this.heartbeat = setInterval(() => this.beat(), options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS);
    this.expiry = setTimeout(() => this.end('expired'), Math.min(Math.max(0, options.endsInMs), MAX_TIMER_MS));
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
  end(reason: 'expired' | 'closing'): void {
    if (this.isOver) return;
    this.response.end(`event: ${reason}\ndata: {}\n\n`);
    this.over();
  }

  private beat(): void {
    if (this.blockedSinceMs === undefined) {
      this.write(': heartbeat\n\n');
      return;
    }
    const stalledAfterMs = this.options.stalledAfterMs ?? DEFAULT_STALLED_AFTER_MS;
    if (performance.now() - this.blockedSinceMs < stalledAfterMs) return;
    this.response.destroy();
    this.over();
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
    clearInterval(this.heartbeat);
    clearTimeout(this.expiry);
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
