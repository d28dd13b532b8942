import { workingDayAfter, workingDayFrom, type Calendar } from './calendar.js';
import { MICROS_PER_DAY, MICROS_PER_HOUR, plusMonths, type DayNumber, type LocalMicros } from './legal-date.js';
import { DEFAULT_READINGS, type Grantor, type Length, type Readings, type Rule, type Unit } from './rule.js';

/** Months, then days, added to a day. */
export interface Span {
  readonly months: number;
  readonly days: number;
}

/** One stretch of a chain: the base term or an extension. */
export interface Step {
  /** Rule that gives the stretch. */
  readonly source: string;
  /** Who granted it; null for the base term. */
  readonly by: Grantor | null;
  /** The length as the statute writes it. */
  readonly length: Length;
  /** Counted from the start of the chain (a total) or from the nominal end of the stretch before it. */
  readonly anchor: 'start' | 'end';
  readonly span: Span;
  /** Other readings of the length where the law is open; the earliest makes safeBy, the latest makes latestArguable. */
  readonly otherSpans: readonly Span[] | null;
  /** Halved for a juvenile accused (Law 59/2024 Art 129). */
  readonly halved: boolean;
  /** Dates printed on the decision: they win over the computed ones. */
  readonly printedFrom: DayNumber | null;
  readonly printedTo: DayNumber | null;
}

/** The four dates of a term: moments (local microseconds) for hour terms, day numbers for all others. */
export interface TermDates {
  readonly hours: boolean;
  readonly nominal: number;
  readonly safeBy: number;
  readonly due: number;
  readonly latest: number;
}

/** Span of a length in days or months. */
function spanOf(length: Length): Span {
  return length.unit === 'm' ? { months: length.n, days: 0 } : { months: 0, days: length.n };
}

/** Half of a statutory length, and how else the open rounding may be read (question c-16). */
function halfOf(length: Length): { span: Span; others: Span[] } {
  if (length.n % 2 === 0) {
    const half = length.n / 2;
    return { span: length.unit === 'm' ? { months: half, days: 0 } : { months: 0, days: half }, others: [] };
  }
  const whole = Math.floor(length.n / 2);
  if (length.unit === 'm') {
    return { span: { months: whole, days: 15 }, others: [{ months: 0, days: 15 * length.n }] };
  }
  return { span: { months: 0, days: whole }, others: [{ months: 0, days: whole + 1 }] };
}

/** Steps without printed dates are pure data: one of each length, plain and halved, serves every calculation. */
const sharedSteps = new WeakMap<Length, { plain: Step | null; half: Step | null }>();

/** The base stretch of a term. */
export function baseStep(source: string, length: Length, halved: boolean): Step {
  return sharedStep(source, null, length, 'start', halved);
}

/** A stretch added by an extension. */
export function extensionStep(
  source: string,
  by: Grantor,
  length: Length,
  anchor: 'start' | 'end',
  halved: boolean,
  printedFrom: DayNumber | null = null,
  printedTo: DayNumber | null = null,
): Step {
  const step = sharedStep(source, by, length, anchor, halved);
  return printedFrom === null && printedTo === null ? step : { ...step, printedFrom, printedTo };
}

function sharedStep(
  source: string,
  by: Grantor | null,
  length: Length,
  anchor: 'start' | 'end',
  halved: boolean,
): Step {
  let known = sharedSteps.get(length);
  if (!known) sharedSteps.set(length, (known = { plain: null, half: null }));
  const step = halved ? known.half : known.plain;
  if (step !== null && step.source === source && step.anchor === anchor) return step;
  const half = halved ? halfOf(length) : null;
  // Whether extensions are halved too is open (c-16): the full extension stays arguable.
  const others = half ? (by === null ? half.others : [...half.others, spanOf(length)]) : [];
  const made: Step = {
    source,
    by,
    length,
    anchor,
    span: half ? half.span : spanOf(length),
    otherSpans: others.length > 0 ? others : null,
    halved,
    printedFrom: null,
    printedTo: null,
  };
  if (halved) known.half = made;
  else known.plain = made;
  return made;
}

/** A day plus a span: months first, then days. */
function plusSpan(day: DayNumber, span: Span): DayNumber {
  return plusMonths(day, span.months) + span.days;
}

/** Day number of the legal day on which a moment falls. */
export function dayOfMoment(moment: LocalMicros): DayNumber {
  return Math.floor(moment / MICROS_PER_DAY);
}

/**
 * The four dates of a chain of stretches that starts at `start` (a moment; day terms use its legal day). An extension runs
 * from the nominal (unrolled) end before it and never shortens a term; printed dates win. Only the last day is moved off a
 * day off, as BLTTHS 134(1) says for months and question c-2 leaves open for days.
 */
export function datesOf(rule: Rule, start: LocalMicros, steps: readonly Step[], calendar: Calendar): TermDates {
  const first = steps[0]!;
  if (first.length.unit === 'h') {
    const end = start + first.length.n * MICROS_PER_HOUR;
    return { hours: true, nominal: end, safeBy: end, due: end, latest: end };
  }
  const startDay = dayOfMoment(start);
  if (first.length.unit === 'wd') {
    const end = workingDayAfter(startDay, first.length.n, calendar);
    return { hours: false, nominal: end, safeBy: end, due: end, latest: end };
  }
  let early = startDay;
  let end = startDay;
  let late = startDay;
  let unit: Unit = 'd';
  let printed = false;
  for (let i = 0; i < steps.length; i += 1) {
    const step = steps[i]!;
    const earlyBefore = early;
    const endBefore = end;
    const lateBefore = late;
    if (step.anchor === 'start') early = end = late = startDay;
    // A prolongation to a total is counted from receipt whatever first day its decision prints.
    else if (step.printedFrom !== null) early = end = late = step.printedFrom;
    unit = step.length.unit;
    printed = step.printedTo !== null;
    if (step.printedTo !== null) {
      early = end = late = step.printedTo;
    } else {
      const earlyFrom = early;
      const lateFrom = late;
      early = plusSpan(earlyFrom, step.span);
      end = plusSpan(end, step.span);
      late = plusSpan(lateFrom, step.span);
      for (const span of step.otherSpans ?? []) {
        early = Math.min(early, plusSpan(earlyFrom, span));
        late = Math.max(late, plusSpan(lateFrom, span));
      }
    }
    if (i > 0) {
      early = Math.max(early, earlyBefore);
      end = Math.max(end, endBefore);
      late = Math.max(late, lateBefore);
    }
  }
  if (printed) {
    return { hours: false, nominal: end, safeBy: early, due: end, latest: workingDayFrom(late, calendar) };
  }
  if (unit === 'm') {
    const due = workingDayFrom(end, calendar);
    return { hours: false, nominal: end, safeBy: early, due, latest: workingDayFrom(Math.max(late, end), calendar) };
  }
  const { startDayCounts, rollsDayTerms }: Readings = rule.readings ?? DEFAULT_READINGS;
  const literal = startDayCounts ? end - 1 : end;
  let latest = workingDayFrom(late, calendar);
  if (rule.alternative) latest = Math.max(latest, workingDayAfter(startDay, rule.alternative.n, calendar));
  return {
    hours: false,
    nominal: literal,
    safeBy: early - 1,
    due: rollsDayTerms ? workingDayFrom(literal, calendar) : literal,
    latest,
  };
}

/** A duty counted back from the nominal end of another term: the last permitted day, not moved. */
export function datesBefore(end: DayNumber, before: Length): TermDates {
  const day = end - before.n;
  return { hours: false, nominal: day, safeBy: day, due: day, latest: day };
}

/** End of custody: 30-day months, both ends counted, days already held taken off, never moved; a printed end wins. */
export function custodyDates(
  start: DayNumber,
  months: number,
  heldDays: number,
  printedTo: DayNumber | null = null,
): TermDates {
  const end = printedTo ?? start + 30 * months - heldDays - 1;
  return { hours: false, nominal: end, safeBy: end, due: end, latest: end };
}
