import { execFile, spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import { createPool } from '@app/event-store';
import { startEmbeddedPostgres } from '../../../apps/standalone/src/embedded-postgres.js';
import { ROOT } from '../../harness/root.js';
import { DURABLE } from '../../harness/servers.js';
import type { Check, Scale, Variant, Workload } from '../../harness/types.js';

const run = promisify(execFile);
const MAIN = join(ROOT, 'dist/apps/standalone/src/main.js');
const READY_MS = 120_000;

/** Write-ahead log to be redone after the crash. */
const REDO_MB: Record<Scale, number> = { S: 200, M: 1024, L: 1024 };

const redoRows = `
  INSERT INTO bench_redo (stream, version, data)
  SELECT 'crime-tip-' || gen_random_uuid(), 1, jsonb_build_object('content', repeat(md5(random()::text), 12), 'n', n)
  FROM generate_series(1, 20000) n`;

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

interface Program {
  /** Seconds from the start of the process until it answers that it is ready. */
  seconds: number;
  /** What it said while starting. */
  said: string;
  rssMb: number;
  stop(): Promise<void>;
}

/** Starts the one-process program on a folder, as its start script does. */
async function startProgram(dataDir: string): Promise<Program> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, ['--max-semi-space-size=32', MAIN], {
    cwd: ROOT,
    env: { ...process.env, PORT: String(port), DATA_DIR: dataDir, DEMO: 'none', DATABASE_URL: '', KAFKA_BROKERS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isReady = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready after ${READY_MS} ms:\n${said}`)), READY_MS);
    const hear = (bytes: Buffer): void => {
      said += bytes.toString('utf8');
      if (!said.includes('is ready:')) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`ended with ${code} while starting:\n${said}`));
    });
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  try {
    await isReady;
    const answer = await fetch(`http://127.0.0.1:${port}/health/ready`);
    if (!answer.ok) throw new Error(`it said ready, but answers ${answer.status}: ${await answer.text()}`);
    const seconds = (performance.now() - started) / 1000;
    return { seconds, said, rssMb: process.platform === 'linux' ? await residentOf(child.pid!) : 0, stop };
  } catch (fault) {
    await stop();
    throw fault;
  }
}

async function residentOf(pid: number): Promise<number> {
  const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim()) / 1024;
}

/** PostgreSQL alone on a folder of the program, by the same launcher, until it answers a query. */
async function startAlone(dataDir: string, settings: Record<string, string> = {}) {
  const started = performance.now();
  const server = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), settings });
  const pool = createPool(server.url, { max: 1, statementTimeoutMs: 0 });
  await pool.query('SELECT 1');
  const seconds = (performance.now() - started) / 1000;
  return {
    seconds,
    pool,
    pid: server.pid,
    stop: async () => {
      await pool.end();
      await server.stop();
    },
  };
}

/**
 * A folder as a run of the program left it: migrated, and with rows beside its own whose log is still to be redone
 * after a crash, or closed in order.
 * @returns how many of those rows were acknowledged
 */
async function prepare(folder: string, redoMb: number): Promise<number> {
  const first = await startProgram(folder);
  await first.stop();
  // No checkpoint comes in between: everything written since this start is to be redone.
  const server = await startAlone(folder, { max_wal_size: '8GB', checkpoint_timeout: '1h', ...DURABLE });
  await server.pool.query(`
    CREATE TABLE bench_redo (
      gp bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text COLLATE "C", version int, data jsonb,
      UNIQUE (stream, version))`);
  await server.pool.query('CHECKPOINT');
  const { rows } = await server.pool.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  for (let written = 0; written < redoMb;) {
    await server.pool.query(redoRows);
    const { rows: now } = await server.pool.query<{ mb: number }>(
      'SELECT (pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1) / 1048576)::int AS mb',
      [rows[0]!.lsn],
    );
    written = now[0]!.mb;
  }
  const count = await server.pool.query<{ n: number }>('SELECT count(*)::int AS n FROM bench_redo');
  const kept = count.rows[0]!.n;
  if (redoMb === 0) await server.stop();
  else {
    const isGone = new Promise<void>((resolve) => server.pool.once('remove', () => resolve()));
    process.kill(server.pid, 'SIGKILL');
    await isGone;
    await server.pool.end();
    await allEnded(server.pid);
  }
  // This process lives on, but not on these data.
  rmSync(join(folder, 'postgres', 'holder.json'), { force: true });
  return kept;
}

/** The server's children notice within moments that it is gone; files are copied only when they have ended too. */
async function allEnded(pid: number): Promise<void> {
  for (let i = 0; i < 200; i += 1) {
    const { stdout } = await run('ps', ['-eo', 'pid=,ppid=']);
    const isLeft = stdout.split('\n').some((line) => line.trim().split(/\s+/).map(Number).includes(pid));
    if (!isLeft) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/**
 * From nothing to ready: the one-process program against PostgreSQL alone, on copies of the same folder. `cold`: closed
 * in order, files in the system's cache. `crash`: PostgreSQL was killed and has its log to redo.
 */
export const startToReady: Workload = {
  id: 'B14',
  unit: 'starts',
  title: 'Start to ready: the one-process program against PostgreSQL alone',
  metric: 'secs',
  warmUp: false,
  points: (scale) => [
    { start: 'cold', redo_mb: 0 },
    { start: 'crash', redo_mb: REDO_MB[scale] },
  ],
  open: async (context, { redo_mb: redoMb }) => {
    const original = join(context.folder, 'original');
    mkdirSync(original);
    const kept = await prepare(original, Number(redoMb));
    let copies = 0;
    const faults: string[] = [];
    const copy = async (): Promise<string> => {
      copies += 1;
      const target = join(context.folder, `copy-${copies}`);
      await run('cp', ['-a', original, target]);
      // The copy itself must not be what the start waits for.
      await run('sync', []);
      return target;
    };
    /** Everything that was acknowledged before is there afterwards. */
    const recount = async (pool: Pool): Promise<void> => {
      const { rows } = await pool.query<{ n: number }>('SELECT count(*)::int AS n FROM bench_redo');
      if (rows[0]!.n !== kept) faults.push(`${rows[0]!.n} rows of ${kept}`);
    };
    const check = (): Promise<Check> => Promise.resolve({ ok: faults.length === 0, rows: kept, faults });
    const floor: Variant = {
      name: 'floor',
      round: async () => {
        const folder = await copy();
        const server = await startAlone(folder);
        await recount(server.pool);
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
        return { ops: 1, seconds: server.seconds };
      },
      check,
    };
    const ours: Variant = {
      name: 'ours',
      round: async () => {
        const folder = await copy();
        const program = await startProgram(folder);
        await program.stop();
        const server = await startAlone(folder);
        await recount(server.pool);
        await server.stop();
        rmSync(folder, { recursive: true, force: true });
        return { ops: 1, seconds: program.seconds, rssMb: program.rssMb };
      },
      check,
    };
    return {
      variants: [floor, ours],
      note: 'Files are in the system cache, V8’s code of the program is kept from an earlier start; the register is empty, the log to redo is of a table beside it.',
      close: () => Promise.resolve(),
    };
  },
};
