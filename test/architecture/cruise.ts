import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** The project's folder. */
export const ROOT = join(import.meta.dirname, '..', '..');

export interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

export interface Module {
  source: string;
  dependents: string[];
  dependencies: { resolved: string; dynamic: boolean; dependencyTypes: string[] }[];
  couldNotResolve?: boolean;
  coreModule?: boolean;
}

export interface Cruise {
  modules: Module[];
  summary: { violations: Violation[]; totalCruised: number };
}

const run = promisify(execFile);

/** All imports of the folders, judged by the rules of `.dependency-cruiser.cjs`. Paths are relative to `base`. */
export async function cruise(base: string, folders: string[]): Promise<Cruise> {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const rules = join(ROOT, '.dependency-cruiser.cjs');
  const { stdout } = await run(process.execPath, [program, '--config', rules, '--output-type', 'json', ...folders], {
    cwd: base,
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, NODE_OPTIONS: '' },
  }).catch((error: { stdout?: string; stderr?: string }) => {
    // Violations set the exit code; they are what was asked for.
    if (error.stdout?.startsWith('{')) return { stdout: error.stdout };
    throw new Error(`dependency-cruiser did not run: ${error.stderr ?? String(error)}`);
  });
  return JSON.parse(stdout) as Cruise;
}
