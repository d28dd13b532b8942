import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { CqrsModule } from '@nestjs/cqrs';
import type { TipKeyring } from '@app/security';
import { UnitTree } from '@app/security';
import { PublishedLaw, RecomputeLoop } from '@app/law-book';
import type { ServiceContext } from '@app/service';
import { INTAKE_CONTEXT, INTAKE_LAW, INTAKE_LAW_LOOP } from './context.js';
import { CrimeTipStreams } from './crime-tips/crime-tip-streams.js';
import { FindTipsEndpoint } from './crime-tips/read-models/find-tips.js';
import { TipDetails } from './crime-tips/read-models/tip-details.js';
import { tipListUnderLaw } from './crime-tips/read-models/tip-list.js';
import { TipHistoryEndpoint } from './crime-tips/read-models/tip-history.js';
import { ReceiveCrimeTipEndpoint, ReceiveCrimeTipHandler } from './crime-tips/use-cases/receive-crime-tip.js';
import { ClassifyCrimeTipEndpoint, ClassifyCrimeTipHandler } from './crime-tips/use-cases/classify-crime-tip.js';
import { TransferCrimeTipEndpoint, TransferCrimeTipHandler } from './crime-tips/use-cases/transfer-crime-tip.js';
import {
  AcknowledgeTransferEndpoint,
  AcknowledgeTransferHandler,
} from './crime-tips/use-cases/acknowledge-transfer.js';
import { AcceptCrimeTipEndpoint, AcceptCrimeTipHandler } from './crime-tips/use-cases/accept-crime-tip.js';
import { AssignCrimeTipEndpoint, AssignCrimeTipHandler } from './crime-tips/use-cases/assign-crime-tip.js';
import {
  ProlongVerificationEndpoint,
  ProlongVerificationHandler,
} from './crime-tips/use-cases/prolong-verification.js';
import { RequestExtensionEndpoint, RequestExtensionHandler } from './crime-tips/use-cases/request-extension.js';
import {
  SuspendVerificationEndpoint,
  SuspendVerificationHandler,
} from './crime-tips/use-cases/suspend-verification.js';
import { ResumeVerificationEndpoint, ResumeVerificationHandler } from './crime-tips/use-cases/resume-verification.js';
import {
  InitiateCriminalCaseEndpoint,
  InitiateCriminalCaseHandler,
} from './crime-tips/use-cases/initiate-criminal-case.js';
import { DeclineToInitiateEndpoint, DeclineToInitiateHandler } from './crime-tips/use-cases/decline-to-initiate.js';
import { SendNoticeEndpoint, SendNoticeHandler } from './crime-tips/use-cases/send-notice.js';
import { ImportRunner } from './imports/import-runner.js';
import { ImportsController } from './imports/imports.controller.js';
import { AccessLogEndpoint } from './informants/access-log.js';
import { InformantVault, TIP_KEYRING } from './informants/informant-vault.js';
import { RevealInformantEndpoint, RevealInformantHandler } from './informants/reveal-informant.js';
import { LookupsEndpoint } from './units/find-units.js';
import { INTAKE_UNIT_TREE, UnitRegister } from './units/unit-register.js';

/** The slices of intake: the list is its table of contents. Looking up comes before one tip so that paths do not clash. */
const ENDPOINTS = [
  ReceiveCrimeTipEndpoint,
  ClassifyCrimeTipEndpoint,
  TransferCrimeTipEndpoint,
  AcknowledgeTransferEndpoint,
  AcceptCrimeTipEndpoint,
  AssignCrimeTipEndpoint,
  ProlongVerificationEndpoint,
  RequestExtensionEndpoint,
  SuspendVerificationEndpoint,
  ResumeVerificationEndpoint,
  InitiateCriminalCaseEndpoint,
  DeclineToInitiateEndpoint,
  SendNoticeEndpoint,
  RevealInformantEndpoint,
  FindTipsEndpoint,
  TipHistoryEndpoint,
  AccessLogEndpoint,
  LookupsEndpoint,
  ImportsController,
];

const HANDLERS = [
  ReceiveCrimeTipHandler,
  ClassifyCrimeTipHandler,
  TransferCrimeTipHandler,
  AcknowledgeTransferHandler,
  AcceptCrimeTipHandler,
  AssignCrimeTipHandler,
  ProlongVerificationHandler,
  RequestExtensionHandler,
  SuspendVerificationHandler,
  ResumeVerificationHandler,
  InitiateCriminalCaseHandler,
  DeclineToInitiateHandler,
  SendNoticeHandler,
  RevealInformantHandler,
];

@Module({})
export class IntakeModule {
  static register(context: ServiceContext, keyring: TipKeyring): DynamicModule {
    return {
      module: IntakeModule,
      imports: [CqrsModule],
      controllers: ENDPOINTS,
      providers: [
        { provide: INTAKE_CONTEXT, useValue: context },
        { provide: TIP_KEYRING, useValue: keyring },
        { provide: INTAKE_UNIT_TREE, useFactory: () => new UnitTree(context.pool, context.schema) },
        { provide: INTAKE_LAW, useFactory: () => new PublishedLaw(context.schema) },
        {
          provide: INTAKE_LAW_LOOP,
          useFactory: (law: PublishedLaw) => new RecomputeLoop(context, law, [tipListUnderLaw(context.schema)]),
          inject: [INTAKE_LAW],
        },
        UnitRegister,
        InformantVault,
        TipDetails,
        CrimeTipStreams,
        ImportRunner,
        ...HANDLERS,
      ],
    };
  }
}
