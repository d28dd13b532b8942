import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { has, readText, ROOT } from './project.mjs';
import { readJson, writeWhole } from './sources.mjs';

const STAMP = 'node_modules/.tinbao-installed';

/** Names what must be installed: the lock file, the machine it is for, and npm's own settings of the project. */
function wanted() {
  return createHash('sha256')
    .update(readText('package-lock.json'))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
}

/** Whether node_modules holds exactly the versions of the lock file. */
export function matchesLock() {
  const lock = readJson('package-lock.json');
  const installed = readJson('node_modules/.package-lock.json');
  if (!lock || !installed) return false;
  return Object.entries(lock.packages).every(([path, { version, optional, link }]) => {
    if (path === '' || link || !path.includes('node_modules/')) return true;
    const found = installed.packages[path];
    return found ? found.version === version : optional === true;
  });
}

function npm(...args) {
  // npm tells its scripts where it is; run by hand it is found on the PATH.
  const own = process.env.npm_execpath;
  const [command, first] = own && /\.[cm]?js$/.test(own) ? [process.execPath, [own]] : ['npm', []];
  const { status, error } = spawnSync(command, [...first, ...args, '--include=dev', '--no-audit', '--no-fund'], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: command === 'npm' && process.platform === 'win32',
  });
  if (error) throw new Error(`npm cannot be run: ${error.message}`);
  return status === 0;
}

/**
 * Installs the packages of the lock file when they are missing or another lock file's. Returns whether it installed.
 * `exact: true` (CI) never falls back to a lenient install.
 */
export function ensureInstalled({ exact = false } = {}) {
  const stamp = wanted();
  if (has(STAMP) && readText(STAMP) === stamp) return false;
  // Installed by hand since: nothing to do but to remember it.
  if (matchesLock()) {
    writeWhole(STAMP, stamp);
    return false;
  }
  console.log('Installing packages / Đang cài các gói …');
  if (!npm('ci', '--loglevel=error')) {
    if (exact) throw new Error('npm ci failed: package.json and package-lock.json must agree');
    console.log('npm ci failed; trying npm install …');
    if (!npm('install', '--loglevel=error'))
      throw new Error('The packages could not be installed (npm said why above).');
  }
  writeWhole(STAMP, wanted());
  return true;
}
