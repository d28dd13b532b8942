import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ObligationMoved } from '@app/contracts';
import { type AppendCommand, type AppendVerdict, createPool, EventStore } from '@app/event-store';
import type { Caller } from '@app/http';
import { calendarAt, LATEST_CALENDAR, RELEASED_LAW, scheduleOf } from '@app/legal-time-limits';
import fc from 'fast-check';
import type { Pool, PoolClient } from 'pg';
import { calendarAuthor } from '../calendar/calendar-draft.js';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import { ruleAuthor } from '../rules/rule-draft.js';
import { deadlinesHarness, type Harness, PROVINCE, TipStory } from '../testing/harness.js';
import { DeadlineTimers } from '../timers/deadline-timers.js';
import { LawBook } from './law-book.js';
import type { LawAuthor } from './law-desk.js';
import { type Move, movesPage, previewMoves } from './preview-moves.js';
import { publishLaw } from './publish-law.js';
import { Recompute } from './recompute.js';

const beforeSwap = () => new LawBook({ ...RELEASED_LAW, name: '2024-04-11', calendar: calendarAt('2024-04-11') });
const NOON = new Date('2024-04-12T12:00:00+07:00');
const operator: Caller = { id: 'quantri', name: '', roles: ['operator'], units: ['*'], role: 'operator', unit: '*' };
const announcement = { document: { number: 'CV 2450', signedOn: '2024-04-12' }, announcedOn: '2024-04-12' };

let harness: Harness;
let law = beforeSwap();
const pools: Pool[] = [];

const schedule = scheduleOf(LATEST_CALENDAR, 2024);
const SWAP = calendarAuthor({ schedule, ...announcement, correctsPast: false });
/** The announcement taken back: Monday 29/04 works again. */
const WITHDRAWAL = calendarAuthor({
  schedule: scheduleOf(calendarAt('2024-04-11'), 2024),
  ...announcement,
  correctsPast: false,
});
const LONGER = ruleAuthor({
  rule: 'CPC-147-1',
  row: { from: '2024-04-01', lengths: { limit: { n: 25, unit: 'd' } } },
  ...announcement,
});
const ROLLING = ruleAuthor({
  rule: 'TTLT17-9',
  row: { from: '2018-03-01', readings: { rollsDayTerms: true, startDayCounts: true } },
  ...announcement,
});
const SOONER_REPORTS = ruleAuthor({
  rule: 'CPC-149-1',
  row: { from: '2024-03-01', lengths: { limit: { n: 20, unit: 'd' } } },
  ...announcement,
});

function instance(storeOf = (pool: Pool) => new EventStore({ pool, schema: SCHEMA }), batchSize = 7): Recompute {
  const pool = createPool(harness.url, { max: 3 });
  pools.push(pool);
  return new Recompute(pool, storeOf(pool), beforeSwap(), { batchSize });
}

async function publish(author: LawAuthor, at = NOON): Promise<number> {
  const { number } = await law.newest(harness.pool);
  const { lawNumber } = await publishLaw(harness.pool, harness.store, law, at, {
    caller: operator,
    correlationId: 'drill',
    idempotency: undefined,
    basedOn: number,
    publicationAfter: (last, publishedAt) => author.publicationAfter(last, publishedAt),
  });
  return lawNumber;
}

async function previewed(author: LawAuthor, at = NOON): Promise<Move[]> {
  const history = await law.history(harness.pool);
  const draft = author.draftAfter(history.at(-1)!, at.toISOString());
  const moves: Move[] = [];
  for (;;) {
    const last = moves.at(-1);
    const after = last ? ([last.matterId, last.obligationId] as const) : undefined;
    const page = await movesPage(harness.pool, history, draft, { limit: 13, ...(after ? { after } : {}) });
    moves.push(...page.slice(0, 13));
    if (page.length <= 13) break;
  }
  const summary = await previewMoves(harness.pool, history, draft, at);
  expect(summary.moves).toBe(moves.length);
  expect(summary.byRule.reduce((sum, { count }) => sum + count, 0)).toBe(moves.length);
  expect(summary.byUnit.reduce((sum, { count }) => sum + count, 0)).toBe(moves.length);
  return moves;
}

async function moved(lawNumber: number): Promise<ObligationMoved[]> {
  const { rows } = await harness.pool.query<{ data: ObligationMoved }>(
    `SELECT data FROM deadlines.events WHERE type = 'ObligationMoved' AND (data->>'lawNumber')::int = $1`,
    [lawNumber],
  );
  return rows.map(({ data }) => data);
}

async function count(sql: string): Promise<number> {
  const { rows } = await harness.pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`);
  return rows[0]!.n;
}

const byId = <T extends { obligationId: string }>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => (a.obligationId < b.obligationId ? -1 : 1));

/** The rows that a service makes which has only the logs: the same publications and the same events. */
async function rebuilt(stories: readonly TipStory[]): Promise<string[]> {
  const { rows: log } = await harness.pool.query(
    `SELECT stream, version, type, event_version, id, data, meta, recorded_at FROM deadlines.events
     WHERE stream LIKE 'law-version-%' ORDER BY version`,
  );
  const copy = await deadlinesHarness({ law: beforeSwap() });
  try {
    for (const event of log) {
      await copy.pool.query(
        `INSERT INTO deadlines.events (stream, version, type, event_version, id, data, meta, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        Object.values(event),
      );
    }
    await copy.deliver(stories.flatMap(({ events }) => events));
    return await copy.rows();
  } finally {
    await copy.drop();
  }
}

const quiet = { noticesTracked: false, unitCode: PROVINCE, unitLevel: 'province' };
const at = (day: string, hour = '08'): string => `2024-${day}T${hour}:00:00+07:00`;
const ending = (): TipStory => new TipStory().received(at('04-09'), quiet).accepted(at('04-09', '09'));

/** Tips of any kind around the announcement, decided or not. */
const anyTips = fc.sample(
  fc.record({
    received: fc.integer({ min: -80, max: 11 }),
    accepted: fc.integer({ min: 0, max: 6 }),
    assigned: fc.boolean(),
    prolonged: fc.option(fc.integer({ min: 1, max: 15 })),
    suspended: fc.option(fc.integer({ min: 16, max: 25 })),
    resumed: fc.option(fc.integer({ min: 26, max: 70 })),
    decided: fc.option(fc.integer({ min: 71, max: 90 })),
  }),
  { numRuns: 240, seed: 20240412 },
);

function storyOf({
  received,
  accepted,
  assigned,
  prolonged,
  suspended,
  resumed,
  decided,
}: (typeof anyTips)[number]): TipStory {
  const start = Date.parse('2024-04-01T01:00:00Z') + received * 86_400_000;
  const last = Date.parse('2024-04-12T03:00:00Z');
  const story = new TipStory().received(new Date(start).toISOString(), { ...quiet, noticesTracked: true });
  const when = (days: number): string | null => {
    const moment = start + days * 86_400_000 + 3_600_000;
    return moment > last ? null : new Date(moment).toISOString();
  };
  const accept = when(accepted);
  if (accept === null) return story;
  story.accepted(accept);
  if (assigned) story.assigned(new Date(Date.parse(accept) + 60_000).toISOString());
  const step = (days: number | null, act: (moment: string) => void): boolean => {
    const moment = days === null ? null : when(accepted + days);
    if (moment !== null) act(moment);
    return moment !== null;
  };
  step(prolonged, (moment) => story.prolonged(moment));
  const isSuspended = step(suspended, (moment) => story.suspended(moment));
  if (isSuspended) step(resumed, (moment) => story.resumed(moment));
  step(decided, (moment) => story.declined(moment));
  return story;
}

beforeAll(async () => {
  harness = await deadlinesHarness({ law: beforeSwap() });
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  await harness.pool.query(
    `TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers, deadlines.events, deadlines.commands,
       deadlines.recomputes, deadlines.recompute_queue`,
  );
  law = beforeSwap();
});

afterAll(() => harness.drop());

describe('recomputing what is open', () => {
  it('late swap: killed in the middle it goes on where it was, and moves each duty once', async () => {
    const stories = Array.from({ length: 60 }, ending);
    await harness.deliver(stories.flatMap(({ events }) => events));
    await publish(SWAP);
    let batches = 0;
    // The rows and the events of the third batch are written when the server ends the session, before the commit.
    class KilledStore extends EventStore {
      override async appendIn(tx: PoolClient, commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
        const verdicts = await super.appendIn(tx, commands);
        batches += 1;
        if (batches === 3) await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
        return verdicts;
      }
    }
    await expect(instance((pool) => new KilledStore({ pool, schema: SCHEMA })).drain()).rejects.toThrow();
    expect(await count('deadlines.recompute_queue')).toBe(46);
    expect(await moved(1)).toHaveLength(14);
    expect(await instance().drain()).toBe(46);
    const told = await moved(1);
    expect(told).toHaveLength(60);
    expect(new Set(told.map(({ obligationId }) => obligationId)).size).toBe(60);
    expect(await count(`deadlines.events WHERE type = 'ObligationsRecomputed'`)).toBe(1);
    expect(await instance().drain()).toBe(0);
    expect(await harness.rows()).toEqual(await rebuilt(stories));
  });

  it('late swap: two instances side by side move each duty once', async () => {
    const stories = Array.from({ length: 120 }, ending);
    await harness.deliver(stories.flatMap(({ events }) => events));
    await publish(SWAP);
    await Promise.all([instance(undefined, 5).drain(), instance(undefined, 5).drain(), instance(undefined, 5).drain()]);
    const told = await moved(1);
    expect(told).toHaveLength(120);
    expect(new Set(told.map(({ obligationId }) => obligationId)).size).toBe(120);
    const { rows } = await harness.pool.query('SELECT looked_at, moved, finished_at FROM deadlines.recomputes');
    expect(rows).toMatchObject([{ looked_at: 120, moved: 120, finished_at: expect.any(Date) }]);
    expect(await count(`deadlines.events WHERE type = 'ObligationsRecomputed'`)).toBe(1);
  });

  it('the preview names exactly what a publication then moves, to the day, for calendars and rules one after another', async () => {
    const stories = anyTips.map(storyOf);
    await harness.deliver(stories.flatMap(({ events }) => events));
    let moves = 0;
    for (const [i, author] of [SWAP, LONGER, WITHDRAWAL, ROLLING, SOONER_REPORTS, SWAP].entries()) {
      const when = new Date(NOON.getTime() + i * 3_600_000);
      const closed = await closedRows();
      const shown = await previewed(author, when);
      const number = await publish(author, when);
      await instance(undefined, 50).drain();
      const told = await moved(number);
      expect(byId(told).map(({ obligationId, before, after }) => ({ obligationId, before, after }))).toEqual(
        byId(shown).map(({ obligationId, before, after }) => ({ obligationId, before, after })),
      );
      expect(await closedRows()).toEqual(closed);
      moves += told.length;
    }
    // Six publications that move nothing would prove nothing.
    expect(moves).toBeGreaterThan(200);
    expect(await harness.rows()).toEqual(await rebuilt(stories));
  }, 120_000);

  it('acts recorded between publication and recomputing stand, and the move is told all the same', async () => {
    const prolonged = ending();
    const decided = ending();
    const before = [...prolonged.events, ...decided.events];
    await harness.deliver(before);
    await publish(SWAP);
    const [first, second] = [prolonged.events.length, decided.events.length];
    prolonged.prolonged(at('04-13'));
    decided.declined(at('04-14'));
    await harness.deliver([...prolonged.events.slice(first), ...decided.events.slice(second)]);
    await instance().drain();
    const told = await moved(1);
    expect(told.map(({ matterId }) => matterId).sort()).toEqual([prolonged.tipId, decided.tipId].sort());
    for (const { after } of told) expect(after.latestArguable).toBe('2024-05-02');
    expect(await harness.rows()).toEqual(await rebuilt([prolonged, decided]));
  });

  it('an act that is entered late, of a day before the publication, is judged by the law of that day', async () => {
    const story = ending();
    await harness.deliver(story.events);
    await publish(SWAP);
    await instance().drain();
    const known = story.events.length;
    story.declined(at('04-11'));
    await harness.deliver(story.events.slice(known));
    const { rows } = await harness.pool.query(
      `SELECT latest_arguable, generation, state FROM deadlines.obligations WHERE rule = 'CPC-147-1'`,
    );
    expect(rows).toEqual([{ latest_arguable: '2024-04-29', generation: 1, state: 'done' }]);
    expect(await harness.rows()).toEqual(await rebuilt([story]));
  });

  it('timers of a matter that is not recomputed yet wait for it', async () => {
    const story = ending();
    await harness.deliver(story.events);
    await publish(SWAP);
    const timers = new DeadlineTimers(harness.pool, harness.store, {
      nowSql: `'2024-04-30T08:00:00+07:00'::timestamptz`,
    });
    await timers.drain();
    expect(await harness.breaches()).toEqual([]);
    await instance().drain();
    await timers.drain();
    expect((await harness.breaches()).map(({ rule }) => rule)).not.toContain('CPC-147-1');
    const later = new DeadlineTimers(harness.pool, harness.store, {
      nowSql: `'2024-05-03T08:00:00+07:00'::timestamptz`,
    });
    await later.drain();
    expect((await harness.breaches()).filter(({ rule }) => rule === 'CPC-147-1')).toMatchObject([
      { latestArguable: '2024-05-02', breachedAt: '2024-05-02T17:00:00.000Z' },
    ]);
  });

  it('a matter that cannot be calculated waits by itself; the others go on and the publication stays unfinished', async () => {
    const broken = ending();
    const sound = ending();
    await harness.deliver([...broken.events, ...sound.events]);
    const { rows } = await harness.pool.query('SELECT facts FROM deadlines.matters WHERE matter_id = $1', [
      broken.tipId,
    ]);
    await harness.pool.query(
      `UPDATE deadlines.matters SET facts = '{"1": {"type": "CrimeTipReceived"}}' WHERE matter_id = $1`,
      [broken.tipId],
    );
    await publish(SWAP);
    const errors: string[] = [];
    const pool = createPool(harness.url, { max: 3 });
    pools.push(pool);
    const recompute = new Recompute(pool, harness.store, beforeSwap(), {
      onError: (matterId) => errors.push(matterId),
    });
    await recompute.drain();
    expect(errors).toEqual([broken.tipId]);
    expect((await moved(1)).map(({ matterId }) => matterId)).toEqual([sound.tipId]);
    expect(await count('deadlines.recomputes WHERE finished_at IS NULL')).toBe(1);
    await harness.pool.query('UPDATE deadlines.matters SET facts = $2 WHERE matter_id = $1', [
      broken.tipId,
      rows[0].facts,
    ]);
    await harness.pool.query('UPDATE deadlines.recompute_queue SET ready_at = now()');
    await recompute.drain();
    expect(await moved(1)).toHaveLength(2);
    expect(await count('deadlines.recomputes WHERE finished_at IS NULL')).toBe(0);
  });

  it('a publication that was made after another preview is refused and leaves no trace', async () => {
    await harness.deliver(ending().events);
    await publish(SWAP);
    const stale = publishLaw(harness.pool, harness.store, law, NOON, {
      caller: operator,
      correlationId: 'drill',
      idempotency: undefined,
      basedOn: 0,
      publicationAfter: (last, publishedAt) => WITHDRAWAL.publicationAfter(last, publishedAt),
    });
    await expect(stale).rejects.toMatchObject({ code: 'LawVersionChanged', status: 409 });
    expect(await count(`deadlines.events WHERE type = 'CalendarVersionPublished'`)).toBe(1);
  });
});

async function closedRows(): Promise<string[]> {
  const { rows } = await harness.pool.query<{ row: string }>(
    `SELECT row_to_json(o)::text AS row FROM deadlines.obligations o WHERE state <> 'open' ORDER BY id`,
  );
  expect(rows.length).toBeGreaterThan(100);
  return rows.map(({ row }) => row);
}
