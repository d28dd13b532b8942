import { eventStoreMigrations } from '@app/event-store';
import { messagingMigrations } from '@app/messaging';
import { securityMigrations, unitTreeConsumer, unitTreeMigrations } from '@app/security';
import type { ServiceDefinition } from '@app/service';
import { caseListConsumer } from './criminal-cases/read-models/case-list.js';
import { openCaseWhenProsecutionInitiated } from './criminal-cases/reactions/open-case-when-prosecution-initiated.js';
import { takeCaseWhenRowImported } from './criminal-cases/reactions/take-case-when-row-imported.js';
import { extensionRequestListConsumer } from './extension-requests/read-models/extension-request-list.js';
import { receiveExtensionRequestWhenRequested } from './extension-requests/reactions/receive-extension-request-when-requested.js';
import { prosecutionMigrations } from './migrations/prosecution-migrations.js';
import { ProsecutionModule } from './prosecution.module.js';

/** Prosecution: extension requests, cases and the procuracy's decisions. */
export const prosecutionService: ServiceDefinition = {
  name: 'prosecution',
  schema: 'prosecution',
  hasLog: true,
  migrations: () => [
    ...securityMigrations('prosecution'),
    ...eventStoreMigrations('prosecution'),
    ...messagingMigrations('prosecution'),
    ...unitTreeMigrations('prosecution'),
    ...prosecutionMigrations('prosecution'),
  ],
  module: (context) => ProsecutionModule.register(context),
  consumers: (context) => [
    unitTreeConsumer('prosecution'),
    caseListConsumer('prosecution'),
    extensionRequestListConsumer('prosecution'),
    openCaseWhenProsecutionInitiated(context),
    takeCaseWhenRowImported(context),
    receiveExtensionRequestWhenRequested(context),
  ],
};
