import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { cruise, ROOT, type Cruise } from './cruise.js';

const require = createRequire(import.meta.url);

interface Layers {
  SERVICES: string[];
  HOSTS: string[];
  BROWSER: string[];
  LIBRARIES: Record<string, string[]>;
  TESTS: string;
}
const { SERVICES, HOSTS, BROWSER, LIBRARIES, TESTS } = require('./layers.cjs') as Layers;
const { forbidden } = require('../../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };

/** One file for each rule, which breaks it. */
const SEEDED: Record<string, string> = {
  'service-imports-no-app': 'apps/intake/src/import-other-service.ts',
  'hosts-are-not-imported': 'apps/web/src/import-host.ts',
  'library-imports-no-app': 'libs/http/src/import-app.ts',
  'web-imports-no-server': 'apps/web/src/import-library.ts',
  'server-imports-no-web': 'apps/standalone/src/import-page.ts',
  'library-by-its-index': 'apps/deadlines/src/reach-inside.ts',
  'law-imports-no-package': 'libs/domain/src/import-package.ts',
  'domain-knows-contracts-as-types': 'libs/domain/src/import-value.ts',
  'kafkajs-in-its-carrier': 'libs/messaging/src/delivery/use-kafka.ts',
  'sql-at-home': 'apps/intake/src/use-driver.ts',
  'tests-are-not-imported': 'apps/statistics/src/import-test.ts',
  'no-cycle': 'apps/deadlines/src/chicken.ts',
  resolves: 'apps/identity/src/import-nothing.ts',
  'no-undeclared-package': 'apps/identity/src/use-undeclared.ts',
  'no-development-package-in-the-server': 'apps/identity/src/use-development.ts',
  ...Object.fromEntries(Object.keys(LIBRARIES).map((name) => [`library-${name}`, `libs/${name}/src/reach-up.ts`])),
};

/** Files that nothing imports because something else starts or loads them. */
const STARTED_FROM_OUTSIDE = [
  /^apps\/[^/]+\/src\/main\.tsx?$/,
  /^libs\/[^/]+\/src\/index\.ts$/,
  /^apps\/web\/src\/early-me\.ts$/,
  /^apps\/web\/vite\.config\.ts$/,
  /^apps\/cli\/bin\//,
  /^docker\/[^/]+\/[^/]+\.mjs$/,
  /^scripts\/[^/]+\.(mjs|ts)$/,
  // Jest loads these by its configuration.
  /^scripts\/support\/line-reporter\.mjs$/,
  // Named by the page itself, before the application is there.
  /^apps\/web\/public\//,
  // Registered with Node by its name.
  /^scripts\/support\/typescript-hooks\.mjs$/,
  /^test\/support\/global-(setup|teardown)\.mjs$/,
  /^test\/architecture\/layers\.cjs$/,
  // Started as a process by the spec beside it.
  /^test\/architecture\/lint-texts\.mjs$/,
  // Too long for npm test: run by npm run journey.
  /^test\/journeys\/[^/]+\.journey\.ts$/,
  // Programs of their own: node runs them.
  /^test\/faults\/verifier\/main\.mjs$/,
  /^test\/faults\/crash-loader\.mjs$/,
  /^bench\//,
  /\.spec\.tsx?$/,
  /\.d\.m?ts$/,
];

const foldersOf = (group: string): string[] =>
  readdirSync(join(ROOT, group))
    .filter((name) => statSync(join(ROOT, group, name)).isDirectory())
    .sort();

describe('who may import whom', () => {
  let project: Cruise;
  let seeded: Cruise;

  beforeAll(async () => {
    [project, seeded] = await Promise.all([
      cruise(ROOT, ['apps', 'libs', 'scripts', 'docker', 'test']),
      cruise(join(import.meta.dirname, 'seeded'), ['apps', 'libs']),
    ]);
  }, 60_000);

  it('is kept everywhere', () => {
    const violations = project.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
    expect(violations).toEqual([]);
  });

  it('looked at the project, not past it', () => {
    const looked = project.modules.map(({ source }) => source);
    for (const name of Object.keys(LIBRARIES)) expect(looked).toContain(`libs/${name}/src/index.ts`);
    for (const name of [...SERVICES, ...HOSTS, ...BROWSER]) {
      expect(looked.some((source) => source.startsWith(`apps/${name}/`))).toBe(true);
    }
  });

  it.each(forbidden.map(({ name }) => name))('the rule %s reports its seeded violation', (name) => {
    const file = SEEDED[name];
    expect(file).toBeDefined();
    const reported = seeded.summary.violations.filter(({ rule }) => rule.name === name).map(({ from }) => from);
    expect(reported).toContain(file);
  });

  it('names every app and every library', () => {
    expect([...SERVICES, ...HOSTS, ...BROWSER].sort()).toEqual(foldersOf('apps'));
    expect(Object.keys(LIBRARIES).sort()).toEqual(foldersOf('libs'));
  });

  it('leaves no file that nothing needs', () => {
    const ours = project.modules.filter(({ source }) => !source.includes('node_modules/'));
    const needed = ({ source, dependents }: Cruise['modules'][number]): boolean =>
      dependents.some((dependent) => source.startsWith('test/') || !/\.spec\.tsx?$/.test(dependent)) ||
      // What specs share is needed by them alone.
      (new RegExp(TESTS).test(source) && dependents.length > 0);
    const dead = ours
      .filter(({ coreModule, couldNotResolve }) => !coreModule && !couldNotResolve)
      .filter(({ source }) => /^(apps|libs|scripts|docker|test)\//.test(source))
      .filter(({ source }) => !STARTED_FROM_OUTSIDE.some((pattern) => pattern.test(source)))
      .filter((module) => !needed(module))
      .map(({ source }) => source);
    expect(dead).toEqual([]);
  });
});
