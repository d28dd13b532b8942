import { CATEGORIES, CRIME_CLASSES, PROSECUTION_DECISIONS } from '@app/contracts';
import { classOfOffence } from '@app/domain';
import type { CaseRegisterColumns } from '@app/domain';
import { CellReader, checkChronology, dayOf } from './cells.js';
import type { RawRow } from './cells.js';
import { importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';

/** The tip a case came from, as a case row names it: `12`, `12/2026` or `PC-80-25459/12/2026`. */
export interface TipReference {
  unitCode: string | null;
  number: number;
  year: number | null;
}

export interface CaseRow {
  line: number;
  caseNumber: string;
  unitCode: string;
  /** Year of the register of cases: that of the initiation. */
  year: number;
  tip: TipReference | null;
  columns: CaseRegisterColumns;
}

/** A row of the cases file, or all that is wrong with it. `now` in local RFC 3339. */
export function parseCaseRow(row: RawRow, now: string): { case: CaseRow } | { faults: ImportFault[] } {
  const cells = new CellReader(row);
  const caseNumber = cells.required('case_number', 60);
  const unitCode = cells.requiredCode('unit_code');
  const tip = tipReference(cells, row);
  const initiatedAt = cells.requiredMoment('initiated_at');
  const category = cells.requiredWord('category', CATEGORIES);
  if (!cells.has('article')) cells.fault('CellMissing', 'article');
  const article = cells.integer('article', 1, 999) ?? 0;
  const clause = cells.integer('clause', 1, 99);
  const givenClass = cells.word('class', CRIME_CLASSES);
  const crimeClass = givenClass ?? classOfOffence(article, clause);
  if (crimeClass === undefined && article > 0) cells.fault('CellNeedsOther', 'article', { needs: 'class' });
  const columns: CaseRegisterColumns = {
    initiatedAt,
    category,
    article,
    clause: clause ?? null,
    class: crimeClass ?? 'IT',
    accusedCount: cells.integer('accused_count', 0, 100_000) ?? 0,
    juvenile: cells.yesNo('juvenile'),
    shortened: cells.yesNo('shortened'),
    investigationExtendedTo: cells.day('investigation_extended_to') ?? null,
    investigationSuspendedAt: cells.moment('investigation_suspended_at') ?? null,
    investigationResumedAt: cells.moment('investigation_resumed_at') ?? null,
    concludedAt: cells.moment('concluded_at') ?? null,
    proposesProsecution: cells.has('proposes_prosecution') ? cells.yesNo('proposes_prosecution') : null,
    fileReceivedAt: cells.moment('file_received_at') ?? null,
    prosecutionExtendedOn: cells.day('prosecution_extended_on') ?? null,
    prosecutionExtendedTo: cells.day('prosecution_extended_to') ?? null,
    decision: cells.word('decision', PROSECUTION_DECISIONS) ?? null,
    decidedAt: cells.moment('decided_at') ?? null,
    courtReceivedAt: cells.moment('court_received_at') ?? null,
    courtDecidedAt: cells.moment('court_decided_at') ?? null,
    convictedSameOffenceCount: cells.integer('convicted_same_offence_count', 0, 100_000) ?? null,
    convictedOtherOffenceCount: cells.integer('convicted_other_offence_count', 0, 100_000) ?? null,
    assetsToRecover: cells.integer('assets_to_recover', 0, Number.MAX_SAFE_INTEGER) ?? null,
    assetsRecovered: cells.integer('assets_recovered', 0, Number.MAX_SAFE_INTEGER) ?? null,
  };
  cells.needs(
    ['investigation_resumed_at', 'investigation_suspended_at'],
    ['proposes_prosecution', 'concluded_at'],
    ['concluded_at', 'proposes_prosecution'],
    ['file_received_at', 'concluded_at'],
    ['prosecution_extended_on', 'file_received_at'],
    ['prosecution_extended_to', 'prosecution_extended_on'],
    ['decision', 'decided_at'],
    ['decided_at', 'decision'],
    ['decided_at', 'file_received_at'],
    ['court_received_at', 'decided_at'],
    ['court_decided_at', 'court_received_at'],
    ['convicted_same_offence_count', 'court_decided_at'],
    ['convicted_other_offence_count', 'court_decided_at'],
    ['assets_recovered', 'assets_to_recover'],
  );
  if (cells.faults.length > 0) return { faults: cells.faults };
  const faults = checkChronology(
    row.line,
    [
      { column: 'initiated_at', at: initiatedAt },
      { column: 'investigation_suspended_at', at: columns.investigationSuspendedAt ?? undefined },
      { column: 'investigation_resumed_at', at: columns.investigationResumedAt ?? undefined },
      { column: 'concluded_at', at: columns.concludedAt ?? undefined },
      { column: 'file_received_at', at: columns.fileReceivedAt ?? undefined },
      { column: 'prosecution_extended_on', at: columns.prosecutionExtendedOn ?? undefined },
      { column: 'decided_at', at: columns.decidedAt ?? undefined },
      { column: 'court_received_at', at: columns.courtReceivedAt ?? undefined },
      { column: 'court_decided_at', at: columns.courtDecidedAt ?? undefined },
    ],
    now,
  );
  for (const [column, to, cause, from] of [
    ['investigation_extended_to', columns.investigationExtendedTo, 'initiated_at', initiatedAt],
    [
      'prosecution_extended_to',
      columns.prosecutionExtendedTo,
      'prosecution_extended_on',
      columns.prosecutionExtendedOn,
    ],
  ] as const) {
    if (to !== null && from !== null && to < dayOf(from)) {
      faults.push(importFault('TermReversed', row.line, column, { at: to, cause, causeAt: dayOf(from) }));
    }
  }
  if (faults.length > 0) return { faults };
  return {
    case: { line: row.line, caseNumber, unitCode, year: Number(initiatedAt.slice(0, 4)), tip, columns },
  };
}

function tipReference(cells: CellReader, row: RawRow): TipReference | null {
  const text = row.cells['tip_register_number'] ?? '';
  if (text === '') return null;
  const match = /^(?:([A-Za-z0-9-]+)\/)?(\d{1,9})(?:\/(\d{4}))?$/.exec(text);
  const number = Number(match?.[2] ?? 0);
  if (!match || number < 1) {
    cells.fault('NotARegisterNumber', 'tip_register_number', { value: text.length <= 24 ? text : '…' });
    return null;
  }
  return { unitCode: match[1] ?? null, number, year: match[3] === undefined ? null : Number(match[3]) };
}
