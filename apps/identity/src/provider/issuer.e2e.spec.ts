import { inScope, API_AUDIENCE, listRoutePermissions, securityMigrations } from '@app/security';
import { migrate } from '@app/event-store';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import * as client from 'openid-client';
import type { TestDatabase } from '../../../../test/support/postgres.js';
import { EVALUATION_ACCOUNTS } from '../accounts/evaluation-accounts.js';
import { askToken, bearer, identityDatabase, type Running, startIdentity } from '../testing/running-identity.js';

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
      const { status, body } = await askToken(running, id);
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
    expect((await askToken(running, 'desk', 'desk-demo', 'post')).status).toBe(200);
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
    expect(await askToken(running, 'desk', 'wrong')).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    expect(await askToken(running, 'nobody')).toMatchObject({ status: 401 });
    expect((await askToken(running, 'tinbao-web', '')).status).toBeGreaterThanOrEqual(400);
    expect((await askToken(running, 'canbo')).status).toBe(401);
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
    expect(await get('/api/probe/desk', await bearer(running, 'desk'))).toEqual({ status: 200, body: { ok: true } });
  });

  it('is refused to another role, naming who has the right', async () => {
    expect(await get('/api/probe/desk', await bearer(running, 'prosecutor'))).toMatchObject({
      status: 403,
      body: { code: 'RoleLacksPermission', facts: { verb: 'probe.desk', rightHolders: ['intake_officer'] } },
    });
  });

  it('is refused without a token, with a broken one and with one of another issuer', async () => {
    expect(await get('/api/probe/desk')).toMatchObject({ status: 401, body: { code: 'TokenMissing' } });
    const [, payload] = String((await askToken(running, 'desk')).body['access_token']).split('.');
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
    expect((await get('/api/probe/undeclared', await bearer(running, 'operator'))).status).toBe(500);
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
    const me = await get('/api/me', await bearer(running, 'desk'));
    expect(me.body).toMatchObject({ id: 'desk', roles: ['intake_officer'], units: ['PC-80-25459'], evaluation: true });
    expect(me.body['permissions']).toEqual(expect.arrayContaining(['self.read', 'probe.desk', 'tip.receive']));
    expect(me.body['permissions']).not.toContain('account.read');
    expect((await get('/oidc/me', await bearer(running, 'leader'))).body).toMatchObject({
      sub: 'leader',
      units: ['PC-80', 'VKS-80'],
    });
  });

  it('lists accounts for the operator only, page by page, without secrets', async () => {
    const first = await get('/api/accounts?limit=4', await bearer(running, 'operator'));
    expect(first.body['items']).toHaveLength(4);
    const cursor = String(first.body['nextCursor']);
    const rest = await get(`/api/accounts?limit=50&cursor=${cursor}`, await bearer(running, 'operator'));
    const ids = [...(first.body['items'] as { id: string }[]), ...(rest.body['items'] as { id: string }[])];
    expect(ids.map(({ id }) => id)).toEqual([...EVALUATION_ACCOUNTS.map(({ user }) => user)].sort());
    expect(JSON.stringify(first)).not.toContain('argon2');
    expect((await get('/api/accounts', await bearer(running, 'leader'))).status).toBe(403);
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
