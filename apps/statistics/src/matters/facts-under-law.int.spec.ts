import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { TOPIC_NAMES } from '@app/contracts';
import { inTransaction } from '@app/event-store';
import { LAW_STREAM, PublishedLaw, publishedLawConsumer, Recompute } from '@app/law-book';
import { LATEST_CALENDAR, scheduleOf } from '@app/legal-time-limits';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import fc from 'fast-check';
import { SCHEMA } from '../migrations/schema.js';
import { acceptedTip, PROVINCE, statisticsHarness, WARD } from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';
import { caseWalks, HOUR, journeys, momentAt, tell, tellCase } from '../testing/journeys.js';
import { caseFactsUnderLaw, tipFactsUnderLaw } from './facts-under-law.js';
import { CASE_FACTS, caseFactsConsumer, TIP_FACTS, tipFactsConsumer } from './matters.consumers.js';

let harness: Harness;

beforeAll(async () => {
  harness = await statisticsHarness();
}, 60_000);

afterAll(() => harness?.drop());

/** What an operator publishes: days off from a day on, taken back or not, or a longer limit; at an hour of 2026. */
type Publication = { atHours: number } & ({ offFrom: number; days: number } | { limit: number });

const publications = fc
  .array(
    fc.oneof(
      fc.record({
        atHours: fc.integer({ min: 100, max: 4_500 }),
        offFrom: fc.nat(160),
        days: fc.integer({ min: 2, max: 40 }),
      }),
      fc.record({ atHours: fc.integer({ min: 100, max: 4_500 }), limit: fc.integer({ min: 15, max: 40 }) }),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((list) =>
    list.sort((a, b) => a.atHours - b.atHours).map((one, index) => ({ ...one, atHours: one.atHours + index / 100 })),
  );

const dayAt = (index: number): string => momentAt(index * 24 + 12).slice(0, 10);
const document = { number: 'CV 1', signedOn: '2026-01-01' };
const stated = { document, announcedOn: '2026-01-01', reason: 'Một lý do', confirmedMoves: 0 };

function published(list: readonly Publication[]): DeliveredEvent[] {
  return list.map((one, index) => {
    const publishedAt = momentAt(one.atHours);
    const lawNumber = index + 1;
    const data =
      'limit' in one
        ? {
            lawNumber,
            rule: 'CPC-147-1',
            row: { from: dayAt(Math.floor(one.atHours / 48)), lengths: { limit: { n: one.limit, unit: 'd' } } },
            ...stated,
            publishedAt,
          }
        : { lawNumber, calendarVersion: `2026.${lawNumber}`, year: 2026, ...scheduleWith(one), ...stated, publishedAt };
    return {
      id: randomUUID(),
      stream: LAW_STREAM,
      version: lawNumber,
      type: 'limit' in one ? 'RuleVersionPublished' : 'CalendarVersionPublished',
      eventVersion: 1,
      data: data as unknown as Record<string, unknown>,
      meta: {
        actor: { id: 'quantri', role: 'operator', unit: '*' },
        correlationId: LAW_STREAM,
        causationId: null,
        happenedAt: publishedAt,
        recordedAt: publishedAt,
        source: 'ui',
      },
      position: { xid: '1', gp: String(lawNumber) },
      topic: TOPIC_NAMES.lawVersions,
    };
  });
}

/** The schedule of 2026 with further days off; each version begins with the released one. */
function scheduleWith({ offFrom, days }: { offFrom: number; days: number }) {
  const { offDays, workingSaturdays } = scheduleOf(LATEST_CALENDAR, 2026);
  const listed = offDays.map(({ day, kind, name }) => ({ day, kind, vi: name.vi, en: name.en }));
  const known = new Set(listed.map(({ day }) => day));
  const added = Array.from({ length: days }, (_, index) => dayAt(offFrom + index)).filter(
    (day) => !known.has(day) && ![0, 6].includes(new Date(`${day}T00:00:00Z`).getUTCDay()),
  );
  return {
    offDays: [...listed, ...added.map((day) => ({ day, kind: 'holiday', vi: 'Nghỉ', en: 'Off' }))],
    workingSaturdays,
  };
}

interface Service {
  deliver(events: readonly DeliveredEvent[]): Promise<void>;
  recompute(batchSize: number, batches?: number): Promise<void>;
  rows(): Promise<Record<string, string[]>>;
}

/** The service with empty tables and nothing in memory. */
async function fresh(): Promise<Service> {
  await harness.clear();
  await harness.pool.query(`TRUNCATE ${SCHEMA}.law_versions, ${SCHEMA}.law_recomputes`);
  const law = new PublishedLaw(SCHEMA);
  const consumers: Consumer[] = [
    publishedLawConsumer(SCHEMA, [TIP_FACTS, CASE_FACTS]),
    tipFactsConsumer(law),
    caseFactsConsumer(law),
  ];
  return {
    async deliver(events) {
      for (const consumer of consumers) {
        const mine = events.filter(({ topic }) => consumer.topics.includes(topic));
        if (mine.length > 0) await inTransaction(harness.pool, (tx) => consumer.handle(mine, tx));
      }
    },
    async recompute(batchSize, batches = Infinity) {
      const models = [tipFactsUnderLaw, caseFactsUnderLaw].map((model) => ({ ...model, batchSize }));
      let left = batches;
      // As after a restart: what is known is in the tables alone.
      await new Recompute(harness.pool, SCHEMA, new PublishedLaw(SCHEMA), models).drain(() => (left -= 1) < 0);
    },
    rows: () => rowsOf(consumers),
  };
}

/** Facts to the byte, sums by what they amount to. */
async function rowsOf(consumers: readonly Consumer[]): Promise<Record<string, string[]>> {
  return inTransaction(
    harness.pool,
    async (tx) => {
      const found: Record<string, string[]> = {};
      for (const { rebuild } of consumers.slice(1)) {
        if (!rebuild || !('tables' in rebuild)) continue;
        for (const table of rebuild.tables) {
          const { rows } = await tx.query<{ row: Record<string, unknown> }>(
            `SELECT row_to_json(t) AS row FROM ${SCHEMA}.${table} t`,
          );
          const canonical = rebuild.canonical?.[table] ?? JSON.stringify;
          found[table] = rows.flatMap(({ row }) => canonical(row) ?? []).sort();
        }
      }
      return found;
    },
    { settings: { 'app.units': '*' } },
  );
}

const transfers = (events: readonly DeliveredEvent[]): number =>
  events.filter(({ type }) => type === 'CrimeTipTransferred').length;

describe('facts and sums under a law that is published while matters are open', () => {
  it('are the same whatever is heard of first, and after any interruption', async () => {
    await fc.assert(
      fc.asyncProperty(
        publications,
        journeys,
        caseWalks,
        fc.array(fc.record({ take: fc.integer({ min: 1, max: 30 }), recompute: fc.boolean() }), { maxLength: 12 }),
        async (list, walks, cases, turns) => {
          const laws = published(list);
          const events = [
            // Beyond a first transfer the facts do not say which one handled the tip: told in the module.
            ...walks
              .map((walk) => tell(walk))
              .map(({ events: told }) => told)
              .filter((told) => transfers(told) < 2),
            ...cases.filter(([, decision]) => decision !== 'return').map((one) => tellCase(one).events),
          ].flat();
          const lawFirst = await fresh();
          for (const law of laws) await lawFirst.deliver([law]);
          await lawFirst.deliver(events);
          await lawFirst.recompute(1_000);
          const expected = await lawFirst.rows();

          const lawLast = await fresh();
          await lawLast.deliver(events);
          await lawLast.deliver(laws);
          await lawLast.recompute(3, 2);
          await lawLast.recompute(3);
          expect(await lawLast.rows()).toEqual(expected);

          const mixed = await fresh();
          const [waiting, coming] = [[...laws], [...events]];
          for (const { take, recompute } of turns) {
            await mixed.deliver(coming.splice(0, take));
            await mixed.deliver(waiting.splice(0, 1));
            if (recompute) await mixed.recompute(5, 1);
          }
          await mixed.deliver(waiting);
          await mixed.deliver(coming);
          await mixed.recompute(7);
          expect(await mixed.rows()).toEqual(expected);
        },
      ),
      { numRuns: 40, seed: 20261121 },
    );
  }, 180_000);

  it('are the same where the publication fell into an acceptance that a transfer has ended since', async () => {
    const { events } = acceptedTip('2026-01-01', WARD)
      .prolonged('2026-01-15')
      .transferred('2026-02-01')
      .acknowledged('2026-02-02')
      .accepted('2026-02-03');
    // Heard of on 21 January: the days after the end of the prolonged term, Monday 2 March, are off.
    const laws = published([{ atHours: 20 * 24, offFrom: 60, days: 3 }]);
    const found: Record<string, string[]>[] = [];
    for (const order of [
      [laws, events],
      [events, laws],
    ]) {
      const service = await fresh();
      for (const batch of order) await service.deliver(batch);
      await service.recompute(10);
      found.push(await service.rows());
    }
    expect(found[1]).toEqual(found[0]);
    const { earlier_terms } = JSON.parse(found[0]!['tip_facts']![0]!) as {
      earlier_terms: { breachAt: string | null }[];
    };
    expect(earlier_terms.map(({ breachAt }) => breachAt?.slice(0, 10))).toEqual([
      '2026-01-22',
      '2026-03-03',
      '2026-03-06',
      undefined,
    ]);
  }, 30_000);

  it('moves what is owed in rows that an earlier program folded, and keeps what was known', async () => {
    const story = acceptedTip('2026-01-01', PROVINCE).prolonged('2026-01-15');
    const service = await fresh();
    await service.deliver(story.events);
    const asBefore = `UPDATE ${SCHEMA}.tip_facts SET term_acts = (SELECT jsonb_agg(act - 'recordedAt')
      FROM jsonb_array_elements(term_acts) AS act)`;
    await inTransaction(harness.pool, (tx) => tx.query(asBefore), { settings: { 'app.units': '*' } });
    // Two months in all end on Sunday 1 March, arguably on Monday the 2nd: off now, as the days after it.
    await service.deliver(published([{ atHours: 30 * 24, offFrom: 60, days: 3 }]));
    await service.recompute(10);
    const [row] = (await service.rows())['tip_facts']!.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(row).toMatchObject({ term_latest_arguable: '2026-03-05' });
    const known = row!['earlier_terms'] as { breachAt: string; recordedAt: string }[];
    expect(known.map(({ breachAt, recordedAt }) => [breachAt.slice(0, 10), recordedAt.slice(0, 10)])).toEqual([
      ['2026-01-22', '2026-01-01'],
      ['2026-03-03', '2026-01-15'],
    ]);
  }, 30_000);

  it('finds that publications move figures at all', async () => {
    const story = tell({
      receivedAtHours: 10,
      unit: 2,
      walk: [
        { choice: 0, afterHours: 1, lateHours: 0 },
        { choice: 1, afterHours: 1, lateHours: 0 },
      ],
    });
    const service = await fresh();
    await service.deliver(story.events);
    const before = await service.rows();
    // Accepted on 1 January: twenty days end on the 21st; the 19th to the 23rd are off now, and the law is heard of on the 10th.
    const atHours = 9 * 24;
    await service.deliver(published([{ atHours, offFrom: 18, days: 5 }]));
    await service.recompute(10);
    const after = await service.rows();
    const [row] = after['tip_facts']!.map((text) => JSON.parse(text) as Record<string, unknown>);
    expect(row).toMatchObject({ term_due: '2026-01-21', term_latest_arguable: '2026-01-26' });
    expect(Date.parse(row!['term_recorded_at'] as string)).toBe(Date.parse(momentAt(0)) + atHours * HOUR);
    expect(row!['earlier_terms']).toMatchObject([{ rule: 'CPC-147-1', breachAt: '2026-01-22T00:00:00+07:00' }]);
    expect(after['tip_rollup']).not.toEqual(before['tip_rollup']);
  }, 30_000);
});
