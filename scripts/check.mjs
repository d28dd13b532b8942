#!/usr/bin/env node
/** `npm run check`: format, lint, types, architecture and unit specs. Fast (< 90 s) and without any server. */
import { requireNode } from './support/project.mjs';

requireNode();
const { ensureInstalled } = await import('./support/install.mjs');
ensureInstalled({ exact: process.env.CI === 'true' });
const { printSummary, runSteps } = await import('./support/steps.mjs');
const { checkSteps } = await import('./support/levels.mjs');
process.exitCode = printSummary(await runSteps(checkSteps(), { together: 2 }));
