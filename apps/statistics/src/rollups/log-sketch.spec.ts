import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nearestRank } from '../indicators/processing-time.js';
import {
  bucketOf,
  compactTimes,
  encodeBuckets,
  encodeValues,
  EXACT_UP_TO,
  mergeTimes,
  RELATIVE_ERROR,
  valueOf,
} from './log-sketch.js';
import type { CellTimes } from './log-sketch.js';

/** Up to thirty years in hundredths of a day. */
const hundredths = fc.integer({ min: 0, max: 1_100_000 });

const asBuckets = (values: readonly number[]): CellTimes => {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(bucketOf(value), (counts.get(bucketOf(value)) ?? 0) + 1);
  return { values: null, buckets: encodeBuckets(counts) };
};
const asValues = (values: readonly number[], amount = 1): CellTimes => ({
  values: encodeValues(values.map((value) => ({ value, amount }))),
  buckets: null,
});
const sorted = (cell: CellTimes | readonly CellTimes[]) =>
  mergeTimes(Array.isArray(cell) ? (cell as CellTimes[]) : [cell as CellTimes]).distribution.toSorted(
    (a, b) => a.hundredths - b.hundredths,
  );

describe('buckets of elapsed times', () => {
  it('stand for values that differ by one percent at most, and keep their order', () => {
    fc.assert(
      fc.property(hundredths, hundredths, (a, b) => {
        expect(Math.abs(valueOf(bucketOf(a)) - a)).toBeLessThanOrEqual(RELATIVE_ERROR * a);
        if (a <= b) expect(bucketOf(a)).toBeLessThanOrEqual(bucketOf(b));
      }),
      { numRuns: 20_000 },
    );
  });

  it('give every percentile within one percent of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(hundredths, { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const exact = nearestRank(
            values.map((value) => ({ hundredths: value, count: 1 })),
            percent,
          )!;
          const sketched = nearestRank(mergeTimes([asBuckets(values)]).distribution, percent)!;
          expect(Math.abs(sketched - exact)).toBeLessThanOrEqual(RELATIVE_ERROR * exact + 1e-9);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('merge: several cells say the same as one that was given everything, however it was cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(hundredths, { maxLength: 50 }), { maxLength: 6 }),
        fc.boolean(),
        (parts, isExact) => {
          const make = isExact ? asValues : asBuckets;
          expect(sorted(parts.map((part) => make(part)))).toEqual(sorted(make(parts.flat())));
        },
      ),
    );
  });

  it('take back exactly what was counted wrongly, from values and from buckets', () => {
    fc.assert(
      fc.property(fc.array(hundredths), fc.array(hundredths), fc.boolean(), (kept, wrong, isExact) => {
        const cell = isExact ? asValues([...kept, ...wrong]) : asBuckets([...kept, ...wrong]);
        const withBack = [cell, asValues(wrong, -1)];
        expect(sorted(withBack)).toEqual(sorted(isExact ? asValues(kept) : asBuckets(kept)));
        const folded = compactTimes({
          values: Buffer.concat([cell.values ?? Buffer.alloc(0), withBack[1]!.values!]),
          buckets: cell.buckets,
        });
        expect(sorted(folded)).toEqual(sorted(isExact ? asValues(kept) : asBuckets(kept)));
      }),
    );
  });

  it('begin only where there are more than ten thousand matters', () => {
    const values = Array.from({ length: EXACT_UP_TO }, (_, index) => index * 7);
    expect(mergeTimes([asValues(values)])).toMatchObject({ isExact: true });
    expect(mergeTimes([asValues(values), asValues([1])])).toMatchObject({ isExact: false });
    expect(compactTimes(asValues(values)).buckets).toBeNull();
    expect(compactTimes(asValues([...values, 1])).values).toBeNull();
    const n = mergeTimes([compactTimes(asValues([...values, 1]))]).distribution.reduce(
      (sum, { count }) => sum + count,
      0,
    );
    expect(n).toBe(EXACT_UP_TO + 1);
  });
});
