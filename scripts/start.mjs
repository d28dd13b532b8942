#!/usr/bin/env node
/**
 * `npm start`: the whole system in one process on an embedded PostgreSQL. Installs packages and builds when, and only
 * when, something changed; then becomes the server: it runs in this very process, so that Ctrl-C, kill and the exit
 * code are the server's own and no child is ever left behind.
 */
import { spawnSync } from 'node:child_process';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { requireNode, ROOT, stopWithParent } from './support/project.mjs';

requireNode();
stopWithParent();

const USAGE = `Usage: npm start -- [--port PORT] [--data DIR] [--demo none]

  --port PORT   port of the web and the interfaces (PORT; 8080)
  --data DIR    folder of the database and the keys (DATA_DIR; .tinbao in the project)
  --demo none   accounts only, no demonstration province (DEMO)

DATABASE_URL names an outside PostgreSQL instead of the embedded one.`;

function misused(reason) {
  console.error(`${reason}\n\n${USAGE}`);
  process.exit(2);
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        data: { type: 'string' },
        demo: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    return values;
  } catch (error) {
    return misused(error.message);
  }
}

const options = readOptions();
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const port = options.port ?? process.env.PORT;
if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) <= 65535)) {
  misused(`--port ${port} is not a port: give a number from 0 to 65535`);
}
if (port !== undefined) process.env.PORT = port;
if (options.demo !== undefined) process.env.DEMO = options.demo;
// npm runs scripts in the project's folder; a relative folder means the one the command was given in.
const givenIn = process.env.INIT_CWD ?? process.cwd();
const dataDir = options.data ?? process.env.DATA_DIR;
process.env.DATA_DIR = !dataDir ? join(ROOT, '.tinbao') : isAbsolute(dataDir) ? dataDir : resolve(givenIn, dataDir);

try {
  const { ensureInstalled } = await import('./support/install.mjs');
  ensureInstalled();
  const { isBuilt } = await import('./build.mjs');
  if (!isBuilt()) {
    console.log('Building / Đang dựng …');
    // In a process of its own: the compilers' memory must not stay with the server.
    const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs')], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    if (status !== 0) process.exit(status ?? 1);
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const main = join(ROOT, 'dist/apps/standalone/src/main.js');
process.argv = [process.argv[0], main];
await import(pathToFileURL(main).href);
