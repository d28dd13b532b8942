import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  acceptedTip,
  ELSEWHERE,
  NATION,
  OTHER_WARD,
  PROCURACY,
  PROVINCE,
  statisticsHarness,
  unit,
  WARD,
} from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { caseWalks, journeys, momentAt, tell, tellCase } from '../testing/journeys.js';
import { dashboardPicture } from '../dashboard/dashboard-picture.js';
import { indicatorsOf, Reports } from './report-service.js';
import type { ReportWork } from './report-service.js';
import { unitComparison } from './unit-comparison.js';

const SCOPES = ['*', NATION, PROVINCE, WARD, OTHER_WARD, ELSEWHERE, PROCURACY, 'VKS-49'];

let harness: Harness;
let reports: Reports;
/** Reports that know of no earlier ones. */
const anew = (): Reports =>
  new Reports({ pool: harness.pool, clock: { now: () => new Date(momentAt(9_000)) }, feed: { latestRecordedMs: 0 } });
let computed: string[];

beforeAll(async () => {
  harness = await statisticsHarness();
});

afterAll(async () => {
  await harness.drop();
});

beforeEach(async () => {
  await harness.clear();
  // A clock that stands still: an answer is out of date by changes alone.
  reports = anew();
  computed = [];
});

const everything: ReportWork<object> = async (tx, request, tree) => ({
  picture: await dashboardPicture(tx, tree, request),
  indicators: await indicatorsOf(tx, request),
});
const shared = (scope: string) =>
  reports.shared('everything', {}, [scope], (...given) => {
    computed.push(scope);
    return everything(...given);
  });

describe('reports that callers share', () => {
  it('hold every change that was committed before they were asked for, in any scope', async () => {
    await fc.assert(
      fc.asyncProperty(journeys, caseWalks, fc.integer({ min: 30, max: 60 }), async (walks, cases, size) => {
        await harness.clear();
        const events = [...walks.map((walk) => tell(walk)), ...cases.map(tellCase)]
          .flatMap((story) => story.events)
          .sort((a, b) => (a.meta.recordedAt < b.meta.recordedAt ? -1 : 1));
        // What other tests left is not announced: `clear` is no change of facts.
        await harness.deliver([unit(`PC-50-${events.length}-${size}`, NATION, 'police', 'Công an phường')]);
        for (let from = 0; from < events.length; from += size) {
          await harness.deliver(events.slice(from, from + size));
          // Some are asked for after every change, others after several.
          for (const scope of SCOPES.filter((_, index) => (from / size + index) % 3 === 0)) {
            expect({ scope, ...(await shared(scope)) }).toEqual({
              scope,
              ...(await anew().report({}, [scope], everything)),
            });
          }
        }
      }),
      { numRuns: 2, endOnFailure: true },
    );
  }, 120_000);

  it('are computed once for many who ask at once, and again only for those whom a change concerns', async () => {
    await harness.deliver(acceptedTip('2026-01-05', WARD).events);
    const ask = () => Promise.all([...SCOPES, ...SCOPES, ...SCOPES].map(shared));
    await ask();
    expect(computed.toSorted()).toEqual(SCOPES.toSorted());
    computed = [];
    await ask();
    expect(computed).toEqual([]);
    await harness.deliver(acceptedTip('2026-01-06', ELSEWHERE).events);
    await ask();
    expect(computed.toSorted()).toEqual(['*', NATION, ELSEWHERE, 'VKS-49'].toSorted());
  });

  it('follow a unit that comes to lie elsewhere', async () => {
    await harness.deliver(acceptedTip('2026-01-05', OTHER_WARD).events);
    await shared(PROVINCE);
    await harness.deliver([
      { ...unit(OTHER_WARD, ELSEWHERE, 'police', 'Công an phường Bình Minh'), type: 'UnitChanged', version: 2 },
    ]);
    expect(await shared(ELSEWHERE)).toEqual(await anew().report({}, [ELSEWHERE], everything));
    expect(await shared(PROVINCE)).toEqual(await anew().report({}, [PROVINCE], everything));
    await harness.deliver([
      { ...unit(OTHER_WARD, PROVINCE, 'police', 'Công an phường Bình Minh'), type: 'UnitChanged', version: 3 },
    ]);
  });
});

/** The units beside each other, and the codes whose sums were read for it. */
const unitsOf = (of: Reports, scope: string, before?: () => Promise<void>) =>
  of.report({}, [scope], async (tx, { roots, window, to }, tree) => {
    const read: string[] = [];
    await before?.();
    const query = tx.query.bind(tx);
    tx.query = ((statement: { name?: string; values?: unknown[] }) => {
      if (statement.name?.startsWith('rollup-tip_rollup')) read.push(...(statement.values![0] as string[]));
      return query(statement as never);
    }) as never;
    try {
      return { units: await unitComparison(tx, tree, roots, window, to), read };
    } finally {
      tx.query = query;
    }
  });

describe('units beside each other', () => {
  beforeEach(async () => {
    await harness.deliver([...acceptedTip('2026-01-05', WARD).events, ...acceptedTip('2026-01-05', ELSEWHERE).events]);
    await unitsOf(reports, '*');
  });

  it('are read again only where something has changed, and show it', async () => {
    expect((await unitsOf(reports, '*')).read).toEqual([]);
    await harness.deliver(acceptedTip('2026-01-06', ELSEWHERE).events);
    const { units, read } = await unitsOf(reports, '*');
    expect(read.toSorted()).toEqual([ELSEWHERE, 'VKS-49']);
    expect(units).toEqual((await unitsOf(anew(), '*')).units);
    expect(units.find(({ unitCode }) => unitCode === ELSEWHERE)!.n).toBe(2);
  });

  it('show a change that was committed while they were computed to the next who asks', async () => {
    // The snapshot is older than the change, and its answer is finished after one that shows it.
    const old = await unitsOf(reports, '*', async () => {
      await harness.deliver(acceptedTip('2026-01-06', ELSEWHERE).events);
      await unitsOf(reports, '*');
    });
    expect(old.units.find(({ unitCode }) => unitCode === ELSEWHERE)!.n).toBe(1);
    const { units } = await unitsOf(reports, '*');
    expect(units.find(({ unitCode }) => unitCode === ELSEWHERE)!.n).toBe(2);
    expect(units).toEqual((await unitsOf(anew(), '*')).units);
  });

  it('are not given to another scope', async () => {
    expect((await unitsOf(reports, NATION)).read).toContain(PROVINCE);
    expect((await unitsOf(reports, PROVINCE)).read).toContain(WARD);
  });
});
