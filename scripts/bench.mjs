#!/usr/bin/env node
/** `npm run bench -- [ids…]`: installs and builds what is missing, then measures; see bench/README.md. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { requireNode, ROOT } from './support/project.mjs';

requireNode();
const { ensureInstalled } = await import('./support/install.mjs');
ensureInstalled();
const { buildBench, buildServer } = await import('./build.mjs');
const { bundleServer } = await import('./support/bundle.mjs');
await buildServer();
await bundleServer();
await buildBench();
await import(pathToFileURL(join(ROOT, 'dist/bench/main.js')).href);
