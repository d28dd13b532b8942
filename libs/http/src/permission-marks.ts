import { SetMetadata } from '@nestjs/common';

/** Metadata key of a route's permission; read by the guard of `@app/security` and by the route listing. */
export const PERMISSION_MARK = 'tinbao:permission';

/**
 * What limits the rows of a use case: the caller's units, nothing (only for callers whose scope is everything),
 * or no unit at all because no unit's data is touched.
 */
export type PermissionScope = 'unit' | 'all' | 'none';

/** A permission as declared beside a use case. */
export interface Permission {
  /** `<noun>.<verb>`, for example `tip.receive`. */
  verb: string;
  /** Roles that have the right. */
  roles: readonly string[];
  scope: PermissionScope;
}

export type PermissionMark = Permission | 'public';

/** A route without sign-in: health, discovery, the sign-in itself. */
export const Public = (): ClassDecorator & MethodDecorator =>
  SetMetadata(PERMISSION_MARK, 'public' satisfies PermissionMark);
