import type { NoticeKind, NoticeRecipient } from '@app/contracts';
import { assertChronology } from '../guards.js';
import type { Cause, CauseName, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { registered } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent, RegisteredCrimeTip } from './crime-tip.js';

export interface SendNoticeFacts extends When {
  notice: NoticeKind;
  recipient: NoticeRecipient;
}

/** A notice follows the act it tells of; an informant who refused identity cannot be told (TTLT 01/2017 Art 14). */
export function sendNotice(tip: CrimeTip, { happenedAt, now, notice, recipient }: SendNoticeFacts): CrimeTipEvent[] {
  const known = registered(tip);
  const cause = causeOf(known, notice);
  if (!cause) throw ruleViolation('NoticeBeforeAct', { notice });
  if (recipient === 'informant' && known.informantRefusedIdentity) throw ruleViolation('InformantNotNotified');
  assertChronology({ happenedAt, now }, cause);
  return [{ type: 'NoticeSent', data: { tipId: known.tipId, notice, recipient, sentAt: happenedAt } }];
}

const CAUSE_OF: Record<NoticeKind, CauseName> = {
  receipt: 'reception',
  assignment: 'assignment',
  suspension: 'suspension',
  resumption: 'resumption',
  result: 'result',
  initiation: 'initiation',
};

function causeOf(tip: RegisteredCrimeTip, notice: NoticeKind): Cause | null {
  const at: Record<NoticeKind, string | null | undefined> = {
    receipt: tip.receivedAt,
    assignment: tip.assigned?.at,
    suspension: tip.suspended?.at,
    resumption: tip.resumedAt,
    result: tip.decidedAt,
    initiation: tip.decidedAt,
  };
  const moment = at[notice];
  return moment ? { name: CAUSE_OF[notice], at: moment } : null;
}
