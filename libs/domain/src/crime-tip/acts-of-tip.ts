import { legalDateOf } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import { RuleViolation } from '../rule-violation.js';
import { mayAccept } from './accept-crime-tip.js';
import { mayAcknowledge } from './acknowledge-transfer.js';
import { registered } from './act-of-tip.js';
import { mayAssign } from './assign-crime-tip.js';
import { mayClassify } from './classify-crime-tip.js';
import type { CrimeTip } from './crime-tip.js';
import { mayDecline } from './decline-to-initiate.js';
import { mayInitiate } from './initiate-criminal-case.js';
import { mayProlong } from './prolong-verification.js';
import { mayRequestExtension } from './request-extension.js';
import { mayResume } from './resume-verification.js';
import { maySuspend } from './suspend-verification.js';
import { mayTransfer } from './transfer-crime-tip.js';

/** Every act on a tip after reception, by its path segment, with the rule that says whether it may happen now. */
export const TIP_ACTS = {
  classify: mayClassify,
  transfer: mayTransfer,
  'acknowledge-transfer': mayAcknowledge,
  accept: mayAccept,
  assign: mayAssign,
  prolong: mayProlong,
  'request-extension': mayRequestExtension,
  suspend: maySuspend,
  resume: mayResume,
  initiate: mayInitiate,
  'decline-to-initiate': mayDecline,
  'send-notice': registered,
} as const satisfies Record<string, (tip: CrimeTip, on: string, law: LawVersion) => unknown>;

export type TipAct = keyof typeof TIP_ACTS;

/** Why an act may not happen at `now` (RFC 3339) by the newest law, or null when it may. For buttons: the decision itself asks again. */
export function refusalOfTipAct(act: TipAct, tip: CrimeTip, now: string, law: LawVersion): RuleViolation | null {
  try {
    TIP_ACTS[act](tip, legalDateOf(now), law);
    return null;
  } catch (refusal) {
    if (refusal instanceof RuleViolation) return refusal;
    throw refusal;
  }
}
