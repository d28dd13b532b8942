import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ELSEWHERE, PROVINCE, statisticsHarness } from '../testing/harness.js';
import type { Harness, TipStory } from '../testing/harness.js';
import { caseWalks, HOUR, journeys, momentAt, tell, tellCase } from '../testing/journeys.js';
import { countsAndLists, reportOn } from '../testing/reports.js';

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

/** R2 of the whole register, read off the events one by one, in the words of the definition. */
function r2ByHand(
  tips: readonly TipStory[],
  from: string,
  to: string,
  asOf: string,
): { numerator: number; denominator: number } {
  const start = Date.parse(`${from}T00:00:00+07:00`);
  const end = Date.parse(`${to}T00:00:00+07:00`) + 24 * HOUR;
  let numerator = 0;
  let denominator = 0;
  for (const { events } of tips) {
    const known = events.filter(({ meta }) => Date.parse(meta.recordedAt) <= Date.parse(asOf));
    const before = (edge: number) => known.filter(({ meta }) => Date.parse(meta.happenedAt) < edge);
    const count = (list: typeof known, ...types: string[]) => list.filter(({ type }) => types.includes(type)).length;
    const state = (edge: number) => {
      const list = before(edge);
      const last = list.findLastIndex(({ type }) => type === 'CrimeTipAccepted');
      const isAccepted = last >= 0 && count(list.slice(last), 'CrimeTipTransferAcknowledged') === 0;
      return {
        isAccepted,
        acceptedAt: isAccepted ? Date.parse(list[last]!.meta.happenedAt) : NaN,
        isSuspended: count(list, 'VerificationSuspended') > count(list, 'VerificationResumed'),
        isDecided: count(list, 'CriminalCaseInitiated', 'InitiationDeclined') > 0,
        isMerged: count(list, 'CrimeTipMerged') > 0,
      };
    };
    const atEnd = state(end);
    const atStart = state(start);
    if (!atEnd.isAccepted || atEnd.isMerged || atStart.isDecided) continue;
    const isResumed = before(end).some(
      ({ type, meta }) => type === 'VerificationResumed' && Date.parse(meta.happenedAt) >= start,
    );
    const isIn = atEnd.acceptedAt >= start || !atStart.isSuspended || isResumed;
    if (!isIn) continue;
    denominator += 1;
    if (atEnd.isDecided) numerator += 1;
  }
  return { numerator, denominator };
}

const day = (hours: number): string => momentAt(hours).slice(0, 10);

describe('over random journeys', () => {
  it('each list is as long as its figure, R2 is what the definition says, and a later event changes no earlier report', async () => {
    await fc.assert(
      fc.asyncProperty(
        journeys,
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 3_000 }),
        fc.integer({ min: 0, max: 6_000 }),
        async (walks, fromHours, lengthHours, asOfHours) => {
          await harness.clear();
          const tips = walks.map((walk) => tell(walk));
          const events = tips.flatMap((tip) => tip.events);
          const query = { from: day(fromHours), to: day(fromHours + lengthHours), asOf: momentAt(asOfHours) };
          const known = events.filter(({ meta }) => Date.parse(meta.recordedAt) <= Date.parse(query.asOf));
          await harness.deliver(known, 40);
          const early = await reportOn(harness, query);
          await harness.deliver(events, 60);
          const late = await reportOn(harness, query);
          expect({ ...late.rates, ...late.times }).toEqual({ ...early.rates, ...early.times });

          const { numerator, denominator } = late.rates.R2;
          expect({ numerator, denominator }).toEqual(r2ByHand(tips, query.from, query.to, query.asOf));

          for (const [part, [count, listed]] of Object.entries(await countsAndLists(late))) {
            expect({ part, listed }).toEqual({ part, listed: count });
          }
          // Units that hold everything between them and nothing in common: their figures add up.
          const parts = await Promise.all([PROVINCE, ELSEWHERE].map((unit) => reportOn(harness, { ...query, unit })));
          for (const id of ['R1', 'R2', 'R3'] as const) {
            expect(parts.reduce((sum, { rates }) => sum + rates[id].denominator, 0)).toBe(late.rates[id].denominator);
          }
        },
      ),
      { numRuns: 12, endOnFailure: true },
    );
  }, 120_000);

  it('of cases, each list is as long as its figure', async () => {
    await fc.assert(
      fc.asyncProperty(caseWalks, fc.nat(6_000), async (cases, asOfHours) => {
        await harness.clear();
        const stories = cases.map(tellCase);
        await harness.deliver(stories.flatMap(({ events }) => events));
        const report = await reportOn(harness, { from: '2026-02-01', to: '2026-05-31', asOf: momentAt(asOfHours) });
        for (const [part, [count, listed]] of Object.entries(await countsAndLists(report))) {
          expect({ part, listed }).toEqual({ part, listed: count });
        }
        const { denominator, parts } = report.rates.R4;
        expect(parts['R4a']).toMatchObject({ denominator: denominator + (parts['excluded'] as number) });
      }),
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);
});
