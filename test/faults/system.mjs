import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { freePort, startDistributed } from '../../scripts/support/distributed.mjs';
import { ROOT } from '../../scripts/support/project.mjs';
import { startPostgresProxy } from './postgres-proxy.mjs';

const compiled = (path) => import(pathToFileURL(join(ROOT, 'dist', path)).href);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Services whose work the drills disturb; without `identity` nobody is let in at all. */
export const KILLED = ['intake', 'prosecution', 'deadlines', 'statistics'];

/**
 * After a kill -9 a group waits for the session of the dead member: 10 s in real work, in which nothing happens. The small
 * counts wait for less.
 */
const SHORT_SESSION_SECONDS = 3;

const UNITS = `code,parent_code,kind,level,name_vi,name_en,commune_code,remote,from,to
PC,,police,nation,Bộ Công an,Ministry of Public Security,,no,2018-01-01,
PC-80,PC,police,province,Công an tỉnh Tây Ninh,Tây Ninh provincial police,,no,2018-01-01,
PC-80-25459,PC-80,police,commune,Công an phường Tân Ninh,Tân Ninh ward police,25459,no,2018-01-01,
VKS,,procuracy,nation,Viện kiểm sát nhân dân tối cao,Supreme People's Procuracy,,no,2018-01-01,
VKS-80,VKS,procuracy,province,Viện kiểm sát nhân dân tỉnh Tây Ninh,Tây Ninh provincial procuracy,,no,2018-01-01,
`;

/**
 * The distributed system as the drills need it: PostgreSQL under the runner's own hand and behind a proxy, Kafka, the
 * five services as processes of their own, the gateway before them.
 * @param {{dataDir: string, isNight?: boolean, log?: (line: string) => void}} options  at night sessions with the brokers
 *   last as long as in real work
 */
export async function startSystem({ dataDir, isNight = false, log = () => undefined }) {
  const control = join(dataDir, 'control');
  mkdirSync(control, { recursive: true });
  const { startEmbeddedPostgres } = await compiled('apps/standalone/src/embedded-postgres.js');
  const postgresDir = join(dataDir, 'postgres');
  let postgres = await startEmbeddedPostgres({ dataDir: postgresDir, port: await freePort() });
  const { port, url: databaseUrl } = postgres;
  const proxy = await startPostgresProxy({ target: () => port });
  const expectedEnds = new Set();
  /** Matters imported so far: their register numbers go on. */
  let imported = 0;
  let system;
  try {
    system = await startDistributed({
      port: 0,
      dataDir,
      databaseUrl: databaseUrl.replace(`:${port}/`, `:${proxy.port}/`),
      env: {
        DEMO: 'none',
        LOG_LEVEL: 'info',
        FAULTS_CONTROL: control,
        ...(isNight ? {} : { KAFKA_SESSION_SECONDS: String(SHORT_SESSION_SECONDS) }),
        NODE_OPTIONS: `--import=${pathToFileURL(join(ROOT, 'test/faults/crash-loader.mjs')).href}`,
      },
      log,
      onUnexpectedExit: (name, how) => {
        if (!expectedEnds.has(name)) log(`${name} ended by itself (${how})`);
      },
    });
  } catch (error) {
    await proxy.close();
    await postgres.stop();
    throw error;
  }
  const { url, services, brokers } = system;

  const arm = (pid, what) => {
    writeFileSync(join(control, `${pid}.json`), JSON.stringify(what));
    process.kill(pid, 'SIGUSR2');
  };
  const isReady = async (origin) => {
    try {
      return (await fetch(`${origin}/health/ready`, { signal: AbortSignal.timeout(3_000) })).ok;
    } catch {
      // Not there, or too slow to count as ready.
      return false;
    }
  };

  return {
    url,
    databaseUrl,
    brokers,
    services,
    proxy,
    kafka: system.kafka,
    dataDir,
    get postgresPid() {
      return postgres.pid;
    },
    /** Milliseconds until the service, or everything behind the gateway, says it is ready. */
    async untilReady(name, limitMs = 60_000) {
      const began = performance.now();
      while (!(await isReady(name === undefined ? url : services[name].url))) {
        if (performance.now() - began > limitMs) return Infinity;
        await pause(50);
      }
      return Math.round(performance.now() - began);
    },
    /** Kills a service with -9. */
    async kill(name) {
      await services[name].kill('SIGKILL');
    },
    /** Starts a service that is down. @returns milliseconds until it was ready */
    async start(name) {
      const began = performance.now();
      await services[name].start();
      return Math.round(performance.now() - began);
    },
    /** Lets a service end itself with -9 when it comes to a place for the `times`-th time. */
    armCrash(name, point, times) {
      expectedEnds.add(name);
      arm(services[name].pid, { point, times, signal: 'SIGKILL' });
    },
    /** Lets a service stop itself, as by SIGSTOP, when it comes to a place for the `times`-th time. @returns wakes it */
    armSleep(name, point, times) {
      const { pid } = services[name];
      arm(pid, { point, times, signal: 'SIGSTOP' });
      return () => signal(pid, 'SIGCONT');
    },
    /** Waits until the service's process sleeps. @returns whether it did within the time */
    async untilAsleep(name, limitMs) {
      const began = performance.now();
      while (!isStopped(services[name].pid)) {
        if (performance.now() - began > limitMs) return false;
        await pause(10);
      }
      return true;
    },
    /** Whether a service says now that it is ready. */
    isReady: (name) => isReady(services[name].url),
    /** Epochs of what a service's consumers read from the topics or from the logs, by consumer and source. */
    async epochsOf(name, from) {
      return asking(databaseUrl, async (database) => {
        const { rows } = await database.query(
          `SELECT consumer || ' ' || source AS place, epoch::int FROM ${name}.checkpoints WHERE source ~ $1`,
          [from === 'topics' ? '^kafka:[^:]*:' : '^log:'],
        );
        return new Map(rows.map(({ place, epoch }) => [place, epoch]));
      });
    },
    /** Waits until the service's process is gone. @returns whether it went within the time */
    async untilGone(name, limitMs) {
      const began = performance.now();
      while (services[name].isRunning) {
        if (performance.now() - began > limitMs) return false;
        await pause(10);
      }
      return true;
    },
    /** Kills the postmaster and every backend with -9. */
    async killPostgres() {
      proxy.refuse(true);
      // The postmaster first: what it has forked since its children were listed ends by itself.
      const family = [postgres.pid, ...childrenOf(postgres.pid)];
      for (const pid of family) signal(pid, 'SIGKILL');
      await postgres.stop();
    },
    /** Starts PostgreSQL on what was left, on the same port. @returns milliseconds until it answered */
    async startPostgres() {
      const began = performance.now();
      postgres = await startEmbeddedPostgres({ dataDir: postgresDir, port });
      proxy.refuse(false);
      return Math.round(performance.now() - began);
    },
    freezePostgres() {
      const family = [postgres.pid, ...childrenOf(postgres.pid)];
      for (const pid of family) signal(pid, 'SIGSTOP');
      return () => {
        for (const pid of family) signal(pid, 'SIGCONT');
      };
    },
    freeze(name) {
      const { pid } = services[name];
      signal(pid, 'SIGSTOP');
      return () => signal(pid, 'SIGCONT');
    },
    /**
     * Takes the place of an instance that relays a service's log, as soon as the one that does is gone, and sends nothing.
     * @returns {Promise<() => Promise<void>>} leaves it to the others
     */
    async holdRelay(name) {
      const database = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: 3_000 });
      await database.connect();
      await database.query(`SELECT pg_advisory_lock(hashtext('tinbao.kafka-relay'), hashtext($1))`, [name]);
      return () => database.end();
    },
    /** Puts so many decided matters of the year before into the register, at once. */
    async importMatters(client, count) {
      const rows = Array.from({ length: count }, () => matterOf((imported += 1)));
      await importFile(client, 'tips.csv', [MATTER_COLUMNS, ...rows].join('\n'));
    },
    /** What the sessions of PostgreSQL are at, for the log of a red round. */
    async sessions() {
      return asking(databaseUrl, async (database) => {
        const { rows } = await database.query(
          `SELECT application_name AS name, state, wait_event_type || '/' || wait_event AS waits,
             extract(epoch FROM clock_timestamp() - state_change)::int AS seconds, left(query, 60) AS query
           FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
           ORDER BY state_change LIMIT 30`,
        );
        return { links: proxy.links(), sessions: rows };
      });
    },
    /** A second instance of a service beside the first, on a port of its own: as an operator's standby. */
    async startSecond(name) {
      const first = services[name];
      const second = new first.constructor({
        name,
        port: await freePort(),
        env: first.env,
        logFile: join(dataDir, 'logs', `${name}-second.log`),
      });
      second.env = { ...first.env, SERVICE_PORT: String(second.port) };
      await second.start();
      return second;
    },
    /** What each process holds now: memory and open files. */
    usage() {
      return Object.values(services).flatMap(({ name, pid, isRunning }) => {
        if (!isRunning) return [];
        try {
          const rss = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
          return [{ name, pid, rssMb: Math.round(Number(rss) / 1024), files: readdirSync(`/proc/${pid}/fd`).length }];
        } catch (error) {
          if (['ENOENT', 'ESRCH'].includes(error.code)) return [];
          throw error;
        }
      });
    },
    /** Registers the units that the desks act for. */
    async registerUnits(client) {
      await importFile(client, 'units.csv', UNITS);
      // The procuracy's service learns of the units over Kafka.
      for (const path of ['/api/tips', '/api/cases']) {
        const end = performance.now() + 30_000;
        for (;;) {
          const probe = path === '/api/tips' ? probeTip() : probeCase();
          const { status, body } = await client.call('investigator', 'POST', path, probe, {
            'idempotency-key': `setup-${path}`,
          });
          if (status === 201) break;
          if (performance.now() > end) throw new Error(`${path} was answered ${status}: ${JSON.stringify(body)}`);
          await pause(100);
        }
      }
    },
    async stop() {
      await system.stop().catch((error) => log(error.message));
      await proxy.close();
      await postgres.stop();
    },
  };
}

const MATTER_COLUMNS =
  'register_number,unit_code,kind,channel,received_at,content,category,article,clause,classified_at,accepted_at,assigned_at,investigator,decided_at,outcome,decision_number';
const matterOf = (number) =>
  [
    ...[number, 'PC-80', 'report', 'counter', '2025-03-03T08:00:00+07:00', `Tin nhập ${number}`, 'theft', 173, 1],
    ...['2025-03-03T09:00:00+07:00', '2025-03-03T10:00:00+07:00', '2025-03-03T11:00:00+07:00', 'dieutravien'],
    ...['2025-03-10T08:00:00+07:00', 'not_initiated', `QĐ-${number}`],
  ].join();

async function importFile(client, name, text) {
  const form = new FormData();
  form.append('file', new Blob([text], { type: 'text/csv' }), name);
  const queued = await client.call('operator', 'POST', '/api/imports', form);
  for (;;) {
    const { body } = await client.call('operator', 'GET', `/api/imports/${queued.body.id}`);
    if (body.state === 'done' && !(body.rejected > 0)) return;
    if (body.state === 'done' || body.state === 'failed') {
      throw new Error(`${name} was not imported: ${JSON.stringify(body)}`);
    }
    await pause(50);
  }
}

const probeTip = () => ({
  kind: 'report',
  channel: 'counter',
  receivedAt: '2026-01-05T08:00:00+07:00',
  content: 'Thử',
  unitCode: 'PC-80',
});
const probeCase = () => ({
  unitCode: 'PC-80',
  initiatedAt: '2026-01-05T08:00:00+07:00',
  category: 'theft',
  offence: { article: 173, clause: 1 },
  accusedCount: 0,
});

async function asking(url, ask) {
  const database = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 });
  try {
    await database.connect();
    return await ask(database);
  } finally {
    await database.end();
  }
}

function isStopped(pid) {
  try {
    return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => parentOf(candidate) === pid);
}

function parentOf(pid) {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch (error) {
    // It ended while the list was read.
    if (['ENOENT', 'ESRCH'].includes(error.code)) return undefined;
    throw error;
  }
}
