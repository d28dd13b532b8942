import { CrimeTipReceived } from './crime-tip/crime-tip-received.js';
import { CrimeTipClassified } from './crime-tip/crime-tip-classified.js';
import { CrimeTipTransferred } from './crime-tip/crime-tip-transferred.js';
import { CrimeTipTransferAcknowledged } from './crime-tip/crime-tip-transfer-acknowledged.js';
import { CrimeTipAccepted } from './crime-tip/crime-tip-accepted.js';
import { CrimeTipAssigned } from './crime-tip/crime-tip-assigned.js';
import { VerificationProlonged } from './crime-tip/verification-prolonged.js';
import { ExtensionRequested } from './crime-tip/extension-requested.js';
import { VerificationExtended } from './crime-tip/verification-extended.js';
import { ExtensionRefusalReceived } from './crime-tip/extension-refusal-received.js';
import { VerificationSuspended } from './crime-tip/verification-suspended.js';
import { VerificationResumed } from './crime-tip/verification-resumed.js';
import { CriminalCaseInitiated } from './crime-tip/criminal-case-initiated.js';
import { InitiationDeclined } from './crime-tip/initiation-declined.js';
import { CrimeTipMerged } from './crime-tip/crime-tip-merged.js';
import { NoticeSent } from './crime-tip/notice-sent.js';
import { PrintedTermDiffered } from './crime-tip/printed-term-differed.js';
import { UnitRegistered } from './unit/unit-registered.js';
import { UnitChanged } from './unit/unit-changed.js';
import { CaseRowImported } from './register-row/case-row-imported.js';
import { ExtensionRequestReceived } from './extension-request/extension-request-received.js';
import { ExtensionGranted } from './extension-request/extension-granted.js';
import { ExtensionRefused } from './extension-request/extension-refused.js';
import { CriminalCaseOpened } from './criminal-case/criminal-case-opened.js';
import { CaseNumberAssigned } from './criminal-case/case-number-assigned.js';
import { InvestigationExtended } from './criminal-case/investigation-extended.js';
import { InvestigationSuspended } from './criminal-case/investigation-suspended.js';
import { InvestigationResumed } from './criminal-case/investigation-resumed.js';
import { InvestigationConcluded } from './criminal-case/investigation-concluded.js';
import { CaseFileReceived } from './criminal-case/case-file-received.js';
import { ProsecutionTermExtended } from './criminal-case/prosecution-term-extended.js';
import { ProsecutionDecided } from './criminal-case/prosecution-decided.js';
import { CourtReceivedCase } from './criminal-case/court-received-case.js';
import { CourtOutcomeRecorded } from './criminal-case/court-outcome-recorded.js';
import { AssetsRecorded } from './criminal-case/assets-recorded.js';
import { ObligationAlerted } from './obligation/obligation-alerted.js';
import { ObligationBreached } from './obligation/obligation-breached.js';
import { ObligationMoved } from './obligation/obligation-moved.js';
import { CalendarVersionPublished } from './law-version/calendar-version-published.js';
import { RuleVersionPublished } from './law-version/rule-version-published.js';
import { ObligationsRecomputed } from './law-version/obligations-recomputed.js';

/** The class of an event: its wire name, schema version and visibility, and the shape of its data. */
export interface EventClass {
  new (): object;
  readonly type: string;
  readonly version: number;
  /** public = relayed to the other services; private stays in its own log. */
  readonly visibility: 'public' | 'private';
}

/** Every event of the system, declared once, by the aggregate whose streams hold it. */
export const EVENT_CATALOGUE = {
  'crime-tip': [
    CrimeTipReceived,
    CrimeTipClassified,
    CrimeTipTransferred,
    CrimeTipTransferAcknowledged,
    CrimeTipAccepted,
    CrimeTipAssigned,
    VerificationProlonged,
    ExtensionRequested,
    VerificationExtended,
    ExtensionRefusalReceived,
    VerificationSuspended,
    VerificationResumed,
    CriminalCaseInitiated,
    InitiationDeclined,
    CrimeTipMerged,
    NoticeSent,
    PrintedTermDiffered,
  ],
  unit: [UnitRegistered, UnitChanged],
  'register-row': [CaseRowImported],
  'extension-request': [ExtensionRequestReceived, ExtensionGranted, ExtensionRefused],
  'criminal-case': [
    CriminalCaseOpened,
    CaseNumberAssigned,
    InvestigationExtended,
    InvestigationSuspended,
    InvestigationResumed,
    InvestigationConcluded,
    CaseFileReceived,
    ProsecutionTermExtended,
    ProsecutionDecided,
    CourtReceivedCase,
    CourtOutcomeRecorded,
    AssetsRecorded,
  ],
  obligation: [ObligationAlerted, ObligationBreached, ObligationMoved],
  'law-version': [CalendarVersionPublished, RuleVersionPublished, ObligationsRecomputed],
} as const satisfies Record<string, readonly EventClass[]>;

const byType = new Map<string, EventClass>(
  Object.values(EVENT_CATALOGUE)
    .flat()
    .map((event) => [event.type, event]),
);

/** The class declared for a wire name; undefined when no released version of the program knows it. */
export function eventClass(type: string): EventClass | undefined {
  return byType.get(type);
}

/** Whether an event of this type leaves its service. Unknown types do not. */
export function isPublicEvent(type: string): boolean {
  return byType.get(type)?.visibility === 'public';
}
