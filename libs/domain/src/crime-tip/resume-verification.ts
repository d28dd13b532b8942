import type { Decision } from '@app/contracts';
import { assertChronology, assertDecision } from '../guards.js';
import type { Cause, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { inHand } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent, RegisteredCrimeTip } from './crime-tip.js';

export interface ResumeFacts extends When {
  reason?: string;
  decision: Decision;
}

type Suspended = RegisteredCrimeTip & { suspended: { at: string; ground: string } };

/** Only a suspended tip is resumed, when the reason of its suspension has ended (BLTTHS 149(1)). */
export function mayResume(tip: CrimeTip): Suspended {
  const open = inHand(tip);
  if (!open.suspended) throw ruleViolation('NotSuspended');
  return { ...open, suspended: open.suspended };
}

export function resumeVerification(tip: CrimeTip, { happenedAt, now, reason, decision }: ResumeFacts): CrimeTipEvent[] {
  const open = mayResume(tip);
  const cause: Cause = { name: 'suspension', at: open.suspended.at };
  assertChronology({ happenedAt, now }, cause);
  assertDecision(decision, { happenedAt, now }, cause);
  return [
    {
      type: 'VerificationResumed',
      data: { tipId: open.tipId, resumedAt: happenedAt, ...(reason === undefined ? {} : { reason }), decision },
    },
  ];
}
