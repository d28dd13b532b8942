import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import type { Switches } from '../indicators/tip-sets.js';
import type { SetSizes } from '../indicators/figures.js';
import type { ReportWindow } from '../indicators/sql.js';
import { dayNumberAt } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { before, within } from './ranges.js';
import type { CellRange } from './ranges.js';
import { readNotYetKnown } from './not-yet-known.js';
import { CASE_ROLLUP, cellColumns, columnOf, GRAIN, pairColumns, stockColumn, TIP_ROLLUP } from './rollup-tables.js';
import type { RollupTable } from './rollup-tables.js';
import type { RollupScope } from './rollup-scope.js';

/** A period in legal days: [start, end). */
export interface DayWindow {
  start: DayNumber;
  end: DayNumber;
}

/** What a range of cells is added up for. */
const KIND = { flow: 1, stock: 2, late: 3, now: 4 } as const;

interface Wanted extends CellRange {
  window: number;
  kind: number;
}

/** Everything since ever, and until. */
const ALWAYS: CellRange[] = [{ grain: GRAIN.year, from: -2_147_483_648, to: 2_147_483_647 }];

export const dayWindow = ({ start, end }: Pick<ReportWindow, 'start' | 'end'>): DayWindow => ({
  start: dayNumberAt(Date.parse(start)),
  end: dayNumberAt(Date.parse(end)),
});

/** Whether rollups hold every fact: while a filler is at work they do not. */
export async function isComplete(tx: PoolClient): Promise<boolean> {
  const s = identifier(SCHEMA);
  const { rows } = await tx.query<{ is_complete: boolean }>({
    name: 'rollup-complete',
    text: `SELECT NOT EXISTS (SELECT FROM ${s}.tip_rollup_backlog)
      AND NOT EXISTS (SELECT FROM ${s}.case_rollup_backlog) AS is_complete`,
  });
  return rows[0]!.is_complete;
}

/** Sums of columns by window and kind; with `unit` where they are asked by unit. */
export interface CellSums {
  window: number;
  kind: number;
  unit: string | null;
  sums: Readonly<Record<string, number>>;
}

/** Which rows of a table are added up: by the units they are of, or by the procuracies that supervise. */
export interface Cells {
  by: 'unit' | 'supervised_by';
  codes: readonly string[];
  /** The own cells of units alone, without the units below them. */
  isOwnOnly: boolean;
  /** Rows supervised by these are left out. */
  notSupervisedBy: readonly string[];
  isByUnit: boolean;
}

export const scopeCells = (scope: RollupScope): Cells => ({
  by: 'unit',
  codes: scope.roots,
  isOwnOnly: false,
  notSupervisedBy: scope.supervisors,
  isByUnit: false,
});

const conditions = (cells: Cells): string =>
  `(NOT $7::boolean OR r.supervised_by <> '')
   AND (cardinality($8::text[]) = 0 OR r.supervised_by <> ALL ($8))${cells.by === 'supervised_by' ? ` AND r.supervised_by <> ''` : ''}`;

/** Add up cells: one index range per code and range asked. */
export async function sumCells(
  tx: PoolClient,
  rollup: RollupTable,
  cells: Cells,
  wanted: readonly Wanted[],
  columns: readonly string[] = cellColumns(rollup),
): Promise<CellSums[]> {
  if (wanted.length === 0 || cells.codes.length === 0) return [];
  const table = `${identifier(SCHEMA)}.${identifier(rollup.table)}`;
  const { rows } = await tx.query<Record<string, number | string | null>>({
    name: `rollup-${rollup.table}-${cells.by}-${cells.isByUnit}-${columns.length}`,
    text: `SELECT w."window", w.kind${cells.isByUnit ? ', r.unit' : ''}, ${columns.map((name) => `sum(r.${name}) AS ${name}`).join(', ')}
      FROM unnest($1::integer[], $2::integer[], $3::smallint[], $4::integer[], $5::integer[]) AS w("window", kind, grain, lo, hi)
      CROSS JOIN unnest($6::text[]) AS c(code)
      JOIN ${table} r ON r.${cells.by} = c.code COLLATE "C" AND r.grain = w.grain AND r.bucket >= w.lo AND r.bucket < w.hi
      WHERE ${conditions(cells)}
      GROUP BY w."window", w.kind${cells.isByUnit ? ', r.unit' : ''}`,
    values: [
      wanted.map(({ window }) => window),
      wanted.map(({ kind }) => kind),
      wanted.map(({ grain }) => grain),
      wanted.map(({ from }) => from),
      wanted.map(({ to }) => to),
      cells.codes,
      cells.isOwnOnly,
      cells.notSupervisedBy,
    ],
  });
  return rows.map(({ window, kind, unit, ...sums }) => ({
    window: window as number,
    kind: kind as number,
    unit: (unit as string | undefined) ?? null,
    sums: numbers(sums),
  }));
}

const numbers = (row: Readonly<Record<string, number | string | null>>): Record<string, number> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value ?? 0)]));

/** Add up the pairs of each window: begun before its start, ended in it. */
export async function sumPairs(
  tx: PoolClient,
  rollup: RollupTable,
  cells: Cells,
  windows: readonly DayWindow[],
): Promise<CellSums[]> {
  const wanted = windows.flatMap(({ start, end }, window) =>
    within(start, end, GRAIN.month).flatMap((ended) =>
      before(start, GRAIN.month).map((begun) => ({ window, ended, begun })),
    ),
  );
  if (wanted.length === 0 || cells.codes.length === 0) return [];
  const table = `${identifier(SCHEMA)}.${identifier(rollup.pairTable)}`;
  const columns = pairColumns(rollup);
  const { rows } = await tx.query<Record<string, number | string | null>>({
    name: `rollup-${rollup.pairTable}-${cells.by}-${cells.isByUnit}`,
    text: `SELECT w."window"${cells.isByUnit ? ', r.unit' : ''}, ${columns.map((name) => `sum(r.${name}) AS ${name}`).join(', ')}
      FROM unnest($1::integer[], $2::smallint[], $3::integer[], $4::integer[], $5::smallint[], $9::integer[], $10::integer[])
        AS w("window", ended_grain, lo, hi, begun_grain, begun_lo, begun_hi)
      CROSS JOIN unnest($6::text[]) AS c(code)
      JOIN ${table} r ON r.${cells.by} = c.code COLLATE "C" AND r.ended_grain = w.ended_grain AND r.ended >= w.lo AND r.ended < w.hi
        AND r.begun_grain = w.begun_grain AND r.begun >= w.begun_lo AND r.begun < w.begun_hi
      WHERE ${conditions(cells)}
      GROUP BY w."window"${cells.isByUnit ? ', r.unit' : ''}`,
    values: [
      wanted.map(({ window }) => window),
      wanted.map(({ ended }) => ended.grain),
      wanted.map(({ ended }) => ended.from),
      wanted.map(({ ended }) => ended.to),
      wanted.map(({ begun }) => begun.grain),
      cells.codes,
      cells.isOwnOnly,
      cells.notSupervisedBy,
      wanted.map(({ begun }) => begun.from),
      wanted.map(({ begun }) => begun.to),
    ],
  });
  return rows.map(({ window, unit, ...sums }) => ({
    window: window as number,
    kind: KIND.flow,
    unit: (unit as string | undefined) ?? null,
    sums: numbers(sums),
  }));
}

/** The ranges of cells that give the sizes of every set for some windows, and what is open and late now. */
export function wantedFor(windows: readonly DayWindow[], asOf: DayNumber | null): Wanted[] {
  return [
    ...windows.flatMap(({ start, end }, window) => [
      ...within(start, end).map((range) => ({ ...range, window, kind: KIND.flow })),
      ...before(start).map((range) => ({ ...range, window, kind: KIND.stock })),
    ]),
    ...(asOf === null
      ? []
      : [
          ...before(asOf + 1).map((range) => ({ ...range, window: 0, kind: KIND.late })),
          ...ALWAYS.map((range) => ({ ...range, window: 0, kind: KIND.now })),
        ]),
  ];
}

/** Sizes of sets from the sums of cells and pairs of one window (and one unit). */
export function sizesFrom(rollup: RollupTable, sums: readonly CellSums[]): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const set of rollup.sets) sizes[set] = 0;
  for (const { kind, sums: amounts } of sums) {
    if (kind === KIND.flow) {
      for (const set of rollup.sets) sizes[set]! += amounts[columnOf(set)] ?? 0;
    } else if (kind === KIND.stock) {
      for (const set of rollup.stock) sizes[set]! += amounts[stockColumn(set)] ?? 0;
    } else if (kind === KIND.late) {
      sizes['R3.numerator'] = (sizes['R3.numerator'] ?? 0) + (amounts['late_stock'] ?? 0);
    } else {
      sizes['R3.denominator'] = (sizes['R3.denominator'] ?? 0) + (amounts['open_now'] ?? 0);
      sizes['R3.suspended'] = (sizes['R3.suspended'] ?? 0) + (amounts['suspended_now'] ?? 0);
    }
  }
  return sizes;
}

/** Sets that follow from others, by the definitions. */
export function withDerivedTips(kept: Record<string, number>, switches: Switches): Record<string, number> {
  const of = (name: string): number => kept[name] ?? 0;
  const { 'R2.suspendedOrResolved': either, ...sizes } = kept;
  const resolved = switches.suspensionCountsAsResolved ? (either ?? 0) : of('R2.numerator');
  return {
    ...sizes,
    'R1.open': of('R1.open'),
    'R2.numerator': resolved,
    'R2.open': of('R2.denominator') - resolved,
    'R2.carriedOver': of('R2.denominator') - of('R2.accepted') - of('R2.resumed'),
    'R2i.denominator': of('R2.denominator'),
    'R2i.open': of('R2.denominator') - resolved,
    'R3.numerator': of('R3.numerator'),
    'R3.denominator': of('R3.denominator'),
    'R3.open': of('R3.denominator'),
    'R3.suspended': of('R3.suspended'),
    'T4.closed': of('T3.closed'),
    'T4.open': of('T3.open'),
  };
}

function withDerivedCases(kept: Record<string, number>): Record<string, number> {
  return { ...kept, 'R4.excluded': (kept['R4.allDecisions'] ?? 0) - (kept['R4.denominator'] ?? 0) };
}

/**
 * Sizes of every set for some periods, as of one moment, out of the rollups: what `setSizes` counts on the facts, in
 * time that does not grow with them. Call inside one snapshot.
 * @param windows of one as-of moment and the same units; the first one also gets what is open and late now
 * @returns null when the rollups cannot tell: they are being filled, the moment lies far back, or the scope is mixed
 */
export async function rollupSizes(
  tx: PoolClient,
  windows: readonly ReportWindow[],
  switches: Switches,
): Promise<SetSizes[] | null> {
  const { asOf, units, rollup: scope } = windows[0]!;
  if (!scope || !(await isComplete(tx))) return null;
  const days = windows.map(dayWindow);
  const asOfMs = Date.parse(asOf);
  const corrections = await readNotYetKnown(tx, { asOf, asOfMs, units }, days);
  if (!corrections) return null;
  const wanted = wantedFor(days, dayNumberAt(asOfMs));
  const cells = scopeCells(scope);
  const tips = [...(await sumCells(tx, TIP_ROLLUP, cells, wanted)), ...(await sumPairs(tx, TIP_ROLLUP, cells, days))];
  const onlyPeriods = wanted.filter(({ kind }) => kind === KIND.flow || kind === KIND.stock);
  const cases = [
    ...(await sumCells(tx, CASE_ROLLUP, cells, onlyPeriods)),
    ...(await sumPairs(tx, CASE_ROLLUP, cells, days)),
  ];
  return days.map((_, window) => {
    const mine = (sums: readonly CellSums[]): CellSums[] => sums.filter((row) => row.window === window);
    const kept = sizesFrom(TIP_ROLLUP, mine(tips));
    const keptCases = sizesFrom(CASE_ROLLUP, mine(cases));
    for (const [name, amount] of Object.entries(corrections[window]!)) {
      const target = name.startsWith('R4') ? keptCases : kept;
      target[name] = (target[name] ?? 0) + amount;
    }
    return { ...withDerivedTips(kept, switches), ...withDerivedCases(keptCases) };
  });
}

export { KIND };
