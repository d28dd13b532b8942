import { CASE_SETS_KEPT } from './case-membership.js';
import { TIP_SETS } from './tip-membership.js';

/** `R2.suspendedOrResolved` → `r2_suspended_or_resolved`. */
export function columnOf(set: string): string {
  return set.replace('.', '_').replace(/[A-Z]/g, (letter, at: number) => (at > 1 ? '_' : '') + letter.toLowerCase());
}

/** A table of cells, and the table of its pairs (`corners.ts`). */
export interface RollupTable {
  table: string;
  pairTable: string;
  /** Sets by their bits; a flow column each. */
  sets: readonly string[];
  /** Sets whose stock is kept. */
  stock: readonly string[];
  /** Sets that may have pairs. */
  paired: readonly string[];
  /** Whether processing times and tips by category are kept beside. */
  hasTimes: boolean;
  /** Columns beside those of sets: `late_stock` counts by the day from which a matter is late. */
  further: readonly string[];
}

export const TIP_ROLLUP: RollupTable = {
  table: 'tip_rollup',
  pairTable: 'tip_rollup_pairs',
  sets: TIP_SETS,
  stock: ['R2.denominator'],
  paired: TIP_SETS.filter((name) => name.startsWith('R2') || name === 'T1.closed'),
  hasTimes: true,
  further: ['open_now', 'suspended_now', 'late_stock', 'due_on', 'safe_on'],
};

export const CASE_ROLLUP: RollupTable = {
  table: 'case_rollup',
  pairTable: 'case_rollup_pairs',
  sets: CASE_SETS_KEPT,
  stock: ['R4.open'],
  paired: CASE_SETS_KEPT,
  hasTimes: false,
  further: ['due_on', 'safe_on'],
};

export const stockColumn = (set: string): string => `${columnOf(set)}_stock`;

const once = <T>(find: (rollup: RollupTable) => T): ((rollup: RollupTable) => T) => {
  const found = new Map<RollupTable, T>();
  return (rollup) => {
    let known = found.get(rollup);
    if (known === undefined) found.set(rollup, (known = find(rollup)));
    return known;
  };
};

/** Columns of a table of cells, and of its table of pairs. */
export const cellColumns = once(({ sets, stock, further }): readonly string[] => [
  ...sets.map(columnOf),
  ...stock.map(stockColumn),
  ...further,
]);
/** The flow columns of the sets of a table, in their order. */
export const flowColumnsOf = once(({ sets }): readonly string[] => sets.map(columnOf));
export const pairColumns = once(({ paired }): readonly string[] => paired.map(columnOf));

/** Cells of a day, a calendar month, a calendar year; `bucket` is its first day. */
export const GRAIN = { day: 1, month: 2, year: 3 } as const;

/**
 * Processing times kept by cell: `t…` of what was closed, by the day on which it was; `k…` of acceptances whose time has
 * ended, by the day of acceptance, for Kaplan–Meier.
 */
export const CLOSED_TIMES = ['t1', 't2', 't3', 't4'] as const;
export const ENDED_TIMES = ['k1', 'k2', 'k3', 'k4'] as const;
export const TIMES = [...CLOSED_TIMES, ...ENDED_TIMES] as const;
export type TimeColumn = (typeof TIMES)[number];

/** What the consumer of tips, and that of cases, writes beside its facts; a rebuild of the facts rebuilds these. */
export const TIP_TABLES = [
  'tip_facts',
  'tip_rollup',
  'tip_rollup_pairs',
  'tip_times',
  'tip_categories',
  'tip_rollup_backlog',
] as const;
export const CASE_TABLES = ['case_facts', 'case_rollup', 'case_rollup_pairs', 'case_rollup_backlog'] as const;
