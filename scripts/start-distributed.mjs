#!/usr/bin/env node
/**
 * `npm run start:distributed`: the five services as separate processes over a real Kafka and PostgreSQL, as in
 * docker/compose.yaml, without Docker. Takes KAFKA_BROKERS and DATABASE_URL, otherwise starts its own.
 * Nothing is restarted by itself, so that drills see what they do. Ctrl-C stops everything.
 */
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { requireNode, ROOT, stopWithParent } from './support/project.mjs';

requireNode();
stopWithParent();

const USAGE = `Usage: npm run start:distributed -- [--port PORT] [--data DIR] [--demo none]

  --port PORT   port of the one origin (PORT; 8080)
  --data DIR    folder of databases, logs and keys (DATA_DIR; .tinbao/distributed in the project)
  --demo none   accounts only, no demonstration province (DEMO)

KAFKA_BROKERS and DATABASE_URL name an outside Kafka and PostgreSQL instead of own ones.`;

function misused(reason) {
  console.error(`${reason}\n\n${USAGE}`);
  process.exit(2);
}

let options;
try {
  ({ values: options } = parseArgs({
    options: {
      port: { type: 'string' },
      data: { type: 'string' },
      demo: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  }));
} catch (error) {
  misused(error.message);
}
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const port = options.port ?? process.env.PORT ?? '8080';
if (!/^\d{1,5}$/.test(port) || Number(port) > 65535)
  misused(`--port ${port} is not a port: give a number from 0 to 65535`);
const given = options.data ?? process.env.DATA_DIR;
const dataDir = !given
  ? join(ROOT, '.tinbao/distributed')
  : isAbsolute(given)
    ? given
    : resolve(process.env.INIT_CWD ?? process.cwd(), given);

let system;
let isEnding = false;
const choices = options.demo === undefined ? {} : { DEMO: options.demo };

const interrupt = new AbortController();
let end = () => interrupt.abort(new Error('stopped while starting'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => end());

try {
  const { ensureInstalled } = await import('./support/install.mjs');
  ensureInstalled();
  const { buildServer, buildWeb } = await import('./build.mjs');
  await buildServer();
  await buildWeb();
  const compiled = (path) => import(pathToFileURL(join(ROOT, 'dist', path)).href);
  // What is wrong with the environment is said once, before five services say it.
  const { readConfig } = await compiled('libs/service/src/config.js');
  const config = readConfig({ ...process.env, ...choices, PORT: port });
  const { startDistributed } = await import('./support/distributed.mjs');
  system = await startDistributed({
    signal: interrupt.signal,
    port: Number(port),
    dataDir,
    databaseUrl: process.env.DATABASE_URL,
    kafkaBrokers: process.env.KAFKA_BROKERS,
    env: choices,
    log: (line) => console.log(`  ${line}`),
    onUnexpectedExit: (name, how) =>
      console.error(`${name} ended (${how}); its log: ${join(dataDir, 'logs', `${name}.log`)}`),
  });
  end = () => {
    end = () => undefined;
    isEnding = true;
    console.log('\nStopping / Đang dừng …');
    system.stop().then(
      () => process.exit(0),
      (error) => {
        console.error(error.message);
        process.exit(1);
      },
    );
  };
  const { obeyDrills } = await import('./support/drills.mjs');
  obeyDrills(system, () => end());
  const services = Object.values(system.services);
  console.log(`  services: ${services.map(({ name, url }) => `${name} ${url}`).join(', ')}`);
  if (config.demo === 'province') {
    const { fillDistributed } = await import('./support/demonstration.mjs');
    await fillDistributed({ url: system.url, dataDir });
  }
  console.log(`Tin Báo is ready: ${system.url}`);
  if (config.evaluation) {
    const { accountsText } = await compiled('apps/standalone/src/welcome.js');
    process.stdout.write(accountsText());
  }
} catch (error) {
  // Ctrl-C while the demonstration is filled: its requests fail, and the stop is under way already.
  if (!isEnding) {
    console.error(error.message);
    await system?.stop();
    process.exit(1);
  }
}
