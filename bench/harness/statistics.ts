/** Middle of numbers; of an even count the mean of the two middle ones. NaN of none. */
export function median(numbers: readonly number[]): number {
  if (numbers.length === 0) return Number.NaN;
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** Greatest over least: 1 is perfectly steady. Infinite when something was zero or missing. */
export function spread(numbers: readonly number[]): number {
  if (numbers.length === 0 || numbers.some((number) => !(number > 0))) return Number.POSITIVE_INFINITY;
  return Math.max(...numbers) / Math.min(...numbers);
}

/** A floor whose rounds differ by more says that something else used the machine. */
export const STEADY = 1.6;

export interface Span {
  median: number;
  min: number;
  max: number;
}

export function spanOf(numbers: readonly number[]): Span {
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}

/**
 * Ours against another, round by round: what disturbs the machine for a while disturbs both. Rounds that one of them
 * lacks are left out; null when there is none.
 */
export function pairwise(
  ours: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
  by: 'ratio' | 'difference' = 'ratio',
): Span | null {
  const pairs: number[] = [];
  for (const [rep, value] of ours) {
    const against = other.get(rep);
    if (against === undefined) continue;
    const made = by === 'ratio' ? value / against : value - against;
    if (Number.isFinite(made)) pairs.push(made);
  }
  return pairs.length === 0 ? null : spanOf(pairs);
}
