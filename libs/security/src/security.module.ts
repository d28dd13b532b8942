import { type DynamicModule, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { PermissionGuard } from './permissions/permission-guard.js';
import { TokenVerifier, type TokenVerifierOptions } from './tokens/token-verifier.js';

/** Audience of this system's access tokens. */
export const API_AUDIENCE = 'urn:tinbao:api';

/** Sign-in and permission for every route of an application: load it once, at the root. */
@Module({})
export class SecurityModule {
  static forRoot(options: TokenVerifierOptions): DynamicModule {
    return {
      module: SecurityModule,
      global: true,
      providers: [
        { provide: TokenVerifier, useValue: new TokenVerifier(options) },
        { provide: APP_GUARD, useClass: PermissionGuard },
      ],
      exports: [TokenVerifier],
    };
  }
}
