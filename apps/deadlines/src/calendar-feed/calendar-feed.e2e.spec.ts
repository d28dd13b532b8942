import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { POLICE, PROVINCE, TipStory } from '../testing/harness.js';
import { OTHER_POLICE, type RunningDeadlines, runningDeadlines, tokenOf } from '../testing/running-deadlines.js';

const HOUR = 3_600_000;
const desk = tokenOf('canbo', ['intake_officer'], [POLICE]);
const province = tokenOf('dieutravien', ['investigator'], [PROVINCE]);
const auditor = tokenOf('kiemtoan', ['auditor'], ['*']);

let service: RunningDeadlines;
const fromNow = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();
const here = new TipStory().received(fromNow(-1), { noticesTracked: false });
const there = new TipStory().received(fromNow(-1), {
  noticesTracked: false,
  unitCode: OTHER_POLICE,
  registerNumber: { number: 77, year: 2026 },
});

const call = (method: 'get' | 'post' | 'delete', as: string) =>
  request(service.app.getHttpServer())[method]('/api/me/calendar-feed').set('authorization', `Bearer ${as}`);
const subscribe = (url: string) => request(service.app.getHttpServer()).get(new URL(url).pathname);
const open = async (as: string): Promise<string> => (await call('post', as).expect(201)).body.url;
const uids = (file: string): string[] => [...file.matchAll(/^UID:(.*)\r$/gm)].map(([, uid]) => uid!);

beforeAll(async () => {
  service = await runningDeadlines();
  await service.deliver([...here.events, ...there.events]);
});
afterAll(() => service.stop());

describe('the calendar of a person', () => {
  it('has each open duty of the own units on its safe last day, with article and number, without sign-in', async () => {
    const url = await open(desk);
    expect(url).toMatch(/^https:\/\/tinbao\.example\/calendar\/[A-Za-z0-9_-]{43}\.ics$/);
    const { text, headers } = await subscribe(url).expect(200);
    expect(headers['content-type']).toBe('text/calendar; charset=utf-8');
    expect(headers['cache-control']).toBe('private, max-age=300');
    const { rows } = await service.pool.query<{ id: string }>(
      `SELECT id FROM deadlines.obligations WHERE state = 'open' AND unit_code = $1 ORDER BY late_from, id`,
      [POLICE],
    );
    expect(uids(text)).toEqual(rows.map(({ id }) => `${id}@tinbao`));
    const logical = text.replace(/\r\n /g, '');
    expect(logical).toMatch(/^SUMMARY:12\/2026: .+ \(.*\d.*\)\r$/m);
    expect(logical).not.toMatch(/sealed|informant|77\/2026/);
    const wider = await subscribe(await open(province)).expect(200);
    expect(uids(wider.text).length).toBeGreaterThan(rows.length);
    expect(wider.text).toContain('77/2026');
  });

  it('is made anew after five minutes at the latest, and keeps the identity of what stays', async () => {
    const url = await open(desk);
    const before = await subscribe(url).expect(200);
    await service.deliver(here.classified(fromNow(-0.5)).events.slice(-1));
    const soon = await subscribe(url).expect(200);
    expect(soon.text).toBe(before.text);
    const now = service.context.clock.now();
    service.context.clock = { now: () => new Date(now.getTime() + 301_000) };
    const later = await subscribe(url).expect(200);
    expect(uids(later.text)).not.toEqual(uids(before.text));
    expect(uids(before.text).some((uid) => uids(later.text).includes(uid))).toBe(true);
  });

  it('ends at once when it is revoked, and when a new address is made', async () => {
    const first = await open(desk);
    await subscribe(first).expect(200);
    const second = await open(desk);
    await subscribe(first).expect(404);
    await subscribe(second).expect(200);
    expect((await call('get', desk).expect(200)).body.openedAt).toEqual(expect.any(String));
    await call('delete', desk).expect(204);
    await call('delete', desk).expect(204);
    const gone = await subscribe(second).expect(404);
    expect(gone.headers['content-type']).toContain('application/problem+json');
    expect(gone.headers['cache-control'] ?? 'no-store').toBe('no-store');
    expect((await call('get', desk).expect(200)).body).toEqual({ openedAt: null });
  });

  it('follows the units of its owner, and ends when nobody renewed the rights for three months', async () => {
    const url = await open(desk);
    await call('get', tokenOf('canbo', ['intake_officer'], [OTHER_POLICE])).expect(200);
    expect((await subscribe(url).expect(200)).text).toContain('77/2026');
    await service.pool.query(
      `UPDATE deadlines.readers SET seen_at = now() - interval '91 days' WHERE person = 'canbo'`,
    );
    await subscribe(url).expect(404);
  });

  it('keeps no address in the database, and answers nothing for a guessed one', async () => {
    const url = await open(desk);
    const token = new URL(url).pathname.slice('/calendar/'.length, -'.ics'.length);
    const { rows } = await service.pool.query<{ row: string }>(`SELECT f::text AS row FROM deadlines.calendar_feeds f`);
    expect(rows.some(({ row }) => row.includes(token))).toBe(false);
    for (const path of [`${token.slice(1)}A.ics`, `${token}`, 'x.ics', '%27.ics', '.ics']) {
      await request(service.app.getHttpServer()).get(`/calendar/${path}`).expect(404);
    }
    await call('post', auditor).expect(403);
  });
});
