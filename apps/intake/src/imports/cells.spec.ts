import { describe, expect, it } from '@jest/globals';
import { CellReader, checkChronology, parseDay, parseMoment } from './cells.js';

describe('a day in a cell', () => {
  it('is written in either order', () => {
    expect(parseDay('2026-01-05')).toBe('2026-01-05');
    expect(parseDay('05/01/2026')).toBe('2026-01-05');
    expect(parseDay('5/1/2026')).toBe('2026-01-05');
    expect(parseDay('29/02/2024')).toBe('2024-02-29');
  });

  it('is refused when the calendar does not have it', () => {
    for (const text of [
      '29/02/2025',
      '2026-02-30',
      '31/04/2026',
      '00/01/2026',
      '2026-13-01',
      '05-01-2026',
      '1/2026',
      '',
      'nay',
    ]) {
      expect(parseDay(text)).toBeUndefined();
    }
  });
});

describe('a moment in a cell', () => {
  it('is read as local time, or by its offset', () => {
    expect(parseMoment('05/01/2026 08:00')).toBe('2026-01-05T08:00:00+07:00');
    expect(parseMoment('5/1/2026 8:05:09')).toBe('2026-01-05T08:05:09+07:00');
    expect(parseMoment('2026-01-05T08:00:00+07:00')).toBe('2026-01-05T08:00:00+07:00');
    expect(parseMoment('2026-01-05T01:00:00Z')).toBe('2026-01-05T08:00:00+07:00');
    expect(parseMoment('2026-01-04T20:00:00-05:00')).toBe('2026-01-05T08:00:00+07:00');
    expect(parseMoment('2026-01-05T08:00:00.250+07:00')).toBe('2026-01-05T08:00:00.250+07:00');
  });

  it('is refused without a time of day, without an offset, and outside the calendar and the clock', () => {
    for (const text of [
      '2026-01-05',
      '05/01/2026',
      '2026-01-05T08:00:00',
      '31/02/2026 08:00',
      '05/01/2026 24:00',
      '05/01/2026 08:60',
      '2026-01-05T08:00:00+25:00',
    ]) {
      expect(parseMoment(text)).toBeUndefined();
    }
  });
});

describe('a row is read cell by cell', () => {
  const read = (cells: Record<string, string>): CellReader => new CellReader({ line: 7, cells });

  it('keeps every fault, with line, column and both languages', () => {
    const cells = read({ kind: 'rumour', count: '-1', juvenile: 'maybe', on: '31/02/2026', code: 'PC 80' });
    cells.requiredWord('kind', ['report', 'denunciation']);
    cells.integer('count', 0, 10);
    cells.yesNo('juvenile');
    cells.day('on');
    cells.code('code');
    cells.required('content', 10);
    expect(cells.faults.map(({ line, column, code }) => [line, column, code])).toEqual([
      [7, 'kind', 'NotInList'],
      [7, 'count', 'NotANumber'],
      [7, 'juvenile', 'NotYesOrNo'],
      [7, 'on', 'NotADay'],
      [7, 'code', 'NotACode'],
      [7, 'content', 'CellMissing'],
    ]);
    expect(cells.faults[0]?.vi).toContain('rumour');
    expect(cells.faults[0]?.en).toContain('report, denunciation');
  });

  it('does not repeat what may be a name or a text that slipped into another column', () => {
    const cells = read({ kind: 'Nguyễn Văn An', on: 'mất xe máy tại chợ' });
    cells.word('kind', ['report']);
    cells.day('on');
    for (const { vi, en } of cells.faults) expect(`${vi} ${en}`).not.toMatch(/Nguyễn|chợ/);
  });

  it('takes yes and no in both languages, an empty cell as no', () => {
    expect(['yes', 'Có', 'TRUE', 'x'].map((text) => read({ remote: text }).yesNo('remote'))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(['no', 'Không', 'false', ''].map((text) => read({ remote: text }).yesNo('remote'))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('the chronology of a row', () => {
  const NOW = '2026-11-21T08:00:00+07:00';
  const codes = (...cells: [string, string | undefined][]): (string | null)[][] =>
    checkChronology(
      2,
      cells.map(([column, at]) => ({ column, at })),
      NOW,
    ).map(({ column, code }) => [column, code]);

  it('names the act that comes before its cause', () => {
    expect(codes(['received_at', '2026-01-05T08:00:00+07:00'], ['classified_at', '2026-01-05T07:59:00+07:00'])).toEqual(
      [['classified_at', 'ActBeforeCause']],
    );
  });

  it('passes over acts that have not happened and compares days where one of the two is a day', () => {
    expect(
      codes(
        ['accepted_at', '2026-01-05T08:00:00+07:00'],
        ['assigned_at', undefined],
        ['prolonged_on', '2026-01-05'],
        ['decided_at', '2026-01-05T07:00:00+07:00'],
      ),
    ).toEqual([]);
  });

  it('lets nothing happen in the future', () => {
    expect(codes(['received_at', '2026-11-21T08:00:01+07:00'], ['prolonged_on', '2026-11-22'])).toEqual([
      ['received_at', 'ActInFuture'],
      ['prolonged_on', 'ActInFuture'],
    ]);
    expect(codes(['prolonged_on', '2026-11-21'])).toEqual([]);
  });
});
