import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inScope } from '@app/security';
import fc from 'fast-check';
import { definitionOn } from '../indicators/definitions.js';
import { deadlineWave, factWave, oldestLate } from '../dashboard/deadlines-ahead.js';
import { setSizes, timeFigures } from '../indicators/figures.js';
import { readReportRequest } from '../indicators/report-request.js';
import type { ReportQuery } from '../indicators/report-request.js';
import { dayOf } from '../indicators/period-schemes.js';
import { factTrend, trend } from '../indicators/trend.js';
import { factUnitComparison, unitComparison } from '../indicators/unit-comparison.js';
import { SCHEMA } from '../migrations/statistics-migrations.js';
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
import { rollupSizes } from './rollup-reader.js';
import { CASE_TABLES, TIP_TABLES } from './rollup-tables.js';
import { fillRollups } from './rollup-filler.js';

let harness: Harness;

beforeAll(async () => {
  harness = await statisticsHarness();
});

afterAll(async () => {
  await harness.drop();
});

const TABLES = [...TIP_TABLES, ...CASE_TABLES].map((table) => `${SCHEMA}.${table}`).join(', ');
const clear = () => harness.clear();
beforeEach(clear);

const SCOPES = ['*', NATION, PROVINCE, WARD, OTHER_WARD, ELSEWHERE, PROCURACY, 'VKS'];
const day = (hours: number): string => momentAt(hours).slice(0, 10);

/** Sizes of all sets on the facts and out of the rollups. */
async function bothSizes(query: ReportQuery, scope: readonly string[], nowHours: number) {
  const tree = await harness.tree();
  const request = readReportRequest(query, { now: new Date(momentAt(nowHours)), tree, scope });
  return inScope(harness.pool, { units: ['*'] }, async (tx) => ({
    facts: await setSizes(tx, request.window, request.to),
    rollups: (await rollupSizes(tx, [request.window], definitionOn('R2', request.to).switches))?.[0] ?? null,
  }));
}

/** The newest moment of recording: a report of now. */
async function newest(): Promise<Date> {
  const { rows } = await harness.pool.query<{ newest: Date | null }>(
    `SELECT max(last_recorded_at) AS newest FROM ${SCHEMA}.tip_facts`,
  );
  return rows[0]!.newest ?? new Date(momentAt(0));
}

/** Every cell that holds anything, to compare what was added up in different ways. */
async function cells() {
  const rows: string[] = [];
  for (const table of ['tip_rollup', 'tip_rollup_pairs', 'case_rollup', 'case_rollup_pairs', 'tip_categories']) {
    const { rows: found } = await harness.pool.query<{ row: Record<string, unknown> }>(
      `SELECT json_strip_nulls(row_to_json(r)) AS row FROM ${SCHEMA}.${table} r`,
    );
    const keys = new Set(['unit', 'grain', 'bucket', 'supervised_by', 'ended_grain', 'ended', 'begun_grain', 'begun']);
    for (const { row } of found) {
      const holds = Object.keys(row).some(
        (name) => !keys.has(name) && !['t1', 'month', 'category', 'status'].includes(name),
      );
      delete row['t1'];
      if (holds) rows.push(`${table} ${JSON.stringify(row)}`);
    }
  }
  return rows.sort();
}

describe('rollups', () => {
  it('give every size that the facts give, for any scope, period and moment, after late entries and corrections', async () => {
    await fc.assert(
      fc.asyncProperty(
        journeys,
        caseWalks,
        fc.array(fc.tuple(fc.nat(SCOPES.length - 1), fc.nat(4_000), fc.nat(4_000), fc.nat(7_000)), {
          minLength: 6,
          maxLength: 6,
        }),
        fc.boolean(),
        async (walks, cases, questions, isUnusual) => {
          await clear();
          const events = [...walks.map((walk) => tell(walk, isUnusual)), ...cases.map(tellCase)].flatMap(
            (story) => story.events,
          );
          await harness.deliver(events, 30);
          for (const [scope, from, length, asOf] of questions) {
            const query = { from: day(from), to: day(from + length), asOf: momentAt(asOf) };
            for (const nowQuery of [query, { ...query, asOf: momentAt(9_000) }]) {
              const { facts, rollups } = await bothSizes(nowQuery, [SCOPES[scope]!], 9_000);
              expect({ scope: SCOPES[scope], ...nowQuery, ...rollups }).toEqual({
                scope: SCOPES[scope],
                ...nowQuery,
                ...facts,
              });
            }
          }
        },
      ),
      { numRuns: 15, endOnFailure: true },
    );
  }, 120_000);

  it('give the units beside each other, the trend and the wave of deadlines that the facts give', async () => {
    await fc.assert(
      fc.asyncProperty(
        journeys,
        caseWalks,
        fc.array(fc.tuple(fc.nat(SCOPES.length - 1), fc.nat(3_000), fc.nat(3_000)), { minLength: 4, maxLength: 4 }),
        async (walks, cases, questions) => {
          await clear();
          await harness.deliver(
            [...walks.map((walk) => tell(walk)), ...cases.map(tellCase)].flatMap(({ events }) => events),
          );
          const tree = await harness.tree();
          for (const [scope, from, length] of questions) {
            for (const now of [new Date(momentAt(9_000)), await newest()]) {
              const query = { from: day(from), to: day(from + length) };
              const { window, roots, to, asOf } = readReportRequest(query, { now, tree, scope: [SCOPES[scope]!] });
              await inScope(harness.pool, { units: ['*'] }, async (tx) => {
                expect(await unitComparison(tx, tree, roots, window, to)).toEqual(
                  await factUnitComparison(tx, tree, roots, window, to),
                );
                const report = { ...window, asOfDay: dayOf(asOf) };
                expect(await trend(tx, report, 14)).toEqual(await factTrend(tx, report, 14));
                expect(await deadlineWave(tx, window, new Date(asOf))).toEqual(
                  await factWave(tx, window.units, dayOf(asOf)),
                );
              });
            }
          }
        },
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);

  it('give the processing times, what is still open included, that the facts give', async () => {
    await fc.assert(
      fc.asyncProperty(
        journeys,
        fc.array(fc.tuple(fc.nat(SCOPES.length - 1), fc.nat(3_000), fc.nat(3_000)), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        async (walks, questions, isUnusual) => {
          await clear();
          await harness.deliver(
            walks.flatMap((walk) => tell(walk, isUnusual).events),
            20,
          );
          const tree = await harness.tree();
          for (const [scope, from, length] of questions) {
            for (const now of [new Date(momentAt(9_000)), await newest()]) {
              const query = { from: day(from), to: day(from + length) };
              const { window, to } = readReportRequest(query, { now, tree, scope: [SCOPES[scope]!] });
              await inScope(harness.pool, { units: ['*'] }, async (tx) => {
                const kept = await timeFigures(tx, window, to, {});
                expect({ scope: SCOPES[scope], ...query, kept }).toEqual({
                  scope: SCOPES[scope],
                  ...query,
                  kept: await timeFigures(tx, { ...window, rollup: null }, to, {}),
                });
              });
            }
          }
        },
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 120_000);

  it('leave the oldest late matters to an index: those of the facts, of any scope', async () => {
    const walks = fc.sample(journeys, { numRuns: 4, seed: 11 }).flat();
    const cases = fc.sample(caseWalks, { numRuns: 4, seed: 11 }).flat();
    // Two a day in each of two places: as many are late from the same moment.
    const late = Array.from({ length: 48 }, (_, index) =>
      acceptedTip(`2026-01-${10 + (index >> 2)}`, index % 2 === 0 ? WARD : ELSEWHERE),
    );
    const stories = [...walks.map((walk) => tell(walk)), ...cases.map(tellCase), ...late];
    await harness.deliver(stories.flatMap(({ events }) => events));
    const now = new Date(momentAt(9_000));
    const tree = await harness.tree();
    const { rows } = await harness.pool.query<{ id: string; units: string[]; breach: Date }>(
      `SELECT tip_id AS id, ARRAY[unit_code, supervised_by] AS units, term_breach_at AS breach FROM ${SCHEMA}.tip_facts
       WHERE decided_at IS NULL AND merged_at IS NULL AND NOT is_suspended AND term_breach_at <= $1
       UNION ALL
       SELECT case_id, ARRAY[unit_code, supervised_by], term_breach_at FROM ${SCHEMA}.case_facts
       WHERE decided_at IS NULL AND term_breach_at <= $1`,
      [now.toISOString()],
    );
    expect(rows.length).toBeGreaterThan(20);
    const byAge = rows.toSorted((a, b) => a.breach.getTime() - b.breach.getTime() || (a.id < b.id ? -1 : 1));
    for (const scope of SCOPES) {
      const { window } = readReportRequest({}, { now, tree, scope: [scope] });
      const mine = byAge.filter(
        ({ units }) => window.units === null || units.some((code) => window.units!.includes(code)),
      );
      const shown = await inScope(harness.pool, { units: [scope] }, (tx) => oldestLate(tx, tree, window.units, now));
      expect({ scope, ids: shown.map(({ matterId }) => matterId) }).toEqual({
        scope,
        ids: mine.slice(0, 10).map(({ id }) => id),
      });
    }
  });

  it('are the same whether kept event by event, in batches, or filled from the facts', async () => {
    await fc.assert(
      fc.asyncProperty(journeys, caseWalks, async (walks, cases) => {
        const events = [...walks.map((walk) => tell(walk)), ...cases.map(tellCase)].flatMap((story) => story.events);
        await clear();
        await harness.deliver(events, 7);
        const small = await cells();
        await clear();
        await harness.deliver(events, 200);
        expect(await cells()).toEqual(small);
        await harness.pool.query(
          `TRUNCATE ${TABLES.split(', ')
            .filter((table) => !table.endsWith('_facts'))
            .join(', ')}`,
        );
        await harness.pool.query(`
          INSERT INTO ${SCHEMA}.tip_rollup_backlog (filled_up_to) VALUES ('00000000-0000-0000-0000-000000000000');
          INSERT INTO ${SCHEMA}.case_rollup_backlog (filled_up_to) VALUES ('00000000-0000-0000-0000-000000000000')`);
        await fillRollups(harness.pool, SCHEMA);
        expect(await cells()).toEqual(small);
      }),
      { numRuns: 6, endOnFailure: true },
    );
  }, 120_000);

  it('follow a unit that comes to lie elsewhere', async () => {
    const walks = fc.sample(journeys, { numRuns: 3, seed: 7 }).flat();
    const version = 2;
    const moved = {
      ...unit(OTHER_WARD, ELSEWHERE, 'police', 'Công an phường Bình Minh'),
      type: 'UnitChanged',
      version,
    };
    const back = {
      ...unit(OTHER_WARD, PROVINCE, 'police', 'Công an phường Bình Minh'),
      type: 'UnitChanged',
      version: 3,
    };
    await harness.deliver(walks.flatMap((walk) => tell(walk).events));
    const before = await cells();
    await harness.deliver([moved]);
    for (const scope of SCOPES) {
      const { facts, rollups } = await bothSizes({ period: '2026', asOf: momentAt(9_000) }, [scope], 9_000);
      expect({ scope, ...rollups }).toEqual({ scope, ...facts });
    }
    await harness.deliver([back]);
    expect(await cells()).toEqual(before);
  });
});
