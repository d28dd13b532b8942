import type { ServiceDefinition } from '@app/service';
import { IdentityModule } from './identity.module.js';
import { identityMigrations } from './migrations/identity-migrations.js';

/** Identity as the host runs it: no events of its own, its routes under `/oidc` and `/api`. */
export const identityService: ServiceDefinition = {
  name: 'identity',
  schema: 'identity',
  hasLog: false,
  migrations: identityMigrations,
  module: (context) => IdentityModule.forContext(context),
  consumers: () => [],
};
