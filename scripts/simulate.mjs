#!/usr/bin/env node
/**
 * Runs the deterministic simulation (test/simulation) outside the test runner: `npm run simulate -- --seeds 200000`,
 * or one seed with its story: `npm run simulate -- --seed 4711 --trace`.
 */
import { register } from 'node:module';

// Says what typescript-hooks.mjs does: the sources run as they are, without a build.
register('./support/typescript-hooks.mjs', import.meta.url);
const { simulate } = await import('../test/simulation/simulate.ts');
process.exitCode = await simulate(process.argv.slice(2));
