import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { acceptedTip, ELSEWHERE, OTHER_WARD, PROVINCE, statisticsHarness, WARD } from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { reportOn } from '../testing/reports.js';

const MARCH = { from: '2026-03-01', to: '2026-03-31' };

let harness: Harness;

beforeAll(async () => {
  harness = await statisticsHarness();
});

afterAll(async () => {
  await harness.drop();
});

beforeEach(async () => {
  await harness.clear();
});

const deliver = (...stories: { events: Parameters<Harness['deliver']>[0] }[]): Promise<void> =>
  harness.deliver(stories.flatMap(({ events }) => events));

const timesOn = async (asOf: string, query: { unit?: string } = {}) =>
  (await reportOn(harness, { ...MARCH, ...query, asOf })).times;

describe('processing times', () => {
  it('are wait, handling and total of what was closed in the period, hours / 24 with two decimals, half up', async () => {
    // Wait 25 h 12 min = 1.05 days exactly; handling 7 min 12 s short of ten days, total half a hundredth over eleven.
    const tip = acceptedTip('2026-03-02T08:00').assigned('2026-03-03T09:12').initiated('2026-03-13T08:07:12+07:00');
    await deliver(tip);
    const { T1, T2, T3, T4 } = await timesOn('2026-04-10T00:00:00+07:00');
    expect(T1).toMatchObject({ median: 1.05, p95: 1.05, n: 1, open: 0 });
    expect(T2).toMatchObject({ median: 9.96, n: 1 });
    // 11 days and 432 s are 11.005 days: half up, 11.01.
    expect(T3).toMatchObject({ median: 11.01, n: 1 });
    expect(T4).toMatchObject({ median: 11.01, n: 1 });
  });

  it('net of suspension leave out every stretch in which the tip was suspended', async () => {
    const tip = acceptedTip('2026-02-01').suspended('2026-02-11').resumed('2026-02-21').suspended('2026-02-26');
    await deliver(tip.resumed('2026-03-08').initiated('2026-03-13'));
    const { T3, T4 } = await timesOn('2026-04-10T00:00:00+07:00');
    expect(T3.median).toBe(40);
    expect(T4.median).toBe(20);
  });

  it('count open matters by Kaplan–Meier, censored at the as-of moment', async () => {
    await deliver(acceptedTip('2026-03-02').initiated('2026-03-12'), acceptedTip('2026-03-02'));
    const { T3 } = await timesOn('2026-03-22T08:00:00+07:00');
    expect(T3).toMatchObject({ n: 1, open: 1, kaplanMeier: { median: 10, by20: 50, by60: 50, by120: 50 } });
  });

  it('keep a suspended matter open in the gross version, and stop its clock in the net version', async () => {
    await deliver(acceptedTip('2026-03-02').suspended('2026-03-07'), acceptedTip('2026-03-02').initiated('2026-03-12'));
    const { T3, T4 } = await timesOn('2026-04-01T08:00:00+07:00');
    // Gross: watched for thirty days beside the one decided on the tenth. Net: last seen after five days, before it.
    expect(T3.kaplanMeier.by20).toBe(50);
    expect(T4.kaplanMeier.by20).toBe(100);
    expect([T3.open, T4.open]).toEqual([1, 1]);
  });

  it('stop watching at an acknowledged transfer, and watch the receiver from its own acceptance', async () => {
    const moved = acceptedTip('2026-03-02')
      .transferred('2026-03-05', OTHER_WARD)
      .acknowledged('2026-03-06', OTHER_WARD);
    await deliver(
      moved.accepted('2026-03-08').initiated('2026-03-18'),
      acceptedTip('2026-03-02').initiated('2026-03-12'),
    );
    const sender = await timesOn('2026-04-10T00:00:00+07:00', { unit: WARD });
    expect(sender.T3).toMatchObject({ n: 1, median: 10, open: 0, kaplanMeier: { by20: 100 } });
    const receiver = await timesOn('2026-04-10T00:00:00+07:00', { unit: OTHER_WARD });
    expect(receiver.T3).toMatchObject({ n: 1, median: 10, open: 0 });
    expect((await timesOn('2026-04-10T00:00:00+07:00', { unit: PROVINCE })).T3).toMatchObject({ n: 2, open: 0 });
  });

  it('do not count as open what was transferred away or merged', async () => {
    const gone = acceptedTip('2026-03-02').transferred('2026-03-05', ELSEWHERE).acknowledged('2026-03-06', ELSEWHERE);
    await deliver(gone, acceptedTip('2026-03-02').merged('2026-03-10'));
    const { T1, T3 } = await timesOn('2026-04-10T00:00:00+07:00');
    expect(T3).toMatchObject({ n: 0, open: 0, median: null, kaplanMeier: { median: null, by20: 0 } });
    expect(T1).toMatchObject({ n: 0, open: 0 });
  });

  it('wait until the first assignment: reassignment restarts nothing', async () => {
    await deliver(acceptedTip('2026-03-02').assigned('2026-03-04').assigned('2026-03-20'));
    const { T1, T2 } = await timesOn('2026-04-10T00:00:00+07:00');
    expect(T1).toMatchObject({ median: 2, n: 1 });
    expect(T2).toMatchObject({ n: 0, open: 1 });
  });
});
