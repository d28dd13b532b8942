import type { UnitSnapshot } from '@app/security';
import type { PoolClient } from 'pg';
import { definitionOn, FEWEST_RANKED } from './definitions.js';
import type { Words } from './definitions.js';
import { percentHalfUp } from './percent.js';
import { nearestRank } from './processing-time.js';
import type { ElapsedCount } from './processing-time.js';
import { perTree } from './per-tree.js';
import { Parameters, planEach, windowSql } from './sql.js';
import type { ReportWindow } from './sql.js';
import { closedHundredths } from './time-sets.js';
import { tipMembers, tipSets } from './tip-sets.js';
import { rollupGroups } from '../rollups/unit-reader.js';

/** One unit, with everything below it, beside its neighbours. */
export interface UnitFigures {
  unitCode: string;
  name: Words;
  /** Tips to resolve in the period: R2's denominator. */
  n: number;
  /** Open now: R3's denominator. */
  open: number;
  /** Overdue now: R3's numerator. */
  late: number;
  /** T3 of tips decided in the period; null when none. */
  medianDays: number | null;
  /** R2; null when there is nothing to resolve. */
  resolvedPercent: number | null;
  /** False for units with too few matters to be compared. */
  ranked: boolean;
}

/**
 * The group that a unit is shown in: the child of a scope root that it lies under, itself when it is a root, and its own
 * when it lies under none (a procuracy sees the bodies whose matters it supervises).
 */
export const groupsOf = perTree((tree, roots): ReadonlyMap<string, string> => {
  const groups = new Map<string, string>();
  const isTop = (code: string): boolean =>
    roots.includes('*') ? (tree.get(code)?.parentCode ?? null) === null : roots.includes(code);
  for (const { code } of tree.list(['*'])) {
    let group = code;
    const seen = new Set<string>();
    for (let at: string | null = code; at !== null && !seen.has(at) && !isTop(at);) {
      seen.add(at);
      group = at;
      at = tree.get(at)?.parentCode ?? null;
      if (at === null) group = code;
    }
    groups.set(code, group);
  }
  return groups;
});

interface GroupRow {
  part: 'resolving' | 'resolved' | 'open' | 'late' | 'closed';
  code: string;
  hundredths: number | null;
  count: number;
}

/** Figures of every group of units that has matters in the window, the latest and busiest first. */
export async function unitComparison(
  tx: PoolClient,
  tree: UnitSnapshot,
  roots: readonly string[],
  window: ReportWindow,
  day: string,
): Promise<UnitFigures[]> {
  const { switches } = definitionOn('R2', day);
  const groups = groupsOf(tree, roots);
  const kept = await rollupGroups(
    tx,
    tree,
    window,
    {
      below: roots,
      groupOf: (unit) => groups.get(unit) ?? unit,
      of: (group, { sizes, closed }) =>
        figuresOf(tree, group, {
          resolving: sizes['R2.denominator']!,
          resolved: sizes['R2.numerator']!,
          open: sizes['R3.denominator']!,
          late: sizes['R3.numerator']!,
          closed,
        }),
    },
    switches,
  );
  if (kept) return inOrder([...kept.values()]);
  await planEach(tx);
  return factUnitComparison(tx, tree, roots, window, day);
}

/** The same counted on the facts: the reference, and what is asked while rollups are being filled. */
export async function factUnitComparison(
  tx: PoolClient,
  tree: UnitSnapshot,
  roots: readonly string[],
  window: ReportWindow,
  day: string,
): Promise<UnitFigures[]> {
  const parameters = new Parameters();
  const sql = windowSql(parameters, window);
  const sets = tipSets(sql, definitionOn('R2', day).switches);
  const { rows } = await tx.query<GroupRow>(
    `WITH t AS MATERIALIZED (
       SELECT * FROM (
         SELECT t.accepted_unit, t.unit_code,
           (${sets['R2.denominator']}) IS TRUE AS is_resolving, (${sets['R2.numerator']}) IS TRUE AS is_resolved,
           (${sets['R3.denominator']}) IS TRUE AS is_open, (${sets['R3.numerator']}) IS TRUE AS is_late,
           CASE WHEN ${sets['T3.closed']} THEN ${closedHundredths('T3', sql)} END AS hundredths
         FROM (${tipMembers(sql)}) t OFFSET 0) t
       WHERE is_resolving OR is_open OR hundredths IS NOT NULL)
     SELECT 'resolving' AS part, accepted_unit AS code, NULL::integer AS hundredths, count(*)::integer AS count
       FROM t WHERE is_resolving GROUP BY 2
     UNION ALL SELECT 'resolved', accepted_unit, NULL, count(*)::integer FROM t WHERE is_resolved GROUP BY 2
     UNION ALL SELECT 'open', unit_code, NULL, count(*)::integer FROM t WHERE is_open GROUP BY 2
     UNION ALL SELECT 'late', unit_code, NULL, count(*)::integer FROM t WHERE is_late GROUP BY 2
     UNION ALL SELECT 'closed', accepted_unit, hundredths, count(*)::integer FROM t
       WHERE hundredths IS NOT NULL GROUP BY 2, 3`,
    parameters.values,
  );
  return compare(rows, tree, groupsOf(tree, roots));
}

type UnitSums = Record<Exclude<GroupRow['part'], 'closed'>, number> & { closed: ElapsedCount[] };

function compare(rows: readonly GroupRow[], tree: UnitSnapshot, groups: ReadonlyMap<string, string>): UnitFigures[] {
  const units = new Map<string, UnitSums>();
  for (const { part, code, hundredths, count } of rows) {
    const group = groups.get(code) ?? code;
    const sums = units.get(group) ?? { resolving: 0, resolved: 0, open: 0, late: 0, closed: [] };
    units.set(group, sums);
    if (part === 'closed') sums.closed.push({ hundredths: hundredths ?? 0, count });
    else sums[part] += count;
  }
  return inOrder([...units].map(([unit, sums]) => figuresOf(tree, unit, sums)));
}

/** Null where there is not a single matter. */
function figuresOf(
  tree: UnitSnapshot,
  unitCode: string,
  { resolving, resolved, open, late, closed }: UnitSums,
): UnitFigures | null {
  if (resolving <= 0 && open <= 0 && !closed.some(({ count }) => count > 0)) return null;
  const unit = tree.get(unitCode);
  return {
    unitCode,
    name: { vi: unit?.nameVi ?? unitCode, en: unit?.nameEn ?? unitCode },
    n: resolving,
    open,
    late,
    medianDays: nearestRank(closed, 50),
    resolvedPercent: percentHalfUp(resolved, resolving),
    ranked: resolving >= FEWEST_RANKED,
  };
}

/** The latest and busiest first; units without any matter are left out. */
function inOrder(units: readonly (UnitFigures | null)[]): UnitFigures[] {
  return units
    .filter((unit) => unit !== null)
    .sort((a, b) => b.late - a.late || b.open - a.open || b.n - a.n || (a.unitCode < b.unitCode ? -1 : 1));
}
