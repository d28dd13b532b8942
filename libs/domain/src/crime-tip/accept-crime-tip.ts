import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { inHand, lastAct } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent, RegisteredCrimeTip } from './crime-tip.js';

/**
 * The competent body takes the tip on, once. After a transfer the receiver is competent by the sender's finding;
 * without one the body must have classified itself as competent (BLTTHS 145(3), TTLT 01/2017 Art 9).
 */
export function mayAccept(tip: CrimeTip): RegisteredCrimeTip {
  const open = inHand(tip);
  if (open.acceptedAt !== null) throw ruleViolation('AlreadyAccepted', { acceptedAt: open.acceptedAt });
  if (!open.classified) throw ruleViolation('AcceptanceBeforeClassification');
  if (!open.transfer && !open.classified.competent) throw ruleViolation('AcceptanceByIncompetentBody');
  return open;
}

export function acceptCrimeTip(tip: CrimeTip, when: When): CrimeTipEvent[] {
  const open = mayAccept(tip);
  assertChronology(when, lastAct(open));
  return [
    {
      type: 'CrimeTipAccepted',
      data: { tipId: open.tipId, acceptedAt: when.happenedAt, unitCode: open.unitCode },
    },
  ];
}
