import { shareHalfUp } from './percent.js';

/**
 * Elapsed times are hours / 24 in days with two decimals, rounded half up; everything here counts in hundredths of a day,
 * whole numbers, so that a distribution of any size is exact and small: one entry per distinct value.
 */
export interface ElapsedCount {
  /** Hundredths of a day. */
  hundredths: number;
  count: number;
}

/** How many observations ended (`events`) and how many were last seen still open (`censored`) after this time. */
export interface FollowUp {
  /** Hundredths of a day. */
  hundredths: number;
  events: number;
  censored: number;
}

export interface Percentiles {
  median: number | null;
  p75: number | null;
  p90: number | null;
  p95: number | null;
  n: number;
}

export interface KaplanMeier {
  /** First time, in days, by which half have ended; null while fewer than half have. */
  median: number | null;
  /** Share ended by day 20, 60 and 120, in percent with two decimals; null when nothing was observed. */
  by20: number | null;
  by60: number | null;
  by120: number | null;
}

const inDays = (hundredths: number): number => hundredths / 100;

/**
 * The nearest-rank percentile: the smallest value with at least `percent` of the observations at or below it, in days.
 * @param percent 1 to 100
 */
export function nearestRank(distribution: readonly ElapsedCount[], percent: number): number | null {
  if (!Number.isInteger(percent) || percent < 1 || percent > 100) {
    throw new RangeError(`percent must be a whole number from 1 to 100, not ${percent}`);
  }
  // Both numbers in one, so that they are sorted as numbers and not by a function.
  const sorted = new Float64Array(distribution.length);
  let total = 0;
  distribution.forEach(({ hundredths, count }, index) => {
    sorted[index] = hundredths * distribution.length + index;
    if (count > 0) total += count;
  });
  if (total === 0) return null;
  sorted.sort();
  const rank = Math.ceil((percent * total) / 100);
  let reached = 0;
  for (const place of sorted) {
    const { hundredths, count } = distribution[place % distribution.length]!;
    if (count > 0) reached += count;
    if (reached >= rank) return inDays(hundredths);
  }
  return null;
}

/** Median, p75, p90, p95 by nearest rank, and how many were counted. Exact at any size. */
export function percentiles(distribution: readonly ElapsedCount[]): Percentiles {
  return {
    median: nearestRank(distribution, 50),
    p75: nearestRank(distribution, 75),
    p90: nearestRank(distribution, 90),
    p95: nearestRank(distribution, 95),
    n: distribution.reduce((sum, { count }) => sum + count, 0),
  };
}

/**
 * Product-limit estimate of how many have ended by when, counting those still open. At equal times those who ended are
 * counted before those last seen open, who were still at risk. After the last observation the estimate stays where it is.
 */
export function kaplanMeier(followUps: readonly FollowUp[]): KaplanMeier {
  const byTime = new Map<number, FollowUp>();
  for (const { hundredths, events, censored } of followUps) {
    const same = byTime.get(hundredths);
    byTime.set(hundredths, {
      hundredths,
      events: events + (same?.events ?? 0),
      censored: censored + (same?.censored ?? 0),
    });
  }
  const sorted = [...byTime.values()].sort((a, b) => a.hundredths - b.hundredths);
  let atRisk = sorted.reduce((sum, { events, censored }) => sum + events + censored, 0);
  if (atRisk === 0) return { median: null, by20: null, by60: null, by120: null };
  let open = 1;
  let median: number | null = null;
  const steps: { hundredths: number; open: number }[] = [];
  for (const { hundredths, events, censored } of sorted) {
    if (events > 0) {
      open *= (atRisk - events) / atRisk;
      steps.push({ hundredths, open });
      // Half of them, also when the product of fractions is off in its last bits.
      if (median === null && open <= 0.5 + 1e-10) median = inDays(hundredths);
    }
    atRisk -= events + censored;
  }
  const endedBy = (days: number): number => {
    const last = steps.filter(({ hundredths }) => hundredths <= days * 100).at(-1);
    return shareHalfUp(1 - (last?.open ?? 1));
  };
  return { median, by20: endedBy(20), by60: endedBy(60), by120: endedBy(120) };
}
