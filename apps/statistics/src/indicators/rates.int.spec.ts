import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  acceptedTip,
  CaseStory,
  ELSEWHERE,
  OTHER_WARD,
  PROCURACY,
  PROVINCE,
  statisticsHarness,
  TipStory,
  WARD,
} from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { countsAndLists, reportOn } from '../testing/reports.js';

const MARCH = { from: '2026-03-01', to: '2026-03-31' };
const AFTER = { ...MARCH, asOf: '2026-06-01T00:00:00+07:00' };

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

describe('R2, tips resolved', () => {
  it('counts a tip accepted in the period, resolved once it is decided in the period', async () => {
    await deliver(acceptedTip('2026-03-02').initiated('2026-03-20'), acceptedTip('2026-03-03').declined('2026-04-02'));
    const { rates } = await reportOn(harness, AFTER);
    expect(rates.R2).toMatchObject({ numerator: 1, denominator: 2, value: 50, open: 1, met: false });
    expect(rates.R2i).toMatchObject({ numerator: 1, denominator: 2 });
  });

  it('counts an administrative referral as a decision, not as an initiation', async () => {
    await deliver(acceptedTip('2026-03-02').declined('2026-03-20', true));
    const { rates } = await reportOn(harness, AFTER);
    expect(rates.R2).toMatchObject({ numerator: 1, denominator: 1, value: 100, met: true });
    expect(rates.R2i.numerator).toBe(0);
  });

  it('carries over what was accepted before the start and neither decided nor suspended at the start', async () => {
    await deliver(
      acceptedTip('2026-02-10'),
      acceptedTip('2026-02-11').declined('2026-03-05'),
      acceptedTip('2026-02-12').declined('2026-02-28T23:59'),
      acceptedTip('2026-02-13').suspended('2026-02-20'),
    );
    const { rates, sizes } = await reportOn(harness, AFTER);
    expect(rates.R2).toMatchObject({ numerator: 1, denominator: 2 });
    expect(sizes).toMatchObject({ 'R2.carriedOver': 2, 'R2.accepted': 0, 'R2.resumed': 0 });
  });

  it('takes in a tip suspended at the start once it is resumed in the period', async () => {
    const resumed = acceptedTip('2026-02-13').suspended('2026-02-20').resumed('2026-03-10').initiated('2026-03-25');
    const resumedLater = acceptedTip('2026-02-13').suspended('2026-02-20').resumed('2026-04-01');
    await deliver(resumed, resumedLater);
    const report = await reportOn(harness, AFTER);
    expect(report.rates.R2).toMatchObject({ numerator: 1, denominator: 1 });
    expect(await report.behind('R2', 'resumed')).toEqual([resumed.tipId]);
  });

  it('knows a tip that was suspended twice by the last suspension before the start', async () => {
    const twice = acceptedTip('2026-01-05').suspended('2026-01-20').resumed('2026-02-01').suspended('2026-02-20');
    await deliver(twice);
    expect((await reportOn(harness, AFTER)).rates.R2.denominator).toBe(0);
    expect((await reportOn(harness, { ...AFTER, from: '2026-02-10', to: '2026-03-31' })).rates.R2.denominator).toBe(1);
  });

  it('does not take a suspension for a resolution, and shows it apart', async () => {
    await deliver(acceptedTip('2026-03-02').suspended('2026-03-25'));
    const { rates, sizes } = await reportOn(harness, AFTER);
    expect(rates.R2).toMatchObject({ numerator: 0, denominator: 1, open: 1 });
    expect(sizes['R2.suspended']).toBe(1);
  });

  it('leaves out what was transferred away and acknowledged by the end, not what is still on its way', async () => {
    const gone = acceptedTip('2026-03-02').transferred('2026-03-05', ELSEWHERE).acknowledged('2026-03-08', ELSEWHERE);
    const onItsWay = acceptedTip('2026-03-02')
      .transferred('2026-03-30', ELSEWHERE)
      .acknowledged('2026-04-02', ELSEWHERE);
    await deliver(gone, onItsWay);
    const report = await reportOn(harness, AFTER);
    expect(await report.behind('R2', 'denominator')).toEqual([onItsWay.tipId]);
    expect(await report.behind('R2', 'transferredOut')).toEqual([gone.tipId]);
  });

  it('lists a tip that was transferred out twice in the period once for each transfer, also over pages', async () => {
    const onwards = acceptedTip('2026-03-02')
      .transferred('2026-03-05', ELSEWHERE)
      .acknowledged('2026-03-08', ELSEWHERE)
      .accepted('2026-03-09')
      .transferred('2026-03-12', WARD)
      .acknowledged('2026-03-14', WARD);
    await deliver(onwards);
    const report = await reportOn(harness, AFTER);
    expect(report.sizes['R2.transferredOut']).toBe(2);
    expect(await report.behind('R2', 'transferredOut', 1)).toEqual([onwards.tipId, onwards.tipId]);
    expect(report.rates.R2.denominator).toBe(0);
  });

  it('leaves out what was merged away by the end', async () => {
    const merged = acceptedTip('2026-03-02').merged('2026-03-20');
    const mergedLater = acceptedTip('2026-03-02').merged('2026-04-20');
    await deliver(merged, mergedLater);
    const report = await reportOn(harness, AFTER);
    expect(await report.behind('R2', 'denominator')).toEqual([mergedLater.tipId]);
    expect(await report.behind('R2', 'merged')).toEqual([merged.tipId]);
  });

  it('puts a moment into the period of its day in Viet Nam', async () => {
    await deliver(
      acceptedTip('2026-03-02').initiated('2026-03-31T16:59:59Z'),
      acceptedTip('2026-03-02').initiated('2026-03-31T17:00:00Z'),
    );
    expect((await reportOn(harness, AFTER)).rates.R2).toMatchObject({ numerator: 1, denominator: 2 });
  });

  it('has no value when nothing is to be resolved', async () => {
    expect((await reportOn(harness, AFTER)).rates.R2).toMatchObject({ value: null, met: null, denominator: 0 });
  });
});

describe('a report as of a moment', () => {
  it('knows only what was recorded by then, whatever happened earlier', async () => {
    const late = acceptedTip('2026-03-02').recordedOn('2026-04-15').initiated('2026-03-20');
    await deliver(late);
    expect((await reportOn(harness, { ...MARCH, asOf: '2026-04-15T07:59:59+07:00' })).rates.R2.numerator).toBe(0);
    expect((await reportOn(harness, { ...MARCH, asOf: '2026-04-15T08:00:00+07:00' })).rates.R2.numerator).toBe(1);
  });

  it('gives the same figures after later events as it gave before them', async () => {
    const asOf = '2026-03-15T12:00:00+07:00';
    const journey = acceptedTip('2026-03-02').assigned('2026-03-03').prolonged('2026-03-18').suspended('2026-04-20');
    journey.resumed('2026-05-01').initiated('2026-05-10');
    const moved = acceptedTip('2026-03-04')
      .transferred('2026-03-16', OTHER_WARD)
      .acknowledged('2026-03-17', OTHER_WARD);
    moved.accepted('2026-03-18').declined('2026-03-28');
    const known = (story: TipStory) =>
      story.events.filter(({ meta }) => Date.parse(meta.recordedAt) <= Date.parse(asOf));
    await harness.deliver([...known(journey), ...known(moved)]);
    const before = [
      await reportOn(harness, { ...MARCH, asOf }),
      await reportOn(harness, { ...MARCH, asOf, unit: WARD }),
    ];
    await harness.deliver([...journey.events, ...moved.events]);
    const after = [
      await reportOn(harness, { ...MARCH, asOf }),
      await reportOn(harness, { ...MARCH, asOf, unit: WARD }),
    ];
    for (const [index, report] of after.entries()) {
      expect({ rates: report.rates, times: report.times }).toEqual({
        rates: before[index]!.rates,
        times: before[index]!.times,
      });
    }
    expect(after[1]!.rates.R2.denominator).toBe(2);
  });

  it('judges lateness by the deadline as it was known then', async () => {
    // Twenty days from 2 March end on 22 March, a Sunday: arguably the 23rd. Prolonged on the 20th, entered on the 30th.
    await deliver(acceptedTip('2026-03-02').recordedOn('2026-03-30').prolonged('2026-03-20'));
    const overdue = async (asOf: string) => (await reportOn(harness, { ...MARCH, asOf })).rates.R3.numerator;
    expect(await overdue('2026-03-23T23:59:59+07:00')).toBe(0);
    expect(await overdue('2026-03-24T00:00:00+07:00')).toBe(1);
    expect(await overdue('2026-03-30T07:59:00+07:00')).toBe(1);
    expect(await overdue('2026-03-30T08:00:00+07:00')).toBe(0);
  });
});

describe('R1, received, classified, handled', () => {
  it('leaves out what is not yet due, and shows it apart', async () => {
    await deliver(new TipStory().received('2026-03-10T10:00'));
    const before = await reportOn(harness, { ...MARCH, asOf: '2026-03-11T09:59:59+07:00' });
    expect(before.rates.R1).toMatchObject({ numerator: 0, denominator: 0, open: 1, value: null });
    const after = await reportOn(harness, { ...MARCH, asOf: '2026-03-11T10:00:00+07:00' });
    expect(after.rates.R1).toMatchObject({ numerator: 0, denominator: 1, open: 0, value: 0 });
  });

  it('counts a tip classified and then transferred with acknowledgement, assigned, or decided', async () => {
    const received = (): TipStory => new TipStory().received('2026-03-10').classified('2026-03-10T12:00');
    await deliver(
      received(),
      received().transferred('2026-03-11'),
      received().transferred('2026-03-11').acknowledged('2026-03-12'),
      received().accepted('2026-03-11').assigned('2026-03-12'),
      received().accepted('2026-03-11').initiated('2026-03-12'),
    );
    expect((await reportOn(harness, AFTER)).rates.R1).toMatchObject({ numerator: 3, denominator: 5, value: 60 });
  });

  it('shows apart what was done inside its own terms', async () => {
    const classifiedLate = new TipStory().received('2026-03-10').classified('2026-03-12').accepted('2026-03-12');
    const assignedLate = acceptedTip('2026-03-10').assigned('2026-03-20');
    await deliver(
      classifiedLate.assigned('2026-03-13'),
      assignedLate,
      acceptedTip('2026-03-10').assigned('2026-03-11'),
    );
    const { rates } = await reportOn(harness, AFTER);
    expect(rates.R1).toMatchObject({ numerator: 3, denominator: 3, met: true, parts: { onTime: 1 } });
    expect(rates.R1.parts['onTimeRate']).toEqual({ numerator: 1, denominator: 3, value: 33.33 });
  });

  it('belongs to the unit that received the tip', async () => {
    await deliver(
      new TipStory()
        .received('2026-03-10')
        .classified('2026-03-10')
        .transferred('2026-03-11')
        .acknowledged('2026-03-12'),
    );
    expect((await reportOn(harness, { ...AFTER, unit: WARD })).rates.R1.numerator).toBe(1);
    expect((await reportOn(harness, { ...AFTER, unit: OTHER_WARD })).rates.R1.denominator).toBe(0);
  });
});

describe('R3, overdue', () => {
  it('counts open tips past the latest arguable day, suspended ones apart', async () => {
    const late = acceptedTip('2026-03-02');
    const prolonged = acceptedTip('2026-03-02').prolonged('2026-03-18');
    const suspended = acceptedTip('2026-03-02').suspended('2026-03-20');
    await deliver(
      late,
      prolonged,
      suspended,
      acceptedTip('2026-03-02').initiated('2026-04-30'),
      new TipStory().received('2026-03-20'),
    );
    const report = await reportOn(harness, { ...MARCH, asOf: '2026-04-01T00:00:00+07:00' });
    expect(report.rates.R3).toMatchObject({
      numerator: 2,
      denominator: 4,
      open: 4,
      parts: { suspended: 1 },
      lastYear: null,
    });
    expect(await report.behind('R3', 'suspended')).toEqual([suspended.tipId]);
    const later = await reportOn(harness, { ...MARCH, asOf: '2026-05-02T00:00:00+07:00' });
    expect(await later.behind('R3', 'numerator')).toEqual([late.tipId]);
  });

  it('gives a resumed tip a new month', async () => {
    await deliver(acceptedTip('2026-01-05').suspended('2026-01-20').resumed('2026-03-10'));
    const overdue = async (asOf: string) => (await reportOn(harness, { ...MARCH, asOf })).rates.R3.numerator;
    expect(await overdue('2026-04-10T23:00:00+07:00')).toBe(0);
    expect(await overdue('2026-04-11T00:00:00+07:00')).toBe(1);
  });

  it('belongs to the unit responsible now', async () => {
    await deliver(
      acceptedTip('2026-03-02')
        .transferred('2026-03-05', OTHER_WARD)
        .acknowledged('2026-03-06', OTHER_WARD)
        .accepted('2026-03-06'),
    );
    const asOf = '2026-05-01T00:00:00+07:00';
    expect((await reportOn(harness, { ...MARCH, asOf, unit: WARD })).rates.R3.denominator).toBe(0);
    expect((await reportOn(harness, { ...MARCH, asOf, unit: OTHER_WARD })).rates.R3).toMatchObject({
      numerator: 1,
      denominator: 1,
    });
  });
});

describe('a roll-up over units', () => {
  it('counts each matter once, for the unit that holds it at the end', async () => {
    const moved = acceptedTip('2026-03-02')
      .transferred('2026-03-05', OTHER_WARD)
      .acknowledged('2026-03-06', OTHER_WARD);
    await deliver(moved.accepted('2026-03-07').initiated('2026-03-20'), acceptedTip('2026-03-02'));
    const denominator = async (unit?: string) => (await reportOn(harness, { ...AFTER, unit })).rates.R2.denominator;
    expect(await denominator(WARD)).toBe(1);
    expect(await denominator(OTHER_WARD)).toBe(1);
    expect(await denominator(PROVINCE)).toBe(2);
    expect(await denominator(PROCURACY)).toBe(2);
    expect(await denominator()).toBe(2);
  });

  it('keeps a tip with the unit that held it at the end, also when it moved later', async () => {
    const moved = acceptedTip('2026-03-02')
      .transferred('2026-04-05', OTHER_WARD)
      .acknowledged('2026-04-06', OTHER_WARD);
    await deliver(moved.accepted('2026-04-07').initiated('2026-04-20'));
    const r2 = async (unit: string, period = AFTER) => (await reportOn(harness, { ...period, unit })).rates.R2;
    expect(await r2(WARD)).toMatchObject({ numerator: 0, denominator: 1 });
    expect(await r2(OTHER_WARD)).toMatchObject({ denominator: 0 });
    const april = { ...AFTER, from: '2026-04-01', to: '2026-04-30' };
    expect(await r2(OTHER_WARD, april)).toMatchObject({ numerator: 1, denominator: 1 });
    expect(await r2(WARD, april)).toMatchObject({ denominator: 0 });
  });

  it('hides what lies outside the scope of the caller', async () => {
    await deliver(
      acceptedTip('2026-03-02'),
      acceptedTip('2026-03-02', ELSEWHERE),
      acceptedTip('2026-03-02', OTHER_WARD),
    );
    const denominator = async (scope: string[]) => (await reportOn(harness, AFTER, scope)).rates.R2.denominator;
    expect(await denominator(['*'])).toBe(3);
    expect(await denominator([PROVINCE, PROCURACY])).toBe(2);
    expect(await denominator([PROCURACY])).toBe(2);
    expect(await denominator([WARD])).toBe(1);
    expect(await denominator(['PC-01'])).toBe(0);
    await expect(reportOn(harness, { ...AFTER, unit: ELSEWHERE }, [PROVINCE])).rejects.toMatchObject({ status: 400 });
  });
});

describe('R4, prosecuted on time', () => {
  const concluded = (): CaseStory =>
    new CaseStory().opened('2026-01-05').concluded('2026-03-01').fileReceived('2026-03-02');

  it('counts decisions to prosecute inside the term, as extended', async () => {
    await deliver(
      concluded().decided('2026-03-20'),
      concluded().decided('2026-03-25'),
      concluded().termExtended('2026-03-20').decided('2026-03-25'),
    );
    const { rates } = await reportOn(harness, AFTER);
    expect(rates.R4).toMatchObject({ numerator: 2, denominator: 3, value: 66.67, open: 0 });
    expect(rates.R4.parts['R4f']).toEqual({ numerator: 1, denominator: 3, value: 33.33 });
  });

  it('leaves out returns, suspensions, discontinuations and transfers, and lists them', async () => {
    const stories = ['return', 'suspend', 'discontinue', 'transfer'].map((outcome) =>
      concluded().decided('2026-03-10', outcome),
    );
    await deliver(...stories, concluded().decided('2026-03-10'));
    const report = await reportOn(harness, AFTER);
    expect(report.rates.R4).toMatchObject({ numerator: 1, denominator: 1 });
    expect(report.rates.R4.parts['R4a']).toEqual({ numerator: 5, denominator: 5, value: 100 });
    expect(new Set(await report.behind('R4', 'excluded'))).toEqual(new Set(stories.map(({ caseId }) => caseId)));
  });

  it('counts a case whose term ran out undecided, and not one whose term still runs', async () => {
    await deliver(concluded());
    const running = await reportOn(harness, { ...MARCH, asOf: '2026-03-20T00:00:00+07:00' });
    expect(running.rates.R4).toMatchObject({ numerator: 0, denominator: 0, open: 1 });
    const over = await reportOn(harness, AFTER);
    expect(over.rates.R4).toMatchObject({ numerator: 0, denominator: 1, open: 0, value: 0, met: false });
  });

  it('has no term without a complete file, and no place for a conclusion that proposes no prosecution', async () => {
    await deliver(
      new CaseStory().opened('2026-01-05').concluded('2026-03-01').fileReceived('2026-03-02', false),
      new CaseStory().opened('2026-01-05').concluded('2026-03-01', false),
    );
    expect((await reportOn(harness, AFTER)).rates.R4).toMatchObject({ denominator: 0, open: 1 });
  });

  it('judges a returned case by its last round in the period', async () => {
    const returned = concluded().decided('2026-03-05', 'return').concluded('2026-03-12').fileReceived('2026-03-13');
    await deliver(returned.decided('2026-03-30'));
    const march = await reportOn(harness, AFTER);
    expect(march.rates.R4).toMatchObject({ numerator: 1, denominator: 1, parts: { excluded: 0 } });
    const beforeThat = await reportOn(harness, { ...MARCH, asOf: '2026-03-10T00:00:00+07:00' });
    expect(beforeThat.rates.R4).toMatchObject({ denominator: 0, parts: { excluded: 1 } });
  });
});

describe('the list behind a figure', () => {
  it('is as long as the figure, for every indicator and part', async () => {
    const cases = ['prosecute', 'return', 'suspend'].map((outcome) =>
      new CaseStory()
        .opened('2026-01-05')
        .concluded('2026-03-01')
        .fileReceived('2026-03-02')
        .decided('2026-03-10', outcome),
    );
    const tips = Array.from({ length: 30 }, (_, day) => {
      const tip = acceptedTip(`2026-03-${String(1 + (day % 28)).padStart(2, '0')}`).assigned(
        `2026-03-${String(2 + (day % 28)).padStart(2, '0')}`,
      );
      if (day % 3 === 0) tip.initiated(`2026-04-${String(1 + (day % 20)).padStart(2, '0')}`);
      if (day % 3 === 1) tip.suspended('2026-03-31');
      return tip;
    });
    await deliver(...cases, ...tips, new TipStory().received('2026-05-31T20:00'));
    const report = await reportOn(harness, { from: '2026-03-01', to: '2026-05-31', asOf: '2026-06-01T00:00:00+07:00' });
    const counts = await countsAndLists(report);
    for (const [part, [count, listed]] of Object.entries(counts))
      expect({ part, listed }).toEqual({ part, listed: count });
    expect(counts['R2.denominator']).toEqual([30, 30]);
    expect(counts['R1.open']).toEqual([1, 1]);
    expect(counts['T1.closed']).toEqual([30, 30]);
  });
});
