import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { importFiles, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';
import { builtWeb, launchBrowser } from './browser.js';
import { answer, choose, dashboard, matter, openPlace, receiveForm, signIn, writeDecision } from './pages.js';
import type { Person } from './pages.js';

const INFORMANT = 'Nguyễn Thị Kín Đáo';
const CONTENT = 'Mất xe mô tô trước nhà trọ ấp 3 lúc 19 giờ 30, camera ghi được hai thanh niên.';

describe('a tip on the screens of the desk, the investigator, the prosecutor and the leader', () => {
  let system: TestSystem;
  let browser: Browser;
  let desk: Person;
  let investigator: Person;
  let prosecutor: Person;
  let leader: Person;
  let tipAddress: string;
  let number: string;

  beforeAll(async () => {
    system = await startSystem({ webRoot: builtWeb() });
    await importFiles(system, { 'units.csv': UNITS_CSV });
    browser = await launchBrowser();
  }, 180_000);

  afterAll(async () => {
    await browser?.close();
    await system?.stop();
  });

  it('each signs in and stands in the place of the role', async () => {
    desk = await signIn(browser, system.url, 'canbo');
    investigator = await signIn(browser, system.url, 'dieutravien');
    prosecutor = await signIn(browser, system.url, 'kiemsatvien');
    leader = await signIn(browser, system.url, 'lanhdao');
    await desk.page.waitForURL('**/desk');
    await investigator.page.waitForURL('**/desk');
    await prosecutor.page.waitForURL('**/obligations');
    await leader.page.waitForURL('**/dashboard');
    expect(await desk.page.getByTestId('demo-ribbon').innerText()).toBe('Dữ liệu thử nghiệm');
    await dashboard.live(leader.page).waitFor();
    expect(await dashboard.parts(leader.page, 'R2')).toEqual([0, 0]);
  }, 90_000);

  it('the desk receives it with N, four fields and the law’s day in sight', async () => {
    const { page } = desk;
    await page.keyboard.press('n');
    await page.waitForURL('**/receive');
    await page.getByTestId('will-happen').getByText('TTLT 01/2017 Đ.8(1)').waitFor();
    await receiveForm.submit(page);
    expect(await page.getByText('Cần điền mục này').count()).toBeGreaterThan(0);
    await receiveForm.fill(page, {
      kind: 'denunciation',
      content: CONTENT,
      informant: { name: INFORMANT, phone: '0909123456' },
    });
    await receiveForm.submit(page);
    number = await receiveForm.number(page);
    expect(number).toMatch(/^1\/\d{4}$/);
  }, 60_000);

  it('the desk classifies it and sends it to the provincial police', async () => {
    const { page } = desk;
    await page.getByTestId('open-matter').click();
    await page.getByTestId('register-number').getByText(number).waitFor();
    tipAddress = new URL(page.url()).pathname;
    expect(await page.locator('body').innerText()).not.toContain(INFORMANT);
    expect(await matter.refusal(page, 'transfer')).toContain('TransferBeforeClassification');

    const classify = await matter.begin(page, 'classify');
    await answer(classify, 0, false);
    await answer(classify, 1, false);
    await choose(classify, /Nhóm tội/, 'trom', /Trộm cắp/);
    await matter.record(classify);
    await matter.waitForStatus(page, 'classified');
    await matter.event(page, 'CrimeTipClassified').waitFor();

    const transfer = await matter.begin(page, 'transfer');
    await choose(transfer, /Nơi nhận/, 'tinh tay ninh', /Công an tỉnh Tây Ninh/);
    await transfer.locator('textarea[name=reason]').fill('Không thuộc thẩm quyền giải quyết của Công an cấp xã');
    await matter.record(transfer);
    await matter.waitForStatus(page, 'transferred');
    await openPlace(page, 'desk');
    await page.getByTestId('unacknowledged').getByText(number).waitFor();
  }, 60_000);

  it('the desk sees the informant only for a recorded reason', async () => {
    const { page } = desk;
    await page.goto(system.url + tipAddress);
    await page.getByTestId('reveal').click();
    await page.locator('textarea[name=reveal-reason]').fill('Mời làm việc lại để làm rõ thời gian');
    await page.getByTestId('reveal-form').locator('button[type=submit]').click();
    await page.getByTestId('informant-identity').getByText(INFORMANT).waitFor();
  }, 60_000);

  it('the investigator acknowledges, accepts, assigns and prolongs', async () => {
    const { page } = investigator;
    await page.goto(system.url + tipAddress);
    await matter.record(await matter.begin(page, 'acknowledge-transfer'));
    await matter.event(page, 'CrimeTipTransferAcknowledged').waitFor();
    await matter.record(await matter.begin(page, 'accept'));
    await matter.waitForStatus(page, 'accepted');

    const assign = await matter.begin(page, 'assign');
    await assign.getByRole('button', { name: 'cho tôi' }).click();
    await writeDecision(assign, '118/QĐ-CSHS', 'Đại tá Trần Văn Thủ, Thủ trưởng');
    await matter.record(assign);
    await matter.waitForStatus(page, 'assigned');
    expect(await matter.refusal(page, 'request-extension')).toMatch(/Đ\.147\(2\)/);

    const prolong = await matter.begin(page, 'prolong');
    await writeDecision(prolong, '131/QĐ-CSHS', 'Đại tá Trần Văn Thủ, Thủ trưởng');
    await matter.record(prolong);
    await matter.event(page, 'VerificationProlonged').waitFor();
    await matter.clock(page, 'CPC-147-1').getByRole('button', { name: 'vì sao?' }).click();
    await page.getByTestId('why').getByText('Đ.147(2)').first().waitFor();
  }, 90_000);

  it('the leader has seen the accepted tip arrive without a reload', async () => {
    await dashboard.waitForParts(leader.page, 'R2', 0, 1);
  }, 30_000);

  it('the investigator asks for the extension and the prosecutor grants it where it stands', async () => {
    const request = await matter.begin(investigator.page, 'request-extension');
    await request.locator('textarea[name=reason]').fill('Đang chờ kết luận giám định');
    await matter.record(request);

    const { page } = prosecutor;
    await page.reload();
    const row = page.getByTestId('column-me').locator('.request', { hasText: number });
    await row.getByTestId('grant').click();
    const grant = page.getByTestId('extension-grant-form');
    await writeDecision(grant, '09/QĐ-VKS', 'Trần Thị Viện, Phó Viện trưởng');
    await matter.record(grant);
    await row.waitFor({ state: 'detached' });
  }, 90_000);

  it('the investigator initiates the case and the leader’s number moves while it is looked at', async () => {
    const { page } = investigator;
    await page.goto(system.url + tipAddress);
    await page.getByTestId('notes').getByText('Viện kiểm sát đã gia hạn').waitFor();

    const before = await leader.page.evaluate(() => performance.timeOrigin);
    const initiate = await matter.begin(page, 'initiate');
    await choose(initiate, /Tội danh/, '173', /Đ\.173\(1\)/);
    await writeDecision(initiate, '25/QĐ-KTVA', 'Đại tá Trần Văn Thủ, Thủ trưởng');
    await matter.record(initiate);
    await matter.waitForStatus(page, 'initiated');

    await dashboard.waitForParts(leader.page, 'R2', 1, 1);
    expect(await leader.page.evaluate(() => performance.timeOrigin)).toBe(before);
    expect(await dashboard.figure(leader.page, 'R2').innerText()).toContain('100,00');
  }, 90_000);

  it('the figure opens to the list behind it, without text or parties', async () => {
    const { page } = leader;
    await page.getByTestId('numerator-R2').click();
    const row = page.getByTestId('matters').getByRole('link', { name: number, exact: true });
    await row.waitFor();
    expect(await page.getByTestId('total').innerText()).toMatch(/^1 /);
    await row.click();
    await page.getByTestId('register-number').waitFor();
    const shown = await page.locator('body').innerText();
    expect(shown).not.toContain(CONTENT);
    expect(shown).not.toContain(INFORMANT);
  }, 60_000);

  it('nobody’s browser complained, and nothing left the origin', () => {
    for (const person of [desk, investigator, prosecutor, leader]) {
      expect(person.complaints).toEqual([]);
    }
  });
});
