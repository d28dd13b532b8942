import type { ServiceContext } from '@app/service';

/** Injection token of the service's context. */
export const IDENTITY_CONTEXT = Symbol('identity context');

/** What identity uses of the host's context. */
export type IdentityContext = Pick<ServiceContext, 'pool' | 'clock' | 'settings'>;

/** Place of this system's issuer under its origin. */
export const MOUNT = '/oidc';

/** The `iss` of this system's tokens. */
export function issuerOf(publicUrl: string): string {
  return `${new URL(publicUrl).origin}${MOUNT}`;
}
