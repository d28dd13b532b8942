import { caseIdOfRegister } from '@app/contracts';
import {
  NO_CRIMINAL_CASE,
  concludeInvestigation,
  decideProsecution,
  evolveCriminalCase,
  extendProsecutionTerm,
  noteCourtReception,
  openCriminalCase,
  receiveCaseFile,
  recordCourtOutcome,
  resumeInvestigation,
  suspendInvestigation,
} from '@app/domain';
import type { CriminalCase, CriminalCaseEvent } from '@app/domain';
import type { CaseRow } from './case-row.js';
import type { ImportFault } from './import-fault.js';

const NOT_IN_REGISTER = 'không ghi trong sổ';

/**
 * Whether the decisions that the desk's acts go through would refuse this row: the prosecution service writes the
 * same events from it later and has nobody to refuse to then.
 */
export function refusalOfCase({ line, unitCode, caseNumber, year, columns }: CaseRow, now: string): ImportFault | null {
  let state: CriminalCase = NO_CRIMINAL_CASE;
  let column = 'initiated_at';
  const take = (of: string, events: (state: CriminalCase) => CriminalCaseEvent[]): void => {
    column = of;
    for (const event of events(state)) state = evolveCriminalCase(state, event);
  };
  const decision = (on: string, to: string | null = null): { number: string; signedOn: string; signer: string } => ({
    number: NOT_IN_REGISTER,
    signedOn: on,
    signer: NOT_IN_REGISTER,
    ...(to === null ? {} : { to }),
  });
  const caseId = caseIdOfRegister(unitCode, caseNumber, year);
  const { concludedAt, fileReceivedAt, decidedAt, courtReceivedAt, courtDecidedAt } = columns;
  const { prosecutionExtendedOn, investigationSuspendedAt, investigationResumedAt } = columns;
  try {
    take('initiated_at', (open) =>
      openCriminalCase(open, {
        caseId,
        tipId: null,
        unitCode,
        supervisedBy: unitCode,
        initiatedAt: columns.initiatedAt,
        category: columns.category,
        offence: { article: columns.article, ...(columns.clause === null ? {} : { clause: columns.clause }) },
        class: columns.class,
        accusedCount: columns.accusedCount,
        juvenile: columns.juvenile,
        shortened: columns.shortened,
        now,
      }),
    );
    if (investigationSuspendedAt !== null) {
      take('investigation_suspended_at', (open) =>
        suspendInvestigation(open, { happenedAt: investigationSuspendedAt, now }),
      );
    }
    if (investigationResumedAt !== null) {
      take('investigation_resumed_at', (open) =>
        resumeInvestigation(open, { happenedAt: investigationResumedAt, now }),
      );
    }
    if (concludedAt !== null) {
      const proposesProsecution = columns.proposesProsecution ?? false;
      take('concluded_at', (open) =>
        concludeInvestigation(open, { happenedAt: concludedAt, now, proposesProsecution }),
      );
    }
    if (fileReceivedAt !== null) {
      take('file_received_at', (open) =>
        receiveCaseFile(open, { happenedAt: fileReceivedAt, now, complete: true, conclusionDelivered: true }),
      );
    }
    if (prosecutionExtendedOn !== null && fileReceivedAt !== null) {
      const sameDay = fileReceivedAt.startsWith(prosecutionExtendedOn);
      const happenedAt = sameDay ? fileReceivedAt : `${prosecutionExtendedOn}T00:00:00+07:00`;
      const document = decision(prosecutionExtendedOn, columns.prosecutionExtendedTo);
      take('prosecution_extended_on', (open) => extendProsecutionTerm(open, { happenedAt, now, decision: document }));
    }
    if (decidedAt !== null && columns.decision !== null) {
      const made = columns.decision;
      const document = decision(decidedAt.slice(0, 10));
      take('decided_at', (open) => decideProsecution(open, { happenedAt: decidedAt, now, decision: made, document }));
    }
    if (courtReceivedAt !== null) {
      take('court_received_at', (open) => noteCourtReception(open, { happenedAt: courtReceivedAt, now }));
    }
    if (courtDecidedAt !== null) {
      const convictedSameOffence = columns.convictedSameOffenceCount ?? 0;
      const convictedOtherOffence = columns.convictedOtherOffenceCount ?? 0;
      take('court_decided_at', (open) =>
        recordCourtOutcome(open, { happenedAt: courtDecidedAt, now, convictedSameOffence, convictedOtherOffence }),
      );
    }
    return null;
  } catch (refusal) {
    if ((refusal as Error).name !== 'RuleViolation') throw refusal;
    const { code, vi, en } = refusal as Error & { code: string; vi: string; en: string };
    return { line, column, code, vi, en };
  }
}
