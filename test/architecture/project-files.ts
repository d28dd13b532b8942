import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './cruise.js';

/** Every file of the project as git knows it: tracked, or new and not ignored. Paths relative to the project, sorted. */
export function projectFiles(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return [...new Set(listed.split('\0'))].filter((file) => file !== '' && existsSync(join(ROOT, file))).sort();
}

export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** Whether a file is text that people write. */
export function isText(file: string): boolean {
  return /\.(ts|tsx|mjs|cjs|js|json|md|sql|css|html|yaml|yml|csv|xml|sh|properties)$|(^|\/)(run|Dockerfile|NOTICE|\.[a-z]+rc)$/.test(
    file,
  );
}
