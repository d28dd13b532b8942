import type { Clock } from './clock-book.js';
import type { WhyStep } from './explain.js';
import { LATEST_CALENDAR, type Calendar } from './calendar.js';
import { dayTextOf, momentTextOf, parseDay, parseMoment, type LegalDate, type LocalMicros } from './legal-date.js';
import {
  clocksOf,
  instantAfter,
  obligationOf,
  readMatter,
  type Law,
  type MatterInput,
  type Obligation,
  type SupersededDeadline,
} from './obligations.js';
import { RELEASED_RULES } from './rules.js';
import { changedDays } from './schedule.js';
import type { TermDates } from './term.js';
import { dayEn, dayVi, momentEn, momentVi } from './wording.js';

/** What was published: a schedule of days off, or a row of a rule. */
export type Publication = 'calendar' | 'rule';

/** The type of the event that each kind of publication is. */
export const PUBLICATION_EVENTS = {
  calendar: 'CalendarVersionPublished',
  rule: 'RuleVersionPublished',
} as const satisfies Record<Publication, string>;

/** The law from one moment on: everything still owed then goes by it, until the next version. */
export interface LawVersion extends Law {
  /** 0 is the law as released with this library; 1 for the first publication after it. */
  readonly number: number;
  /** RFC 3339; null for the law as released, which has no beginning. */
  readonly publishedAt: string | null;
  readonly publication: Publication | null;
  /** The calendar's version, or the rule and the first day of its row. */
  readonly name: string;
  /** The published document and why, as written by who published it. */
  readonly source: string;
}

/** The law as released with this library. */
export const RELEASED_LAW: LawVersion = {
  number: 0,
  publishedAt: null,
  publication: null,
  name: LATEST_CALENDAR.version,
  source: '',
  calendar: LATEST_CALENDAR,
  rules: RELEASED_RULES,
};

/** The law as released and every publication after it, oldest first; never empty. */
export type LawHistory = readonly [LawVersion, ...LawVersion[]];

/** The law of a service that has heard of no publication. */
export const RELEASED_HISTORY: LawHistory = [RELEASED_LAW];

/** The newest version: everything still owed goes by it. */
export function newestLaw(history: LawHistory): LawVersion {
  return history.at(-1) ?? history[0];
}

/**
 * The version by which an act is judged: the last one published before it, as {@link obligationsThrough} judges what the
 * act ended. What is published later never reaches back to it.
 *
 * @param moment RFC 3339
 */
export function lawBefore(history: LawHistory, moment: string): LawVersion {
  const at = parseMoment(moment) ?? Infinity;
  return history.findLast((version) => momentOf(version) < at) ?? history[0];
}

/**
 * Whether one version may give other dates than the one before it to a term that runs from and to these days. Exact in
 * one direction: a calendar is read between the start of a term and its latest arguable day and nowhere else, and a row of a
 * rule does not reach terms that ended before its first day.
 *
 * @param to latest arguable day by either version
 */
export function mayMoveTerm(before: LawVersion, after: LawVersion, from: LegalDate, to: LegalDate): boolean {
  if (after.rules !== before.rules) {
    return after.rules.rows.slice(before.rules.rows.length).some(({ effective }) => effective.from <= to);
  }
  return changesBetween(before.calendar, after.calendar).some((day) => from <= day && day <= to);
}

const knownChanges = new WeakMap<Calendar, WeakMap<Calendar, readonly LegalDate[]>>();

/** The days that work in one of two calendars and not in the other; asked once for each pair. */
function changesBetween(before: Calendar, after: Calendar): readonly LegalDate[] {
  const known = knownChanges.get(before) ?? new WeakMap<Calendar, readonly LegalDate[]>();
  knownChanges.set(before, known);
  let days = known.get(after);
  if (!days) {
    const years = new Set([...before.years, ...after.years].map(({ year }) => year));
    days = [...years].flatMap((year) => changedDays(before, after, year).map(({ day }) => day));
    known.set(after, days);
  }
  return days;
}

/** A duty and the number of the law version that its dates go by: the last one published before the duty ended. */
export interface ObligationThroughLaw extends Obligation {
  readonly lawNumber: number;
}

interface Lived {
  readonly version: LawVersion;
  readonly from: LocalMicros;
  readonly clocks: ReadonlyMap<string, Clock>;
}

/**
 * Every duty of one matter under a law that changed while the matter was open, in order of `due`.
 *
 * A duty goes by the last version published before it was done or fell away, so what is closed stays as it was whatever is
 * published later. A publication that changes the dates of an open duty leaves the dates before it in `superseded`, beside
 * those that acts replaced. The answer depends on the set of facts and the history alone: neither the order in which they
 * became known nor the moment of calculation leaves a trace, so a store rebuilt from its logs is the same to the byte.
 *
 * @param input the matter, its unit and facts
 * @param history the law as released and every publication after it, oldest first
 * @param options whether to explain
 * @throws LimitRefusal as {@link obligationsOf} does
 */
export function obligationsThrough(
  input: MatterInput,
  history: readonly LawVersion[],
  options: { readonly why?: boolean } = {},
): ObligationThroughLaw[] {
  const read = readMatter(input);
  const explain = options.why !== false;
  const opening = read.facts[0]?.at ?? 0;
  let first = 0;
  for (let i = 1; i < history.length; i += 1) if (momentOf(history[i]!) <= opening) first = i;
  const lived: Lived[] = [];
  for (let i = first; i < history.length; i += 1) {
    const version = history[i]!;
    const clocks = clocksOf(read, version);
    lived.push({ version, from: momentOf(version), clocks: new Map(clocks.map((clock) => [clock.id, clock])) });
    // Nothing was owed any more when the next version came: the older matters of a register need one calculation.
    const next = history[i + 1];
    if (next && clocks.every((clock) => endOf(clock) <= momentOf(next))) break;
  }
  const ids = new Set(lived.flatMap(({ clocks }) => [...clocks.keys()]));
  const found: { due: LocalMicros; order: number; obligation: ObligationThroughLaw }[] = [];
  for (const id of ids) {
    const last = lived.findLastIndex(({ from, clocks }, i) => {
      const clock = clocks.get(id);
      return clock !== undefined && (i === 0 || endOf(clock) > from);
    });
    // Only a duty that a later version alone knows and that ended before it: it was never owed.
    if (last < 0) continue;
    const { version, clocks } = lived[last]!;
    const clock = clocks.get(id)!;
    const own = obligationOf(clock, read.now, explain, version);
    const moves = last === 0 ? own.superseded : deadlinesBefore(id, lived.slice(0, last + 1), clock.openedAt);
    const why = explain ? withMoves(own, moves, history) : own.why;
    found.push({
      due: instantAfter(clock.dates, clock.dates.due),
      order: clock.order,
      obligation: { ...own, superseded: moves, why, lawNumber: version.number },
    });
  }
  return found.sort((a, b) => a.due - b.due || a.order - b.order).map(({ obligation }) => obligation);
}

function momentOf({ publishedAt }: LawVersion): LocalMicros {
  return publishedAt === null ? -Infinity : parseMoment(publishedAt)!;
}

/** When a duty was done or fell away; never, while it is owed. */
function endOf({ doneAt, cancelledAt }: Clock): LocalMicros {
  return doneAt ?? cancelledAt ?? Infinity;
}

/** The dates that a duty had before one moment under one law. */
function datesAsOf(clock: Clock, moment: LocalMicros): TermDates {
  return clock.replaced.find(({ at }) => at >= moment)?.dates ?? clock.dates;
}

function sameDates(a: TermDates, b: TermDates): boolean {
  return (
    a.hours === b.hours && a.nominal === b.nominal && a.safeBy === b.safeBy && a.due === b.due && a.latest === b.latest
  );
}

/** Every deadline that a duty had before its last one, by the law of each time. */
function deadlinesBefore(id: string, lived: readonly Lived[], openedAt: LocalMicros): SupersededDeadline[] {
  const known = lived.filter(({ clocks }) => clocks.has(id));
  // A version published before the duty began was never moved to: the duty was opened under it.
  const start = Math.max(
    known.findLastIndex(({ from }) => from <= openedAt),
    0,
  );
  const before: SupersededDeadline[] = [];
  for (let i = start; i < known.length; i += 1) {
    const { version, from, clocks } = known[i]!;
    const clock = clocks.get(id)!;
    if (i > start) {
      const old = datesAsOf(known[i - 1]!.clocks.get(id)!, from);
      if (!sameDates(old, datesAsOf(clock, from))) {
        const { number, name, publication } = version;
        before.push({
          ...written(old),
          supersededBy: PUBLICATION_EVENTS[publication!],
          at: momentTextOf(from),
          law: { number, name },
        });
      }
    }
    const until = known[i + 1]?.from ?? Infinity;
    for (const { dates, by, at } of clock.replaced) {
      if ((i === start || at >= from) && at < until) {
        before.push({ ...written(dates), supersededBy: by, at: momentTextOf(at) });
      }
    }
  }
  return before;
}

function written(dates: TermDates): Pick<SupersededDeadline, 'nominal' | 'safeBy' | 'due' | 'latestArguable'> {
  const text = dates.hours ? momentTextOf : dayTextOf;
  return {
    nominal: text(dates.nominal),
    safeBy: text(dates.safeBy),
    due: text(dates.due),
    latestArguable: text(dates.latest),
  };
}

/** The dates that replaced one superseded deadline: those of the next one, or the ones that stand. */
export function datesAfter(
  obligation: Pick<Obligation, 'nominal' | 'safeBy' | 'due' | 'latestArguable' | 'superseded'>,
  index: number,
): Pick<Obligation, 'nominal' | 'safeBy' | 'due' | 'latestArguable'> {
  const { nominal, safeBy, due, latestArguable } = obligation.superseded[index + 1] ?? obligation;
  return { nominal, safeBy, due, latestArguable };
}

/** The reasons of the last dates, with a sentence for each publication that moved the duty before the conclusion. */
function withMoves(
  own: Obligation,
  superseded: readonly SupersededDeadline[],
  history: readonly LawVersion[],
): WhyStep[] {
  const steps = superseded.flatMap((old, i): WhyStep[] => {
    const version = old.law && history.find(({ number }) => number === old.law!.number);
    return version ? [moveSentence(old, datesAfter({ ...own, superseded }, i), version)] : [];
  });
  return [...own.why.slice(0, -1), ...steps, ...own.why.slice(-1)];
}

function moveSentence(
  old: SupersededDeadline,
  now: Pick<Obligation, 'due' | 'latestArguable'>,
  { publication, name, source, publishedAt }: LawVersion,
): WhyStep {
  const at = parseMoment(publishedAt)!;
  const what =
    publication === 'calendar'
      ? { vi: `Lịch nghỉ phiên bản ${name}`, en: `Calendar version ${name}` }
      : { vi: `Quy tắc ${name}`, en: `Rule row ${name}` };
  return {
    vi: `${what.vi} (${source}) áp dụng từ ${momentVi(at)}: hạn ${shownVi(old.due)} chuyển thành ${shownVi(now.due)}, muộn nhất ${shownVi(old.latestArguable)} chuyển thành ${shownVi(now.latestArguable)}. Mốc cũ vẫn được lưu.`,
    en: `${what.en} (${source}), applied from ${momentEn(at)}: due ${shownEn(old.due)} became ${shownEn(now.due)}, latest arguable ${shownEn(old.latestArguable)} became ${shownEn(now.latestArguable)}. The earlier dates are kept.`,
    cite: publication === 'calendar' ? 'BLTTHS 134.1' : source,
  };
}

function shownVi(when: string): string {
  return when.length === 10 ? dayVi(parseDay(when)!) : momentVi(parseMoment(when)!);
}

function shownEn(when: string): string {
  return when.length === 10 ? dayEn(parseDay(when)!) : momentEn(parseMoment(when)!);
}
