import { type Permission, PERMISSION_MARK, type PermissionScope } from '@app/http';
import { SetMetadata } from '@nestjs/common';
import type { Role } from './roles.js';

const declared = new Map<string, Permission>();

/**
 * Declare beside a use case who may ask it: the verb, the roles that have it, and what limits its rows.
 * A route with neither this nor `@Public()` is not served.
 * @param permission `scope: 'unit'` = the caller's units and below; `'all'` = only callers whose scope is everything
 *   (`*`); `'none'` = no unit's data is touched
 * @throws RangeError (at load) when one verb is declared twice with other roles
 */
export function Permit(permission: {
  verb: string;
  roles: readonly Role[];
  scope: PermissionScope;
}): ClassDecorator & MethodDecorator {
  if (permission.roles.length === 0) throw new RangeError(`permission ${permission.verb} names no role`);
  const known = declared.get(permission.verb);
  if (known && [...known.roles].sort().join() !== [...permission.roles].sort().join()) {
    throw new RangeError(`permission ${permission.verb} is declared twice with different roles`);
  }
  declared.set(permission.verb, permission);
  return SetMetadata(PERMISSION_MARK, permission);
}

/** Every permission declared by the code loaded in this process, by verb. */
export function declaredPermissions(): Permission[] {
  return [...declared.values()].sort((a, b) => (a.verb < b.verb ? -1 : 1));
}

/** Verbs that somebody with these roles has, of the given permissions. */
export function verbsOf(
  roles: readonly string[],
  permissions: readonly Permission[] = declaredPermissions(),
): string[] {
  return permissions.filter((one) => one.roles.some((role) => roles.includes(role))).map((one) => one.verb);
}
