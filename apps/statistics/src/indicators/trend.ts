import { addMonths, startOfLegalDay } from '@app/legal-time-limits';
import type { PoolClient } from 'pg';
import { CASE_SETS, caseMembersByMonth } from './case-sets.js';
import { definitionOn } from './definitions.js';
import { percentHalfUp } from './percent.js';
import { lastMonths } from './period-schemes.js';
import type { Ratio } from './figures.js';
import { Parameters, planEach, windowSql } from './sql.js';
import type { ReportWindow } from './sql.js';
import { rollupMonths } from '../rollups/month-reader.js';
import { tipMembersByMonth, tipSets } from './tip-sets.js';

export interface MonthFigures {
  /** `YYYY-MM`. */
  month: string;
  R1: Ratio;
  R2: Ratio;
  R4: Ratio;
}

const SHOWN = ['R1', 'R2', 'R4'] as const;

/** Figures of the last calendar months, oldest first, the last one up to the as-of day. */
export async function trend(tx: PoolClient, report: TrendReport, count: number): Promise<MonthFigures[]> {
  const months = edgesOf(report.asOfDay, count);
  const windows = months.map(({ start, end }) => ({ ...report, start, end }));
  const sizes = await rollupMonths(tx, windows, definitionOn('R2', report.asOfDay).switches);
  if (!sizes) {
    await planEach(tx);
    return factTrend(tx, report, count);
  }
  return months.map(({ month }, index) => monthFigures(month, (name) => sizes[index]![name] ?? 0));
}

interface TrendReport extends Pick<ReportWindow, 'asOf' | 'units' | 'rollup'> {
  asOfDay: string;
}

interface MonthEdges {
  month: string;
  start: string;
  end: string;
}

const edgesOf = (asOfDay: string, count: number): MonthEdges[] =>
  lastMonths(asOfDay, count).map((month) => ({
    month,
    start: startOfLegalDay(`${month}-01`),
    end: startOfLegalDay(addMonths(`${month}-01`, 1)),
  }));

function monthFigures(month: string, sizeOf: (set: string) => number): MonthFigures {
  const ratios = SHOWN.map((id): [(typeof SHOWN)[number], Ratio] => {
    const numerator = sizeOf(`${id}.numerator`);
    const denominator = sizeOf(`${id}.denominator`);
    return [id, { numerator, denominator, value: percentHalfUp(numerator, denominator) }];
  });
  return { month, ...(Object.fromEntries(ratios) as Record<(typeof SHOWN)[number], Ratio>) };
}

/** The same counted on the facts, all months in two statements: the reference. */
export async function factTrend(
  tx: PoolClient,
  report: Omit<TrendReport, 'rollup'>,
  count: number,
): Promise<MonthFigures[]> {
  const edges = edgesOf(report.asOfDay, count);
  const window = {
    start: edges[0]!.start,
    end: edges.at(-1)!.end,
    asOf: report.asOf,
    units: report.units,
  };
  const counts = new Map<string, number>();
  const read = async (
    members: (
      parameters: Parameters,
      months: string,
    ) => { from: string; as: string; sets: Readonly<Record<string, string>> },
    ids: readonly string[],
  ): Promise<void> => {
    const parameters = new Parameters();
    const table = `SELECT * FROM unnest(${parameters.add(edges.map(({ month }) => month))}::text[],
      ${parameters.add(edges.map(({ start }) => start))}::timestamptz[],
      ${parameters.add(edges.map(({ end }) => end))}::timestamptz[]) AS month(month, start_at, end_at)`;
    const { from, as, sets } = members(parameters, table);
    const columns = ids
      .flatMap((id) => [`${id}.numerator`, `${id}.denominator`])
      .map((name) => `count(*) FILTER (WHERE ${sets[name]})::integer AS "${name}"`);
    const { rows } = await tx.query<Record<string, number> & { month: string }>(
      `SELECT ${as}.month, ${columns.join(', ')} FROM (${from}) ${as} GROUP BY ${as}.month`,
      parameters.values,
    );
    for (const { month, ...sizes } of rows) {
      for (const [name, size] of Object.entries(sizes)) counts.set(`${month} ${name}`, size as number);
    }
  };
  await read(
    (parameters, table) => {
      const sql = windowSql(parameters, window);
      const sets = tipSets(
        { ...sql, start: 't.start_at', end: 't.end_at' },
        definitionOn('R2', report.asOfDay).switches,
      );
      return { from: tipMembersByMonth(sql, table), as: 't', sets };
    },
    ['R1', 'R2'],
  );
  await read(
    (parameters, table) => ({
      from: caseMembersByMonth(windowSql(parameters, window), table),
      as: 'c',
      sets: CASE_SETS,
    }),
    ['R4'],
  );
  return edges.map(({ month }) => monthFigures(month, (name) => counts.get(`${month} ${name}`) ?? 0));
}
