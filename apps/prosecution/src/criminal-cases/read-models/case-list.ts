import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import { evolveCriminalCase, NO_CRIMINAL_CASE, prosecutionTerm } from '@app/domain';
import type { CriminalCase, CriminalCaseEvent } from '@app/domain';
import { RowProjection } from '@app/event-store';
import type { ScannedEvent } from '@app/event-store';
import type { Consumer } from '@app/messaging';

/** A row of `prosecution.criminal_cases`. */
export interface CaseRow {
  case_id: string;
  tip_id: string | null;
  case_number: string | null;
  case_year: number | null;
  unit_code: string;
  supervised_by: string;
  status: string;
  initiated_at: string;
  category: string;
  article: number;
  clause: number | null;
  class: string;
  accused_count: number;
  juvenile: boolean;
  shortened: boolean;
  concluded_at: string | null;
  proposes_prosecution: boolean | null;
  file_received_at: string | null;
  prosecution_extended_to: string | null;
  decision: string | null;
  decided_at: string | null;
  term_rule: string | null;
  term_safe_by: string | null;
  term_due: string | null;
  term_latest: string | null;
  version: number;
  /** The folded case that decisions ask about. */
  state: CriminalCase;
}

/** The read model behind `GET /api/cases`: one row per case, with the prosecution term that runs. */
export function caseListConsumer(schema: string): Consumer {
  const rows = new RowProjection<CaseRow, ScannedEvent>({
    schema,
    table: 'criminal_cases',
    key: 'case_id',
    keys: (event) =>
      event.stream.startsWith(STREAMS.criminalCase) ? [event.stream.slice(STREAMS.criminalCase.length)] : [],
    ofOneStream: true,
    fold: foldCase,
  });
  return {
    name: 'prosecution.case-list',
    topics: [TOPIC_NAMES.criminalCases],
    async handle(batch, tx) {
      await rows.applyBatch(tx, batch);
    },
    rebuild: { tables: ['criminal_cases'], bulk: () => rows.load() },
  };
}

/** The row after one event of the case's stream; undefined when the case's beginning is unknown. */
export function foldCase(row: CaseRow | undefined, stored: ScannedEvent): CaseRow | undefined {
  const event = { type: stored.type, data: stored.data } as unknown as CriminalCaseEvent;
  const state = evolveCriminalCase(row?.state ?? NO_CRIMINAL_CASE, event);
  if (state.status === 'unknown') return undefined;
  const base = event.type === 'CriminalCaseOpened' ? openedRow(event.data) : row;
  if (!base) return undefined;
  const term = prosecutionTerm(state);
  return {
    ...base,
    case_number: state.number?.number ?? null,
    case_year: state.number?.year ?? null,
    status: state.status,
    concluded_at: state.concluded?.at ?? null,
    proposes_prosecution: state.concluded?.proposesProsecution ?? null,
    file_received_at: state.fileReceivedAt,
    prosecution_extended_to: state.prosecutionExtended?.to ?? null,
    decision: state.decided?.decision ?? null,
    decided_at: state.decided?.at ?? null,
    term_rule: term?.rule ?? null,
    term_safe_by: term?.safeBy ?? null,
    term_due: term?.due ?? null,
    term_latest: term?.latestArguable ?? null,
    version: stored.version,
    state,
  };
}

/** The row that a case's whole stream folds into; undefined for an empty stream. For answers that must not lag. */
export function caseRowOf(stream: readonly ScannedEvent[]): CaseRow | undefined {
  return stream.reduce<CaseRow | undefined>(foldCase, undefined);
}

type Opened = Extract<CriminalCaseEvent, { type: 'CriminalCaseOpened' }>['data'];
type DerivedColumn =
  | 'case_number'
  | 'case_year'
  | 'status'
  | 'concluded_at'
  | 'proposes_prosecution'
  | 'file_received_at'
  | 'prosecution_extended_to'
  | 'decision'
  | 'decided_at'
  | 'term_rule'
  | 'term_safe_by'
  | 'term_due'
  | 'term_latest'
  | 'version'
  | 'state';

function openedRow(data: Opened): Omit<CaseRow, DerivedColumn> {
  return {
    case_id: data.caseId,
    tip_id: data.tipId,
    unit_code: data.unitCode,
    supervised_by: data.supervisedBy,
    initiated_at: data.initiatedAt,
    category: data.category,
    article: data.offence.article,
    clause: data.offence.clause ?? null,
    class: data.class,
    accused_count: data.accusedCount,
    juvenile: data.juvenile,
    shortened: data.shortened,
  };
}
