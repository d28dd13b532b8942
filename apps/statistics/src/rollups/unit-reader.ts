import type { UnitSnapshot } from '@app/security';
import type { PoolClient } from 'pg';
import { perTree } from '../indicators/per-tree.js';
import type { ReportWindow } from '../indicators/sql.js';
import { versionFor } from '../matters/facts-version.js';
import type { Switches } from '../indicators/tip-sets.js';
import type { ElapsedCount } from '../indicators/processing-time.js';
import { dayNumberAt } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { dayWindow, sizesFrom, sumCells, usableRollup, wantedFor, withDerivedTips } from './rollup-reader.js';
import type { Cells, CellSums, DayWindow } from './rollup-reader.js';
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

/** Of each code that a scope is read by, every unit that its sums depend on. */
const unitsBehind = perTree((tree, roots): ReadonlyMap<string, readonly string[]> => {
  const { codes, isOwnOnly } = readsFor(tree, roots)[0]!;
  const units = new Map(codes.map((code) => [code, [code]]));
  for (const { code, parentCode } of tree.list(['*'])) {
    const seen = new Set([code]);
    for (let at = parentCode; at !== null && !seen.has(at); at = tree.get(at)?.parentCode ?? null) {
      seen.add(at);
      if (!isOwnOnly(at)) units.get(at)?.push(code);
    }
  }
  return units;
});

/** How units are grouped, and what is made of the sums of a group. */
export interface Grouping<T> {
  /** Roots that units are grouped below. */
  below: readonly string[];
  groupOf: (unit: string) => string;
  /** Also of groups in which there is nothing. */
  of: (group: string, sums: GroupSums) => T;
}

/**
 * Groups of units out of the rollups. Those that nothing has changed since an earlier snapshot are taken from there.
 * @returns null when the rollups cannot tell
 */
export async function rollupGroups<T>(
  tx: PoolClient,
  tree: UnitSnapshot,
  window: ReportWindow,
  { below, groupOf, of }: Grouping<T>,
  switches: Switches,
): Promise<Map<string, T> | null> {
  const usable = await usableRollup(tx, window);
  if (!usable?.isLatest) return null;
  const { roots, kept } = usable.scope;
  const days = dayWindow(window);
  const asOfDay = dayNumberAt(Date.parse(window.asOf));
  const sumsOf = async (reads: readonly Cells[]) => groupSums(tx, reads, days, asOfDay, { groupOf, switches });
  const reads = readsFor(tree, roots);
  const [cells] = reads;
  // Where rows are found by the procuracy that supervises, one code holds units of several groups.
  if (!kept || !cells || reads.length > 1) {
    return new Map([...(await sumsOf(reads))].map(([group, sums]) => [group, of(group, sums)]));
  }
  const known = kept.of(tree, JSON.stringify([roots, below, days, asOfDay, switches]));
  const behind = unitsBehind(tree, roots);
  const versions = new Map<string, string>();
  for (const code of cells.codes) {
    const group = groupOf(code);
    const version = versionFor(kept.versions, behind.get(code)!);
    versions.set(group, versions.has(group) ? `${versions.get(group)!} ${version}` : version);
  }
  const found = new Map<string, T>();
  for (const [group, version] of versions) {
    const earlier = known.get(group);
    if (earlier?.version === version) found.set(group, earlier.found as T);
  }
  if (found.size === versions.size) return found;
  const changed = await sumsOf([{ ...cells, codes: cells.codes.filter((code) => !found.has(groupOf(code))) }]);
  for (const [group, version] of versions) {
    if (found.has(group)) continue;
    const made = of(group, changed.get(group) ?? sumsFrom({ sums: [], closed: [] }, switches));
    found.set(group, made);
    known.set(group, { version, found: made });
  }
  return found;
}

interface GroupCells {
  sums: CellSums[];
  closed: CellTimes[];
}

const sumsFrom = ({ sums, closed }: GroupCells, switches: Switches): GroupSums => ({
  sizes: withDerivedTips(sizesFrom(TIP_ROLLUP, sums), switches),
  closed: mergeTimes(closed).distribution,
});

async function groupSums(
  tx: PoolClient,
  reads: readonly Cells[],
  days: DayWindow,
  asOfDay: DayNumber,
  { groupOf, switches }: { groupOf: (unit: string) => string; switches: Switches },
): Promise<Map<string, GroupSums>> {
  const wanted = wantedFor([days], asOfDay);
  const byGroup = new Map<string, GroupCells>();
  const groupAt = (unit: string): GroupCells => {
    const group = groupOf(unit);
    let known = byGroup.get(group);
    if (!known) byGroup.set(group, (known = { sums: [], closed: [] }));
    return known;
  };
  for (const cells of reads) {
    const [sums] = await sumCells(tx, [{ rollup: TIP_ROLLUP, columns: COLUMNS }], cells, wanted, [days]);
    for (const row of sums!) groupAt(row.unit!).sums.push(row);
    for (const [unit, parts] of await timeCellsOf(tx, cells, days, ['t3'])) {
      const { closed } = groupAt(unit);
      for (const { t3 } of parts) if (t3) closed.push(t3);
    }
  }
  return new Map([...byGroup].map(([group, cells]) => [group, sumsFrom(cells, switches)]));
}
