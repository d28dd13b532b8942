import type { Browser, Locator, Page } from 'playwright-core';

/**
 * The screens as a person uses them, by the names that stand on them. Tests speak in these words and never in selectors.
 */

export type User = 'canbo' | 'dieutravien' | 'kiemsatvien' | 'lanhdao' | 'quantri' | 'kiemtoan' | 'giunguon';

export interface SignInOptions {
  language?: 'vi' | 'en';
  viewport?: { width: number; height: number };
}

/** One person at one computer: an own browser context, signed in through the issuer's page. */
export interface Person {
  page: Page;
  /** What the browser complained of: errors on the console, exceptions, and requests that left the origin. */
  complaints: string[];
  leave(): Promise<void>;
}

/** Signs in by the form of the issuer, as the evaluation accounts do. */
export async function signIn(browser: Browser, url: string, user: User, options: SignInOptions = {}): Promise<Person> {
  const { language = 'vi', viewport = { width: 1366, height: 768 } } = options;
  const context = await browser.newContext({ viewport, locale: language === 'vi' ? 'vi-VN' : 'en-US' });
  await context.addInitScript((chosen) => localStorage.setItem('tinbao.language', chosen), language);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = watch(page, url);
  await page.goto(url);
  await page.getByTestId('sign-in').click();
  await page.locator('#user').fill(user);
  await page.locator('#password').fill(`${user}-demo`);
  await page.locator('form:has(#password) button[type=submit]').click();
  await page.getByTestId('account').waitFor();
  return { page, complaints, leave: () => context.close() };
}

function watch(page: Page, url: string): string[] {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} ${message.location().url}`);
  });
  page.on('request', (request) => {
    const address = request.url();
    if (!address.startsWith(url) && !/^(data|blob):/.test(address)) complaints.push(`left the origin: ${address}`);
  });
  return complaints;
}

/** Opens a place of the rail. */
export async function openPlace(page: Page, path: string): Promise<void> {
  await page.getByTestId(`place-${path}`).click();
}

export interface NewTip {
  kind: 'denunciation' | 'report' | 'recommendation';
  content: string;
  informant?: { name: string; phone: string };
}

/** The intake form. */
export const receiveForm = {
  async fill(page: Page, tip: NewTip): Promise<void> {
    await page.locator(`input[type=radio][value=${tip.kind}]`).check();
    await page.locator('textarea[name=content]').fill(tip.content);
    if (tip.informant === undefined) return;
    await page.locator('details.fold').first().locator('summary').click();
    await page.locator('input[name=informant-name]').fill(tip.informant.name);
    await page.locator('input[name=informant-phone]').fill(tip.informant.phone);
  },
  submit: (page: Page): Promise<void> => page.getByTestId('receive-submit').click(),
  /** The register number that the system gave, `12/2026`. */
  async number(page: Page): Promise<string> {
    const text = await page.getByTestId('received-number').innerText();
    const found = /\d+\/\d{4}/.exec(text);
    if (found === null) throw new Error(`no register number in "${text}"`);
    return found[0];
  },
};

/** One matter. */
export const matter = {
  /** Opens the drawer of an act, as its button does. */
  async begin(page: Page, act: string): Promise<Locator> {
    const ending = act === 'initiate' || act === 'decline-to-initiate';
    if (ending) await page.getByTestId('act-ending').click();
    await page.getByTestId(`act-${act}`).click();
    const form = page.getByTestId(`act-form-${act}`);
    await form.waitFor();
    return form;
  },
  /** Presses the drawer's button and waits until the drawer is gone: the act is recorded. */
  async record(form: Locator): Promise<void> {
    await form.getByTestId('act-submit').click();
    await form.waitFor({ state: 'detached' });
  },
  status: (page: Page): Locator => page.locator('.matter-title [data-status]'),
  /** The state, waited for. */
  async waitForStatus(page: Page, status: string): Promise<void> {
    await page.locator(`.matter-title [data-status="${status}"]`).waitFor();
  },
  event: (page: Page, type: string): Locator => page.getByTestId('timeline').locator(`[data-event="${type}"]`),
  clock: (page: Page, rule: string): Locator => page.getByTestId('clocks').locator(`[data-rule="${rule}"]`),
  /** What a refused act's button says when pressed. */
  async refusal(page: Page, act: string): Promise<string> {
    await page.getByTestId(`act-${act}`).click();
    const text = await page.getByTestId('act-refusal').innerText();
    await page.keyboard.press('Escape');
    return text;
  },
};

/** Fills the parts of a written decision. */
export async function writeDecision(
  form: Locator,
  number: string,
  signer: string,
  term?: { to: string },
): Promise<void> {
  await form.locator('input[name=decision-number]').fill(number);
  await form.locator('input[name=decision-signer]').fill(signer);
  if (term !== undefined) await form.locator('.decision-part .day-input input:not([type=date])').last().fill(term.to);
}

/** Answers yes or no to a question of an act, by its place among the questions. */
export async function answer(form: Locator, question: number, yes: boolean): Promise<void> {
  await form
    .locator('fieldset.choice')
    .nth(question)
    .locator(`input[value=${yes ? 'yes' : 'no'}]`)
    .check();
}

/** Chooses in a list that is searched by typing. */
export async function choose(form: Locator, label: RegExp, typed: string, option: RegExp): Promise<void> {
  const page = form.page();
  const field = form.locator('.field', { has: page.getByText(label) }).last();
  const chosen = field.locator('.ant-select', { hasText: option });
  // On a slow machine the list may still be narrowing when it is clicked: the choice counts once it stands in the field.
  for (let attempt = 1; ; attempt += 1) {
    await field.locator('.ant-select').click();
    await field.locator('input[role=combobox]').fill(typed);
    await page
      .locator('.ant-select-dropdown:not(.ant-select-dropdown-hidden) .ant-select-item-option', { hasText: option })
      .first()
      .click();
    try {
      await chosen.waitFor({ timeout: 5_000 });
      return;
    } catch (error) {
      if (attempt === 3) throw error;
    }
  }
}

/** The dashboard of the leadership. */
export const dashboard = {
  figure: (page: Page, id: string): Locator => page.getByTestId(`figure-${id}`),
  /** Numerator and denominator as they stand there now. */
  async parts(page: Page, id: string): Promise<[number, number]> {
    const read = async (part: string): Promise<number> =>
      Number((await page.getByTestId(`${part}-${id}`).innerText()).replace(/\D/g, ''));
    return [await read('numerator'), await read('denominator')];
  },
  /** Waits until the figure reads so, without a reload. */
  async waitForParts(page: Page, id: string, numerator: number, denominator: number): Promise<void> {
    await page.waitForFunction(
      ([figure, over, under]) => {
        const text = (part: string) =>
          document.querySelector(`[data-testid="${part}-${figure}"]`)?.textContent?.replace(/\D/g, '');
        return text('numerator') === over && text('denominator') === under;
      },
      [id, String(numerator), String(denominator)] as const,
      { timeout: 15_000 },
    );
  },
  live: (page: Page): Locator => page.locator('[data-testid="as-of"][data-state="live"]'),
};

/** The calendar of a year as the operator edits it. */
export const law = {
  day: (page: Page, day: string): Locator => page.locator(`[data-day="${day}"]`),
  /** Makes a working day of the year shown a holiday, in the draft. */
  async makeDayOff(page: Page, day: string): Promise<void> {
    await law.day(page, day).click();
    await page.getByTestId('day-editor').locator('input[type=radio][value=holiday]').check();
  },
  /** Names the document, signed and announced on the first of January 2025. */
  async announce(page: Page, document: string): Promise<void> {
    await page.locator('input[name=document]').fill(document);
    const days = page.locator('.law-two .day-input input:not([type=date])');
    await days.nth(0).fill('01/01/2025');
    await days.nth(1).fill('01/01/2025');
  },
};
