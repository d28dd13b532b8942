import { fixedClock } from '@app/event-store';
import { API_AUDIENCE } from '@app/security';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import type { TestDatabase } from '../../../../test/support/postgres.js';
import { authorization, Browser, identityDatabase, type Running, startIdentity } from '../testing/running-identity.js';

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

describe('signing in', () => {
  it('leads from the page through code and PKCE to a token with the rights of the account', async () => {
    const browser = new Browser();
    const { config, url, exchange } = await authorization(running);
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
    const first = await authorization(running);
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
    const { config, url, exchange } = await authorization(running);
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
    const { url } = await authorization(running);
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
    const throttled = await startIdentity(database, { clock });
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
    const { url } = await authorization(running);
    const page = await new Browser().go(url);
    const stolen = await new Browser().submit(page.url, { user: 'canbo', password: 'canbo-demo' });
    expect([stolen.status, stolen.text.includes('đã hết hạn')]).toEqual([400, true]);

    const browser = new Browser();
    const again = await authorization(running);
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
    const { url } = await authorization(running);
    url.searchParams.delete('code_challenge');
    url.searchParams.delete('code_challenge_method');
    expect((await new Browser().go(url)).url.searchParams.get('error')).toBe('invalid_request');
  });
});
