import type { Permission } from '@app/http';
import { declaredPermissions } from './permit.js';

/**
 * Permissions declared by other processes' code, as generated from the declarations of all services
 * (`registerCatalogue`). In one process nothing is needed: everything is declared here.
 */
let elsewhere: readonly Permission[] = [];

/** Tell this process of the permissions that services running elsewhere declare. */
export function registerCatalogue(permissions: readonly Permission[]): void {
  elsewhere = permissions;
}

/** Every permission known to this process: declared in it, and registered from elsewhere. */
export function knownPermissions(): Permission[] {
  const byVerb = new Map(elsewhere.map((one) => [one.verb, one]));
  for (const one of declaredPermissions()) byVerb.set(one.verb, one);
  return [...byVerb.values()].sort((a, b) => (a.verb < b.verb ? -1 : 1));
}
