import type { TipFacts } from '../matters/tip-facts.js';
import { dayNumberAt } from './legal-days.js';
import type { DayNumber } from './legal-days.js';

/**
 * One acceptance of a tip by a competent body (or the tip itself while it has none), as known at a moment: what
 * `knownTips` of the indicators gives, in numbers. Moments in milliseconds, days as legal days; null = not known.
 */
export interface TipLife {
  isCurrent: boolean;
  receivedAt: number;
  received: DayNumber;
  receivedBy: string;
  receivedSupervisedBy: string;
  isHandled: boolean;
  isInTime: boolean;
  classifyBreachAt: number;
  unit: string;
  supervisedBy: string;
  termBreachAt: number | null;
  termDue: string | null;
  termSafeBy: string | null;
  acceptedAt: number | null;
  accepted: DayNumber | null;
  acceptedUnit: string | null;
  acceptedSupervisedBy: string | null;
  assignedAt: number | null;
  assigned: DayNumber | null;
  releasedAt: number | null;
  released: DayNumber | null;
  merged: DayNumber | null;
  decidedAt: number | null;
  decided: DayNumber | null;
  outcome: string | null;
  /** Days of the suspensions and resumptions. */
  suspended: readonly DayNumber[];
  resumed: readonly DayNumber[];
  isSuspendedNow: boolean;
  /** The i-th resumption ends the i-th suspension; null while it has not. Milliseconds. */
  pauses: readonly { from: number; to: number | null }[];
}

/** Everything that is recorded is known: what rollups count. */
export const SETTLED = Infinity;

const ms = (moment: string | null | undefined): number | null =>
  moment === null || moment === undefined ? null : Date.parse(moment);
const dayOf = (at: number | null): DayNumber | null => (at === null ? null : dayNumberAt(at));

/** A history's newest item that was recorded by `asOf`. */
function newestKnown<T extends { recordedAt: string }>(history: readonly T[] | null, asOf: number): T | undefined {
  return history?.findLast(({ recordedAt }) => Date.parse(recordedAt) <= asOf);
}

/**
 * The acceptances of a tip as known at `asOf` (milliseconds, or `SETTLED`); none when the tip itself was not yet known.
 * Exactly one is current.
 */
export function tipLives(facts: TipFacts, asOf: number): TipLife[] {
  // Whatever was recorded is known when all of it is: then no moment of recording need be read.
  const known = (at: string | null, recordedAt: string | null): number | null =>
    at !== null && recordedAt !== null && (asOf === SETTLED || Date.parse(recordedAt) <= asOf) ? Date.parse(at) : null;
  if (Date.parse(facts.received_recorded_at) > asOf) return [];
  const receivedAt = Date.parse(facts.received_at);
  const decidedAt = known(facts.decided_at, facts.decided_recorded_at);
  const mergedAt = known(facts.merged_at, facts.merged_recorded_at);
  const suspensions = (facts.suspended_at ?? []).map((at, i) => known(at, facts.suspended_recorded_at?.[i] ?? null));
  const resumptions = (facts.resumed_at ?? []).map((at, i) => known(at, facts.resumed_recorded_at?.[i] ?? null));
  const isKnown = (at: number | null): at is number => at !== null;
  const suspended = suspensions.filter(isKnown);
  const resumed = resumptions.filter(isKnown);
  const isHandled =
    known(facts.classified_at, facts.classified_recorded_at) !== null &&
    known(facts.handled_at, facts.handled_recorded_at) !== null;
  const common = {
    receivedAt,
    received: dayNumberAt(receivedAt),
    receivedBy: facts.received_by,
    receivedSupervisedBy: facts.received_supervised_by,
    isHandled,
    isInTime: (facts.classified_in_time ?? true) && (facts.handled_in_time ?? true),
    classifyBreachAt: ms(facts.classify_breach_at) ?? receivedAt,
    decidedAt,
    decided: dayOf(decidedAt),
    outcome: decidedAt === null ? null : facts.outcome,
    merged: dayOf(mergedAt),
    suspended: suspended.map(dayNumberAt),
    resumed: resumed.map(dayNumberAt),
    isSuspendedNow: suspended.length > resumed.length,
    pauses: suspensions.flatMap((from, i) => (from === null ? [] : [{ from, to: resumptions[i] ?? null }])),
  };
  const placed =
    Date.parse(facts.responsible_recorded_at) <= asOf
      ? { unit: facts.unit_code, supervisedBy: facts.supervised_by }
      : newestKnown(facts.earlier_responsible, asOf);
  const isTermKnown = facts.term_recorded_at !== null && Date.parse(facts.term_recorded_at) <= asOf;
  const termBreachAt = isTermKnown
    ? ms(facts.term_breach_at)
    : ms(newestKnown(facts.earlier_terms, asOf)?.breachAt ?? null);
  const acceptedAt = known(facts.accepted_at, facts.accepted_recorded_at);
  const assignedAt = known(facts.assigned_at, facts.assigned_recorded_at);
  const releasedAt = known(facts.released_at, facts.released_recorded_at);
  const current: TipLife = {
    ...common,
    isCurrent: true,
    unit: placed?.unit ?? '',
    supervisedBy: placed?.supervisedBy ?? '',
    termBreachAt,
    termDue: isTermKnown ? facts.term_due : null,
    termSafeBy: isTermKnown ? facts.term_safe_by : null,
    acceptedAt,
    accepted: dayOf(acceptedAt),
    acceptedUnit: facts.accepted_unit,
    acceptedSupervisedBy: facts.accepted_supervised_by,
    assignedAt,
    assigned: dayOf(assignedAt),
    releasedAt,
    released: dayOf(releasedAt),
  };
  const earlier = (facts.earlier_acceptances ?? [])
    .filter(({ acceptedRecordedAt }) => Date.parse(acceptedRecordedAt) <= asOf)
    .map((acceptance): TipLife => {
      const at = Date.parse(acceptance.acceptedAt);
      const assignment = known(acceptance.assignedAt, acceptance.assignedRecordedAt);
      const release = known(acceptance.releasedAt, acceptance.releasedRecordedAt);
      return {
        ...common,
        isCurrent: false,
        unit: acceptance.unit,
        supervisedBy: acceptance.supervisedBy,
        termBreachAt: null,
        termDue: null,
        termSafeBy: null,
        acceptedAt: at,
        accepted: dayNumberAt(at),
        acceptedUnit: acceptance.unit,
        acceptedSupervisedBy: acceptance.supervisedBy,
        assignedAt: assignment,
        assigned: dayOf(assignment),
        releasedAt: release,
        released: dayOf(release),
      };
    });
  return [current, ...earlier];
}

const HUNDREDTH_MS = 864_000;

/** Hundredths of a day, half up; below zero is zero. */
const hundredths = (elapsedMs: number): number => Math.floor(Math.max(0, elapsedMs) / HUNDREDTH_MS + 0.5);

/** Elapsed hundredths of a day of the closed processing times T1 to T4 of an acceptance; null where not closed. */
export function closedTimes(life: TipLife): Record<'T1' | 'T2' | 'T3' | 'T4', number | null> {
  const { acceptedAt, assignedAt, decidedAt } = life;
  const between = (from: number | null, to: number | null): number | null =>
    from === null || to === null ? null : hundredths(to - from);
  let net: number | null = null;
  if (acceptedAt !== null && decidedAt !== null) {
    const paused = life.pauses.reduce(
      (sum, { from, to }) => sum + Math.max(0, Math.min(to ?? decidedAt, decidedAt) - Math.max(from, acceptedAt)),
      0,
    );
    net = hundredths(decidedAt - acceptedAt - paused);
  }
  return {
    T1: between(acceptedAt, assignedAt),
    T2: between(assignedAt, decidedAt),
    T3: between(acceptedAt, decidedAt),
    T4: net,
  };
}

/** The same of an acceptance's times that have ended: what ended after it was released ended elsewhere. */
export function endedTimes(life: TipLife): Record<'T1' | 'T2' | 'T3' | 'T4', number | null> {
  const times = closedTimes(life);
  const isHere = (end: number | null): boolean => end !== null && (life.releasedAt ?? Infinity) >= end;
  const ofDecision = isHere(life.decidedAt);
  return {
    T1: isHere(life.assignedAt) ? times.T1 : null,
    T2: ofDecision ? times.T2 : null,
    T3: ofDecision ? times.T3 : null,
    T4: ofDecision ? times.T4 : null,
  };
}
