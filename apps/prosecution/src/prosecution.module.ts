import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import { PublishedLaw, RecomputeLoop } from '@app/law-book';
import { UnitTree } from '@app/security';
import type { ServiceContext } from '@app/service';
import { PROSECUTION_CONTEXT, PROSECUTION_LAW, PROSECUTION_LAW_LOOP, PROSECUTION_UNIT_TREE } from './context.js';
import { CriminalCaseStreams } from './criminal-cases/criminal-case-streams.js';
import { caseListUnderLaw } from './criminal-cases/read-models/case-list.js';
import { CriminalCases, FindCasesEndpoint } from './criminal-cases/read-models/find-cases.js';
import {
  ConcludeInvestigationEndpoint,
  ConcludeInvestigationHandler,
} from './criminal-cases/use-cases/conclude-investigation.js';
import { DecideProsecutionEndpoint, DecideProsecutionHandler } from './criminal-cases/use-cases/decide-prosecution.js';
import {
  ExtendProsecutionTermEndpoint,
  ExtendProsecutionTermHandler,
} from './criminal-cases/use-cases/extend-prosecution-term.js';
import { OpenCriminalCaseEndpoint, OpenCriminalCaseHandler } from './criminal-cases/use-cases/open-criminal-case.js';
import { ReceiveCaseFileEndpoint, ReceiveCaseFileHandler } from './criminal-cases/use-cases/receive-case-file.js';
import { ExtensionRequestStreams } from './extension-requests/extension-request-streams.js';
import {
  ExtensionRequests,
  FindExtensionRequestsEndpoint,
} from './extension-requests/read-models/find-extension-requests.js';
import { GrantExtensionEndpoint, GrantExtensionHandler } from './extension-requests/use-cases/grant-extension.js';
import { RefuseExtensionEndpoint, RefuseExtensionHandler } from './extension-requests/use-cases/refuse-extension.js';

/** The slices of prosecution: the list is its table of contents. */
const ENDPOINTS = [
  GrantExtensionEndpoint,
  RefuseExtensionEndpoint,
  FindExtensionRequestsEndpoint,
  OpenCriminalCaseEndpoint,
  ConcludeInvestigationEndpoint,
  ReceiveCaseFileEndpoint,
  ExtendProsecutionTermEndpoint,
  DecideProsecutionEndpoint,
  FindCasesEndpoint,
];

const HANDLERS = [
  GrantExtensionHandler,
  RefuseExtensionHandler,
  OpenCriminalCaseHandler,
  ConcludeInvestigationHandler,
  ReceiveCaseFileHandler,
  ExtendProsecutionTermHandler,
  DecideProsecutionHandler,
];

@Module({})
export class ProsecutionModule {
  static register(context: ServiceContext): DynamicModule {
    return {
      module: ProsecutionModule,
      imports: [CqrsModule],
      controllers: ENDPOINTS,
      providers: [
        { provide: PROSECUTION_CONTEXT, useValue: context },
        { provide: PROSECUTION_UNIT_TREE, useFactory: () => new UnitTree(context.pool, context.schema) },
        { provide: PROSECUTION_LAW, useFactory: () => new PublishedLaw(context.schema) },
        {
          provide: PROSECUTION_LAW_LOOP,
          useFactory: (law: PublishedLaw) => new RecomputeLoop(context, law, [caseListUnderLaw(context.schema)]),
          inject: [PROSECUTION_LAW],
        },
        ExtensionRequests,
        ExtensionRequestStreams,
        CriminalCases,
        CriminalCaseStreams,
        ...HANDLERS,
      ],
    };
  }
}
