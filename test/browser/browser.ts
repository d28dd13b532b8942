import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** Flags for a headless Chromium that works as root and never talks to anybody but the page's server. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Starts the Chromium of this machine (CHROMIUM names another one). */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = [process.env['CHROMIUM'], ...PLACES].find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) throw new Error('no Chromium here: set CHROMIUM or install it');
  return chromium.launch({ executablePath, args: FLAGS });
}

/** Folder of the built web application; builds what changed first. */
export function builtWeb(): string {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const build = spawnSync(process.execPath, ['scripts/build.mjs', '--web'], { cwd: root, encoding: 'utf8' });
  if (build.status !== 0) throw new Error(`the web application does not build:\n${build.stdout}\n${build.stderr}`);
  return `${root}apps/web/dist`;
}
