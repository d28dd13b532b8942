import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { EventStreams, lastEventIdIn, tokenLifeMs } from './event-stream.js';
import type { EventStream, EventStreamOptions, EventStreamsOptions } from './event-stream.js';

/** A response whose client takes, or does not take, what is written. */
class Client extends EventEmitter {
  written = '';
  takes = true;
  isDestroyed = false;
  hasEnded = false;
  headers: Record<string, string> = {};
  writeHead(_status: number, headers: Record<string, string>): void {
    this.headers = headers;
  }
  write(chunk: string | Buffer): boolean {
    this.written += chunk.toString();
    return this.takes;
  }
  end(chunk: string): void {
    this.written += chunk;
    this.hasEnded = true;
  }
  destroy(): void {
    this.isDestroyed = true;
  }
}

const message = (id: number) => ({ id, frame: Buffer.from(`id: ${id}\n\n`) });

let client: Client;
let ended: number;

let streams: EventStreams;

function open(options: Partial<EventStreamOptions> & EventStreamsOptions = {}): EventStream {
  const response = client as unknown as ServerResponse;
  streams = new EventStreams(options);
  return streams.open(response, { endsInMs: 3_600_000, lastEventId: null, ...options }, () => (ended += 1));
}

beforeEach(() => {
  jest.useFakeTimers();
  client = new Client();
  ended = 0;
});

afterEach(() => {
  jest.useRealTimers();
});

describe("one client's stream", () => {
  it('sends each message once, and none that the client has', () => {
    const stream = open({ lastEventId: 5 });
    stream.send(message(5));
    stream.send(message(6));
    stream.send(message(6));
    expect(client.written).toBe('retry: 2000\n\nid: 6\n\n');
    expect(client.headers['content-type']).toMatch(/^text\/event-stream/);
  });

  it('keeps only the newest message for a slow client', () => {
    const stream = open();
    client.takes = false;
    stream.send(message(1));
    for (const id of [2, 3, 4]) stream.send(message(id));
    client.takes = true;
    client.emit('drain');
    expect(client.written).toBe('retry: 2000\n\nid: 1\n\nid: 4\n\n');
  });

  it('drops a client that takes nothing any more', () => {
    const stream = open({ heartbeatMs: 1_000, stalledAfterMs: 3_000 });
    client.takes = false;
    stream.send(message(1));
    jest.advanceTimersByTime(2_000);
    expect(client.isDestroyed).toBe(false);
    jest.advanceTimersByTime(2_000);
    expect(client.isDestroyed).toBe(true);
    expect(ended).toBe(1);
  });

  it('shows a sign of life', () => {
    open();
    jest.advanceTimersByTime(31_000);
    expect(client.written.match(/: heartbeat/g)).toHaveLength(2);
  });

  it('ends with the token that opened it, and says so', () => {
    const stream = open({ endsInMs: 10_000 });
    jest.advanceTimersByTime(10_000);
    expect(client.written).toMatch(/event: expired\ndata: {}\n\n$/);
    expect(client.hasEnded).toBe(true);
    stream.send(message(9));
    expect(client.written).not.toContain('id: 9');
    expect(ended).toBe(1);
  });

  it('is forgotten when the client goes', () => {
    open();
    expect(streams.size).toBe(1);
    client.emit('close');
    expect(ended).toBe(1);
    expect(streams.size).toBe(0);
  });

  it('is looked after by one timer however many there are, and told when all are closed', () => {
    open();
    const others = Array.from({ length: 50 }, () => new Client());
    for (const other of others) {
      streams.open(other as unknown as ServerResponse, { endsInMs: 3_600_000, lastEventId: null }, () => undefined);
    }
    expect(jest.getTimerCount()).toBe(1);
    streams.close();
    expect(others.every(({ hasEnded, written }) => hasEnded && written.endsWith('event: closing\ndata: {}\n\n'))).toBe(
      true,
    );
    expect(jest.getTimerCount()).toBe(0);
    expect(streams.size).toBe(0);
  });
});

describe('the life of a token', () => {
  const token = (claims: object): string =>
    `Bearer e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
  const now = new Date('2026-11-21T08:00:00Z');

  it('is read from its expiry', () => {
    expect(tokenLifeMs(token({ exp: now.getTime() / 1000 + 60 }), now)).toBe(60_000);
    expect(tokenLifeMs(token({ exp: now.getTime() / 1000 - 60 }), now)).toBe(0);
    expect(tokenLifeMs(token({}), now)).toBe(0);
    expect(tokenLifeMs(undefined, now)).toBe(0);
  });

  it('goes with an event id that is ours', () => {
    expect(lastEventIdIn('1700000000000001')).toBe(1_700_000_000_000_001);
    expect(lastEventIdIn('abc')).toBeNull();
    expect(lastEventIdIn(undefined)).toBeNull();
  });
});
