import type { ElapsedCount } from '../indicators/processing-time.js';

/**
 * Elapsed times of a cell, in hundredths of a day: each value as long as there are few (`values`), counts of logarithmic
 * buckets when there are many (`buckets`). Both are sums, so cells merge by appending, and what was counted wrongly is
 * taken away by appending its negation: a value once is `2 × value`, once less is `2 × value + 1`.
 *
 * A bucket stands for values that differ from its own by 0.5 % at most. Up to `LINEAR` each value has its own bucket;
 * above, rounding the bucket's value to a hundredth adds less than 0.4 %. Together that stays below `RELATIVE_ERROR`.
 * No bucket reaches across the days by which shares are asked: how many ended by day 20, 60 and 120 stays exact.
 */
export const RELATIVE_ERROR = 0.01;

/** Up to so many matters percentiles are exact; a cell with more keeps buckets. */
export const EXACT_UP_TO = 10_000;

const LINEAR = 128;
const ALPHA = 0.005;
const GAMMA = (1 + ALPHA) / (1 - ALPHA);
const LOG_GAMMA = Math.log(GAMMA);

/** Where shares are asked for, in hundredths of a day (indicators.md T1–T4). */
const SHARE_EDGES = [2_000, 6_000, 12_000];

/** Stretches of buckets of one ratio each: from its edge on, and how many buckets lie before it. */
const STRETCHES = (() => {
  const starts = [LINEAR, ...SHARE_EDGES];
  let base = LINEAR;
  return starts.map((from, index) => {
    const to = starts[index + 1];
    const buckets = to === undefined ? Infinity : Math.ceil(Math.log(to / from) / LOG_GAMMA);
    const logRatio = to === undefined ? LOG_GAMMA : Math.log(to / from) / buckets;
    const stretch = { from, to: to ?? Infinity, base, logRatio };
    base += buckets;
    return stretch;
  });
})();

/** The bucket of a value (hundredths of a day, 0 or more). */
export function bucketOf(hundredths: number): number {
  if (hundredths <= LINEAR) return hundredths;
  const { from, base, logRatio } = STRETCHES.find(({ to }) => hundredths <= to)!;
  return base + Math.ceil(Math.log(hundredths / from) / logRatio - 1e-9);
}

/** The value that a bucket stands for, whole hundredths of a day. */
export function valueOf(bucket: number): number {
  if (bucket <= LINEAR) return bucket;
  const { from, base, logRatio } = STRETCHES.findLast((stretch) => stretch.base < bucket)!;
  const ratio = Math.exp(logRatio);
  return Math.round((2 * from * ratio ** (bucket - base)) / (ratio + 1));
}

/** Counts per value; counts of nothing are left out. */
export type Counts = Map<number, number>;

export function addTo(counts: Counts, key: number, amount: number): void {
  const sum = (counts.get(key) ?? 0) + amount;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

/** Values added (`amount` times, or taken away when negative) as they are appended to a cell. */
export function encodeValues(values: readonly { value: number; amount: number }[]): Buffer {
  const codes: number[] = [];
  for (const { value, amount } of values) {
    for (let i = 0; i < Math.abs(amount); i += 1) codes.push(amount > 0 ? 2 * value : 2 * value + 1);
  }
  return bytesOf(codes);
}

/** Values that are codes already: `2 × value`, or `2 × value + 1` for one taken away. */
export function encodeCodes(codes: readonly number[]): Buffer {
  return bytesOf(codes);
}

export function encodeBuckets(buckets: Counts): Buffer {
  return bytesOf([...buckets].sort(([a], [b]) => a - b).flat());
}

function bytesOf(numbers: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(numbers.length * 4);
  numbers.forEach((number, index) => bytes.writeInt32LE(number, index * 4));
  return bytes;
}

/** Add a cell's appended values to `counts`, each under `keyOf` it. */
export function decodeValues(bytes: Buffer, counts: Counts, keyOf: (value: number) => number = (value) => value): void {
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = bytes.readInt32LE(at);
    addTo(counts, keyOf(code >> 1), code & 1 ? -1 : 1);
  }
}

export function decodeBuckets(bytes: Buffer, counts: Counts): void {
  for (let at = 0; at + 8 <= bytes.length; at += 8) addTo(counts, bytes.readInt32LE(at), bytes.readInt32LE(at + 4));
}

/** The parts of one or more cells. */
export interface CellTimes {
  values: Buffer | null;
  buckets: Buffer | null;
}

/**
 * The distribution of several cells together: exact while no cell has gone over to buckets and there are at most
 * `EXACT_UP_TO` matters, else by buckets.
 */
export function mergeTimes(cells: readonly CellTimes[]): { isExact: boolean; distribution: ElapsedCount[] } {
  const exact: Counts = new Map();
  const buckets: Counts = new Map();
  for (const cell of cells) {
    if (cell.values) decodeValues(cell.values, exact);
    if (cell.buckets) decodeBuckets(cell.buckets, buckets);
  }
  const n = [...exact.values(), ...buckets.values()].reduce((sum, count) => sum + count, 0);
  if (buckets.size === 0 && n <= EXACT_UP_TO) {
    return { isExact: true, distribution: [...exact].map(([hundredths, count]) => ({ hundredths, count })) };
  }
  for (const [value, count] of exact) addTo(buckets, bucketOf(value), count);
  return {
    isExact: false,
    distribution: [...buckets].map(([bucket, count]) => ({ hundredths: valueOf(bucket), count })),
  };
}

/** A cell with what was appended folded together: values while there are few of them, buckets from then on. */
export function compactTimes(cell: CellTimes): CellTimes {
  const values: Counts = new Map();
  if (cell.values) decodeValues(cell.values, values);
  const n = [...values.values()].reduce((sum, count) => sum + Math.abs(count), 0);
  if (cell.buckets === null && n <= EXACT_UP_TO) {
    return { values: encodeValues([...values].map(([value, amount]) => ({ value, amount }))), buckets: null };
  }
  const buckets: Counts = new Map();
  if (cell.buckets) decodeBuckets(cell.buckets, buckets);
  for (const [value, count] of values) addTo(buckets, bucketOf(value), count);
  return { values: null, buckets: encodeBuckets(buckets) };
}
