import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentHalfUp, shareHalfUp } from './percent.js';

describe('a rate in percent', () => {
  it.each([
    [122_722, 141_319, 86.84], // Ministry of Public Security, 01/10/2019–30/09/2020
    [342, 605, 56.53], // Thăng Bình district 2019–2023
    [866_140, 949_416, 91.23], // 2011–2019, published truncated as 91.22
  ])('%i of %i is %f, as published or rounded half up', (part, whole, percent) => {
    expect(percentHalfUp(part, whole)).toBe(percent);
  });

  it('rounds a half up', () => {
    expect(percentHalfUp(1, 800)).toBe(0.13); // 0.125
    expect(percentHalfUp(5, 1_000_00)).toBe(0.01); // 0.005
    expect(percentHalfUp(201, 20_000)).toBe(1.01); // 1.005, which a binary fraction holds as less
  });

  it('has no value when there is nothing to divide by', () => {
    expect(percentHalfUp(0, 0)).toBeNull();
  });

  it('refuses what is not a count', () => {
    expect(() => percentHalfUp(-1, 5)).toThrow(RangeError);
    expect(() => percentHalfUp(1.5, 5)).toThrow(RangeError);
  });

  it('is within half a hundredth of the true ratio, and is 100 only for all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.nat(20_000), (whole, some) => {
        const part = Math.min(some, whole);
        const percent = percentHalfUp(part, whole) ?? NaN;
        expect(Math.abs(percent - (100 * part) / whole)).toBeLessThanOrEqual(0.005 + 1e-9);
      }),
    );
  });
});

describe('a share that came out of a product', () => {
  it('keeps a true half a half', () => {
    expect(shareHalfUp(1 - 799 / 800)).toBe(0.13);
    expect(shareHalfUp(0.3)).toBe(30);
    expect(shareHalfUp(0)).toBe(0);
    expect(shareHalfUp(1)).toBe(100);
  });
});
