import type { Decision, SuspensionGround } from '@app/contracts';
import { legalDateOf } from '@app/legal-time-limits';
import { assertChronology, assertDecision } from '../guards.js';
import type { ByLaw, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { lastAct, underVerification } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';
import { runningTerm } from './verification-term.js';

export interface SuspendFacts extends When, ByLaw {
  ground: SuspensionGround;
  decision: Decision;
}

/** Since when each ground exists: (c) force majeure by Law 02/2021. */
const GROUND_SINCE: Record<SuspensionGround, string> = { a: '2018-01-01', b: '2018-01-01', c: '2021-12-01' };

/** Verification may be suspended on a ground of BLTTHS 148(1). */
export const maySuspend = underVerification;

/**
 * Article 148(1) asks for the term to have expired; whether that is the twenty days or the longest term is open
 * (law.md c-9), so an earlier suspension is recorded and marked `beforeExpiry`, not refused.
 */
export function suspendVerification(
  tip: CrimeTip,
  { happenedAt, now, law, ground, decision }: SuspendFacts,
): CrimeTipEvent[] {
  const open = maySuspend(tip);
  const cause = lastAct(open);
  assertChronology({ happenedAt, now }, cause);
  assertDecision(decision, { happenedAt, now }, { name: 'acceptance', at: open.acceptedAt });
  const on = legalDateOf(happenedAt);
  if (on < GROUND_SINCE[ground]) throw ruleViolation('GroundNotInForce', { ground, from: GROUND_SINCE[ground] });
  const term = runningTerm(open, law);
  return [
    {
      type: 'VerificationSuspended',
      data: {
        tipId: open.tipId,
        suspendedAt: happenedAt,
        ground,
        decision,
        beforeExpiry: term !== null && on < term.due,
      },
    },
  ];
}
