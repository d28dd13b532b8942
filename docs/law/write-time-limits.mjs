#!/usr/bin/env node
/** Writes `docs/law/time-limits.md` from the rule table. Run it after a new dated row, and commit the page with the row. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformSync } from '@swc/core';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, '../../libs/legal-time-limits/src');
const built = join(here, `../../.cache/legal-time-limits-${process.pid}`);
mkdirSync(built, { recursive: true });
try {
  writeFileSync(join(built, 'package.json'), '{ "type": "module" }\n');
  for (const file of readdirSync(source).filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))) {
    const options = { filename: file, swcrc: false, jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } };
    const { code } = transformSync(readFileSync(join(source, file), 'utf8'), { ...options, module: { type: 'es6' } });
    writeFileSync(join(built, file.replace(/\.ts$/, '.js')), code);
  }
  const { ruleTableDocument } = await import(pathToFileURL(join(built, 'index.js')).href);
  writeFileSync(join(here, 'time-limits.md'), ruleTableDocument());
} finally {
  rmSync(built, { recursive: true, force: true });
}
