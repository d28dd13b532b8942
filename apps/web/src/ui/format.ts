/**
 * How days, moments, numbers and citations are written. The time zone of the law is Asia/Ho_Chi_Minh (UTC+7, no summer time),
 * whatever zone the device is set to.
 */
export type Language = 'vi' | 'en';

const ZONE_OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

const WEEKDAYS: Record<Language, readonly string[]> = {
  vi: ['CN', 'T2', 'T3', 'T4', 'T5', 'T6', 'T7'],
  en: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
};

const two = (n: number): string => String(n).padStart(2, '0');

/** True for a legal day `YYYY-MM-DD`, false for a moment. */
export const isLegalDay = (when: string): boolean => when.length === 10;

/** Milliseconds of a moment, or of 00:00 in Viet Nam of a legal day. */
export const toMs = (when: string): number =>
  isLegalDay(when) ? Date.parse(`${when}T00:00:00+07:00`) : Date.parse(when);

/** The legal day `YYYY-MM-DD` in Viet Nam that holds the moment. */
export const legalDayOf = (ms: number): string => new Date(ms + ZONE_OFFSET_MS).toISOString().slice(0, 10);

/** The moment as RFC 3339 with the offset of Viet Nam, whole seconds. */
export const toMoment = (ms: number): string => `${new Date(ms + ZONE_OFFSET_MS).toISOString().slice(0, 19)}+07:00`;

/** Whole days from one legal day to another (negative when the second is earlier). */
export const daysBetween = (fromDay: string, toDay: string): number =>
  Math.round((Date.parse(`${toDay}T00:00:00Z`) - Date.parse(`${fromDay}T00:00:00Z`)) / DAY_MS);

/** The legal day `days` after the given one. */
export const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** `25/01/2026`. */
export function formatDay(when: string): string {
  const day = isLegalDay(when) ? when : legalDayOf(toMs(when));
  return `${day.slice(8, 10)}/${day.slice(5, 7)}/${day.slice(0, 4)}`;
}

/** `25/01`, for axes where the year stands elsewhere. */
export const formatDayShort = (when: string): string => formatDay(when).slice(0, 5);

/** `CN`, `T2` …, `Sun`, `Mon` …. */
export function formatWeekday(when: string, language: Language): string {
  const day = isLegalDay(when) ? when : legalDayOf(toMs(when));
  return WEEKDAYS[language][new Date(`${day}T00:00:00Z`).getUTCDay()] ?? '';
}

/** `08:05`. */
export function formatTime(when: string | number): string {
  const local = new Date((typeof when === 'number' ? when : Date.parse(when)) + ZONE_OFFSET_MS);
  return `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`;
}

/** `09:42:07`. */
export function formatTimeSeconds(when: string | number): string {
  const local = new Date((typeof when === 'number' ? when : Date.parse(when)) + ZONE_OFFSET_MS);
  return `${two(local.getUTCHours())}:${two(local.getUTCMinutes())}:${two(local.getUTCSeconds())}`;
}

/** `08:05 25/01/2026` for a moment, `25/01/2026` for a legal day. */
export const formatWhen = (when: string): string =>
  isLegalDay(when) ? formatDay(when) : `${formatTime(when)} ${formatDay(when)}`;

/** As `formatWhen`, without the year where it is the present one. */
export function formatRecent(when: string, nowMs: number): string {
  const text = formatWhen(when);
  return text.endsWith(`/${legalDayOf(nowMs).slice(0, 4)}`) ? text.slice(0, -5) : text;
}

/** Reads `25/01/2026`, `25/1/26`, `25012026`, `25-01-2026`; null where it is no day of the calendar. */
export function parseDay(text: string): string | null {
  const found = /^\s*(\d{1,2})[/.\- ]?(\d{1,2})[/.\- ]?(\d{4}|\d{2})\s*$/.exec(text);
  if (!found) return null;
  const [, d = '', m = '', y = ''] = found;
  const day = `${y.length === 2 ? `20${y}` : y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  const parsed = new Date(`${day}T00:00:00Z`);
  return Number.isNaN(parsed.getTime()) || parsed.toISOString().slice(0, 10) !== day ? null : day;
}

/** Reads `08:05 25/01/2026` or `25/01/2026 08:05` (`8h05`, `8g05` too) as a moment in Viet Nam; null where it is none. */
export function parseMoment(text: string): string | null {
  const time = /(\d{1,2})[:hg](\d{2})(?::(\d{2}))?/i.exec(text);
  if (!time) return null;
  const day = parseDay(text.replace(time[0], ''));
  const [, h = '', min = '', s = '00'] = time;
  if (day === null || Number(h) > 23 || Number(min) > 59 || Number(s) > 59) return null;
  return `${day}T${h.padStart(2, '0')}:${min}:${s}+07:00`;
}

const numbers: Record<Language, { whole: Intl.NumberFormat; percent: Intl.NumberFormat; short: Intl.NumberFormat }> = {
  vi: {
    whole: new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 2 }),
    percent: new Intl.NumberFormat('vi-VN', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    short: new Intl.NumberFormat('vi-VN', { maximumFractionDigits: 1 }),
  },
  en: {
    whole: new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 }),
    percent: new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    short: new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 }),
  },
};

/** `1.234,56` in Vietnamese, `1,234.56` in English. */
export const formatNumber = (value: number, language: Language): string => numbers[language].whole.format(value);

/** At most one decimal. */
export const formatShort = (value: number, language: Language): string => numbers[language].short.format(value);

/** Two decimals and the sign, `91,42 %`; a dash where there is no value. */
export const formatPercent = (value: number | null | undefined, language: Language): string =>
  value === null || value === undefined ? '–' : `${numbers[language].percent.format(value)}\u00a0%`;

/**
 * A citation as people write it: `BLTTHS 147.1` and `BLTTHS 147(1)` → `Đ.147(1)`, `TTLT 01/2017 8.5.a` → `TTLT 01/2017 Đ.8(5)a`.
 * What is not understood is left as it is. `articleFirst` is for dense rows, where the end may be cut off.
 */
export function formatCite(cite: string, language: Language, articleFirst = false): string {
  const article = language === 'vi' ? 'Đ.' : 'Art. ';
  const found = /^(\D.*?\D|\D.*?\/\d{4}|\D+)\s(\d+)(?:[.(](\d+)\)?)?(?:\.?([a-zđ]))?$/u.exec(cite);
  if (!found) return cite;
  const [, act = '', number = '', clause, point] = found;
  const place = `${article}${number}${clause === undefined ? '' : `(${clause})`}${point ?? ''}`;
  if (act === 'BLTTHS') return place;
  return articleFirst ? `${place} ${act}` : `${act} ${place}`;
}

/** The citations of one rule, the first alone where `short`. */
export const formatCites = (cites: readonly string[], language: Language, short = false): string =>
  (short ? cites.slice(0, 1) : cites).map((cite) => formatCite(cite, language)).join(', ');

/** Text with the Vietnamese accents taken off, in lower case, for searching. */
export const plain = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase();
