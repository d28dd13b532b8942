import { describe, expect, it } from '@jest/globals';
import { OFFENCES, classOfOffence, searchOffences } from './offences.js';

/** Longest prison term of a bracket in years; life and death lie above every number. */
function maximumYears(bracket: string): number {
  if (/life|death/.test(bracket)) return Infinity;
  const years = [...bracket.matchAll(/(\d+) years in prison/g)].map(([, years]) => Number(years));
  return Math.max(0, ...years);
}

describe('the class of an offence', () => {
  it('follows the maximum of the bracket: 3 years IT, 7 NT, 15 RNT, above DBNT (Penal Code Art 9)', () => {
    for (const { article, clauses } of OFFENCES) {
      for (const { clause, bracketEn, class: crimeClass } of clauses) {
        const years = maximumYears(bracketEn);
        const expected = years <= 3 ? 'IT' : years <= 7 ? 'NT' : years <= 15 ? 'RNT' : 'DBNT';
        expect({ article, clause, class: crimeClass }).toEqual({ article, clause, class: expected });
      }
    }
  });

  it('is found by article and clause', () => {
    expect(classOfOffence(173, 1)).toBe('IT');
    expect(classOfOffence(134, 6)).toBe('IT');
    expect(classOfOffence(251, 4)).toBe('DBNT');
    expect(classOfOffence(353, 2)).toBe('RNT');
  });

  it('is not guessed for an unknown clause or a clause left open', () => {
    expect(classOfOffence(173, 9)).toBeUndefined();
    expect(classOfOffence(173)).toBeUndefined();
    expect(classOfOffence(245, 1)).toBeUndefined();
    expect(classOfOffence(1)).toBeUndefined();
    expect(classOfOffence(201)).toBe('IT');
  });

  it('holds every article once, each with its clauses in order', () => {
    expect(new Set(OFFENCES.map(({ article }) => article)).size).toBe(OFFENCES.length);
    for (const { clauses } of OFFENCES) {
      expect(clauses.map(({ clause }) => clause)).toEqual(clauses.map((_, index) => index + 1));
    }
  });
});

describe('an offence looked up by typing', () => {
  it('is found with or without marks, in any order of words', () => {
    expect(searchOffences('trộm cắp')[0]?.article).toBe(173);
    expect(searchOffences('trom cap')[0]?.article).toBe(173);
    expect(searchOffences('bac danh').map(({ article }) => article)).toContain(321);
    expect(searchOffences('usury').map(({ article }) => article)).toEqual([201]);
  });

  it('is found by its article, the exact one first', () => {
    expect(searchOffences('134')[0]?.article).toBe(134);
    expect(searchOffences('Điều 25').map(({ article }) => article)).toEqual([
      250, 251, 252, 253, 254, 255, 256, 257, 258, 259,
    ]);
  });

  it('is not found when no name begins so', () => {
    expect(searchOffences('không có tội này')).toEqual([]);
  });
});
