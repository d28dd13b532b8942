import type { Decision } from '@app/contracts';
import { assertChronology, assertDecision } from '../guards.js';
import type { When } from '../guards.js';
import { lastAct, underVerification } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';

export interface DeclineFacts extends When {
  reason?: string;
  /** The file goes on for an administrative sanction (TTLT 01/2017 Art 16(1)). */
  administrativeReferral: boolean;
  decision: Decision;
}

/** The competent body decides not to initiate while verification runs (BLTTHS 157, 158). */
export const mayDecline = underVerification;

export function declineToInitiate(tip: CrimeTip, facts: DeclineFacts): CrimeTipEvent[] {
  const open = mayDecline(tip);
  const { happenedAt, now, reason, administrativeReferral, decision } = facts;
  assertChronology({ happenedAt, now }, lastAct(open));
  assertDecision(decision, { happenedAt, now }, { name: 'acceptance', at: open.acceptedAt });
  return [
    {
      type: 'InitiationDeclined',
      data: {
        tipId: open.tipId,
        declinedAt: happenedAt,
        ...(reason === undefined ? {} : { reason }),
        administrativeReferral,
        decision,
      },
    },
  ];
}
