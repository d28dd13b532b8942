import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFile } from '@swc/core';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from './embedded-postgres.js';

const source = path.resolve('apps/standalone/src/embedded-postgres.ts');

describe('the embedded PostgreSQL', () => {
  let folder: string;
  const programs: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tinbao dữ liệu '));
  });
  afterAll(async () => {
    for (const program of programs) program.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  const ask = async (url: string, sql: string): Promise<unknown> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      const { rows } = await client.query<{ value: unknown }>(sql);
      return rows[0]?.value;
    } finally {
      await client.end();
    }
  };
  const lives = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      // In a container whose first process collects nobody, an ended process stays listed.
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };
  /** The launcher in a process of its own, as `npm start` has it; answers when the server is ready. */
  const startElsewhere = async (dataDir: string): Promise<{ program: ChildProcess; url: string; pid: number }> => {
    // Below the project, so that packages are found.
    const script = path.resolve('.cache', 'test-support', `launcher-${path.basename(folder)}.mjs`);
    await mkdir(path.dirname(script), { recursive: true });
    const { code } = await transformFile(source, { configFile: path.resolve('.swcrc'), sourceMaps: false });
    await writeFile(
      script,
      `${code}
const server = await startEmbeddedPostgres({ dataDir: process.argv[2] });
process.stdout.write(JSON.stringify({ url: server.url, pid: server.pid }) + '\\n');
setInterval(() => undefined, 1000);
`,
    );
    const program = spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
    programs.push(program);
    try {
      const line = await new Promise<string>((resolve, reject) => {
        program.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString('utf8')));
        program.once('exit', (code) => reject(new Error(`the launcher ended with ${code}`)));
      });
      return { program, ...(JSON.parse(line) as { url: string; pid: number }) };
    } finally {
      await rm(script, { force: true });
    }
  };

  it('keeps its data over a restart, in a folder that was moved meanwhile', async () => {
    const dataDir = path.join(folder, 'lần đầu');
    const first = await startEmbeddedPostgres({ dataDir });
    await ask(first.url, `CREATE TABLE kept AS SELECT 'Tây Ninh' AS value`);
    await first.stop();
    expect(lives(first.pid)).toBe(false);
    const moved = path.join(folder, 'chỗ khác');
    await rename(dataDir, moved);
    const second = await startEmbeddedPostgres({ dataDir: moved });
    expect(await ask(second.url, 'SELECT value FROM kept')).toBe('Tây Ninh');
    await second.stop();
  }, 60_000);

  it('is durable, listens on this machine only and asks for a password that others cannot read', async () => {
    const dataDir = path.join(folder, 'settings');
    const server = await startEmbeddedPostgres({ dataDir });
    const setting = (name: string) => ask(server.url, `SELECT current_setting('${name}') AS value`);
    expect(await setting('fsync')).toBe('on');
    expect(await setting('synchronous_commit')).toBe('on');
    expect(await setting('listen_addresses')).toBe('127.0.0.1');
    expect((await stat(path.join(dataDir, 'superuser-password'))).mode & 0o777).toBe(0o600);
    await expect(ask(server.url.replace(/:[^:@]+@/, ':guess@'), 'SELECT 1 AS value')).rejects.toMatchObject({
      code: '28P01',
    });
    await server.stop();
  }, 60_000);

  it('names the port when another program has it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as { port: number };
    await expect(startEmbeddedPostgres({ dataDir: path.join(folder, 'settings'), port })).rejects.toMatchObject({
      code: 'PortInUse',
      message: expect.stringContaining(String(port)) as unknown,
    });
    await new Promise((resolve) => other.close(resolve));
  }, 60_000);

  it('leaves no server behind when its program is killed, and loses nothing', async () => {
    const dataDir = path.join(folder, 'killed');
    const { program, url, pid } = await startElsewhere(dataDir);
    await expect(startEmbeddedPostgres({ dataDir })).rejects.toMatchObject({ code: 'DataFolderInUse' });
    await ask(url, `CREATE TABLE kept AS SELECT 42 AS value`);
    const killed = new Promise((resolve) => program.once('exit', resolve));
    program.kill('SIGKILL');
    await killed;
    // Started at once: the old server may still be shutting down.
    const again = await startEmbeddedPostgres({ dataDir });
    expect(await ask(again.url, 'SELECT value FROM kept')).toBe(42);
    expect(lives(pid)).toBe(false);
    await again.stop();
  }, 60_000);

  it('recovers when the server itself was killed', async () => {
    const dataDir = path.join(folder, 'crashed');
    const server = await startEmbeddedPostgres({ dataDir });
    await ask(server.url, `CREATE TABLE kept AS SELECT 43 AS value`);
    process.kill(server.pid, 'SIGKILL');
    await server.stop();
    const again = await startEmbeddedPostgres({ dataDir });
    expect(await ask(again.url, 'SELECT value FROM kept')).toBe(43);
    await again.stop();
  }, 60_000);
});
