import { createServer } from 'node:net';
import { fixedClock, migrate } from '@app/event-store';
import { createHttpApplication, type HttpLogger } from '@app/http';
import { API_AUDIENCE, inScope, listRoutePermissions, Permit, SecurityModule, securityMigrations } from '@app/security';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as client from 'openid-client';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { totpCode, totpStep } from './accounts/totp.js';
import { EVALUATION_ACCOUNTS } from './accounts/evaluation-accounts.js';
import { IdentityModule } from './identity.module.js';
import { identityService } from './identity.service-definition.js';

const masterKey = Buffer.alloc(32, 9);
const silent: HttpLogger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

@Controller('api/probe')
class ProbeController {
  @Permit({ verb: 'probe.desk', roles: ['intake_officer'], scope: 'unit' })
  @Get('desk')
  desk() {
    return { ok: true };
  }
  @Get('undeclared')
  undeclared() {
    return { ok: true };
  }
}

interface Running {
  app: NestFastifyApplication;
  url: string;
  log: string[];
}

async function start(
  database: TestDatabase,
  options: { evaluation?: boolean; clock?: { now(): Date } } = {},
): Promise<Running> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const clock = options.clock ?? { now: () => new Date() };
  const settings = { publicUrl: url, dataDir: '', evaluation: options.evaluation ?? true, issuers: [], masterKey };
  @Module({
    imports: [
      SecurityModule.forRoot({
        issuers: [{ issuer: `${url}/oidc`, jwksUri: `${url}/oidc/jwks` }],
        audience: API_AUDIENCE,
        clock: { now: () => new Date() },
      }),
      IdentityModule.forContext({ pool: database.pool, clock, settings }),
    ],
    controllers: [ProbeController],
  })
  class Root {}
  const log: string[] = [];
  const logger: HttpLogger = {
    ...silent,
    error: (entry, message) => log.push(`${message} ${JSON.stringify(entry)}`),
  };
  const app = await createHttpApplication(Root, { logger });
  await app.listen(port, '127.0.0.1');
  return { app, url, log };
}

/** A browser's cookies and redirects, followed by hand. */
class Browser {
  private readonly cookies = new Map<string, { value: string; path: string }>();

  async fetch(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const url = new URL(address);
    const cookie = [...this.cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([name, { value }]) => `${name.split('|')[0]}=${value}`)
      .join('; ');
    const headers = { ...(init.headers as Record<string, string>), ...(cookie === '' ? {} : { cookie }) };
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of answer.headers.getSetCookie()) {
      const [pair, ...attributes] = line.split(';').map((part) => part.trim());
      const [name, value] = pair!.split(/=(.*)/s) as [string, string];
      const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? '/';
      if (value === '') this.cookies.delete(`${name}|${path}`);
      else this.cookies.set(`${name}|${path}`, { value, path });
    }
    return answer;
  }

  /** Follow redirects until a page is shown or the callback is reached. */
  async go(address: string | URL, init: RequestInit = {}): Promise<{ url: URL; status: number; text: string }> {
    let url = new URL(address);
    let answer = await this.fetch(url, init);
    for (let i = 0; i < 10 && answer.status >= 300 && answer.status < 400; i += 1) {
      url = new URL(answer.headers.get('location')!, url);
      if (url.pathname === '/auth/callback') return { url, status: 303, text: '' };
      answer = await this.fetch(url);
    }
    return { url, status: answer.status, text: await answer.text() };
  }

  submit(url: URL, fields: Record<string, string>) {
    return this.go(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  }
}

let database: TestDatabase;
let running: Running;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, identityService.schema, identityService.migrations());
  running = await start(database);
}, 60_000);
afterAll(async () => {
  await running?.app.close();
  await database?.drop();
});

async function token(id: string, secret = `${id}-demo`, how: 'basic' | 'post' = 'basic', at = running) {
  const basic = Buffer.from(`${id}:${secret}`).toString('base64');
  const answer = await fetch(`${at.url}/oidc/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(how === 'basic' ? { authorization: `Basic ${basic}` } : {}),
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(how === 'post' ? { client_id: id, client_secret: secret } : {}),
    }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const bearer = async (id: string) => ({ authorization: `Bearer ${String((await token(id)).body['access_token'])}` });

describe('the issuer', () => {
  it('is discovered, with every address on its own origin', async () => {
    const answer = await fetch(`${running.url}/oidc/.well-known/openid-configuration`);
    const found = (await answer.json()) as Record<string, string>;
    expect(found).toMatchObject({
      issuer: `${running.url}/oidc`,
      token_endpoint: `${running.url}/oidc/token`,
      jwks_uri: `${running.url}/oidc/jwks`,
      authorization_endpoint: `${running.url}/oidc/auth`,
      userinfo_endpoint: `${running.url}/oidc/me`,
    });
    const { keys } = (await (await fetch(found['jwks_uri']!)).json()) as { keys: Record<string, string>[] };
    expect(keys).toHaveLength(1);
    expect(Object.keys(keys[0]!)).not.toContain('d');
  });

  it('answers under the name of the machine that the browser used, and under no foreign name', async () => {
    const { port } = new URL(running.url);
    const local = await fetch(`http://localhost:${port}/oidc/.well-known/openid-configuration`).catch(() => null);
    if (local) {
      expect(await local.json()).toMatchObject({
        issuer: `${running.url}/oidc`,
        token_endpoint: `http://localhost:${port}/oidc/token`,
      });
    }
    const { get } = await import('node:http');
    const foreign = await new Promise<string>((resolve, reject) => {
      const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' };
      get(`${running.url}/oidc/.well-known/openid-configuration`, { headers }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('end', () => resolve(text));
      }).on('error', reject);
    });
    expect(foreign).not.toContain('evil.example');
    expect(foreign).toContain(`${running.url}/oidc/token`);
  });

  it.each(EVALUATION_ACCOUNTS.map(({ client: id, role, units }) => [id, role, units] as const))(
    'gives machine client %s a token for its role and units, without scope or resource',
    async (id, role, units) => {
      const { status, body } = await token(id);
      expect(status).toBe(200);
      expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
      const jwks = createRemoteJWKSet(new URL(`${running.url}/oidc/jwks`));
      const { payload } = await jwtVerify(String(body['access_token']), jwks, {
        issuer: `${running.url}/oidc`,
        audience: API_AUDIENCE,
        typ: 'at+jwt',
      });
      expect(payload).toMatchObject({ sub: id, roles: [role], units });
      expect(payload['name']).toEqual(expect.any(String));
    },
  );

  it('takes the secret in the body too, scope and resource as well', async () => {
    expect((await token('desk', 'desk-demo', 'post')).status).toBe(200);
    const config = await client.discovery(
      new URL(`${running.url}/oidc`),
      'operator',
      undefined,
      client.ClientSecretBasic('operator-demo'),
      { execute: [client.allowInsecureRequests] },
    );
    const granted = await client.clientCredentialsGrant(config, { resource: API_AUDIENCE });
    expect(decodeJwt(granted.access_token)).toMatchObject({ aud: API_AUDIENCE, roles: ['operator'] });
  });

  it('gives nothing for a wrong secret, an unknown client or the web client', async () => {
    expect(await token('desk', 'wrong')).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await token('nobody')).toMatchObject({ status: 401 });
    expect((await token('tinbao-web', '')).status).toBeGreaterThanOrEqual(400);
    expect((await token('canbo')).status).toBe(401);
  });

  it('keeps no token, secret or key in clear in the database', async () => {
    const { rows } = await database.pool.query<{ t: string }>(
      `SELECT t::text FROM identity.accounts t UNION ALL SELECT t::text FROM identity.machine_clients t
       UNION ALL SELECT t::text FROM identity.signing_keys t UNION ALL SELECT t::text FROM identity.oidc_records t`,
    );
    const dump = rows.map(({ t }) => t).join('\n');
    expect(dump).not.toContain('-demo');
    expect(dump).not.toContain('"kty"');
    expect(dump).toContain('$argon2id$');
  });
});

describe('a route', () => {
  const get = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${running.url}${path}`, { headers });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  it('is served to the role that has the permission', async () => {
    expect(await get('/api/probe/desk', await bearer('desk'))).toEqual({ status: 200, body: { ok: true } });
  });

  it('is refused to another role, naming who has the right', async () => {
    expect(await get('/api/probe/desk', await bearer('prosecutor'))).toMatchObject({
      status: 403,
      body: { code: 'RoleLacksPermission', facts: { verb: 'probe.desk', rightHolders: ['intake_officer'] } },
    });
  });

  it('is refused without a token, with a broken one and with one of another issuer', async () => {
    expect(await get('/api/probe/desk')).toMatchObject({ status: 401, body: { code: 'TokenMissing' } });
    const [, payload] = String((await token('desk')).body['access_token']).split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    for (const bad of ['x', 'a.b.c', none]) {
      expect(await get('/api/probe/desk', { authorization: `Bearer ${bad}` })).toMatchObject({
        status: 401,
        body: { code: 'TokenInvalid' },
      });
    }
  });

  it('that declares nothing is not served and stands out in the list', async () => {
    running.log.length = 0;
    expect((await get('/api/probe/undeclared', await bearer('operator'))).status).toBe(500);
    expect(running.log.join()).toContain('PermissionNotDeclared');
    const routes = listRoutePermissions(running.app);
    expect(routes.filter(({ permission }) => permission === null)).toEqual([
      { method: 'GET', path: '/api/probe/undeclared', handler: 'ProbeController.undeclared', permission: null },
    ]);
    expect(routes).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          method: 'GET',
          path: '/api/me',
          permission: expect.objectContaining({ verb: 'self.read' }),
        }),
        expect.objectContaining({ method: 'POST', path: '/oidc/*', handler: null, permission: 'public' }),
        expect.objectContaining({ method: 'POST', path: '/oidc/interaction/:uid', permission: 'public' }),
      ]),
    );
  });

  it('tells the caller who they are and what they may do', async () => {
    const me = await get('/api/me', await bearer('desk'));
    expect(me.body).toMatchObject({ id: 'desk', roles: ['intake_officer'], units: ['PC-80-25459'], evaluation: true });
    expect(me.body['permissions']).toEqual(expect.arrayContaining(['self.read', 'probe.desk']));
    expect(me.body['permissions']).not.toContain('account.read');
    expect((await get('/oidc/me', await bearer('leader'))).body).toMatchObject({
      sub: 'leader',
      units: ['PC-80', 'VKS-80'],
    });
  });

  it('lists accounts for the operator only, page by page, without secrets', async () => {
    const first = await get('/api/accounts?limit=4', await bearer('operator'));
    expect(first.body['items']).toHaveLength(4);
    const cursor = String(first.body['nextCursor']);
    const rest = await get(`/api/accounts?limit=50&cursor=${cursor}`, await bearer('operator'));
    const ids = [...(first.body['items'] as { id: string }[]), ...(rest.body['items'] as { id: string }[])];
    expect(ids.map(({ id }) => id)).toEqual([...EVALUATION_ACCOUNTS.map(({ user }) => user)].sort());
    expect(JSON.stringify(first)).not.toContain('argon2');
    expect((await get('/api/accounts', await bearer('leader'))).status).toBe(403);
  });
});

async function webConfig(at = running) {
  return client.discovery(new URL(`${at.url}/oidc`), 'tinbao-web', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  });
}

async function authorization(at = running, more: Record<string, string> = {}) {
  const config = await webConfig(at);
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${at.url}/auth/callback`,
    scope: 'openid profile offline_access',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    prompt: 'consent',
    ...more,
  });
  const exchange = (callback: URL) =>
    client.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier, expectedState: state });
  return { config, url, exchange };
}

describe('signing in', () => {
  it('leads from the page through code and PKCE to a token with the rights of the account', async () => {
    const browser = new Browser();
    const { config, url, exchange } = await authorization();
    const page = await browser.go(url);
    expect(page.status).toBe(200);
    expect(page.url.pathname).toMatch(/^\/oidc\/interaction\//);
    expect(page.text).toContain('<html lang="vi">');
    expect(page.text).toContain('Đăng nhập');
    expect(page.text).toContain('data-account="lanhdao"');
    expect(page.text).not.toMatch(/<script/);

    const { url: callback } = await browser.submit(page.url, { user: ' CanBo ', password: 'canbo-demo' });
    const tokens = await exchange(callback);
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      sub: 'canbo',
      aud: API_AUDIENCE,
      roles: ['intake_officer'],
      units: ['PC-80-25459'],
    });
    expect(tokens.claims()).toMatchObject({ sub: 'canbo', name: 'Cán bộ trực ban', roles: ['intake_officer'] });
    const answer = await fetch(`${running.url}/api/probe/desk`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(answer.status).toBe(200);

    // The refresh token rotates: the old one is worth nothing afterwards, and using it again ends the whole line.
    const renewed = await client.refreshTokenGrant(config, tokens.refresh_token!);
    expect(decodeJwt(renewed.access_token)).toMatchObject({ sub: 'canbo', roles: ['intake_officer'] });
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    await expect(client.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    await expect(client.refreshTokenGrant(config, renewed.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('is silent for somebody who is signed in, and says so when nobody is', async () => {
    const browser = new Browser();
    const first = await authorization();
    const page = await browser.go(first.url);
    await browser.submit(page.url, { user: 'lanhdao', password: 'lanhdao-demo' });
    const silentOne = await authorization(running, { prompt: 'none' });
    const { url: callback } = await browser.go(silentOne.url);
    expect(decodeJwt((await silentOne.exchange(callback)).access_token)).toMatchObject({ sub: 'lanhdao' });

    const stranger = await authorization(running, { prompt: 'none' });
    expect((await new Browser().go(stranger.url)).url.searchParams.get('error')).toBe('login_required');
  });

  it('ends with signing out: session, silent sign-in and refresh token', async () => {
    const browser = new Browser();
    const { config, url, exchange } = await authorization();
    const page = await browser.go(url);
    const { url: callback } = await browser.submit(page.url, { user: 'quantri', password: 'quantri-demo' });
    const tokens = await exchange(callback);
    const end = client.buildEndSessionUrl(config, {
      id_token_hint: tokens.id_token!,
      post_logout_redirect_uri: `${running.url}/sign-in`,
    });
    const asked = await browser.go(end);
    expect(asked.status).toBe(200);
    expect(asked.text).toContain('Đăng xuất');
    expect(asked.text).toContain('src="/oidc/assets/sign-out.js"');
    const script = await fetch(`${running.url}/oidc/assets/sign-out.js`);
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
    const action = /action="([^"]+)"/.exec(asked.text)![1]!;
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.text)![1]!;
    const answer = await browser.fetch(action, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ xsrf, logout: 'yes' }).toString(),
    });
    expect(answer.headers.get('location')).toBe(`${running.url}/sign-in`);
    const again = await authorization(running, { prompt: 'none' });
    expect((await browser.go(again.url)).url.searchParams.get('error')).toBe('login_required');
    await expect(client.refreshTokenGrant(config, tokens.refresh_token!)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('speaks English when asked, by the application or by the switch', async () => {
    const english = await authorization(running, { ui_locales: 'en' });
    const browser = new Browser();
    const page = await browser.go(english.url);
    expect(page.text).toContain('<html lang="en">');
    expect((await browser.go(new URL('?lang=vi', page.url))).text).toContain('<html lang="vi">');
  });

  it('says that the password is wrong without saying which part, and shows nothing typed as markup', async () => {
    const browser = new Browser();
    const { url } = await authorization();
    const page = await browser.go(url);
    for (const user of ['canbo', 'no-such-person', '"><b>x']) {
      const again = await browser.submit(page.url, { user, password: 'wrong' });
      expect(again.status).toBe(401);
      expect(again.text).toContain('Tên đăng nhập hoặc mật khẩu không đúng.');
      expect(again.text).toContain('role="alert"');
      expect(again.text).not.toContain('<b>x');
    }
    expect((await browser.submit(page.url, { user: '', password: '' })).status).toBe(400);
  });

  it('is locked for a while after many wrong passwords, for this account only', async () => {
    const clock = fixedClock('2026-11-21T08:00:00+07:00');
    const throttled = await start(database, { clock });
    try {
      const browser = new Browser();
      const { url, exchange } = await authorization(throttled);
      const page = await browser.go(url);
      for (let i = 0; i < 10; i += 1) {
        expect((await browser.submit(page.url, { user: 'giunguon', password: `no${i}` })).status).toBe(401);
      }
      const locked = await browser.submit(page.url, { user: 'giunguon', password: 'giunguon-demo' });
      expect(locked.status).toBe(429);
      expect(locked.text).toContain('Hãy thử lại sau 30 giây.');
      clock.advance(31_000);
      const { url: callback } = await browser.submit(page.url, { user: 'giunguon', password: 'giunguon-demo' });
      expect(decodeJwt((await exchange(callback)).access_token)).toMatchObject({ sub: 'giunguon' });
    } finally {
      await throttled.app.close();
    }
  });

  it('cannot be finished by another browser or twice with one code', async () => {
    const { url } = await authorization();
    const page = await new Browser().go(url);
    const stolen = await new Browser().submit(page.url, { user: 'canbo', password: 'canbo-demo' });
    expect([stolen.status, stolen.text.includes('đã hết hạn')]).toEqual([400, true]);

    const browser = new Browser();
    const again = await authorization();
    const own = await browser.go(again.url);
    const { url: callback } = await browser.submit(own.url, { user: 'canbo', password: 'canbo-demo' });
    await again.exchange(callback);
    await expect(again.exchange(callback)).rejects.toMatchObject({ error: 'invalid_grant' });
  });

  it('goes nowhere but to registered addresses, and not without PKCE', async () => {
    const foreign = await authorization(running, { redirect_uri: 'https://evil.example/auth/callback' });
    const refused = await new Browser().go(foreign.url);
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('Không đăng nhập được');
    const { url } = await authorization();
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    expect((await new Browser().go(url)).url.searchParams.get('error')).toBe('invalid_request');
  });
});

describe('the second factor', () => {
  it('is asked for once it was confirmed, takes no code twice, and can be removed', async () => {
    const person = async (browser: Browser, code?: string) => {
      const { url, exchange } = await authorization();
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

    const operator = String((await token('operator')).body['access_token']);
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
        headers: { ...(await bearer('operator')), 'content-type': 'application/json' },
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
    const { url, exchange } = await authorization();
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
    const again = await start(database);
    try {
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect((await database.pool.query(`SELECT kid FROM identity.signing_keys`)).rows).toEqual(before.rows);
      expect((await hashes()).rows).toEqual(hashesBefore);
    } finally {
      await again.app.close();
    }
  });

  it('outside the evaluation knows no evaluation account', async () => {
    const real = await start(database, { evaluation: false });
    try {
      expect((await token('desk', 'desk-demo', 'basic', real)).status).toBe(401);
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
      await expect(start(database)).rejects.toMatchObject({ code: 'EvaluationInProduction' });
      await expect(start(database, { evaluation: false })).rejects.toMatchObject({ code: 'EvaluationInProduction' });
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });

  it('makes the first operator where there is no account at all', async () => {
    const fresh = await testDatabase();
    process.env['TINBAO_FIRST_OPERATOR'] = 'truong.phong:một mật khẩu dài';
    try {
      await migrate(fresh.pool, 'identity', identityService.migrations());
      const real = await start(fresh, { evaluation: false });
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

describe('a scoped reader', () => {
  it('sees nothing of identity', async () => {
    await migrate(database.pool, 'probe', securityMigrations('probe'));
    await expect(
      inScope(database.pool, { units: ['*'] }, (tx) => tx.query('SELECT * FROM identity.accounts')),
    ).rejects.toThrow('permission denied');
  });
});
