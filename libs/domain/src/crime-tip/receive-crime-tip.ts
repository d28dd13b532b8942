import type { CrimeTipReceived } from '@app/contracts';
import { assertChronology } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';

/** What the desk knows at reception; the register number is allocated when the event is appended. */
export type ReceiveFacts = CrimeTipReceived & { now: string };

/** Every tip is received; refusal is prohibited (BLTTHS 145(1)). Only a moment in the future is refused. */
export function receiveCrimeTip(tip: CrimeTip, { now, ...data }: ReceiveFacts): CrimeTipEvent[] {
  if (tip.status !== 'unknown') {
    throw ruleViolation('CrimeTipAlreadyReceived', {
      registerNumber: `${tip.registerNumber.number}/${tip.registerNumber.year}`,
    });
  }
  assertChronology({ happenedAt: data.receivedAt, now });
  return [{ type: 'CrimeTipReceived', data }];
}
