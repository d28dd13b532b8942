import { ruleViolation } from '../rule-violation.js';
import type { Cause, CauseName } from '../guards.js';
import type { CrimeTip, RegisteredCrimeTip } from './crime-tip.js';

/** The tip, when it is in the register. Refuses CrimeTipUnknown. */
export function registered(tip: CrimeTip): RegisteredCrimeTip {
  if (tip.status === 'unknown') throw ruleViolation('CrimeTipUnknown');
  return tip;
}

/** The tip, when no decision has resolved it. Refuses CrimeTipClosed. */
export function undecided(tip: CrimeTip): RegisteredCrimeTip {
  const known = registered(tip);
  if (known.decidedAt !== null) throw ruleViolation('CrimeTipClosed', { decidedAt: known.decidedAt });
  return known;
}

/** The tip, when the body responsible has it in hand: no transfer is on its way. Refuses TransferUnacknowledged. */
export function inHand(tip: CrimeTip): RegisteredCrimeTip {
  const open = undecided(tip);
  if (open.transfer && open.transfer.acknowledgedAt === null) {
    throw ruleViolation('TransferUnacknowledged', { toUnit: open.transfer.toUnit });
  }
  return open;
}

/** The tip under verification: accepted and not suspended, with the moment of acceptance. */
export function underVerification(tip: CrimeTip): RegisteredCrimeTip & { acceptedAt: string } {
  const open = inHand(tip);
  if (open.acceptedAt === null) throw ruleViolation('NotYetAccepted');
  if (open.suspended) throw ruleViolation('CrimeTipSuspended', { suspendedAt: open.suspended.at });
  return { ...open, acceptedAt: open.acceptedAt };
}

/** The act before: nothing that follows may carry an earlier moment. */
export function lastAct(tip: RegisteredCrimeTip): Cause {
  return { name: LAST_ACT[tip.status], at: tip.lastActAt };
}

const LAST_ACT: Record<RegisteredCrimeTip['status'], CauseName> = {
  received: 'reception',
  classified: 'classification',
  transferred: 'transfer',
  accepted: 'acceptance',
  assigned: 'latest_act',
  suspended: 'suspension',
  initiated: 'initiation',
  not_initiated: 'decision_not_to_initiate',
  merged: 'merger',
};
