import { describe, expect, it } from '@jest/globals';
import { decodeHistogram, encodeHistogram, figuresOf, newHistogram, recordMs } from './latency.js';
import { closedLoop, openLoop } from './load.js';
import { logNormalSizes, randomFrom, seedOf, textOf, zipf } from './random.js';

/** Time that passes only when somebody waits for it, or when an operation takes some. */
function virtualTime() {
  let now = 0;
  return {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
    },
    spend: (ms: number) => {
      now += ms;
    },
  };
}

describe('an open loop', () => {
  it('measures a stall from when each should have been asked, not from when it could be', async () => {
    const clock = virtualTime();
    // 100 a second; the first takes a second during which nothing else can begin.
    const round = await openLoop({
      rate: 100,
      seconds: 1,
      clock,
      operation: async (turn) => {
        if (turn === 0) clock.spend(1000);
      },
    });
    const figures = figuresOf(round.latency!);
    expect(round.ops).toBe(100);
    // Those who would have asked during the stall waited for its rest: half a second in the middle, all but one.
    expect(figures.p50).toBeGreaterThan(450_000);
    expect(figures.p90).toBeGreaterThan(850_000);
    expect(round.openLoopRate).toBe(100);
  });

  it('does not wait for answers before it asks again', async () => {
    const clock = virtualTime();
    const held: (() => void)[] = [];
    let most = 0;
    const round = openLoop({
      rate: 10,
      seconds: 1,
      clock,
      operation: () =>
        new Promise<void>((resolve) => {
          held.push(resolve);
          most = Math.max(most, held.length);
          if (held.length === 10) for (const answer of held.splice(0)) answer();
        }),
    });
    expect((await round).ops).toBe(10);
    expect(most).toBe(10);
  });

  it('counts as errors what failed and what could not be begun', async () => {
    const clock = virtualTime();
    const failing = await openLoop({ rate: 10, seconds: 1, clock, operation: () => Promise.reject(new Error('no')) });
    expect(failing).toMatchObject({ ops: 0, errors: 10 });
    const held: (() => void)[] = [];
    const stuck = openLoop({
      rate: 10,
      seconds: 1,
      clock,
      most: 4,
      operation: () =>
        new Promise<void>((resolve) => {
          held.push(resolve);
          if (held.length === 4) setImmediate(() => held.forEach((answer) => answer()));
        }),
    });
    expect(await stuck).toMatchObject({ ops: 4, errors: 6 });
  });
});

describe('a closed loop', () => {
  it('counts what was done and what failed, and gives a latency for each that was done', async () => {
    let asked = 0;
    const round = await closedLoop({
      workers: 4,
      seconds: 0.05,
      operation: async () => {
        asked += 1;
        const own = asked;
        await new Promise((resolve) => setImmediate(resolve));
        if (own % 10 === 0) throw new Error('one in ten');
      },
    });
    expect(round.ops + (round.errors ?? 0)).toBe(asked);
    expect(round.errors).toBe(Math.floor(asked / 10));
    expect(round.latency!.totalCount).toBe(round.ops);
  });

  it('throws when nothing at all could be done', async () => {
    const dead = closedLoop({ workers: 2, seconds: 0.02, operation: () => Promise.reject(new Error('refused')) });
    await expect(dead).rejects.toThrow('refused');
  });
});

describe('a histogram', () => {
  it('comes whole from another process', () => {
    const histogram = newHistogram();
    for (let ms = 1; ms <= 1000; ms += 1) recordMs(histogram, ms);
    const copy = decodeHistogram(encodeHistogram(histogram));
    const { max, ...percentiles } = figuresOf(copy);
    expect(figuresOf(histogram)).toMatchObject(percentiles);
    expect(copy.totalCount).toBe(1000);
    expect(percentiles.p50 / 500_000).toBeCloseTo(1, 2);
    // Exact to three digits, as everything in it.
    expect(max / 1_000_000).toBeCloseTo(1, 3);
  });
});

describe('random', () => {
  it('is the same for the same seed and another for another part', () => {
    const take = (seed: number) => Array.from({ length: 5 }, randomFrom(seed).next);
    expect(take(7)).toEqual(take(7));
    expect(seedOf(42, 'B1', 1)).toBe(seedOf(42, 'B1', 1));
    expect(new Set([seedOf(42, 'B1', 1), seedOf(42, 'B1', 2), seedOf(43, 'B1', 1), seedOf(42, 'B2', 1)]).size).toBe(4);
  });

  it('draws units by Zipf: the first about 2^1.1 times as often as the second, all of them sometimes', () => {
    const draw = zipf(20, randomFrom(1));
    const counts = new Array<number>(20).fill(0);
    for (let i = 0; i < 100_000; i += 1) counts[draw()]! += 1;
    expect(counts[0]! / counts[1]!).toBeGreaterThan(2);
    expect(counts[0]! / counts[1]!).toBeLessThan(2.3);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('draws sizes around a median of 1 kB, most between 256 B and 4 kB', () => {
    const size = logNormalSizes(randomFrom(2));
    const sizes = Array.from({ length: 10_000 }, size).sort((a, b) => a - b);
    expect(sizes[5_000]! / 1024).toBeCloseTo(1, 1);
    const within = sizes.filter((bytes) => bytes >= 256 && bytes <= 4096).length / sizes.length;
    expect(within).toBeGreaterThan(0.8);
    expect(Math.abs(Buffer.byteLength(textOf(1000, randomFrom(3))) - 1000)).toBeLessThan(20);
  });
});
