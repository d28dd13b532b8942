import 'reflect-metadata';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { startHost } from '@app/service';
import type { RunningHost } from '@app/service';
import { deadlinesService } from '../../apps/deadlines/src/deadlines.service-definition.js';
import { identityService } from '../../apps/identity/src/identity.service-definition.js';
import { intakeService } from '../../apps/intake/src/intake.service-definition.js';
import { prosecutionService } from '../../apps/prosecution/src/prosecution.service-definition.js';
import { statisticsService } from '../../apps/statistics/src/statistics.service-definition.js';
import { testDatabase } from './postgres.js';

/** A system as a test drives it over HTTP, in one process or in many. */
export interface SystemClient {
  url: string;
  /** An access token of one of the machine clients (`desk`, `prosecutor`, …). */
  token(clientId: string): Promise<string>;
  /** A JSON request as a machine client; answers status, headers and body. */
  call(
    clientId: string | null,
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

/** The whole system in one process on a fresh database. */
export interface TestSystem extends SystemClient {
  host: RunningHost;
  databaseUrl: string;
  stop(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests read answers of many shapes
  body: any;
}

export interface SystemOptions {
  /** Folder of the built web application, for browser tests. */
  webRoot?: string;
}

/** Starts the system; the caller stops it. */
export async function startSystem(options: SystemOptions = {}): Promise<TestSystem> {
  const database = await testDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'tinbao-system-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const host = await startHost({
    name: 'standalone',
    services: [identityService, intakeService, prosecutionService, deadlinesService, statisticsService],
    databaseUrl: database.url,
    ...(options.webRoot === undefined ? {} : { webRoot: options.webRoot }),
    config: {
      host: '127.0.0.1',
      port,
      publicUrl: url,
      dataDir,
      databaseUrl: database.url,
      kafkaBrokers: [],
      issuers: [],
      evaluation: true,
      demo: 'none',
      masterKey: undefined,
      logLevel: 'error',
    },
  });
  return {
    ...systemClient(url),
    host,
    databaseUrl: database.url,
    stop: async () => {
      await host.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Requests to the system at an origin, as the machine clients of the evaluation. */
export function systemClient(url: string): SystemClient {
  const tokens = new Map<string, Promise<string>>();
  const token = (clientId: string) => {
    const known = tokens.get(clientId) ?? fetchToken(url, clientId);
    tokens.set(clientId, known);
    return known;
  };
  return {
    url,
    token,
    call: async (clientId, method, path, body, headers = {}) => {
      const answer = await fetch(new URL(path, url), {
        method,
        headers: {
          ...(clientId === null ? {} : { authorization: `Bearer ${await token(clientId)}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = (answer.headers.get('content-type') ?? '').includes('json');
      return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text };
    },
  };
}

/** Client credentials by HTTP Basic, as the evaluation accounts have them: the secret is the id and `-demo`. */
async function fetchToken(url: string, clientId: string): Promise<string> {
  const answer = await fetch(new URL('/oidc/token', url), {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${clientId}:${clientId}-demo`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  if (!answer.ok) throw new Error(`no token for ${clientId}: ${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
