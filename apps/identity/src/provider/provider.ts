import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { API_AUDIENCE } from '@app/security';
import { Logger } from '@nestjs/common';
import type { JWK } from 'jose';
import { type Grant, type OidcContext, Provider, type Token } from 'oidc-provider';
import { type Account, type Accounts } from '../accounts/accounts.js';
import { issuerOf, MOUNT } from '../context.js';
import { errorPage, signedOutPage, signOutPage } from '../sign-in/pages.js';
import { isLanguage, type Language } from '../sign-in/words.js';
import { webOrigins } from './origins.js';

/** Client id of the web application. */
export const WEB_CLIENT = 'tinbao-web';

const PERSON_TOKEN_SECONDS = 15 * 60;
const MACHINE_TOKEN_SECONDS = 60 * 60;
/** One working day: nobody signs in twice in a shift, nobody stays signed in overnight. */
const SESSION_SECONDS = 12 * 60 * 60;
const INTERACTION_SECONDS = 60 * 60;
const CODE_SECONDS = 60;
const REMEMBERED_SECRETS = 200;

export interface IssuerParts {
  publicUrl: string;
  masterKey: Buffer;
  keys: JWK[];
  people: Accounts;
  machines: Accounts;
  adapter: (model: string) => object;
}

/** A key for one purpose, derived from the master key. */
export function derivedKey(masterKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), `tinbao.${purpose}`, 32));
}

const rightsOf = ({ name, roles, units }: Account): Record<string, unknown> => ({ name, roles, units });

/** Language of a page that the provider itself asks for. */
export function languageOf(context: { get(header: string): string }, asked: unknown): Language {
  const wish = String(asked ?? '')
    .split(' ')[0]
    ?.slice(0, 2);
  if (isLanguage(wish)) return wish;
  return /^\s*en\b/i.test(context.get('accept-language')) ? 'en' : 'vi';
}

/** First-party: what the web asks for is granted without a question. */
async function grantFor(ctx: OidcContext): Promise<Grant | undefined> {
  const { client, session, result, provider, requestParamOIDCScopes } = ctx.oidc;
  const known = result?.consent?.grantId ?? session.grantIdFor(client.clientId);
  const existing = known === undefined ? undefined : await provider.Grant.find(known);
  if (existing) return existing;
  if (client.clientId !== WEB_CLIENT || session.accountId === undefined) return undefined;
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope([...requestParamOIDCScopes].join(' '));
  await grant.save();
  return grant;
}

/**
 * Secrets of machine clients, as argon2id hashes. A right secret is remembered by a keyed digest, so that a machine
 * which asks for a token every minute does not cost 20 ms of a core each time.
 */
function secretComparer(machines: Accounts, key: Buffer): (clientId: string, secret: string) => Promise<boolean> {
  const remembered = new Map<string, { hash: string; digest: Buffer }>();
  return async (clientId, secret) => {
    const hash = await machines.secretHash(clientId);
    const digest = createHmac('sha256', key).update(secret).digest();
    const known = remembered.get(clientId);
    if (known && known.hash === hash && timingSafeEqual(known.digest, digest)) return true;
    if (!(await machines.hasSecret(clientId, secret)) || hash === undefined) return false;
    if (remembered.size >= REMEMBERED_SECRETS) remembered.clear();
    remembered.set(clientId, { hash, digest });
    return true;
  };
}

/** The OpenID Connect issuer of this system. */
export function createProvider({ publicUrl, masterKey, keys, people, machines, adapter }: IssuerParts): Provider {
  const origins = webOrigins(publicUrl);
  const log = new Logger('identity');

  const provider = new Provider(issuerOf(publicUrl), {
    adapter,
    jwks: { keys },
    clients: [
      {
        client_id: WEB_CLIENT,
        client_name: 'Tin Báo',
        application_type: 'web',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        redirect_uris: origins.map((origin) => `${origin}/auth/callback`),
        post_logout_redirect_uris: origins.flatMap((origin) => [origin, `${origin}/`, `${origin}/sign-in`]),
      },
    ],
    cookies: {
      names: { session: 'tinbao_session', interaction: 'tinbao_interaction', resume: 'tinbao_resume' },
      keys: [derivedKey(masterKey, 'identity.cookies').toString('base64url')],
      long: { httpOnly: true, sameSite: 'lax', path: MOUNT, signed: true },
      short: { httpOnly: true, sameSite: 'lax', signed: true },
    },
    claims: { openid: ['sub'], profile: ['name', 'roles', 'units'] },
    // The web has no use for a second request that tells it who signed in.
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'offline_access'],
    responseTypes: ['code'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_ctx: OidcContext, origin: string) => origins.includes(origin),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: (_ctx: OidcContext, client: { clientId: string }, token: Token) =>
          token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx: OidcContext, form: string) => {
          ctx.body = signOutPage(languageOf(ctx, ctx.oidc.params['ui_locales']), form);
        },
        postLogoutSuccessSource: (ctx: OidcContext) => {
          ctx.type = 'html';
          ctx.body = signedOutPage(languageOf(ctx, undefined));
        },
      },
      resourceIndicators: {
        enabled: true,
        // One interface: every token is for it, whether it was named or not.
        defaultResource: () => API_AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx: OidcContext, _resource: string) => ({
          scope: '',
          audience: API_AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    findAccount: async (_ctx: OidcContext, sub: string) => {
      const account = await people.find(sub);
      return account && { accountId: account.id, claims: () => ({ sub: account.id, ...rightsOf(account) }) };
    },
    extraTokenClaims: async (_ctx: OidcContext, token: Token) => {
      const account =
        token.accountId === undefined ? await machines.find(token.clientId ?? '') : await people.find(token.accountId);
      if (!account) return undefined;
      // What ends when the person signs out: whoever keeps something open by the token asks whether it still stands.
      return { ...rightsOf(account), ...(token.grantId === undefined ? {} : { sid: token.grantId }) };
    },
    interactions: { url: (_ctx: OidcContext, { uid }: { uid: string }) => `${MOUNT}/interaction/${uid}` },
    loadExistingGrant: grantFor,
    // The web keeps its refresh token for a tab and rotates it; it ends with the session, so signing out ends it.
    issueRefreshToken: (_ctx: OidcContext, client: { clientId: string }) => client.clientId === WEB_CLIENT,
    expiresWithSession: () => true,
    rotateRefreshToken: true,
    pkce: { required: () => true },
    ttl: {
      AccessToken: PERSON_TOKEN_SECONDS,
      ClientCredentials: MACHINE_TOKEN_SECONDS,
      AuthorizationCode: CODE_SECONDS,
      IdToken: MACHINE_TOKEN_SECONDS,
      Interaction: INTERACTION_SECONDS,
      Session: SESSION_SECONDS,
      Grant: SESSION_SECONDS,
      RefreshToken: SESSION_SECONDS,
    },
    renderError: (ctx: OidcContext, { error }: { error: string }) => {
      ctx.type = 'html';
      ctx.body = errorPage(languageOf(ctx, undefined), error);
    },
  });

  // Host and scheme of each request are set by the mount, which knows the origins that are ours.
  provider.proxy = true;
  const isRight = secretComparer(machines, derivedKey(masterKey, 'identity.client-secrets'));
  provider.Client.prototype.compareClientSecret = function compareClientSecret(actual: string) {
    return isRight(this.clientId, actual);
  };
  const report =
    (event: string) =>
    (...values: unknown[]) => {
      const error = values.find((value) => value instanceof Error) as (Error & { error?: string }) | undefined;
      log.error(
        `${event}: ${error?.name ?? 'unknown'} ${error?.error ?? ''}`,
        error?.stack?.split('\n').slice(1).join('\n'),
      );
    };
  provider.on('server_error', report('issuer broken'));
  provider.on('error', report('issuer failed'));
  return provider;
}
