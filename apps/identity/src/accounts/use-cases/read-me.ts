import { CurrentCaller } from '@app/http';
import { type Caller, knownPermissions, Permit, ROLES, verbsOf } from '@app/security';
import { Controller, Get, Inject, Post } from '@nestjs/common';
import { IDENTITY_CONTEXT, type IdentityContext, MOUNT } from '../../context.js';

/** Who the caller is and what they may do. */
export interface MeAnswer {
  id: string;
  name: string;
  roles: string[];
  /** Scope roots. */
  units: string[];
  /** Verbs, as declared beside the use cases. */
  permissions: string[];
  /** Whether this is the evaluation mode, which every screen marks. */
  evaluation: boolean;
}

const SELF = { verb: 'self.read', roles: ROLES, scope: 'none' } as const;

@Controller()
export class ReadMeEndpoint {
  constructor(@Inject(IDENTITY_CONTEXT) private readonly context: IdentityContext) {}

  @Permit(SELF)
  @Get('api/me')
  me(@CurrentCaller() { id, name, roles, units }: Caller): MeAnswer {
    const permissions = verbsOf(roles, knownPermissions());
    return { id, name, roles, units, permissions, evaluation: this.context.settings.evaluation };
  }

  /**
   * The claims of OpenID Connect's UserInfo. Answered here because access tokens are JWTs for the interface, which the
   * provider does not keep and so cannot look up.
   */
  @Permit(SELF)
  @Get(`${MOUNT}/me`)
  userInfo(@CurrentCaller() { id, name, roles, units }: Caller): Record<string, unknown> {
    return { sub: id, name, roles, units };
  }

  @Permit(SELF)
  @Post(`${MOUNT}/me`)
  userInfoByPost(@CurrentCaller() caller: Caller): Record<string, unknown> {
    return this.userInfo(caller);
  }
}
