import { type LawVersion, type ObligationThroughLaw, obligationsThrough } from '@app/legal-time-limits';
import type { LawFact, Matter } from '../matters/matter-facts.js';

/** A fact that the law's arithmetic refuses beside the others, and why. */
export interface FactSetAside {
  type: string;
  at: string;
  code: string;
  vi: string;
  en: string;
}

export interface DutiesOfMatter {
  obligations: ObligationThroughLaw[];
  setAside: FactSetAside[];
}

/**
 * All duties of a matter under the law as it was published over time. Two services do not wait for each other: an extension may be granted on the day after the tip
 * was decided. A fact that cannot stand beside the others is set aside, named with its reason, and the other clocks run on;
 * the result still depends on the set of facts alone.
 *
 * @throws what the library throws when not a single fact is at fault
 */
export function dutiesOf(matter: Matter, history: readonly LawVersion[], options: { why: boolean }): DutiesOfMatter {
  let facts = matter.facts;
  const setAside: FactSetAside[] = [];
  while (facts.length > 0) {
    try {
      const input = { matter: matter.kind, unit: matter.unit, facts };
      return { obligations: obligationsThrough(input, history, options), setAside };
    } catch (error) {
      const refused = refusedFact(error, facts);
      if (!refused) throw error;
      setAside.push(refused.why);
      facts = facts.filter((fact) => fact !== refused.fact);
    }
  }
  return { obligations: [], setAside };
}

function refusedFact(error: unknown, facts: readonly LawFact[]): { fact: LawFact; why: FactSetAside } | null {
  const { name, code, position, vi, en } = error as {
    name?: unknown;
    code?: unknown;
    position?: unknown;
    vi?: unknown;
    en?: unknown;
  };
  const fact = name === 'LimitRefusal' && typeof position === 'number' ? facts[position] : undefined;
  if (!fact) return null;
  return { fact, why: { type: fact.type, at: fact.at, code: String(code), vi: String(vi), en: String(en) } };
}
