import { isOwed, type Clock, type ClockBook } from './clock-book.js';
import { outOfOrder, refuseFact, type ReadFact } from './facts.js';

/** Clocks of the receiving body that end when the tip reaches a competent one. */
export const FORWARDING_RULES = ['TTLT17-8-5A', 'TTLT17-8-5B', 'TTLT17-8-5C', 'TTLT17-8-FORWARD'] as const;
/** What has happened to the tip so far, as far as its clocks ask. */
export interface TipProgress {
  received: ReadFact;
  level: string | null;
  remote: boolean;
  noticesTracked: boolean;
  reportsTracked: boolean;
  informantTold: boolean;
  childSexualAbuse: boolean;
  classified: boolean;
  groundFound: boolean;
  transferredAt: number | null;
  everTransferred: boolean;
  acceptedAt: number | null;
  assignedAt: number | null;
  requestedAt: number | null;
  suspended: boolean;
  everSuspended: boolean;
  everResumed: boolean;
  decided: 'initiated' | 'declined' | null;
  merged: boolean;
  resolving: Clock | null;
}

/** Acts on a tip that is over are out of order: their cause, an undecided tip, is gone. */
export function whileOpen(tip: TipProgress, fact: ReadFact): void {
  if (tip.decided === null && !tip.merged) return;
  refuseFact(
    fact.position,
    'FactOutOfOrder',
    `${fact.type} xảy ra sau khi tin đã được giải quyết`,
    `${fact.type} happens after the tip was resolved`,
    { given: fact.type, at: fact.source.at, needs: null },
  );
}

/** The clock of resolution that runs now, or a refusal. */
export function running(tip: TipProgress, fact: ReadFact): Clock {
  whileOpen(tip, fact);
  if (tip.resolving === null) {
    if (tip.acceptedAt === null) {
      outOfOrder(fact, 'cơ quan có thẩm quyền nhận tin', 'the competent body took the tip on', 'CrimeTipAccepted');
    }
    outOfOrder(fact, 'việc giải quyết được phục hồi', 'verification was resumed', 'VerificationResumed');
  }
  return tip.resolving;
}

/** Starts a clock of resolution with the duties counted back from its end. */
export function startResolving(book: ClockBook, tip: TipProgress, fact: ReadFact, rule: string): void {
  tip.resolving = book.open(rule, fact);
  tip.groundFound = false;
  if (tip.reportsTracked) openBeforeEnd(book, tip, fact, 'TT28-15');
  if (tip.childSexualAbuse) openBeforeEnd(book, tip, fact, 'TTLT0122-10-3');
}

/** Opens a duty counted back from the end of the running term, once. */
export function openBeforeEnd(book: ClockBook, tip: TipProgress, fact: ReadFact, rule: string): void {
  if (tip.resolving && !tip.resolving.before.some((duty) => duty.rule.id === rule && isOwed(duty))) {
    book.openBefore(rule, fact, tip.resolving);
  }
}
