import { legalDateOf } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import { RuleViolation } from '../rule-violation.js';
import { mayConclude } from './conclude-investigation.js';
import type { CriminalCase } from './criminal-case.js';
import { mayDecideProsecution } from './decide-prosecution.js';
import { mayExtendProsecution } from './extend-prosecution-term.js';
import { mayReceiveFile } from './receive-case-file.js';

/** Every act on an open case by its path segment, with the rule that says whether it may happen now. */
export const CASE_ACTS = {
  'conclude-investigation': mayConclude,
  'receive-file': mayReceiveFile,
  'extend-prosecution': mayExtendProsecution,
  'decide-prosecution': mayDecideProsecution,
} as const satisfies Record<string, (state: CriminalCase, on: string, law: LawVersion) => unknown>;

export type CaseAct = keyof typeof CASE_ACTS;

/** Why an act may not happen at `now` (RFC 3339) by the newest law, or null when it may. */
export function refusalOfCaseAct(
  act: CaseAct,
  state: CriminalCase,
  now: string,
  law: LawVersion,
): RuleViolation | null {
  try {
    CASE_ACTS[act](state, legalDateOf(now), law);
    return null;
  } catch (refusal) {
    if (refusal instanceof RuleViolation) return refusal;
    throw refusal;
  }
}
