import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { lastCaseAct, opened } from './act-of-case.js';
import { mayConclude } from './conclude-investigation.js';
import type { CriminalCase, CriminalCaseEvent } from './criminal-case.js';

/** The procuracy extends a running investigation (BLTTHS 172(2)); the printed end wins. */
export function extendInvestigation(
  state: CriminalCase,
  { happenedAt, now, to }: When & { to?: string },
): CriminalCaseEvent[] {
  const open = mayConclude(state);
  assertChronology({ happenedAt, now }, lastCaseAct(open));
  return [
    {
      type: 'InvestigationExtended',
      data: { caseId: open.caseId, extendedAt: happenedAt, ...(to === undefined ? {} : { to }) },
    },
  ];
}

/** A running investigation is suspended (BLTTHS 229). */
export function suspendInvestigation(state: CriminalCase, when: When): CriminalCaseEvent[] {
  const open = mayConclude(state);
  assertChronology(when, lastCaseAct(open));
  return [{ type: 'InvestigationSuspended', data: { caseId: open.caseId, suspendedAt: when.happenedAt } }];
}

/** A suspended investigation is resumed with a term of its own (BLTTHS 235, 174(1)). */
export function resumeInvestigation(state: CriminalCase, when: When): CriminalCaseEvent[] {
  const open = opened(state);
  if (open.status !== 'investigation_suspended') throw ruleViolation('InvestigationNotSuspended');
  assertChronology(when, lastCaseAct(open));
  return [{ type: 'InvestigationResumed', data: { caseId: open.caseId, resumedAt: when.happenedAt } }];
}
