import type { Decision } from '@app/contracts';
import { legalDateOf } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import { assertChronology, assertDecision, basisOf } from '../guards.js';
import type { ByLaw, Cause, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { awaitingDecision, prosecutionTerm } from './act-of-case.js';
import type { CriminalCase, CriminalCaseEvent } from './criminal-case.js';

/** The head of the procuracy may extend while the term of BLTTHS 240(1) runs. */
export function mayExtendProsecution(
  state: CriminalCase,
  on: string,
  law: LawVersion,
): ReturnType<typeof awaitingDecision> {
  const open = awaitingDecision(state);
  if (open.prosecutionExtended) throw ruleViolation('ProsecutionAlreadyExtended');
  const term = prosecutionTerm(open, law);
  if (term && on > term.latestArguable) {
    throw ruleViolation('ProsecutionExtensionAfterTimeLimit', {
      latestArguable: term.latestArguable,
      askedOn: on,
      ...basisOf(term, law),
    });
  }
  return open;
}

export function extendProsecutionTerm(
  state: CriminalCase,
  { happenedAt, now, law, decision }: When & ByLaw & { decision: Decision },
): CriminalCaseEvent[] {
  const open = mayExtendProsecution(state, legalDateOf(happenedAt), law);
  const cause: Cause = { name: 'file_reception', at: open.fileReceivedAt };
  assertChronology({ happenedAt, now }, cause);
  assertDecision(decision, { happenedAt, now }, cause);
  return [
    {
      type: 'ProsecutionTermExtended',
      data: {
        caseId: open.caseId,
        extendedAt: happenedAt,
        ...(decision.to === undefined ? {} : { to: decision.to }),
        decision,
      },
    },
  ];
}
