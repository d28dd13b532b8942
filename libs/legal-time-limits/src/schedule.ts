import {
  compensation,
  isWeekend,
  statuteHolidays,
  swap,
  worksOn,
  type Calendar,
  type CalendarYear,
} from './calendar.js';
import { defineCalendar } from './define-calendar.js';
import { civilOf, dayNumberOf, dayTextOf, parseDay, weekdayOf, type DayNumber, type LegalDate } from './legal-date.js';
import { LUNAR_DAYS } from './lunar-days.js';
import type { Text } from './text.js';
import { dayEn, dayVi } from './wording.js';

/** Why a weekday is off: the holiday itself, the day in lieu of it, or a day that a Saturday is worked for. */
export const OFF_DAY_KINDS = ['holiday', 'compensation', 'swap'] as const;
export type OffDayKind = (typeof OFF_DAY_KINDS)[number];

/** A weekday off; `name` is the holiday that it is, stands for, or is swapped for. */
export interface ScheduledOffDay {
  readonly day: LegalDate;
  readonly kind: OffDayKind;
  readonly name: Text;
}

/** The schedule of one year as an authority announces it. */
export interface YearSchedule {
  readonly year: number;
  readonly offDays: readonly ScheduledOffDay[];
  readonly workingSaturdays: readonly { readonly day: LegalDate; readonly insteadOf: LegalDate }[];
}

/** What is wrong with a schedule: the field, and in words that name the day. */
export interface ScheduleFault extends Text {
  readonly field: string;
  readonly constraint: string;
}

const SATURDAY = 6;

/** Days that the Labour Code makes holidays (Art 112) and no announcement can take away, with what they are. */
function fixedHolidays(year: number): Map<DayNumber, Text> {
  const statute = statuteHolidays(year, { publishedOn: `${year}-12-31` });
  const lunar = LUNAR_DAYS[year];
  const tet = lunar ? parseDay(`${year}-${lunar.tet}`)! : null;
  const days: DayNumber[] = [
    dayNumberOf(year, 1, 1),
    dayNumberOf(year, 4, 30),
    dayNumberOf(year, 5, 1),
    dayNumberOf(year, 9, 2),
    ...(year >= 2026 ? [dayNumberOf(year, 11, 24)] : []),
    ...(lunar && tet !== null ? [tet, tet + 1, tet + 2, parseDay(`${year}-${lunar.hungKings}`)!] : []),
  ];
  return new Map(days.filter((day) => !isWeekend(day)).map((day) => [day, statute.get(day)!]));
}

/**
 * Everything that is wrong with the schedule of a year; empty when it can be published.
 *
 * A day off is a weekday of the year, listed once; a swapped day off and its working Saturday name each other, so that no
 * day is given or taken without its pair; no holiday of the statute is missing.
 */
export function scheduleFaults(schedule: YearSchedule): ScheduleFault[] {
  const faults: ScheduleFault[] = [];
  const fault = (field: string, constraint: string, vi: string, en: string): void => {
    faults.push({ field, constraint, vi, en });
  };
  const { year, offDays, workingSaturdays } = schedule;
  if (!Number.isInteger(year) || year < 2018 || year > 2105) {
    fault('year', 'range', 'Cần một năm từ 2018 đến 2105.', 'A year from 2018 to 2105 is needed.');
    return faults;
  }
  const inYear = (field: string, text: LegalDate): DayNumber | null => {
    const day = parseDay(text);
    if (day !== null && civilOf(day).year === year) return day;
    fault(field, 'day', `${text}: cần một ngày có thật của năm ${year}.`, `${text}: a real day of ${year} is needed.`);
    return null;
  };
  const off = new Map<LegalDate, ScheduledOffDay>();
  for (const [at, one] of offDays.entries()) {
    const field = `offDays.${at}.day`;
    const day = inYear(field, one.day);
    if (day === null) continue;
    if (isWeekend(day)) {
      fault(
        field,
        'weekday',
        `${dayVi(day)} là thứ Bảy hoặc Chủ nhật, đã là ngày nghỉ.`,
        `${dayEn(day)} is a Saturday or Sunday: it is off already.`,
      );
    }
    if (off.has(one.day)) fault(field, 'unique', `${dayVi(day)} bị ghi hai lần.`, `${dayEn(day)} is listed twice.`);
    off.set(one.day, one);
  }
  const swappedFor = new Map<LegalDate, LegalDate>();
  const worked = new Set<LegalDate>();
  for (const [at, { day: text, insteadOf }] of workingSaturdays.entries()) {
    const field = `workingSaturdays.${at}`;
    const day = inYear(`${field}.day`, text);
    if (day !== null && weekdayOf(day) !== SATURDAY) {
      fault(
        `${field}.day`,
        'saturday',
        `${dayVi(day)} không phải thứ Bảy: chỉ thứ Bảy được làm bù.`,
        `${dayEn(day)} is no Saturday: only a Saturday is worked in exchange.`,
      );
    }
    if (day !== null && worked.has(text)) {
      fault(`${field}.day`, 'unique', `${dayVi(day)} bị ghi hai lần.`, `${dayEn(day)} is listed twice.`);
    }
    worked.add(text);
    const pair = off.get(insteadOf);
    const other = swappedFor.get(insteadOf);
    if (pair?.kind !== 'swap') {
      fault(
        `${field}.insteadOf`,
        'pair',
        `Thứ Bảy làm bù ${text} phải ứng với một ngày nghỉ hoán đổi; ${insteadOf} không phải.`,
        `The working Saturday ${text} needs a swapped day off as its pair; ${insteadOf} is none.`,
      );
    } else if (other !== undefined) {
      fault(
        `${field}.insteadOf`,
        'pair',
        `${insteadOf} đã được làm bù vào ${other}.`,
        `${insteadOf} is made up for on ${other} already.`,
      );
    } else {
      swappedFor.set(insteadOf, text);
    }
  }
  for (const [at, { day, kind }] of offDays.entries()) {
    if (kind === 'swap' && !swappedFor.has(day)) {
      fault(
        `offDays.${at}.day`,
        'pair',
        `Ngày nghỉ hoán đổi ${day} thiếu thứ Bảy làm bù.`,
        `The swapped day off ${day} lacks its working Saturday.`,
      );
    }
  }
  for (const [day, name] of fixedHolidays(year)) {
    if (off.has(dayTextOf(day))) continue;
    fault(
      'offDays',
      'holiday',
      `Thiếu ngày lễ theo luật: ${dayVi(day)} (${name.vi}).`,
      `A holiday of the statute is missing: ${dayEn(day)} (${name.en}).`,
    );
  }
  return faults;
}

function reasonOfKind({ kind, name }: ScheduledOffDay): Text {
  return kind === 'swap' ? swap(name) : kind === 'compensation' ? compensation(name) : name;
}

/**
 * The calendar with one year's schedule in place of what it had; all other years stay.
 *
 * @param schedule one without {@link scheduleFaults}
 * @param published the new version's name, the day it was announced and the documents
 * @throws LimitRefusal CalendarNotAllowed when the schedule has faults that the calendar's own check sees
 */
export function calendarWith(
  calendar: Calendar,
  schedule: YearSchedule,
  published: { readonly version: string; readonly announcedOn: LegalDate; readonly sources: readonly string[] },
): Calendar {
  const year: CalendarYear = {
    year: schedule.year,
    offWeekdays: [...schedule.offDays]
      .sort((a, b) => (a.day < b.day ? -1 : 1))
      .map((one) => ({ day: one.day, reason: reasonOfKind(one) })),
    workingSaturdays: [...schedule.workingSaturdays].sort((a, b) => (a.day < b.day ? -1 : 1)),
    sources: published.sources,
  };
  const years = [...calendar.years.filter((other) => other.year !== schedule.year), year];
  return defineCalendar({
    version: published.version,
    publishedOn: published.announcedOn > calendar.publishedOn ? published.announcedOn : calendar.publishedOn,
    years: years.sort((a, b) => a.year - b.year),
  });
}

const KIND_WORDS: readonly (readonly [OffDayKind, Text])[] = [
  ['compensation', compensation({ vi: '', en: '' })],
  ['swap', swap({ vi: '', en: '' })],
];

function scheduledOf(day: LegalDate, reason: Text): ScheduledOffDay {
  for (const [kind, words] of KIND_WORDS) {
    if (reason.vi.startsWith(words.vi) && reason.en.startsWith(words.en)) {
      return { day, kind, name: { vi: reason.vi.slice(words.vi.length), en: reason.en.slice(words.en.length) } };
    }
  }
  return { day, kind: 'holiday', name: reason };
}

/** The schedule of a year as a calendar has it: the published one, or the holidays of the statute while there is none. */
export function scheduleOf(
  calendar: Calendar,
  year: number,
): YearSchedule & { published: boolean; sources: readonly string[] } {
  const known = calendar.years.find((one) => one.year === year);
  const days = known
    ? known.offWeekdays.map(({ day, reason }) => [day, reason] as const)
    : [...statuteHolidays(year, calendar)]
        .filter(([day]) => !isWeekend(day))
        .sort(([a], [b]) => a - b)
        .map(([day, reason]) => [dayTextOf(day), reason] as const);
  return {
    year,
    offDays: days.map(([day, reason]) => scheduledOf(day, reason)),
    workingSaturdays: known?.workingSaturdays ?? [],
    published: known !== undefined,
    sources: known?.sources ?? [],
  };
}

/** The days of one year that work in one calendar and not in the other, in order. */
export function changedDays(before: Calendar, after: Calendar, year: number): { day: LegalDate; works: boolean }[] {
  const changed: { day: LegalDate; works: boolean }[] = [];
  for (let day = dayNumberOf(year, 1, 1); day <= dayNumberOf(year, 12, 31); day += 1) {
    const works = worksOn(day, after);
    if (works !== worksOn(day, before)) changed.push({ day: dayTextOf(day), works });
  }
  return changed;
}
