import 'reflect-metadata';
import { describe, expect, it } from '@jest/globals';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { OpenCriminalCaseBody } from './open-criminal-case.js';

const faultyFields = (more: Record<string, unknown>) =>
  validateSync(
    plainToInstance(OpenCriminalCaseBody, {
      unitCode: 'PC-80',
      initiatedAt: '2026-01-05T08:00:00+07:00',
      category: 'theft',
      offence: { article: 173, clause: 1 },
      accusedCount: 1,
      ...more,
    }),
  ).map(({ property }) => property);

describe('a case to be opened', () => {
  it('counts as many accused as a register holds, and no more than its read models can', () => {
    expect(faultyFields({})).toEqual([]);
    expect(faultyFields({ accusedCount: 100_000 })).toEqual([]);
    expect(faultyFields({ accusedCount: 100_001 })).toEqual(['accusedCount']);
    expect(faultyFields({ accusedCount: 99_999_999_999 })).toEqual(['accusedCount']);
    expect(faultyFields({ accusedCount: -1 })).toEqual(['accusedCount']);
  });
});
