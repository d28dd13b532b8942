import { describe, expect, it } from '@jest/globals';
import { judge, type Gate } from './gates.js';
import { pointsOf } from './points.js';
import { withResults } from './report.js';
import { roundsOf } from './testing.js';

const gates: Gate[] = [{ id: 'B1', where: { c: 32 }, metric: 'rate', against: 'floor', min: 0.8 }];
const lines = roundsOf([90, 90, 90, 90, 90], [100, 100, 100, 100, 100]);
const judged = judge(gates, pointsOf(lines));

describe('the results in a page', () => {
  it('stand between their comments, with day and machine, in the place of the last ones', () => {
    const page = 'before\n<!-- results: written by a command -->\nold\n<!-- end of results -->\nafter\n';
    const written = withResults(page, lines, judged);
    expect(written).toMatch(/^before\n<!-- results: .*\n\nMeasured on 2026-11-21\. Machine: 2 cores/);
    expect(written).toMatch(/\| B1 \| .*0\.9 .*met \|\n\n<!-- end of results -->\nafter\n$/);
    expect(written).not.toContain('old');
    expect(withResults(written, lines, judged)).toBe(written);
  });

  it('are refused by a page without a place for them', () => {
    expect(() => withResults('a page', lines, judged)).toThrow('no place for results');
  });
});
