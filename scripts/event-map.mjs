#!/usr/bin/env node
/**
 * Writes `docs/event-map.md` from the code: who causes each event, and who consumes it. `--check` writes nothing and
 * fails when the page is not what the code says.
 *
 * What it reads: the catalogue (compiled contracts) for names, versions and visibility; `{ type: 'X', data }` in the
 * domain and the services for who emits X; the `consumers` of each service definition for who listens, and the event
 * names in their code for what they act on. A read model that folds whole streams, and a consumer that names no event,
 * acts on all of its topics.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { buildServer } from './build.mjs';
import { ROOT } from './support/project.mjs';
import { filesBelow } from './support/sources.mjs';

const PAGE = 'docs/event-map.md';
/** Topics are named `<owner>.<aggregates>`. */
const ownerOf = (topic) => topic.split('.', 1)[0];

await buildServer();
const { EVENT_CATALOGUE, STREAMS, TOPIC_NAMES } = await import(
  pathToFileURL(join(ROOT, 'dist/libs/contracts/src/index.js')).href
);

/** `crime-tip` → `intake.crime-tips`. */
const topicOf = (aggregate) => {
  const key = Object.keys(STREAMS).find((name) => STREAMS[name] === `${aggregate}-`);
  const topic = TOPIC_NAMES[`${key}s`];
  if (!topic) throw new Error(`no topic is named for the streams of ${aggregate}`);
  return topic;
};
const events = Object.entries(EVENT_CATALOGUE).flatMap(([aggregate, classes]) =>
  classes.map(({ type, version, visibility }) => ({ type, version, visibility, topic: topicOf(aggregate), aggregate })),
);
const known = new Set(events.map(({ type }) => type));

const sources = new Map();
function sourceOf(file) {
  if (!sources.has(file)) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    sources.set(file, ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true));
  }
  return sources.get(file);
}

function walk(node, visit) {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

const isTest = (file) => /\.(spec|suite)\.ts$/.test(file) || file.includes('/testing/');
const serverFiles = (folder) => filesBelow(folder).filter((file) => file.endsWith('.ts') && !isTest(file));

/** `import { a as b } from 'x'` → {b: {from: 'x', name: 'a'}}, values and types alike. */
function importsOf(file) {
  const found = new Map();
  for (const statement of sourceOf(file).statements) {
    if (!ts.isImportDeclaration(statement) || !statement.importClause) continue;
    const from = statement.moduleSpecifier.text;
    const { namedBindings } = statement.importClause;
    if (namedBindings && ts.isNamedImports(namedBindings)) {
      for (const { name, propertyName } of namedBindings.elements) {
        found.set(name.text, { from, name: (propertyName ?? name).text });
      }
    }
  }
  return found;
}

/** The file that a relative import leads to, or the files of a library. */
function filesOfImport(from, importer) {
  if (from.startsWith('@app/')) return serverFiles(`libs/${from.slice(5)}/src`);
  if (!from.startsWith('.')) return [];
  const file = relative(ROOT, resolve(ROOT, dirname(importer), from.replace(/\.js$/, '.ts')));
  return existsSync(join(ROOT, file)) ? [file] : [];
}

/** Event names that an object `{ type: …, data: … }` inside a node can carry. */
function emittedIn(node) {
  const found = new Set();
  walk(node, (child) => {
    if (!ts.isObjectLiteralExpression(child)) return;
    const property = (name) => child.properties.find((one) => one.name && one.name.getText() === name);
    const type = property('type');
    if (!type || !property('data') || !ts.isPropertyAssignment(type)) return;
    walk(type.initializer, (part) => {
      if (ts.isStringLiteralLike(part) && known.has(part.text)) found.add(part.text);
      // `CrimeTipAccepted.type`
      if (ts.isPropertyAccessExpression(part) && part.name.text === 'type' && known.has(part.expression.getText())) {
        found.add(part.expression.getText());
      }
    });
  });
  return found;
}

const identifiersIn = (node) => {
  const found = new Set();
  walk(node, (child) => {
    if (ts.isIdentifier(child)) found.add(child.text);
  });
  return found;
};

/** Top-level functions and constants of the domain, by name. */
const domain = new Map();
for (const file of serverFiles('libs/domain/src')) {
  for (const statement of sourceOf(file).statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name) domain.set(statement.name.text, statement);
    if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (initializer && ts.isIdentifier(name)) domain.set(name.text, initializer);
      }
    }
  }
}

/** Events that a function of the domain returns, also through functions that it calls. */
function emittedByDomain(name, seen = new Set()) {
  const node = domain.get(name);
  if (!node || seen.has(name)) return new Set();
  seen.add(name);
  const found = emittedIn(node);
  for (const called of identifiersIn(node)) {
    if (called !== name) for (const type of emittedByDomain(called, seen)) found.add(type);
  }
  return found;
}

const pascal = (kebab) => kebab.replace(/(^|-)([a-z])/g, (_, __, letter) => letter.toUpperCase());

/** The name of the cause that a file is: a command, a reaction, an import, a timer. */
function causeName(file) {
  const base = file.split('/').at(-1).replace(/\.ts$/, '');
  if (file.includes('/use-cases/')) return pascal(base);
  if (file.includes('/reactions/')) return base;
  return `${file.split('/').at(-2)}/${base}`;
}

const causes = new Map(events.map(({ type }) => [type, new Set()]));
for (const app of readdirSync(join(ROOT, 'apps'))) {
  if (app === 'web' || app === 'cli') continue;
  for (const file of serverFiles(`apps/${app}/src`)) {
    if (/\/(read-models|migrations)\//.test(file)) continue;
    const emitted = emittedIn(sourceOf(file));
    const used = identifiersIn(sourceOf(file));
    for (const [local, { from, name }] of importsOf(file)) {
      if (from === '@app/domain' && used.has(local)) for (const type of emittedByDomain(name)) emitted.add(type);
    }
    // A service writes its own topics only; the shapes of others' events in its code are looks ahead.
    const own = events.filter(({ type, topic }) => emitted.has(type) && ownerOf(topic) === app);
    for (const { type } of own) causes.get(type).add(causeName(file));
  }
}

/** Every event name written in a file and in the files of the same app that it leans on. */
function eventsNamed(file, app, seen = new Set()) {
  if (seen.has(file)) return new Set();
  seen.add(file);
  const found = new Set();
  walk(sourceOf(file), (node) => {
    if (ts.isStringLiteralLike(node) && known.has(node.text)) found.add(node.text);
    if (ts.isPropertyAccessExpression(node) && node.name.text === 'type' && known.has(node.expression.getText())) {
      found.add(node.expression.getText());
    }
    if (ts.isPropertyAssignment(node) && ts.isIdentifier(node.name) && known.has(node.name.text))
      found.add(node.name.text);
    if (ts.isMethodDeclaration(node) && known.has(node.name.getText())) found.add(node.name.getText());
  });
  for (const { from } of importsOf(file).values()) {
    for (const next of from.startsWith('.') ? filesOfImport(from, file) : []) {
      if (next.startsWith(`apps/${app}/`)) for (const type of eventsNamed(next, app, seen)) found.add(type);
    }
  }
  return found;
}

/** The functions called under `consumers` of a service definition: who listens in this service. */
function consumersOf(app) {
  const definition = `apps/${app}/src/${app}.service-definition.ts`;
  if (!existsSync(join(ROOT, definition))) return [];
  const imports = importsOf(definition);
  const called = new Set();
  walk(sourceOf(definition), (node) => {
    const isConsumers =
      (ts.isPropertyAssignment(node) || ts.isMethodDeclaration(node)) && node.name.getText() === 'consumers';
    if (isConsumers) for (const name of identifiersIn(node)) if (imports.has(name)) called.add(name);
  });
  return [...called].flatMap((local) => {
    const { from, name } = imports.get(local);
    for (const file of filesOfImport(from, definition)) {
      const declaration = sourceOf(file).statements.find(
        (statement) =>
          (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name,
      );
      const consumer = declaration && consumerIn(declaration, file, app);
      if (consumer) return [consumer];
    }
    return [];
  });
}

/** Topics written out, named by TOPIC_NAMES, or by a constant of the same file. */
function topicsIn(node, file) {
  const all = Object.values(TOPIC_NAMES);
  const found = new Set();
  walk(node, (child) => {
    if (ts.isStringLiteralLike(child) && all.includes(child.text)) found.add(child.text);
    if (!ts.isIdentifier(child)) return;
    if (TOPIC_NAMES[child.text]) found.add(TOPIC_NAMES[child.text]);
    for (const statement of sourceOf(file).statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (name.getText() === child.text && initializer && initializer !== node) {
          for (const topic of topicsIn(initializer, file)) found.add(topic);
        }
      }
    }
  });
  return [...found];
}

/** Whether a file, or one of the same app that it leans on, folds whole streams by the domain's evolve functions. */
function foldsStreams(file, app, seen = new Set()) {
  if (seen.has(file)) return false;
  seen.add(file);
  for (const { from, name } of importsOf(file).values()) {
    if (from === '@app/domain' && name.startsWith('evolve')) return true;
    for (const next of from.startsWith('.') ? filesOfImport(from, file) : []) {
      if (next.startsWith(`apps/${app}/`) && foldsStreams(next, app, seen)) return true;
    }
  }
  return false;
}

/** `{ name: 'intake.tip-list', topics: [TOPIC_NAMES.crimeTips], … }` */
function consumerIn(declaration, file, app) {
  let found;
  walk(declaration, (node) => {
    if (!ts.isObjectLiteralExpression(node) || found) return;
    const property = (wanted) => node.properties.find((one) => one.name?.getText() === wanted);
    if (!property('topics') || !property('name')) return;
    const topics = topicsIn(property('topics'), file);
    const name = /[.}]([a-z][a-z0-9-]*)['"`]$/.exec(property('name').initializer.getText())?.[1];
    found = { app, name: name ?? file.split('/').at(-1).replace(/\.ts$/, ''), topics };
  });
  if (!found) return undefined;
  const delivered = events.filter(({ topic, visibility }) => found.topics.includes(topic) && visibility === 'public');
  // Reactions and read models that live in a library (the unit tree) act on whole topics.
  const isReadModel = file.includes('/read-models/');
  const wholeStreams = !file.startsWith('apps/') || (isReadModel && foldsStreams(file, app));
  const named = wholeStreams ? new Set() : eventsNamed(file, app);
  const acts = delivered.filter(({ type }) => named.has(type));
  return { ...found, acts: new Set((acts.length > 0 ? acts : delivered).map(({ type }) => type)) };
}

const consumers = ['intake', 'prosecution', 'deadlines', 'statistics', 'identity'].flatMap(consumersOf);

/** One line of the map. */
function lineOf({ type, version, visibility }) {
  const by = [...causes.get(type)].sort();
  const to = consumers.filter(({ acts }) => acts.has(type)).map(({ app, name }) => `${app} ${name}`);
  return `${by.join(', ') || '(no cause yet)'} -> ${type} v${version} ${visibility} -> ${to.sort().join(' | ') || '(kept in the log)'}`;
}

const topics = [...new Set(events.map(({ topic }) => topic))];
const page = `# Event map

Generated from the code by \`npm run event-map\`; a test fails when it is not what the code says. Do not edit.

Each line: what causes the event (command, reaction, import, timer) -> the event, its version and visibility -> who
acts on it (service and consumer). Public events are relayed to the topic; private ones stay in their service's log.

${topics
  .map(
    (topic) => `## ${topic}

Owner: ${ownerOf(topic)}. Streams: ${[...new Set(events.filter((event) => event.topic === topic).map(({ aggregate }) => `\`${aggregate}-…\``))].join(', ')}

\`\`\`
${events
  .filter((event) => event.topic === topic)
  .map(lineOf)
  .join('\n')}
\`\`\`
`,
  )
  .join('\n')}
## Who listens

| Service | Consumer | Topics |
| --- | --- | --- |
${consumers
  .map((consumer) => `| ${consumer.app} | ${consumer.name} | ${consumer.topics.join(', ')} |`)
  .sort()
  .join('\n')}
`;

const before = existsSync(join(ROOT, PAGE)) ? readFileSync(join(ROOT, PAGE), 'utf8') : '';
if (process.argv.includes('--check')) {
  if (before !== page) {
    console.error(`${PAGE} is not what the code says: run npm run event-map and commit it`);
    process.exit(1);
  }
} else {
  writeFileSync(join(ROOT, PAGE), page);
  console.log(`${PAGE}: ${events.length} events, ${consumers.length} consumers${before === page ? ', unchanged' : ''}`);
}
