import type { Category, CrimeClass, Decision, ProsecutionDecision } from '@app/contracts';
import { lawBefore, legalDateOf, startOfLegalDay } from '@app/legal-time-limits';
import type { LawHistory } from '@app/legal-time-limits';
import type { CriminalCase, CriminalCaseEvent } from './criminal-case.js';
import { evolveCriminalCase } from './criminal-case.js';
import { concludeInvestigation } from './conclude-investigation.js';
import { decideProsecution, noteCourtReception, recordCourtOutcome } from './decide-prosecution.js';
import { extendProsecutionTerm } from './extend-prosecution-term.js';
import { openCriminalCase } from './open-criminal-case.js';
import { receiveCaseFile } from './receive-case-file.js';
import { extendInvestigation, resumeInvestigation, suspendInvestigation } from './suspend-investigation.js';

/** The columns of a case register; moments RFC 3339, days legal days, money in VND, empty cells null. */
export interface CaseRegisterColumns {
  initiatedAt: string;
  category: Category;
  article: number;
  clause: number | null;
  class: CrimeClass;
  accusedCount: number;
  juvenile: boolean;
  shortened: boolean;
  investigationExtendedTo: string | null;
  investigationSuspendedAt: string | null;
  investigationResumedAt: string | null;
  concludedAt: string | null;
  proposesProsecution: boolean | null;
  fileReceivedAt: string | null;
  prosecutionExtendedOn: string | null;
  prosecutionExtendedTo: string | null;
  decision: ProsecutionDecision | null;
  decidedAt: string | null;
  courtReceivedAt: string | null;
  courtDecidedAt: string | null;
  convictedSameOffenceCount: number | null;
  convictedOtherOffenceCount: number | null;
  assetsToRecover: number | null;
  assetsRecovered: number | null;
}

/** Which case a row belongs to. */
export interface CaseRegisterKey {
  caseId: string;
  tipId: string | null;
  unitCode: string;
  supervisedBy: string;
  caseNumber: string;
  year: number;
}

/** The register holds no number or signer for most decisions. */
const NOT_IN_REGISTER = 'không ghi trong sổ';

/**
 * The events of a register row on top of what the case already holds, through the same decisions as the desk's acts.
 * Calls `step` before each act with its column, so that a RuleViolation thrown by a decision can be placed.
 *
 * @param history the law as published: each act is judged by the version before it
 */
export function eventsOfCaseRow(
  before: CriminalCase,
  key: CaseRegisterKey,
  row: CaseRegisterColumns,
  now: string,
  history: LawHistory,
  step: (column: string) => void = () => undefined,
): CriminalCaseEvent[] {
  let state = before;
  const events: CriminalCaseEvent[] = [];
  const take = (column: string, decide: (open: CriminalCase) => CriminalCaseEvent[]): void => {
    step(column);
    for (const event of decide(state)) {
      events.push(event);
      state = evolveCriminalCase(state, event);
    }
  };
  if (state.status === 'unknown')
    take('initiated_at', (open) => openCriminalCase(open, { ...openedBy(key, row), now }));
  // A case that its tip's initiation opened has no acts yet; one with acts keeps them.
  const isFresh = state.status === 'investigating';
  take('case_number', (open) =>
    open.status !== 'unknown' && open.number === null
      ? [{ type: 'CaseNumberAssigned', data: { caseId: key.caseId, number: key.caseNumber, year: key.year } }]
      : [],
  );
  if (!isFresh) return events;
  takeInvestigation(row, now, take);
  takeProsecution(row, now, history, take);
  if (row.assetsToRecover !== null) {
    const { assetsToRecover: toRecover, assetsRecovered } = row;
    take('assets_to_recover', () => [
      { type: 'AssetsRecorded', data: { caseId: key.caseId, toRecover, recovered: assetsRecovered ?? 0 } },
    ]);
  }
  return events;
}

type Take = (column: string, decide: (open: CriminalCase) => CriminalCaseEvent[]) => void;

function openedBy(key: CaseRegisterKey, row: CaseRegisterColumns) {
  return {
    caseId: key.caseId,
    tipId: key.tipId,
    unitCode: key.unitCode,
    supervisedBy: key.supervisedBy,
    initiatedAt: row.initiatedAt,
    category: row.category,
    offence: { article: row.article, ...(row.clause === null ? {} : { clause: row.clause }) },
    class: row.class,
    accusedCount: row.accusedCount,
    juvenile: row.juvenile,
    shortened: row.shortened,
  };
}

function takeInvestigation(row: CaseRegisterColumns, now: string, take: Take): void {
  const { investigationExtendedTo, investigationSuspendedAt, investigationResumedAt, concludedAt } = row;
  if (investigationExtendedTo !== null) {
    // The register gives the end only; the moment of the decision is not in it, the initiation is the earliest.
    take('investigation_extended_to', (open) =>
      extendInvestigation(open, { happenedAt: row.initiatedAt, now, to: investigationExtendedTo }),
    );
  }
  if (investigationSuspendedAt !== null) {
    take('investigation_suspended_at', (open) =>
      suspendInvestigation(open, { happenedAt: investigationSuspendedAt, now }),
    );
  }
  if (investigationResumedAt !== null) {
    take('investigation_resumed_at', (open) => resumeInvestigation(open, { happenedAt: investigationResumedAt, now }));
  }
  if (concludedAt !== null) {
    const proposesProsecution = row.proposesProsecution ?? false;
    take('concluded_at', (open) => concludeInvestigation(open, { happenedAt: concludedAt, now, proposesProsecution }));
  }
}

function takeProsecution(row: CaseRegisterColumns, now: string, history: LawHistory, take: Take): void {
  const { fileReceivedAt, prosecutionExtendedOn, decidedAt, courtReceivedAt, courtDecidedAt } = row;
  if (fileReceivedAt !== null) {
    take('file_received_at', (open) =>
      receiveCaseFile(open, { happenedAt: fileReceivedAt, now, complete: true, conclusionDelivered: true }),
    );
  }
  if (prosecutionExtendedOn !== null && fileReceivedAt !== null) {
    const isSameDay = legalDateOf(fileReceivedAt) === prosecutionExtendedOn;
    const happenedAt = isSameDay ? fileReceivedAt : startOfLegalDay(prosecutionExtendedOn);
    const decision = printed(prosecutionExtendedOn, row.prosecutionExtendedTo);
    take('prosecution_extended_on', (open) =>
      extendProsecutionTerm(open, { happenedAt, now, decision, law: lawBefore(history, happenedAt) }),
    );
  }
  if (decidedAt !== null && row.decision !== null) {
    const made = row.decision;
    const document = printed(legalDateOf(decidedAt), null);
    take('decided_at', (open) => decideProsecution(open, { happenedAt: decidedAt, now, decision: made, document }));
  }
  if (courtReceivedAt !== null) {
    take('court_received_at', (open) => noteCourtReception(open, { happenedAt: courtReceivedAt, now }));
  }
  if (courtDecidedAt !== null) {
    const convictedSameOffence = row.convictedSameOffenceCount ?? 0;
    const convictedOtherOffence = row.convictedOtherOffenceCount ?? 0;
    take('court_decided_at', (open) =>
      recordCourtOutcome(open, { happenedAt: courtDecidedAt, now, convictedSameOffence, convictedOtherOffence }),
    );
  }
}

function printed(signedOn: string, to: string | null): Decision {
  return { number: NOT_IN_REGISTER, signedOn, signer: NOT_IN_REGISTER, ...(to === null ? {} : { to }) };
}
