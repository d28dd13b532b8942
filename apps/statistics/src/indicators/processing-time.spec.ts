import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { kaplanMeier, nearestRank, percentiles } from './processing-time.js';

const days = (...values: number[]) => values.map((value) => ({ hundredths: Math.round(value * 100), count: 1 }));

describe('percentiles by nearest rank', () => {
  it('takes an observed value, never one in between', () => {
    expect(percentiles(days(1, 2, 3, 4))).toEqual({ median: 2, p75: 3, p90: 4, p95: 4, n: 4 });
  });

  it('counts values that occur more than once', () => {
    expect(
      nearestRank(
        [
          { hundredths: 150, count: 9 },
          { hundredths: 4_000, count: 1 },
        ],
        90,
      ),
    ).toBe(1.5);
    expect(
      nearestRank(
        [
          { hundredths: 150, count: 9 },
          { hundredths: 4_000, count: 1 },
        ],
        95,
      ),
    ).toBe(40);
  });

  it('has none of nothing', () => {
    expect(percentiles([])).toEqual({ median: null, p75: null, p90: null, p95: null, n: 0 });
  });

  it('is the k-th smallest value with k = ceil(p n / 100), for any sample', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(500), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (values, p) => {
          const kth = [...values].sort((a, b) => a - b)[Math.ceil((p * values.length) / 100) - 1]!;
          expect(
            nearestRank(
              values.map((hundredths) => ({ hundredths, count: 1 })),
              p,
            ),
          ).toBe(kth / 100);
        },
      ),
    );
  });
});

describe('Kaplan–Meier', () => {
  const at = (day: number, events: number, censored: number) => ({ hundredths: day * 100, events, censored });

  it('is the plain share when nothing is open', () => {
    expect(kaplanMeier([at(5, 1, 0), at(20, 1, 0), at(21, 1, 0), at(100, 1, 0)])).toEqual({
      median: 20,
      by20: 50,
      by60: 75,
      by120: 100,
    });
  });

  it('lets an open matter weigh only while it was watched', () => {
    // At 10: 1 of 4 ends → 3/4. One leaves open at 15. At 30: 1 of 2 ends → 3/8.
    expect(kaplanMeier([at(10, 1, 0), at(15, 0, 1), at(30, 1, 0), at(200, 0, 1)])).toEqual({
      median: 30,
      by20: 25,
      by60: 62.5,
      by120: 62.5,
    });
  });

  it('counts one who leaves at the moment another ends as still at risk', () => {
    expect(kaplanMeier([at(10, 1, 1)]).by20).toBe(50);
  });

  it('has no median while fewer than half have ended, and no share of nothing', () => {
    expect(kaplanMeier([at(3, 1, 0), at(4, 0, 2)])).toEqual({ median: null, by20: 33.33, by60: 33.33, by120: 33.33 });
    expect(kaplanMeier([])).toEqual({ median: null, by20: null, by60: null, by120: null });
  });

  it('agrees with the textbook sample of 21 patients (Freireich 1963, 6-MP)', () => {
    const ended = [6, 6, 6, 7, 10, 13, 16, 22, 23];
    const open = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
    const curve = kaplanMeier([...ended.map((day) => at(day, 1, 0)), ...open.map((day) => at(day, 0, 1))]);
    // Published: S(16) = 0.6275, S(23) = 0.4482, median 23.
    expect(curve).toEqual({ median: 23, by20: 37.25, by60: 55.18, by120: 55.18 });
  });

  it('gives the same when equal times come apart', () => {
    expect(kaplanMeier([at(10, 0, 1), at(10, 1, 0), at(10, 1, 0), at(12, 0, 1)]).by20).toBe(50);
  });
});
