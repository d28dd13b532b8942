import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { acceptedTip, ELSEWHERE, statisticsHarness, TipStory, WARD } from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { reportOn } from '../testing/reports.js';

/** Thăng Bình district 2019–2023: 611 tips, 6 transferred, 605 to resolve, 342 initiated: 56.53 % (published 56.5 %). */
const TIPS = 611;
const TRANSFERRED = 6;
const INITIATED = 342;

let harness: Harness;

beforeAll(async () => {
  harness = await statisticsHarness();
  const dayOf = (index: number): string =>
    new Date(Date.parse('2019-01-02') + Math.floor((index * 1_750) / TIPS) * 86_400_000).toISOString().slice(0, 10);
  const later = (day: string, days: number): string =>
    new Date(Date.parse(day) + days * 86_400_000).toISOString().slice(0, 10);
  const tips = Array.from({ length: TIPS }, (_, index): TipStory => {
    const day = dayOf(index);
    if (index < TRANSFERRED) {
      // Half of them before anybody took them on, half after.
      const tip = index % 2 === 0 ? acceptedTip(day) : new TipStory().received(day).classified(later(day, 1));
      return tip.transferred(later(day, 2), ELSEWHERE).acknowledged(later(day, 3), ELSEWHERE);
    }
    const tip = acceptedTip(day).assigned(later(day, 1));
    if (index < TRANSFERRED + INITIATED) return tip.initiated(later(day, 15));
    return index % 4 === 0 ? tip.suspended(later(day, 19)) : tip.declined(later(day, 18), index % 3 === 0);
  });
  await harness.deliver(tips.flatMap(({ events }) => events));
});

afterAll(async () => {
  await harness.drop();
});

describe('published figures', () => {
  it.each([undefined, WARD])('Thăng Bình 2019–2023 comes out at 342 of 605, 56.53 percent (unit %s)', async (unit) => {
    const report = await reportOn(harness, { from: '2019-01-01', to: '2023-12-31', unit });
    expect(report.rates.R2i).toMatchObject({ numerator: INITIATED, denominator: 605, value: 56.53 });
    expect(report.rates.R1).toMatchObject({ numerator: TIPS, denominator: TIPS, value: 100, met: true });
    expect(await report.behind('R2i', 'numerator')).toHaveLength(INITIATED);
  });
});
