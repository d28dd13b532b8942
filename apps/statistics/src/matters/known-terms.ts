import { lawBefore, legalDateOf, mayMoveTerm, newestLaw } from '@app/legal-time-limits';
import type { LawHistory, LawVersion } from '@app/legal-time-limits';
import { isSameMoment, keptMoment, legalMoment } from './moments.js';
import type { RunningTerm } from './terms.js';

/** A term as it was known from `recordedAt` on; `breachAt` null = none ran. */
export interface EarlierTerm {
  rule: string | null;
  breachAt: string | null;
  recordedAt: string;
}

/** The term of a matter now, and what was known before; the columns that tips and rounds of cases share. */
export interface TermColumns {
  term_rule: string | null;
  term_safe_by: string | null;
  term_due: string | null;
  term_latest_arguable: string | null;
  term_breach_at: string | null;
  term_recorded_at: string | null;
  earlier_terms: EarlierTerm[] | null;
}

/** What became known at a moment, and the term that follows from it by a law; null = none runs. */
export interface TermStep {
  recordedAt: string;
  term(law: LawVersion): RunningTerm | null;
}

/** The columns after another term became known; the one before is kept. The same term changes nothing. */
export function nextTerm<T extends TermColumns>(facts: T, term: RunningTerm | null, recordedAt: string): T {
  if (isSameMoment(facts.term_breach_at, term?.breachAt ?? null) && facts.term_rule === (term?.rule ?? null)) {
    return facts;
  }
  const before = currentTerm(facts);
  return {
    ...facts,
    ...datesOf(term),
    term_recorded_at: recordedAt,
    earlier_terms: before === null ? facts.earlier_terms : [...(facts.earlier_terms ?? []), before],
  };
}

function datesOf(term: RunningTerm | null) {
  return {
    term_rule: term?.rule ?? null,
    term_safe_by: term?.safeBy ?? null,
    term_due: term?.due ?? null,
    term_latest_arguable: term?.latestArguable ?? null,
    term_breach_at: term?.breachAt ?? null,
  };
}

function currentTerm(facts: TermColumns): EarlierTerm | null {
  if (facts.term_recorded_at === null) return null;
  return {
    rule: facts.term_rule,
    breachAt: keptMoment(facts.term_breach_at),
    recordedAt: legalMoment(facts.term_recorded_at),
  };
}

/** Whether a publication may have moved a term that began on `from`: most matters are concerned by none. */
export function isConcerned(facts: TermColumns, from: string, history: LawHistory): boolean {
  if (history.length === 1) return false;
  const ends = [facts.term_breach_at, ...(facts.earlier_terms ?? []).map(({ breachAt }) => breachAt)];
  const last = Math.max(...ends.map((end) => (end === null ? -Infinity : Date.parse(end))));
  if (last === -Infinity) return false;
  const first = legalDateOf(from);
  const to = legalDateOf(legalMoment(new Date(last)));
  return history.some((version, index) => index > 0 && mayMoveTerm(history[index - 1]!, version, first, to));
}

/** A stretch in which one body owes: an acceptance, or a round of prosecution. */
export interface TermStretch {
  /** Oldest first; at least one. */
  steps: readonly TermStep[];
  /** When the duty was done or fell away; null while it is owed. */
  endedAt: string | null;
  /** When another stretch took its place without an end of its own. */
  replacedAt?: string;
}

/**
 * The columns as they follow from every step and every publication, whatever became known here first. A publication counts
 * from its moment on, as if it had been recorded then, unless the duty had ended before: what was done stays as it was. The
 * same object when nothing differs.
 */
export function knownTerms<T extends TermColumns>(facts: T, stretches: readonly TermStretch[], history: LawHistory): T {
  const none: T = { ...facts, ...datesOf(null), term_recorded_at: null, earlier_terms: null };
  const known = stretches.reduce((before, stretch) => afterStretch(before, stretch, history), none);
  return isSameKnown(facts, known) ? facts : known;
}

function isSameKnown(a: TermColumns, b: TermColumns): boolean {
  const [earlier, others] = [a.earlier_terms ?? [], b.earlier_terms ?? []];
  return (
    a.term_rule === b.term_rule &&
    a.term_safe_by === b.term_safe_by &&
    a.term_due === b.term_due &&
    a.term_latest_arguable === b.term_latest_arguable &&
    isSameMoment(a.term_breach_at, b.term_breach_at) &&
    isSameMoment(a.term_recorded_at, b.term_recorded_at) &&
    earlier.length === others.length &&
    earlier.every((one, index) => {
      const { rule, breachAt, recordedAt } = others[index]!;
      return one.rule === rule && one.breachAt === breachAt && one.recordedAt === recordedAt;
    })
  );
}

function afterStretch<T extends TermColumns>(
  before: T,
  { steps, endedAt, replacedAt }: TermStretch,
  history: LawHistory,
): T {
  const since = Date.parse(steps[0]!.recordedAt);
  const until = replacedAt === undefined ? Infinity : Date.parse(replacedAt);
  const last = endedAt === null ? newestLaw(history) : lawBefore(history, endedAt);
  const versions = history.filter((version) => version.number <= last.number && publishedMs(version) < until);
  let law = versions.findLast((version) => publishedMs(version) <= since) ?? history[0];
  const first = law.number;
  const moments = [
    ...versions
      .filter(({ number }) => number > first)
      .map((version) => ({ at: publishedMs(version), recordedAt: version.publishedAt!, version, step: null })),
    ...steps.map((step) => ({ at: Date.parse(step.recordedAt), recordedAt: step.recordedAt, version: null, step })),
  ].sort((a, b) => a.at - b.at || (a.version === null ? 1 : 0) - (b.version === null ? 1 : 0));
  let known = before;
  let step: TermStep | null = null;
  for (const moment of moments) {
    if (moment.version) law = moment.version;
    else step = moment.step;
    if (!step) continue;
    const term = step.term(law);
    const next = nextTerm(known, term, moment.recordedAt);
    // A publication may move a date without moving the end.
    known = next === known && moment.version ? { ...known, ...datesOf(term) } : next;
  }
  return known;
}

function publishedMs({ publishedAt }: LawVersion): number {
  return publishedAt === null ? -Infinity : Date.parse(publishedAt);
}

/** The earlier of two moments. */
export function earlierOf(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return Date.parse(a) <= Date.parse(b) ? a : b;
}
