import { describe, expect, it } from '@jest/globals';
import { compareRuns } from './compare.js';
import { judge, readGates, wordsOfGate, type Gate } from './gates.js';
import { parseCpuTicks, stealBetween } from './machine.js';
import { compareWith, pointsOf } from './points.js';
import { voidedBecause } from './results.js';
import { median, pairwise, spread, STEADY } from './statistics.js';
import { lineOf, roundsOf } from './testing.js';

const rounds = (...rates: number[]) => new Map(rates.map((rate, i) => [i + 1, rate]));

describe('ratios', () => {
  it('are taken round by round and then the middle: a machine that slows for a while slows both', () => {
    // Ours is always 0.9 of the floor, whatever the machine does; the ratio of the medians would say 1.8.
    const span = pairwise(rounds(90, 180, 45, 900, 180), rounds(100, 200, 50, 1000, 100));
    expect(span).toEqual({ median: 0.9, min: 0.9, max: 1.8 });
  });

  it('leave out a round that one of the two lacks', () => {
    expect(pairwise(rounds(10, 20), new Map([[2, 10]]))).toEqual({ median: 2, min: 2, max: 2 });
    expect(pairwise(rounds(10), new Map())).toBeNull();
  });

  it('can be differences, for what one adds to the other', () => {
    expect(pairwise(rounds(3, 4, 5), rounds(2, 2, 2), 'difference')).toEqual({ median: 2, min: 1, max: 3 });
  });

  it('have a middle for even and odd counts, and none for none', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    expect(median([])).toBeNaN();
  });
});

describe('the spread of a floor', () => {
  it('is its greatest over its least', () => {
    expect(spread([100, 150, 120])).toBe(1.5);
    expect(spread([100, 161])).toBeGreaterThan(STEADY);
  });

  it('is endless when a round gave nothing', () => {
    expect(spread([100, 0])).toBe(Number.POSITIVE_INFINITY);
    expect(spread([])).toBe(Number.POSITIVE_INFINITY);
    expect(spread([Number.NaN, 1])).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('gates', () => {
  const gate: Gate = { id: 'B1', where: { c: 32 }, against: 'floor', metric: 'rate', min: 0.8 };
  const verdicts = (lines: ReturnType<typeof roundsOf>, gates = [gate]) =>
    judge(gates, pointsOf(lines)).map(({ verdict }) => verdict);

  it('are met by the median, not by the best round', () => {
    expect(verdicts(roundsOf([80, 81, 90, 79, 85], [100, 100, 100, 100, 100]))).toEqual(['met']);
    expect(verdicts(roundsOf([79, 79, 79, 120, 120], [100, 100, 100, 100, 100]))).toEqual(['missed']);
  });

  it('turn round for figures that are better low', () => {
    const low: Gate = { id: 'B1', against: 'floor', metric: 'secs', by: 'difference', max: 1.5 };
    const with_ = (secs: number) => [
      lineOf({ variant: 'floor', rep: 1, rate: 1, secs: 1 }),
      lineOf({ variant: 'ours', rep: 1, rate: 1, secs }),
    ];
    expect(verdicts(with_(2.4), [low])).toEqual(['met']);
    expect(verdicts(with_(2.6), [low])).toEqual(['missed']);
  });

  it('find a peer by its name without version', () => {
    const peer: Gate = { id: 'B1', against: 'peer:emmett', metric: 'rate', min: 5 };
    expect(verdicts(roundsOf([600], [100], 'peer:emmett@0.42.0'), [peer])).toEqual(['met']);
    expect(verdicts(roundsOf([600], [100], 'peer:other@1.0.0'), [peer])).toEqual(['not measured']);
  });

  it('say nothing of a workload that was not run, and "not measured" of a point that was left out', () => {
    expect(verdicts(roundsOf([1], [1]), [{ ...gate, id: 'B9' }])).toEqual([]);
    expect(verdicts(roundsOf([1], [1]), [{ ...gate, where: { c: 1 } }])).toEqual(['not measured']);
  });

  it('are void when a check failed or operations failed, in ours or in what it is compared with', () => {
    const good = roundsOf([100, 100], [100, 100]);
    const broken = (index: number, fault: object) =>
      good.map((line, i) => (i === index ? { ...line, ...fault } : line));
    expect(verdicts(good)).toEqual(['met']);
    expect(verdicts(broken(0, { check: { ok: false } }))).toEqual(['void']);
    expect(verdicts(broken(3, { check: { ok: false } }))).toEqual(['void']);
    expect(verdicts(broken(3, { errors: 1 }))).toEqual(['void']);
    expect(voidedBecause(lineOf({ variant: 'ours', rep: 1, rate: 1, errors: 2 }))).toBe('2 errors');
  });

  it('are refused with an unsteady floor, however good the ratio', () => {
    const lines = roundsOf([900, 900], [100, 200]).map((line) => ({ ...line, refused: 'unsteady floor' }));
    expect(verdicts(lines)).toEqual(['refused']);
    expect(compareWith(pointsOf(lines)[0]!, 'floor', 'rate', 'ratio').kind).toBe('refused');
  });

  it('of the file are all readable and bounded', () => {
    const gates = readGates();
    expect(gates.length).toBeGreaterThan(20);
    for (const one of gates) expect(wordsOfGate(one)).toMatch(/[≤≥]/);
  });
});

describe('points', () => {
  it('measured in several runs: the last one counts', () => {
    const old = roundsOf([50], [100]);
    const later = roundsOf([90], [100]).map((line) => ({
      ...line,
      env: { ...line.env, at: '2026-11-21T01:00:00.000Z' },
    }));
    for (const lines of [
      [...old, ...later],
      [...later, ...old],
    ]) {
      const points = pointsOf(lines);
      expect(points).toHaveLength(1);
      expect(compareWith(points[0]!, 'floor', 'rate', 'ratio')).toEqual({
        kind: 'span',
        span: { median: 0.9, min: 0.9, max: 0.9 },
      });
    }
  });

  it('stand in the order of their numbers', () => {
    const points = pointsOf(['B10', 'B2', 'clock'].map((id) => lineOf({ id, variant: 'ours', rep: 1, rate: 1 })));
    expect(points.map(({ id }) => id)).toEqual(['clock', 'B2', 'B10']);
  });
});

describe('comparing two runs', () => {
  const failures = (before: number[], after: number[]) =>
    compareRuns(pointsOf(roundsOf(before, [100, 100, 100])), pointsOf(roundsOf(after, [100, 100, 100]))).map(
      ({ isFailure }) => isFailure,
    );

  it('fails on a median worse by more than a tenth when the ranges do not touch', () => {
    expect(failures([90, 91, 92], [80, 81, 82])).toEqual([true]);
  });

  it('lets pass what may be noise: a smaller drop, or ranges that overlap', () => {
    expect(failures([90, 91, 92], [83, 84, 85])).toEqual([false]);
    expect(failures([80, 91, 92], [70, 71, 81])).toEqual([false]);
    expect(failures([90, 91, 92], [120, 121, 122])).toEqual([false]);
  });

  it('compares only what both have measured, under the same name', () => {
    const before = pointsOf(roundsOf([90], [100]));
    expect(compareRuns(before, pointsOf(roundsOf([90], [100]).map((line) => ({ ...line, params: { c: 1 } }))))).toEqual(
      [],
    );
  });

  it('knows that times are better low', () => {
    const timed = (secs: number) =>
      pointsOf([
        lineOf({ variant: 'floor', rep: 1, rate: 1, secs: 1, metric: 'secs' }),
        lineOf({ variant: 'ours', rep: 1, rate: 1, secs, metric: 'secs' }),
      ]);
    expect(compareRuns(timed(1), timed(2))[0]).toMatchObject({ drop: 1, isFailure: true });
    expect(compareRuns(timed(2), timed(1))[0]).toMatchObject({ drop: -0.5, isFailure: false });
  });
});

describe('the machine', () => {
  it('tells stolen time from /proc/stat', () => {
    const before = parseCpuTicks('cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1 1');
    const after = parseCpuTicks('cpu  200 0 100 1000 0 0 0 200 50 0\ncpu0 1 1');
    expect(before).toEqual({ total: 1000, steal: 100 });
    // Guests' time is within user's: it is not counted twice.
    expect(after.total).toBe(1500);
    expect(stealBetween(before, after)).toBe(0.2);
    expect(stealBetween(before, before)).toBe(0);
  });
});
