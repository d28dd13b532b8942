import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';
import { builtWeb, launchBrowser } from './browser.js';
import { signIn } from './pages.js';
import type { User } from './pages.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The screens of each role; `:tip` is a tip that was received. */
const SCREENS: Partial<Record<User, string[]>> = {
  canbo: [
    '/desk',
    '/receive',
    '/tips',
    '/tips/:tip',
    '/obligations',
    '/inbox',
    '/inbox/preferences',
    '/units',
    '/calculator',
  ],
  kiemsatvien: ['/obligations', '/extension-requests', '/cases'],
  lanhdao: ['/dashboard', '/indicators/R2/matters?part=denominator'],
  quantri: ['/law', '/law?view=rules', '/operations', '/imports'],
};

/** Each theme once, each size once, each language once. */
const WAYS = [
  { name: 'a desk by day, in Vietnamese', viewport: { width: 1366, height: 768 }, theme: 'light', language: 'vi' },
  { name: 'a telephone by night, in English', viewport: { width: 390, height: 844 }, theme: 'dark', language: 'en' },
] as const;

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string }[];
}

/** What axe finds serious or critical, with the first places. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<Violation[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes
          .slice(0, 3)
          .map(({ html }) => html.slice(0, 160))
          .join(' | ')}`,
    );
}

describe('every screen', () => {
  let system: TestSystem;
  let browser: Browser;
  let tip: string;

  beforeAll(async () => {
    system = await startSystem({ webRoot: builtWeb() });
    await importFiles(system, { 'units.csv': UNITS_CSV });
    tip = (await system.call('desk', 'POST', '/api/tips', tipBody(hoursAgo(2)))).body.id;
    expect(tip).toMatch(/^[0-9a-f-]{36}$/);
    await system.host.settled(10_000);
    browser = await launchBrowser();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  describe.each(WAYS)('at $name', ({ viewport, theme, language }) => {
    it.each(Object.entries(SCREENS))(
      'of %s fits, speaks and reads well',
      async (user, paths) => {
        const { page, complaints, leave } = await signIn(browser, system.url, user as User, { viewport, language });
        await page.evaluate((chosen) => localStorage.setItem('tinbao.theme', chosen), theme);
        for (const path of paths) {
          await page.goto(system.url + path.replace(':tip', tip));
          await page.getByTestId('account').waitFor();
          await page.locator('main h1').first().waitFor();
          await page.waitForFunction(() => document.querySelector('.skeleton') === null);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect({ path, wide, violations: await violations(page) }).toEqual({ path, wide: 0, violations: [] });
        }
        expect(complaints).toEqual([]);
        await leave();
      },
      120_000,
    );
  });
});
