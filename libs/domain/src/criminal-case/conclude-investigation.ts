import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { lastCaseAct, opened } from './act-of-case.js';
import type { CriminalCase, CriminalCaseEvent, OpenCriminalCase } from './criminal-case.js';

/** An investigation that runs, or a returned file, can be concluded (BLTTHS 232). */
export function mayConclude(state: CriminalCase): OpenCriminalCase {
  const open = opened(state);
  if (open.status !== 'investigating' && open.status !== 'returned') throw ruleViolation('InvestigationNotRunning');
  return open;
}

export function concludeInvestigation(
  state: CriminalCase,
  { happenedAt, now, proposesProsecution }: When & { proposesProsecution: boolean },
): CriminalCaseEvent[] {
  const open = mayConclude(state);
  assertChronology({ happenedAt, now }, lastCaseAct(open));
  return [
    { type: 'InvestigationConcluded', data: { caseId: open.caseId, concludedAt: happenedAt, proposesProsecution } },
  ];
}
