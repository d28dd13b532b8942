import type { UnitSnapshot } from '@app/security';

const MOST = 100;

/**
 * What follows from the tree of units and some roots alone, found once for each tree: thousands of units are walked, and
 * every report of a scope asks for the same. Answers are shared: nobody changes them.
 */
export function perTree<T>(
  find: (tree: UnitSnapshot, roots: readonly string[]) => T,
): (tree: UnitSnapshot, roots: readonly string[]) => T {
  const trees = new WeakMap<UnitSnapshot, Map<string, T>>();
  return (tree, roots) => {
    let byRoots = trees.get(tree);
    if (!byRoots) trees.set(tree, (byRoots = new Map()));
    const key = roots.join();
    const known = byRoots.get(key);
    if (known !== undefined) return known;
    const found = find(tree, roots);
    byRoots.set(key, found);
    if (byRoots.size > MOST) byRoots.delete(byRoots.keys().next().value!);
    return found;
  };
}
