import { type Caller, Forbidden, type Permission, PERMISSION_MARK, type PermissionMark, requestOf } from '@app/http';
import { Unauthenticated } from '@app/http';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Bearer, TokenVerifier } from '../tokens/token-verifier.js';
import { isRole, ROLE_NAMES } from './roles.js';

/** A route was reached that declares no permission: a fault of the program, answered with 500. */
export class PermissionNotDeclared extends Error {
  readonly code = 'PermissionNotDeclared';
  constructor(route: string) {
    super(`${route} declares neither @Permit nor @Public`);
    this.name = 'PermissionNotDeclared';
  }
}

/** The caller under a permission. @throws Forbidden with who has the right */
export function callerUnder(permission: Permission, bearer: Bearer): Caller {
  const { verb, roles } = permission;
  const role = roles.find((one) => bearer.roles.includes(one));
  if (role === undefined) {
    const names = roles.filter(isRole).map((one) => ROLE_NAMES[one]);
    throw new Forbidden(
      'RoleLacksPermission',
      {
        vi: `Việc này dành cho: ${names.map(({ vi }) => vi).join(', ')}.`,
        en: `This is for: ${names.map(({ en }) => en).join(', ')}.`,
      },
      { verb, rightHolders: [...roles] },
    );
  }
  if (permission.scope === 'all' && !bearer.units.includes('*')) {
    throw new Forbidden(
      'ScopeTooNarrow',
      {
        vi: 'Việc này cần phạm vi toàn hệ thống.',
        en: 'This needs a scope of the whole system.',
      },
      { verb, rightHolders: [...roles], units: bearer.units },
    );
  }
  const unit = bearer.units[0];
  if (permission.scope === 'unit' && unit === undefined) {
    throw new Forbidden(
      'ScopeEmpty',
      { vi: 'Tài khoản chưa được gán đơn vị nào.', en: 'The account has no unit.' },
      { verb, rightHolders: [...roles] },
    );
  }
  return { ...bearer, role, unit: unit ?? '' };
}

/** Global guard: no declaration, no service; a declared permission needs a verified token with a fitting role. */
@Injectable()
export class PermissionGuard implements CanActivate {
  /** What each class's handlers declare, found out once. */
  private readonly marks = new WeakMap<object, Map<unknown, PermissionMark>>();

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(TokenVerifier) private readonly tokens: TokenVerifier,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const mark = this.markOf(context);
    if (mark === undefined) {
      throw new PermissionNotDeclared(`${context.getClass().name}.${context.getHandler().name}`);
    }
    if (mark === 'public') return true;
    const request = requestOf(context);
    const token = /^Bearer +([^\s]+) *$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) throw new Unauthenticated('TokenMissing');
    request.caller = callerUnder(mark, await this.tokens.verify(token));
    return true;
  }

  private markOf(context: ExecutionContext): PermissionMark | undefined {
    const [handler, type] = [context.getHandler(), context.getClass()];
    let known = this.marks.get(type);
    if (!known) this.marks.set(type, (known = new Map()));
    const mark =
      known.get(handler) ??
      this.reflector.getAllAndOverride<PermissionMark | undefined>(PERMISSION_MARK, [handler, type]);
    if (mark !== undefined) known.set(handler, mark);
    return mark;
  }
}
