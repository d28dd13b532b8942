/**
 * A real Kafka broker without Docker: the jars come from Maven Central once (docker/kafka-local/pom.xml), then one node
 * runs as broker and controller on 127.0.0.1. For the tests and for `npm run start:distributed`; a province's own
 * cluster is given by KAFKA_BROKERS instead.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const projectRoot = path.resolve(here, '..', '..');
const startTimeoutMs = 60_000;

/**
 * @typedef {object} LocalKafka
 * @property {string[]} brokers addresses for clients, `host:port`
 * @property {number} port
 * @property {number} pid of the Java process
 * @property {() => Promise<void>} stop orderly shutdown
 * @property {() => Promise<void>} kill9 as a crash would end it; start it again with the same `dir` and `port`
 * @property {() => void} pause stops the process where it stands (SIGSTOP)
 * @property {() => void} resume
 */

/** Why no broker can run here: no Java, no Maven; null when both are found. */
export async function localKafkaMissing() {
  const { code } = await output(java(), ['-version']).catch(() => ({ code: -1 }));
  if (code !== 0) return 'Java 17 or newer was not found';
  if (existsSync(await jarsFolder())) return null;
  const maven = await output('mvn', ['-v']).catch(() => ({ code: -1 }));
  return maven.code === 0 ? null : 'Maven was not found';
}

/**
 * Start the broker on data in `dir` (made and formatted when new) and wait until it answers. It ends with this process,
 * however that ends (Linux).
 *
 * @param {{ dir: string, port?: number, logger?: { info(message: string): void } }} options port 0 or absent: a free one
 * @returns {Promise<LocalKafka>}
 */
export async function startLocalKafka({ dir, port = 0, logger = { info: () => undefined } }) {
  const data = path.resolve(dir);
  await mkdir(data, { recursive: true });
  const jars = await fetchJars(logger);
  const clientPort = port || (await freePort());
  const controllerPort = await freePort();
  const config = path.join(data, 'server.properties');
  await writeFile(config, properties({ data, clientPort, controllerPort }));

  if (!existsSync(path.join(data, 'formatted'))) {
    const id = randomBytes(16).toString('base64url');
    // Written as one word: an id may begin with a hyphen, which would read as an option.
    const format = ['format', '--ignore-formatted', `--cluster-id=${id}`, '-c', config];
    const { code, text } = await output(java(), ['-cp', `${jars}/*`, 'kafka.tools.StorageTool', ...format]);
    if (code !== 0) throw new Error(`Kafka's storage could not be formatted:\n${text}`);
    await writeFile(path.join(data, 'formatted'), id);
  }

  const child = spawnBroker(['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-cp', `${jars}/*`, 'kafka.Kafka', config]);
  let printed = '';
  const keep = (chunk) => {
    printed = (printed + chunk.toString('utf8')).slice(-8_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let exited = false;
  const exit = new Promise((resolve) => {
    child.once('error', (error) => keep(String(error)));
    child.once('close', () => {
      exited = true;
      resolve();
    });
  });
  const kill = (signal) => {
    if (!exited) child.kill(signal);
  };
  const endWithProcess = () => kill('SIGKILL');
  process.once('exit', endWithProcess);

  const brokers = [`127.0.0.1:${clientPort}`];
  const deadline = performance.now() + startTimeoutMs;
  while (!(await answers(brokers))) {
    if (exited || performance.now() > deadline) {
      kill('SIGKILL');
      await exit;
      process.removeListener('exit', endWithProcess);
      throw new Error(`Kafka did not start on port ${clientPort}:\n${printed.trim()}`);
    }
    await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 150))]);
  }
  logger.info(`Kafka is ready on ${brokers[0]}`);

  const end = async (signal) => {
    process.removeListener('exit', endWithProcess);
    kill('SIGCONT');
    kill(signal);
    const forced = setTimeout(() => kill('SIGKILL'), 10_000);
    await exit;
    clearTimeout(forced);
  };
  return {
    brokers,
    port: clientPort,
    pid: child.pid,
    stop: () => end('SIGTERM'),
    kill9: () => end('SIGKILL'),
    pause: () => kill('SIGSTOP'),
    resume: () => kill('SIGCONT'),
  };
}

function properties({ data, clientPort, controllerPort }) {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${clientPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${clientPort}`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': path.join(data, 'logs'),
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    // After a crash the node may register again only when its former self has timed out.
    'broker.session.timeout.ms': 2000,
    'broker.heartbeat.interval.ms': 500,
    'log.retention.ms': -1,
    'log.segment.delete.delay.ms': 1000,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${escaped(String(value))}\n`)
    .join('');
}

/** Java reads properties as Latin-1: other letters (a folder's name) need escapes. */
function escaped(text) {
  return text.replace(/\\/g, '\\\\').replace(/[^\x20-\x7e]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

async function jarsFolder() {
  const pom = await readFile(path.join(here, 'pom.xml'));
  const version = createHash('sha256').update(pom).digest('hex').slice(0, 12);
  return path.join(projectRoot, '.cache', 'kafka', version);
}

/** 44 MB, once: kept in .cache/kafka under the fingerprint of the pom. */
async function fetchJars(logger) {
  const folder = await jarsFolder();
  if (existsSync(folder)) return folder;
  logger.info("fetching Kafka's jars from Maven Central (44 MB, once)");
  const unfinished = `${folder}.${process.pid}`;
  await mkdir(unfinished, { recursive: true });
  const { code, text } = await output('mvn', [
    '-q',
    '-B',
    '-f',
    path.join(here, 'pom.xml'),
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${unfinished}`,
  ]);
  if (code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(`Maven could not fetch Kafka's jars:\n${text}`);
  }
  await rename(unfinished, folder).catch(async (error) => {
    // Another process was first; its jars are as good.
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  });
  return folder;
}

function java() {
  return process.env.JAVA_HOME ? path.join(process.env.JAVA_HOME, 'bin', 'java') : 'java';
}

const environment = { ...process.env, LC_ALL: 'C.UTF-8' };

function spawnBroker(args) {
  // The kernel ends the broker when this process dies, also by kill -9.
  const untilParentDies = process.platform === 'linux' ? ['setpriv', '--pdeathsig', 'KILL', '--'] : [];
  const [command, ...rest] = [...untilParentDies, java(), ...args];
  return spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: environment });
}

async function output(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let text = '';
  child.stdout.on('data', (chunk) => (text += chunk.toString('utf8')));
  child.stderr.on('data', (chunk) => (text += chunk.toString('utf8')));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, text };
}

async function answers(brokers) {
  const { Kafka, logLevel } = (await import('kafkajs')).default;
  const admin = new Kafka({
    clientId: 'kafka-local',
    brokers,
    logLevel: logLevel.NOTHING,
    connectionTimeout: 2_000,
    requestTimeout: 3_000,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { brokers: alive } = await admin.describeCluster();
    return alive.length > 0;
  } catch {
    // Not up yet: the caller asks again.
    return false;
  } finally {
    await admin.disconnect().catch(() => false);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** `node docker/kafka-local/start.mjs DIR [PORT]` runs a broker until it is interrupted. */
if (process.argv[1] && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [, , dir, port] = process.argv;
  if (!dir) {
    console.error('usage: node docker/kafka-local/start.mjs DIR [PORT]');
    process.exit(2);
  }
  const kafka = await startLocalKafka({ dir, port: Number(port ?? 0), logger: console });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void kafka.stop().then(() => process.exit(0)));
}
