import { spawn } from 'node:child_process';
import { accessSync, constants, createWriteStream, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './project.mjs';

/** The services of the distributed system, each a process of its own. */
export const SERVICES = ['identity', 'intake', 'prosecution', 'deadlines', 'statistics'];

const READY_SECONDS = 90;
const STOP_SECONDS = 5;

const load = (path) => import(pathToFileURL(join(ROOT, path)).href);

/** Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152). */
const QUIET_PORTS = [20_000, 32_000];

/**
 * Takes a port and gives it back at once: the number of a free one, or of the one asked for. A free one is chosen where
 * no outgoing connection can take it before its owner listens, or while its owner is down.
 * @throws {Error} code PortInUse, naming the port
 */
export async function freePort(port = 0, host = '127.0.0.1') {
  if (port !== 0) return probedPort(port, host);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const [low, high] = QUIET_PORTS;
    try {
      return await probedPort(low + Math.floor(Math.random() * (high - low)), host);
    } catch (error) {
      if (error.code !== 'PortInUse') throw error;
    }
  }
  return probedPort(0, host);
}

function probedPort(port, host) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) =>
      reject(
        error.code === 'EADDRINUSE'
          ? Object.assign(
              new Error(`Port ${port} is taken. Choose another: --port PORT / Cổng ${port} đang được dùng.`),
              {
                code: 'PortInUse',
              },
            )
          : error,
      ),
    );
    server.listen(port, host, () => {
      const { port: found } = server.address();
      server.close(() => resolve(found));
    });
  });
}

/** `setpriv` of util-linux ends a child when its parent is killed with -9; elsewhere children outlive such a parent. */
function parentDeathWrapper() {
  if (process.platform !== 'linux') return [];
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'setpriv');
    try {
      accessSync(path, constants.X_OK);
      return [path, '--pdeathsig', 'TERM', '--'];
    } catch (error) {
      if (!['ENOENT', 'EACCES', 'ENOTDIR'].includes(error.code)) throw error;
    }
  }
  return [];
}

/** One service as a child process that can be stopped, killed and started again on the same port. */
class ServiceProcess {
  #child;
  #exited = Promise.resolve();
  /** Where the log of this run begins in its file. */
  #logStart = 0;

  constructor({ name, port, env, logFile, onUnexpectedExit, signal }) {
    this.signal = signal;
    this.name = name;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.env = env;
    this.logFile = logFile;
    this.onUnexpectedExit = onUnexpectedExit;
  }

  get pid() {
    return this.#child?.pid;
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process and waits until it says it is ready. */
  async start() {
    if (this.isRunning) return;
    const main = join(ROOT, `dist/apps/${this.name}/src/main.js`);
    const [command, ...args] = [...parentDeathWrapper(), process.execPath, '--enable-source-maps', main];
    const log = createWriteStream(this.logFile, { flags: 'a' });
    this.#logStart = existsSync(this.logFile) ? statSync(this.logFile).size : 0;
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C reaches the starter alone, which then stops everything in order.
      detached: true,
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.#child = child;
    this.stopping = false;
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        // It was never started: there is no process to wait for.
        this.#child = undefined;
        log.end(`${error.stack}\n`);
        resolve();
      });
      // `close`, not `exit`: what it still had to say is read first.
      child.once('close', (code, signal) => {
        log.end();
        resolve();
        if (!this.stopping) this.onUnexpectedExit?.(this.name, signal ?? code);
      });
    });
    await this.#untilReady(child);
  }

  async #untilReady(child) {
    const deadline = performance.now() + READY_SECONDS * 1000;
    let answered = 'it does not answer';
    while (performance.now() < deadline) {
      this.signal?.throwIfAborted();
      if (!this.isRunning) {
        throw new Error(`${this.name} ended while starting (${child.signalCode ?? child.exitCode}):\n${this.#tail()}`);
      }
      try {
        const answer = await fetch(`${this.url}/health/ready`, { signal: AbortSignal.timeout(2_000) });
        if (answer.ok) return;
        answered = await answer.text();
      } catch (error) {
        // Not listening yet, or too busy to answer: that is what is waited for.
        if (!['TypeError', 'TimeoutError'].includes(error.name)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${this.name} is not ready after ${READY_SECONDS} s: ${answered}\n${this.#tail()}`);
  }

  /** The last words of this run. */
  #tail() {
    if (!existsSync(this.logFile)) return '';
    const written = readFileSync(this.logFile).subarray(this.#logStart).toString('utf8');
    return written.trim().split('\n').slice(-25).join('\n');
  }

  /** Sends a signal and waits for the end; for drills: `kill('SIGKILL')`. */
  async kill(signal = 'SIGKILL') {
    if (!this.isRunning) return;
    this.stopping = true;
    this.#child.kill(signal);
    await this.#exited;
  }

  /** Asks it to end, and ends it when it has not after its time. */
  async stop() {
    if (!this.isRunning) return;
    this.stopping = true;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_SECONDS * 1000);
    await this.#exited;
    clearTimeout(timer);
  }
}

/** A broker of this run's own, which keeps its port when it is started again. */
async function ownKafka(dir) {
  const { startLocalKafka } = await load('docker/kafka-local/start.mjs');
  const port = await freePort();
  const start = () => startLocalKafka({ dir, port });
  let broker = await start();
  return {
    brokers: broker.brokers,
    get pid() {
      return broker?.pid;
    },
    stop: async () => {
      await broker?.stop();
      broker = undefined;
    },
    kill: async () => {
      await broker?.kill9();
      broker = undefined;
    },
    start: async () => {
      broker ??= await start();
    },
  };
}

/**
 * Starts the distributed system without Docker: Kafka and PostgreSQL unless given, the five services, the gateway.
 * @param {object} options
 * @param {number} [options.port]  of the one origin; 0 takes a free one
 * @param {string} options.dataDir  folder of everything this run keeps
 * @param {string} [options.databaseUrl]  an outside PostgreSQL
 * @param {string} [options.kafkaBrokers]  an outside Kafka, `host:port,host:port`
 * @param {Record<string, string>} [options.env]  further environment of the services
 * @param {(line: string) => void} [options.log]
 * @param {(name: string, how: string | number) => void} [options.onUnexpectedExit]
 * @param {AbortSignal} [options.signal]  gives up starting and stops what was started
 * @returns {Promise<{
 *   url: string, databaseUrl: string, brokers: string[],
 *   services: Record<string, ServiceProcess>,
 *   kafka: {pid?: number, stop(): Promise<void>, kill(): Promise<void>, start(): Promise<void>} | undefined,
 *   postgres: {pid: number} | undefined,
 *   stop(): Promise<void>,
 * }>} `kafka` and `postgres` are there only when this run started its own
 */
export async function startDistributed({
  port = 0,
  dataDir,
  databaseUrl,
  kafkaBrokers,
  env = {},
  log = () => undefined,
  onUnexpectedExit,
  signal,
}) {
  const gatewayPort = await freePort(port);
  const url = `http://127.0.0.1:${gatewayPort}`;
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  /** What the services stand on, and the services with the gateway before them. */
  const ground = [];
  const running = [];
  let stopped;
  const stop = () => {
    stopped ??= (async () => {
      const faults = [];
      const stopAll = async (parts) => {
        const ended = await Promise.allSettled(parts.map((part) => part.stop()));
        faults.push(...ended.filter(({ status }) => status === 'rejected').map(({ reason }) => reason));
      };
      // The services end together; only then what they stand on.
      await stopAll(running);
      await stopAll(ground);
      if (faults.length > 0) throw new AggregateError(faults, 'not everything stopped cleanly');
    })();
    return stopped;
  };

  try {
    let kafka;
    let postgres;
    let postgresUrl = databaseUrl;
    if (!postgresUrl) {
      log('starting PostgreSQL');
      const { startEmbeddedPostgres } = await load('dist/apps/standalone/src/embedded-postgres.js');
      // First: it refuses a folder that another run uses, before a second broker meets the first one's files.
      postgres = await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
      ground.push(postgres);
      postgresUrl = postgres.url;
    }
    signal?.throwIfAborted();
    let brokers = kafkaBrokers?.split(',').map((broker) => broker.trim());
    if (!brokers) {
      log('starting Kafka');
      kafka = await ownKafka(join(dataDir, 'kafka'));
      ground.push(kafka);
      brokers = kafka.brokers;
    }
    signal?.throwIfAborted();

    const ports = {};
    for (const name of SERVICES) ports[name] = await freePort();
    const services = Object.fromEntries(
      SERVICES.map((name) => {
        const service = new ServiceProcess({
          name,
          port: ports[name],
          logFile: join(dataDir, 'logs', `${name}.log`),
          onUnexpectedExit,
          signal,
          env: {
            ...env,
            // Reached through the gateway alone.
            HOST: '127.0.0.1',
            SERVICE_PORT: String(ports[name]),
            DATABASE_URL: postgresUrl,
            KAFKA_BROKERS: brokers.join(','),
            PUBLIC_URL: url,
            // Tokens carry the public address; their keys are read from the issuer itself, gateway or not.
            OIDC_ISSUERS: `${url}/oidc|http://127.0.0.1:${ports.identity}/oidc/jwks`,
            DATA_DIR: dataDir,
          },
        });
        running.push(service);
        return [name, service];
      }),
    );

    log('starting the gateway');
    const { startGateway } = await load('docker/gateway/gateway.mjs');
    const gateway = await startGateway({
      port: gatewayPort,
      host: '127.0.0.1',
      webRoot: join(ROOT, 'apps/web/dist'),
      services: Object.fromEntries(SERVICES.map((name) => [name, services[name].url])),
    });
    running.push({ stop: () => gateway.close() });

    log(`starting ${SERVICES.join(', ')}`);
    // Together: each makes its own topics, and its readers wait for those of the others.
    const started = await Promise.allSettled(SERVICES.map((name) => services[name].start()));
    const failed = started.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
    return { url, databaseUrl: postgresUrl, brokers, services, kafka, postgres, stop };
  } catch (error) {
    await stop().catch((fault) => log(fault.message));
    throw error;
  }
}
