import type { Decision, ProsecutionDecision } from '@app/contracts';
import { assertChronology, assertDecision } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { awaitingDecision, lastCaseAct, opened } from './act-of-case.js';
import type { CriminalCase, CriminalCaseEvent } from './criminal-case.js';

/** At most two returns for supplementary investigation by the procuracy (BLTTHS 174(2)). */
const MAX_RETURNS = 2;

export const mayDecideProsecution = awaitingDecision;

export interface DecideProsecutionFacts extends When {
  decision: ProsecutionDecision;
  document: Decision;
}

/** Prosecute, return, suspend, discontinue or transfer (BLTTHS 240(1)). A late decision is recorded; its lateness is the clock's to say. */
export function decideProsecution(state: CriminalCase, facts: DecideProsecutionFacts): CriminalCaseEvent[] {
  const open = mayDecideProsecution(state);
  assertChronology(facts, lastCaseAct(open));
  assertDecision(facts.document, facts, { name: 'file_reception', at: open.fileReceivedAt });
  if (facts.decision === 'return' && open.returns >= MAX_RETURNS) {
    throw ruleViolation('TooManyReturns', { returns: open.returns });
  }
  return [
    {
      type: 'ProsecutionDecided',
      data: { caseId: open.caseId, decidedAt: facts.happenedAt, decision: facts.decision, document: facts.document },
    },
  ];
}

/** The court has the file and the indictment (BLTTHS 244). */
export function noteCourtReception(state: CriminalCase, when: When): CriminalCaseEvent[] {
  const open = opened(state);
  if (open.decided?.decision !== 'prosecute') throw ruleViolation('ProsecutionNotDecided');
  assertChronology(when, lastCaseAct(open));
  return [{ type: 'CourtReceivedCase', data: { caseId: open.caseId, receivedAt: when.happenedAt } }];
}

/** The court's outcome, by accused: convicted of the prosecuted offence or of another (for the right-crime rate). */
export function recordCourtOutcome(
  state: CriminalCase,
  facts: When & { convictedSameOffence: number; convictedOtherOffence: number },
): CriminalCaseEvent[] {
  const open = opened(state);
  if (open.decided?.decision !== 'prosecute') throw ruleViolation('ProsecutionNotDecided');
  assertChronology(facts, lastCaseAct(open));
  const { convictedSameOffence, convictedOtherOffence } = facts;
  return [
    {
      type: 'CourtOutcomeRecorded',
      data: { caseId: open.caseId, decidedAt: facts.happenedAt, convictedSameOffence, convictedOtherOffence },
    },
  ];
}
