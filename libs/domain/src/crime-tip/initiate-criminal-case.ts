import type { Category, CrimeClass, Decision, Offence } from '@app/contracts';
import { assertChronology, assertDecision } from '../guards.js';
import type { When } from '../guards.js';
import { classOfOffence } from '../offences/offences.js';
import { ruleViolation } from '../rule-violation.js';
import { lastAct, underVerification } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';

export interface InitiateFacts extends When {
  caseId: string;
  offence: Offence;
  /** Needed only for an offence whose class the table does not hold. */
  class?: CrimeClass;
  category?: Category;
  juvenile?: boolean;
  decision: Decision;
}

/** The competent body decides while verification runs; assignment is not needed where the crime is clear (TTLT 01/2017 9(1)). */
export const mayInitiate = underVerification;

export function initiateCriminalCase(tip: CrimeTip, facts: InitiateFacts): CrimeTipEvent[] {
  const open = mayInitiate(tip);
  const { happenedAt, now, offence, decision } = facts;
  assertChronology({ happenedAt, now }, lastAct(open));
  assertDecision(decision, { happenedAt, now }, { name: 'acceptance', at: open.acceptedAt });
  const crimeClass = classOfOffence(offence.article, offence.clause) ?? facts.class;
  if (!crimeClass) {
    throw ruleViolation('OffenceClassUnknown', { article: offence.article, clause: offence.clause ?? null });
  }
  return [
    {
      type: 'CriminalCaseInitiated',
      data: {
        tipId: open.tipId,
        caseId: facts.caseId,
        initiatedAt: happenedAt,
        offence,
        class: crimeClass,
        category: facts.category ?? open.category ?? 'other',
        unitCode: open.unitCode,
        supervisedBy: open.supervisedBy,
        juvenile: facts.juvenile ?? false,
        decision,
      },
    },
  ];
}
