import type { Decision } from '@app/contracts';
import { assertChronology, assertDecision } from '../guards.js';
import type { Cause, When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import type { ExtensionRequest, ExtensionRequestEvent } from './extension-request.js';

type Pending = Extract<ExtensionRequest, { status: 'requested' }>;

/** A request is decided once, by the head of the procuracy (BLTTHS 147(2)). */
export function mayDecideExtension(request: ExtensionRequest): Pending {
  if (request.status === 'unknown') throw ruleViolation('ExtensionRequestUnknown');
  if (request.status !== 'requested') throw ruleViolation('ExtensionRequestDecided', { decidedAt: request.decidedAt });
  return request;
}

/** Extends once, from the unrolled end of the prolonged term unless the decision prints other dates. */
export function grantExtension(
  request: ExtensionRequest,
  { happenedAt, now, decision }: When & { decision: Decision },
): ExtensionRequestEvent[] {
  const pending = mayDecideExtension(request);
  const cause: Cause = { name: 'extension_request', at: pending.requestedAt };
  assertChronology({ happenedAt, now }, cause);
  assertDecision(decision, { happenedAt, now }, cause);
  return [
    {
      type: 'ExtensionGranted',
      data: {
        requestId: pending.requestId,
        tipId: pending.tipId,
        grantedAt: happenedAt,
        ...(decision.from === undefined ? {} : { from: decision.from }),
        ...(decision.to === undefined ? {} : { to: decision.to }),
        decision,
      },
    },
  ];
}

/** Refuses with reasons; the body must stop verifying and decide (TTLT 01/2017 Art 11(2)). */
export function refuseExtension(
  request: ExtensionRequest,
  { happenedAt, now, reason, decision }: When & { reason: string; decision?: Decision },
): ExtensionRequestEvent[] {
  const pending = mayDecideExtension(request);
  const cause: Cause = { name: 'extension_request', at: pending.requestedAt };
  assertChronology({ happenedAt, now }, cause);
  if (decision) assertDecision(decision, { happenedAt, now }, cause);
  return [
    {
      type: 'ExtensionRefused',
      data: {
        requestId: pending.requestId,
        tipId: pending.tipId,
        refusedAt: happenedAt,
        reason,
        ...(decision === undefined ? {} : { decision }),
      },
    },
  ];
}
