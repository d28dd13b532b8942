import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import { factsVersionsSql } from '../matters/facts-version.js';
import type { FactsVersions } from '../matters/facts-version.js';
import { SCHEMA } from '../migrations/schema.js';
import type { Switches } from '../indicators/tip-sets.js';
import type { SetSizes } from '../indicators/figures.js';
import type { ReportWindow } from '../indicators/sql.js';
import { dayNumberAt } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { before, within } from './ranges.js';
import type { CellRange } from './ranges.js';
import { readNotYetKnown } from './not-yet-known.js';
import {
  CASE_ROLLUP,
  cellColumns,
  flowColumnsOf,
  GRAIN,
  pairColumns,
  stockColumn,
  TIP_ROLLUP,
} from './rollup-tables.js';
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

/** What of the facts the rollups hold, as seen by one snapshot. */
export interface RollupState {
  /** False while a filler is at work. */
  isComplete: boolean;
  /** The newest moment of recording after the as-of moment, RFC 3339; null when nothing was recorded later. */
  newest: string | null;
  /** As the snapshot shows them. */
  versions: FactsVersions;
}

const FAR_AHEAD = '9999-01-01T00:00:00Z';

export async function rollupState(tx: PoolClient, asOf: string): Promise<RollupState> {
  const s = identifier(SCHEMA);
  // Bounded above too: a range of two unknown ends is planned by the index.
  const newest = (table: string): string =>
    `(SELECT max(last_recorded_at) FROM ${s}.${table} WHERE last_recorded_at > $1::timestamptz AND last_recorded_at < $2::timestamptz)`;
  const { rows } = await tx.query<{ is_complete: boolean; newest: Date | null; versions: FactsVersions }>({
    name: 'rollup-state',
    text: `SELECT NOT EXISTS (SELECT FROM ${s}.tip_rollup_backlog)
        AND NOT EXISTS (SELECT FROM ${s}.case_rollup_backlog) AS is_complete,
      greatest(${newest('tip_facts')}, ${newest('case_facts')}) AS newest, ${factsVersionsSql(SCHEMA)} AS versions`,
    values: [asOf, FAR_AHEAD],
  });
  const { is_complete, newest: found, versions } = rows[0]!;
  return { isComplete: is_complete, newest: found?.toISOString() ?? null, versions };
}

/** The cells that answer for a window, and whether anything visible was recorded after its moment; null = count the facts. */
export async function usableRollup(
  tx: PoolClient,
  { rollup, asOf }: Pick<ReportWindow, 'rollup' | 'asOf'>,
): Promise<{ scope: RollupScope; isLatest: boolean } | null> {
  if (!rollup) return null;
  if (rollup.isLatest !== undefined) return { scope: rollup, isLatest: rollup.isLatest };
  const { isComplete, newest } = await rollupState(tx, asOf);
  return isComplete ? { scope: rollup, isLatest: newest === null } : null;
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
  /** Of each code the own cells alone, without the units below it. */
  isOwnOnly: (code: string) => boolean;
  /** Rows supervised by these are left out. */
  notSupervisedBy: readonly string[];
  isByUnit: boolean;
}

export const scopeCells = (scope: RollupScope): Cells => ({
  by: 'unit',
  codes: scope.roots,
  isOwnOnly: () => false,
  notSupervisedBy: scope.supervisors,
  isByUnit: false,
});

/** The codes `$1`, own cells alone where `$2`, as a table `c`; own cells are looked for only where there are any. */
export function codesSql({ by }: Cells): string {
  return `(SELECT code COLLATE "C" AS code, is_own FROM unnest($1::text[], $2::boolean[]) AS given(code, is_own)
    WHERE NOT is_own OR EXISTS (SELECT FROM ${identifier(SCHEMA)}.tip_rollup y
      WHERE y.${by} = given.code COLLATE "C" AND y.grain = ${GRAIN.year} AND y.supervised_by <> '')) AS c`;
}

/** Rows `r` of the codes `c`, less those supervised by `$3`. */
export function cellsSql({ by }: Cells): string {
  return `r.${by} = c.code AND (NOT c.is_own OR r.supervised_by <> '')
    AND (cardinality($3::text[]) = 0 OR r.supervised_by <> ALL ($3))${by === 'supervised_by' ? ` AND r.supervised_by <> ''` : ''}`;
}

export const cellValues = ({ codes, isOwnOnly, notSupervisedBy }: Cells): unknown[] => [
  codes,
  codes.map(isOwnOnly),
  notSupervisedBy,
];

const pairsOf = (windows: readonly DayWindow[]) =>
  windows.flatMap(({ start, end }, window) =>
    within(start, end, GRAIN.month).flatMap((ended) =>
      before(start, GRAIN.month).map((begun) => ({ window, ended, begun })),
    ),
  );

/** Columns of a table that are asked for. */
export interface AskedColumns {
  rollup: RollupTable;
  columns: readonly string[];
}

/**
 * Add up cells of one or more tables in one statement, one index range per code and range wanted, and the pairs of each
 * window: begun before it, ended in it. `OFFSET 0` keeps each range a lookup of its own: joined otherwise, all cells of a
 * unit would be read.
 * @param windows for pairs; none asks for none
 * @returns sums by table, in the order of `asked`
 */
export async function sumCells(
  tx: PoolClient,
  asked: readonly AskedColumns[],
  cells: Cells,
  wanted: readonly Wanted[],
  windows: readonly DayWindow[],
): Promise<CellSums[][]> {
  const found = asked.map((): CellSums[] => []);
  if (cells.codes.length === 0) return found;
  const s = identifier(SCHEMA);
  const unit = cells.isByUnit ? 'r.unit' : 'NULL::text';
  const pairs = pairsOf(windows);
  const hasPairs = windows.length > 0;
  const width = Math.max(...asked.map(({ columns }) => columns.length));
  const branches = asked.flatMap(({ rollup, columns }, table) => {
    const paired = new Set(pairColumns(rollup));
    const sum = (name: string): string => `sum(r.${name})::integer`;
    const rowOf = (kind: string, sums: readonly string[]): string =>
      [`${table}`, 'w."window"', kind, unit, ...sums, ...Array<string>(width - sums.length).fill('NULL::integer')].join(
        ', ',
      );
    // What is late, and open now, is known of tips alone.
    const kinds = rollup.further.includes('late_stock') ? '' : `WHERE w.kind IN (${KIND.flow}, ${KIND.stock})`;
    const ofCells = `SELECT ${rowOf('w.kind', columns.map(sum))}
      FROM unnest($4::integer[], $5::integer[], $6::smallint[], $7::integer[], $8::integer[]) AS w("window", kind, grain, lo, hi)
      CROSS JOIN ${codesSql(cells)}
      CROSS JOIN LATERAL (SELECT * FROM ${s}.${identifier(rollup.table)} r
        WHERE ${cellsSql(cells)} AND r.grain = w.grain AND r.bucket >= w.lo AND r.bucket < w.hi OFFSET 0) r
      ${kinds} GROUP BY 1, 2, 3, 4`;
    const ofPairs = `SELECT ${rowOf(
      `${KIND.flow}`,
      columns.map((name) => (paired.has(name) ? sum(name) : 'NULL::integer')),
    )}
      FROM unnest($9::integer[], $10::smallint[], $11::integer[], $12::integer[], $13::smallint[], $14::integer[], $15::integer[])
        AS w("window", ended_grain, lo, hi, begun_grain, begun_lo, begun_hi)
      CROSS JOIN ${codesSql(cells)}
      CROSS JOIN LATERAL (SELECT * FROM ${s}.${identifier(rollup.pairTable)} r
        WHERE ${cellsSql(cells)} AND r.ended_grain = w.ended_grain AND r.ended >= w.lo AND r.ended < w.hi
          AND r.begun_grain = w.begun_grain AND r.begun >= w.begun_lo AND r.begun < w.begun_hi OFFSET 0) r
      GROUP BY 1, 2, 3, 4`;
    return hasPairs ? [ofCells, ofPairs] : [ofCells];
  });
  const tables = asked.map(({ rollup, columns }) => `${rollup.table}-${columns.length}`).join('-');
  const { rows } = await tx.query<[number, number, number, string | null, ...(number | null)[]]>({
    name: `rollup-${tables}-${cells.by}-${cells.isByUnit}-${hasPairs}`,
    text: branches.join('\nUNION ALL\n'),
    values: [
      ...cellValues(cells),
      wanted.map(({ window }) => window),
      wanted.map(({ kind }) => kind),
      wanted.map(({ grain }) => grain),
      wanted.map(({ from }) => from),
      wanted.map(({ to }) => to),
      ...(hasPairs
        ? [
            pairs.map(({ window }) => window),
            pairs.map(({ ended }) => ended.grain),
            pairs.map(({ ended }) => ended.from),
            pairs.map(({ ended }) => ended.to),
            pairs.map(({ begun }) => begun.grain),
            pairs.map(({ begun }) => begun.from),
            pairs.map(({ begun }) => begun.to),
          ]
        : []),
    ],
    rowMode: 'array',
  } as never);
  for (const [table, window, kind, code, ...sums] of rows) {
    found[table]!.push({
      window,
      kind,
      unit: code,
      sums: Object.fromEntries(asked[table]!.columns.map((name, index) => [name, sums[index] ?? 0])),
    });
  }
  return found;
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
  const flowColumns = flowColumnsOf(rollup);
  for (const { kind, sums: amounts } of sums) {
    if (kind === KIND.flow) {
      rollup.sets.forEach((set, index) => (sizes[set]! += amounts[flowColumns[index]!] ?? 0));
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
  const { asOf, units } = windows[0]!;
  const usable = await usableRollup(tx, windows[0]!);
  if (!usable) return null;
  const days = windows.map(dayWindow);
  const asOfMs = Date.parse(asOf);
  const corrections = await readNotYetKnown(tx, { asOf, asOfMs, units, isLatest: usable.isLatest }, days);
  if (!corrections) return null;
  const wanted = wantedFor(days, dayNumberAt(asOfMs));
  const cells = scopeCells(usable.scope);
  const asked = [TIP_ROLLUP, CASE_ROLLUP].map((rollup) => ({ rollup, columns: cellColumns(rollup) }));
  const [tips, cases] = (await sumCells(tx, asked, cells, wanted, days)) as [CellSums[], CellSums[]];
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
