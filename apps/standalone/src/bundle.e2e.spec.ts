import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { utils, write } from '@e965/xlsx';
import { Course } from '../../../test/support/course.js';
import { eventually, hoursAgo, importFiles, UNITS_CSV } from '../../../test/support/journey.js';
import { startSystem, systemClient } from '../../../test/support/system.js';
import type { SystemClient, TestSystem } from '../../../test/support/system.js';
import { openBundle } from './bundle.js';

const root = resolve('.');

/** The built program as `npm start` runs it, from its bundle. */
describe('the program from its bundle', () => {
  let dataDir: string;
  let program: ChildProcess;
  let said = '';
  let system: SystemClient;

  beforeAll(async () => {
    const build = spawnSync(process.execPath, ['scripts/build.mjs', '--bundle'], { cwd: root, encoding: 'utf8' });
    if (build.status !== 0) throw new Error(`the program does not build:\n${build.stdout}\n${build.stderr}`);
    dataDir = mkdtempSync(join(tmpdir(), 'tinbao-bundle-'));
    await start();
  }, 120_000);

  afterAll(async () => {
    await stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 30_000);

  const start = async (): Promise<void> => {
    const port = await freePort();
    const given = { PORT: String(port), DATA_DIR: dataDir, DEMO: 'none', DATABASE_URL: '', KAFKA_BROKERS: '' };
    program = spawn(process.execPath, ['dist/apps/standalone/src/main.js'], {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: '', ...given },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    said = '';
    await new Promise<void>((ready, reject) => {
      const hear = (bytes: Buffer): void => {
        said += bytes.toString('utf8');
        if (said.includes('is ready:')) ready();
      };
      program.stdout?.on('data', hear);
      program.stderr?.on('data', hear);
      program.once('exit', (code) => reject(new Error(`ended with ${code}:\n${said}`)));
    });
    system = systemClient(`http://127.0.0.1:${port}`);
  };

  const stop = async (): Promise<void> => {
    if (program?.exitCode !== null) return;
    const ended = new Promise((done) => program.once('exit', done));
    program.kill('SIGTERM');
    await ended;
  };

  it('is the one that was built last, and warns of nothing of its own', () => {
    expect(openBundle(pathToFileURL(`${root}/dist/`))).toBeDefined();
    // The issuer's library says that it wants a newer Node than the oldest that this project runs on.
    const lines = said.split('\n').filter((line) => line !== '' && !/^oidc-provider WARNING: Unsupported/.test(line));
    expect(lines[0]).toMatch(/^Tin Báo is ready: /);
  });

  it('has the same interfaces, rights and shapes as the sources', async () => {
    const fromSources: TestSystem = await startSystem();
    try {
      for (const path of ['/openapi.json', '/asyncapi.json']) {
        const [bundled, expected] = [await system.call(null, 'GET', path), await fromSources.call(null, 'GET', path)];
        expect(expected.status).toBe(200);
        expect(bundled.body).toEqual(expected.body);
      }
    } finally {
      await fromSources.stop();
    }
  }, 60_000);

  it('reads register files, workbooks in their own thread too', async () => {
    const units = await importFiles(system, { 'units.csv': UNITS_CSV });
    expect(units).toMatchObject({ state: 'done', files: [{ kind: 'units', accepted: 8, rejected: 0 }] });
    const sheet = utils.aoa_to_sheet(
      UNITS_CSV.trim()
        .split('\n')
        .map((line) => line.split(',')),
    );
    const book = utils.book_new();
    utils.book_append_sheet(book, sheet, 'units');
    const form = new FormData();
    form.append(
      'file',
      new Blob([new Uint8Array(write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer)]),
      'units.xlsx',
    );
    const answer = await fetch(new URL('/api/imports', system.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${await system.token('operator')}` },
      body: form,
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const { body } = await eventually(
      () => system.call('operator', 'GET', `/api/imports/${id}`),
      ({ body }) => body.state === 'done' || body.state === 'failed',
      60_000,
    );
    expect(body).toMatchObject({ state: 'done', files: [{ kind: 'units', rejected: 0 }] });
  }, 120_000);

  it('takes a tip to the procuracy, and says what is wrong with another', async () => {
    const now = Date.now();
    const course = new Course(system, (hours) => hoursAgo(hours, now));
    expect((await course.receive()).status).toBe(201);
    await course.classify();
    await course.transfer();
    await course.takeOn();
    expect(await course.requestExtension(10_000)).toBeDefined();
    const refused = await course.receive({ kind: 'rumour', content: 7 });
    expect(refused.status).toBe(400);
    expect(JSON.stringify(refused.body)).toContain('kind');
  }, 60_000);

  it('answers a sign-in with the page that asks for name and password', async () => {
    const { body } = await system.call(null, 'GET', '/oidc/.well-known/openid-configuration');
    const asked = new URL(body.authorization_endpoint);
    asked.search = String(
      new URLSearchParams({
        client_id: 'tinbao-web',
        redirect_uri: `${system.url}/auth/callback`,
        response_type: 'code',
        scope: 'openid',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
        state: 'begun',
      }),
    );
    const begun = await fetch(asked, { redirect: 'manual' });
    const page = await fetch(new URL(begun.headers.get('location') ?? '', system.url), {
      headers: {
        cookie: begun.headers
          .getSetCookie()
          .map((cookie) => cookie.split(';', 1)[0])
          .join('; '),
      },
    });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('type="password"');
  });

  it('keeps what V8 compiled when it ends, and starts from it again', async () => {
    await stop();
    expect(program.exitCode).toBe(0);
    const { id } = JSON.parse(readFileSync('dist/bundle.json', 'utf8')) as { id: string };
    const kept = readdirSync(`dist/bundle/${id}`).filter((name) => /^(program|run-system).*\.code$/.test(name));
    expect(kept).toHaveLength(2);
    await start();
    const { body } = await system.call('desk', 'GET', '/api/tips');
    expect(body.items).toHaveLength(1);
  }, 60_000);
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}
