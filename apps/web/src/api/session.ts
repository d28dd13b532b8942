import { now, observeServerDate } from '../ui/clock';
import { sha256 } from './sha256';

/**
 * Sign-in by OpenID Connect: authorization code with PKCE against the issuer of this origin, a short access token kept in memory only,
 * and a rotating refresh token kept for this tab. Signing out ends the session at the issuer too.
 */
const CLIENT_ID = 'tinbao-web';
const SCOPE = 'openid profile offline_access';
const ISSUER = '/oidc';
const REFRESH_KEY = 'tinbao.refresh';
const PENDING_KEY = 'tinbao.signing-in';
/** Set while somebody is signed in on this device, so that a new tab signs in without asking. */
const KNOWN_KEY = 'tinbao.known';
const ID_TOKEN_KEY = 'tinbao.id-token';
/** A token is renewed this long before it ends. */
const RENEW_BEFORE_MS = 30_000;

interface Endpoints {
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
}
interface TokenAnswer {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
  id_token?: string;
}
interface Pending {
  state: string;
  verifier: string;
  returnTo: string;
  /** A session of this tab had ended: said to the person if the silent attempt fails. */
  hadEnded: boolean;
}

let access: { token: string; endsAt: number } | null = null;
let renewing: Promise<string | null> | null = null;
let endpoints: Promise<Endpoints> | null = null;
let lost = false;
const lostListeners = new Set<() => void>();

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
const random = (bytes: number): string => base64Url(crypto.getRandomValues(new Uint8Array(bytes)));

async function challengeOf(verifier: string): Promise<string> {
  const bytes = new TextEncoder().encode(verifier);
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  return base64Url(subtle === undefined ? sha256(bytes) : new Uint8Array(await subtle.digest('SHA-256', bytes)));
}

/** The issuer may name another host than the one this page came by; only the path counts, so that no request leaves the origin. */
const onOrigin = (address: string): string => {
  const parsed = new URL(address, location.origin);
  return parsed.pathname + parsed.search;
};

function discover(): Promise<Endpoints> {
  endpoints ??= fetch(`${ISSUER}/.well-known/openid-configuration`)
    .then(async (response) => {
      if (!response.ok) throw new Error(`OpenID configuration: ${response.status}`);
      observeServerDate(response.headers.get('date'));
      const found = (await response.json()) as Endpoints;
      return {
        authorization_endpoint: onOrigin(found.authorization_endpoint),
        token_endpoint: onOrigin(found.token_endpoint),
        ...(found.end_session_endpoint === undefined
          ? {}
          : { end_session_endpoint: onOrigin(found.end_session_endpoint) }),
      };
    })
    .catch((error: unknown) => {
      endpoints = null;
      throw error;
    });
  return endpoints;
}

function keep(answer: TokenAnswer): string {
  lost = false;
  access = { token: answer.access_token, endsAt: now() + answer.expires_in * 1000 };
  if (answer.refresh_token !== undefined) sessionStorage.setItem(REFRESH_KEY, answer.refresh_token);
  if (answer.id_token !== undefined) sessionStorage.setItem(ID_TOKEN_KEY, answer.id_token);
  localStorage.setItem(KNOWN_KEY, '1');
  return answer.access_token;
}

async function askToken(form: Record<string, string>): Promise<Response> {
  const { token_endpoint } = await discover();
  const response = await fetch(token_endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ client_id: CLIENT_ID, ...form }),
  });
  observeServerDate(response.headers.get('date'));
  return response;
}

/**
 * Leaves the page for the issuer. `silent` asks it to answer at once if the person is signed in there already, without showing anything.
 * @param returnTo path of this application to come back to
 */
export async function beginSignIn(returnTo: string, { silent = false, hadEnded = false } = {}): Promise<void> {
  const { authorization_endpoint } = await discover();
  const pending: Pending = { state: random(16), verifier: random(32), returnTo, hadEnded };
  sessionStorage.setItem(PENDING_KEY, JSON.stringify(pending));
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    response_type: 'code',
    redirect_uri: `${location.origin}/auth/callback`,
    scope: SCOPE,
    state: pending.state,
    code_challenge: await challengeOf(pending.verifier),
    code_challenge_method: 'S256',
    ui_locales: document.documentElement.lang,
    prompt: silent ? 'none' : 'consent',
  });
  location.assign(`${authorization_endpoint}?${query}`);
}

/**
 * Finishes the sign-in with the issuer's answer in the address.
 * @returns the path to go to: the one asked for, or the sign-in page when nobody is signed in at the issuer
 * @throws Error when the answer is not the one asked for
 */
export async function finishSignIn(query: URLSearchParams): Promise<string> {
  const stored = sessionStorage.getItem(PENDING_KEY);
  if (stored === null) throw new Error('No sign-in was begun in this tab');
  const pending = JSON.parse(stored) as Pending;
  if (query.get('state') !== pending.state) throw new Error('The answer belongs to another sign-in');
  sessionStorage.removeItem(PENDING_KEY);
  const refused = query.get('error');
  if (refused !== null) {
    localStorage.removeItem(KNOWN_KEY);
    if (['login_required', 'interaction_required', 'consent_required'].includes(refused)) {
      return `/sign-in?${new URLSearchParams({ to: pending.returnTo, ...(pending.hadEnded ? { ended: '1' } : {}) })}`;
    }
    throw new Error(query.get('error_description') ?? refused);
  }
  const response = await askToken({
    grant_type: 'authorization_code',
    code: query.get('code') ?? '',
    redirect_uri: `${location.origin}/auth/callback`,
    code_verifier: pending.verifier,
  });
  if (!response.ok) throw new Error(`The issuer refused the code (${response.status})`);
  keep((await response.json()) as TokenAnswer);
  return pending.returnTo;
}

/** True when a token is at hand or can be renewed in this tab. */
export const hasSession = (): boolean => access !== null || sessionStorage.getItem(REFRESH_KEY) !== null;

/** True when somebody signed in on this device and has not signed out: a new tab may sign in silently. */
export const isKnownDevice = (): boolean => localStorage.getItem(KNOWN_KEY) !== null;

/** A valid access token, renewed when needed; null when the session has ended. Network faults are thrown. */
export async function accessToken(refreshNow = false): Promise<string | null> {
  if (!refreshNow && access !== null && access.endsAt - RENEW_BEFORE_MS > now()) return access.token;
  renewing ??= renew().finally(() => (renewing = null));
  return renewing;
}

async function renew(): Promise<string | null> {
  const refresh = sessionStorage.getItem(REFRESH_KEY);
  if (refresh === null) {
    // A session without refresh token lives as long as its access token.
    if (access !== null && access.endsAt > now()) return access.token;
    lose();
    return null;
  }
  const response = await askToken({ grant_type: 'refresh_token', refresh_token: refresh });
  if (response.ok) return keep((await response.json()) as TokenAnswer);
  if (response.status >= 500) throw new TypeError(`The issuer does not answer (${response.status})`);
  lose();
  return null;
}

function lose(): void {
  lost = true;
  access = null;
  sessionStorage.removeItem(REFRESH_KEY);
  for (const listener of lostListeners) listener();
}

/** True when this tab's session has ended and nobody has signed in since. */
export const hasLostSession = (): boolean => lost;

/** Calls back when the session has ended and could not be renewed. */
export function onSessionLost(listener: () => void): () => void {
  lostListeners.add(listener);
  return () => lostListeners.delete(listener);
}

/** Forgets the tokens here and ends the session at the issuer. */
export async function signOut(): Promise<void> {
  const idToken = sessionStorage.getItem(ID_TOKEN_KEY);
  access = null;
  sessionStorage.removeItem(REFRESH_KEY);
  sessionStorage.removeItem(ID_TOKEN_KEY);
  localStorage.removeItem(KNOWN_KEY);
  const { end_session_endpoint } = await discover().catch(() => ({ end_session_endpoint: undefined }));
  if (end_session_endpoint === undefined) {
    location.assign('/sign-in');
    return;
  }
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    post_logout_redirect_uri: `${location.origin}/sign-in`,
    ...(idToken === null ? {} : { id_token_hint: idToken }),
  });
  location.assign(`${end_session_endpoint}?${query}`);
}
