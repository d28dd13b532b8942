import { Body, Controller, Get, HttpCode, Injectable, Module, Param, Post, Query } from '@nestjs/common';
import { IsIn, IsInt, IsString, Matches, Max, MinLength, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  CorrelationId,
  createHttpApplication,
  CurrentCaller,
  encodeCursor,
  Forbidden,
  IdempotencyKey,
  IfMatch,
  listAnswer,
  PageQuery,
  parsePage,
  registeredRoutes,
  requireVersion,
} from './index.js';
import type { AnsweredRequest, Caller, HttpLogger, Problem } from './index.js';

class Offence {
  @IsInt() @Max(500) article!: number;
}

class TipBody {
  @IsIn(['report', 'denunciation']) kind!: string;
  @IsString() @MinLength(3) content!: string;
  @ValidateNested() @Type(() => Offence) offence!: Offence;
  @Matches(/^PC/, { message: 'Mã đơn vị phải bắt đầu bằng PC | The unit code must start with PC' }) unitCode!: string;
}

function thrown(fields: Record<string, unknown>): Error {
  return Object.assign(new Error(String(fields['message'] ?? 'x')), fields);
}

const FAILURES: Record<string, () => unknown> = {
  rule: () =>
    thrown({
      name: 'RuleViolation',
      code: 'TipClosed',
      facts: { closedAt: 'x' },
      vi: 'Đã đóng.',
      en: 'Closed.',
      cites: ['147'],
    }),
  limit: () =>
    thrown({ name: 'LimitRefusal', code: 'OutOfOrder', facts: {}, vi: 'Sai.', en: 'Wrong.', field: 'at', position: 2 }),
  key: () => thrown({ code: 'IdempotencyKeyReused' }),
  conflict: () => thrown({ code: 'StreamConflict' }),
  forbidden: () =>
    new Forbidden(
      'NotPermitted',
      { vi: 'Không.', en: 'No.' },
      { verb: 'tip.receive', rightHolders: ['intake_officer'] },
    ),
  overloaded: () => thrown({ code: 'StoreOverloaded', retryAfterSeconds: 3 }),
  unconfirmed: () => thrown({ code: 'AppendUnconfirmed', retryAfterSeconds: 3 }),
  database: () => thrown({ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:5432' }),
  secret: () =>
    thrown({ message: 'key 0912345678 exists', code: '23505', severity: 'ERROR', detail: 'Key (phone)=(0912345678)' }),
  text: () => 'just a string with 0912345678',
};

@Injectable()
@Controller('api')
class DeskController {
  @Get('fail/:how') fail(@Param('how') how: string): never {
    throw FAILURES[how]!();
  }
  @Post('tips') @HttpCode(201) receive(@Body() body: TipBody, @IdempotencyKey() key: string | undefined) {
    return { body, key: key ?? null };
  }
  @Post('versions') change(@IfMatch() expected: number | undefined) {
    requireVersion(expected, 7);
    return {};
  }
  @Get('list') list(@Query() query: PageQuery) {
    return listAnswer([1, 2, 3], parsePage(query, 100), (n) => [n]);
  }
  @Get('whoami') whoami(@CurrentCaller() caller: Caller, @CorrelationId() id: string) {
    return { caller, id };
  }
  @Get('correlation') correlation(@CorrelationId() id: string) {
    return { id };
  }
}

@Module({ controllers: [DeskController] })
class DeskModule {}

describe('the HTTP face', () => {
  const log: { level: string; entry: object }[] = [];
  const answered: AnsweredRequest[] = [];
  const logger = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, (entry: object) => log.push({ level, entry })]),
  ) as unknown as HttpLogger;
  let app: NestFastifyApplication;
  let address: string;

  beforeAll(async () => {
    app = await createHttpApplication(DeskModule, { logger, onAnswered: (one) => answered.push(one) });
    await app.listen(0, '127.0.0.1');
    address = await app.getUrl();
  });
  afterAll(() => app.close());

  const ask = async (method: 'GET' | 'POST', path: string, payload?: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(new URL(path, address), {
      method,
      headers: payload === undefined ? headers : { 'content-type': 'application/json', ...headers },
      ...(payload === undefined ? {} : { body: typeof payload === 'string' ? payload : JSON.stringify(payload) }),
    });
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      problem: (await answer.json()) as Problem,
    };
  };

  it('answers a refusal of the law with 409, its code, facts, article and both languages', async () => {
    const { status, problem, headers } = await ask('GET', '/api/fail/rule?phone=0912345678');
    expect(status).toBe(409);
    expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(problem).toMatchObject({
      type: 'urn:tinbao:problem:TipClosed',
      status: 409,
      code: 'TipClosed',
      facts: { closedAt: 'x' },
      cites: ['147'],
      detailVi: 'Đã đóng.',
      detailEn: 'Closed.',
      detail: 'Đã đóng.',
      instance: '/api/fail/rule',
    });
    expect((await ask('GET', '/api/fail/rule', undefined, { 'accept-language': 'en' })).problem.detail).toBe('Closed.');
  });

  it('answers a refused calculation with 400 and the place of the fault', async () => {
    const { status, problem } = await ask('GET', '/api/fail/limit');
    expect(status).toBe(400);
    expect(problem).toMatchObject({ code: 'OutOfOrder', facts: { position: 2 }, errors: [{ field: 'at' }] });
  });

  it('answers a reused idempotency key with 422', async () => {
    expect(await ask('GET', '/api/fail/key')).toMatchObject({ status: 422, problem: { code: 'IdempotencyKeyReused' } });
  });

  it('answers 409 and invites another try when others kept changing the stream', async () => {
    const { status, headers, problem } = await ask('GET', '/api/fail/conflict');
    expect(status).toBe(409);
    expect(problem.code).toBe('Conflict');
    expect(headers['retry-after']).toBe('1');
  });

  it('says who has the right that the caller lacks', async () => {
    expect(await ask('GET', '/api/fail/forbidden')).toMatchObject({
      status: 403,
      problem: { facts: { verb: 'tip.receive', rightHolders: ['intake_officer'] } },
    });
  });

  it('answers 503 with Retry-After while the database is away', async () => {
    const { status, headers } = await ask('GET', '/api/fail/database');
    expect(status).toBe(503);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('answers 503 with Retry-After when the event log is overloaded or does not confirm, and says whether to worry', async () => {
    for (const [how, code, en] of [
      ['overloaded', 'StoreOverloaded', 'was not recorded'],
      ['unconfirmed', 'AppendUnconfirmed', 'same Idempotency-Key'],
    ] as const) {
      const { status, headers, problem } = await ask('GET', `/api/fail/${how}`);
      expect({ status, code: problem.code, after: headers['retry-after'] }).toEqual({ status: 503, code, after: '3' });
      expect(problem.detailEn).toContain(en);
      expect(problem.detailVi).toMatch(/Hãy /);
    }
  });

  it('leaks nothing of what broke, neither to the caller nor to the log', async () => {
    for (const how of ['secret', 'text']) {
      log.length = 0;
      const { status, problem } = await ask('GET', `/api/fail/${how}`);
      expect(status).toBe(500);
      expect(problem.code).toBe('Broken');
      expect(JSON.stringify(problem)).not.toContain('0912345678');
      expect(log.some(({ level }) => level === 'error')).toBe(true);
      expect(JSON.stringify(log)).not.toContain('0912345678');
      expect(JSON.stringify(log)).toContain(problem.correlationId);
    }
  });

  it('names all faults of a malformed body at once, in both languages', async () => {
    const { status, problem } = await ask('POST', '/api/tips', {
      kind: 'gossip',
      content: '',
      offence: { article: 'a' },
      unitCode: 'X',
      extra: 1,
    });
    expect(status).toBe(400);
    const fields = problem.errors!.map(({ field, constraint }) => `${field}:${constraint}`);
    expect(fields).toEqual(
      expect.arrayContaining([
        'kind:isIn',
        'content:minLength',
        'offence.article:isInt',
        'unitCode:matches',
        'extra:unknownField',
      ]),
    );
    const words = Object.fromEntries(problem.errors!.map(({ field, vi, en }) => [field, { vi, en }]));
    expect(words['kind']!.vi).toBe('kind phải là một trong: report, denunciation');
    expect(words['unitCode']).toEqual({
      vi: 'Mã đơn vị phải bắt đầu bằng PC',
      en: 'The unit code must start with PC',
    });
    expect(words['content']!.vi).toBe('content phải có ít nhất 3 ký tự');
  });

  it('answers broken JSON, unknown routes and oversized bodies with problem documents', async () => {
    expect(await ask('POST', '/api/tips', '{"kind":')).toMatchObject({ status: 400, problem: { code: 'Malformed' } });
    expect(await ask('GET', '/api/nowhere')).toMatchObject({ status: 404, problem: { code: 'NotFound' } });
    expect(await ask('POST', '/api/tips', { content: 'x'.repeat(1024 * 1024 + 10) })).toMatchObject({
      status: 413,
      problem: { code: 'BodyTooLarge' },
    });
    expect(await ask('POST', '/api/tips', 'a', { 'content-type': 'multipart/form-data; boundary=x' })).toMatchObject({
      status: 415,
    });
  });

  it('takes an idempotency key and refuses a malformed one', async () => {
    const body = { kind: 'report', content: 'abc', offence: { article: 168 }, unitCode: 'PC-80' };
    const first = await ask('POST', '/api/tips', body, { 'idempotency-key': 'k-1' });
    expect(first).toMatchObject({ status: 201, problem: { key: 'k-1', body } });
    for (const key of ['', 'a b', 'x'.repeat(201)]) {
      expect(await ask('POST', '/api/tips', body, { 'idempotency-key': key })).toMatchObject({ status: 400 });
    }
  });

  it('answers 412 when If-Match names another version', async () => {
    expect(await ask('POST', '/api/versions', {}, { 'if-match': '"6"' })).toMatchObject({ status: 412 });
    expect(await ask('POST', '/api/versions', {}, { 'if-match': 'six' })).toMatchObject({ status: 400 });
    expect(await ask('POST', '/api/versions', {}, { 'if-match': '"7"' })).toMatchObject({ status: 201 });
    expect(await ask('POST', '/api/versions', {})).toMatchObject({ status: 201 });
  });

  it('answers 401 where the caller is asked for and there is none', async () => {
    const { status, headers } = await ask('GET', '/api/whoami');
    expect(status).toBe(401);
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it('keeps a well-formed correlation id and replaces any other', async () => {
    const kept = await ask('GET', '/api/correlation', undefined, { 'x-correlation-id': 'journey-0001' });
    expect(kept.headers['x-correlation-id']).toBe('journey-0001');
    expect(kept.problem).toEqual({ id: 'journey-0001' });
    const replaced = await ask('GET', '/api/correlation', undefined, { 'x-correlation-id': 'a b"}' });
    expect(replaced.headers['x-correlation-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('sends the security headers with every answer, failed ones included', async () => {
    for (const url of ['/api/correlation', '/api/nowhere', '/api/fail/text']) {
      const { headers } = await ask('GET', url);
      expect(headers['content-security-policy']).toContain("script-src 'self'");
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('reports each answer by its route pattern', async () => {
    answered.length = 0;
    await ask('GET', '/api/fail/rule');
    expect(answered).toEqual([expect.objectContaining({ method: 'GET', route: '/api/fail/:how', status: 409 })]);
    expect(registeredRoutes(app)).toEqual(expect.arrayContaining([{ method: 'GET', path: '/api/fail/:how' }]));
  });

  it('pages through a list and refuses a foreign cursor or limit', async () => {
    const first = await ask('GET', '/api/list?limit=2');
    expect(first.problem).toEqual({ items: [1, 2], nextCursor: encodeCursor([2]) });
    expect((await ask('GET', '/api/list')).problem).toEqual({ items: [1, 2, 3], nextCursor: null });
    for (const query of ['limit=0', 'limit=201', 'limit=101', 'limit=x', 'cursor=%21%21', 'other=1']) {
      expect((await ask('GET', `/api/list?${query}`)).status).toBe(400);
    }
  });
});
