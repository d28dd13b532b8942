import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import type { TestDatabase } from '../../../../test/support/postgres.js';
import {
  askToken,
  authorization,
  bearer,
  Browser,
  identityDatabase,
  type Running,
  startIdentity,
} from '../testing/running-identity.js';
import { totpCode, totpStep } from './totp.js';

let database: TestDatabase;
let running: Running;

beforeAll(async () => {
  database = await identityDatabase();
  running = await startIdentity(database);
}, 60_000);
afterAll(async () => {
  await running?.app.close();
  await database?.drop();
});

describe('the second factor', () => {
  it('is asked for once it was confirmed, takes no code twice, and can be removed', async () => {
    const person = async (browser: Browser, code?: string) => {
      const { url, exchange } = await authorization(running);
      const page = await browser.go(url);
      const next = await browser.submit(page.url, { user: 'kiemtoan', password: 'kiemtoan-demo' });
      if (code === undefined) return { next, exchange, page };
      const ticket = /name="ticket" value="([^"]+)"/.exec(next.text)![1]!;
      return { next: await browser.submit(page.url, { ticket, code }), exchange, page };
    };
    const plain = await person(new Browser());
    const { access_token: accessToken } = await plain.exchange(plain.next.url);
    const post = async (path: string, body: object = {}, token_ = accessToken) => {
      const answer = await fetch(`${running.url}/api/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token_}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const begun = await post('me/second-factor');
    expect(begun.status).toBe(201);
    const { secret, uri } = JSON.parse(begun.text) as { secret: string; uri: string };
    expect(uri).toContain(`secret=${secret}`);
    // Not confirmed yet: sign-in goes on as before.
    expect((await person(new Browser())).next.url.pathname).toBe('/auth/callback');

    const bits = [...secret]
      .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
      .join('');
    const key = Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)));
    const step = totpStep(new Date());
    expect((await post('me/second-factor/confirm', { code: '000000' })).status).toBe(409);
    expect((await post('me/second-factor/confirm', { code: totpCode(key, step) })).status).toBe(204);
    expect((await post('me/second-factor')).status).toBe(409);

    const replayed = await person(new Browser(), totpCode(key, step));
    expect(replayed.next.status).toBe(401);
    expect(replayed.next.text).toContain('Mã không đúng hoặc đã dùng');
    const right = await person(new Browser(), totpCode(key, step + 1));
    const tokens = await right.exchange(right.next.url);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: 'kiemtoan' });

    const operator = String((await askToken(running, 'operator')).body['access_token']);
    expect((await post('accounts/kiemtoan/second-factor/reset', {}, operator)).status).toBe(204);
    expect((await post('accounts/kiemtoan/second-factor/reset', {}, operator)).status).toBe(404);
    expect((await person(new Browser())).next.url.pathname).toBe('/auth/callback');
  });
});

describe('accounts', () => {
  it('are made by the operator, with every fault named, and can sign in', async () => {
    const post = async (body: object) => {
      const answer = await fetch(`${running.url}/api/accounts`, {
        method: 'POST',
        headers: { ...(await bearer(running, 'operator')), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as { code?: string; errors?: { field: string }[] } };
    };
    const bad = await post({ id: 'Có dấu', name: '', roles: ['king'], units: ['pc'], password: 'short' });
    expect(bad.status).toBe(400);
    expect(new Set(bad.body.errors!.map(({ field }) => field))).toEqual(
      new Set(['id', 'name', 'roles', 'units', 'password']),
    );
    const account = {
      id: 'le.van',
      name: 'Lê Văn',
      roles: ['investigator'],
      units: ['PC-80'],
      password: 'mật khẩu rất dài',
    };
    expect(await post(account)).toMatchObject({ status: 201, body: { id: 'le.van' } });
    expect(await post(account)).toMatchObject({ status: 409, body: { code: 'AccountExists' } });
    const browser = new Browser();
    const { url, exchange } = await authorization(running);
    const page = await browser.go(url);
    const { url: callback } = await browser.submit(page.url, { user: 'le.van', password: 'mật khẩu rất dài' });
    expect(decodeJwt((await exchange(callback)).access_token)).toMatchObject({
      sub: 'le.van',
      roles: ['investigator'],
    });
  });
});

describe('starting', () => {
  it('again makes no account, key or hash anew, and is quick', async () => {
    const before = await database.pool.query(`SELECT kid FROM identity.signing_keys`);
    const hashes = () =>
      database.pool.query(
        `SELECT id, password_hash FROM identity.accounts UNION ALL SELECT id, secret_hash FROM identity.machine_clients ORDER BY 1`,
      );
    const hashesBefore = (await hashes()).rows;
    const startedAt = performance.now();
    const again = await startIdentity(database);
    try {
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect((await database.pool.query(`SELECT kid FROM identity.signing_keys`)).rows).toEqual(before.rows);
      expect((await hashes()).rows).toEqual(hashesBefore);
    } finally {
      await again.app.close();
    }
  });

  it('outside the evaluation knows no evaluation account', async () => {
    const real = await startIdentity(database, { evaluation: false });
    try {
      expect((await askToken(real, 'desk')).status).toBe(401);
      const browser = new Browser();
      const { url } = await authorization(real);
      const page = await browser.go(url);
      expect(page.text).not.toContain('data-account');
      expect((await browser.submit(page.url, { user: 'canbo', password: 'canbo-demo' })).status).toBe(401);
    } finally {
      await real.app.close();
    }
  });

  it('in production is refused in evaluation mode, and with a database that holds evaluation accounts', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(startIdentity(database)).rejects.toMatchObject({ code: 'EvaluationInProduction' });
      await expect(startIdentity(database, { evaluation: false })).rejects.toMatchObject({
        code: 'EvaluationInProduction',
      });
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('makes the first operator where there is no account at all', async () => {
    const fresh = await identityDatabase();
    process.env['TINBAO_FIRST_OPERATOR'] = 'truong.phong:một mật khẩu dài';
    try {
      const real = await startIdentity(fresh, { evaluation: false });
      try {
        const { rows } = await fresh.pool.query('SELECT id, roles, units, evaluation FROM identity.accounts');
        expect(rows).toEqual([{ id: 'truong.phong', roles: ['operator'], units: ['*'], evaluation: false }]);
      } finally {
        await real.app.close();
      }
    } finally {
      delete process.env['TINBAO_FIRST_OPERATOR'];
      await fresh.drop();
    }
  });
});
