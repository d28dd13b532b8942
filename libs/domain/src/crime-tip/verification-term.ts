import { breachMoment, dueMoment, obligationsOf } from '@app/legal-time-limits';
import type { Fact, Law, Obligation } from '@app/legal-time-limits';
import type { RegisteredCrimeTip } from './crime-tip.js';

/** A term that runs now; days are legal days, the dates of hour terms are moments. */
export interface VerificationTerm {
  rule: string;
  cites: readonly string[];
  /** Unrolled last day: what follows is counted from it. */
  nominal: string;
  safeBy: string;
  due: string;
  /** Last day that a lawyer could defend; the term is not over before it has passed. */
  latestArguable: string;
  /** First moments after `due` and after `latestArguable` (RFC 3339). */
  dueAt: string;
  lateAt: string;
}

const RESOLUTION_RULES: ReadonlySet<string> = new Set(['CPC-147-1', 'CPC-148-2-AFTER-CANCEL', 'CPC-149-1']);
const RECEPTION_RULES: ReadonlySet<string> = new Set(['TTLT17-8-CLASSIFY', 'TTLT17-8-5A', 'TTLT17-8-5B']);

/**
 * The term of verification now running (BLTTHS 147, 149), or null when none runs: not accepted, suspended, decided.
 * The dates come from the one engine of time limits by the given law; printed dates on decisions win.
 */
export function runningTerm(tip: RegisteredCrimeTip, law: Law): VerificationTerm | null {
  if (tip.acceptedAt === null || tip.decidedAt !== null || tip.suspended !== null) return null;
  return firstOpen(tip, RESOLUTION_RULES, law);
}

/** The term that presses on a tip in its present state: verification once accepted, before that reception's clocks. */
export function pressingTerm(tip: RegisteredCrimeTip, law: Law): VerificationTerm | null {
  if (tip.decidedAt !== null || tip.suspended !== null) return null;
  return tip.acceptedAt === null ? firstOpen(tip, RECEPTION_RULES, law) : runningTerm(tip, law);
}

/** The term as the law gives it, without the dates printed on the newest decision: the cross-check of those dates. */
export function computedTerm(tip: RegisteredCrimeTip, law: Law): VerificationTerm | null {
  const extension = tip.extension && { ...tip.extension, from: null, to: null };
  const isExtended = extension?.state === 'granted';
  const prolonged = isExtended ? tip.prolonged : tip.prolonged && { ...tip.prolonged, from: null, to: null };
  return runningTerm({ ...tip, prolonged, extension }, law);
}

function firstOpen(tip: RegisteredCrimeTip, rules: ReadonlySet<string>, law: Law): VerificationTerm | null {
  const obligations = obligationsOf(
    { matter: 'crime-tip', unit: { level: tip.unitLevel, remote: tip.unitRemote }, facts: factsOf(tip) },
    { why: false, calendar: law.calendar, rules: law.rules },
  );
  const open = obligations.find(
    ({ rule, doneAt, cancelledAt }) => rules.has(rule) && doneAt === null && cancelledAt === null,
  );
  return open ? termOf(open) : null;
}

function termOf(obligation: Obligation): VerificationTerm {
  const { rule, cites, nominal, safeBy, due, latestArguable } = obligation;
  return {
    rule,
    cites,
    nominal: nominal ?? due,
    safeBy,
    due,
    latestArguable,
    dueAt: dueMoment(obligation),
    lateAt: breachMoment(obligation),
  };
}

/** The facts that the running term depends on, from the tip's state. */
function factsOf(tip: RegisteredCrimeTip): Fact[] {
  const facts: Fact[] = [
    {
      type: 'CrimeTipReceived',
      at: tip.receivedAt,
      unitLevel: tip.unitLevel,
      remote: tip.unitRemote,
      noticesTracked: false,
    },
  ];
  if (tip.classified) {
    facts.push({
      type: 'CrimeTipClassified',
      at: tip.classified.at,
      competent: tip.classified.competent,
      urgent: tip.classified.urgent,
    });
  }
  if (tip.transfer) {
    facts.push({ type: 'CrimeTipTransferred', at: tip.transfer.at, toUnit: tip.transfer.toUnit });
    if (tip.transfer.acknowledgedAt !== null) {
      facts.push({ type: 'CrimeTipTransferAcknowledged', at: tip.transfer.acknowledgedAt });
    }
  }
  if (tip.acceptedAt !== null) facts.push({ type: 'CrimeTipAccepted', at: tip.acceptedAt });
  if (tip.resumedAt !== null) {
    // A resumed tip has a new term of its own; the terms before it are over (BLTTHS 149(1)).
    facts.push({ type: 'VerificationSuspended', at: tip.resumedAt, ground: 'a' });
    facts.push({ type: 'VerificationResumed', at: tip.resumedAt });
    return facts;
  }
  if (tip.prolonged) facts.push({ type: 'VerificationProlonged', at: tip.prolonged.at, ...printed(tip.prolonged) });
  if (tip.extension?.state === 'granted' && tip.extension.grantedAt !== null) {
    facts.push({ type: 'ExtensionGranted', at: tip.extension.grantedAt, ...printed(tip.extension) });
  }
  return facts;
}

function printed({ from, to }: { from: string | null; to: string | null }): { from?: string; to?: string } {
  return { ...(from === null ? {} : { from }), ...(to === null ? {} : { to }) };
}
