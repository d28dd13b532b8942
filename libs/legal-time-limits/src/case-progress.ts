import { isOwed, type Clock, type ClockBook } from './clock-book.js';
import { dayOf, outOfOrder, refuseFact, type ReadFact } from './facts.js';
import type { LocalMicros } from './legal-date.js';
import { extensionsOf, isHalved } from './limit-length.js';
import { CRIME_CLASSES, type CrimeClass } from './rule.js';
import { dayOfMoment, extensionStep } from './term.js';

/** Clocks of a body that may only begin an investigation. */
export const DELEGATED_RULES = ['CPC-164-1A', 'CPC-164-1B'] as const;

/** What has happened to the case so far, as far as its clocks ask. */
export interface CaseProgress {
  initiatedAt: LocalMicros;
  class: CrimeClass | null;
  juvenile: boolean;
  complex: boolean;
  shortened: boolean;
  diverted: boolean;
  noticesTracked: boolean;
  investigation: Clock | null;
  prosecution: Clock | null;
  trial: Clock | null;
  custody: Clock | null;
  suspendedInvestigation: boolean;
  concluded: boolean;
  fileReceived: boolean;
  decision: string | null;
  atCourt: boolean;
  chargeReceived: boolean;
  discontinued: boolean;
  returns: Record<string, number>;
}

/** The class of offence a fact names; null when it names none. */
export function classOf(fact: ReadFact): CrimeClass | null {
  return (fact.source['class'] as CrimeClass | null | undefined) ?? null;
}

/** The class, needed to know a length. */
export function knownClass(matter: CaseProgress, fact: ReadFact): CrimeClass {
  if (matter.class !== null) return matter.class;
  return refuseFact(
    fact.position,
    'FieldMissing',
    `cần loại tội phạm (${CRIME_CLASSES.join(', ')}) của vụ án`,
    `the class of the offence (${CRIME_CLASSES.join(', ')}) is needed`,
    { given: null, allowed: CRIME_CLASSES },
    'class',
  );
}

/** Whether the juvenile's half applies to a rule of this case (Law 59/2024 Art 129). */
export function halved(matter: CaseProgress, ruleId: string): boolean {
  const divertible = ruleId === 'CPC-240-1' || ruleId === 'CPC-277-1';
  const exempt = matter.complex || (matter.diverted && divertible);
  return isHalved(ruleId, matter.juvenile, dayOfMoment(matter.initiatedAt), exempt);
}

/** Opens a duty whose length goes by the class of the offence. */
export function openByClass(
  book: ClockBook,
  matter: CaseProgress,
  fact: ReadFact,
  ruleId: string,
  start: LocalMicros = fact.at,
): Clock | null {
  const crimeClass = knownClass(matter, fact);
  const rule = book.rules.inForce(ruleId, dayOfMoment(start));
  if (!rule) return null;
  return book.open(ruleId, fact, {
    start,
    length: rule.limitByClass![crimeClass],
    class: crimeClass,
    halved: halved(matter, ruleId),
  });
}

/** Extends a term by the next extension that the class allows. */
export function extendByClass(
  book: ClockBook,
  clock: Clock | null,
  fact: ReadFact,
  needsVi: string,
  needsEn: string,
): void {
  if (!clock || !isOwed(clock)) outOfOrder(fact, needsVi, needsEn, 'a term that runs');
  const granted = clock.steps.length - 1;
  const extension = extensionsOf(clock.rule, clock.class)[granted];
  if (!extension) {
    const allowed = extensionsOf(clock.rule, clock.class).length;
    return refuseFact(
      fact.position,
      'ExtensionLimitReached',
      allowed === 0 ? `quy tắc ${clock.rule.id} không quy định gia hạn` : `chỉ được gia hạn ${allowed} lần`,
      allowed === 0 ? `rule ${clock.rule.id} states no extension` : `${allowed} extensions at most`,
      { given: granted + 1, allowed, rule: clock.rule.id, cite: clock.rule.cites[0] },
    );
  }
  const half = clock.steps[0]!.halved;
  book.extend(
    clock,
    clock.steps,
    extensionStep(clock.rule.id, extension.by, extension.add, 'end', half, dayOf(fact, 'from'), dayOf(fact, 'to')),
    fact,
  );
}
