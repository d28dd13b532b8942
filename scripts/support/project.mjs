import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, wherever it was moved to. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Smallest Node that runs this project, as `engines` of package.json says it. */
export const MIN_NODE = [20, 19];

/** Ends the process with a message a person can act on when Node is too old; the syntax here runs on old ones. */
export function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1])) return;
  console.error(
    `Tin Báo needs Node ${MIN_NODE.join('.')} or newer; this is Node ${process.versions.node}. ` +
      `Install a newer Node from https://nodejs.org and run the same command again.\n` +
      `Cần Node ${MIN_NODE.join('.')} trở lên; máy này có Node ${process.versions.node}.`,
  );
  process.exit(2);
}

/** A file of the project as text. */
export function readText(path) {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Whether the project has this file or folder. */
export function has(path) {
  return existsSync(join(ROOT, path));
}

/**
 * Ends this process, in order, when the shell that npm started it in is gone: a signal to npm reaches that shell only,
 * and a server must not be left behind without anybody who knows of it.
 */
export function stopWithParent() {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 300);
  watch.unref();
}
