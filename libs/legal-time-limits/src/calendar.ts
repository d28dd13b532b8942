import { civilOf, dayNumberOf, dayTextOf, parseDay, weekdayOf, type DayNumber, type LegalDate } from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';
import { LUNAR_DAYS } from './lunar-days.js';
import type { Text } from './text.js';

/** A weekday (Monday to Friday) on which state bodies do not work. */
export interface OffDay {
  readonly day: LegalDate;
  readonly reason: Text;
}

/** A Saturday on which state bodies work, in exchange for a weekday. */
export interface WorkingSaturday {
  readonly day: LegalDate;
  readonly insteadOf: LegalDate;
}

/** The published schedule of one year. Saturdays and Sundays are off without being listed. */
export interface CalendarYear {
  readonly year: number;
  readonly offWeekdays: readonly OffDay[];
  readonly workingSaturdays: readonly WorkingSaturday[];
  readonly sources: readonly string[];
}

/**
 * The days off as known on one day. A later announcement (a swapped Saturday, a new holiday) is a new version, never an
 * edit: every answer names the version it was computed with. A year that is not listed is computed from the statute.
 */
export interface Calendar {
  readonly version: string;
  readonly publishedOn: LegalDate;
  readonly years: readonly CalendarYear[];
}

/** What one day is, and why; `published` is false where the year has no announced schedule yet. */
export interface CalendarDay {
  readonly day: LegalDate;
  readonly working: boolean;
  readonly reason: Text | null;
  readonly published: boolean;
}

const NEW_YEAR: Text = { vi: 'Tết Dương lịch', en: 'New Year' };
const TET: Text = { vi: 'Tết Nguyên đán', en: 'Lunar New Year (Tết)' };
const HUNG_KINGS: Text = { vi: 'Giỗ Tổ Hùng Vương', en: "Hùng Kings' Commemoration" };
const VICTORY: Text = { vi: 'Ngày Chiến thắng 30/4', en: 'Victory Day' };
const LABOUR: Text = { vi: 'Ngày Quốc tế lao động', en: 'International Labour Day' };
const NATIONAL: Text = { vi: 'Quốc khánh', en: 'National Day' };
const CULTURE: Text = { vi: 'Ngày Văn hóa Việt Nam', en: 'Vietnam Culture Day' };
const SATURDAY: Text = { vi: 'Thứ Bảy', en: 'Saturday' };
const SUNDAY: Text = { vi: 'Chủ nhật', en: 'Sunday' };
const SWAPPED: Text = { vi: 'Thứ Bảy làm bù', en: 'swapped working Saturday' };

/** The words of a day off in lieu of a holiday. */
export function compensation(of: Text): Text {
  return { vi: `nghỉ bù ${of.vi}`, en: `day off in lieu, ${of.en}` };
}

/** The words of a weekday off that a Saturday is worked for. */
export function swap(of: Text): Text {
  return { vi: `nghỉ hoán đổi dịp ${of.vi}`, en: `swapped day off, ${of.en}` };
}

function off(day: LegalDate, reason: Text): OffDay {
  return { day, reason };
}

const YEAR_2024: CalendarYear = {
  year: 2024,
  offWeekdays: [
    off('2024-01-01', NEW_YEAR),
    off('2024-02-08', TET),
    off('2024-02-09', TET),
    off('2024-02-12', TET),
    off('2024-02-13', TET),
    off('2024-02-14', TET),
    off('2024-04-18', HUNG_KINGS),
    off('2024-04-29', swap(VICTORY)),
    off('2024-04-30', VICTORY),
    off('2024-05-01', LABOUR),
    off('2024-09-02', NATIONAL),
    off('2024-09-03', NATIONAL),
  ],
  workingSaturdays: [{ day: '2024-05-04', insteadOf: '2024-04-29' }],
  sources: ['CV 8662/VPCP-KGVX', 'CV 2450/VPCP-KGVX 12/04/2024'],
};

const YEAR_2025: CalendarYear = {
  year: 2025,
  offWeekdays: [
    off('2025-01-01', NEW_YEAR),
    off('2025-01-27', TET),
    off('2025-01-28', TET),
    off('2025-01-29', TET),
    off('2025-01-30', TET),
    off('2025-01-31', TET),
    off('2025-04-07', HUNG_KINGS),
    off('2025-04-30', VICTORY),
    off('2025-05-01', LABOUR),
    off('2025-05-02', swap(LABOUR)),
    off('2025-09-01', NATIONAL),
    off('2025-09-02', NATIONAL),
  ],
  workingSaturdays: [{ day: '2025-04-26', insteadOf: '2025-05-02' }],
  sources: ['Thông báo nghỉ Tết Nguyên đán và lễ năm 2025'],
};

const YEAR_2026: CalendarYear = {
  year: 2026,
  offWeekdays: [
    off('2026-01-01', NEW_YEAR),
    off('2026-01-02', swap(NEW_YEAR)),
    off('2026-02-16', TET),
    off('2026-02-17', TET),
    off('2026-02-18', TET),
    off('2026-02-19', TET),
    off('2026-02-20', TET),
    off('2026-04-27', compensation(HUNG_KINGS)),
    off('2026-04-30', VICTORY),
    off('2026-05-01', LABOUR),
    off('2026-08-31', swap(NATIONAL)),
    off('2026-09-01', NATIONAL),
    off('2026-09-02', NATIONAL),
    off('2026-11-24', CULTURE),
  ],
  workingSaturdays: [
    { day: '2026-01-10', insteadOf: '2026-01-02' },
    { day: '2026-08-22', insteadOf: '2026-08-31' },
  ],
  sources: ['CV 12729/VPCP-KGVX 25/12/2025', 'NQ 28/2026/QH16'],
};

/** Every released version, oldest first. The first is what was known before the late swap of 12/04/2024. */
export const CALENDARS: readonly Calendar[] = [
  {
    version: '2024-04-11',
    publishedOn: '2024-04-11',
    years: [
      {
        year: 2024,
        offWeekdays: YEAR_2024.offWeekdays.filter(({ day }) => day !== '2024-04-29'),
        workingSaturdays: [],
        sources: ['CV 8662/VPCP-KGVX'],
      },
    ],
  },
  { version: '2026-11-21', publishedOn: '2026-11-21', years: [YEAR_2024, YEAR_2025, YEAR_2026] },
];

/** The newest released version: the default of every calculation. */
export const LATEST_CALENDAR: Calendar = CALENDARS[CALENDARS.length - 1]!;

/** The released calendar of that version; refuses a version that was never released. */
export function calendarAt(version: string): Calendar {
  const found = CALENDARS.find((calendar) => calendar.version === version);
  if (found) return found;
  const allowed = CALENDARS.map((calendar) => calendar.version);
  throw new LimitRefusal(
    'CalendarUnknown',
    {
      vi: `calendarVersion: không có lịch nghỉ phiên bản này; có: ${allowed.join(', ')}`,
      en: `calendarVersion: no such calendar version; known: ${allowed.join(', ')}`,
    },
    { field: 'calendarVersion', facts: { given: version, allowed } },
  );
}

/** Holidays of the statute (Labour Code Art 112) in one year, without the announcements that only a published schedule has. */
export function statuteHolidays(year: number, calendar: Pick<Calendar, 'publishedOn'>): Map<DayNumber, Text> {
  const days = new Map<DayNumber, Text>();
  const lunar = LUNAR_DAYS[year];
  days.set(dayNumberOf(year, 1, 1), NEW_YEAR);
  if (lunar) {
    // Five days; which of them fall before the new year is announced each time. Here: the eve and the first four.
    const tet = parseDay(`${year}-${lunar.tet}`)!;
    for (let day = tet - 1; day <= tet + 3; day += 1) days.set(day, TET);
    days.set(parseDay(`${year}-${lunar.hungKings}`)!, HUNG_KINGS);
  }
  days.set(dayNumberOf(year, 4, 30), VICTORY);
  days.set(dayNumberOf(year, 5, 1), LABOUR);
  // Labour Code 45/2019 added an adjacent day from 2021; before or after is announced each time. Here: the day before.
  if (year >= 2021) days.set(dayNumberOf(year, 9, 1), NATIONAL);
  days.set(dayNumberOf(year, 9, 2), NATIONAL);
  // NQ 28/2026/QH16, from 01/07/2026: a calendar published before that resolution could not know it.
  if (year >= 2026 && calendar.publishedOn >= '2026-07-01') days.set(dayNumberOf(year, 11, 24), CULTURE);
  // Labour Code Art 111(3): a holiday on a weekly day off is made up on the next working day.
  for (const [day, reason] of [...days].sort(([a], [b]) => a - b)) {
    if (!isWeekend(day)) continue;
    let next = day + 1;
    while (isWeekend(next) || days.has(next)) next += 1;
    days.set(next, compensation(reason));
  }
  return days;
}

/** Whether a day is a Saturday or a Sunday. */
export function isWeekend(day: DayNumber): boolean {
  const weekday = weekdayOf(day);
  return weekday === 0 || weekday === 6;
}

const FIRST_DAY = dayNumberOf(2018, 1, 1);
const LAST_DAY = dayNumberOf(2105, 12, 31);

/** A calendar made ready for arithmetic: one flag a day from 2018 to 2105. Outside, only weekends are off. */
interface Timetable {
  readonly off: Uint8Array;
  readonly reasons: ReadonlyMap<DayNumber, Text>;
  readonly publishedYears: ReadonlySet<number>;
}

const timetables = new WeakMap<Calendar, Timetable>();

function timetableOf(calendar: Calendar): Timetable {
  const known = timetables.get(calendar);
  if (known) return known;
  const offFlags = new Uint8Array(LAST_DAY - FIRST_DAY + 1);
  const reasons = new Map<DayNumber, Text>();
  for (let day = FIRST_DAY; day <= LAST_DAY; day += 1) if (isWeekend(day)) offFlags[day - FIRST_DAY] = 1;
  const published = new Map(calendar.years.map((year) => [year.year, year]));
  for (let year = 2018; year <= 2105; year += 1) {
    const schedule = published.get(year);
    const offDays: (readonly [DayNumber, Text])[] = schedule
      ? schedule.offWeekdays.map(({ day, reason }) => [parseDay(day)!, reason] as const)
      : [...statuteHolidays(year, calendar)];
    for (const [day, reason] of offDays) {
      offFlags[day - FIRST_DAY] = 1;
      reasons.set(day, reason);
    }
    for (const { day } of schedule?.workingSaturdays ?? []) {
      offFlags[parseDay(day)! - FIRST_DAY] = 0;
      reasons.set(parseDay(day)!, SWAPPED);
    }
  }
  const timetable = { off: offFlags, reasons, publishedYears: new Set(published.keys()) };
  timetables.set(calendar, timetable);
  return timetable;
}

/** Whether state bodies work on that day number. */
export function worksOn(day: DayNumber, calendar: Calendar): boolean {
  return day >= FIRST_DAY && day <= LAST_DAY ? timetableOf(calendar).off[day - FIRST_DAY] === 0 : !isWeekend(day);
}

/** First working day on or after the day. */
export function workingDayFrom(day: DayNumber, calendar: Calendar): DayNumber {
  let found = day;
  while (!worksOn(found, calendar)) found += 1;
  return found;
}

/** The n-th working day after the day. */
export function workingDayAfter(day: DayNumber, n: number, calendar: Calendar): DayNumber {
  let found = day;
  for (let left = n; left > 0;) {
    found += 1;
    if (worksOn(found, calendar)) left -= 1;
  }
  return found;
}

/** Why the day is off, or why a Saturday works; null for an ordinary working day. */
export function reasonOf(day: DayNumber, calendar: Calendar): Text | null {
  const named = timetableOf(calendar).reasons.get(day);
  if (named) return named;
  const weekday = weekdayOf(day);
  return weekday === 6 ? SATURDAY : weekday === 0 ? SUNDAY : null;
}

/** Whether the schedule of that year has been announced; otherwise swaps and the choice of Tết days are not known yet. */
export function isYearPublished(year: number, calendar: Calendar = LATEST_CALENDAR): boolean {
  return timetableOf(calendar).publishedYears.has(year);
}

function dayOrRefuse(date: LegalDate): DayNumber {
  const day = parseDay(date);
  if (day !== null && day >= FIRST_DAY && day <= LAST_DAY) return day;
  throw new LimitRefusal(
    'DayNotUnderstood',
    {
      vi: 'date: cần một ngày dạng YYYY-MM-DD từ 2018-01-01 đến 2105-12-31',
      en: 'date: a day is needed, YYYY-MM-DD, from 2018-01-01 to 2105-12-31',
    },
    { field: 'date', facts: { given: date, allowed: '2018-01-01 to 2105-12-31' } },
  );
}

/** Whether state bodies work on that legal day: not a weekend unless swapped, not a day off of the calendar. */
export function isWorkingDay(date: LegalDate, calendar: Calendar = LATEST_CALENDAR): boolean {
  return worksOn(dayOrRefuse(date), calendar);
}

/** First working day on or after the date. */
export function nextWorkingDay(date: LegalDate, calendar: Calendar = LATEST_CALENDAR): LegalDate {
  return dayTextOf(workingDayFrom(dayOrRefuse(date), calendar));
}

/** The n-th working day after the date (n from 1 to 1000), swapped Saturdays included. */
export function addWorkingDays(date: LegalDate, n: number, calendar: Calendar = LATEST_CALENDAR): LegalDate {
  if (!Number.isInteger(n) || n < 1 || n > 1000) {
    throw new LimitRefusal(
      'NumberNotAllowed',
      { vi: 'n: cần số nguyên từ 1 đến 1000', en: 'n: a whole number from 1 to 1000 is needed' },
      { field: 'n', facts: { given: n, allowed: '1 to 1000' } },
    );
  }
  return dayTextOf(workingDayAfter(dayOrRefuse(date), n, calendar));
}

/** What one day is in the calendar, for a calendar strip or a cell. */
export function calendarDay(date: LegalDate, calendar: Calendar = LATEST_CALENDAR): CalendarDay {
  const day = dayOrRefuse(date);
  return {
    day: date,
    working: worksOn(day, calendar),
    reason: reasonOf(day, calendar),
    published: isYearPublished(civilOf(day).year, calendar),
  };
}
