import { describe, expect, it } from '@jest/globals';
import { addDays, addMonths, compareDates, daysBetween, isLegalDate, legalDateOf, startOfLegalDay } from './index.js';
import { momentTextOf, parseMoment } from './legal-date.js';

describe('a legal day', () => {
  it('is the day in Asia/Ho_Chi_Minh, whatever the offset of the moment', () => {
    expect(legalDateOf('2026-01-04T17:00:00Z')).toBe('2026-01-05');
    expect(legalDateOf('2026-01-04T16:59:59.999Z')).toBe('2026-01-04');
    expect(legalDateOf('2026-01-05T00:00:00+07:00')).toBe('2026-01-05');
    expect(legalDateOf('2026-01-04T12:00:00-05:00')).toBe('2026-01-05');
    expect(legalDateOf('2024-02-28t18:00:00z')).toBe('2024-02-29');
  });

  it('begins at midnight of the zone of the law', () => {
    expect(startOfLegalDay('2026-01-05')).toBe('2026-01-05T00:00:00+07:00');
  });

  it('is a real day', () => {
    expect(['2024-02-29', '2000-02-29', '2026-12-31'].map(isLegalDate)).toEqual([true, true, true]);
    const wrong = [
      '2023-02-29',
      '2100-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-1-05',
      '2026-01-05T00:00:00Z',
      '',
      20260105,
    ];
    expect(wrong.map(isLegalDate)).toEqual(wrong.map(() => false));
  });

  it('counts over leap days and ends of centuries', () => {
    expect(addDays('2024-02-28', 2)).toBe('2024-03-01');
    expect(addDays('2100-02-28', 1)).toBe('2100-03-01');
    expect(addDays('2026-03-01', -1)).toBe('2026-02-28');
    expect(daysBetween('2018-01-01', '2100-12-31')).toBe(30_314);
    expect(compareDates('2026-01-05', '2026-01-05')).toBe(0);
  });

  it('ends a month term on the same-numbered day or the last day of the month', () => {
    expect(addMonths('2024-01-31', 1)).toBe('2024-02-29');
    expect(addMonths('2023-01-31', 1)).toBe('2023-02-28');
    expect(addMonths('2025-10-31', 4)).toBe('2026-02-28');
    expect(addMonths('2026-02-28', 12)).toBe('2027-02-28');
    expect(addMonths('2026-03-31', -1)).toBe('2026-02-28');
  });
});

describe('a moment', () => {
  it('keeps microseconds and drops what is finer', () => {
    const text = (moment: string): string => momentTextOf(parseMoment(moment)!);
    expect(text('2026-01-05T01:00:00Z')).toBe('2026-01-05T08:00:00+07:00');
    expect(text('2026-01-05T01:00:00.5Z')).toBe('2026-01-05T08:00:00.500+07:00');
    expect(text('2026-01-05T01:00:00.123456Z')).toBe('2026-01-05T08:00:00.123456+07:00');
    expect(text('2026-01-05T01:00:00.1234567899Z')).toBe('2026-01-05T08:00:00.123456+07:00');
  });

  it('is refused when it is not RFC 3339', () => {
    const wrong = [
      '2026-01-05T24:00:00Z',
      '2026-01-05T08:60:00Z',
      '2026-01-05T08:00:60Z',
      '2026-01-05 08:00:00Z',
      '2026-01-05T08:00:00',
      '2026-01-05T08:00Z',
      '2026-01-05T08:00:00.Z',
      '2026-01-05T08:00:00+0700',
      '2026-01-05T08:00:00+24:00',
      '2026-02-29T08:00:00Z',
      '2026-01-05T08:00:00Zz',
    ];
    expect(wrong.map(parseMoment)).toEqual(wrong.map(() => null));
  });
});
