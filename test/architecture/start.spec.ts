import { beforeAll, describe, expect, it } from '@jest/globals';
import { cruise, ROOT } from './cruise.js';
import type { Module } from './cruise.js';

/** What a start of the one-process program reads before it is needed is time that somebody waits (decision 15). */
describe('a start', () => {
  let modules: Map<string, Module>;

  beforeAll(async () => {
    const { modules: all } = await cruise(ROOT, ['apps/standalone/src/main.ts']);
    modules = new Map(all.map((module) => [module.source, module]));
  }, 60_000);

  /** Packages, and files of the project, that are read as soon as this file is: through imports that do not wait. */
  const readWith = (file: string): { packages: string[]; files: string[] } => {
    const seen = new Set([file]);
    for (const one of seen) {
      for (const { resolved, dynamic, dependencyTypes } of modules.get(one)?.dependencies ?? []) {
        if (!dynamic && !dependencyTypes.includes('type-only')) seen.add(resolved);
      }
    }
    const packages = [...seen].map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
    return {
      packages: [...new Set(packages)].filter((name) => name !== undefined).sort(),
      files: [...seen].filter((path) => !path.includes('node_modules')).sort(),
    };
  };

  it('opens the bundle with nothing but Node’s own modules', () => {
    expect(readWith('apps/standalone/src/main.ts').packages).toEqual([]);
  });

  it('sends PostgreSQL on its way before anything is read that PostgreSQL does not need', () => {
    const { packages, files } = readWith('apps/standalone/src/program.ts');
    expect(packages).toEqual(['pg']);
    expect(files.filter((path) => /^(apps|libs)\//.test(path))).toEqual([
      'apps/standalone/src/config.ts',
      'apps/standalone/src/embedded-postgres.ts',
      'apps/standalone/src/program.ts',
    ]);
  });

  it('leaves unread what only some processes are ever asked for', () => {
    const { packages } = readWith('apps/standalone/src/run-system.ts');
    // That the search sees packages at all, also below the libraries.
    expect(packages).toEqual(expect.arrayContaining(['@nestjs/core', 'oidc-provider', 'pg', 'pino']));
    const late = ['@nestjs/swagger', 'class-validator-jsonschema', '@e965/xlsx', 'commander', 'date-holidays'];
    expect(packages.filter((name) => late.includes(name))).toEqual([]);
  });
});
