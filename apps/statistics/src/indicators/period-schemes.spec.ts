import { describe, expect, it } from '@jest/globals';
import { dayOf, lastMonths, namedPeriod, oneYearEarlier, runningPeriod } from './period-schemes.js';

describe('the reporting year', () => {
  it('of scheme B runs from 1 October to 30 September', () => {
    expect(runningPeriod('B', 'year', '2026-11-21')).toEqual({ from: '2026-10-01', to: '2026-11-21' });
    expect(runningPeriod('B', 'year', '2026-09-30')).toEqual({ from: '2025-10-01', to: '2026-09-30' });
    expect(runningPeriod('B', 'year', '2026-10-01')).toEqual({ from: '2026-10-01', to: '2026-10-01' });
    expect(namedPeriod('B', '2020')).toEqual({ from: '2019-10-01', to: '2020-09-30' });
  });

  it('of scheme A runs from 1 December to 30 November, its half year to 31 May', () => {
    expect(namedPeriod('A', '2024')).toEqual({ from: '2023-12-01', to: '2024-11-30' });
    expect(namedPeriod('A', '2024-H1')).toEqual({ from: '2023-12-01', to: '2024-05-31' });
    expect(runningPeriod('A', 'year', '2024-12-01')).toEqual({ from: '2024-12-01', to: '2024-12-01' });
  });

  it('of scheme C is the calendar year', () => {
    expect(namedPeriod('C', '2026')).toEqual({ from: '2026-01-01', to: '2026-12-31' });
    expect(runningPeriod('C', 'half', '2026-07-01')).toEqual({ from: '2026-07-01', to: '2026-07-01' });
  });

  it('has halves that meet', () => {
    expect(namedPeriod('B', '2025-H1')).toEqual({ from: '2024-10-01', to: '2025-03-31' });
    expect(namedPeriod('B', '2025-H2')).toEqual({ from: '2025-04-01', to: '2025-09-30' });
    expect(runningPeriod('B', 'half', '2026-05-05')).toEqual({ from: '2026-04-01', to: '2026-05-05' });
  });
});

describe('other periods', () => {
  it('are calendar months and days', () => {
    expect(runningPeriod('B', 'month', '2026-11-21')).toEqual({ from: '2026-11-01', to: '2026-11-21' });
    expect(runningPeriod('B', 'day', '2026-11-21')).toEqual({ from: '2026-11-21', to: '2026-11-21' });
    expect(namedPeriod('B', '2024-02')).toEqual({ from: '2024-02-01', to: '2024-02-29' });
    expect(namedPeriod('B', 'fortnight')).toBeNull();
    expect(namedPeriod('B', '2024-13')).toBeNull();
  });

  it('one year earlier keep whole months whole', () => {
    expect(oneYearEarlier({ from: '2025-02-01', to: '2025-02-28' })).toEqual({ from: '2024-02-01', to: '2024-02-29' });
    expect(oneYearEarlier({ from: '2026-10-01', to: '2026-11-21' })).toEqual({ from: '2025-10-01', to: '2025-11-21' });
  });

  it('lists the last months, the newest last', () => {
    expect(lastMonths('2026-02-10', 3)).toEqual(['2025-12', '2026-01', '2026-02']);
  });

  it('hold a moment by its day in Viet Nam', () => {
    expect(dayOf('2026-09-30T17:00:00Z')).toBe('2026-10-01');
    expect(dayOf(new Date('2026-09-30T16:59:59Z'))).toBe('2026-09-30');
  });
});
