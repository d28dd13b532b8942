import type {
  CrimeTipAccepted,
  CrimeTipAssigned,
  CrimeTipClassified,
  CrimeTipReceived,
  CrimeTipTransferAcknowledged,
  CrimeTipTransferred,
  CriminalCaseInitiated,
  ExtensionRefusalReceived,
  ExtensionRequested,
  InitiationDeclined,
  NoticeSent,
  PrintedTermDiffered,
  TipStatus,
  VerificationExtended,
  VerificationProlonged,
  VerificationResumed,
  VerificationSuspended,
} from '@app/contracts';

/** Every event of a tip's stream, by its wire name. */
export type CrimeTipEvent =
  | { type: 'CrimeTipReceived'; data: CrimeTipReceived }
  | { type: 'CrimeTipClassified'; data: CrimeTipClassified }
  | { type: 'CrimeTipTransferred'; data: CrimeTipTransferred }
  | { type: 'CrimeTipTransferAcknowledged'; data: CrimeTipTransferAcknowledged }
  | { type: 'CrimeTipAccepted'; data: CrimeTipAccepted }
  | { type: 'CrimeTipAssigned'; data: CrimeTipAssigned }
  | { type: 'VerificationProlonged'; data: VerificationProlonged }
  | { type: 'ExtensionRequested'; data: ExtensionRequested }
  | { type: 'VerificationExtended'; data: VerificationExtended }
  | { type: 'ExtensionRefusalReceived'; data: ExtensionRefusalReceived }
  | { type: 'VerificationSuspended'; data: VerificationSuspended }
  | { type: 'VerificationResumed'; data: VerificationResumed }
  | { type: 'CriminalCaseInitiated'; data: CriminalCaseInitiated }
  | { type: 'InitiationDeclined'; data: InitiationDeclined }
  | { type: 'NoticeSent'; data: NoticeSent }
  | { type: 'PrintedTermDiffered'; data: PrintedTermDiffered };

/** A tip (nguồn tin về tội phạm) as far as decisions ask about it. */
export interface RegisteredCrimeTip {
  status: TipStatus;
  tipId: string;
  registerNumber: { number: number; year: number };
  /** The body responsible now: the receiver, then each acknowledged receiver of a transfer. */
  unitCode: string;
  unitLevel: string;
  unitRemote: boolean;
  supervisedBy: string;
  receivedAt: string;
  informantRefusedIdentity: boolean;
  category: CrimeTipClassified['category'] | null;
  classified: { at: string; competent: boolean; urgent: boolean } | null;
  transfer: { at: string; toUnit: string; acknowledgedAt: string | null } | null;
  acceptedAt: string | null;
  assigned: { at: string; investigator: string } | null;
  /** The head's prolongation, with the dates printed on it. */
  prolonged: { at: string; from: string | null; to: string | null } | null;
  extension: {
    requestId: string;
    requestedAt: string;
    state: 'requested' | 'granted' | 'refused';
    /** When the procuracy granted it, with the dates printed on its decision. */
    grantedAt: string | null;
    from: string | null;
    to: string | null;
  } | null;
  extensionRequests: number;
  suspended: { at: string; ground: string } | null;
  resumedAt: string | null;
  decidedAt: string | null;
  /** The latest act's moment: what comes next is not before it. */
  lastActAt: string;
}

export type CrimeTip = { status: 'unknown' } | RegisteredCrimeTip;

export const NO_CRIME_TIP: CrimeTip = { status: 'unknown' };

/** What is true after an event. Never refuses. */
export function evolveCrimeTip(tip: CrimeTip, event: CrimeTipEvent): CrimeTip {
  if (event.type === 'CrimeTipReceived') {
    const { data } = event;
    return {
      status: 'received',
      tipId: data.tipId,
      registerNumber: data.registerNumber,
      unitCode: data.unitCode,
      unitLevel: data.unitLevel,
      unitRemote: data.unitRemote,
      supervisedBy: data.supervisedBy,
      receivedAt: data.receivedAt,
      informantRefusedIdentity: data.informantRefusedIdentity || !data.informantGiven,
      category: data.category ?? null,
      classified: null,
      transfer: null,
      acceptedAt: null,
      assigned: null,
      prolonged: null,
      extension: null,
      extensionRequests: 0,
      suspended: null,
      resumedAt: null,
      decidedAt: null,
      lastActAt: data.receivedAt,
    };
  }
  if (tip.status === 'unknown') return tip;
  switch (event.type) {
    case 'CrimeTipClassified':
      return {
        ...tip,
        status: 'classified',
        category: event.data.category,
        classified: { at: event.data.classifiedAt, competent: event.data.competent, urgent: event.data.urgent },
        lastActAt: event.data.classifiedAt,
      };
    case 'CrimeTipTransferred':
      return {
        ...tip,
        status: 'transferred',
        transfer: { at: event.data.transferredAt, toUnit: event.data.toUnit, acknowledgedAt: null },
        lastActAt: event.data.transferredAt,
      };
    case 'CrimeTipTransferAcknowledged':
      return {
        ...tip,
        unitCode: event.data.unitCode,
        unitLevel: event.data.unitLevel,
        unitRemote: event.data.unitRemote,
        supervisedBy: event.data.supervisedBy,
        transfer: tip.transfer && { ...tip.transfer, acknowledgedAt: event.data.acknowledgedAt },
        // TT 28/2020 Art 18(1): the sender's assignment lapses by itself; the new body takes the tip on anew.
        acceptedAt: null,
        assigned: null,
        lastActAt: event.data.acknowledgedAt,
      };
    case 'CrimeTipAccepted':
      return { ...tip, status: 'accepted', acceptedAt: event.data.acceptedAt, lastActAt: event.data.acceptedAt };
    case 'CrimeTipAssigned':
      return {
        ...tip,
        status: 'assigned',
        assigned: { at: event.data.assignedAt, investigator: event.data.investigator },
        lastActAt: event.data.assignedAt,
      };
    case 'VerificationProlonged':
      return {
        ...tip,
        prolonged: {
          at: event.data.prolongedAt,
          from: event.data.decision.from ?? null,
          to: event.data.decision.to ?? null,
        },
        lastActAt: event.data.prolongedAt,
      };
    case 'ExtensionRequested':
      return {
        ...tip,
        extension: {
          requestId: event.data.requestId,
          requestedAt: event.data.requestedAt,
          state: 'requested',
          grantedAt: null,
          from: null,
          to: null,
        },
        extensionRequests: tip.extensionRequests + 1,
        lastActAt: event.data.requestedAt,
      };
    case 'VerificationExtended':
      return {
        ...tip,
        extension: tip.extension && {
          ...tip.extension,
          state: 'granted',
          grantedAt: event.data.extendedAt,
          from: event.data.from ?? null,
          to: event.data.to ?? null,
        },
      };
    case 'ExtensionRefusalReceived':
      return { ...tip, extension: tip.extension && { ...tip.extension, state: 'refused' } };
    case 'VerificationSuspended':
      return {
        ...tip,
        status: 'suspended',
        suspended: { at: event.data.suspendedAt, ground: event.data.ground },
        lastActAt: event.data.suspendedAt,
      };
    case 'VerificationResumed':
      return {
        ...tip,
        status: tip.assigned ? 'assigned' : 'accepted',
        suspended: null,
        resumedAt: event.data.resumedAt,
        lastActAt: event.data.resumedAt,
      };
    case 'CriminalCaseInitiated':
      return {
        ...tip,
        status: 'initiated',
        decidedAt: event.data.initiatedAt,
        lastActAt: event.data.initiatedAt,
      };
    case 'InitiationDeclined':
      return {
        ...tip,
        status: 'not_initiated',
        decidedAt: event.data.declinedAt,
        lastActAt: event.data.declinedAt,
      };
    case 'NoticeSent':
    case 'PrintedTermDiffered':
      return tip;
  }
}
