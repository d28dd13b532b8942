import type { CaseFacts } from '../matters/case-facts.js';
import { dayNumberAt } from './legal-days.js';
import type { DayNumber } from './legal-days.js';

/** Sets over cases that rollups keep, as in `case-sets.ts`, the reference. Order is the order of bits. */
export const CASE_SETS_KEPT = [
  'R4.numerator',
  'R4.denominator',
  'R4.open',
  'R4.allDecisionsOnTime',
  'R4.allDecisions',
  'R4.inBaseTerm',
] as const;
export type CaseSet = (typeof CASE_SETS_KEPT)[number];

const bitOf = Object.fromEntries(CASE_SETS_KEPT.map((name, index) => [name, 1 << index])) as Record<CaseSet, number>;

/** A round of prosecution as known at a moment, oldest first; days are legal days, null = not known. */
interface RoundLife {
  decidedAt: number | null;
  decided: DayNumber | null;
  decision: string | null;
  breachAt: number | null;
  /** The last day of the term: the day before the midnight that is late. */
  lastDay: DayNumber | null;
  baseBreachAt: number | null;
  proposesProsecution: boolean | null;
}

type Round = NonNullable<CaseFacts['earlier_rounds']>[number];

/** The rounds of a case as known at `asOf`; null when the case was not yet known. */
export function caseRounds(facts: CaseFacts, asOf: number): RoundLife[] | null {
  if (Date.parse(facts.opened_recorded_at) > asOf) return null;
  const isKnown = (recordedAt: string | null): boolean => recordedAt !== null && Date.parse(recordedAt) <= asOf;
  const roundLife = (round: Round): RoundLife => {
    const decidedAt =
      round.decided_at !== null && isKnown(round.decided_recorded_at) ? Date.parse(round.decided_at) : null;
    const breach = isKnown(round.term_recorded_at)
      ? round.term_breach_at
      : (round.earlier_terms?.findLast(({ recordedAt }) => Date.parse(recordedAt) <= asOf)?.breachAt ?? null);
    const breachAt = breach === null ? null : Date.parse(breach);
    return {
      decidedAt,
      decided: decidedAt === null ? null : dayNumberAt(decidedAt),
      decision: decidedAt === null ? null : round.decision,
      breachAt,
      lastDay: breachAt === null ? null : dayNumberAt(breachAt - 1),
      baseBreachAt:
        round.base_breach_at !== null && isKnown(round.file_received_recorded_at)
          ? Date.parse(round.base_breach_at)
          : null,
      proposesProsecution: isKnown(round.concluded_recorded_at) ? round.proposes_prosecution : null,
    };
  };
  return [...(facts.earlier_rounds ?? []), facts].map(roundLife).filter((round) => round.proposesProsecution);
}

/** Days that membership depends on. */
export function caseMoments(rounds: readonly RoundLife[]): DayNumber[] {
  return rounds.flatMap(({ decided, lastDay }) => [decided, lastDay]).filter((day): day is DayNumber => day !== null);
}

/**
 * Sets that a case belongs to for the period [start, end).
 * @param asOf terms that end after it have not ended; `SETTLED` for what rollups keep
 */
export function caseSets(rounds: readonly RoundLife[], start: DayNumber, end: DayNumber, asOf: number): number {
  const isIn = (day: DayNumber | null): boolean => day !== null && day >= start && day < end;
  const isDecidedIn = ({ decided }: RoundLife): boolean => isIn(decided);
  const hasEndedIn = ({ lastDay, breachAt, decidedAt }: RoundLife): boolean =>
    isIn(lastDay) && breachAt! <= asOf && (decidedAt === null || decidedAt >= breachAt!);
  const candidate = rounds.findLast((round) => isDecidedIn(round) || hasEndedIn(round));
  if (!candidate) {
    const last = rounds.at(-1);
    return last?.decidedAt === null ? bitOf['R4.open'] : 0;
  }
  const { decidedAt, decision, breachAt, baseBreachAt } = candidate;
  let mask = bitOf['R4.allDecisions'];
  if (isDecidedIn(candidate)) {
    const isOnTime = breachAt !== null && decidedAt! < breachAt;
    if (isOnTime) mask |= bitOf['R4.allDecisionsOnTime'];
    if (baseBreachAt !== null && decidedAt! < baseBreachAt) mask |= bitOf['R4.inBaseTerm'];
    if (decision === 'prosecute') {
      mask |= bitOf['R4.denominator'];
      if (isOnTime) mask |= bitOf['R4.numerator'];
    }
    return mask;
  }
  return mask | bitOf['R4.denominator'];
}
