import { caseIdOfRegister } from '@app/contracts';
import { NO_CRIMINAL_CASE, eventsOfCaseRow } from '@app/domain';
import type { LawHistory } from '@app/legal-time-limits';
import type { CaseRow } from './case-row.js';
import type { ImportFault } from './import-fault.js';

/**
 * Whether the decisions that the desk's acts go through would refuse this row: the prosecution service writes the
 * same events from it later and has nobody to refuse to then.
 *
 * @param initiatedAt that of the tip the row continues; the row's own where there is none
 * @param now local RFC 3339; nothing happens after it
 * @param history the law as published
 */
export function refusalOfCase(
  { line, unitCode, caseNumber, year, columns }: CaseRow,
  initiatedAt: string,
  now: string,
  history: LawHistory,
): ImportFault | null {
  const key = {
    caseId: caseIdOfRegister(unitCode, caseNumber, year),
    tipId: null,
    unitCode,
    supervisedBy: unitCode,
    caseNumber,
    year,
  };
  let column = 'initiated_at';
  try {
    eventsOfCaseRow(NO_CRIMINAL_CASE, key, { ...columns, initiatedAt }, now, history, (next) => {
      column = next;
    });
    return null;
  } catch (refusal) {
    // Compared by name: the domain may be loaded twice, its class is then another one.
    if ((refusal as Error).name !== 'RuleViolation') throw refusal;
    const { code, vi, en } = refusal as Error & { code: string; vi: string; en: string };
    return { line, column, code, vi, en };
  }
}
