import { describe, expect, it } from '@jest/globals';
import { Spent } from './spent.js';

describe('where the time of a run went', () => {
  it('is told by workload and part, and as a sum', () => {
    const spent = new Spent();
    spent.add('B1', 'set-up', 1.25);
    spent.add('B1', 'rounds', 20);
    spent.add('B1', 'rounds', 4);
    spent.add('B10', 'again', 3.04);
    expect(spent.total).toBeCloseTo(28.29);
    expect(JSON.parse(JSON.stringify(spent))).toEqual({ B1: { 'set-up': 1.3, rounds: 24 }, B10: { again: 3 } });
    const rows = spent.table().map((line) => line.trim().split(/\s+/));
    expect(rows).toEqual([
      ['seconds', 'set-up', 'warm-up', 'rounds', 'again', 'checks', 'all'],
      ['B1', '1.3', '0.0', '24.0', '0.0', '0.0', '25.3'],
      ['B10', '0.0', '0.0', '0.0', '3.0', '0.0', '3.0'],
      ['all', '1.3', '0.0', '24.0', '3.0', '0.0', '28.3'],
    ]);
  });

  it('counts also what failed', async () => {
    const spent = new Spent();
    const broken = spent.on('B2', 'set-up', () => Promise.reject(new Error('no server')));
    await expect(broken).rejects.toThrow('no server');
    expect(Object.keys(spent.toJSON())).toEqual(['B2']);
  });
});
