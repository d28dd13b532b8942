import { addDays, addMonths, legalDateOf } from '@app/legal-time-limits';
import type { LegalDate } from '@app/legal-time-limits';

export const SCHEME_IDS = ['A', 'B', 'C'] as const;
export type SchemeId = (typeof SCHEME_IDS)[number];

/** Who reports by a scheme, and from which reporting year to which (law.md 4.3). */
interface SchemeUse {
  by: { vi: string; en: string };
  fromYear: number | null;
  toYear: number | null;
}

/** A reporting calendar: on which day its years start. Months are calendar months. Dated data, never edited. */
export interface PeriodScheme {
  id: SchemeId;
  name: { vi: string; en: string };
  yearStarts: { month: number; day: number };
  /** Years are named for the calendar year they end in (A, B) or start in, which for C is the same. */
  uses: readonly SchemeUse[];
}

export const PERIOD_SCHEMES: readonly PeriodScheme[] = [
  {
    id: 'A',
    name: { vi: '01/12 đến 30/11', en: '1 December to 30 November' },
    yearStarts: { month: 12, day: 1 },
    uses: [{ by: { vi: 'Viện kiểm sát', en: 'procuracies' }, fromYear: null, toYear: 2024 }],
  },
  {
    id: 'B',
    name: { vi: '01/10 đến 30/09', en: '1 October to 30 September' },
    yearStarts: { month: 10, day: 1 },
    uses: [
      { by: { vi: 'Quốc hội, Công an', en: 'National Assembly, police' }, fromYear: null, toYear: null },
      { by: { vi: 'Viện kiểm sát', en: 'procuracies' }, fromYear: 2025, toYear: null },
    ],
  },
  {
    id: 'C',
    name: { vi: 'năm dương lịch', en: 'calendar year' },
    yearStarts: { month: 1, day: 1 },
    uses: [{ by: { vi: 'thống kê quốc gia', en: 'national statistics' }, fromYear: null, toYear: null }],
  },
];

/** Periods that run up to the as-of day; closed ones are named, for example `2025`, `2025-H1`, `2026-03`, `2026-03-05`. */
export const RUNNING_PERIODS = ['day', 'month', 'half', 'year'] as const;
export type RunningPeriod = (typeof RUNNING_PERIODS)[number];

/** Legal days, both included. */
export interface Period {
  from: LegalDate;
  to: LegalDate;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** First day of the scheme's year that ends in (A, B) or is (C) the calendar year `year`. */
function startOfYear(scheme: PeriodScheme, year: number): LegalDate {
  const { month, day } = scheme.yearStarts;
  const isCalendarYear = month === 1 && day === 1;
  return `${isCalendarYear ? year : year - 1}-${two(month)}-${two(day)}`;
}

function yearHolding(scheme: PeriodScheme, day: LegalDate): { year: number; start: LegalDate } {
  const calendarYear = Number(day.slice(0, 4));
  const next = startOfYear(scheme, calendarYear + 1);
  return day >= next
    ? { year: calendarYear + 1, start: next }
    : { year: calendarYear, start: startOfYear(scheme, calendarYear) };
}

function schemeOf(id: SchemeId): PeriodScheme {
  const scheme = PERIOD_SCHEMES.find((candidate) => candidate.id === id);
  if (!scheme) throw new RangeError(`unknown period scheme ${id}`);
  return scheme;
}

/** The day, month, half year or year of a scheme that holds `asOfDay`, up to and with that day. */
export function runningPeriod(id: SchemeId, period: RunningPeriod, asOfDay: LegalDate): Period {
  if (period === 'day') return { from: asOfDay, to: asOfDay };
  if (period === 'month') return { from: `${asOfDay.slice(0, 7)}-01`, to: asOfDay };
  const { start } = yearHolding(schemeOf(id), asOfDay);
  const secondHalf = addMonths(start, 6);
  return { from: period === 'half' && asOfDay >= secondHalf ? secondHalf : start, to: asOfDay };
}

/** A period by its name: `2025` and `2025-H1|H2` by the scheme, `2026-03`, `2026-03-05`; null when it is no such name. */
export function namedPeriod(id: SchemeId, name: string): Period | null {
  const scheme = schemeOf(id);
  const year = /^(20\d\d)(?:-H([12]))?$/.exec(name);
  if (year) {
    const start = startOfYear(scheme, Number(year[1]));
    const secondHalf = addMonths(start, 6);
    const end = addDays(addMonths(start, 12), -1);
    if (year[2] === '1') return { from: start, to: addDays(secondHalf, -1) };
    return year[2] === '2' ? { from: secondHalf, to: end } : { from: start, to: end };
  }
  if (/^20\d\d-(0[1-9]|1[0-2])$/.test(name)) {
    const from = `${name}-01`;
    return { from, to: addDays(addMonths(from, 1), -1) };
  }
  return null;
}

/** The same period one year earlier: same-numbered days, and a last day of a month stays one. */
export function oneYearEarlier({ from, to }: Period): Period {
  // The day after the end moves, so that 29 February and 28 February both end on the last day of that month.
  return { from: addMonths(from, -12), to: addDays(addMonths(addDays(to, 1), -12), -1) };
}

/** Calendar months, `YYYY-MM`, oldest first: `count` of them, the last one holding `day`. */
export function lastMonths(day: LegalDate, count: number): string[] {
  const first = `${day.slice(0, 7)}-01`;
  return Array.from({ length: count }, (_, index) => addMonths(first, index - count + 1).slice(0, 7));
}

/** The legal day of a moment given as RFC 3339 text or Date. */
export function dayOf(moment: Date | string): LegalDate {
  return legalDateOf(typeof moment === 'string' ? moment : moment.toISOString());
}
