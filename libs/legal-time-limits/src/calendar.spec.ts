import { describe, expect, it } from '@jest/globals';
import {
  addWorkingDays,
  calculateLimit,
  CALENDARS,
  calendarAt,
  calendarDay,
  defineCalendar,
  isWorkingDay,
  isYearPublished,
  LATEST_CALENDAR,
  nextWorkingDay,
  type Calendar,
} from './index.js';
import { LUNAR_DAYS } from './lunar-days.js';

describe('the calendar', () => {
  it('has the published days off and swapped Saturdays of 2024 to 2026', () => {
    const off = ['2024-04-29', '2025-05-02', '2026-01-02', '2026-02-20', '2026-04-27', '2026-08-31', '2026-11-24'];
    const works = ['2024-05-04', '2025-04-26', '2026-01-10', '2026-08-22', '2026-11-23', '2024-02-15', '2025-02-03'];
    expect(off.map((day) => isWorkingDay(day))).toEqual(off.map(() => false));
    expect(works.map((day) => isWorkingDay(day))).toEqual(works.map(() => true));
  });

  it('counts a swapped Saturday as a working day and leaves out the day it was swapped for', () => {
    expect(nextWorkingDay('2024-04-27')).toBe('2024-05-02');
    expect(addWorkingDays('2024-05-02', 3)).toBe('2024-05-06');
  });

  it('says why a day is off', () => {
    expect(calendarDay('2026-04-27')).toEqual({
      day: '2026-04-27',
      working: false,
      reason: { vi: 'nghỉ bù Giỗ Tổ Hùng Vương', en: "day off in lieu, Hùng Kings' Commemoration" },
      published: true,
    });
    expect(calendarDay('2026-08-22').reason?.en).toBe('swapped working Saturday');
    expect(calendarDay('2026-08-23').reason?.vi).toBe('Chủ nhật');
    expect(calendarDay('2026-08-24').reason).toBeNull();
  });

  it('computes a year without a published schedule from the statute: 2027 has Tết from 05/02 with days in lieu', () => {
    expect(isYearPublished(2027)).toBe(false);
    const off = ['2027-01-01', '2027-02-05', '2027-02-08', '2027-02-09', '2027-02-10', '2027-02-11', '2027-04-16'];
    expect(off.map((day) => isWorkingDay(day))).toEqual(off.map(() => false));
    expect(isWorkingDay('2027-02-04')).toBe(true);
    expect(isWorkingDay('2027-02-12')).toBe(true);
    // 1 May 2027 is a Saturday: made up on the Monday.
    expect(isWorkingDay('2027-05-03')).toBe(false);
    const { why } = calculateLimit({ rule: 'CPC-149-1', start: '2027-01-08' });
    expect(why.some(({ en }) => en.includes('2027') && en.includes('swaps are not yet known'))).toBe(true);
    expect(why.some(({ vi }) => vi.includes('chưa biết ngày hoán đổi'))).toBe(true);
  });

  it('knows Tết and Giỗ Tổ as the almanac has them', () => {
    const known = [2024, 2025, 2026, 2027].map((year) => LUNAR_DAYS[year]);
    expect(known).toEqual([
      { tet: '02-10', hungKings: '04-18' },
      { tet: '01-29', hungKings: '04-07' },
      { tet: '02-17', hungKings: '04-26' },
      { tet: '02-06', hungKings: '04-16' },
    ]);
    for (let year = 2018; year <= 2105; year += 1) expect(LUNAR_DAYS[year]).toBeDefined();
  });

  it('had no National Day pair before the Labour Code of 2019 and no Culture Day before 2026', () => {
    expect(isWorkingDay('2020-09-01')).toBe(true);
    expect(isWorkingDay('2021-09-01')).toBe(false);
    expect(isWorkingDay('2023-11-24')).toBe(true);
  });
});

describe('versions of the calendar', () => {
  it('keep what was known before: the swap of 29/04/2024 was announced on 12/04/2024', () => {
    const before = calendarAt('2024-04-11');
    expect(isWorkingDay('2024-04-29', before)).toBe(true);
    expect(isWorkingDay('2024-05-04', before)).toBe(false);
    const input = { rule: 'CPC-147-1', start: '2024-04-14' };
    expect(calculateLimit(input, { calendar: before })).toMatchObject({
      calendarVersion: '2024-04-11',
      due: '2024-05-04',
      latestArguable: '2024-05-06',
    });
    expect(calculateLimit(input)).toMatchObject({
      calendarVersion: LATEST_CALENDAR.version,
      due: '2024-05-04',
      latestArguable: '2024-05-04',
    });
    // A holiday that did not exist yet is not in an old version.
    expect(isWorkingDay('2026-11-24', before)).toBe(true);
  });

  it('are refused when they were never released', () => {
    expect(() => calendarAt('1999')).toThrow(
      expect.objectContaining({ code: 'CalendarUnknown', field: 'calendarVersion' }),
    );
    expect(CALENDARS.map(({ version }) => calendarAt(version).version)).toEqual(
      CALENDARS.map(({ version }) => version),
    );
  });

  const year2027 = {
    year: 2027,
    offWeekdays: [{ day: '2027-01-01', reason: { vi: 'Tết Dương lịch', en: 'New Year' } }],
    workingSaturdays: [{ day: '2027-01-09', insteadOf: '2027-01-01' }],
    sources: ['announcement'],
  };

  it('take an announced schedule as a new version', () => {
    const calendar = defineCalendar({
      version: '2026-12-01',
      publishedOn: '2026-12-01',
      years: [...LATEST_CALENDAR.years, year2027],
    });
    expect(isYearPublished(2027, calendar)).toBe(true);
    expect(isWorkingDay('2027-01-09', calendar)).toBe(true);
    expect(calculateLimit({ rule: 'CPC-149-1', start: '2026-12-09' }, { calendar }).due).toBe('2027-01-09');
    expect(calculateLimit({ rule: 'CPC-149-1', start: '2026-12-09' }).due).toBe('2027-01-11');
  });

  const broken: readonly [string, string, Calendar][] = [
    ['without a name', 'version', { ...LATEST_CALENDAR, version: '' }],
    ['without a day of publication', 'publishedOn', { ...LATEST_CALENDAR, publishedOn: '2026' }],
    ['without years', 'years', { ...LATEST_CALENDAR, years: null as unknown as Calendar['years'] }],
    [
      'with a year without lists',
      'years[0]',
      { ...LATEST_CALENDAR, years: [{ year: 2027 }] as unknown as Calendar['years'] },
    ],
    ['with a year twice', 'years[1].year', { ...LATEST_CALENDAR, years: [year2027, year2027] }],
    [
      'with a day off on a weekend',
      'years[0].offWeekdays[0].day',
      {
        ...LATEST_CALENDAR,
        years: [{ ...year2027, offWeekdays: [{ day: '2027-01-02', reason: { vi: '', en: '' } }] }],
      },
    ],
    [
      'with a working Saturday that is a Friday',
      'years[0].workingSaturdays[0].day',
      {
        ...LATEST_CALENDAR,
        years: [{ ...year2027, workingSaturdays: [{ day: '2027-01-08', insteadOf: '2027-01-01' }] }],
      },
    ],
    [
      'with a Saturday swapped for a day that is not off',
      'years[0].workingSaturdays[0].insteadOf',
      {
        ...LATEST_CALENDAR,
        years: [{ ...year2027, workingSaturdays: [{ day: '2027-01-09', insteadOf: '2027-01-05' }] }],
      },
    ],
  ];
  it.each(broken)('are refused %s', (_sentence, field, calendar) => {
    expect(() => defineCalendar(calendar)).toThrow(expect.objectContaining({ code: 'CalendarNotAllowed', field }));
  });
});
