import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { inTransaction, systemClock } from '@app/event-store';
import { createHttpApplication } from '@app/http';
import { breachMoment, calculateLimit, obligationsOf, ruleCatalogue } from '@app/legal-time-limits';
import type { MessageLog } from '@app/messaging';
import { PermissionGuard, projectUnits, TokenVerifier } from '@app/security';
import type { ServiceContext } from '@app/service';
import { type DynamicModule, Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { DeadlinesModule } from '../deadlines.module.js';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import {
  CaseStory,
  deadlinesHarness,
  type Harness,
  POLICE,
  PROVINCE,
  TipStory,
  unitRegistered,
} from '../testing/harness.js';

const OTHER_POLICE = 'PC-80-25480';

/** Signing and keys are the security library's own tests; here a token is its claims. */
@Global()
@Module({})
class OpenSecurity {
  static forTest(): DynamicModule {
    const verify = async (token: string): Promise<unknown> => JSON.parse(Buffer.from(token, 'base64url').toString());
    return {
      module: OpenSecurity,
      providers: [
        { provide: TokenVerifier, useValue: { verify } },
        { provide: APP_GUARD, useClass: PermissionGuard },
      ],
      exports: [TokenVerifier],
    };
  }
}

@Module({})
class Root {}

const token = (roles: string[], units: string[]): string =>
  Buffer.from(JSON.stringify({ id: roles[0], name: roles[0], roles, units })).toString('base64url');
const desk = token(['intake_officer'], [POLICE]);
const otherDesk = token(['intake_officer'], [OTHER_POLICE]);
const investigator = token(['investigator'], [PROVINCE]);
const prosecutor = token(['prosecutor'], ['VKS-80']);
const operator = token(['operator'], ['*']);
const auditor = token(['auditor'], ['*']);

const daysFromNow = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

let harness: Harness;
let app: NestFastifyApplication;
let pendingDelivery: (() => Promise<void>) | null = null;

beforeAll(async () => {
  harness = await deadlinesHarness();
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const context: ServiceContext = {
    name: 'deadlines',
    schema: SCHEMA,
    pool: harness.pool,
    store: harness.store,
    clock: systemClock,
    messageLog: {} as MessageLog,
    settings: { publicUrl: '', dataDir: '', evaluation: true, issuers: [], masterKey: Buffer.alloc(32) },
    settled: async () => {
      const deliver = pendingDelivery;
      pendingDelivery = null;
      await deliver?.();
      return true;
    },
  };
  const root: DynamicModule = { module: Root, imports: [OpenSecurity.forTest(), DeadlinesModule.forContext(context)] };
  app = await createHttpApplication(root, { logger: quiet });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  await inTransaction(harness.pool, (tx) =>
    projectUnits(
      SCHEMA,
      [
        unitRegistered('PC', null),
        unitRegistered(PROVINCE, 'PC'),
        unitRegistered(POLICE, PROVINCE),
        unitRegistered(OTHER_POLICE, PROVINCE),
        unitRegistered('VKS-80', null),
      ],
      tx,
    ),
  );
});
afterAll(async () => {
  await app.close();
  await harness.drop();
});

interface Item {
  id: string;
  matterId: string;
  rule: string;
  status: string;
  safeBy: string;
  latestArguable: string;
  due: string;
  owedBy: string;
  matterKind: string;
  unitCode: string;
  why: { vi: string; en: string }[];
  name: { vi: string };
  cites: string[];
  [field: string]: unknown;
}

interface Answer {
  items: Item[];
  nextCursor: string | null;
  setAside: object[];
  overdue: number;
  dueToday: number;
  dueIn3: number;
  dueIn5: number;
  dueIn14: { day: string; count: number }[];
  code: string;
  errors: { field: string }[];
}

async function get(path: string, as: string, status = 200): Promise<Answer> {
  const response = await request(app.getHttpServer()).get(path).set('authorization', `Bearer ${as}`);
  expect([path, response.status, response.status === status ? '' : response.text]).toEqual([path, status, '']);
  return response.body;
}

const lateMoment = (item: Item): number => Date.parse(breachMoment(item));

describe('obligations over HTTP', () => {
  const running = new TipStory().received(daysFromNow(-0.1));
  const late = new TipStory().received(daysFromNow(-4));
  const doneLate = new TipStory().received(daysFromNow(-5)).classified(daysFromNow(-1));
  const elsewhere = new TipStory().received(daysFromNow(-0.2), { unitCode: OTHER_POLICE });
  const moved = new TipStory()
    .received(daysFromNow(-3))
    .classified(daysFromNow(-2.9))
    .transferred(daysFromNow(-2.8))
    .acknowledged(daysFromNow(-2.7))
    .accepted(daysFromNow(-2.6));
  const prosecuted = new CaseStory().opened(daysFromNow(-60)).concluded(daysFromNow(-10)).fileReceived(daysFromNow(-9));

  beforeAll(() =>
    harness.deliver([running, late, doneLate, elsewhere, moved, prosecuted].flatMap((story) => story.events)),
  );

  it('lists the most urgent first, page by page, each with its reasons and articles', async () => {
    const all = await get('/api/obligations?limit=200', operator);
    expect(all.nextCursor).toBeNull();
    const pages: Item[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page = await get(
        `/api/obligations?limit=3${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
        operator,
      );
      expect(page.items.length).toBeLessThanOrEqual(3);
      pages.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(pages.map(({ id }) => id)).toEqual(all.items.map(({ id }) => id));
    const moments = all.items.map(lateMoment);
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
    for (const item of all.items) {
      expect(item).toMatchObject({
        name: { vi: expect.any(String) },
        why: expect.any(Array),
        cites: expect.any(Array),
      });
      expect(item.why.length).toBeGreaterThan(0);
      expect(item).not.toHaveProperty('key');
    }
    expect(all.items.find(({ matterId }) => matterId === running.tipId)).toMatchObject({
      matterNumber: '12/2026',
      matterKind: 'crime-tip',
      unitCode: POLICE,
      supervisedBy: 'VKS-80',
      generation: 1,
      superseded: [],
    });
  });

  it('tells open, breached, done and cancelled apart, by the database’s clock', async () => {
    const statusOf = async (tipId: string, rule: string): Promise<string | undefined> =>
      (await get(`/api/tips/${tipId}/obligations`, operator)).items.find((item) => item.rule === rule)?.status;
    expect(await statusOf(running.tipId, 'TTLT17-8-CLASSIFY')).toBe('open');
    expect(await statusOf(late.tipId, 'TTLT17-8-CLASSIFY')).toBe('breached');
    expect(await statusOf(doneLate.tipId, 'TTLT17-8-CLASSIFY')).toBe('breached');
    expect(await statusOf(moved.tipId, 'TTLT17-8-CLASSIFY')).toBe('done');
    for (const status of ['open', 'breached', 'done', 'cancelled']) {
      const { items } = await get(`/api/obligations?status=${status}&limit=200`, operator);
      expect(items.every((item) => item.status === status)).toBe(true);
    }
    const all = await get('/api/obligations?limit=200', operator);
    const parts = await Promise.all(
      ['open', 'breached', 'done', 'cancelled'].map((status) =>
        get(`/api/obligations?status=${status}&limit=200`, operator),
      ),
    );
    expect(parts.flatMap(({ items }) => items)).toHaveLength(all.items.length);
  });

  it('filters by who owes, unit and below, due day and kind of matter', async () => {
    const procuracy = await get('/api/obligations?owedBy=procuracy&limit=200', operator);
    expect(procuracy.items.map(({ rule }) => rule)).toContain('CPC-240-1');
    expect(new Set(procuracy.items.map(({ owedBy }) => owedBy))).toEqual(new Set(['procuracy']));
    const commune = await get(`/api/obligations?unit=${OTHER_POLICE}&limit=200`, operator);
    expect(new Set(commune.items.map(({ matterId }) => matterId))).toEqual(new Set([elsewhere.tipId]));
    const province = await get(`/api/obligations?unit=${PROVINCE}&limit=200`, operator);
    expect(new Set(province.items.map(({ matterId }) => matterId)).size).toBe(6);
    const supervised = await get('/api/obligations?unit=VKS-80&limit=200', operator);
    expect(supervised.items).toHaveLength(province.items.length);
    const today = daysFromNow(0).slice(0, 10);
    const before = await get(`/api/obligations?dueBefore=${today}&limit=200`, operator);
    expect(before.items.length).toBeGreaterThan(0);
    expect(before.items.every(({ due }) => due.slice(0, 10) < today)).toBe(true);
    const cases = await get('/api/obligations?matterKind=criminal-case&limit=200', operator);
    expect(new Set(cases.items.map(({ matterId }) => matterId))).toEqual(new Set([prosecuted.caseId]));
  });

  it('refuses filters that it does not know, all at once', async () => {
    const problem = await get('/api/obligations?status=late&dueBefore=2026-02-30&colour=red', operator, 400);
    expect(problem.errors.map(({ field }) => field).sort()).toEqual(['colour', 'dueBefore', 'status']);
  });

  it('shows nobody another unit’s matters, in lists, counts and single matters', async () => {
    const mine = await get('/api/obligations?limit=200', desk);
    expect(mine.items.map(({ matterId }) => matterId)).not.toContain(elsewhere.tipId);
    // Transferred away, but received here: the desk still follows it.
    expect(mine.items.map(({ matterId }) => matterId)).toContain(moved.tipId);
    await get(`/api/tips/${elsewhere.tipId}/obligations`, desk, 404);
    await get(`/api/tips/${elsewhere.tipId}/obligations`, otherDesk);
    const all = await get('/api/obligations?limit=200', operator);
    expect((await get('/api/obligations?limit=200', investigator)).items).toHaveLength(all.items.length);
    expect((await get('/api/obligations?limit=200', prosecutor)).items).toHaveLength(all.items.length);
    const other = await get('/api/obligations/summary', otherDesk);
    expect(other.overdue).toBe(0);
    await get('/api/obligations', auditor, 403);
    await request(app.getHttpServer()).get('/api/obligations').expect(401);
  });

  it('counts what is late and what comes due in the next days', async () => {
    const summary = await get('/api/obligations/summary', operator);
    const open = (await get('/api/obligations?status=open&limit=200', operator)).items;
    const breached = (await get('/api/obligations?status=breached&limit=200', operator)).items;
    expect(summary.overdue).toBe(breached.filter(({ doneAt }) => doneAt === null).length);
    expect(summary.dueIn14).toHaveLength(15);
    expect(summary.dueToday).toBeLessThanOrEqual(summary.dueIn3);
    expect(summary.dueIn3).toBeLessThanOrEqual(summary.dueIn5);
    const near = summary.dueIn14.reduce((sum, { count }) => sum + count, 0);
    expect(near).toBeGreaterThan(0);
    expect(near).toBeLessThanOrEqual(open.length);
    const commune = await get(`/api/obligations/summary?unit=${OTHER_POLICE}`, operator);
    expect(commune.overdue).toBe(0);
  });

  it('waits for a matter that is on its way, and answers 404 when there is none', async () => {
    const tip = new TipStory().received(daysFromNow(-0.1));
    pendingDelivery = () => harness.deliver(tip.events);
    const { items } = await get(`/api/tips/${tip.tipId}/obligations`, desk);
    expect(items.map(({ rule }) => rule)).toContain('TTLT17-8-CLASSIFY');
    const problem = await get(`/api/tips/${randomUUID()}/obligations`, desk, 404);
    expect(problem.code).toBe('NotFound');
    await get(`/api/cases/${tip.tipId}/obligations`, desk, 404);
    expect((await get(`/api/cases/${prosecuted.caseId}/obligations`, prosecutor)).items.length).toBeGreaterThan(0);
  });

  it('names a fact that cannot stand beside the others and keeps the other clocks', async () => {
    const tip = new TipStory()
      .received(daysFromNow(-9))
      .accepted(daysFromNow(-8))
      .prolonged(daysFromNow(-7))
      .extensionRequested(daysFromNow(-6))
      .declined(daysFromNow(-5))
      .extensionGranted(daysFromNow(-4));
    await harness.deliver(tip.events);
    const answer = await get(`/api/tips/${tip.tipId}/obligations`, desk);
    expect(answer.setAside).toEqual([expect.objectContaining({ type: 'ExtensionGranted', code: 'FactOutOfOrder' })]);
    expect(answer.items.find(({ rule }) => rule === 'CPC-147-1')).toMatchObject({ status: 'done', generation: 2 });
  });

  it('runs the timers with the application: what is late becomes an event', async () => {
    for (let i = 0; i < 200 && (await harness.breaches()).length === 0; i += 1) {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const rules = (await harness.breaches()).map(({ rule }) => rule);
    expect(rules.filter((rule) => rule === 'TTLT17-8-CLASSIFY').length).toBeGreaterThanOrEqual(2);
  });
});

describe('the calculator over HTTP', () => {
  const post = (path: string, body: object): request.Test =>
    request(app.getHttpServer()).post(path).set('authorization', `Bearer ${auditor}`).send(body);

  it('answers as the library does', async () => {
    const input = { rule: 'CPC-147-1', start: '2026-01-05', prolonged: true, extensions: 1 };
    const { status, body } = await post('/api/time-limits/calculate', input);
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(calculateLimit(input))));
  });

  it('gives the obligations of one matter as the library does', async () => {
    const input = {
      matter: 'crime-tip' as const,
      unit: { remote: false },
      facts: [
        { type: 'CrimeTipReceived', at: '2026-01-05T08:00:00+07:00' },
        { type: 'CrimeTipAccepted', at: '2026-01-06T08:00:00+07:00' },
      ],
      now: '2026-01-10T08:00:00+07:00',
    };
    const { status, body } = await post('/api/time-limits/obligations', input);
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify({ obligations: obligationsOf(input) })));
  });

  it('says which field is wrong, why and what is allowed', async () => {
    const wrong = await post('/api/time-limits/calculate', { rule: 'CPC-147-1', start: '2026-02-30' });
    expect(wrong.status).toBe(400);
    expect(wrong.body).toMatchObject({
      code: 'DayNotUnderstood',
      errors: [expect.objectContaining({ field: 'start' })],
    });
    const unknown = await post('/api/time-limits/obligations', {
      matter: 'crime-tip',
      unit: {},
      facts: [{ type: 'TeaServed', at: '2026-01-05T08:00:00+07:00' }],
    });
    expect(unknown.status).toBe(400);
    expect(unknown.body).toMatchObject({ code: 'FactUnknown', facts: { position: 0 } });
    for (const body of [[], { rule: 7 }, {}]) {
      expect((await post('/api/time-limits/calculate', body)).status).toBe(400);
    }
  });

  it('lists the rules in force on a day, and today without one', async () => {
    const get = (path: string): request.Test =>
      request(app.getHttpServer()).get(path).set('authorization', `Bearer ${auditor}`);
    const then = await get('/api/time-limits/rules?on=2020-06-01').expect(200);
    expect(then.body).toEqual(JSON.parse(JSON.stringify({ items: ruleCatalogue('2020-06-01') })));
    const today = await get('/api/time-limits/rules').expect(200);
    expect(today.body.items.length).toBeGreaterThanOrEqual(then.body.items.length);
    const wrong = await get('/api/time-limits/rules?on=2020-02-30').expect(400);
    expect(wrong.body).toMatchObject({ errors: [{ field: 'on' }] });
  });

  it('tells which days are off and why, at most some four hundred at once', async () => {
    const get = (query: string): request.Test =>
      request(app.getHttpServer()).get(`/api/time-limits/calendar?${query}`).set('authorization', `Bearer ${auditor}`);
    const { body } = await get('from=2026-08-28&to=2026-09-03').expect(200);
    expect(body.items.map(({ day, working }: { day: string; working: boolean }) => [day.slice(5), working])).toEqual([
      ['08-28', true],
      ['08-29', false],
      ['08-30', false],
      ['08-31', false],
      ['09-01', false],
      ['09-02', false],
      ['09-03', true],
    ]);
    expect(body.items[5].reason.vi).toMatch(/Quốc khánh/);
    for (const query of ['from=2026-01-01&to=2025-12-31', 'from=2026-01-01&to=2028-01-01', 'from=2026-01-01&to=x']) {
      expect((await get(query).expect(400)).body).toMatchObject({ errors: [{ field: 'to' }] });
    }
  });

  it('needs a sign-in', async () => {
    await request(app.getHttpServer()).get('/api/time-limits/rules').expect(401);
    await request(app.getHttpServer()).post('/api/time-limits/calculate').send({}).expect(401);
  });
});
