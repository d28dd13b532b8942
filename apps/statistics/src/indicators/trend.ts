import { addMonths, startOfLegalDay } from '@app/legal-time-limits';
import type { PoolClient } from 'pg';
import { CASE_SETS, caseMembersByMonth } from './case-sets.js';
import { definitionOn } from './definitions.js';
import { percentHalfUp } from './percent.js';
import { lastMonths } from './period-schemes.js';
import type { Ratio } from './figures.js';
import { Parameters, windowSql } from './sql.js';
import { tipMembersByMonth, tipSets } from './tip-sets.js';

export interface MonthFigures {
  /** `YYYY-MM`. */
  month: string;
  R1: Ratio;
  R2: Ratio;
  R4: Ratio;
}

const SHOWN = ['R1', 'R2', 'R4'] as const;

/** Figures of the last calendar months, oldest first, the last one up to the as-of day; all months in two statements. */
export async function trend(
  tx: PoolClient,
  report: { asOf: string; asOfDay: string; units: readonly string[] | null },
  count: number,
): Promise<MonthFigures[]> {
  const months = lastMonths(report.asOfDay, count);
  const edges = months.map((month) => ({
    month,
    start: startOfLegalDay(`${month}-01`),
    end: startOfLegalDay(addMonths(`${month}-01`, 1)),
  }));
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
  return months.map((month) => {
    const ratios = SHOWN.map((id): [(typeof SHOWN)[number], Ratio] => {
      const numerator = counts.get(`${month} ${id}.numerator`) ?? 0;
      const denominator = counts.get(`${month} ${id}.denominator`) ?? 0;
      return [id, { numerator, denominator, value: percentHalfUp(numerator, denominator) }];
    });
    return { month, ...(Object.fromEntries(ratios) as Record<(typeof SHOWN)[number], Ratio>) };
  });
}
