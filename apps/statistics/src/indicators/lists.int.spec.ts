import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inScope } from '@app/security';
import fc from 'fast-check';
import { ELSEWHERE, PROCURACY, PROVINCE, statisticsHarness, WARD } from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { caseWalks, journeys, momentAt, tell, tellCase } from '../testing/journeys.js';
import { reportOn } from '../testing/reports.js';
import { caseCandidates, tipCandidates } from './candidates.js';
import { definitionOn, INDICATOR_IDS } from './definitions.js';
import { partsOf } from './matters-behind.js';

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

const SCOPES = ['*', PROVINCE, WARD, ELSEWHERE, PROCURACY];
const day = (hours: number): string => momentAt(hours).slice(0, 10);
const LISTS = INDICATOR_IDS.flatMap((id) => partsOf(id).map((part) => ({ id, part })));

describe('lists behind figures', () => {
  it('hold the matters that counting every matter gives, in their order, as many as the sums say, page after page', async () => {
    let listed = 0;
    await fc.assert(
      fc.asyncProperty(
        journeys,
        caseWalks,
        fc.array(fc.tuple(fc.nat(SCOPES.length - 1), fc.nat(3_000), fc.nat(3_000), fc.nat(7_000)), {
          minLength: 3,
          maxLength: 3,
        }),
        async (walks, cases, questions) => {
          await harness.clear();
          const events = [...walks.map((walk) => tell(walk)), ...cases.map(tellCase)].flatMap((story) => story.events);
          await harness.deliver(events, 40);
          for (const [scope, from, length, asOf] of questions) {
            const query = { from: day(from), to: day(from + length) };
            // Of now, and of a moment after which more was recorded.
            for (const at of [momentAt(9_000), momentAt(asOf)]) {
              const report = await reportOn(harness, { ...query, asOf: at }, [SCOPES[scope]!]);
              for (const { id, part } of LISTS) {
                const counted = await report.counted(id, part);
                const name = `${id}.${part}`;
                // Three at a time, so that most pages are looked for in several steps.
                expect({ name, ids: await report.behind(id, part, 4, 3) }).toEqual({ name, ids: counted });
                listed += counted.length;
              }
            }
          }
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
    // The stories are drawn anew each time: so few that no draw comes near, but never none.
    expect(listed).toBeGreaterThan(50);
  }, 120_000);

  it('read by indexes alone, as a reader does: no list but one looks through every matter', async () => {
    const at = (moment: string): string => `'${moment}'::timestamptz`;
    const window = { start: at('2026-01-01T00:00:00Z'), end: at('2026-07-01T00:00:00Z'), units: null };
    const place = {
      receivedAt: at('2025-12-01T00:00:00Z'),
      id: `'00000000-0000-0000-0000-000000000000'::uuid`,
      isInclusive: false,
    };
    const scanned: string[] = [];
    await inScope(harness.pool, { units: ['*'] }, async (tx) => {
      // What cannot be read by an index is scanned all the same; what can is not, however few rows there are.
      await tx.query(`SELECT set_config('enable_seqscan', 'off', true)`);
      for (const { id, part } of LISTS) {
        const sql = { ...window, asOf: at('2026-04-01T00:00:00Z') };
        const isCase = definitionOn(id, '2026-06-30').unitCounted === 'criminal-case';
        const isTime = id.startsWith('T') && part !== 'open';
        const name = isTime ? `${id}.closed` : `${id}.${part}`;
        const candidates = isCase
          ? caseCandidates(name, sql, place, '100')
          : tipCandidates(name, sql, place, '100', false);
        const { rows } = await tx.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${candidates}`);
        const plan = rows.map((row) => row['QUERY PLAN']).join('\n');
        if (/Seq Scan on (tip|case)_facts/.test(plan)) scanned.push(name);
      }
    });
    // Undecided cases have no index of their own: a look at each, without its history, for the list of open ones.
    expect(scanned).toEqual(['R4.open']);
  });
});
