/**
 * Who may import whom. Each rule is shown to bite on a seeded violation (test/architecture), and every app and
 * library must be named here: a new folder without a line is a failing test.
 */

const { SERVICES, HOSTS, BROWSER, LIBRARIES, TESTS } = require('./test/architecture/layers.cjs');

const oneOf = (names) => `(${names.join('|')})`;
const packageNamed = (...names) => `node_modules/${oneOf(names)}/`;

/** Places where SQL is at home. Types of the driver may be named anywhere in the server. */
const SQL_AT_HOME = [
  '^libs/event-store/src/',
  '^libs/messaging/src/postgres-log/',
  '^apps/.+/read-models/',
  '^apps/.+/migrations/',
  '^apps/standalone/src/embedded-postgres\\.ts$',
];

const libraryRules = Object.entries(LIBRARIES).map(([name, lower]) => ({
  name: `library-${name}`,
  severity: 'error',
  comment: `libs/${name} may import ${lower.length ? lower.join(', ') : 'no other library'}.`,
  from: { path: `^libs/${name}/`, pathNot: TESTS },
  to: { path: '^libs/', pathNot: `^libs/${oneOf([name, ...lower])}/` },
}));

module.exports = {
  forbidden: [
    {
      name: 'service-imports-no-app',
      severity: 'error',
      comment: 'Services meet by events: a service imports no other app.',
      from: { path: `^apps/${oneOf(SERVICES)}/`, pathNot: TESTS },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'hosts-are-not-imported',
      severity: 'error',
      comment: 'standalone and cli put services together; nothing stands on them.',
      from: { path: '^(apps|libs)/', pathNot: [TESTS, `^apps/${oneOf(HOSTS)}/`] },
      to: { path: `^apps/${oneOf(HOSTS)}/` },
    },
    {
      name: 'library-imports-no-app',
      severity: 'error',
      comment: 'Libraries lie below the apps.',
      from: { path: '^libs/', pathNot: TESTS },
      to: { path: '^apps/' },
    },
    {
      name: 'web-imports-no-server',
      severity: 'error',
      comment: 'The browser application meets the server over HTTP only.',
      from: { path: `^apps/${oneOf(BROWSER)}/` },
      to: { path: ['^libs/', `^apps/${oneOf([...SERVICES, ...HOSTS])}/`] },
    },
    {
      name: 'server-imports-no-web',
      severity: 'error',
      comment: 'The server knows the browser application as built files only.',
      from: { path: '^(apps|libs)/', pathNot: `^apps/${oneOf(BROWSER)}/` },
      to: { path: `^apps/${oneOf(BROWSER)}/` },
    },
    ...libraryRules,
    {
      name: 'library-by-its-index',
      severity: 'error',
      comment: 'What a library does not export from index.ts is its own.',
      from: { path: '^(apps|libs)/([^/]+)/', pathNot: TESTS },
      to: { path: '^libs/', pathNot: ['^libs/[^/]+/src/index\\.ts$', '^libs/$2/'] },
    },
    {
      name: 'law-imports-no-package',
      severity: 'error',
      comment: 'The law is pure: domain and legal-time-limits import no package and nothing of Node.',
      from: { path: '^libs/(domain|legal-time-limits)/', pathNot: TESTS },
      to: { dependencyTypes: ['npm', 'npm-dev', 'npm-no-pkg', 'npm-unknown', 'core'] },
    },
    {
      name: 'domain-knows-contracts-as-types',
      severity: 'error',
      comment: 'domain takes the shapes of events, not their validating classes.',
      from: { path: '^libs/domain/', pathNot: TESTS },
      to: { path: '^libs/contracts/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'kafkajs-in-its-carrier',
      severity: 'error',
      comment: 'Only the Kafka carrier knows Kafka, and the script that starts a broker for it.',
      from: { pathNot: [TESTS, '^libs/messaging/src/kafka/', '^docker/kafka-local/'] },
      to: { path: packageNamed('kafkajs') },
    },
    {
      name: 'sql-at-home',
      severity: 'error',
      comment:
        'The driver is called in the event log, its carrier, read models and migrations; others get a pool given.',
      from: { pathNot: [TESTS, ...SQL_AT_HOME] },
      to: { path: packageNamed('pg', 'typeorm', '@nestjs/typeorm'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'tests-are-not-imported',
      severity: 'error',
      comment: 'What runs does not lean on tests.',
      from: { path: '^(apps|libs)/', pathNot: TESTS },
      to: { path: TESTS },
    },
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Files that need each other are one file. Types may point back.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolves',
      severity: 'error',
      comment: 'Every import leads somewhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-package',
      severity: 'error',
      comment: 'A package that is used is named in package.json.',
      from: { path: '^(apps|libs|scripts|docker)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-development-package-in-the-server',
      severity: 'error',
      comment: 'What runs in production must be installed there.',
      from: { path: '^(apps|libs)/', pathNot: [TESTS, `^apps/${oneOf(BROWSER)}/`] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    // Types are dependencies too: the rules tell them apart by themselves.
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|seeded|out)/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
