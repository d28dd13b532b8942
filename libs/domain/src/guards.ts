import { legalDateOf } from '@app/legal-time-limits';
import type { LawVersion } from '@app/legal-time-limits';
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

/**
 * The law that a decision goes by, given by the caller as the clock is: of what was published, the last version before the
 * act (`lawBefore`); for what may be done now, the newest.
 */
export interface ByLaw {
  law: LawVersion;
}

/** What a refusal for lateness rests on beside the dates: the rule of the term and the version of the law. */
export function basisOf(term: { rule: string }, law: LawVersion): { rule: string; law: string } {
  return { rule: term.rule, law: law.name };
}

/** Acts as causes of others, in the words of a refusal's sentence. */
const CAUSES = {
  reception: { vi: 'tiếp nhận', en: 'reception' },
  classification: { vi: 'phân loại', en: 'classification' },
  transfer: { vi: 'chuyển', en: 'the transfer' },
  acceptance: { vi: 'thụ lý', en: 'acceptance' },
  assignment: { vi: 'phân công', en: 'assignment' },
  prolongation: { vi: 'kéo dài', en: 'the prolongation' },
  extension_request: { vi: 'đề nghị gia hạn', en: 'the extension request' },
  suspension: { vi: 'tạm đình chỉ', en: 'the suspension' },
  resumption: { vi: 'phục hồi', en: 'the resumption' },
  initiation: { vi: 'khởi tố', en: 'initiation' },
  decision_not_to_initiate: { vi: 'không khởi tố', en: 'the decision not to initiate' },
  merger: { vi: 'nhập', en: 'the merger' },
  result: { vi: 'giải quyết', en: 'the resolution' },
  file_reception: { vi: 'nhận hồ sơ', en: 'reception of the file' },
  latest_act: { vi: 'việc gần nhất', en: 'the latest act' },
} as const;

export type CauseName = keyof typeof CAUSES;

/** An earlier act that makes a later one possible. */
export interface Cause {
  name: CauseName;
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
      throw ruleViolation('ActBeforeCause', { happenedAt: when.happenedAt, ...causeFacts(cause) });
    }
  }
}

/** A written decision is signed between its cause and now, and its printed term does not run backwards. */
export function assertDecision(decision: Decision, when: When, cause: Cause): void {
  if (decision.signedOn > legalDateOf(when.now)) {
    throw ruleViolation('DecisionSignedInFuture', { signedOn: decision.signedOn });
  }
  if (decision.signedOn < legalDateOf(cause.at)) {
    throw ruleViolation('DecisionSignedBeforeCause', { signedOn: decision.signedOn, ...causeFacts(cause) });
  }
  if (decision.from !== undefined && decision.to !== undefined && decision.to < decision.from) {
    throw ruleViolation('DecisionTermReversed', { from: decision.from, to: decision.to });
  }
}

function causeFacts({ name, at }: Cause): Record<string, string> {
  return { cause: name, causeVi: CAUSES[name].vi, causeEn: CAUSES[name].en, causeAt: at };
}
