import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fixedClock } from '@app/event-store';
import type { EventStore, FixedClock } from '@app/event-store';
import { createHttpApplication } from '@app/http';
import type { MessageLog } from '@app/messaging';
import { PermissionGuard, TokenVerifier } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Global, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { setTimeout as delay } from 'node:timers/promises';
import request from 'supertest';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { StatisticsModule } from '../statistics.module.js';
import {
  acceptedTip,
  CaseStory,
  OTHER_WARD,
  PROCURACY,
  PROVINCE,
  statisticsHarness,
  WARD,
} from '../testing/harness.js';
import type { Harness } from '../testing/harness.js';

/** Signing and keys are the security library's own tests; here a token's middle part is its claims. */
@Global()
@Module({})
class OpenSecurity {
  static forTest(): DynamicModule {
    const verify = async (token: string): Promise<unknown> =>
      JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
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

const NOW = '2026-04-10T09:00:00+07:00';
const MARCH = 'from=2026-03-01&to=2026-03-31';

const tokenOf = (roles: string[], units: string[], lifeSeconds = 3600): string => {
  const claims = { id: roles[0], name: roles[0], roles, units, exp: Date.parse(NOW) / 1000 + lifeSeconds };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
};
const leader = tokenOf(['leader'], [PROVINCE, PROCURACY]);
const operator = tokenOf(['operator'], ['*']);
const investigator = tokenOf(['investigator'], [OTHER_WARD]);
const desk = tokenOf(['intake_officer'], [WARD]);

let harness: Harness;
let app: NestFastifyApplication;
let clock: FixedClock;
let origin: string;

beforeAll(async () => {
  harness = await statisticsHarness();
  clock = fixedClock(NOW);
  const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const context: ServiceContext = {
    name: 'statistics',
    schema: SCHEMA,
    pool: harness.pool,
    store: {} as EventStore,
    clock,
    messageLog: {} as MessageLog,
    settings: { publicUrl: '', dataDir: '', evaluation: true, issuers: [], masterKey: Buffer.alloc(32) },
    settled: async () => true,
  };
  const root: DynamicModule = { module: Root, imports: [OpenSecurity.forTest(), StatisticsModule.forContext(context)] };
  app = await createHttpApplication(root, { logger: quiet });
  await app.listen(0, '127.0.0.1');
  origin = await app.getUrl();
  const tips = Array.from({ length: 9 }, (_, index) => {
    const tip = acceptedTip(`2026-03-0${index + 1}`, index < 6 ? WARD : OTHER_WARD).assigned(`2026-03-1${index}`);
    return index % 3 === 0 ? tip.initiated(`2026-03-2${index}`) : tip;
  });
  const prosecuted = new CaseStory()
    .opened('2026-01-05')
    .concluded('2026-03-01')
    .fileReceived('2026-03-02')
    .decided('2026-03-10');
  await harness.deliver([...tips, prosecuted].flatMap(({ events }) => events));
});

afterAll(async () => {
  await app.close();
  await harness.drop();
});

const get = (path: string, token = leader) =>
  request(app.getHttpServer()).get(path).set('authorization', `Bearer ${token}`);

describe('GET /api/indicators', () => {
  it('answers every indicator with what is behind it', async () => {
    const { body } = await get(`/api/indicators?${MARCH}`).expect(200);
    expect(body).toMatchObject({ asOf: NOW, unit: null, from: '2026-03-01', to: '2026-03-31', provisional: false });
    const byId = Object.fromEntries((body.indicators as { id: string }[]).map((figure) => [figure.id, figure]));
    expect(Object.keys(byId)).toEqual(['R1', 'R2', 'R2i', 'R3', 'R4', 'T1', 'T2', 'T3', 'T4']);
    expect(byId['R2']).toEqual({
      id: 'R2',
      version: 1,
      name: { vi: 'Tỷ lệ giải quyết', en: 'Resolved' },
      numerator: 3,
      denominator: 9,
      value: 33.33,
      open: 6,
      target: { op: 'gt', value: 90 },
      met: false,
      lastYear: { numerator: 0, denominator: 0, value: null },
      parts: { carriedOver: 0, accepted: 9, resumed: 0, suspended: 0, transferredOut: 0, merged: 0 },
    });
    expect(byId['R4']).toMatchObject({ numerator: 1, denominator: 1, value: 100, met: true });
    expect(byId['T1']).toMatchObject({ unit: 'days', n: 9, open: 0, median: 9, p75: 9, p90: 9, p95: 9 });
    expect(byId['T3']).toMatchObject({ n: 3, open: 6, median: 19, kaplanMeier: { by20: 33.33 } });
  });

  it('gives the same bytes for the same as-of moment', async () => {
    const path = `/api/indicators?${MARCH}&asOf=2026-04-01T00:00:00%2B07:00`;
    expect((await get(path)).text).toBe((await get(path)).text);
  });

  it('takes the scheme’s year to date when no days are given', async () => {
    expect((await get('/api/indicators')).body).toMatchObject({ from: '2025-10-01', to: '2026-04-10', scheme: 'B' });
    expect((await get('/api/indicators?scheme=C&period=month')).body).toMatchObject({
      from: '2026-04-01',
      to: '2026-04-10',
    });
    expect((await get('/api/indicators?scheme=A&period=2024')).body).toMatchObject({
      from: '2023-12-01',
      to: '2024-11-30',
    });
    expect((await get('/api/indicators?asOf=2026-03-15')).body).toMatchObject({
      to: '2026-03-15',
      asOf: '2026-03-15T23:59:59.999+07:00',
    });
  });

  it.each([
    ['from=2026-02-30&to=2026-03-01', 'from'],
    ['from=2026-03-01', 'to'],
    ['from=2026-03-02&to=2026-03-01', 'to'],
    ['scheme=D', 'scheme'],
    ['period=fortnight', 'period'],
    ['asOf=yesterday', 'asOf'],
    ['unit=PC-49', 'unit'],
    ['unit=PC-80-99999', 'unit'],
    ['form=2026-03-01', 'form'],
  ])('refuses %s and names the parameter', async (query, field) => {
    const { body } = await get(`/api/indicators?${query}`).expect(400);
    expect(body).toMatchObject({ code: 'Malformed' });
    expect(JSON.stringify(body)).toContain(`"field":"${field}"`);
  });

  it('names all faults at once', async () => {
    const { body } = await get('/api/indicators?scheme=D&from=x&to=y&asOf=z&unit=PC-49').expect(400);
    for (const field of ['scheme', 'from', 'to', 'asOf', 'unit'])
      expect(JSON.stringify(body)).toContain(`"field":"${field}"`);
  });

  it('is for leaders, prosecutors, investigators and operators, each within their units', async () => {
    await get('/api/indicators', desk).expect(403);
    await request(app.getHttpServer()).get('/api/indicators').expect(401);
    const denominators = async (token: string): Promise<number> => {
      const { body } = await get(`/api/indicators?${MARCH}`, token).expect(200);
      return (body.indicators as { id: string; denominator: number }[]).find(({ id }) => id === 'R2')!.denominator;
    };
    expect(await denominators(operator)).toBe(9);
    expect(await denominators(investigator)).toBe(3);
    expect(await denominators(tokenOf(['prosecutor'], [PROCURACY]))).toBe(9);
  });
});

describe('the matters behind a figure', () => {
  interface Page {
    items: { matterId: string }[];
    nextCursor: string | null;
  }

  it('come in pages that together are as many as the figure', async () => {
    const ids: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body }: { body: Page } = await get(
        `/api/indicators/R2/matters?${MARCH}&part=open&limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
      ).expect(200);
      expect(body).toMatchObject({ total: 6, part: 'open' });
      ids.push(...body.items.map(({ matterId }) => matterId));
      cursor = body.nextCursor;
      // What happens between two pages does not move them: they keep the as-of moment of the first.
      clock.advance(1_000);
    }
    clock.set(NOW);
    expect(new Set(ids).size).toBe(6);
  });

  it('say what they are, without text or people', async () => {
    const { body } = await get(`/api/indicators/T3/matters?${MARCH}&limit=1`).expect(200);
    expect(body.items[0]).toEqual({
      matterId: expect.any(String),
      matterKind: 'crime-tip',
      registerNumber: expect.stringMatching(/^\d+\/2026$/),
      unitCode: WARD,
      unitName: { vi: 'Công an phường Tân Ninh', en: WARD },
      supervisedBy: PROCURACY,
      category: 'theft',
      receivedAt: '2026-03-01T07:00:00+07:00',
      acceptedAt: '2026-03-01T08:00:00+07:00',
      assignedAt: '2026-03-10T08:00:00+07:00',
      concludedAt: null,
      fileReceivedAt: null,
      decidedAt: '2026-03-20T08:00:00+07:00',
      outcome: 'initiated',
      lateFrom: '2026-03-24T00:00:00+07:00',
      isLate: false,
      days: 19,
    });
    const cases = await get(`/api/indicators/R4/matters?${MARCH}&part=numerator`).expect(200);
    expect(cases.body.items).toMatchObject([{ matterKind: 'criminal-case', outcome: 'prosecute', isLate: false }]);
  });

  it('refuse a part or an indicator that is not there', async () => {
    await get(`/api/indicators/R9/matters`).expect(404);
    const { body } = await get('/api/indicators/R2/matters?part=everything').expect(400);
    expect(JSON.stringify(body)).toContain('carriedOver');
    await get('/api/indicators/R2/matters?cursor=abc').expect(400);
    await get('/api/indicators/R2/matters?limit=0').expect(400);
  });
});

describe('comparison and trend', () => {
  it('show the units below the scope, ranked only when they have enough matters', async () => {
    const { body } = await get(`/api/indicators/by-unit?${MARCH}&asOf=2026-03-31`).expect(200);
    expect(body.items).toEqual([
      expect.objectContaining({
        unitCode: WARD,
        n: 6,
        open: 4,
        late: 4,
        medianDays: 19,
        resolvedPercent: 33.33,
        ranked: false,
      }),
      expect.objectContaining({ unitCode: OTHER_WARD, n: 3, open: 2, late: 2, resolvedPercent: 33.33 }),
    ]);
  });

  it('gather wards under their province for who looks from above', async () => {
    const { body } = await get(`/api/indicators/by-unit?${MARCH}&unit=PC`, operator).expect(200);
    expect(body.items).toMatchObject([{ unitCode: PROVINCE, n: 9 }]);
  });

  it('show the months one after the other', async () => {
    const { body } = await get('/api/indicators/trend?months=3').expect(200);
    expect(body.items.map(({ month }: { month: string }) => month)).toEqual(['2026-02', '2026-03', '2026-04']);
    expect(body.items[1]).toEqual({
      month: '2026-03',
      R1: { numerator: 9, denominator: 9, value: 100 },
      R2: { numerator: 3, denominator: 9, value: 33.33 },
      R4: { numerator: 1, denominator: 1, value: 100 },
    });
    expect(body.items[2].R2).toMatchObject({ numerator: 0, denominator: 6 });
    expect(body.definitionChanges).toEqual([]);
    await get('/api/indicators/trend?months=0').expect(400);
  });
});

describe('GET /api/live/dashboard', () => {
  interface Message {
    event: string;
    id: number;
    data: Record<string, never> & {
      indicators: { id: string; numerator: number; denominator: number }[];
      open: number;
      late: number;
    };
    atMs: number;
  }

  const open = async (query = MARCH, token = leader, headers: Record<string, string> = {}) => {
    const stop = new AbortController();
    const response = await fetch(`${origin}/api/live/dashboard?${query}`, {
      headers: { authorization: `Bearer ${token}`, ...headers },
      signal: stop.signal,
    });
    const messages: Message[] = [];
    const hasEnded = (async (): Promise<boolean> => {
      let text = '';
      try {
        for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
          text += chunk;
          const parts = text.split('\n\n');
          text = parts.pop()!;
          for (const part of parts) {
            const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(part)?.[1] ?? '';
            if (field('event') === '') continue;
            messages.push({
              event: field('event'),
              id: Number(field('id')),
              data: JSON.parse(field('data')),
              atMs: performance.now(),
            });
          }
        }
        return true;
      } catch (error) {
        if (stop.signal.aborted) return false;
        throw error;
      }
    })();
    const until = async (count: number): Promise<Message> => {
      for (let waited = 0; messages.length < count && waited < 5_000; waited += 5) await delay(5);
      if (messages.length < count) throw new Error(`${messages.length} messages came, not ${count}`);
      return messages[count - 1]!;
    };
    return { response, messages, until, hasEnded, close: () => stop.abort() };
  };

  const r2 = ({ data }: Message) => data.indicators.find(({ id }) => id === 'R2')!;

  it('shows the picture at once, and each change within a second', async () => {
    const stream = await open();
    expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const first = await stream.until(1);
    expect(first.event).toBe('dashboard');
    expect(r2(first)).toMatchObject({ numerator: 3, denominator: 9 });
    expect(first.data).toMatchObject({ asOf: NOW, unit: null, period: 'from-to', open: 6 });
    expect(first.data['wave']).toHaveLength(14);
    expect(first.data['oldestLate']).toMatchObject([
      { rule: 'CPC-147-1', daysLate: expect.any(Number) },
      {},
      {},
      {},
      {},
      {},
    ]);
    const tookMs: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      const applied = performance.now();
      await harness.deliver(acceptedTip('2026-03-20').initiated('2026-03-25').events);
      const next = await stream.until(index + 2);
      tookMs.push(next.atMs - applied);
      expect(r2(next).numerator).toBe(4 + index);
      expect(next.id).toBeGreaterThan(first.id);
    }
    expect(Math.max(...tookMs)).toBeLessThan(1_000);
    stream.close();
    expect(await stream.hasEnded).toBe(false);
  });

  it('stays still for what happens outside its scope', async () => {
    const stream = await open(MARCH, investigator);
    await stream.until(1);
    await harness.deliver(acceptedTip('2026-03-20', WARD).events);
    await delay(500);
    expect(stream.messages).toHaveLength(1);
    stream.close();
  });

  it('does not repeat what a returning client has, and sends what it missed', async () => {
    const before = await open();
    const { id } = await before.until(1);
    const returned = await open(MARCH, leader, { 'last-event-id': String(id) });
    await delay(100);
    expect(returned.messages).toHaveLength(0);
    await harness.deliver(acceptedTip('2026-03-20').events);
    expect((await returned.until(1)).id).toBeGreaterThan(id);
    const later = await open(MARCH, leader, { 'last-event-id': String(id) });
    expect((await later.until(1)).id).toBeGreaterThan(id);
    for (const stream of [before, returned, later]) stream.close();
  });

  it('ends when the token expires', async () => {
    const stream = await open(MARCH, tokenOf(['leader'], [PROVINCE], 1));
    expect((await stream.until(2)).event).toBe('expired');
    expect(await stream.hasEnded).toBe(true);
  });

  it('answers a fault as a problem, not as a stream', async () => {
    await get('/api/live/dashboard?scheme=D').expect(400);
    await get('/api/live/dashboard', desk).expect(403);
  });

  it('hears changes again after its connection was lost', async () => {
    const stream = await open();
    await stream.until(1);
    const before = stream.messages.length;
    await harness.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`,
    );
    await harness.deliver(acceptedTip('2026-03-20').events);
    await stream.until(before + 1);
    stream.close();
  });
});
