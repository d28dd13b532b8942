import type { UnitSnapshot } from '@app/security';
import type { GroupsKept } from './kept-groups.js';
import { EVERY_UNIT } from './rollup-writer.js';

/** Which cells of rollups together make a report's units, each matter once. */
export interface RollupScope {
  /** `['*']`, or units, each with everything below it. */
  roots: readonly string[];
  /** Procuracies among them: what these supervise is in the cells of their groups already. */
  supervisors: readonly string[];
  /** Set once the rollups are known to hold every fact: whether nothing visible was recorded after the as-of moment. */
  isLatest?: boolean;
  /** What earlier snapshots have found of groups of units; absent where nothing is kept. */
  kept?: GroupsKept;
}

/**
 * The cells for some scope roots; null when they would count a matter twice: several roots of which one supervises, so
 * that a matter may lie under two of them.
 */
export function rollupScope(tree: UnitSnapshot, roots: readonly string[]): RollupScope | null {
  if (roots.includes(EVERY_UNIT)) return { roots: [EVERY_UNIT], supervisors: [] };
  const tops = [...new Set(roots)].filter(
    (root) => !roots.some((other) => other !== root && tree.isWithin(root, [other])),
  );
  const supervises = (code: string): boolean => (tree.get(code)?.kind ?? 'procuracy') === 'procuracy';
  if (tops.length !== 1 && tops.some(supervises)) return null;
  const supervisors = [...new Set([...tops, ...tree.list(tops).map(({ code }) => code)])].filter(supervises);
  return { roots: tops, supervisors };
}
