import { legalDateOf } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
import { assertChronology, basisOf } from '../guards.js';
import type { ByLaw, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { underVerification } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';
import { runningTerm } from './verification-term.js';

export interface RequestExtensionFacts extends When, ByLaw {
  requestId: string;
  reason?: string;
}

/**
 * The body asks for the one extension while the prolonged term runs (BLTTHS 147(2)). A request later than five days
 * before the end is recorded: its lateness is a breach of its own (CPC-147-2C), not a reason to hide it.
 */
export function mayRequestExtension(tip: CrimeTip, on: string, law: LawVersion): ReturnType<typeof underVerification> {
  const open = underVerification(tip);
  if (open.resumedAt !== null) throw ruleViolation('ProlongationOfResumedTerm');
  if (open.extension?.state === 'granted') throw ruleViolation('ExtensionAlreadyGranted');
  if (open.extension?.state === 'requested') {
    throw ruleViolation('ExtensionAlreadyRequested', { requestedAt: open.extension.requestedAt });
  }
  if (!open.prolonged) throw ruleViolation('ExtensionBeforeProlongation');
  const term = runningTerm(open, law);
  if (term && on > term.latestArguable) {
    throw ruleViolation('ExtensionAfterTimeLimit', {
      latestArguable: term.latestArguable,
      askedOn: on,
      ...basisOf(term, law),
    });
  }
  return open;
}

export function requestExtension(
  tip: CrimeTip,
  { happenedAt, now, law, requestId, reason }: RequestExtensionFacts,
): CrimeTipEvent[] {
  const open = mayRequestExtension(tip, legalDateOf(happenedAt), law);
  assertChronology({ happenedAt, now }, { name: 'prolongation', at: open.prolonged?.at ?? open.acceptedAt });
  const term = runningTerm(open, law);
  return [
    {
      type: 'ExtensionRequested',
      data: {
        tipId: open.tipId,
        requestId,
        requestedAt: happenedAt,
        ...(reason === undefined ? {} : { reason }),
        unitCode: open.unitCode,
        supervisedBy: open.supervisedBy,
        termEndsOn: term?.nominal ?? legalDateOf(happenedAt),
        registerNumber: open.registerNumber,
        ...(open.category === null ? {} : { category: open.category }),
      },
    },
  ];
}
