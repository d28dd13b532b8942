import { legalDateOf } from '@app/legal-time-limits';
import type { Decision } from '@app/contracts';
import { ruleViolation } from './rule-violation.js';

/** A clock at a desk may run a little ahead of the server's; more than this is a wrong entry. */
const CLOCK_TOLERANCE_MS = 120_000;

/** When an act happened and when the system learns of it (both RFC 3339). */
export interface When {
  happenedAt: string;
  /** The server's clock, given by the caller: decisions read no clock. */
  now: string;
}

/** An earlier act that makes a later one possible. `name` is the word of the act for the refusal's sentence. */
export interface Cause {
  name: string;
  at: string;
}

/** No act in the future, none before its causes. Refuses with ActInFuture or ActBeforeCause. */
export function assertChronology(when: When, ...causes: Cause[]): void {
  const happened = Date.parse(when.happenedAt);
  if (happened > Date.parse(when.now) + CLOCK_TOLERANCE_MS) {
    throw ruleViolation('ActInFuture', { happenedAt: when.happenedAt, now: when.now });
  }
  for (const cause of causes) {
    if (happened < Date.parse(cause.at)) {
      throw ruleViolation('ActBeforeCause', { happenedAt: when.happenedAt, cause: cause.name, causeAt: cause.at });
    }
  }
}

/** A written decision is signed between its cause and now, and its printed term does not run backwards. */
export function assertDecision(decision: Decision, when: When, cause: Cause): void {
  if (decision.signedOn > legalDateOf(when.now)) {
    throw ruleViolation('DecisionSignedInFuture', { signedOn: decision.signedOn });
  }
  if (decision.signedOn < legalDateOf(cause.at)) {
    throw ruleViolation('DecisionSignedBeforeCause', {
      signedOn: decision.signedOn,
      cause: cause.name,
      causeAt: cause.at,
    });
  }
  if (decision.from !== undefined && decision.to !== undefined && decision.to < decision.from) {
    throw ruleViolation('DecisionTermReversed', { from: decision.from, to: decision.to });
  }
}
