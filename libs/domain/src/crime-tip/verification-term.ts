import { obligationsOf } from '@app/legal-time-limits';
import type { RegisteredCrimeTip } from './crime-tip.js';

/** The term of verification that runs now; days are legal days. */
export interface VerificationTerm {
  rule: string;
  cites: readonly string[];
  /** Unrolled last day: what follows is counted from it. */
  nominal: string;
  safeBy: string;
  due: string;
  /** Last day that a lawyer could defend; the term is not over before it has passed. */
  latestArguable: string;
}

const RESOLUTION_RULES: ReadonlySet<string> = new Set(['CPC-147-1', 'CPC-148-2-AFTER-CANCEL', 'CPC-149-1']);

type Dates = { at: string; from: string | null; to: string | null };

/**
 * The term of verification now running (BLTTHS 147, 149), or null when none runs: not accepted, suspended, decided.
 * The dates come from the one engine of time limits; printed dates on decisions win.
 */
export function runningTerm(tip: RegisteredCrimeTip): VerificationTerm | null {
  if (tip.acceptedAt === null || tip.decidedAt !== null || tip.suspended !== null) return null;
  const facts = [
    { type: 'CrimeTipReceived', at: tip.receivedAt, noticesTracked: false },
    { type: 'CrimeTipAccepted', at: tip.acceptedAt },
  ];
  if (tip.resumedAt !== null) {
    // A resumed tip has a new term of its own; the terms before it are over (BLTTHS 149(1)).
    facts.push({ type: 'VerificationSuspended', at: tip.resumedAt, ground: 'a' } as never);
    facts.push({ type: 'VerificationResumed', at: tip.resumedAt });
  } else {
    if (tip.prolonged) facts.push(withPrinted('VerificationProlonged', tip.prolonged));
    if (tip.extension?.state === 'granted' && tip.extension.grantedAt !== null) {
      facts.push(withPrinted('ExtensionGranted', { ...tip.extension, at: tip.extension.grantedAt }));
    }
  }
  const running = obligationsOf({ matter: 'crime-tip', unit: {}, facts }, { why: false }).find(
    (obligation) =>
      RESOLUTION_RULES.has(obligation.rule) && obligation.doneAt === null && obligation.cancelledAt === null,
  );
  if (!running) return null;
  const { rule, cites, nominal, safeBy, due, latestArguable } = running;
  return { rule, cites, nominal: nominal ?? due, safeBy, due, latestArguable };
}

/** The term as the law gives it, without the dates printed on the newest decision: the cross-check of those dates. */
export function computedTerm(tip: RegisteredCrimeTip): VerificationTerm | null {
  const extension = tip.extension && { ...tip.extension, from: null, to: null };
  const prolonged =
    extension?.state === 'granted' ? tip.prolonged : tip.prolonged && { ...tip.prolonged, from: null, to: null };
  return runningTerm({ ...tip, prolonged, extension });
}

function withPrinted(type: string, { at, from, to }: Dates): { type: string; at: string } {
  return { type, at, ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
}
