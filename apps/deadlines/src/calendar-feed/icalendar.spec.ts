import { describe, expect, it } from '@jest/globals';
import { calendarFile } from './icalendar.js';

const NOW = new Date('2026-01-05T01:02:03.456Z');
const entry = (over: object = {}) => ({
  uid: 'a@tinbao',
  sequence: 1,
  at: '2026-01-25',
  summary: '12/2026',
  description: '',
  ...over,
});

/** The logical lines of a file: folding undone. */
const unfolded = (file: string): string[] => file.replace(/\r\n /g, '').split('\r\n');

describe('a calendar file', () => {
  it('gives days as whole days and moments in UTC', () => {
    const day = unfolded(calendarFile('x', [entry()], NOW));
    expect(day).toContain('DTSTART;VALUE=DATE:20260125');
    expect(day).toContain('DTSTAMP:20260105T010203Z');
    const moment = unfolded(calendarFile('x', [entry({ at: '2026-01-25T06:30:00+07:00' })], NOW));
    expect(moment).toContain('DTSTART:20260124T233000Z');
  });

  it('escapes what has a meaning in the format', () => {
    const lines = unfolded(calendarFile('x', [entry({ summary: 'a, b; c\\d\ne\u0007' })], NOW));
    expect(lines).toContain('SUMMARY:a\\, b\\; c\\\\d\\ne');
  });

  it('folds after 75 octets at most, never inside a character, and nothing is lost', () => {
    const summary = 'Kiểm tra, xác minh nguồn tin về tội phạm '.repeat(9).trim();
    const file = calendarFile('x', [entry({ summary })], NOW);
    for (const line of file.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(file).not.toContain('\uFFFD');
    expect(unfolded(file)).toContain(`SUMMARY:${summary.replaceAll(',', '\\,')}`);
  });

  it('ends every line with CRLF, and is a calendar without entries too', () => {
    const file = calendarFile('x', [], NOW);
    expect(file.startsWith('BEGIN:VCALENDAR\r\nVERSION:2.0\r\n')).toBe(true);
    expect(file.endsWith('END:VCALENDAR\r\n')).toBe(true);
    expect(file.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});
