import type { Decision } from '@app/contracts';
import { legalDateOf } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import { assertChronology, assertDecision, basisOf } from '../guards.js';
import type { ByLaw, Cause, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { underVerification } from './act-of-tip.js';
import { evolveCrimeTip } from './crime-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';
import { printedTermEvents } from './printed-term.js';
import { runningTerm } from './verification-term.js';

export interface ProlongFacts extends When, ByLaw {
  decision: Decision;
}

/** The head may prolong once the twenty days run, before they are over (BLTTHS 147(2)); not after resumption (149(1)). */
export function mayProlong(tip: CrimeTip, on: string, law: LawVersion): ReturnType<typeof underVerification> {
  const open = underVerification(tip);
  if (open.resumedAt !== null) throw ruleViolation('ProlongationOfResumedTerm');
  const term = runningTerm(open, law);
  if (open.prolonged) throw ruleViolation('AlreadyProlonged', { to: term?.due ?? open.prolonged.to });
  if (term && on > term.latestArguable) {
    throw ruleViolation('ProlongationAfterTimeLimit', {
      latestArguable: term.latestArguable,
      askedOn: on,
      ...basisOf(term, law),
    });
  }
  return open;
}

export function prolongVerification(tip: CrimeTip, { happenedAt, now, law, decision }: ProlongFacts): CrimeTipEvent[] {
  const open = mayProlong(tip, legalDateOf(happenedAt), law);
  const cause: Cause = { name: 'acceptance', at: open.acceptedAt };
  assertChronology({ happenedAt, now }, cause);
  assertDecision(decision, { happenedAt, now }, cause);
  const prolonged: CrimeTipEvent = {
    type: 'VerificationProlonged',
    data: { tipId: open.tipId, prolongedAt: happenedAt, decision },
  };
  return [
    prolonged,
    ...printedTermEvents('prolong', decision, evolveCrimeTip(open, prolonged), legalDateOf(open.acceptedAt), law),
  ];
}
