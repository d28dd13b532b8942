const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OFFSET_MS = 7 * HOUR_MS;

/** Legal days counted from 1 January 1970: whole numbers, so that cells of rollups can be ranges of them. */
export type DayNumber = number;

/** The legal day that holds a moment (milliseconds). */
export function dayNumberAt(ms: number): DayNumber {
  return Math.floor((ms + OFFSET_MS) / DAY_MS);
}

/** The first instant of a legal day, milliseconds. */
export function startOfDayNumber(day: DayNumber): number {
  return day * DAY_MS - OFFSET_MS;
}

/** The first day of the calendar month that holds a day. */
export function monthStart(day: DayNumber): DayNumber {
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1) / DAY_MS;
}

/** The first day of the month after the one that holds a day. */
export function nextMonthStart(day: DayNumber): DayNumber {
  const date = new Date(day * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
}

/** The first day of the calendar year that holds a day. */
export function yearStart(day: DayNumber): DayNumber {
  return Date.UTC(new Date(day * DAY_MS).getUTCFullYear(), 0, 1) / DAY_MS;
}

/** The first day of the calendar year after the one that holds a day. */
export function nextYearStart(day: DayNumber): DayNumber {
  return Date.UTC(new Date(day * DAY_MS).getUTCFullYear() + 1, 0, 1) / DAY_MS;
}
