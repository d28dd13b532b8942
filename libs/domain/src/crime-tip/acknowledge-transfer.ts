import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { undecided } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent, RegisteredCrimeTip } from './crime-tip.js';

export interface AcknowledgeFacts extends When {
  /** The receiver as the register of units describes it. */
  unitLevel: string;
  unitRemote: boolean;
  supervisedBy: string;
}

type OnItsWay = RegisteredCrimeTip & { transfer: { at: string; toUnit: string; acknowledgedAt: null } };

/** Only a transfer that is on its way can be acknowledged. */
export function mayAcknowledge(tip: CrimeTip): OnItsWay {
  const open = undecided(tip);
  if (!open.transfer || open.transfer.acknowledgedAt !== null) throw ruleViolation('NothingToAcknowledge');
  return { ...open, transfer: { ...open.transfer, acknowledgedAt: null } };
}

/** The receiver confirms: responsible from now on. A transfer is never "resolved" (product rule, TTLT 01/2017 Art 8). */
export function acknowledgeTransfer(tip: CrimeTip, facts: AcknowledgeFacts): CrimeTipEvent[] {
  const open = mayAcknowledge(tip);
  assertChronology(facts, { name: 'transfer', at: open.transfer.at });
  return [
    {
      type: 'CrimeTipTransferAcknowledged',
      data: {
        tipId: open.tipId,
        acknowledgedAt: facts.happenedAt,
        unitCode: open.transfer.toUnit,
        unitLevel: facts.unitLevel,
        unitRemote: facts.unitRemote,
        supervisedBy: facts.supervisedBy,
      },
    },
  ];
}
