import type { UnitSnapshot } from '@app/security';
import type { PoolClient } from 'pg';
import { perTree } from '../indicators/per-tree.js';
import type { ReportWindow } from '../indicators/sql.js';
import type { Switches } from '../indicators/tip-sets.js';
import type { ElapsedCount } from '../indicators/processing-time.js';
import { dayNumberAt } from './legal-days.js';
import { dayWindow, sizesFrom, sumCells, usableRollup, wantedFor, withDerivedTips } from './rollup-reader.js';
import type { Cells, CellSums } from './rollup-reader.js';
import { TIP_ROLLUP } from './rollup-tables.js';
import { EVERY_UNIT } from './rollup-writer.js';
import { mergeTimes } from './log-sketch.js';
import type { CellTimes } from './log-sketch.js';
import { timeCellsOf } from './time-reader.js';

/** What a group of units adds up to: sizes of sets, and the elapsed times T3 of tips decided in the period. */
export interface GroupSums {
  sizes: Record<string, number>;
  closed: ElapsedCount[];
}

const COLUMNS = [
  'r2_denominator',
  'r2_numerator',
  'r2_suspended_or_resolved',
  'r2_denominator_stock',
  'late_stock',
  'open_now',
];

/** The reads that together hold each matter of the scope once, by the unit that it counts for. */
const readsFor = perTree((tree, roots): readonly Cells[] => {
  const every = tree.list(['*']);
  const isAll = roots.includes(EVERY_UNIT);
  const tops = isAll ? every.filter(({ parentCode }) => parentCode === null).map(({ code }) => code) : [...roots];
  const supervises = (code: string): boolean => (tree.get(code)?.kind ?? 'procuracy') === 'procuracy';
  const police = tops.filter((code) => !supervises(code));
  const procuracies = tops.filter(supervises);
  const below = [...new Set([...procuracies, ...tree.list(procuracies).map(({ code }) => code)])];
  const own = new Set([...police, ...below]);
  const children = every.filter(({ parentCode }) => police.includes(parentCode ?? '')).map(({ code }) => code);
  return [
    {
      by: 'unit',
      codes: [...own, ...children.filter((code) => !own.has(code))],
      isOwnOnly: (code) => own.has(code),
      notSupervisedBy: isAll ? [] : below,
      isByUnit: true,
    },
    // To a procuracy the bodies whose matters it supervises count too.
    ...(isAll || below.length === 0
      ? []
      : [{ by: 'supervised_by', codes: below, isOwnOnly: () => false, notSupervisedBy: [], isByUnit: true } as const]),
  ];
});

/**
 * Sums by group of units out of the rollups.
 * @param groupOf the group that a unit is shown in
 * @returns null when the rollups cannot tell
 */
export async function rollupGroups(
  tx: PoolClient,
  tree: UnitSnapshot,
  window: ReportWindow,
  groupOf: (unit: string) => string,
  switches: Switches,
): Promise<Map<string, GroupSums> | null> {
  const usable = await usableRollup(tx, window);
  if (!usable?.isLatest) return null;
  const days = dayWindow(window);
  const wanted = wantedFor([days], dayNumberAt(Date.parse(window.asOf)));
  const byGroup = new Map<string, { sums: CellSums[]; closed: CellTimes[] }>();
  const groupAt = (unit: string) => {
    const group = groupOf(unit);
    let known = byGroup.get(group);
    if (!known) byGroup.set(group, (known = { sums: [], closed: [] }));
    return known;
  };
  for (const cells of readsFor(tree, usable.scope.roots)) {
    const sums = await sumCells(tx, TIP_ROLLUP, cells, wanted, [days], COLUMNS);
    for (const row of sums) groupAt(row.unit!).sums.push(row);
    for (const [unit, parts] of await timeCellsOf(tx, cells, days, ['t3'])) {
      const { closed } = groupAt(unit);
      for (const { t3 } of parts) if (t3) closed.push(t3);
    }
  }
  return new Map(
    [...byGroup].map(([group, { sums, closed }]) => [
      group,
      {
        sizes: withDerivedTips(sizesFrom(TIP_ROLLUP, sums), switches),
        closed: mergeTimes(closed).distribution,
      },
    ]),
  );
}
