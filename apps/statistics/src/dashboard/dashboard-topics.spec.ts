import { afterEach, describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { DashboardTopics } from './dashboard-topics.js';
import type { TopicMessage, TopicSource } from './dashboard-topics.js';

const faults: Error[] = [];
const running: DashboardTopics[] = [];

function topicsOf(options: { minIntervalMs?: number; refreshMs?: number } = {}): DashboardTopics {
  const topics = new DashboardTopics({ ...options, firstId: 1_000, onFault: (error) => faults.push(error) });
  running.push(topics);
  return topics;
}

afterEach(() => {
  faults.length = 0;
  for (const topics of running.splice(0)) topics.stop();
});

/** A source whose picture is a number that the test sets. */
class NumberSource implements TopicSource {
  value = 0;
  computed = 0;
  failure: Error | undefined;
  constructor(private readonly units: readonly string[] | null) {}
  async compute() {
    this.computed += 1;
    if (this.failure) throw this.failure;
    await delay(1);
    return {
      body: JSON.stringify({ value: this.value, computed: this.computed }),
      meaning: String(this.value),
      units: this.units,
    };
  }
}

const valueOf = ({ frame }: TopicMessage): number =>
  (JSON.parse(/data: (.*)\n/.exec(frame.toString())![1]!) as { value: number }).value;

describe('a topic of dashboards', () => {
  it('is computed and encoded once for all who follow it', async () => {
    const topics = topicsOf();
    const source = new NumberSource(['PC-80']);
    const got: TopicMessage[][] = [[], [], []];
    const first = await Promise.all(
      got.map((messages) => topics.follow('a', source, (message) => messages.push(message))),
    );
    expect(source.computed).toBe(1);
    source.value = 7;
    topics.changed(['PC-80']);
    await delay(400);
    expect(source.computed).toBe(2);
    const last = got.map((messages) => messages.at(-1)!);
    expect(last.map(valueOf)).toEqual([7, 7, 7]);
    expect(new Set(last.map(({ frame }) => frame)).size).toBe(1);
    expect(last[0]!.id).toBeGreaterThan(first[0]!.message.id);
    expect(last[0]!.frame.toString()).toMatch(/^id: \d+\nevent: dashboard\ndata: .+\n\n$/);
  });

  it('gives at most five messages a second, the newest of those that came together', async () => {
    const topics = topicsOf();
    const source = new NumberSource(null);
    const messages: TopicMessage[] = [];
    await topics.follow('a', source, (message) => messages.push(message));
    for (let value = 1; value <= 100; value += 1) {
      source.value = value;
      topics.changed(['PC-80']);
      await delay(10);
    }
    await delay(300);
    expect(messages.length).toBeGreaterThanOrEqual(4);
    expect(messages.length).toBeLessThanOrEqual(9);
    expect(valueOf(messages.at(-1)!)).toBe(100);
  });

  it('does not move for changes of units that it does not show, nor speak when nothing it shows changed', async () => {
    const topics = topicsOf({ minIntervalMs: 1 });
    const source = new NumberSource(['PC-80', 'PC-80-25459']);
    const messages: TopicMessage[] = [];
    await topics.follow('a', source, (message) => messages.push(message));
    topics.changed(['PC-49']);
    await delay(50);
    expect(source.computed).toBe(1);
    topics.changed(['PC-80-25459']);
    await delay(50);
    expect(source.computed).toBe(2);
    expect(messages).toHaveLength(1);
  });

  it('is computed again without any change, because deadlines pass by themselves', async () => {
    const topics = topicsOf({ minIntervalMs: 1, refreshMs: 30 });
    const source = new NumberSource(null);
    await topics.follow('a', source, () => undefined);
    await delay(200);
    expect(source.computed).toBeGreaterThan(2);
  });

  it('misses nothing that changes while it is computed', async () => {
    const topics = topicsOf({ minIntervalMs: 1 });
    const source = new NumberSource(null);
    const messages: TopicMessage[] = [];
    const following = topics.follow('a', source, (message) => messages.push(message));
    source.value = 3;
    topics.changed(['*']);
    await following;
    await delay(50);
    expect(valueOf(messages.at(-1)!)).toBe(3);
  });

  it('is computed exactly once more for all changes that come while it is computed, and never ends on an old value', async () => {
    const topics = topicsOf({ minIntervalMs: 0 });
    let value = 0;
    const begun: { seen: number; end: () => void }[] = [];
    let tellBegun: () => void = () => undefined;
    const nextBegun = (): Promise<void> => new Promise((resolve) => (tellBegun = resolve));
    const source: TopicSource = {
      // Sees what is there when it begins, as a snapshot does, and ends when the test says so.
      compute: () => {
        const seen = value;
        return new Promise((resolve) => {
          const end = (): void =>
            resolve({ body: JSON.stringify({ value: seen }), meaning: String(seen), units: null });
          begun.push({ seen, end });
          tellBegun();
        });
      },
    };
    const messages: TopicMessage[] = [];
    const first = nextBegun();
    const following = topics.follow('a', source, (message) => messages.push(message));
    await first;
    begun.at(-1)!.end();
    await following;
    // Twenty a second for as long as ten computations take: none starves the topic, none is computed by itself.
    for (let round = 1; round <= 10; round += 1) {
      const next = nextBegun();
      topics.changed(['PC-80']);
      await next;
      for (let change = 0; change < 20; change += 1) {
        value += 1;
        topics.changed(['PC-80']);
      }
      expect(begun).toHaveLength(2 * round);
      const further = nextBegun();
      begun.at(-1)!.end();
      await further;
      expect(begun).toHaveLength(2 * round + 1);
      expect(begun.at(-1)!.seen).toBe(value);
      const told = messages.length;
      begun.at(-1)!.end();
      while (messages.length === told) await new Promise((resolve) => setImmediate(resolve));
      expect(valueOf(messages.at(-1)!)).toBe(value);
    }
    expect(begun).toHaveLength(21);
  });

  it('refuses who cannot be shown anything, and forgets the topic', async () => {
    const topics = topicsOf();
    const source = new NumberSource(null);
    source.failure = new Error('no database');
    await expect(topics.follow('a', source, () => undefined)).rejects.toThrow('no database');
    expect(topics.size).toBe(0);
    source.failure = undefined;
    expect(valueOf((await topics.follow('a', source, () => undefined)).message)).toBe(0);
  });

  it('tells of a fault, and goes on when it has passed', async () => {
    const topics = topicsOf({ minIntervalMs: 1 });
    const source = new NumberSource(null);
    const messages: TopicMessage[] = [];
    await topics.follow('a', source, (message) => messages.push(message));
    source.failure = new Error('no database');
    source.value = 5;
    topics.changed(['*']);
    await delay(50);
    expect(faults).toHaveLength(1);
    source.failure = undefined;
    await delay(1_200);
    expect(valueOf(messages.at(-1)!)).toBe(5);
  });

  it('ends with its last follower', async () => {
    const topics = topicsOf({ minIntervalMs: 1 });
    const source = new NumberSource(null);
    const { end } = await topics.follow('a', source, () => undefined);
    end();
    expect(topics.size).toBe(0);
    topics.changed(['*']);
    await delay(30);
    expect(source.computed).toBe(1);
  });
});
