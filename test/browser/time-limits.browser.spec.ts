import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { eventually, hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';
import { builtWeb, launchBrowser } from './browser.js';
import { choose, signIn } from './pages.js';
import type { Person } from './pages.js';

describe('time limits on the screens', () => {
  let system: TestSystem;
  let browser: Browser;
  let desk: Person;

  const open = async (page: Page, path: string): Promise<void> => {
    await page.goto(system.url + path);
    await page.getByTestId('account').waitFor();
  };

  beforeAll(async () => {
    system = await startSystem({ webRoot: builtWeb() });
    await importFiles(system, { 'units.csv': UNITS_CSV });
    // Received more than a day ago and not classified: terms of twenty-four hours have passed.
    for (const hours of [30, 31]) {
      expect((await system.call('desk', 'POST', '/api/tips', tipBody(hoursAgo(hours)))).status).toBe(201);
    }
    browser = await launchBrowser();
    desk = await signIn(browser, system.url, 'canbo');
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('tells the desk of a passed term by the bell, opens the matter, and counts it as read', async () => {
    const { page } = desk;
    // The machine client and the person of the same desk see the same inbox.
    await eventually(
      async () => (await system.call('desk', 'GET', '/api/inbox')).body.items as { kind: string }[],
      (items) => items.filter(({ kind }) => kind === 'breach').length === 2,
    );
    await open(page, '/desk');
    await page.getByTestId('open-inbox').locator('.bar-inbox-count').waitFor();
    await page.getByTestId('open-inbox').click();
    const breach = page.getByTestId('inbox').locator('[data-kind=breach]').first();
    await breach.getByText('Đã quá hạn').waitFor();
    await breach.getByRole('link').click();
    await page.waitForURL('**/tips/*');
    await page.getByTestId('clocks').waitFor();
    await open(page, '/inbox');
    await page.getByTestId('read-all').click();
    await page.getByText('Không còn thông báo chưa đọc.').waitFor();
    await page.getByText('Xem cả thông báo đã đọc').click();
    await page.getByTestId('inbox').locator('[data-kind=breach]').first().waitFor();
  }, 60_000);

  it('keeps how a person wants to be told, and refuses an address that is none', async () => {
    const { page } = desk;
    await open(page, '/inbox/preferences');
    await page.getByLabel('Đã quá hạn').check();
    await page.getByText('Chưa có thư điện tử hay webhook').waitFor();
    await page.getByLabel('Thư điện tử').fill('không phải thư');
    await page.getByTestId('save-preferences').click();
    await page.getByTestId('refused').getByText('email').first().waitFor();
    await page.getByLabel('Thư điện tử').fill('truc.ban@example.vn');
    await page.getByLabel('Không gửi trong khoảng giờ này').check();
    await page.getByTestId('save-preferences').click();
    await page.getByTestId('news').getByText('Đã lưu cách báo.').waitFor();
    await open(page, '/inbox/preferences');
    await page.getByTestId('preferences').waitFor();
    expect(await page.getByLabel('Đã quá hạn').isChecked()).toBe(true);
    expect(await page.getByLabel('Thư điện tử').inputValue()).toBe('truc.ban@example.vn');
    expect(await page.getByLabel('Không gửi trong khoảng giờ này').isChecked()).toBe(true);
  }, 60_000);

  it('shows a calendar address once; it answers until it is revoked', async () => {
    const { page } = desk;
    await open(page, '/inbox/preferences');
    await page.getByTestId('open-feed').click();
    const address = (await page.getByTestId('secret').locator('code').innerText()).trim();
    expect(await (await fetch(address)).text()).toContain('BEGIN:VCALENDAR');
    await open(page, '/inbox/preferences');
    await page.getByText('Đang mở từ').waitFor();
    expect(await page.getByText(address).count()).toBe(0);
    await page.getByTestId('close-feed').click();
    await page.getByText('Chưa mở địa chỉ lịch.').waitFor();
    expect((await fetch(address)).status).toBe(404);
  }, 60_000);

  it('finds a rule by its length, its article or its words, and shows the days off around the dates', async () => {
    const { page } = desk;
    await open(page, '/calculator');
    const rule = page.getByTestId('calculator-form').getByRole('combobox').first();
    for (const words of ['20 ngày', 'gia hạn', 'Điều 147', 'dieu 147']) {
      await rule.fill(words);
      await page.locator('.ant-select-item-option').getByText('Giải quyết nguồn tin về tội phạm').first().waitFor();
    }
    await rule.press('Escape');
    await page.getByLabel('Bắt đầu lúc').fill('08:00 25/08/2026');
    await page.getByTestId('calculate').click();
    const strip = page.getByTestId('calendar-strip');
    await strip.locator('li[title*="02/09/2026"][title*="Quốc khánh"].strip-off').waitFor();
    await strip.locator('li.strip-due[title*="14/09/2026"]').waitFor();
    expect(await page.getByTestId('result-due').innerText()).toContain('14/09/2026');
  }, 60_000);

  it('asks for what the rule knows and nothing else', async () => {
    const { page } = desk;
    await open(page, '/calculator?rule=CPC-174-2');
    await page.getByText('Nơi trả hồ sơ').waitFor();
    expect(await page.getByText('Loại tội phạm').count()).toBe(0);
    await page.getByTestId('calculate').click();
    await page.getByTestId('refused').getByText('returner').first().waitFor();
    await choose(page.getByTestId('calculator-form'), /Nơi trả hồ sơ/, 'toa an', /Toà án/);
    await page.getByTestId('calculate').click();
    await page.getByTestId('result-due').waitFor();
  }, 60_000);

  it('complains of nothing but the refusals that were asked for', () => {
    expect(desk.complaints.filter((complaint) => !/status of 400/.test(complaint))).toEqual([]);
  });
});
