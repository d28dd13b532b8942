import { describe, expect, it } from '@jest/globals';
import { ladderOf } from './ladder.js';

describe('the ladder of alerts', () => {
  it('of a term in days: midnight in Viet Nam 7, 5, 3, 1 days before safeBy, and of the due day', () => {
    expect(ladderOf({ safeBy: '2026-01-25', due: '2026-01-26' })).toEqual([
      { rung: 'd7', at: '2026-01-18T00:00:00+07:00' },
      { rung: 'd5', at: '2026-01-20T00:00:00+07:00' },
      { rung: 'd3', at: '2026-01-22T00:00:00+07:00' },
      { rung: 'd1', at: '2026-01-24T00:00:00+07:00' },
      { rung: 'due', at: '2026-01-26T00:00:00+07:00' },
    ]);
  });

  it('of a term in hours: 6 hours and 1 hour before safeBy, and the due moment', () => {
    expect(ladderOf({ safeBy: '2026-01-06T08:00:00+07:00', due: '2026-01-06T09:00:00+07:00' })).toEqual([
      { rung: 'h6', at: '2026-01-05T19:00:00.000Z' },
      { rung: 'h1', at: '2026-01-06T00:00:00.000Z' },
      { rung: 'due', at: '2026-01-06T09:00:00+07:00' },
    ]);
  });
});
