import { eventStoreMigrations } from '@app/event-store';
import { lawMigrations, publishedLawConsumer } from '@app/law-book';
import type { PublishedLaw, RecomputeLoop } from '@app/law-book';
import { messagingMigrations } from '@app/messaging';
import {
  securityMigrations,
  TipKeyring,
  unitTreeConsumer,
  unitTreeMigrations,
  VAULT_SCHEMA,
  vaultMigrations,
} from '@app/security';
import type { ServiceDefinition } from '@app/service';
import { INTAKE_LAW, INTAKE_LAW_LOOP } from './context.js';
import { TIP_LIST, tipListConsumer } from './crime-tips/read-models/tip-list.js';
import { extendVerificationWhenExtensionGranted } from './crime-tips/reactions/extend-verification-when-extension-granted.js';
import { importMigrations } from './imports/import-migrations.js';
import { IntakeModule } from './intake.module.js';
import { intakeMigrations } from './migrations/intake-migrations.js';

/** Intake: tips from receipt to outcome, informants, units, imports. */
export const intakeService: ServiceDefinition = {
  name: 'intake',
  schema: 'intake',
  hasLog: true,
  migrations: () => [
    ...securityMigrations('intake'),
    ...eventStoreMigrations('intake'),
    ...messagingMigrations('intake'),
    ...unitTreeMigrations('intake'),
    ...intakeMigrations('intake'),
    ...importMigrations('intake'),
    ...lawMigrations('intake'),
  ],
  ownSchemas: () => [{ schema: VAULT_SCHEMA, migrations: vaultMigrations() }],
  // Another key than the one that sealed the vault would make new tips unreadable to the old key's holders.
  prepare: (context) => new TipKeyring(context.settings.masterKey).checkMasterKey(context.pool),
  module: (context) => IntakeModule.register(context, new TipKeyring(context.settings.masterKey)),
  consumers: (context, get) => {
    const law = get<PublishedLaw>(INTAKE_LAW);
    const loop = get<RecomputeLoop>(INTAKE_LAW_LOOP);
    return [
      publishedLawConsumer('intake', [TIP_LIST], () => loop.wake()),
      unitTreeConsumer('intake'),
      tipListConsumer('intake', law),
      extendVerificationWhenExtensionGranted(context, law),
    ];
  },
};
