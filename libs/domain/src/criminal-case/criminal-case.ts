import type {
  AssetsRecorded,
  CaseFileReceived,
  CaseNumberAssigned,
  CourtOutcomeRecorded,
  CourtReceivedCase,
  CrimeClass,
  CriminalCaseOpened,
  InvestigationConcluded,
  InvestigationExtended,
  InvestigationResumed,
  InvestigationSuspended,
  ProsecutionDecided,
  ProsecutionDecision,
  ProsecutionTermExtended,
} from '@app/contracts';

export type CriminalCaseEvent =
  | { type: 'CriminalCaseOpened'; data: CriminalCaseOpened }
  | { type: 'CaseNumberAssigned'; data: CaseNumberAssigned }
  | { type: 'InvestigationExtended'; data: InvestigationExtended }
  | { type: 'InvestigationSuspended'; data: InvestigationSuspended }
  | { type: 'InvestigationResumed'; data: InvestigationResumed }
  | { type: 'InvestigationConcluded'; data: InvestigationConcluded }
  | { type: 'CaseFileReceived'; data: CaseFileReceived }
  | { type: 'ProsecutionTermExtended'; data: ProsecutionTermExtended }
  | { type: 'ProsecutionDecided'; data: ProsecutionDecided }
  | { type: 'CourtReceivedCase'; data: CourtReceivedCase }
  | { type: 'CourtOutcomeRecorded'; data: CourtOutcomeRecorded }
  | { type: 'AssetsRecorded'; data: AssetsRecorded };

export type CaseStatus =
  | 'investigating'
  | 'investigation_suspended'
  | 'concluded'
  | 'prosecuting'
  | 'prosecuted'
  | 'returned'
  | 'suspended'
  | 'discontinued'
  | 'transferred'
  | 'in_court'
  | 'judged';

/** A criminal case (vụ án hình sự) as far as decisions ask about it. */
export interface OpenCriminalCase {
  status: CaseStatus;
  caseId: string;
  unitCode: string;
  supervisedBy: string;
  class: CrimeClass;
  juvenile: boolean;
  shortened: boolean;
  initiatedAt: string;
  number: { number: string; year: number } | null;
  concluded: { at: string; proposesProsecution: boolean } | null;
  /** When the complete file came with the conclusion; only then the prosecution term runs (BLTTHS 238(1)). */
  fileReceivedAt: string | null;
  prosecutionExtended: { at: string; to: string | null } | null;
  decided: { at: string; decision: ProsecutionDecision } | null;
  /** How often the procuracy has returned the file (BLTTHS 174(2): at most twice). */
  returns: number;
  courtReceivedAt: string | null;
  lastActAt: string;
}

export type CriminalCase = { status: 'unknown' } | OpenCriminalCase;

export const NO_CRIMINAL_CASE: CriminalCase = { status: 'unknown' };

const STATUS_AFTER: Record<ProsecutionDecision, CaseStatus> = {
  prosecute: 'prosecuted',
  return: 'returned',
  suspend: 'suspended',
  discontinue: 'discontinued',
  transfer: 'transferred',
};

/** What is true after an event. Never refuses. */
export function evolveCriminalCase(state: CriminalCase, event: CriminalCaseEvent): CriminalCase {
  if (event.type === 'CriminalCaseOpened') {
    const { caseId, unitCode, supervisedBy, juvenile, shortened, initiatedAt } = event.data;
    return {
      status: 'investigating',
      caseId,
      unitCode,
      supervisedBy,
      class: event.data.class,
      juvenile,
      shortened,
      initiatedAt,
      number: null,
      concluded: null,
      fileReceivedAt: null,
      prosecutionExtended: null,
      decided: null,
      returns: 0,
      courtReceivedAt: null,
      lastActAt: initiatedAt,
    };
  }
  if (state.status === 'unknown') return state;
  switch (event.type) {
    case 'CaseNumberAssigned':
      return { ...state, number: { number: event.data.number, year: event.data.year } };
    case 'InvestigationExtended':
      return { ...state, lastActAt: event.data.extendedAt };
    case 'InvestigationSuspended':
      return { ...state, status: 'investigation_suspended', lastActAt: event.data.suspendedAt };
    case 'InvestigationResumed':
      return { ...state, status: 'investigating', lastActAt: event.data.resumedAt };
    case 'InvestigationConcluded':
      return {
        ...state,
        status: 'concluded',
        concluded: { at: event.data.concludedAt, proposesProsecution: event.data.proposesProsecution },
        lastActAt: event.data.concludedAt,
      };
    case 'CaseFileReceived':
      return event.data.complete
        ? { ...state, status: 'prosecuting', fileReceivedAt: event.data.receivedAt, lastActAt: event.data.receivedAt }
        : { ...state, lastActAt: event.data.receivedAt };
    case 'ProsecutionTermExtended':
      return {
        ...state,
        prosecutionExtended: { at: event.data.extendedAt, to: event.data.to ?? null },
        lastActAt: event.data.extendedAt,
      };
    case 'ProsecutionDecided': {
      const { decision, decidedAt } = event.data;
      const decided = {
        ...state,
        status: STATUS_AFTER[decision],
        decided: { at: decidedAt, decision },
        lastActAt: decidedAt,
      };
      // A returned file goes back to the investigating body: conclusion, file and decision are made anew (BLTTHS 245).
      return decision === 'return'
        ? {
            ...decided,
            returns: state.returns + 1,
            concluded: null,
            fileReceivedAt: null,
            prosecutionExtended: null,
            decided: null,
          }
        : decided;
    }
    case 'CourtReceivedCase':
      return { ...state, status: 'in_court', courtReceivedAt: event.data.receivedAt, lastActAt: event.data.receivedAt };
    case 'CourtOutcomeRecorded':
      return { ...state, status: 'judged', lastActAt: event.data.decidedAt };
    case 'AssetsRecorded':
      return state;
  }
}
