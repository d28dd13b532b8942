import { bucketOf, decodeBuckets, decodeValues } from './log-sketch.js';

/** What a row says, as text; null when it says nothing. */
export type Canonical = (row: Record<string, unknown>) => string | null;

const bytesOf = (text: unknown): Buffer => Buffer.from(String(text).replace(/^\\x/, ''), 'hex');

/**
 * Sums that were added to in another order, or went down to nothing again, say the same in other bytes: a row is its key,
 * its sums that are not nothing, and its times by bucket.
 * @param keys columns of the primary key
 */
export function canonicalRow(keys: readonly string[]): Canonical {
  return (row) => {
    const sums: [string, unknown][] = [];
    const times = new Map<string, Map<number, number>>();
    for (const [column, value] of Object.entries(row)) {
      if (keys.includes(column) || value === null || value === 0) continue;
      if (typeof value === 'number') {
        sums.push([column, value]);
        continue;
      }
      const isBuckets = column.endsWith('_buckets');
      const name = isBuckets ? column.slice(0, -'_buckets'.length) : column;
      const counts = times.get(name) ?? new Map<number, number>();
      times.set(name, counts);
      if (isBuckets) decodeBuckets(bytesOf(value), counts);
      else decodeValues(bytesOf(value), counts, bucketOf);
    }
    for (const [name, counts] of times) {
      const some = [...counts].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
      if (some.length > 0) sums.push([name, some]);
    }
    if (sums.length === 0) return null;
    return JSON.stringify([keys.map((key) => row[key]), sums.sort(([a], [b]) => (a < b ? -1 : 1))]);
  };
}
