import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fixedClock, inTransaction } from '@app/event-store';
import type { ListAnswer } from '@app/http';
import { calendarAt, LATEST_CALENDAR, RELEASED_LAW, scheduleOf } from '@app/legal-time-limits';
import request from 'supertest';
import { inboxConsumer } from '../alerts/inbox.consumer.js';
import { inboxPage, movedSince } from '../alerts/inbox-list.js';
import { digestMail } from '../alerts/messages.js';
import { obligationSummary } from '../obligations/obligation-list.js';
import { deadlinesHarness, PROCURACY, PROVINCE, TipStory } from '../testing/harness.js';
import { type RunningDeadlines, runningDeadlines, tokenOf } from '../testing/running-deadlines.js';
import { LawBook } from './law-book.js';
import type { Move } from './preview-moves.js';

/** Friday 12/04/2024: the swap of Monday 29/04 with Saturday 04/05 is announced, 18 days before the days off begin to count. */
const ANNOUNCED = '2024-04-12T10:00:00+07:00';
const beforeSwap = () => new LawBook({ ...RELEASED_LAW, name: '2024-04-11', calendar: calendarAt('2024-04-11') });

const operator = tokenOf('quantri', ['operator'], ['*']);
const desk = tokenOf('dieutravien', ['investigator'], [PROVINCE]);
const elsewhere = tokenOf('canbo9', ['intake_officer'], ['PC-80-25480']);

const quiet = { noticesTracked: false };
/** A tip taken on by the province on that day of 2024. */
const accepted = (day: string): TipStory =>
  new TipStory()
    .received(`2024-${day}T08:00:00+07:00`, { ...quiet, unitCode: PROVINCE, unitLevel: 'province' })
    .accepted(`2024-${day}T09:00:00+07:00`);

// 20 days to Monday 29/04, a working day until the announcement.
const ending = accepted('04-09');
// A month after resumption, to Monday 29/04: a month term rolls off a day off.
const rolling = accepted('02-01').suspended('2024-02-21T08:00:00+07:00').resumed('2024-03-29T08:00:00+07:00');
// A month to Saturday 04/05, worked by the announcement: it comes two days earlier.
const nearer = accepted('02-01').suspended('2024-02-21T08:00:00+07:00').resumed('2024-04-04T08:00:00+07:00');
// Decided before the announcement: whatever is announced, it stays.
const closed = accepted('04-09').declined('2024-04-11T09:00:00+07:00');
// Ends on Friday 26/04: no changed day lies in it.
const untouched = accepted('04-06');
const STORIES = { ending, rolling, nearer, closed, untouched };

const schedule = scheduleOf(LATEST_CALENDAR, 2024);
const draft = {
  year: 2024,
  offDays: schedule.offDays,
  workingSaturdays: schedule.workingSaturdays,
  document: { number: 'CV 2450/VPCP-KGVX', signedOn: '2024-04-12' },
  announcedOn: '2024-04-12',
};
const reason = 'Hoán đổi ngày làm việc dịp 30/4 và 01/5';

let service: RunningDeadlines;
const clock = fixedClock(ANNOUNCED);

async function post(path: string, body: object, options: { as?: string; status?: number; key?: string } = {}) {
  const { as = operator, status = 200, key = randomUUID() } = options;
  const response = await request(service.app.getHttpServer())
    .post(path)
    .set('authorization', `Bearer ${as}`)
    .set('idempotency-key', key)
    .send(body);
  expect([response.status, response.status === status ? '' : response.text]).toEqual([status, '']);
  return response;
}

async function get(path: string, as = operator) {
  const response = await request(service.app.getHttpServer()).get(path).set('authorization', `Bearer ${as}`);
  expect([response.status, response.status === 200 ? '' : response.text]).toEqual([200, '']);
  return response.body;
}

async function obligationOf(story: TipStory, rule: string) {
  const { items } = await get(`/api/tips/${story.tipId}/obligations`, desk);
  return items.find((item: { rule: string; status: string }) => item.rule === rule && item.status !== 'cancelled');
}

async function rowsOf(story: TipStory): Promise<string> {
  const { rows } = await service.pool.query<{ row: string }>(
    'SELECT row_to_json(o)::text AS row FROM deadlines.obligations o WHERE matter_id = $1 ORDER BY id',
    [story.tipId],
  );
  return rows.map(({ row }) => row).join('\n');
}

async function recomputed(): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const { items } = await get('/api/calendar-versions');
    if (items[0].recompute.finishedAt !== null) return;
    await sleep(20);
  }
  throw new Error('waited in vain for the recompute');
}

async function eventsOf(type: string): Promise<Record<string, unknown>[]> {
  const { rows } = await service.pool.query('SELECT data FROM deadlines.events WHERE type = $1 ORDER BY xid, gp', [
    type,
  ]);
  return rows.map(({ data }) => data);
}

beforeAll(async () => {
  service = await runningDeadlines({}, { clock, law: beforeSwap(), fires: false });
  await service.deliver(Object.values(STORIES).flatMap(({ events }) => events));
});

afterAll(() => service.stop());

describe('late swap', () => {
  const before: Record<string, string> = {};

  it('shows beforehand which open duties would move and by how much, and writes nothing', async () => {
    for (const [name, story] of Object.entries(STORIES)) before[name] = await rowsOf(story);
    const { body } = await post('/api/calendar-versions/preview', draft);
    expect(body).toMatchObject({
      basedOn: 0,
      name: '2024-04-12.1',
      year: 2024,
      wasPublished: true,
      changedDays: [
        { day: '2024-04-29', works: false },
        { day: '2024-05-04', works: true },
      ],
      moves: 3,
      matters: 3,
      earlier: 1,
      late: 0,
      byUnit: [{ unitCode: PROVINCE, count: 3, earlier: 1 }],
      otherUnits: 0,
    });
    expect(body.byRule).toMatchObject([
      { rule: 'CPC-149-1', count: 2, shift: { safeBy: { least: 0, most: 0 }, due: { least: -2, most: 3 } } },
      { rule: 'CPC-147-1', count: 1, shift: { due: { least: 0, most: 0 }, latestArguable: { least: 3, most: 3 } } },
    ]);
    for (const [name, story] of Object.entries(STORIES)) expect(await rowsOf(story)).toBe(before[name]);
    expect(await eventsOf('CalendarVersionPublished')).toEqual([]);
  });

  it('lists them page by page and as a file', async () => {
    const items: Move[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/api/calendar-versions/preview/moves?limit=1${cursor === null ? '' : `&cursor=${cursor}`}`;
      const { body }: { body: ListAnswer<Move> } = await post(path, draft);
      expect(body.items.length).toBeLessThanOrEqual(1);
      items.push(...body.items);
      cursor = body.nextCursor;
    } while (cursor !== null);
    const whole = (await post('/api/calendar-versions/preview/moves', draft)).body.items;
    expect(items).toEqual(whole);
    expect(items.find(({ matterId }) => matterId === nearer.tipId)).toMatchObject({
      rule: 'CPC-149-1',
      before: { due: '2024-05-06', latestArguable: '2024-05-06' },
      after: { due: '2024-05-04', latestArguable: '2024-05-04' },
      shift: { safeBy: 0, due: -2, latestArguable: -2 },
    });
    const { text, headers } = await post('/api/calendar-versions/preview/moves.csv', draft);
    expect(headers['content-disposition']).toContain('calendar-2024-moves.csv');
    const lines = text.trim().split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines.filter((line) => line.includes(ending.tipId))[0]).toContain('2024-04-29,2024-05-02,0,0,3');
  });

  it('is refused with every fault at once: unpaired days, a missing holiday, a document from the future', async () => {
    const wrong = {
      ...draft,
      offDays: draft.offDays.filter(({ day }) => day !== '2024-05-01'),
      workingSaturdays: [],
      announcedOn: '2024-04-13',
      document: { number: '', signedOn: '2024-02-30' },
    };
    const malformed = await post('/api/calendar-versions/preview', wrong, { status: 400 });
    expect(malformed.body.errors.map(({ field }: { field: string }) => field).sort()).toEqual([
      'document.number',
      'document.signedOn',
    ]);
    const { body } = await post(
      '/api/calendar-versions/preview',
      { ...wrong, document: { number: 'CV 1', signedOn: '2024-04-14' } },
      { status: 400 },
    );
    expect(body.errors.map(({ field, constraint }: Record<string, string>) => `${field} ${constraint}`)).toEqual([
      'announcedOn future',
      'document.signedOn order',
      'offDays.7.day pair',
      'offDays holiday',
    ]);
    expect(body.errors[3].vi).toContain('01/05/2024');
    const past = { ...draft, offDays: draft.offDays.filter(({ day }) => day !== '2024-02-08') };
    const corrected = await post('/api/calendar-versions/preview', past, { status: 400 });
    expect(corrected.body.errors).toMatchObject([{ field: 'correctsPast', constraint: 'past' }]);
    expect(corrected.body.errors[0].en).toContain('2024-02-08');
    await post('/api/calendar-versions/preview', { ...past, correctsPast: true });
  });

  it('is published by an operator of the whole country alone, who confirms the number of duties that move', async () => {
    const publication = { ...draft, reason, basedOn: 0, confirmedMoves: 3 };
    const path = '/api/calendar-versions';
    await post(path, publication, { as: desk, status: 403 });
    const local = tokenOf('quantri80', ['operator'], [PROVINCE]);
    expect((await post(path, publication, { as: local, status: 403 })).body.code).toBe('LawNeedsWholeScope');
    const miscounted = await post(path, { ...publication, confirmedMoves: 4 }, { status: 409 });
    expect(miscounted.body).toMatchObject({ code: 'MovesChanged', facts: { confirmed: 4, actual: 3 } });
    const stale = await post(path, { ...publication, basedOn: 1 }, { status: 409 });
    expect(stale.body).toMatchObject({ code: 'LawVersionChanged', facts: { basedOn: 1, newest: 0 } });
    expect((await post(path, { ...publication, reason: 'vì' }, { status: 400 })).body.errors).toMatchObject([
      { field: 'reason' },
    ]);
    expect(await eventsOf('CalendarVersionPublished')).toEqual([]);
  });

  it('moves what is open by an event that names the reason and leaves what is closed to the byte', async () => {
    const key = randomUUID();
    const publication = { ...draft, reason, basedOn: 0, confirmedMoves: 3 };
    const first = await post('/api/calendar-versions', publication, { status: 201, key });
    expect(first.body).toMatchObject({ lawNumber: 1, calendarVersion: '2024-04-12.1', queued: 3 });
    const again = await post('/api/calendar-versions', publication, { status: 201, key });
    expect(again.body).toEqual(first.body);
    await post('/api/calendar-versions', { ...publication, reason: 'Một lý do khác hẳn' }, { status: 422, key });
    await recomputed();

    expect(await rowsOf(closed)).toBe(before['closed']);
    expect(await rowsOf(untouched)).toBe(before['untouched']);
    expect(await obligationOf(ending, 'CPC-147-1')).toMatchObject({
      due: '2024-04-29',
      latestArguable: '2024-05-02',
      generation: 2,
      calendarVersion: '2024-04-12.1',
    });
    expect(await obligationOf(rolling, 'CPC-149-1')).toMatchObject({ due: '2024-05-02', latestArguable: '2024-05-02' });
    const { due, superseded, why } = await obligationOf(nearer, 'CPC-149-1');
    expect(due).toBe('2024-05-04');
    expect(superseded).toMatchObject([
      { due: '2024-05-06', supersededBy: 'CalendarVersionPublished', law: { number: 1, name: '2024-04-12.1' } },
    ]);
    expect(why.at(-2).vi).toContain('Lịch nghỉ phiên bản 2024-04-12.1 (CV 2450/VPCP-KGVX 12/04/2024)');
    expect((await obligationOf(closed, 'CPC-147-1')).calendarVersion).toBe('2024-04-11');

    const [published] = await eventsOf('CalendarVersionPublished');
    expect(published).toMatchObject({ reason, confirmedMoves: 3, announcedOn: '2024-04-12' });
    const moved = await eventsOf('ObligationMoved');
    expect(moved.map(({ matterId }) => matterId).sort()).toEqual(
      [ending, rolling, nearer].map(({ tipId }) => tipId).sort(),
    );
    for (const one of moved) expect(one).toMatchObject({ lawNumber: 1, lawName: '2024-04-12.1', reason });
    expect(await eventsOf('ObligationsRecomputed')).toMatchObject([{ lawNumber: 1, matters: 3, moved: 3 }]);
  });

  it('keeps the version in the history with its source, its days and what it moved', async () => {
    const { items } = await get('/api/calendar-versions', desk);
    expect(items[0]).toMatchObject({
      lawNumber: 1,
      calendarVersion: '2024-04-12.1',
      year: 2024,
      sources: ['CV 2450/VPCP-KGVX 12/04/2024'],
      reason,
      publishedBy: 'quantri',
      recompute: { queued: 3, lookedAt: 3, moved: 3, failing: 0 },
    });
    expect(await get('/api/calendar-versions/years/2024')).toMatchObject({ published: true, basedOn: 1 });
    const unchanged = await post('/api/calendar-versions/preview', draft, { status: 400 });
    expect(unchanged.body.errors).toMatchObject([{ field: 'offDays', constraint: 'unchanged' }]);
  });

  it('the calculator goes by it from then on', async () => {
    const { body } = await post('/api/time-limits/calculate', { rule: 'CPC-149-1', start: '2024-03-29' }, { as: desk });
    expect(body).toMatchObject({ calendarVersion: '2024-04-12.1', due: '2024-05-02' });
  });

  it('tells the persons concerned that the date moved, from where and why, and the digest too', async () => {
    await service.pass(
      new Date('2024-04-12T11:00:00+07:00'),
      inboxConsumer(async () => undefined),
    );
    const { items } = await get('/api/inbox', desk);
    const told = items.filter(({ kind }: { kind: string }) => kind === 'moved');
    expect(told).toHaveLength(3);
    expect(told.find(({ matterId }: { matterId: string }) => matterId === rolling.tipId)).toMatchObject({
      kind: 'moved',
      due: '2024-05-02',
      moved: {
        publication: 'calendar',
        name: '2024-04-12.1',
        reason,
        before: { due: '2024-04-29' },
        after: { due: '2024-05-02' },
      },
    });
    expect((await get('/api/inbox', elsewhere)).items).toEqual([]);
    const mail = await inTransaction(
      service.pool,
      async (tx) =>
        digestMail(
          await obligationSummary(tx, undefined),
          [],
          await movedSince(tx, `'2024-04-12T00:00:00+07:00'::timestamptz`, 50),
          'https://tinbao.example',
        ),
      { settings: { 'app.units': '*' } },
    );
    expect(mail.text).toContain('Thời hạn đã dời trong 24 giờ qua: 3');
    expect(mail.text).toContain(`29/04/2024 → 02/05/2024 (29/04/2024 → 02/05/2024) | 2024-04-12.1: ${reason}`);
    const page = await inTransaction(service.pool, (tx) => inboxPage(tx, 'x', false, { limit: 50, after: undefined }), {
      settings: { 'app.units': PROCURACY },
    });
    const moved = page.filter(({ kind }) => kind === 'moved');
    expect(moved.map(({ as }) => as)).toEqual(['supervises', 'supervises', 'supervises']);
  });

  it('timers fire at the new moments only', async () => {
    const consumer = inboxConsumer(async () => undefined);
    const breached = async (at: string) => {
      await service.pass(new Date(at), consumer);
      return (await service.breaches()).map(({ obligationId, breachedAt }) => `${obligationId} ${breachedAt}`);
    };
    const idOf = async (story: TipStory, rule: string) => (await obligationOf(story, rule)).id;
    const told = await breached('2024-04-30T12:00:00+07:00');
    const of = (found: string[], id: string) => found.filter((line) => line.startsWith(id));
    const [first, second, third] = [
      await idOf(ending, 'CPC-147-1'),
      await idOf(rolling, 'CPC-149-1'),
      await idOf(nearer, 'CPC-149-1'),
    ];
    expect([...of(told, first), ...of(told, second), ...of(told, third)]).toEqual([]);
    expect(of(told, await idOf(untouched, 'CPC-147-1'))).toHaveLength(1);
    const later = await breached('2024-05-20T12:00:00+07:00');
    expect(of(later, first)).toEqual([`${first} 2024-05-02T17:00:00.000Z`]);
    expect(of(later, second)).toEqual([`${second} 2024-05-02T17:00:00.000Z`]);
    expect(of(later, third)).toEqual([`${third} 2024-05-04T17:00:00.000Z`]);
  });

  it('rebuilt from the logs the rows are the same to the byte, in any order of delivery and beside the publication', async () => {
    const { rows: log } = await service.pool.query(
      `SELECT * FROM deadlines.events WHERE stream LIKE 'law-version-%' ORDER BY xid, gp`,
    );
    const copy = await deadlinesHarness({ law: beforeSwap() });
    try {
      for (const { stream, version, type, event_version, id, data, meta, recorded_at } of log) {
        await copy.pool.query(
          `INSERT INTO deadlines.events (stream, version, type, event_version, id, data, meta, recorded_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
          [stream, version, type, event_version, id, data, meta, recorded_at],
        );
      }
      const events = Object.values(STORIES).flatMap((story) => story.events);
      await copy.deliver([...events].reverse(), 2);
      expect(await copy.rows()).toEqual(await service.rows());
    } finally {
      await copy.drop();
    }
  });
});
