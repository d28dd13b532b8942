import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CaseStory, ELSEWHERE, OTHER_WARD, PROVINCE, statisticsHarness, TipStory, WARD } from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { countsAndLists, reportOn } from '../testing/reports.js';

const START = Date.parse('2026-01-01T00:00:00+07:00');
const HOUR = 3_600_000;
const momentAt = (hours: number): string => new Date(START + hours * HOUR).toISOString();

let harness: Harness;

beforeAll(async () => {
  harness = await statisticsHarness();
});

afterAll(async () => {
  await harness.drop();
});

beforeEach(async () => {
  await harness.pool.query('TRUNCATE statistics.tip_facts, statistics.case_facts');
});

/** Acts that the domain allows next, by where the tip stands; each journey is a walk through them. */
type Step =
  'classify' | 'transfer' | 'accept' | 'assign' | 'prolong' | 'suspend' | 'resume' | 'initiate' | 'decline' | 'merge';
const STEPS: Record<string, readonly Step[]> = {
  received: ['classify', 'classify', 'merge'],
  classified: ['transfer', 'accept', 'accept', 'accept'],
  accepted: ['assign', 'prolong', 'suspend', 'initiate', 'decline', 'transfer', 'assign', 'merge'],
  suspended: ['resume'],
  over: [],
};
const UNITS = [WARD, OTHER_WARD, PROVINCE, ELSEWHERE];

interface Journey {
  receivedAtHours: number;
  unit: number;
  walk: { choice: number; afterHours: number; lateHours: number }[];
}

const journeys = fc.array(
  fc.record<Journey>({
    receivedAtHours: fc.integer({ min: 0, max: 3_000 }),
    unit: fc.nat(UNITS.length - 1),
    walk: fc.array(
      fc.record({
        choice: fc.nat(1_000),
        afterHours: fc.integer({ min: 1, max: 700 }),
        // One act in five is entered late, up to forty days.
        lateHours: fc.oneof(
          { weight: 4, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 1_000 }) },
        ),
      }),
      { maxLength: 9 },
    ),
  }),
  { minLength: 5, maxLength: 25 },
);

/** What an independent reader of the events knows of a tip: a plain list of what happened, in order. */
function tell({ receivedAtHours, unit, walk }: Journey): TipStory {
  const tip = new TipStory();
  let hours = receivedAtHours;
  let recorded = receivedAtHours;
  let where = 'received';
  let place = unit;
  const record = (lateHours: number): void => {
    // What is entered later is recorded later, also when it happened earlier.
    recorded = Math.max(recorded, hours + lateHours);
    tip.recordedOn(momentAt(recorded));
  };
  record(0);
  tip.received(momentAt(hours), UNITS[place]!);
  for (const { choice, afterHours, lateHours } of walk) {
    const steps = STEPS[where]!;
    if (steps.length === 0) break;
    hours += afterHours;
    record(lateHours);
    const step = steps[choice % steps.length]!;
    const at = momentAt(hours);
    if (step === 'classify') tip.classified(at);
    if (step === 'transfer') {
      place = (place + 1 + (choice % (UNITS.length - 1))) % UNITS.length;
      tip.transferred(at, UNITS[place]!).acknowledged(at, UNITS[place]!);
    }
    if (step === 'accept') tip.accepted(at);
    if (step === 'assign') tip.assigned(at);
    if (step === 'prolong') tip.prolonged(at);
    if (step === 'suspend') tip.suspended(at);
    if (step === 'resume') tip.resumed(at);
    if (step === 'initiate') tip.initiated(at);
    if (step === 'decline') tip.declined(at);
    if (step === 'merge') tip.merged(at);
    if (step === 'classify' || step === 'transfer') where = 'classified';
    if (step === 'accept' || step === 'resume') where = 'accepted';
    if (step === 'suspend') where = 'suspended';
    if (['initiate', 'decline', 'merge'].includes(step)) where = 'over';
  }
  return tip;
}

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
          await harness.pool.query('TRUNCATE statistics.tip_facts, statistics.case_facts');
          const tips = walks.map(tell);
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
    const walk = fc.array(fc.integer({ min: 1, max: 1_500 }), { minLength: 2, maxLength: 7 });
    const outcome = fc.constantFrom('prosecute', 'return', 'suspend', 'transfer');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(walk, outcome), { minLength: 3, maxLength: 15 }),
        fc.nat(6_000),
        async (cases, asOfHours) => {
          await harness.pool.query('TRUNCATE statistics.case_facts');
          const stories = cases.map(([steps, decision]) => {
            const story = new CaseStory();
            let hours = 0;
            const acts = [
              (at: string) => story.opened(at),
              (at: string) => story.concluded(at),
              (at: string) => story.fileReceived(at),
              (at: string) => story.decided(at, decision),
              (at: string) => (decision === 'return' ? story.concluded(at) : story),
              (at: string) => (decision === 'return' ? story.fileReceived(at) : story),
              (at: string) => (decision === 'return' ? story.decided(at) : story),
            ];
            for (const [index, step] of steps.entries()) acts[index]!(momentAt((hours += step)));
            return story;
          });
          await harness.deliver(stories.flatMap(({ events }) => events));
          const report = await reportOn(harness, { from: '2026-02-01', to: '2026-05-31', asOf: momentAt(asOfHours) });
          for (const [part, [count, listed]] of Object.entries(await countsAndLists(report))) {
            expect({ part, listed }).toEqual({ part, listed: count });
          }
          const { denominator, parts } = report.rates.R4;
          expect(parts['R4a']).toMatchObject({ denominator: denominator + (parts['excluded'] as number) });
        },
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);
});
