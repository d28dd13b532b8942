import type { Decision } from '@app/contracts';
import { assertChronology, assertDecision } from '../guards.js';
import type { Cause, When } from '../guards.js';
import { underVerification } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';

export interface AssignFacts extends When {
  investigator: string;
  decision: Decision;
}

/** Assigned, or reassigned, while under verification; reassignment restarts nothing (TTLT 01/2017 Art 9, law.md c-11). */
export const mayAssign = underVerification;

export function assignCrimeTip(
  tip: CrimeTip,
  { happenedAt, now, investigator, decision }: AssignFacts,
): CrimeTipEvent[] {
  const open = mayAssign(tip);
  const cause: Cause = { name: 'acceptance', at: open.acceptedAt };
  assertChronology({ happenedAt, now }, cause);
  assertDecision(decision, { happenedAt, now }, cause);
  return [{ type: 'CrimeTipAssigned', data: { tipId: open.tipId, assignedAt: happenedAt, investigator, decision } }];
}
