import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
// @ts-expect-error -- the gateway is plain JavaScript: it runs in an image of its own, without a build
import { startGateway } from '../../docker/gateway/gateway.mjs';
// @ts-expect-error -- as above
import { serviceOf } from '../../docker/gateway/routes.mjs';

interface Echo {
  service: string;
  method: string;
  url: string;
  bytes: number;
  forwardedHost: string;
}

const NAMES = ['identity', 'intake', 'prosecution', 'deadlines', 'statistics'];

/** A stand-in for a service: says who it is and what it was asked; streams where a service would. */
function standIn(service: string): Promise<Server> {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === '/api/live/dashboard') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: first\n\n');
      return;
    }
    // Never answered: as a service that stands still.
    if (request.url?.endsWith('/stuck')) return;
    if (request.url === '/metrics') {
      response.end('# HELP up whether it runs\n# TYPE up gauge\nup 1\nsent_total{kind="a"} 2\n');
      return;
    }
    if (request.url === '/openapi.json') {
      response.end(JSON.stringify({ openapi: '3.1.0', paths: { [`/api/${service}`]: { get: {} } } }));
      return;
    }
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => {
      const echo = { service, method: request.method, url: request.url, bytes };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...echo, forwardedHost: request.headers['x-forwarded-host'] }));
    });
  };
  const server = createServer(answer);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

describe('the gateway of the distributed system', () => {
  const servers = new Map<string, Server>();
  let gateway: { url: string; close(): Promise<void> };
  let webRoot: string;

  beforeAll(async () => {
    webRoot = mkdtempSync(join(tmpdir(), 'tinbao-web-'));
    mkdirSync(join(webRoot, 'assets'));
    writeFileSync(join(webRoot, 'index.html'), '<title>Tin Báo</title>');
    writeFileSync(join(webRoot, 'assets', 'app-1a2b.js'), 'export {};');
    writeFileSync(join(webRoot, 'assets', 'app-1a2b.js.gz'), gzipSync('export {}; // compressed'));
    writeFileSync(join(webRoot, 'assets', 'app-1a2b.js.br'), brotliCompressSync('export {}; // smaller'));
    for (const name of NAMES) servers.set(name, await standIn(name));
    gateway = (await startGateway({
      port: 0,
      host: '127.0.0.1',
      webRoot,
      services: Object.fromEntries([...servers].map(([name, server]) => [name, originOf(server)])),
    })) as typeof gateway;
  });

  afterAll(async () => {
    await gateway.close();
    for (const server of servers.values()) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(webRoot, { recursive: true });
  });

  it.each([
    ['/oidc/token', 'identity'],
    ['/oidc/.well-known/openid-configuration', 'identity'],
    ['/api/me', 'identity'],
    ['/api/accounts/1', 'identity'],
    ['/api/tips', 'intake'],
    ['/api/tips/1/history', 'intake'],
    ['/api/tips/1/obligations', 'deadlines'],
    ['/api/cases/1/obligations', 'deadlines'],
    ['/api/obligations/summary', 'deadlines'],
    ['/api/time-limits/calculate', 'deadlines'],
    ['/api/imports', 'intake'],
    ['/api/units', 'intake'],
    ['/api/cases/1', 'prosecution'],
    ['/api/extension-requests/1/grant', 'prosecution'],
    ['/api/indicators/R1/matters', 'statistics'],
    ['/api/live/dashboard', 'statistics'],
  ])('sends %s to %s', (path, service) => {
    expect(serviceOf(path)).toBe(service);
  });

  it('passes method, query, body and the origin that the browser used', async () => {
    // A long body is an upload: others end at the services' limit.
    const body = Buffer.alloc(3_000_000);
    const answer = await fetch(`${gateway.url}/api/imports?unit=PC-80`, { method: 'POST', body });
    const echo = (await answer.json()) as Echo;
    expect(echo).toEqual({
      service: 'intake',
      method: 'POST',
      url: '/api/imports?unit=PC-80',
      bytes: 3_000_000,
      forwardedHost: gateway.url.replace('http://', ''),
    });
  });

  it('turns a body away that no service takes, but for uploads', async () => {
    const body = Buffer.alloc(4 * 1024 * 1024, 'x');
    const refused = await fetch(`${gateway.url}/api/tips`, { method: 'POST', body });
    expect({ status: refused.status, ...((await refused.json()) as object) }).toMatchObject({
      status: 413,
      code: 'BodyTooLarge',
    });
    const uploaded = await fetch(`${gateway.url}/api/imports`, { method: 'POST', body });
    expect(((await uploaded.json()) as Echo).bytes).toBe(body.length);
  });

  it('hands on each live event as it comes, not at the end', async () => {
    const interrupt = new AbortController();
    const answer = await fetch(`${gateway.url}/api/live/dashboard`, { signal: interrupt.signal });
    const { value } = await answer.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe('data: first\n\n');
    interrupt.abort();
  });

  it('shows the page for any screen address and keeps named assets for ever', async () => {
    const page = await fetch(`${gateway.url}/tips/0190`);
    expect(await page.text()).toContain('Tin Báo');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const asset = await fetch(`${gateway.url}/assets/app-1a2b.js`);
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect(asset.headers.get('content-type')).toContain('javascript');
    expect(asset.headers.get('content-encoding')).toBe('gzip');
    expect(await asset.text()).toContain('compressed');
    const smaller = await fetch(`${gateway.url}/assets/app-1a2b.js`, { headers: { 'accept-encoding': 'gzip, br' } });
    expect(smaller.headers.get('content-encoding')).toBe('br');
    expect(await smaller.text()).toContain('smaller');
    const plain = await fetch(`${gateway.url}/assets/app-1a2b.js`, { headers: { 'accept-encoding': 'identity' } });
    expect(await plain.text()).toBe('export {};');
    expect((await fetch(`${gateway.url}/assets/gone-3c4d.js`)).status).toBe(404);
    expect((await fetch(`${gateway.url}/..%2f..%2fetc%2fpasswd.txt`)).status).toBe(404);
  });

  it('answers 404 with a problem document where no service is', async () => {
    const answer = await fetch(`${gateway.url}/api/nothing`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'NotFound', status: 404 });
  });

  it('puts the documents and the metrics of all services together', async () => {
    const document = (await (await fetch(`${gateway.url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).toHaveLength(NAMES.length);
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    expect(metrics.match(/# TYPE up gauge/g)).toHaveLength(1);
    expect(metrics).toContain('up{service="intake"} 1');
    expect(metrics).toContain('sent_total{service="deadlines",kind="a"} 2');
  });

  it('answers 503 with Retry-After for a service that stands still, and serves the next', async () => {
    const impatient = (await startGateway({
      port: 0,
      host: '127.0.0.1',
      webRoot,
      services: { intake: originOf(servers.get('intake') as Server) },
      answerWithinMs: 50,
    })) as typeof gateway;
    try {
      const stuck = await fetch(`${impatient.url}/api/tips/stuck`, { method: 'POST', body: '{}' });
      expect(stuck.status).toBe(503);
      expect(stuck.headers.get('retry-after')).toBe('1');
      expect(await stuck.json()).toMatchObject({ code: 'ServiceUnavailable', facts: { service: 'intake' } });
    } finally {
      await impatient.close();
    }
    expect((await fetch(`${gateway.url}/api/tips/1`)).status).toBe(200);
  });

  it('answers 503 for a service that is away and finds it again when it is back', async () => {
    const server = servers.get('prosecution')!;
    const port = (server.address() as AddressInfo).port;
    await fetch(`${gateway.url}/api/cases`);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    const away = await fetch(`${gateway.url}/api/cases`);
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).toBe('1');
    expect(await away.json()).toMatchObject({ code: 'ServiceUnavailable', facts: { service: 'prosecution' } });
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(503);

    const again = await standIn('prosecution');
    await new Promise((resolve) => again.close(resolve));
    await new Promise<void>((resolve) => again.listen(port, '127.0.0.1', resolve));
    servers.set('prosecution', again);
    expect((await fetch(`${gateway.url}/api/cases`)).status).toBe(200);
    expect((await fetch(`${gateway.url}/health/ready`)).status).toBe(200);
  });
});
