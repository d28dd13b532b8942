import type { UnitSnapshot } from '@app/security';
import type { FactsVersions } from '../matters/facts-version.js';

/** What was found of a group of units, and the version of the facts that it was found for. */
export interface KeptGroup {
  version: string;
  found: unknown;
}

/** Groups that a snapshot may take from earlier ones: those whose version it shows too. */
export interface GroupsKept {
  /** As the snapshot shows them. */
  versions: FactsVersions;
  /** @param question everything that the groups depend on beside the facts, the tree of units and the scope */
  of: (tree: UnitSnapshot, question: string) => Map<string, KeptGroup>;
}

/** Questions remembered for each tree; of one there are as many groups as units lie below a unit. */
const MOST = 100;

/**
 * What was found of the groups of units that a scope is shown by. A change in one province makes one group of the nation
 * old; the others, of which the facts have the same version, need not be read again. What one scope may see is never given
 * to another.
 */
export class KeptGroups {
  private readonly trees = new WeakMap<UnitSnapshot, Map<string, Map<string, KeptGroup>>>();

  constructor(private readonly most = MOST) {}

  within(scope: readonly string[], versions: FactsVersions): GroupsKept {
    const roots = [...scope].sort().join();
    return { versions, of: (tree, question) => this.groups(tree, `${roots} ${question}`) };
  }

  private groups(tree: UnitSnapshot, key: string): Map<string, KeptGroup> {
    let questions = this.trees.get(tree);
    if (!questions) this.trees.set(tree, (questions = new Map<string, Map<string, KeptGroup>>()));
    const groups = questions.get(key) ?? new Map<string, KeptGroup>();
    // Deleted first: a map lists its keys in the order in which they came, so the first is the one not asked for longest.
    questions.delete(key);
    questions.set(key, groups);
    if (questions.size > this.most) questions.delete(questions.keys().next().value!);
    return groups;
  }
}
