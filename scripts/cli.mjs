#!/usr/bin/env node
/**
 * `npx tinbao …`: runs the built command-line program; builds the server once when it has never been built.
 * Nothing else is looked at on the way, so that an answer needs no longer than its calculation.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, 'dist/apps/cli/src/main.js');

if (!existsSync(MAIN)) {
  const { spawnSync } = await import('node:child_process');
  // The build's own words go to the error output: a program reads the answer from the other.
  const built = spawnSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--server'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  });
  if (built.status !== 0) process.exit(1);
}
const { run } = await import(pathToFileURL(MAIN));
process.exitCode = await run(process.argv.slice(2));
