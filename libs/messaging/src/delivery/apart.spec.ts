import { describe, expect, it } from '@jest/globals';
import type { DeliveredEvent } from '../types.js';
import { byStream, handleApart, handleUpTo } from './apart.js';

const event = (stream: string, version: number): DeliveredEvent => ({ stream, version }) as DeliveredEvent;
const streams = (count: number, length = 1): DeliveredEvent[][] =>
  Array.from({ length: count }, (_, index) =>
    Array.from({ length }, (__, version) => event(`s-${index}`, version + 1)),
  );

/** Handles all events but the bad ones; keeps what was handled, and how often it was asked. */
function handlerThatRefuses(...bad: string[]) {
  const handled: string[] = [];
  let attempts = 0;
  const attempt = async (events: readonly DeliveredEvent[]): Promise<string | null> => {
    attempts += 1;
    const names = events.map(({ stream, version }) => `${stream}/${version}`);
    const refused = names.find((name) => bad.includes(name));
    if (refused) return `cannot read ${refused}`;
    handled.push(...names);
    return null;
  };
  return { attempt, handled, attempts: () => attempts };
}

describe('handling streams apart', () => {
  it('handles everything at once when nothing is bad', async () => {
    const handler = handlerThatRefuses();
    expect(await handleApart(handler.attempt, streams(100))).toEqual([]);
    expect(handler.attempts()).toBe(1);
    expect(handler.handled).toHaveLength(100);
  });

  it('finds a bad stream among many by halving, and handles all others once', async () => {
    const handler = handlerThatRefuses('s-371/1');
    const failed = await handleApart(handler.attempt, streams(500));
    expect(failed).toEqual([{ events: [event('s-371', 1)], error: 'cannot read s-371/1' }]);
    expect(new Set(handler.handled).size).toBe(499);
    expect(handler.handled).toHaveLength(499);
    expect(handler.attempts()).toBeLessThanOrEqual(20);
  });

  it('handles a bad stream up to its first bad event, in order', async () => {
    const handler = handlerThatRefuses('s-0/6', 's-0/8', 's-2/1');
    const failed = await handleApart(handler.attempt, streams(3, 9));
    expect(failed.map(({ events, error }) => [events[0].stream, events.map(({ version }) => version), error])).toEqual([
      ['s-0', [6, 7, 8, 9], 'cannot read s-0/6'],
      ['s-2', [1, 2, 3, 4, 5, 6, 7, 8, 9], 'cannot read s-2/1'],
    ]);
    expect(handler.handled.filter((name) => name.startsWith('s-0'))).toEqual([1, 2, 3, 4, 5].map((n) => `s-0/${n}`));
    expect(handler.handled.filter((name) => name.startsWith('s-1'))).toHaveLength(9);
  });

  it('says how far a stream was handled; nothing to handle is all of it', async () => {
    const [events] = streams(1, 12) as [DeliveredEvent[]];
    expect(await handleUpTo(handlerThatRefuses('s-0/12').attempt, events)).toMatchObject({ handled: 11 });
    expect(await handleUpTo(handlerThatRefuses('s-0/1').attempt, events)).toMatchObject({ handled: 0 });
    const idle = handlerThatRefuses();
    expect(await handleUpTo(idle.attempt, [])).toEqual({ handled: 0, error: null });
    expect(idle.attempts()).toBe(0);
  });

  it('groups events by stream in their order', () => {
    const mixed = [event('a', 1), event('b', 1), event('a', 2), event('b', 2), event('a', 3)];
    expect(byStream(mixed).map((group) => group.map(({ stream, version }) => `${stream}${version}`))).toEqual([
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
    ]);
  });
});
