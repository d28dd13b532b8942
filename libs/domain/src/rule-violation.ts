import { REFUSALS } from './refusals.js';
import type { RefusalCode } from './refusals.js';

export type RefusalFacts = Record<string, string | number | boolean | null>;

/**
 * A rule said no. Carries the code, the facts it was decided on, the sentence in Vietnamese and English and the
 * articles. Compare by `code` across packages, never by class.
 */
export class RuleViolation extends Error {
  override readonly name = 'RuleViolation';

  constructor(
    readonly code: RefusalCode,
    readonly facts: RefusalFacts,
    readonly vi: string,
    readonly en: string,
    readonly cites: readonly string[],
  ) {
    // A refusal is an answer, not a fault: nobody reads where in the program it was decided, and a page of a matter
    // asks for a dozen of them.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${code}: ${en}`);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

const NO_FACTS: RefusalFacts = Object.freeze({});
const withoutFacts = new Map<RefusalCode, RuleViolation>();

/** The refusal of a rule, worded from the catalogue. Throw what it returns. */
export function ruleViolation(code: RefusalCode, facts: RefusalFacts = NO_FACTS): RuleViolation {
  if (facts !== NO_FACTS) return worded(code, facts);
  // Says the same each time, and a page of a matter holds several of them.
  let known = withoutFacts.get(code);
  if (!known) withoutFacts.set(code, (known = worded(code, facts)));
  return known;
}

function worded(code: RefusalCode, facts: RefusalFacts): RuleViolation {
  const refusal = REFUSALS[code];
  return new RuleViolation(code, facts, fill(refusal.vi, facts), fill(refusal.en, facts), refusal.cites);
}

/** Puts facts into a sentence: `{name}` becomes the fact of that name. */
function fill(sentence: string, facts: RefusalFacts): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(facts[name] ?? '…'));
}
