import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { inHand, lastAct } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent, RegisteredCrimeTip } from './crime-tip.js';

export interface TransferFacts extends When {
  toUnit: string;
  reason?: string;
}

/** A tip is sent on once its competence is known, and while it is not suspended (BLTTHS 146(2), TT 28/2020 Art 18). */
export function mayTransfer(tip: CrimeTip): RegisteredCrimeTip {
  const open = inHand(tip);
  if (!open.classified) throw ruleViolation('TransferBeforeClassification');
  if (open.suspended) throw ruleViolation('CrimeTipSuspended', { suspendedAt: open.suspended.at });
  return open;
}

export function transferCrimeTip(tip: CrimeTip, { happenedAt, now, toUnit, reason }: TransferFacts): CrimeTipEvent[] {
  const open = mayTransfer(tip);
  if (toUnit === open.unitCode) throw ruleViolation('TransferToSelf', { toUnit });
  assertChronology({ happenedAt, now }, lastAct(open));
  return [
    {
      type: 'CrimeTipTransferred',
      data: {
        tipId: open.tipId,
        transferredAt: happenedAt,
        fromUnit: open.unitCode,
        toUnit,
        ...(reason === undefined ? {} : { reason }),
      },
    },
  ];
}
