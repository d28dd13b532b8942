import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { importFiles, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';
import { builtWeb, launchBrowser } from './browser.js';
import { answer, choose, matter, receiveForm, signIn } from './pages.js';
import type { Person } from './pages.js';

describe('the desk when things go wrong', () => {
  let system: TestSystem;
  let browser: Browser;
  let desk: Person;

  const tips = async (): Promise<{ id: string; registerNumber: string }[]> =>
    (await system.call('desk', 'GET', '/api/tips?limit=50')).body.items;
  const open = async (page: Page, path: string): Promise<void> => {
    await page.goto(system.url + path);
    await page.getByTestId('account').waitFor();
  };

  beforeAll(async () => {
    system = await startSystem({ webRoot: builtWeb() });
    await importFiles(system, { 'units.csv': UNITS_CSV });
    browser = await launchBrowser();
    desk = await signIn(browser, system.url, 'canbo');
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('keeps a draft through a closed page, sealed on the device', async () => {
    const { page } = desk;
    await open(page, '/receive');
    await receiveForm.fill(page, { kind: 'report', content: 'Đánh bạc ăn tiền tại quán nước ấp 5' });
    await page.getByTestId('draft-state').getByText('Nháp đã lưu').waitFor();
    await open(page, '/receive');
    await page.getByText('Đã khôi phục bản nháp của bạn.').waitFor();
    expect(await page.locator('textarea[name=content]').inputValue()).toBe('Đánh bạc ăn tiền tại quán nước ấp 5');
    const stored = await page.evaluate(
      () =>
        new Promise<string>((resolve, reject) => {
          const asked = indexedDB.open('tinbao', 1);
          asked.onerror = () => reject(asked.error as Error);
          asked.onsuccess = () => {
            const all = asked.result.transaction('drafts').objectStore('drafts').getAll();
            all.onsuccess = () => {
              const [draft] = all.result as { sealed: ArrayBuffer }[];
              resolve(`${JSON.stringify(draft)}${new TextDecoder().decode(draft?.sealed)}`);
            };
          };
        }),
    );
    expect(stored).not.toContain('quán nước');
  }, 60_000);

  it('keeps a tip while the line is down and sends it once when it is back', async () => {
    const { page } = desk;
    await page.context().setOffline(true);
    await page.getByTestId('offline').waitFor();
    await receiveForm.submit(page);
    await page.getByTestId('queued').waitFor();
    expect(await tips()).toHaveLength(0);
    await page.context().setOffline(false);
    await page
      .getByTestId('news')
      .getByText(/đã gửi: số 1\//)
      .waitFor();
    expect(await tips()).toHaveLength(1);
  }, 60_000);

  it('makes one tip when the answer is lost on its way back', async () => {
    const { page } = desk;
    await open(page, '/receive');
    let isLost = false;
    await page.route('**/api/tips', async (route) => {
      if (route.request().method() !== 'POST' || isLost) return route.continue();
      isLost = true;
      await route.fetch();
      return route.abort('connectionreset');
    });
    await receiveForm.fill(page, { kind: 'denunciation', content: 'Cho vay lãi nặng, đe doạ người vay' });
    await receiveForm.submit(page);
    await page.getByTestId('queued').waitFor();
    await page.evaluate(() => window.dispatchEvent(new Event('online')));
    await page
      .getByTestId('news')
      .getByText(/đã gửi: số 2\//)
      .waitFor();
    expect((await tips()).map(({ registerNumber }) => registerNumber.split('/')[0]).sort()).toEqual(['1', '2']);
  }, 60_000);

  it('shows what changed since the matter was opened, then the rule that refuses', async () => {
    const { page } = desk;
    const [tip] = await tips();
    await open(page, `/tips/${tip?.id}`);
    const form = await matter.begin(page, 'classify');
    const done = await system.call('desk', 'POST', `/api/tips/${tip?.id}/classify`, {
      happenedAt: new Date().toISOString(),
      competent: false,
      urgent: true,
      category: 'usury',
    });
    expect(done.status).toBe(200);
    await answer(form, 0, true);
    await answer(form, 1, false);
    await choose(form, /Nhóm tội/, 'cho vay', /Cho vay lãi nặng/);
    await form.getByTestId('act-submit').click();
    const conflict = page.getByTestId('conflict');
    await conflict.waitFor();
    expect(await conflict.innerText()).toContain('Phân loại');
    await form.getByTestId('act-submit').click();
    const refused = page.getByTestId('refused');
    await refused.waitFor();
    const text = await refused.innerText();
    expect(text).toContain('AlreadyClassified');
    expect(text).toContain('TTLT 01/2017 Đ.8(1)');
    await page.keyboard.press('Escape');
    await form.waitFor({ state: 'detached' });
  }, 60_000);

  it('finds by number with Ctrl K and moves by J, K and Enter', async () => {
    const { page } = desk;
    await open(page, '/desk');
    await page.getByTestId('tip-list').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.getByTestId('register-number').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByTestId('search-input').fill('1');
    await page.getByRole('option', { name: /^1\/\d{4}/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByTestId('register-number').getByText(/^1\//).waitFor();
  }, 60_000);

  it('speaks English by the switch and keeps it', async () => {
    const { page } = desk;
    await open(page, '/desk');
    await page.getByRole('button', { name: 'EN' }).click();
    await page.getByText('Needs an act now').waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(await page.getByTestId('demo-ribbon').innerText()).toBe('Demonstration data');
    await page.getByRole('button', { name: 'VI' }).click();
    await page.getByText('Cần làm bây giờ').waitFor();
  }, 30_000);

  it('fits a phone: a bottom bar, cards, and nothing wider than the screen', async () => {
    const phone = await signIn(browser, system.url, 'canbo', { viewport: { width: 390, height: 844 } });
    const { page } = phone;
    const [tip] = await tips();
    for (const path of [
      '/desk',
      '/receive',
      '/tips',
      `/tips/${tip?.id}`,
      '/obligations',
      '/calculator',
      '/inbox',
      '/inbox/preferences',
    ]) {
      await open(page, path);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect({ path, overflow: Math.max(0, overflow) }).toEqual({ path, overflow: 0 });
    }
    const rail = await page.locator('.rail').boundingBox();
    expect(rail?.y).toBeGreaterThan(700);
    await phone.leave();
  }, 90_000);

  it('asks who is signed in while the application is still on its way, and not again when it is here', async () => {
    const { page, leave } = await signIn(browser, system.url, 'canbo');
    let letCome = (): void => undefined;
    const comes = new Promise<void>((resolve) => (letCome = resolve));
    await page.route('**/assets/index-*.js', async (route) => {
      await comes;
      await route.continue();
    });
    const answered = page.waitForResponse('**/api/me');
    await page.goto(`${system.url}/receive`, { waitUntil: 'commit' });
    expect((await answered).status()).toBe(200);

    const askedSince: string[] = [];
    page.on('request', (request) => askedSince.push(new URL(request.url()).pathname));
    letCome();
    await page.locator('textarea[name=content]').waitFor();
    expect(askedSince.filter((path) => path === '/api/me' || path === '/oidc/token')).toEqual([]);
    await leave();
  }, 60_000);

  it('signs a new tab in without asking, says when a session has ended, and signs out for good', async () => {
    const { page } = desk;
    const tab = await page.context().newPage();
    await tab.goto(`${system.url}/tips`);
    await tab.getByTestId('account').waitFor();
    expect(new URL(tab.url()).pathname).toBe('/tips');

    await tab.close();

    const other = await signIn(browser, system.url, 'canbo');
    await other.page.context().clearCookies();
    await other.page.route('**/oidc/token', (route) =>
      route.fulfill({ status: 400, contentType: 'application/json', body: '{"error":"invalid_grant"}' }),
    );
    await other.page.goto(`${system.url}/receive`);
    await other.page.getByText('Phiên làm việc đã hết').waitFor();
    await other.leave();

    await page.getByTestId('account').click();
    await page.getByTestId('sign-out').click();
    await page.waitForURL('**/sign-in');
    await page.goto(`${system.url}/desk`);
    await page.getByTestId('sign-in').waitFor();
  }, 60_000);
});
