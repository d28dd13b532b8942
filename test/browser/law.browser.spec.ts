import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';
import { builtWeb, launchBrowser } from './browser.js';
import { law, signIn } from './pages.js';
import type { Person } from './pages.js';

interface Duty {
  id: string;
  matterNumber: string;
  latestArguable: string;
}

describe('the calendar and the rules, as the operator keeps them', () => {
  let system: TestSystem;
  let browser: Browser;
  let operator: Person;
  /** A duty whose last arguable day, always a working day, is made a day off. */
  let duty: Duty;

  const duties = async (): Promise<Duty[]> =>
    (await system.call('desk', 'GET', '/api/obligations?status=open&limit=200')).body.items;
  const open = async (page: Page, path: string): Promise<void> => {
    await page.goto(system.url + path);
    await page.getByTestId('account').waitFor();
  };

  beforeAll(async () => {
    system = await startSystem({ webRoot: builtWeb() });
    await importFiles(system, { 'units.csv': UNITS_CSV });
    const tip = await system.call('desk', 'POST', '/api/tips', tipBody(hoursAgo(2)));
    expect(tip.status).toBe(201);
    await system.host.settled(10_000);
    duty = (await duties()).find(({ latestArguable }) => latestArguable.length === 10)!;
    browser = await launchBrowser();
    operator = await signIn(browser, system.url, 'quantri');
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('shows a year with its days off, and what each day is when it is read aloud', async () => {
    const { page } = operator;
    await open(page, '/law?year=2026');
    await page.getByTestId('year-grid').waitFor();
    const holiday = law.day(page, '2026-02-17');
    expect(await holiday.getAttribute('aria-label')).toMatch(/^17, T3 17\/02\/2026, .*Tết Nguyên đán/);
    expect(await page.getByTestId('preview').isDisabled()).toBe(true);
    await page.getByTestId('calendar-versions').waitFor();
  }, 60_000);

  it('tells what a day off would move before anything is published', async () => {
    const { page } = operator;
    await open(page, `/law?year=${duty.latestArguable.slice(0, 4)}`);
    await law.makeDayOff(page, duty.latestArguable);
    await page.getByTestId('changes').locator('li').first().waitFor();
    expect(await page.getByTestId('changes').locator('li').count()).toBe(1);
    await law.announce(page, 'CV 999/VPCP-KGVX');
    await page.getByTestId('preview').click();
    await page.getByTestId('moves-count').waitFor();
    await page.getByTestId('show-moves').click();
    await page.getByTestId('move-list').getByText(duty.matterNumber).first().waitFor();
    expect((await duties()).find(({ id }) => id === duty.id)).toEqual(duty);
  }, 60_000);

  it('publishes for a reason, with the number of moves repeated, and says what it moved', async () => {
    const { page } = operator;
    const moves = /[\d.]+/.exec(await page.getByTestId('moves-count').innerText())![0].replaceAll('.', '');
    await page.locator('textarea[name=reason]').fill('Chính phủ cho nghỉ thêm một ngày');
    await page.locator('input[name=confirm]').fill(String(Number(moves) + 1));
    await page.getByTestId('publish').click();
    await page.locator('.field-fault').waitFor();
    expect(await page.getByTestId('calendar-versions').getByText('CV 999/VPCP-KGVX').count()).toBe(0);

    await page.locator('input[name=confirm]').fill(moves);
    await page.getByTestId('publish').click();
    await page
      .getByTestId('news')
      .getByText(/đã công bố/i)
      .waitFor();
    const version = page.getByTestId('calendar-versions').locator('[data-row]', { hasText: 'CV 999/VPCP-KGVX' });
    await version.getByText('Chính phủ cho nghỉ thêm một ngày').waitFor();
    await version.getByText(`${Number(moves)} thời hạn`).waitFor();
    const after = (await duties()).find(({ id }) => id === duty.id)!;
    expect(after.latestArguable > duty.latestArguable).toBe(true);
    expect(await law.day(page, duty.latestArguable).getAttribute('class')).toContain('law-day-holiday');
  }, 60_000);

  it('asks to confirm when a day that has passed would change', async () => {
    const { page } = operator;
    await open(page, '/law?year=2025');
    await law.makeDayOff(page, '2025-03-12');
    await law.announce(page, 'CV 1000/VPCP-KGVX');
    await page.getByTestId('preview').click();
    await page.getByTestId('refused').waitFor();
  }, 60_000);

  it('says that it could not be read, and reads again when asked', async () => {
    const { page } = operator;
    await page.route('**/api/calendar-versions**', (route) => route.abort('connectionreset'));
    await page.route('**/api/calendar-versions/**', (route) => route.abort('connectionreset'));
    await page.goto(`${system.url}/law?year=2027`);
    const again = page.getByRole('button', { name: 'Thử lại' }).first();
    await again.waitFor();
    await page.unrouteAll();
    await again.click();
    await page.getByTestId('year-grid').waitFor();
    operator.complaints.length = 0;
  }, 60_000);

  it('finds a rule, and says so when there is none', async () => {
    const { page } = operator;
    await open(page, '/law?view=rules');
    const rules = page.getByTestId('rule-list');
    await rules.waitFor();
    await page.locator('.law-rule-search').fill('gia hạn');
    await rules
      .getByText(/gia hạn/i)
      .first()
      .waitFor();
    await page.locator('.law-rule-search').fill('không có gì như thế');
    await page.getByText('Không có quy tắc nào ứng với “không có gì như thế”').waitFor();
  }, 60_000);

  it.each([
    ['a desk', { width: 1366, height: 768 }],
    ['a telephone', { width: 390, height: 844 }],
  ])(
    'fits %s, light and dark',
    async (_name, viewport) => {
      const { page } = operator;
      await page.setViewportSize(viewport);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        for (const path of ['/law', '/law?view=rules']) {
          await open(page, path);
          await page.getByTestId(path === '/law' ? 'year-grid' : 'rule-list').waitFor();
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          expect({ path, colorScheme, wide }).toEqual({ path, colorScheme, wide: 0 });
        }
      }
      expect(operator.complaints).toEqual([]);
    },
    60_000,
  );
});
