import { describe, expect, it } from '@jest/globals';
import { RecentMap } from './recent-map.js';

describe('a map of what was used last', () => {
  it('never holds more than its limit, and keeps at least the half that was used last', () => {
    const map = new RecentMap<number, string>(10);
    for (let n = 1; n <= 1_000; n += 1) {
      map.set(n, `n${n}`);
      expect(map.size).toBeLessThanOrEqual(10);
      for (let last = Math.max(1, n - 4); last <= n; last += 1) expect(map.get(last)).toBe(`n${last}`);
    }
    expect(map.get(980)).toBeUndefined();
  });

  it('keeps what is asked for again and again, and forgets what is deleted', () => {
    const map = new RecentMap<string, number>(4);
    map.set('asked', 1);
    map.set('gone', 2);
    map.delete('gone');
    expect(map.get('gone')).toBeUndefined();
    for (let n = 0; n < 50; n += 1) {
      map.set(`other-${n}`, n);
      expect(map.get('asked')).toBe(1);
    }
    map.set('asked', 3);
    map.set('other', 0);
    expect(map.get('asked')).toBe(3);
    expect(map.size).toBeLessThanOrEqual(4);
  });
});
