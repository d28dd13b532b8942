import { civilOf, MICROS_PER_DAY, weekdayOf, type DayNumber, type LocalMicros } from './legal-date.js';
import type { Grantor, Length } from './rule.js';
import { dayOfMoment, type Step } from './term.js';
import type { Text } from './text.js';

const WEEKDAYS_VI = ['Chủ nhật', 'thứ Hai', 'thứ Ba', 'thứ Tư', 'thứ Năm', 'thứ Sáu', 'thứ Bảy'];
const WEEKDAYS_EN = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS_EN = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const UNITS: Readonly<Record<Length['unit'], { vi: string; one: string; many: string }>> = {
  h: { vi: 'giờ', one: 'hour', many: 'hours' },
  d: { vi: 'ngày', one: 'day', many: 'days' },
  wd: { vi: 'ngày làm việc', one: 'working day', many: 'working days' },
  m: { vi: 'tháng', one: 'month', many: 'months' },
};

/** Who grants an extension, as the subject of a sentence. */
export const GRANTORS: Readonly<Record<Grantor, Text>> = {
  head_of_body: { vi: 'thủ trưởng cơ quan kéo dài', en: 'the head of the body prolongs' },
  procuracy_head: { vi: 'Viện trưởng Viện kiểm sát gia hạn', en: 'the head of the procuracy extends' },
  supreme_procuracy_head: {
    vi: 'Viện trưởng Viện kiểm sát nhân dân tối cao gia hạn',
    en: 'the head of the Supreme Procuracy extends',
  },
  chief_judge: { vi: 'Chánh án gia hạn', en: 'the chief judge extends' },
};

function two(n: number): string {
  return n < 10 ? `0${n}` : `${n}`;
}

/** `25/01/2026`. */
export function dayVi(day: DayNumber): string {
  const { year, month, day: d } = civilOf(day);
  return `${two(d)}/${two(month)}/${year}`;
}

/** `25 January 2026`. */
export function dayEn(day: DayNumber): string {
  const { year, month, day: d } = civilOf(day);
  return `${d} ${MONTHS_EN[month - 1]} ${year}`;
}

/** `Chủ nhật 25/01/2026`. */
export function longVi(day: DayNumber): string {
  return `${WEEKDAYS_VI[weekdayOf(day)]} ${dayVi(day)}`;
}

/** `Sunday 25 January 2026`. */
export function longEn(day: DayNumber): string {
  return `${WEEKDAYS_EN[weekdayOf(day)]} ${dayEn(day)}`;
}

function clockOf(moment: LocalMicros): string {
  const seconds = Math.floor((moment - dayOfMoment(moment) * MICROS_PER_DAY) / 1_000_000);
  const rest = seconds % 60;
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}${rest === 0 ? '' : `:${two(rest)}`}`;
}

/** A moment as people write it: `16:40 ngày 14/02/2026`. */
export function momentVi(moment: LocalMicros): string {
  return `${clockOf(moment)} ngày ${dayVi(dayOfMoment(moment))}`;
}

/** `16:40 on 14 February 2026`. */
export function momentEn(moment: LocalMicros): string {
  return `${clockOf(moment)} on ${dayEn(dayOfMoment(moment))}`;
}

/** A statutory length in words. */
export function lengthText(length: Length): Text {
  const unit = UNITS[length.unit];
  return { vi: `${length.n} ${unit.vi}`, en: `${length.n} ${length.n === 1 ? unit.one : unit.many}` };
}

/** The halved length of a step in words: `1 tháng 15 ngày`. */
export function halfText(step: Step): Text {
  const { months, days } = step.span;
  const parts: Text[] = [];
  if (months > 0) parts.push(lengthText({ n: months, unit: 'm' }));
  if (days > 0) parts.push(lengthText({ n: days, unit: 'd' }));
  return { vi: parts.map((part) => part.vi).join(' '), en: parts.map((part) => part.en).join(' ') };
}
