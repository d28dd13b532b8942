export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const LOCAL_OFFSET_MS = 7 * HOUR_MS;

/** Moment of a local day (`YYYY-MM-DD`) and time of day, in milliseconds since 1970. */
export function at(day: string, hour = 0, minute = 0): number {
  return Date.parse(`${day}T00:00:00+07:00`) + hour * HOUR_MS + minute * 60_000;
}

/** RFC 3339 in local time, to the minute. */
export function moment(ms: number): string {
  return `${new Date(ms + LOCAL_OFFSET_MS).toISOString().slice(0, 16)}:00+07:00`;
}

/** Legal day of a moment, `YYYY-MM-DD`. */
export function dayOf(ms: number): string {
  return new Date(ms + LOCAL_OFFSET_MS).toISOString().slice(0, 10);
}

export function addDays(day: string, days: number): string {
  return dayOf(at(day) + days * DAY_MS);
}

/** The day of the same number `months` later, else the last of that month (BLTTHS 134(1)). */
export function addMonths(day: string, months: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  const last = new Date(Date.UTC(year, month - 1 + months + 1, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(date, last))).toISOString().slice(0, 10);
}
