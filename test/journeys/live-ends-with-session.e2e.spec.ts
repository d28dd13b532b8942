import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool } from '@app/event-store';
import * as client from 'openid-client';
import { authorization, Browser } from '../../apps/identity/src/testing/running-identity.js';
import { importFiles, UNITS_CSV } from '../support/journey.js';
import { startSystem, type TestSystem } from '../support/system.js';

/** What the promise allows between the end of a session and the end of its streams. */
const ENDS_WITHIN_MS = 5_000;

let system: TestSystem;

beforeAll(async () => {
  system = await startSystem();
  await importFiles(system, { 'units.csv': UNITS_CSV });
}, 60_000);

afterAll(() => system?.stop());

async function signIn(user: string) {
  const browser = new Browser();
  const { config, url, exchange } = await authorization({ ...system, app: system.host.app, log: [] });
  const page = await browser.go(url);
  const { url: callback } = await browser.submit(page.url, { user, password: `${user}-demo` });
  return { browser, config, tokens: await exchange(callback) };
}

const open = (token: string): Promise<Response> =>
  fetch(new URL('/api/live/dashboard', system.url), { headers: { authorization: `Bearer ${token}` } });

/** An open dashboard; `ended` resolves with all that was sent. */
async function look(token: string): Promise<{ ended: Promise<string> }> {
  const answer = await open(token);
  expect(answer.status).toBe(200);
  return { ended: answer.text() };
}

const within = async (ended: Promise<string>): Promise<string> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the stream is still open')), ENDS_WITHIN_MS);
  });
  return Promise.race([ended, late]).finally(() => clearTimeout(timer));
};

describe('a dashboard that is open', () => {
  it('ends soon after its viewer has signed out, elsewhere too, and does not open again', async () => {
    const { browser, config, tokens } = await signIn('lanhdao');
    const other = await signIn('lanhdao');
    const mine = await look(tokens.access_token);
    const also = await look(other.tokens.access_token);

    const page = await browser.go(
      client.buildEndSessionUrl(config, {
        id_token_hint: tokens.id_token!,
        post_logout_redirect_uri: `${system.url}/sign-in`,
      }),
    );
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.text)![1]!;
    await browser.submit(new URL(/action="([^"]+)"/.exec(page.text)![1]!), { xsrf, logout: 'yes' });

    expect(await within(mine.ended)).toMatch(/^retry: 2000\n\nid: \d+\n[\s\S]*event: ended\ndata: {}\n\n$/);
    const again = await open(tokens.access_token);
    expect({ status: again.status, body: await again.json() }).toMatchObject({
      status: 401,
      body: { code: 'SessionEnded' },
    });
    // Signed in twice, signed out once: the other session has its dashboard still.
    await expect(Promise.race([also.ended, Promise.resolve('open')])).resolves.toBe('open');
    expect((await open(other.tokens.access_token)).status).toBe(200);
  });

  it('ends soon after the account has got other rights, and opens with the new ones', async () => {
    const { config, tokens } = await signIn('lanhdao');
    const before = await look(tokens.access_token);
    const database = createPool(system.databaseUrl, { applicationName: 'spec', max: 1 });
    try {
      await database.query(`UPDATE identity.accounts SET units = '{PC-82}' WHERE id = 'lanhdao'`);
      expect(await within(before.ended)).toContain('event: ended');
      const renewed = await client.refreshTokenGrant(config, tokens.refresh_token!);
      const after = await look(renewed.access_token);

      await database.query(`UPDATE identity.accounts SET disabled_at = now() WHERE id = 'lanhdao'`);
      expect(await within(after.ended)).toContain('event: ended');
    } finally {
      await database.query(`UPDATE identity.accounts SET disabled_at = NULL WHERE id = 'lanhdao'`);
      await database.end();
    }
  });

  it('of a machine ends when its rights change', async () => {
    const token = await system.token('leader');
    const mine = await look(token);
    const database = createPool(system.databaseUrl, { applicationName: 'spec', max: 1 });
    try {
      await database.query(`UPDATE identity.machine_clients SET roles = '{auditor}' WHERE id = 'leader'`);
      expect(await within(mine.ended)).toContain('event: ended');
    } finally {
      await database.end();
    }
  });
});
