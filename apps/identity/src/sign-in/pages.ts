import { EVALUATION_ACCOUNTS, evaluationSecret } from '../accounts/evaluation-accounts.js';
import { MOUNT } from '../context.js';
import { type Language, WORDS } from './words.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand in HTML and in attribute values. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

// Colours and sizes of the web application's theme, light and dark; no script, no outside font.
const STYLE = `
:root { color-scheme: light dark; --canvas:#eef2f6; --surface:#fff; --line:#b3bfcc; --ink:#14202d; --ink2:#425365; --act:#1b3f78;
  --act-hover:#15325f; --on-act:#fff; --weak:#e3ebf6; --red:#a8151d; --red-weak:#fbe6e6; --amber:#7a5200; --amber-weak:#fdf3d9; --focus:#2f6bd8 }
@media (prefers-color-scheme: dark) { :root { --canvas:#10171f; --surface:#18212b; --line:#48596b; --ink:#e8eef4; --ink2:#b4c1ce; --act:#8fb4ef;
  --act-hover:#a9c6f5; --on-act:#0d1724; --weak:#22344e; --red:#ff9c9c; --red-weak:#431c20; --amber:#f0c568; --amber-weak:#3a2f14; --focus:#7fb0ff } }
* { box-sizing: border-box }
body { margin:0; min-height:100vh; display:grid; place-items:center; padding:24px 16px; background:var(--canvas); color:var(--ink);
  font:14px/20px 'Be Vietnam Pro', system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif }
main { width:100%; max-width:400px; background:var(--surface); border-radius:8px; padding:32px 32px 24px }
header { margin-bottom:24px } h1 { font-size:28px; line-height:36px; margin:0 } header p { margin:4px 0 0; color:var(--ink2) }
h2 { font-size:14px; line-height:20px; margin:0 0 4px }
label { display:block; margin-bottom:4px; font-weight:600 }
input { width:100%; height:40px; padding:0 12px; margin-bottom:16px; font:inherit; font-size:16px; color:inherit; background:var(--surface);
  border:1px solid var(--line); border-radius:4px }
button, .button { display:block; width:100%; height:40px; padding:0 16px; font:inherit; font-weight:600; line-height:40px; text-align:center;
  text-decoration:none; cursor:pointer; border:0; border-radius:4px; background:var(--act); color:var(--on-act) }
button:hover, .button:hover { background:var(--act-hover) }
button.quiet { margin-top:8px; background:transparent; color:var(--act) }
:focus-visible { outline:2px solid var(--focus); outline-offset:2px }
.fault { margin:0 0 16px; padding:8px 12px; border-radius:4px; background:var(--red-weak); color:var(--red) }
.mark { margin:-8px 0 24px; padding:4px 12px; border-radius:4px; background:var(--amber-weak); color:var(--amber); font-weight:600 }
.help { margin:0 0 16px; color:var(--ink2) }
section { margin-top:24px } ul { list-style:none; margin:8px 0 0; padding:0 } li { margin-top:4px }
li button { display:flex; justify-content:space-between; height:36px; line-height:36px; background:var(--weak); color:var(--ink); font-weight:400 }
li button:hover { background:var(--weak); text-decoration:underline } li span:last-child { color:var(--ink2) }
footer { margin-top:24px; text-align:right } a { color:var(--act) }
@media (max-width:440px) { main { padding:24px 16px 16px } }`;

function page(language: Language, title: string, content: string, head = ''): string {
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · ${WORDS[language].product}</title>
<style>${STYLE}</style>${head}
</head>
<body>
<main>
${content}
</main>
</body>
</html>`;
}

const heading = (language: Language): string =>
  `<header><h1>${WORDS[language].product}</h1><p>${WORDS[language].purpose}</p></header>`;

const otherLanguage = (language: Language): string => {
  const other = language === 'vi' ? 'en' : 'vi';
  return `<footer><a href="?lang=${other}" lang="${other}" hreflang="${other}">${WORDS[language].otherLanguage}</a></footer>`;
};

const fault = (text: string | undefined): string =>
  text === undefined ? '' : `<p class="fault" role="alert" id="fault">${escapeHtml(text)}</p>`;

const hidden = (fields: Record<string, string>): string =>
  Object.entries(fields)
    .map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`)
    .join('');

export interface SignInView {
  language: Language;
  /** Address that the form is sent to. */
  action: string;
  evaluation: boolean;
  user?: string;
  fault?: string;
}

/** The sign-in page; in evaluation mode with a button per sample account. */
export function signInPage({ language, action, evaluation, user = '', fault: text }: SignInView): string {
  const words = WORDS[language];
  const described = text === undefined ? '' : ' aria-describedby="fault" aria-invalid="true"';
  // A second try starts at the password: the name is there already.
  const [focusUser, focusPassword] = user === '' ? [' autofocus', ''] : ['', ' autofocus'];
  const samples = EVALUATION_ACCOUNTS.map(
    (account) =>
      `<li><form method="post" action="${escapeHtml(action)}">${hidden({
        lang: language,
        user: account.user,
        password: evaluationSecret(account.user),
      })}<button type="submit" data-account="${account.user}"><span>${escapeHtml(account.name[language])}</span><span>${account.user}</span></button></form></li>`,
  ).join('\n');
  return page(
    language,
    words.signIn,
    `${heading(language)}
${evaluation ? `<p class="mark">${words.demonstration}</p>` : ''}
${fault(text)}
<form method="post" action="${escapeHtml(action)}">
${hidden({ lang: language })}
<label for="user">${words.user}</label>
<input id="user" name="user" value="${escapeHtml(user)}" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="80"${focusUser}${described}>
<label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="200"${focusPassword}${described}>
<button type="submit">${words.signIn}</button>
</form>
${
  evaluation
    ? `<section aria-labelledby="samples"><h2 id="samples">${words.samples}</h2><p class="help">${words.samplesHelp}</p><ul>${samples}</ul></section>`
    : ''
}
${otherLanguage(language)}`,
  );
}

/** Asks for the second factor; `ticket` proves that the password was right. */
export function secondFactorPage(view: { language: Language; action: string; ticket: string; fault?: string }): string {
  const words = WORDS[view.language];
  return page(
    view.language,
    words.signIn,
    `${heading(view.language)}
${fault(view.fault)}
<form method="post" action="${escapeHtml(view.action)}">
${hidden({ lang: view.language, ticket: view.ticket })}
<label for="code">${words.code}</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,7}" required maxlength="7" autofocus aria-describedby="code-help">
<p class="help" id="code-help">${words.codeHelp}</p>
<button type="submit">${words.continue}</button>
</form>`,
  );
}

/** A sign-in that can no longer be finished. */
export function expiredPage(language: Language): string {
  const words = WORDS[language];
  return page(
    language,
    words.failed,
    `${heading(language)}${fault(words.expired)}<a class="button" href="/">${words.startAgain}</a>`,
  );
}

/** @param form the provider's form; it is sent by a script of this origin, or by the button where scripts are off */
export function signOutPage(language: Language, form: string): string {
  const words = WORDS[language];
  return page(
    language,
    words.signOut,
    `${heading(language)}<p>${words.signOutAsk}</p>${form}
<button type="submit" form="op.logoutForm" name="logout" value="yes" id="sign-out">${words.signOut}</button>
<button type="submit" form="op.logoutForm" class="quiet">${words.stay}</button>`,
    `<script src="${MOUNT}/assets/sign-out.js" defer></script>`,
  );
}

/** Script of the sign-out page: whoever pressed "sign out" in the application is not asked again. */
export const SIGN_OUT_SCRIPT = `document.getElementById('sign-out').click();\n`;

export function signedOutPage(language: Language): string {
  const words = WORDS[language];
  return page(
    language,
    words.signedOut,
    `${heading(language)}<p>${words.signedOut}</p><a class="button" href="/">${words.home}</a>`,
  );
}

/** @param error the protocol's name of the fault, for whoever is asked for help */
export function errorPage(language: Language, error: string): string {
  const words = WORDS[language];
  return page(
    language,
    words.failed,
    `${heading(language)}${fault(words.failedHelp)}<p class="help">${escapeHtml(error)}</p><a class="button" href="/">${words.home}</a>`,
  );
}
