import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { POLICE, PROCURACY, PROVINCE, TipStory } from '../testing/harness.js';
import { OTHER_POLICE, type RunningDeadlines, runningDeadlines, tokenOf } from '../testing/running-deadlines.js';
import type { InboxItem } from './inbox-list.js';
import { inboxConsumer } from './inbox.consumer.js';

const HOUR = 3_600_000;
const desk = tokenOf('canbo', ['intake_officer'], [POLICE]);
const colleague = tokenOf('canbo2', ['intake_officer'], [POLICE]);
const otherDesk = tokenOf('canbo3', ['intake_officer'], [OTHER_POLICE]);
const leader = tokenOf('lanhdao', ['leader'], [PROVINCE, PROCURACY]);
const prosecutor = tokenOf('kiemsatvien', ['prosecutor'], [PROCURACY]);
const auditor = tokenOf('kiemtoan', ['auditor'], ['*']);

let service: RunningDeadlines;
const fromNow = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();

async function ask(path: string, as: string, method: 'get' | 'post' = 'get', status = 200) {
  const response = await request(service.app.getHttpServer())[method](path).set('authorization', `Bearer ${as}`);
  expect([path, response.status, response.status === status ? '' : response.text]).toEqual([path, status, '']);
  return response.body as { items: InboxItem[]; nextCursor: string | null; unread: number; byKind: object } & InboxItem;
}

beforeAll(async () => {
  service = await runningDeadlines({}, { fires: false });
  const here = new TipStory().received(fromNow(-1), { noticesTracked: false });
  const there = new TipStory().received(fromNow(-1), { noticesTracked: false, unitCode: OTHER_POLICE });
  const old = new TipStory().received(fromNow(-24 * 400), { noticesTracked: false });
  for (const { meta } of old.events) meta.recordedAt = fromNow(0);
  await service.deliver([...here.events, ...there.events, ...old.events]);
  const consumer = inboxConsumer(async () => undefined);
  await service.pass(new Date(Date.now() + 18 * HOUR), consumer);
  await service.pass(new Date(Date.now() + 48 * HOUR), consumer);
});
afterAll(() => service.stop());

describe('the inbox', () => {
  it('tells a desk what its own unit owes, the newest first, without text and without persons', async () => {
    const { items, nextCursor } = await ask('/api/inbox', desk);
    expect(nextCursor).toBeNull();
    const duty = items.filter(({ rule }) => rule === 'TTLT17-8-CLASSIFY');
    expect(duty.map(({ kind }) => kind).sort()).toEqual(['breach', 'h6']);
    expect(duty[0]).toMatchObject({
      as: 'owes',
      read: false,
      unitCode: POLICE,
      matterNumber: '12/2026',
      matterKind: 'crime-tip',
      name: { vi: expect.any(String), en: expect.any(String) },
      state: 'open',
    });
    expect(items.every(({ unitCode }) => unitCode === POLICE)).toBe(true);
    expect(JSON.stringify(items)).not.toMatch(/sealed|informant/i);
  });

  it('keeps imported history out: breaches of years ago are on the list of obligations, not news', async () => {
    const { items } = await ask('/api/inbox?limit=200', leader);
    expect(items.every(({ latestArguable }) => Date.parse(latestArguable) > Date.now() - 240 * HOUR)).toBe(true);
  });

  it('shows each reader its own: other desks theirs, the procuracy what it supervises, leaders both', async () => {
    const others = await ask('/api/inbox', otherDesk);
    expect(new Set(others.items.map(({ unitCode }) => unitCode))).toEqual(new Set([OTHER_POLICE]));
    const supervised = await ask('/api/inbox', prosecutor);
    expect(new Set(supervised.items.map((item) => item.as))).toEqual(new Set(['supervises']));
    expect(new Set(supervised.items.map(({ unitCode }) => unitCode))).toEqual(new Set([POLICE, OTHER_POLICE]));
    expect((await ask('/api/inbox', leader)).items).toHaveLength(supervised.items.length);
    await ask('/api/inbox', auditor, 'get', 403);
  });

  it('is read by each person apart, and told so again without change', async () => {
    const before = await ask('/api/inbox/summary', desk);
    const [first] = (await ask('/api/inbox?unread=true', desk)).items;
    for (let again = 0; again < 2; again += 1) {
      expect(await ask(`/api/inbox/${first!.id}/read`, desk, 'post')).toMatchObject({ id: first!.id, read: true });
    }
    expect((await ask('/api/inbox/summary', desk)).unread).toBe(before.unread - 1);
    expect((await ask('/api/inbox/summary', colleague)).unread).toBe(before.unread);
    expect((await ask('/api/inbox?unread=true', desk)).items.map(({ id }) => id)).not.toContain(first!.id);
    expect((await ask('/api/inbox', desk)).items.find(({ id }) => id === first!.id)?.read).toBe(true);
    await ask(`/api/inbox/${first!.id}/read`, otherDesk, 'post', 404);
  });

  it('gives every item once, page by page', async () => {
    const all = await ask('/api/inbox', leader);
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await ask(`/api/inbox?limit=1${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`, leader);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all.items.map(({ id }) => id));
  });

  it('is the same after a second delivery of the same events', async () => {
    const before = await ask('/api/inbox', leader);
    await service.pass(
      new Date(Date.now() + 48 * HOUR),
      inboxConsumer(async () => undefined),
    );
    expect(await ask('/api/inbox', leader)).toEqual(before);
  });

  it('is read up to what the reader has before them; what comes after stays unread, and so do the items of others', async () => {
    const { items } = await ask('/api/inbox?limit=200', leader);
    const [newest] = items;
    const older = items.find(({ at }) => at < newest!.at)!;
    const post = (until: unknown, status = 200) =>
      request(service.app.getHttpServer())
        .post('/api/inbox/read')
        .set('authorization', `Bearer ${leader}`)
        .send({ until })
        .expect(status);
    const stillNew = items.filter(({ at }) => at > older.at);
    expect((await post(older.at)).body.unread).toBe(stillNew.length);
    expect((await ask('/api/inbox?unread=true&limit=200', leader)).items.map(({ id }) => id)).toEqual(
      stillNew.map(({ id }) => id),
    );
    expect((await post(newest!.at)).body).toEqual({ unread: 0, byKind: {}, more: false });
    expect((await ask('/api/inbox/summary', prosecutor)).unread).toBeGreaterThan(0);
    expect((await post('yesterday', 400)).body).toMatchObject({ errors: [{ field: 'until' }] });
  });
});
