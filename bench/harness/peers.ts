import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './root.js';

const FOLDER = join(ROOT, 'bench/peers');
const STAMP = join(FOLDER, 'node_modules/.installed');

const wanted = (): string =>
  createHash('sha256')
    .update(readFileSync(join(FOLDER, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');

/** Installs the peers' packages when they are missing or another lock file's; a minute the first time. */
export function installPeers(log: (line: string) => void): void {
  const stamp = wanted();
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === stamp) return;
  log('installing the peers (bench/peers)');
  const own = process.env['npm_execpath'];
  const [command, first] = own && /\.[cm]?js$/.test(own) ? [process.execPath, [own]] : ['npm', []];
  const { status, error } = spawnSync(command, [...first, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: FOLDER,
    // Installed from the folder itself, not as one of the workspaces of the npm that started this.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(config_local_prefix|package_)/.test(name)),
    ),
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error('the peers could not be installed (npm said why above)');
  writeFileSync(STAMP, stamp);
}

/** Path of a compiled program of `bench/peers`. */
export function peerPath(module: string): string {
  return join(FOLDER, 'dist', `${module}.js`);
}

export async function loadPeer<T>(module: string): Promise<T> {
  return (await import(pathToFileURL(peerPath(module)).href)) as T;
}

export function peerVersion(name: string): string {
  const file = join(FOLDER, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
