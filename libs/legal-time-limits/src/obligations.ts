import { LATEST_CALENDAR, type Calendar } from './calendar.js';
import { citeOfStep } from './limit-length.js';
import type { Clock } from './clock-book.js';
import { crimeTipClocks } from './crime-tip-clocks.js';
import { criminalCaseClocks } from './criminal-case-clocks.js';
import { explainBefore, explainCustody, explainTerm, type WhyStep } from './explain.js';
import {
  MATTERS,
  readFacts,
  UNIT_LEVELS,
  type Fact,
  type MatterKind,
  type ReadFact,
  type UnitOfMatter,
} from './facts.js';
import {
  dayNumberOf,
  dayTextOf,
  MICROS_PER_DAY,
  momentTextOf,
  parseDay,
  parseMoment,
  type LegalDate,
  type LocalMicros,
} from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';
import type { OwedBy } from './rule.js';
import { RELEASED_RULES, type RuleTable } from './rules.js';
import { datesOf, dayOfMoment, type TermDates } from './term.js';
import type { Text } from './text.js';

/** One matter: what kind, the unit that received it, what happened, and the moment from which lateness is judged. */
export interface MatterInput {
  readonly matter: MatterKind;
  readonly unit?: {
    /** A remote mountain or island commune (48 hours instead of 24). */
    readonly remote?: boolean;
    readonly level?: string | null;
    readonly kind?: string | null;
    readonly [field: string]: unknown;
  } | null;
  readonly facts: readonly Fact[];
  /** Day or moment. Only decides what open duties are breached; facts are taken as they are. */
  readonly now?: string | null;
}

/** A version of a deadline that a later fact replaced. */
export interface SupersededDeadline {
  readonly nominal: string;
  readonly safeBy: string;
  readonly due: string;
  readonly latestArguable: string;
  /** Type and moment of the fact, or of the publication of law, that replaced it. */
  readonly supersededBy: string;
  readonly at: string;
  /** Where a publication replaced it: its number, and the calendar or the rule's row that it published. */
  readonly law?: { readonly number: number; readonly name: string };
}

/** Printed against computed dates. */
export interface TermMismatch {
  readonly printed: { readonly from: LegalDate | null; readonly to: LegalDate | null };
  readonly computed: { readonly from: LegalDate; readonly to: LegalDate };
  /** Printed last day minus computed nominal last day. */
  readonly days: number;
  /** The printed last day lies beyond what the rule allows. */
  readonly beyondCap: boolean;
}

/** One duty of one body, with its three dates. Hour terms give moments, all others legal days. */
export interface Obligation {
  /** Stable within the matter, whatever order the facts were recorded in: rule, recipient, ordinal. */
  readonly id: string;
  readonly rule: string;
  readonly name: Text;
  readonly owedBy: OwedBy;
  /** Who must be told, for notices. */
  readonly recipient: string | null;
  /** Type of the fact that started it. */
  readonly trigger: string;
  readonly from: string;
  readonly nominal: string;
  readonly safeBy: string;
  readonly due: string;
  readonly latestArguable: string;
  /** `breached`: done, fallen away or still open after `latestArguable`. */
  readonly status: 'open' | 'done' | 'breached' | 'cancelled';
  readonly doneAt: string | null;
  readonly cancelledAt: string | null;
  readonly requestBy: LegalDate | null;
  readonly cites: readonly string[];
  /** Dates of effect of the version of the rule that applies. */
  readonly effective: { readonly from: LegalDate; readonly to: LegalDate | null };
  readonly calendarVersion: string;
  readonly superseded: readonly SupersededDeadline[];
  readonly printed: { readonly from: LegalDate | null; readonly to: LegalDate | null } | null;
  readonly mismatch: TermMismatch | null;
  readonly why: readonly WhyStep[];
}

/** Options of a calculation of obligations. */
export interface ObligationOptions {
  /** False leaves the explanations out: for bulk runs. */
  readonly why?: boolean;
  /** Version of the calendar; default the newest released one. */
  readonly calendar?: Calendar;
  /** Version of the rules; default the released table. */
  readonly rules?: RuleTable;
}

/** What a calculation goes by: one version of the calendar and one of the rules. */
export interface Law {
  readonly calendar: Calendar;
  readonly rules: RuleTable;
}

/** The dates that the moments below are read from. */
export type Dated = Pick<Obligation, 'safeBy' | 'due' | 'latestArguable'>;

function endOf(when: string): string {
  const day = parseDay(when);
  if (day !== null) return momentTextOf((day + 1) * MICROS_PER_DAY);
  const moment = parseMoment(when);
  if (moment !== null) return momentTextOf(moment);
  throw new LimitRefusal(
    'DayNotUnderstood',
    { vi: 'cần một ngày hoặc một thời điểm', en: 'a day or a moment is needed' },
    { facts: { given: when, allowed: 'YYYY-MM-DD or RFC 3339' } },
  );
}

/** First instant at which the duty is past its latest arguable date: 24:00 of that day (BLTTHS 134(1)), or the moment itself. */
export function breachMoment(obligation: Dated): string {
  return endOf(obligation.latestArguable);
}

/** First instant after `due`. */
export function dueMoment(obligation: Dated): string {
  return endOf(obligation.due);
}

/** First instant after `safeBy`. */
export function safeMoment(obligation: Dated): string {
  return endOf(obligation.safeBy);
}

function refuse(code: string, field: string, vi: string, en: string, facts: Record<string, unknown>): never {
  throw new LimitRefusal(code, { vi: `${field}: ${vi}`, en: `${field}: ${en}` }, { field, facts });
}

function readUnit(given: unknown): UnitOfMatter {
  if (given === undefined || given === null) return { remote: false, level: null, kind: null };
  if (typeof given !== 'object' || Array.isArray(given)) {
    refuse('InputNotAllowed', 'unit', 'cần một đối tượng', 'an object is needed', { given });
  }
  const { remote, level, kind } = given as Record<string, unknown>;
  if (remote !== undefined && remote !== null && typeof remote !== 'boolean') {
    refuse('ValueNotAllowed', 'unit.remote', 'cần true hoặc false', 'true or false is needed', {
      given: remote,
      allowed: [true, false],
    });
  }
  if (level !== undefined && level !== null && !UNIT_LEVELS.includes(level as (typeof UNIT_LEVELS)[number])) {
    refuse('ValueNotAllowed', 'unit.level', `chỉ nhận ${UNIT_LEVELS.join(', ')}`, `one of ${UNIT_LEVELS.join(', ')}`, {
      given: level,
      allowed: UNIT_LEVELS,
    });
  }
  if (kind !== undefined && kind !== null && typeof kind !== 'string') {
    refuse('ValueNotAllowed', 'unit.kind', 'cần loại cơ quan', 'a kind of body is needed', { given: kind });
  }
  return {
    remote: remote === true,
    level: (level as string | undefined) ?? null,
    kind: (kind as string | undefined) ?? null,
  };
}

const FIRST_NOW = dayNumberOf(1900, 1, 1) * MICROS_PER_DAY;

function readNow(given: unknown): LocalMicros | null {
  if (given === undefined || given === null) return null;
  const moment = parseMoment(given);
  if (moment !== null && moment >= FIRST_NOW) return moment;
  const day = parseDay(given);
  if (day !== null) return day * MICROS_PER_DAY;
  return refuse(
    'DayNotUnderstood',
    'now',
    'cần một ngày hoặc một thời điểm RFC 3339',
    'a day or an RFC 3339 moment is needed',
    { given, allowed: 'YYYY-MM-DD or RFC 3339 with offset' },
  );
}

/** First instant after a date: 24:00 of a legal day, or the moment itself. */
export function instantAfter(dates: TermDates, date: number): LocalMicros {
  return dates.hours ? date : (date + 1) * MICROS_PER_DAY;
}

function statusOf(clock: Clock, now: LocalMicros | null): Obligation['status'] {
  const breach = instantAfter(clock.dates, clock.dates.latest);
  // An act at the very last instant of an hour term is in time; an open duty is past from that instant on.
  const isLate = (at: LocalMicros): boolean => (clock.dates.hours ? at > breach : at >= breach);
  if (clock.doneAt !== null) return isLate(clock.doneAt) ? 'breached' : 'done';
  if (clock.cancelledAt !== null) return !clock.lapses && isLate(clock.cancelledAt) ? 'breached' : 'cancelled';
  return now !== null && now >= breach ? 'breached' : 'open';
}

function whyOf(clock: Clock, { calendar, rules }: Law): WhyStep[] {
  const { rule, dates, notes } = clock;
  if (clock.custody) {
    const { months, heldDays, printedTo } = clock.custody;
    return explainCustody(rule, dayOfMoment(clock.start), months, heldDays, printedTo, dates);
  }
  if (clock.steps.length === 0) return explainBefore(rule, clock.start, dates, notes);
  const ends = clock.steps.map((_, i) => datesOf(rule, clock.start, clock.steps.slice(0, i + 1), calendar));
  return explainTerm({
    rule,
    start: clock.start,
    steps: clock.steps,
    dates,
    calendar,
    ends,
    citeOf: citeOfStep(rule, dayOfMoment(clock.start), rules),
    requestBy: clock.requestBy,
    notes,
  });
}

function printedText(printed: { from: number | null; to: number | null }): {
  from: LegalDate | null;
  to: LegalDate | null;
} {
  return {
    from: printed.from === null ? null : dayTextOf(printed.from),
    to: printed.to === null ? null : dayTextOf(printed.to),
  };
}

/** A duty as answered: with its reasons when `explain`, judged at `now` when it is given. */
export function obligationOf(clock: Clock, now: LocalMicros | null, explain: boolean, law: Law): Obligation {
  const { rule, dates } = clock;
  const text = dates.hours ? momentTextOf : dayTextOf;
  const counted = clock.steps.length === 0 && !clock.custody;
  return {
    id: clock.id,
    rule: rule.id,
    name: rule.name,
    owedBy: rule.owedBy!,
    recipient: clock.recipient,
    trigger: clock.trigger,
    from: dates.hours ? momentTextOf(clock.start) : dayTextOf(counted ? clock.start : dayOfMoment(clock.start)),
    nominal: text(dates.nominal),
    safeBy: text(dates.safeBy),
    due: text(dates.due),
    latestArguable: text(dates.latest),
    status: statusOf(clock, now),
    doneAt: clock.doneAt === null ? null : momentTextOf(clock.doneAt),
    cancelledAt: clock.cancelledAt === null ? null : momentTextOf(clock.cancelledAt),
    requestBy: clock.requestBy === null ? null : dayTextOf(clock.requestBy),
    cites: rule.cites,
    effective: rule.effective,
    calendarVersion: law.calendar.version,
    superseded: clock.replaced.map((replaced) => ({
      nominal: text(replaced.dates.nominal),
      safeBy: text(replaced.dates.safeBy),
      due: text(replaced.dates.due),
      latestArguable: text(replaced.dates.latest),
      supersededBy: replaced.by,
      at: momentTextOf(replaced.at),
    })),
    printed: clock.printed === null ? null : printedText(clock.printed),
    mismatch:
      clock.difference === null
        ? null
        : {
            printed: printedText(clock.difference.printed),
            computed: {
              from: dayTextOf(clock.difference.computed.from),
              to: dayTextOf(clock.difference.computed.to),
            },
            days: clock.difference.days,
            beyondCap: clock.difference.beyondCap,
          },
    why: explain ? whyOf(clock, law) : [],
  };
}

/** One matter after its input was checked. */
export interface ReadMatter {
  readonly matter: MatterKind;
  readonly unit: UnitOfMatter;
  readonly now: LocalMicros | null;
  /** In order of time. */
  readonly facts: readonly ReadFact[];
}

/** Checks the input of one matter. @throws LimitRefusal naming the field or the position of the fact */
export function readMatter(input: MatterInput): ReadMatter {
  const given: unknown = input;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    refuse('InputNotAllowed', 'input', 'cần một đối tượng', 'an object is needed', {
      allowed: ['matter', 'unit', 'facts', 'now'],
    });
  }
  if (!MATTERS.includes(input.matter)) {
    refuse('ValueNotAllowed', 'matter', `chỉ nhận ${MATTERS.join(', ')}`, `one of ${MATTERS.join(', ')} is needed`, {
      given: (input.matter as unknown) ?? null,
      allowed: MATTERS,
    });
  }
  const unit = readUnit(input.unit);
  const now = readNow(input.now);
  return { matter: input.matter, unit, now, facts: readFacts(input.matter, input.facts) };
}

/** The clocks of a matter under one law, in the order in which they were opened. */
export function clocksOf({ matter, unit, facts }: ReadMatter, { calendar, rules }: Law): Clock[] {
  return matter === 'crime-tip'
    ? crimeTipClocks(facts, unit, calendar, rules)
    : criminalCaseClocks(facts, unit, calendar, rules);
}

/**
 * Every duty that the facts of one matter ever gave rise to, in order of `due`.
 *
 * Facts may be listed in any order: they are taken by their moments. Without `now` the status follows from the facts alone
 * (an open duty stays `open`); with it, a duty open past its latest arguable date is `breached`.
 *
 * @param input the matter, its unit and facts; see {@link MatterInput}
 * @param options versions of calendar and rules, and whether to explain
 * @throws LimitRefusal naming the field or the position of the fact, why, and what is allowed; nothing else, for any input
 */
export function obligationsOf(input: MatterInput, options: ObligationOptions = {}): Obligation[] {
  const law: Law = { calendar: options.calendar ?? LATEST_CALENDAR, rules: options.rules ?? RELEASED_RULES };
  const explain = options.why !== false;
  const read = readMatter(input);
  return clocksOf(read, law)
    .map((clock) => ({ clock, due: instantAfter(clock.dates, clock.dates.due) }))
    .sort((a, b) => a.due - b.due || a.clock.order - b.clock.order)
    .map(({ clock }) => obligationOf(clock, read.now, explain, law));
}
