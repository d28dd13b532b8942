import { eventStoreMigrations } from '@app/event-store';
import { lawMigrations, publishedLawConsumer } from '@app/law-book';
import type { PublishedLaw, RecomputeLoop } from '@app/law-book';
import { messagingMigrations } from '@app/messaging';
import { securityMigrations, unitTreeConsumer, unitTreeMigrations } from '@app/security';
import type { ServiceDefinition } from '@app/service';
import { PROSECUTION_LAW, PROSECUTION_LAW_LOOP } from './context.js';
import { CASE_LIST, caseListConsumer } from './criminal-cases/read-models/case-list.js';
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
    ...lawMigrations('prosecution'),
  ],
  module: (context) => ProsecutionModule.register(context),
  consumers: (context, get) => {
    const law = get<PublishedLaw>(PROSECUTION_LAW);
    const loop = get<RecomputeLoop>(PROSECUTION_LAW_LOOP);
    return [
      publishedLawConsumer('prosecution', [CASE_LIST], () => loop.wake()),
      unitTreeConsumer('prosecution'),
      caseListConsumer('prosecution', law),
      extensionRequestListConsumer('prosecution'),
      openCaseWhenProsecutionInitiated(context),
      takeCaseWhenRowImported(context, law),
      receiveExtensionRequestWhenRequested(context),
    ];
  },
};
