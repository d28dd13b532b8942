import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { systemClient } from './system.js';
import type { SystemClient } from './system.js';

const ROOT = resolve(import.meta.dirname, '../..');
/** Build, broker, database and five services on a busy machine. */
const READY_MS = 180_000;

type Service = 'identity' | 'intake' | 'prosecution' | 'deadlines' | 'statistics';

/** `npm run start:distributed` as a test drives it: HTTP through its one origin, drills by its channel. */
export interface DistributedSystem extends SystemClient {
  databaseUrl: string;
  brokers: string[];
  /** Everything that was started and must be gone at the end, by process id. */
  pids(): number[];
  /** Start, stop or kill (-9) a part; resolves when it is ready again, or has ended. */
  drill(act: 'start' | 'stop' | 'kill', part: Service | 'kafka'): Promise<void>;
  /** Everything that the services have written out. */
  logs(): string;
  /** Ctrl-C; the exit code of the command. */
  interrupt(): Promise<number | null>;
  /** Ends what still runs and removes its folder. */
  cleanUp(): Promise<void>;
}

interface Ready {
  url: string;
  databaseUrl: string;
  brokers: string[];
  pids: Record<string, number>;
}

/** Starts the distributed system with a Kafka and a PostgreSQL of its own, on free ports, without demonstration data. */
export async function startDistributedSystem(): Promise<DistributedSystem> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tinbao phân tán '));
  const { KAFKA_BROKERS: _k, DATABASE_URL: _d, NODE_OPTIONS: _n, DEMO: _m, ...environment } = process.env;
  const command = fork(
    join(ROOT, 'scripts/start-distributed.mjs'),
    ['--port', '0', '--data', dataDir, '--demo', 'none'],
    { cwd: ROOT, env: environment, execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true },
  );
  let printed = '';
  for (const stream of [command.stdout, command.stderr]) {
    stream?.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
  }
  const exited = new Promise<number | null>((done) => command.once('exit', (code) => done(code)));
  const everStarted = new Set<number>();
  const cleanUp = async () => {
    await end(command, exited);
    for (const pid of everStarted) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const ready = await readiness(command, exited, () => printed);
    for (const pid of Object.values(ready.pids)) everStarted.add(pid);
    const ask = drillsOver(command);
    return {
      ...systemClient(ready.url),
      databaseUrl: ready.databaseUrl,
      brokers: ready.brokers,
      pids: () => [...everStarted],
      drill: async (act, part) => {
        const pid = await ask(act, part);
        if (pid !== undefined) everStarted.add(pid);
      },
      logs: () =>
        readdirSync(join(dataDir, 'logs'))
          .map((file) => readFileSync(join(dataDir, 'logs', file), 'utf8'))
          .join('\n') + printed,
      interrupt: () => {
        command.kill('SIGINT');
        return exited;
      },
      cleanUp,
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

/** Whether a process lives; one that has ended and waits to be collected does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (['ESRCH', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

async function readiness(command: ChildProcess, exited: Promise<number | null>, printed: () => string): Promise<Ready> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      new Promise<Ready>((done) => {
        command.on('message', (message: { ready?: Ready }) => {
          if (message.ready) done(message.ready);
        });
      }),
      exited.then((code): never => {
        throw new Error(`start:distributed ended with ${code}:\n${printed()}`);
      }),
      new Promise<never>((_, fail) => {
        timer = setTimeout(() => fail(new Error(`not ready within ${READY_MS} ms:\n${printed()}`)), READY_MS);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

function drillsOver(command: ChildProcess): (act: string, part: string) => Promise<number | undefined> {
  let last = 0;
  const waiting = new Map<number, { done(pid: number | undefined): void; fail(error: Error): void }>();
  command.on('message', ({ id, pid, error }: { id?: number; pid?: number; error?: string }) => {
    const asked = id === undefined ? undefined : waiting.get(id);
    if (error === undefined) asked?.done(pid);
    else asked?.fail(new Error(error));
  });
  return (act, part) =>
    new Promise((done, fail) => {
      const id = ++last;
      waiting.set(id, { done, fail });
      command.send({ id, act, part });
    });
}

/** In order first; what does not end is killed, and its children go with it. */
async function end(command: ChildProcess, exited: Promise<number | null>): Promise<void> {
  if (command.exitCode !== null || command.signalCode !== null) return;
  command.kill('SIGTERM');
  const timer = setTimeout(() => command.kill('SIGKILL'), 20_000);
  await exited;
  clearTimeout(timer);
}
