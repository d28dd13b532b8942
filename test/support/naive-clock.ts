/**
 * The statutory clock a second time, deliberately naive: it walks the calendar one day at a time, shares no code with
 * libs/legal-time-limits and has its own copy of the numbers, the holidays and the lunar calendar. Tests compare the two.
 * Only the arithmetic is here: days, working days, months, hours, extensions, the juvenile half, custody.
 */

/** What the naive clock is asked. Days are `YYYY-MM-DD`, moments `YYYY-MM-DDTHH:mm:ss+07:00`. */
export interface NaiveCase {
  rule: string;
  start: string;
  class?: 'IT' | 'NT' | 'RNT' | 'DBNT';
  remote?: boolean;
  complex?: boolean;
  prolonged?: boolean;
  extensions?: number;
  juvenile?: boolean;
  caseInitiatedOn?: string;
  returner?: 'vks' | 'court';
  noninitiation?: boolean;
  months?: number;
  heldDays?: number;
}

export interface NaiveDates {
  nominal: string;
  safeBy: string;
  due: string;
  latestArguable: string;
}

interface Day {
  text: string;
  year: number;
  month: number;
  date: number;
  weekday: number;
  off: boolean;
}

const sin = (degrees: number): number => Math.sin((degrees * Math.PI) / 180);

/** Julian day number (local, UTC+7) of the k-th new moon since 1900 (Meeus, as used by Hồ Ngọc Đức's almanac). */
function newMoon(k: number): number {
  const t = k / 1236.85;
  const m = 359.2242 + 29.10535608 * k - 0.0000333 * t ** 2 - 0.00000347 * t ** 3;
  const p = 306.0253 + 385.81691806 * k + 0.0107306 * t ** 2 + 0.00001236 * t ** 3;
  const f = 21.2964 + 390.67050646 * k - 0.0016528 * t ** 2 - 0.00000239 * t ** 3;
  const mean =
    2415020.75933 +
    29.53058868 * k +
    0.0001178 * t ** 2 -
    0.000000155 * t ** 3 +
    0.00033 * sin(166.56 + 132.87 * t - 0.009173 * t ** 2);
  const shift =
    (0.1734 - 0.000393 * t) * sin(m) +
    0.0021 * sin(2 * m) -
    0.4068 * sin(p) +
    0.0161 * sin(2 * p) -
    0.0004 * sin(3 * p) +
    0.0104 * sin(2 * f) -
    0.0051 * sin(m + p) -
    0.0074 * sin(m - p) +
    0.0004 * sin(2 * f + m) -
    0.0004 * sin(2 * f - m) -
    0.0006 * sin(2 * f + p) +
    0.001 * sin(2 * f - p) +
    0.0005 * sin(2 * p + m);
  const deltaT = -0.000278 + 0.000265 * t + 0.000262 * t ** 2;
  return Math.floor(mean + shift - deltaT + 0.5 + 7 / 24);
}

/** Twelfth of the sun's path (0 = spring equinox to Grain Rain) in which local midnight of a Julian day falls. */
function sunTwelfth(julianDay: number): number {
  const t = (julianDay - 0.5 - 7 / 24 - 2451545) / 36525;
  const m = 357.5291 + 35999.0503 * t - 0.0001559 * t ** 2 - 0.00000048 * t ** 3;
  const mean = 280.46645 + 36000.76983 * t + 0.0003032 * t ** 2;
  const shift =
    (1.9146 - 0.004817 * t - 0.000014 * t ** 2) * sin(m) +
    (0.019993 - 0.000101 * t) * sin(2 * m) +
    0.00029 * sin(3 * m);
  return Math.floor(((((mean + shift) % 360) + 360) % 360) / 30);
}

/** Every day from 2018-01-01 (a Monday, Julian day 2458120) to the end of 2105, one after the other. */
function walkDays(): Day[] {
  const days: Day[] = [];
  let [year, month, date] = [2018, 1, 1];
  while (year < 2106) {
    const text = `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}`;
    const weekday = days.length % 7;
    days.push({ text, year, month, date, weekday, off: weekday >= 5 });
    date += 1;
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    const length = month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
    if (date > length) [month, date] = [month + 1, 1];
    if (month > 12) [year, month] = [year + 1, 1];
  }
  return days;
}

const DAYS = walkDays();
const INDEX = new Map(DAYS.map((day, index) => [day.text, index]));
const FIRST_JULIAN_DAY = 2458120;

/** Index of the first day of a lunar month: the month that holds the winter solstice is the eleventh. */
function lunarMonthStart(year: number, lunarMonth: number): number {
  const solstice = (y: number): number => {
    let k = Math.floor((2451545 + (y - 2000) * 365.2422 + 356 - 2415021) / 29.530588853) + 1;
    while (sunTwelfth(newMoon(k)) >= 9 || newMoon(k) - FIRST_JULIAN_DAY > (y - 2018) * 365.25 + 365) k -= 1;
    return k;
  };
  const before = solstice(year - 1);
  const months = solstice(year) - before;
  let lunar = 11;
  let leapUsed = months === 12;
  for (let k = before; ; k += 1) {
    if (k > before) {
      // In a year of thirteen months the first one without a change of the sun's twelfth repeats its number.
      const still = sunTwelfth(newMoon(k)) === sunTwelfth(newMoon(k + 1));
      if (!leapUsed && still) leapUsed = true;
      else lunar = lunar === 12 ? 1 : lunar + 1;
    }
    if (lunar === lunarMonth) return newMoon(k) - FIRST_JULIAN_DAY;
  }
}

const PUBLISHED: Record<number, string> = {
  2024: '01-01 02-08 02-09 02-12 02-13 02-14 04-18 04-29 04-30 05-01 09-02 09-03',
  2025: '01-01 01-27 01-28 01-29 01-30 01-31 04-07 04-30 05-01 05-02 09-01 09-02',
  2026: '01-01 01-02 02-16 02-17 02-18 02-19 02-20 04-27 04-30 05-01 08-31 09-01 09-02 11-24',
};
const WORKING_SATURDAYS = ['2024-05-04', '2025-04-26', '2026-01-10', '2026-08-22'];

for (let year = 2018; year <= 2105; year += 1) {
  const published = PUBLISHED[year];
  if (published !== undefined) {
    for (const day of published.split(' ')) DAYS[INDEX.get(`${year}-${day}`)!]!.off = true;
    continue;
  }
  const holidays = new Set<number>();
  const fixed = [
    '01-01',
    '04-30',
    '05-01',
    '09-02',
    ...(year > 2020 ? ['09-01'] : []),
    ...(year > 2025 ? ['11-24'] : []),
  ];
  for (const day of fixed) holidays.add(INDEX.get(`${year}-${day}`)!);
  const tet = lunarMonthStart(year, 1);
  for (let day = tet - 1; day < tet + 4; day += 1) holidays.add(day);
  holidays.add(lunarMonthStart(year, 3) + 9);
  for (const day of [...holidays].sort((a, b) => a - b)) {
    if (DAYS[day]!.weekday < 5) continue;
    let lieu = day;
    while (DAYS[lieu]!.weekday >= 5 || holidays.has(lieu)) lieu += 1;
    holidays.add(lieu);
  }
  for (const day of holidays) DAYS[day]!.off = true;
}
for (const day of WORKING_SATURDAYS) DAYS[INDEX.get(day)!]!.off = false;

// The walk looks at nothing but the day of the month and whether it is off.
const DATE = Uint8Array.from(DAYS, (day) => day.date);
const OFF = Uint8Array.from(DAYS, (day) => (day.off ? 1 : 0));

/** The numbers of the statute: `20d`, `3wd`, `2m`, `24h`; extensions follow after a plus. */
const NUMBERS: Record<string, string | Record<string, string>> = {
  'CPC-146-2B': '5d',
  'CPC-146-5': '3d',
  'TTLT17-8-CLASSIFY': '24h',
  'TTLT17-8-FORWARD': '24h',
  'TTLT17-8-5A': { near: '24h', remote: '48h' },
  'TTLT17-8-5B': '7d',
  'TTLT17-8-5C': '24h',
  'TTLT17-9': '3d',
  'TTLT17-10-2': '3wd',
  'TTLT17-14-1': '3wd',
  'CPC-147-1': '20d+2m',
  'CPC-147-2A': '2m+2m',
  'CPC-147-2B': '2m',
  'TTLT17-11-2B': '3d',
  'CPC-148-2-SEND': '24h',
  'CPC-148-2-AFTER-CANCEL': '1m',
  'CPC-149-1': '1m',
  'CPC-149-2': '3d',
  'TTLT17-14-3': '3d',
  'CPC-INIT-SEND': '24h',
  'TTLT0418-7': { initiation: '3d', noninitiation: '2d' },
  'CPC-164-1A': '1m',
  'CPC-164-1B': '7d',
  'CPC-172': { IT: '2m+2m', NT: '3m+3m+2m', RNT: '4m+4m+4m', DBNT: '4m+4m+4m+4m+4m' },
  'CPC-174-1': { IT: '2m+1m', NT: '2m+2m', RNT: '3m+2m', DBNT: '3m+3m' },
  'CPC-174-2': { vks: '2m', court: '1m' },
  'CPC-179-3': '3d',
  'CPC-229-3': '2d',
  'CPC-230-3': '15d',
  'CPC-232-4': '2d',
  'CPC-240-1': { IT: '20d+10d', NT: '20d+10d', RNT: '30d+15d', DBNT: '30d+30d' },
  'CPC-240-2': { simple: '3d', complex: '10d' },
  'CPC-244-1': { simple: '3d', complex: '10d' },
  'CPC-277-1': { IT: '30d+15d', NT: '45d+15d', RNT: '2m+30d', DBNT: '3m+30d' },
  'CPC-457': '24h',
  'CPC-460-1': '20d',
  'CPC-461-1': '5d',
};
const BEFORE_END: Record<string, number> = { 'CPC-244-2': 7, 'TT28-15': 7, 'TTLT0120-5-2': 5, 'TTLT0122-10-3': 7 };
const JUVENILE = ['CPC-172', 'CPC-174-1', 'CPC-240-1', 'CPC-277-1'];

/** Rules the naive clock knows, with how many extensions each class has. */
export const NAIVE_RULES: readonly string[] = [...Object.keys(NUMBERS), ...Object.keys(BEFORE_END), 'CPC-134-CUSTODY'];

/** Number of extensions that a rule states for a class. */
export function naiveExtensions(rule: string, crimeClass: string): number {
  const numbers = NUMBERS[rule];
  const text = typeof numbers === 'object' ? numbers[crimeClass] : numbers;
  return text === undefined ? 0 : text.split('+').length - 1;
}

/** The day off-by-one walk: the first working day on or after. */
function working(index: number): number {
  let at = index;
  while (OFF[at] === 1) at += 1;
  return at;
}

function workingAfter(index: number, count: number): number {
  let at = index;
  for (let found = 0; found < count;) {
    at += 1;
    if (OFF[at] === 0) found += 1;
  }
  return at;
}

/** The same-numbered day `months` months on, found by walking over the ends of months. */
function monthsAfter(index: number, months: number): number {
  const wanted = DATE[index]!;
  let at = index;
  for (let passed = 0; passed < months;) {
    at += 1;
    if (DATE[at] === 1) passed += 1;
  }
  if (months === 0) return at;
  while (DATE[at]! < wanted && DATE[at + 1] !== 1) at += 1;
  return at;
}

function daysAfter(index: number, days: number): number {
  let at = index;
  for (let step = 0; step < days; step += 1) at += 1;
  return at;
}

interface Track {
  early: number;
  middle: number;
  late: number;
}

/** Adds one stretch to the three readings of the chain. */
function stretch(track: Track, count: number, unit: string, half: boolean, isExtension: boolean): Track {
  const whole = (from: number): number => (unit === 'm' ? monthsAfter(from, count) : daysAfter(from, count));
  if (!half) return { early: whole(track.early), middle: whole(track.middle), late: whole(track.late) };
  const low = Math.floor(count / 2);
  const odd = count % 2 === 1;
  const halves =
    unit === 'm'
      ? [
          (from: number): number => daysAfter(monthsAfter(from, low), odd ? 15 : 0),
          ...(odd ? [(from: number): number => daysAfter(from, 15 * count)] : []),
        ]
      : [
          (from: number): number => daysAfter(from, low),
          ...(odd ? [(from: number): number => daysAfter(from, low + 1)] : []),
        ];
  const latest = isExtension ? [...halves, whole] : halves;
  return {
    early: Math.min(...[...halves, ...(isExtension ? [whole] : [])].map((add) => add(track.early))),
    middle: halves[0]!(track.middle),
    late: Math.max(...latest.map((add) => add(track.late))),
  };
}

function numbersOf(asked: NaiveCase): string {
  const numbers = NUMBERS[asked.rule]!;
  if (typeof numbers === 'string') return numbers;
  for (const [key, text] of Object.entries(numbers)) {
    if (key === asked.class || key === asked.returner) return text;
  }
  if (asked.rule === 'TTLT17-8-5A') return numbers[asked.remote ? 'remote' : 'near']!;
  if (asked.rule === 'TTLT0418-7') return numbers[asked.noninitiation ? 'noninitiation' : 'initiation']!;
  return numbers[asked.complex ? 'complex' : 'simple']!;
}

/** The dates of one case, counted day by day. */
export function naiveLimit(asked: NaiveCase): NaiveDates {
  const text = (index: number): string => DAYS[index]!.text;
  const all = (index: number): NaiveDates => ({
    nominal: text(index),
    safeBy: text(index),
    due: text(index),
    latestArguable: text(index),
  });
  const start = INDEX.get(asked.start.slice(0, 10))!;
  if (asked.rule === 'CPC-134-CUSTODY') {
    let at = start;
    for (let counted = 1 + (asked.heldDays ?? 0); counted < (asked.months ?? 0) * 30; counted += 1) at += 1;
    return all(at);
  }
  const before = BEFORE_END[asked.rule];
  if (before !== undefined) {
    let at = start;
    for (let step = 0; step < before; step += 1) at -= 1;
    return all(at);
  }
  const [base, ...extensions] = numbersOf(asked).split('+');
  const read = (length: string): [number, string] => [parseInt(length, 10), length.replace(/\d+/, '')];
  const [count, unit] = read(base!);
  if (unit === 'h') {
    const moment = `${text(start + count / 24)}${asked.start.slice(10)}`;
    return { nominal: moment, safeBy: moment, due: moment, latestArguable: moment };
  }
  if (unit === 'wd') return all(workingAfter(start, count));
  const half =
    asked.juvenile === true &&
    asked.complex !== true &&
    JUVENILE.includes(asked.rule) &&
    (asked.caseInitiatedOn ?? asked.start) >= '2026-01-01';
  let track = stretch({ early: start, middle: start, late: start }, count, unit, half, false);
  let lastUnit = unit;
  if (asked.prolonged && asked.rule === 'CPC-147-1') {
    const total = monthsAfter(start, 2);
    track = { early: total, middle: total, late: total };
    lastUnit = 'm';
  }
  for (const extension of extensions.slice(0, asked.extensions ?? 0)) {
    const [more, moreUnit] = read(extension);
    track = stretch(track, more, moreUnit, half, true);
    lastUnit = moreUnit;
  }
  if (lastUnit === 'm') {
    return {
      nominal: text(track.middle),
      safeBy: text(track.early),
      due: text(working(track.middle)),
      latestArguable: text(working(Math.max(track.late, track.middle))),
    };
  }
  let latest = working(track.late);
  if (asked.rule === 'CPC-146-5') latest = Math.max(latest, workingAfter(start, 3));
  return {
    nominal: text(track.middle),
    safeBy: text(track.early - 1),
    due: text(track.middle),
    latestArguable: text(latest),
  };
}
