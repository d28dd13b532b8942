import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixedClock } from '@app/event-store';
import request from 'supertest';
import { PROVINCE, TipStory } from '../testing/harness.js';
import { type RunningDeadlines, runningDeadlines, tokenOf } from '../testing/running-deadlines.js';

const operator = tokenOf('quantri', ['operator'], ['*']);
const desk = tokenOf('dieutravien', ['investigator'], [PROVINCE]);
const accepted = (day: string): TipStory =>
  new TipStory()
    .received(`${day}T08:00:00+07:00`, { noticesTracked: false, unitCode: PROVINCE, unitLevel: 'province' })
    .accepted(`${day}T09:00:00+07:00`);
const before = accepted('2026-10-30');
const after = accepted('2026-11-02');
const closed = accepted('2026-11-02').declined('2026-11-05T08:00:00+07:00');
const draft = {
  rule: 'CPC-147-1',
  from: '2026-11-01',
  lengths: { limit: { n: 30, unit: 'd' } },
  cites: ['Luật 99/2026 147.1'],
  document: { number: 'Luật 99/2026', signedOn: '2026-10-20' },
  announcedOn: '2026-10-21',
};

let service: RunningDeadlines;

async function post(path: string, body: object, status: number, as = operator) {
  const response = await request(service.app.getHttpServer())
    .post(path)
    .set('authorization', `Bearer ${as}`)
    .set('idempotency-key', randomUUID())
    .send(body);
  expect([response.status, response.status === status ? '' : response.text]).toEqual([status, '']);
  return response.body;
}

async function get(path: string, as = operator) {
  const response = await request(service.app.getHttpServer()).get(path).set('authorization', `Bearer ${as}`);
  expect([response.status, response.status === 200 ? '' : response.text]).toEqual([200, '']);
  return response.body;
}

const rule = async (id: string) =>
  (await get('/api/rule-versions', desk)).items.find((one: { rule: string }) => one.rule === id);

async function resolving({ tipId }: TipStory) {
  const { items } = await get(`/api/tips/${tipId}/obligations`, desk);
  return items.find((one: { rule: string }) => one.rule === 'CPC-147-1');
}

beforeAll(async () => {
  service = await runningDeadlines({}, { clock: fixedClock('2026-11-10T10:00:00+07:00'), fires: false });
  await service.deliver([before, after, closed].flatMap(({ events }) => events));
});

afterAll(() => service.stop());

describe('a limit changed by law from a day on', () => {
  it('is refused with the field where the rule has no such length, the row changes nothing, or the rule is unknown', async () => {
    const fields = async (body: object) =>
      (await post('/api/rule-versions/preview', { ...draft, ...body }, 400)).errors.map(
        ({ field }: { field: string }) => field,
      );
    expect(await fields({ lengths: { limitIfRemote: { n: 30, unit: 'd' } } })).toEqual(['lengths.limitIfRemote']);
    expect(await fields({ lengths: { limit: { n: 20, unit: 'd' } }, cites: undefined })).toEqual(['rule']);
    expect(await fields({ rule: 'CPC-999' })).toEqual(['rule']);
    expect(await fields({ from: '2026-02-30' })).toEqual(['from']);
    expect(await fields({ lengths: { limit: { n: 1.5, unit: 'd' } } })).toEqual(['lengths.limit.n']);
    await post('/api/rule-versions/preview', draft, 403, desk);
  });

  it('shows what it moves: terms that began on its first day or later and are open', async () => {
    expect(await post('/api/rule-versions/preview', draft, 200)).toMatchObject({
      basedOn: 0,
      name: 'CPC-147-1 2026-11-01',
      moves: 1,
      byRule: [{ rule: 'CPC-147-1', count: 1, shift: { due: { least: 10, most: 10 } } }],
    });
    const { items } = await post('/api/rule-versions/preview/moves', draft, 200);
    expect(items).toMatchObject([
      { matterId: after.tipId, before: { due: '2026-11-22' }, after: { due: '2026-12-02' } },
    ]);
  });

  it('is published beside the released row, and the reason of a moved deadline names it', async () => {
    const reason = 'Luật sửa đổi kéo dài thời hạn giải quyết';
    await post('/api/rule-versions', { ...draft, reason, basedOn: 0, confirmedMoves: 2 }, 409);
    await post('/api/rule-versions', { ...draft, reason, basedOn: 0, confirmedMoves: 1 }, 201);
    for (let tries = 0; (await rule('CPC-147-1')).rows[1].published.recompute.finishedAt === null; tries += 1) {
      if (tries > 500) throw new Error('waited in vain for the recompute');
      await sleep(20);
    }
    const { rows } = await rule('CPC-147-1');
    expect(rows).toMatchObject([
      { effective: { from: '2018-01-01', to: null }, lengths: { limit: { n: 20, unit: 'd' } }, published: null },
      {
        effective: { from: '2026-11-01', to: null },
        lengths: { limit: { n: 30, unit: 'd' } },
        cites: ['Luật 99/2026 147.1'],
        published: { lawNumber: 1, publishedBy: 'quantri', reason, recompute: { moved: 1 } },
      },
    ]);
    const moved = await resolving(after);
    expect(moved).toMatchObject({ due: '2026-12-02', cites: ['Luật 99/2026 147.1'], generation: 2 });
    expect(moved.superseded).toMatchObject([{ due: '2026-11-22', supersededBy: 'RuleVersionPublished' }]);
    expect(moved.why.at(-2).vi).toContain('Quy tắc CPC-147-1 2026-11-01 (Luật 99/2026 20/10/2026)');
    expect(await resolving(before)).toMatchObject({ due: '2026-11-19', generation: 1 });
    expect(await resolving(closed)).toMatchObject({
      due: '2026-11-22',
      generation: 1,
      cites: expect.not.arrayContaining(['Luật 99/2026 147.1']),
    });
    const answer = await post('/api/time-limits/calculate', { rule: 'CPC-147-1', start: '2026-11-02' }, 200, desk);
    expect(answer.due).toBe('2026-12-02');
  });
});
