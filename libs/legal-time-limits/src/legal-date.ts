import { LimitRefusal } from './limit-refusal.js';

/**
 * A legal day, `YYYY-MM-DD`, in Asia/Ho_Chi_Minh. Inside the library a legal day is the integer number of days since
 * 1970-01-01 and a moment the integer number of microseconds since 1970-01-01T00:00:00+07:00: the zone of the law has had
 * no daylight saving since 1975, so both are plain integer arithmetic and no platform calendar can change an answer.
 */
export type LegalDate = string;

/** Days since 1970-01-01 of the Gregorian calendar. */
export type DayNumber = number;

/** Microseconds since 1970-01-01T00:00:00 in the zone of the law (UTC+7). */
export type LocalMicros = number;

export const MICROS_PER_HOUR = 3_600_000_000;
export const MICROS_PER_DAY = 86_400_000_000;
const OFFSET_MINUTES = 420;
const FIRST_YEAR = 1900;
const LAST_YEAR = 2199;

const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

/** Number of days of a month; month 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : MONTH_DAYS[month - 1]!;
}

/** Day number of a civil date (proleptic Gregorian, years counted from March so that the leap day is last). */
export function dayNumberOf(year: number, month: number, day: number): DayNumber {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

/** Year, month and day of a day number. */
export function civilOf(dayNumber: DayNumber): { year: number; month: number; day: number } {
  const z = dayNumber + 719468;
  const era = Math.floor(z / 146097);
  const doe = z - era * 146097;
  const yoe = Math.floor((doe - Math.floor(doe / 1460) + Math.floor(doe / 36524) - Math.floor(doe / 146096)) / 365);
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yoe + era * 400 + (month <= 2 ? 1 : 0), month, day: doy - Math.floor((153 * mp + 2) / 5) + 1 };
}

/** Day of the week, 0 = Sunday to 6 = Saturday. */
export function weekdayOf(dayNumber: DayNumber): number {
  return (((dayNumber + 4) % 7) + 7) % 7;
}

/** Same-numbered day `months` later; the last day of that month where it has no such day (BLTTHS 134(1)). */
export function plusMonths(dayNumber: DayNumber, months: number): DayNumber {
  if (months === 0) return dayNumber;
  const { year, month, day } = civilOf(dayNumber);
  const index = year * 12 + month - 1 + months;
  const y = Math.floor(index / 12);
  const m = index - y * 12 + 1;
  return dayNumberOf(y, m, Math.min(day, daysInMonth(y, m)));
}

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}

const DAY_TEXT_FROM = dayNumberOf(2018, 1, 1);
// Formatting dominates a bulk run, and all its days fall in a few decades: each is written once.
const dayText: string[] = new Array<string>(dayNumberOf(2105, 1, 1) - DAY_TEXT_FROM).fill('');

function writeDay(dayNumber: DayNumber): LegalDate {
  const { year, month, day } = civilOf(dayNumber);
  return `${year}-${two(month)}-${two(day)}`;
}

/** `YYYY-MM-DD` of a day number. */
export function dayTextOf(dayNumber: DayNumber): LegalDate {
  const at = dayNumber - DAY_TEXT_FROM;
  if (at < 0 || at >= dayText.length) return writeDay(dayNumber);
  return dayText[at] || (dayText[at] = writeDay(dayNumber));
}

/** RFC 3339 text of a moment, always `+07:00`; fractions of a second only where there are any. */
export function momentTextOf(micros: LocalMicros): string {
  const day = Math.floor(micros / MICROS_PER_DAY);
  const rest = micros - day * MICROS_PER_DAY;
  const seconds = Math.floor(rest / 1_000_000);
  const fraction = rest - seconds * 1_000_000;
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  if (fraction === 0) return `${dayTextOf(day)}T${clock}+07:00`;
  const decimals = fraction % 1000 === 0 ? `${fraction / 1000}`.padStart(3, '0') : `${fraction}`.padStart(6, '0');
  return `${dayTextOf(day)}T${clock}.${decimals}+07:00`;
}

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let i = from; i < from + count; i += 1) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function readDay(text: string): DayNumber | null {
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  if (!(year >= FIRST_YEAR && year <= LAST_YEAR) || !(month >= 1 && month <= 12) || !(day >= 1)) return null;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || day > daysInMonth(year, month)) return null;
  return dayNumberOf(year, month, day);
}

/** Day number of a `YYYY-MM-DD` text that names a real day of 1900 to 2199; null for anything else. */
export function parseDay(text: unknown): DayNumber | null {
  return typeof text === 'string' && text.length === 10 ? readDay(text) : null;
}

/** Local microseconds of an RFC 3339 moment with any offset; digits beyond the microsecond are dropped; null for anything else. */
export function parseMoment(text: unknown): LocalMicros | null {
  if (typeof text !== 'string' || text.length < 20 || text.length > 40) return null;
  const day = readDay(text);
  const separator = text.charCodeAt(10);
  if (day === null || (separator !== 84 && separator !== 116)) return null;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return null;
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return null;
  let at = 19;
  let fraction = 0;
  if (text.charCodeAt(at) === 46) {
    at += 1;
    let scale = 100_000;
    const first = at;
    for (; at < text.length; at += 1) {
      const digit = text.charCodeAt(at) - 48;
      if (!(digit >= 0 && digit <= 9)) break;
      fraction += digit * scale;
      scale = Math.floor(scale / 10);
    }
    if (at === first) return null;
  }
  const sign = text.charCodeAt(at);
  let offset = 0;
  if (sign === 90 || sign === 122) {
    if (at + 1 !== text.length) return null;
  } else if (sign === 43 || sign === 45) {
    const hours = digits(text, at + 1, 2);
    const minutes = digits(text, at + 4, 2);
    if (at + 6 !== text.length || text.charCodeAt(at + 3) !== 58 || !(hours <= 23 && minutes <= 59)) return null;
    offset = (sign === 43 ? 1 : -1) * (hours * 60 + minutes);
  } else {
    return null;
  }
  const seconds = hour * 3600 + (minute + OFFSET_MINUTES - offset) * 60 + second;
  return day * MICROS_PER_DAY + seconds * 1_000_000 + fraction;
}

function refuseDay(field: string, given: unknown): never {
  throw new LimitRefusal(
    'DayNotUnderstood',
    {
      vi: `${field}: không phải ngày hợp lệ; cần dạng YYYY-MM-DD, ví dụ 2026-01-05`,
      en: `${field}: not a day; write YYYY-MM-DD, for example 2026-01-05`,
    },
    { field, facts: { given, allowed: 'YYYY-MM-DD' } },
  );
}

function dayOrRefuse(field: string, text: unknown): DayNumber {
  return parseDay(text) ?? refuseDay(field, text);
}

function wholeOrRefuse(field: string, n: unknown, most: number): number {
  if (typeof n === 'number' && Number.isInteger(n) && Math.abs(n) <= most) return n;
  throw new LimitRefusal(
    'NumberNotAllowed',
    { vi: `${field}: cần một số nguyên`, en: `${field}: a whole number is needed` },
    { field, facts: { given: n, allowed: `integer, -${most} to ${most}` } },
  );
}

/** Whether a text is a real day written `YYYY-MM-DD`. */
export function isLegalDate(text: unknown): text is LegalDate {
  return parseDay(text) !== null;
}

/** The legal day `days` calendar days later (earlier when negative). */
export function addDays(date: LegalDate, days: number): LegalDate {
  return dayTextOf(dayOrRefuse('date', date) + wholeOrRefuse('days', days, 100_000));
}

/** The same-numbered day `months` later, else the last day of that month (BLTTHS 134(1)). */
export function addMonths(date: LegalDate, months: number): LegalDate {
  return dayTextOf(plusMonths(dayOrRefuse('date', date), wholeOrRefuse('months', months, 2_400)));
}

/** Negative when `a` is before `b`, 0 when they are the same day, positive when after. */
export function compareDates(a: LegalDate, b: LegalDate): number {
  return dayOrRefuse('a', a) - dayOrRefuse('b', b);
}

/** Number of calendar days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: LegalDate, to: LegalDate): number {
  return dayOrRefuse('to', to) - dayOrRefuse('from', from);
}

/** The legal day, in Asia/Ho_Chi_Minh, on which an RFC 3339 moment with any offset falls. */
export function legalDateOf(moment: string): LegalDate {
  const micros = parseMoment(moment);
  if (micros === null) {
    throw new LimitRefusal(
      'MomentNotUnderstood',
      {
        vi: 'moment: không phải thời điểm hợp lệ; cần dạng RFC 3339, ví dụ 2026-01-05T08:00:00+07:00',
        en: 'moment: not a moment; write RFC 3339, for example 2026-01-05T08:00:00+07:00',
      },
      { field: 'moment', facts: { given: moment, allowed: 'RFC 3339 with offset' } },
    );
  }
  return dayTextOf(Math.floor(micros / MICROS_PER_DAY));
}

/** The first instant of a legal day: `YYYY-MM-DDT00:00:00+07:00`. */
export function startOfLegalDay(date: LegalDate): string {
  return momentTextOf(dayOrRefuse('date', date) * MICROS_PER_DAY);
}
