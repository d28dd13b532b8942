import { createServer } from 'node:net';
import { migrate, systemClock } from '@app/event-store';
import { createHttpApplication, type HttpLogger } from '@app/http';
import { API_AUDIENCE, Permit, SecurityModule } from '@app/security';
import { Controller, Get, Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import * as client from 'openid-client';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { IdentityModule } from '../identity.module.js';
import { identityService } from '../identity.service-definition.js';

const masterKey = Buffer.alloc(32, 9);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Two routes of some other service: one declared, one forgotten. */
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

/** Identity, listening. */
export interface Running {
  app: NestFastifyApplication;
  url: string;
  log: string[];
}

interface StartOptions {
  evaluation?: boolean;
  clock?: { now(): Date };
}

/** Starts identity on a migrated database; the caller closes the application. */
export async function startIdentity(database: TestDatabase, options: StartOptions = {}): Promise<Running> {
  // The issuer's name holds the port, so it is chosen before listening; another process may be quicker to take it.
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOn(await freePort(), database, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || tries === 5) throw error;
    }
  }
}

async function startOn(port: number, database: TestDatabase, options: StartOptions): Promise<Running> {
  const url = `http://127.0.0.1:${port}`;
  const clock = options.clock ?? systemClock;
  const settings = { publicUrl: url, dataDir: '', evaluation: options.evaluation ?? true, issuers: [], masterKey };
  @Module({
    imports: [
      SecurityModule.forRoot({
        issuers: [{ issuer: `${url}/oidc`, jwksUri: `${url}/oidc/jwks` }],
        audience: API_AUDIENCE,
        clock: systemClock,
      }),
      IdentityModule.forContext({ pool: database.pool, clock, settings }),
    ],
    controllers: [ProbeController],
  })
  class Root {}
  const log: string[] = [];
  const ignore = () => undefined;
  const logger: HttpLogger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (entry, message) => log.push(`${message} ${JSON.stringify(entry)}`),
  };
  const app = await createHttpApplication(Root, { logger });
  try {
    await app.listen(port, '127.0.0.1');
  } catch (error) {
    await app.close();
    throw error;
  }
  return { app, url, log };
}

/** A fresh database with identity's tables. */
export async function identityDatabase(): Promise<TestDatabase> {
  const database = await testDatabase();
  await migrate(database.pool, identityService.schema, identityService.migrations());
  return database;
}

/** Answer of the token endpoint to client credentials. */
export async function askToken(at: Running, id: string, secret = `${id}-demo`, how: 'basic' | 'post' = 'basic') {
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

/** Authorization header of a machine client. */
export async function bearer(at: Running, id: string): Promise<{ authorization: string }> {
  return { authorization: `Bearer ${String((await askToken(at, id)).body['access_token'])}` };
}

async function webConfig(at: Running) {
  return client.discovery(new URL(`${at.url}/oidc`), 'tinbao-web', undefined, client.None(), {
    execute: [client.allowInsecureRequests],
  });
}

/** A sign-in as the web application begins and finishes it. */
export async function authorization(at: Running, more: Record<string, string> = {}) {
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

/** A browser's cookies and redirects, followed by hand. */
export class Browser {
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

  /** Follows redirects until a page is shown or the callback is reached. */
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
