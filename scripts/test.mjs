#!/usr/bin/env node
/**
 * `npm test`: everything of `npm run check`, then the build, then every level that needs a database, a broker or a
 * browser. Needs nothing installed by hand but Node and npm; without Java or Chromium the suites that need them are
 * left out and the summary says so in capitals, except in CI, where their absence is a failure.
 *
 * The last line is `N passed, N failed`; the exit code is 1 when something failed.
 */
import { requireNode } from './support/project.mjs';

requireNode();
const ci = process.env.CI === 'true';
const { ensureInstalled } = await import('./support/install.mjs');
const { printSummary, runSteps, taskStep } = await import('./support/steps.mjs');
const { checkSteps, hasChromium, hasKafka, serverSteps } = await import('./support/levels.mjs');

const outcomes = [];
const notices = [];
const run = async (steps, options) => outcomes.push(...(await runSteps(steps, options)));

try {
  ensureInstalled({ exact: ci });
} catch (error) {
  console.error(error.message);
  console.log('\n0 passed, 1 failed');
  process.exit(1);
}

const java = await hasKafka();
const chromium = hasChromium();
const missing = [...(java ? [] : ['KAFKA SUITES']), ...(chromium ? [] : ['BROWSER SUITES'])];
const needs = { 'KAFKA SUITES': 'JAVA 17 AND MAVEN, OR KAFKA_BROKERS', 'BROWSER SUITES': 'CHROMIUM' };
for (const suites of missing) notices.push(`NOT RUN: ${suites}. THEY NEED ${needs[suites]}.`);

await run(checkSteps(), { together: 2 });
await run([
  taskStep('build', async () => {
    const { buildServer, buildWeb } = await import('./build.mjs');
    const { bundleServer } = await import('./support/bundle.mjs');
    await buildServer();
    await Promise.all([bundleServer(), buildWeb()]);
  }),
]);
await run(serverSteps({ java, chromium }));
if (ci && missing.length > 0) {
  outcomes.push({
    name: 'suites that CI must run',
    passed: 0,
    failed: missing.length,
    seconds: 0,
    report: notices.join('\n'),
  });
}
process.exit(printSummary(outcomes, notices));
