import { Unauthenticated, Unavailable } from '@app/http';
import { createRemoteJWKSet, decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';

/** An issuer whose tokens are accepted. */
export interface TrustedIssuer {
  /** The `iss` claim, exactly. */
  issuer: string;
  /** Where its public keys are; read when the first of its tokens arrives, then kept. */
  jwksUri: string;
}

export interface TokenVerifierOptions {
  issuers: readonly TrustedIssuer[];
  /** Required `aud`; not checked when absent. */
  audience?: string;
  clock: { now(): Date };
}

/** What a verified token says of its bearer. */
export interface Bearer {
  id: string;
  name: string;
  roles: string[];
  units: string[];
  /** The sign-in that the token came out of (`sid`); absent in machines' tokens and in some issuers'. */
  session?: string;
}

// Signatures only: a shared secret (HS…) would let any service mint tokens.
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'RS384', 'RS512', 'ES384', 'ES512'];
const CLOCK_TOLERANCE_SECONDS = 5;
const JWKS_TIMEOUT_MS = 5_000;
const JWKS_MAX_AGE_MS = 10 * 60_000;
const REMEMBERED_TOKENS = 5_000;

interface Remembered {
  bearer: Bearer;
  expiresAtMs: number;
}

const words = (claim: unknown): string[] => {
  const all = typeof claim === 'string' ? claim.split(/[\s,]+/) : Array.isArray(claim) ? claim : [];
  return all.filter((one): one is string => typeof one === 'string' && one !== '');
};

/** Claims to bearer. Keycloak keeps roles in `realm_access.roles` unless it is told otherwise, so that is read too. */
function bearerOf(claims: JWTPayload): Bearer {
  const realm = claims['realm_access'] as { roles?: unknown } | undefined;
  const id = claims.sub;
  if (typeof id !== 'string' || id === '') throw new Unauthenticated('TokenInvalid');
  const roles = words(claims['roles'] ?? realm?.roles);
  // A unit code is upper-case letters, digits and hyphens; anything else could not be a scope root.
  const units = words(claims['units']).filter((unit) => unit === '*' || /^[A-Z0-9-]{1,40}$/.test(unit));
  const name = typeof claims['name'] === 'string' ? claims['name'] : id;
  const session = claims['sid'];
  return { id, name, roles, units, ...(typeof session === 'string' ? { session } : {}) };
}

/** Verifies access tokens by the public keys of their issuer. */
export class TokenVerifier {
  private readonly keys = new Map<string, JWTVerifyGetKey>();
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly options: TokenVerifierOptions) {}

  /**
   * Verify one access token (a JWT).
   * @throws Unauthenticated when it is not acceptable, Unavailable when its issuer's keys cannot be read now
   */
  async verify(token: string): Promise<Bearer> {
    const now = this.options.clock.now();
    const known = this.remembered.get(token);
    if (known) {
      if (known.expiresAtMs > now.getTime()) return known.bearer;
      this.remembered.delete(token);
      throw new Unauthenticated('TokenExpired');
    }
    const claims = await this.verified(token, now);
    const bearer = bearerOf(claims);
    this.remember(token, { bearer, expiresAtMs: claims.exp! * 1000 });
    return bearer;
  }

  private async verified(token: string, now: Date): Promise<JWTPayload> {
    try {
      const { iss } = decodeJwt(token);
      const trusted = this.options.issuers.find(({ issuer }) => issuer === iss);
      if (!trusted) throw new Unauthenticated('TokenInvalid');
      const { payload } = await jwtVerify(token, this.keysOf(trusted), {
        issuer: trusted.issuer,
        algorithms: ALGORITHMS,
        currentDate: now,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp', 'sub'],
        ...(this.options.audience === undefined ? {} : { audience: this.options.audience }),
      });
      return payload;
    } catch (error) {
      if (error instanceof Unauthenticated) throw error;
      if (error instanceof errors.JWTExpired) throw new Unauthenticated('TokenExpired');
      const cannotReadKeys =
        error instanceof errors.JWKSTimeout ||
        error instanceof errors.JWKSInvalid ||
        !(error instanceof errors.JOSEError) ||
        error.code === 'ERR_JOSE_GENERIC';
      if (cannotReadKeys) throw new Unavailable('token issuer');
      throw new Unauthenticated('TokenInvalid');
    }
  }

  private keysOf({ issuer, jwksUri }: TrustedIssuer): JWTVerifyGetKey {
    let keys = this.keys.get(issuer);
    if (!keys) {
      keys = createRemoteJWKSet(new URL(jwksUri), { timeoutDuration: JWKS_TIMEOUT_MS, cacheMaxAge: JWKS_MAX_AGE_MS });
      this.keys.set(issuer, keys);
    }
    return keys;
  }

  /** A signature once verified stays so: only the expiry is looked at again. The oldest are forgotten first. */
  private remember(token: string, entry: Remembered): void {
    if (this.remembered.size >= REMEMBERED_TOKENS) {
      const oldest = this.remembered.keys().next();
      if (!oldest.done) this.remembered.delete(oldest.value);
    }
    this.remembered.set(token, entry);
  }
}
