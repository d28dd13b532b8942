import type { LawHistory } from '@app/legal-time-limits';
import { newestLaw } from '@app/legal-time-limits';
import { earlierOf, isConcerned, knownTerms, nextTerm } from './known-terms.js';
import type { TermStep, TermStretch } from './known-terms.js';
import { isSameMoment, legalMoment } from './moments.js';
import {
  assignedInTime,
  classificationBreach,
  classifiedInTime,
  transferredInTime,
  verificationTerm,
} from './terms.js';
import type { TermAct } from './terms.js';
import type { TipFacts } from './tip-facts.js';

/** The same facts with the term of verification that runs now, the one before kept with the moment it became known. */
export function withTerm(facts: TipFacts, recordedAt: string, history: LawHistory): TipFacts {
  const { accepted_at, released_at, received_at, term_acts } = facts;
  const term =
    accepted_at === null || released_at !== null
      ? null
      : verificationTerm(received_at, accepted_at, term_acts ?? [], newestLaw(history));
  return underHistory(nextTerm(facts, term, recordedAt), history);
}

/** The same facts with the terms of every acceptance by the law as published over time. */
export function underHistory(facts: TipFacts, history: LawHistory): TipFacts {
  const acceptances = acceptancesOf(facts);
  const [first] = acceptances;
  if (!first || !isConcerned(facts, first.acceptedAt, history)) return facts;
  if (acceptances.some(({ acts }) => acts.some(({ recordedAt }) => recordedAt === undefined))) {
    return movedNow(facts, history);
  }
  const stretches = acceptances.map((one, index) => stretchOf(facts, one, acceptances[index + 1]));
  return knownTerms(facts, stretches, history);
}

/**
 * Folded before acts kept when they became known: what is known stays, and the newest law moves what is owed. A rebuild gives
 * the whole history.
 */
function movedNow(facts: TipFacts, history: LawHistory): TipFacts {
  const law = newestLaw(history);
  if (endOf(facts) !== null || facts.accepted_at === null || law.publishedAt === null) return facts;
  const term = verificationTerm(facts.received_at, facts.accepted_at, facts.term_acts ?? [], law);
  return nextTerm(facts, term, law.publishedAt);
}

interface Acceptance {
  acceptedAt: string;
  acceptedRecordedAt: string;
  releasedRecordedAt: string | null;
  endedAt: string | null;
  acts: readonly TermAct[];
}

/** Every acceptance, the one at hand last. */
function acceptancesOf(facts: TipFacts): Acceptance[] {
  const { accepted_at: acceptedAt, accepted_recorded_at: acceptedRecordedAt } = facts;
  const earlier = (facts.earlier_acceptances ?? []).map(({ termActs, releasedAt, ...one }) => ({
    ...one,
    endedAt: releasedAt,
    acts: termActs ?? [],
  }));
  if (acceptedAt === null || acceptedRecordedAt === null) return earlier;
  const acts = facts.term_acts ?? [];
  return [
    ...earlier,
    { acceptedAt, acceptedRecordedAt, releasedRecordedAt: facts.released_recorded_at, endedAt: endOf(facts), acts },
  ];
}

function stretchOf({ received_at }: TipFacts, acceptance: Acceptance, next: Acceptance | undefined): TermStretch {
  const { acceptedAt, acceptedRecordedAt, releasedRecordedAt, endedAt, acts } = acceptance;
  const stepAfter = (count: number, recordedAt: string): TermStep => ({
    recordedAt,
    term: (law) => verificationTerm(received_at, acceptedAt, acts.slice(0, count), law),
  });
  // Accepted anew without a transfer between: one term takes the place of the other.
  const isReplaced = next !== undefined && isSameMoment(next.acceptedAt, endedAt);
  return {
    steps: [
      stepAfter(0, acceptedRecordedAt),
      ...acts.map(({ recordedAt }, index) => stepAfter(index + 1, recordedAt ?? acceptedRecordedAt)),
      ...(releasedRecordedAt === null || isReplaced ? [] : [{ recordedAt: releasedRecordedAt, term: () => null }]),
    ],
    endedAt,
    ...(isReplaced ? { replacedAt: next.acceptedRecordedAt } : {}),
  };
}

/** When verification was done or fell away. */
function endOf({ decided_at, merged_at, released_at }: TipFacts): string | null {
  return earlierOf(earlierOf(decided_at, merged_at), released_at);
}

export function withTermAct(facts: TipFacts, act: TermAct, recordedAt: string, history: LawHistory): TipFacts {
  const acts = [...(facts.term_acts ?? []), { ...act, recordedAt: legalMoment(recordedAt) }];
  return withTerm({ ...facts, term_acts: acts }, recordedAt, history);
}

export function isDecidedInTime({ decided_at, term_breach_at }: TipFacts): boolean {
  return term_breach_at === null || decided_at === null || Date.parse(decided_at) < Date.parse(term_breach_at);
}

/**
 * A tip's facts after another publication: terms that run move, with the moment it was published as the moment of
 * recording; what was done before it stays. The same object when nothing differs.
 *
 * @param since what was recorded from then on may have been folded before the publication was heard of (RFC 3339)
 */
export function tipFactsUnder(facts: TipFacts, history: LawHistory, since: string): TipFacts {
  const { received_at, classified_at, classify_breach_at } = facts;
  let after = underHistory(facts, history);
  const breach = classificationBreach(received_at, classified_at, history);
  if (!isSameMoment(breach, classify_breach_at)) after = { ...after, classify_breach_at: breach };
  if (isRecordedSince(facts.classified_recorded_at, since)) {
    const inTime = classifiedInTime(received_at, classified_at!, history);
    if (inTime !== facts.classified_in_time) after = { ...after, classified_in_time: inTime };
  }
  if (isRecordedSince(facts.handled_recorded_at, since)) {
    const inTime = isHandledInTime(after, history);
    if (inTime !== facts.handled_in_time) after = { ...after, handled_in_time: inTime };
  }
  return after;
}

function isRecordedSince(recordedAt: string | null, since: string): boolean {
  return recordedAt !== null && Date.parse(recordedAt) >= Date.parse(since);
}

/** Whether the first step of handling was inside its own term, from what the facts say of that step. */
function isHandledInTime(facts: TipFacts, history: LawHistory): boolean {
  const { handled_at, handled_recorded_at } = facts;
  const isStep = (at: string | null, recordedAt: string | null): boolean =>
    at !== null && isSameMoment(at, handled_at) && isSameMoment(recordedAt, handled_recorded_at);
  if (isStep(facts.decided_at, facts.decided_recorded_at)) return isDecidedInTime(facts);
  const acceptances = [
    ...(facts.earlier_acceptances ?? []),
    { acceptedAt: facts.accepted_at, assignedAt: facts.assigned_at, assignedRecordedAt: facts.assigned_recorded_at },
  ];
  const assigned = acceptances.find(({ assignedAt, assignedRecordedAt }) => isStep(assignedAt, assignedRecordedAt));
  return assigned ? assignedInTime(assigned.acceptedAt, handled_at!, history) : transferredInTime(facts, history);
}
