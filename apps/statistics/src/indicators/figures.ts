import type { PoolClient } from 'pg';
import { CASE_SETS, caseMembers } from './case-sets.js';
import { definitionOn, isMet, RATE_IDS } from './definitions.js';
import type { IndicatorDefinition, RateId, Target, Words } from './definitions.js';
import { percentHalfUp } from './percent.js';
import { kaplanMeier, percentiles } from './processing-time.js';
import type { ElapsedCount, FollowUp, KaplanMeier, Percentiles } from './processing-time.js';
import { Parameters, planEach, windowSql } from './sql.js';
import type { ReportWindow } from './sql.js';
import { dayWindow, rollupSizes, scopeCells, usableRollup } from '../rollups/rollup-reader.js';
import { CLOSED_TIMES, ENDED_TIMES, TIMES } from '../rollups/rollup-tables.js';
import { closedTimesOf } from '../rollups/time-reader.js';
import { followUpsNotEnded, TIME_IDS, timeDistributions } from './time-sets.js';
import type { DistributionRow, TimeId } from './time-sets.js';
import { tipMembers, tipSets } from './tip-sets.js';

/** How many of how many, in percent with two decimals, half up; null when there is nothing to divide by. */
export interface Ratio {
  numerator: number;
  denominator: number;
  value: number | null;
}

export interface RateFigure extends Ratio {
  id: RateId;
  version: number;
  name: Words;
  open: number;
  target: { op: Target['op']; value: number } | null;
  met: boolean | null;
  /** The same period a year earlier, by what is known now; null where the figure has no period. */
  lastYear: Ratio | null;
  parts: Record<string, number | Ratio>;
}

export interface TimeFigure extends Percentiles {
  id: TimeId;
  version: number;
  name: Words;
  unit: 'days';
  /** How the percentiles and shares were found: on every value, or above 10,000 matters on buckets (`log-sketch.ts`). */
  method: 'nearest-rank, exact' | 'nearest-rank, buckets of 1 %';
  open: number;
  kaplanMeier: KaplanMeier;
}

/** Sizes of sets by `<indicator>.<part>`. */
export type SetSizes = Readonly<Record<string, number>>;

const ratio = (numerator: number, denominator: number): Ratio => ({
  numerator,
  denominator,
  value: percentHalfUp(numerator, denominator),
});

/** Definitions in force on the last day of a period. */
export function definitionsOn(day: string): Readonly<Record<RateId, IndicatorDefinition>> {
  return Object.fromEntries(RATE_IDS.map((id) => [id, definitionOn(id, day)])) as Record<RateId, IndicatorDefinition>;
}

const counted = (sets: Readonly<Record<string, string>>): string =>
  Object.entries(sets)
    .map(([name, condition]) => `count(*) FILTER (WHERE ${condition})::integer AS "${name}"`)
    .join(', ');

/**
 * Count every set over tips in one pass, and over cases in another. Visibility is the transaction's.
 * @param which `rates` leaves out the sets of processing times
 */
export async function setSizes(
  tx: PoolClient,
  window: ReportWindow,
  day: string,
  which: 'all' | 'rates' = 'all',
): Promise<SetSizes> {
  const tips = new Parameters();
  const tipWindow = windowSql(tips, window);
  const every = Object.entries(tipSets(tipWindow, definitionOn('R2', day).switches));
  const sets = Object.fromEntries(every.filter(([name]) => which === 'all' || name.startsWith('R')));
  const tipSizes = await tx.query<Record<string, number>>(
    `SELECT ${counted(sets)} FROM (${tipMembers(tipWindow)}) t`,
    tips.values,
  );
  const cases = new Parameters();
  const caseSizes = await tx.query<Record<string, number>>(
    `SELECT ${counted(CASE_SETS)} FROM (${caseMembers(windowSql(cases, window))}) c`,
    cases.values,
  );
  return { ...tipSizes.rows[0], ...caseSizes.rows[0] };
}

/**
 * Sizes of every set for some periods as of one moment: out of the rollups, or counted on the facts where those cannot
 * tell. Call inside one snapshot.
 * @param windows each with the last day of its period, which says the definitions; those of one moment and scope
 */
export async function sizesOf(
  tx: PoolClient,
  windows: readonly { window: ReportWindow; day: string }[],
): Promise<SetSizes[]> {
  const { switches } = definitionOn('R2', windows[0]!.day);
  const isOneDefinition = windows.every(({ day }) => definitionOn('R2', day).switches === switches);
  const kept = isOneDefinition
    ? await rollupSizes(
        tx,
        windows.map(({ window }) => window),
        switches,
      )
    : null;
  if (kept) return kept;
  await planEach(tx);
  const sizes: SetSizes[] = [];
  for (const { window, day } of windows) sizes.push(await setSizes(tx, window, day));
  return sizes;
}

/** The rates from the sizes of their sets. */
export function rateFigures(sizes: SetSizes, lastYear: SetSizes | null, day: string): RateFigure[] {
  const definitions = definitionsOn(day);
  const size = (of: SetSizes, id: RateId, part: string): number => of[`${id}.${part}`] ?? 0;
  return RATE_IDS.map((id) => {
    const { version, name, target, parts } = definitions[id];
    const numerator = size(sizes, id, 'numerator');
    const denominator = size(sizes, id, 'denominator');
    const shown: RateFigure['parts'] = Object.fromEntries(
      Object.keys(parts).map((part) => [part, size(sizes, id, part)]),
    );
    if (id === 'R1') shown['onTimeRate'] = ratio(size(sizes, id, 'onTime'), denominator);
    if (id === 'R4') {
      shown['R4a'] = ratio(size(sizes, id, 'allDecisionsOnTime'), size(sizes, id, 'allDecisions'));
      shown['R4f'] = ratio(size(sizes, id, 'inBaseTerm'), size(sizes, id, 'allDecisions'));
    }
    return {
      id,
      version,
      name,
      ...ratio(numerator, denominator),
      open: size(sizes, id, 'open'),
      target: target && { op: target.op, value: target.value },
      met: isMet(numerator, denominator, target),
      // Overdue is a state of the as-of moment: a year ago is another as-of, not another period.
      lastYear:
        lastYear === null || id === 'R3'
          ? null
          : ratio(size(lastYear, id, 'numerator'), size(lastYear, id, 'denominator')),
      parts: shown,
    };
  });
}

/** What a processing time is estimated from. */
interface TimeSample {
  isExact: boolean;
  closed: ElapsedCount[];
  followUps: FollowUp[];
}

const followUpOf = ({ has_ended, hundredths, count }: DistributionRow): FollowUp => ({
  hundredths,
  events: has_ended ? count : 0,
  censored: has_ended ? 0 : count,
});

/** T1–T4 of a window: out of the sums, or counted on the facts where those cannot tell. */
export async function timeFigures(
  tx: PoolClient,
  window: ReportWindow,
  day: string,
  sizes: SetSizes,
): Promise<TimeFigure[]> {
  const kept = await keptTimeSamples(tx, window);
  const samples = kept ?? (await factTimeSamples(tx, window, day));
  return TIME_IDS.map((id) => {
    const { version, name } = definitionOn(id, day);
    const { isExact, closed, followUps } = samples[id];
    return {
      id,
      version,
      name,
      unit: 'days',
      method: isExact ? 'nearest-rank, exact' : 'nearest-rank, buckets of 1 %',
      ...percentiles(closed),
      open: sizes[`${id}.open`] ?? 0,
      kaplanMeier: kaplanMeier(followUps),
    };
  });
}

/** The samples counted on the facts, exact at any size: one row per distinct hundredth of a day. The reference. */
export async function factTimeSamples(
  tx: PoolClient,
  window: ReportWindow,
  day: string,
): Promise<Record<TimeId, TimeSample>> {
  await planEach(tx);
  const parameters = new Parameters();
  const sql = windowSql(parameters, window);
  const sets = tipSets(sql, definitionOn('R2', day).switches);
  const { rows } = await tx.query<DistributionRow>(timeDistributions(sql, sets), parameters.values);
  return byTime((id) => {
    const mine = rows.filter((row) => row.id === id);
    return {
      isExact: true,
      closed: mine.filter(({ is_closed }) => is_closed),
      followUps: mine.filter(({ is_accepted }) => is_accepted).map(followUpOf),
    };
  });
}

/**
 * The same out of the sums: what was closed, and what has ended, by cells; what has not ended is read by its index.
 * @returns null when the sums cannot tell
 */
async function keptTimeSamples(tx: PoolClient, window: ReportWindow): Promise<Record<TimeId, TimeSample> | null> {
  const usable = await usableRollup(tx, window);
  if (!usable?.isLatest) return null;
  const cells = scopeCells(usable.scope);
  const times = await closedTimesOf(tx, cells, dayWindow(window), TIMES);
  const parameters = new Parameters();
  const { rows } = await tx.query<DistributionRow>(followUpsNotEnded(windowSql(parameters, window)), parameters.values);
  return byTime((id) => {
    const closed = times[CLOSED_TIMES[TIME_IDS.indexOf(id)]!];
    const ended = times[ENDED_TIMES[TIME_IDS.indexOf(id)]!];
    return {
      isExact: closed?.isExact !== false && ended?.isExact !== false,
      closed: closed?.distribution ?? [],
      followUps: [
        ...(ended?.distribution ?? []).map(({ hundredths, count }) => ({ hundredths, events: count, censored: 0 })),
        ...rows.filter((row) => row.id === id).map(followUpOf),
      ],
    };
  });
}

const byTime = <T>(of: (id: TimeId) => T): Record<TimeId, T> =>
  Object.fromEntries(TIME_IDS.map((id) => [id, of(id)])) as Record<TimeId, T>;
