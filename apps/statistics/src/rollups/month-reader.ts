import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/schema.js';
import type { SetSizes } from '../indicators/figures.js';
import type { ReportWindow } from '../indicators/sql.js';
import type { Switches } from '../indicators/tip-sets.js';
import type { DayNumber } from './legal-days.js';
import { readNotYetKnown } from './not-yet-known.js';
import { cellsSql, cellValues, codesSql, dayWindow, scopeCells, usableRollup } from './rollup-reader.js';
import type { Cells } from './rollup-reader.js';
import { CASE_ROLLUP, columnOf, GRAIN, stockColumn, TIP_ROLLUP } from './rollup-tables.js';
import type { RollupTable } from './rollup-tables.js';

/** Sets that are kept as they are; that of R2's numerator depends on a switch. */
const TIPS = ['R1.numerator', 'R1.denominator', 'R2.numerator', 'R2.suspendedOrResolved', 'R2.denominator'];
const CASES = ['R4.numerator', 'R4.denominator'];

/**
 * Sizes of numerators and denominators of R1, R2 and R4 for months that follow each other, out of the cells of months
 * alone: each is read once, and what lies before a month is what lay before the one before it and that one. Asked as
 * periods of their own, 24 months read 300 ranges that hold each other.
 * @param months calendar months, oldest first, of one as-of moment and the same units
 * @returns null when the rollups cannot tell
 */
export async function rollupMonths(
  tx: PoolClient,
  months: readonly ReportWindow[],
  switches: Switches,
): Promise<SetSizes[] | null> {
  const { asOf, units } = months[0]!;
  const usable = await usableRollup(tx, months[0]!);
  if (!usable) return null;
  const days = months.map(dayWindow);
  const report = { asOf, asOfMs: Date.parse(asOf), units, isLatest: usable.isLatest };
  const corrections = await readNotYetKnown(tx, report, days);
  if (!corrections) return null;
  const starts = days.map(({ start }) => start);
  const rows = await monthSums(tx, scopeCells(usable.scope), starts);
  const sizes = starts.map((): Record<string, number> => ({}));
  const add = (month: number, set: string, amount: number): void => {
    if (month < sizes.length) sizes[month]![set] = (sizes[month]![set] ?? 0) + amount;
  };
  for (const { month, flows, stocks } of rows) {
    const at = starts.indexOf(month);
    for (const [set, amount] of flows) if (at >= 0) add(at, set, amount);
    // Of months before the first one `at` is -1: they count for all.
    for (const [set, amount] of stocks)
      for (let later = at + 1; later < starts.length; later += 1) add(later, set, amount);
  }
  return sizes.map((kept, index) => {
    for (const [set, amount] of Object.entries(corrections[index]!)) kept[set] = (kept[set] ?? 0) + amount;
    return switches.suspensionCountsAsResolved
      ? { ...kept, 'R2.numerator': kept['R2.suspendedOrResolved'] ?? 0 }
      : kept;
  });
}

interface MonthSums {
  /** The month's first day; of all months before the first one, some day before it. */
  month: DayNumber;
  flows: [set: string, amount: number][];
  stocks: [set: string, amount: number][];
}

/** Sums of cells and pairs by month: of the months asked for, and of all before them together. */
async function monthSums(tx: PoolClient, cells: Cells, months: readonly DayNumber[]): Promise<MonthSums[]> {
  const s = identifier(SCHEMA);
  const tables: { rollup: RollupTable; sets: readonly string[]; stocks: readonly string[] }[] = [
    { rollup: TIP_ROLLUP, sets: TIPS, stocks: TIP_ROLLUP.stock.filter((set) => TIPS.includes(set)) },
    { rollup: CASE_ROLLUP, sets: CASES, stocks: CASE_ROLLUP.stock.filter((set) => CASES.includes(set)) },
  ];
  const width = Math.max(...tables.map(({ sets, stocks }) => sets.length + stocks.length));
  const branches = tables.flatMap(({ rollup, sets, stocks }, index) => {
    const rowOf = (month: string, columns: readonly string[]): string =>
      [`${index}`, month, ...columns, ...Array<string>(width - columns.length).fill('NULL')]
        .map((column) => `${column}::integer`)
        .join(', ');
    const sum = (column: string): string => `sum(r.${column})`;
    const earlier = stocks.length > 0;
    return [
      `SELECT ${rowOf('greatest(r.bucket, $4 - 1)', [...sets.map(columnOf), ...stocks.map(stockColumn)].map(sum))}
       FROM ${codesSql(cells)}
       CROSS JOIN LATERAL (SELECT * FROM ${s}.${identifier(rollup.table)} r
         WHERE ${cellsSql(cells)} AND r.grain = ${GRAIN.month} AND r.bucket <= $5 ${earlier ? '' : 'AND r.bucket >= $4'}
         OFFSET 0) r
       GROUP BY 2`,
      // Begun before the month, ended in it.
      `SELECT ${rowOf(
        'm.month',
        sets.map((set) => (rollup.paired.includes(set) ? sum(columnOf(set)) : 'NULL')),
      )}
       FROM unnest($6::integer[]) AS m(month) CROSS JOIN ${codesSql(cells)}
       CROSS JOIN LATERAL (SELECT * FROM ${s}.${identifier(rollup.pairTable)} r
         WHERE ${cellsSql(cells)} AND r.ended_grain = ${GRAIN.month} AND r.ended = m.month
           AND r.begun_grain = ${GRAIN.month} AND r.begun < m.month OFFSET 0) r
       GROUP BY 2`,
    ];
  });
  const { rows } = await tx.query<[number, number, ...(number | null)[]]>({
    name: `rollup-months-${cells.by}`,
    text: branches.join('\nUNION ALL\n'),
    values: [...cellValues(cells), months[0], months.at(-1), months],
    rowMode: 'array',
  } as never);
  return rows.map(([table, month, ...sums]) => {
    const { sets, stocks } = tables[table]!;
    return {
      month,
      flows: sets.map((set, index) => [set, sums[index] ?? 0]),
      stocks: stocks.map((set, index) => [set, sums[sets.length + index] ?? 0]),
    };
  });
}
