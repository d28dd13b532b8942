import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import { evolveCriminalCase, NO_CRIMINAL_CASE, prosecutionTerm } from '@app/domain';
import type { CriminalCase, CriminalCaseEvent } from '@app/domain';
import { RowProjection } from '@app/event-store';
import type { ScannedEvent } from '@app/event-store';
import { bulkUnderLaw, nextKeys, perHistory, PublishedLaw } from '@app/law-book';
import type { RecomputedModel } from '@app/law-book';
import { newestLaw } from '@app/legal-time-limits';
import type { Law } from '@app/legal-time-limits';
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

/** Name of the consumer and of what follows the published law. */
export const CASE_LIST = 'prosecution.case-list';

/**
 * The read model behind `GET /api/cases`: one row per case, with the prosecution term that runs by the published law. A row
 * follows from the case's events and that law alone.
 */
export function caseListConsumer(schema: string, law = new PublishedLaw(schema)): Consumer {
  const rowsUnder = perHistory(
    (history) =>
      new RowProjection<CaseRow, ScannedEvent>({
        schema,
        table: 'criminal_cases',
        key: 'case_id',
        keys: (event) =>
          event.stream.startsWith(STREAMS.criminalCase) ? [event.stream.slice(STREAMS.criminalCase.length)] : [],
        ofOneStream: true,
        fold: foldCase,
        finish: (row) => ({ ...row, ...termOf(row.state, newestLaw(history)) }),
      }),
  );
  return {
    name: CASE_LIST,
    topics: [TOPIC_NAMES.criminalCases],
    async handle(batch, tx) {
      await rowsUnder(await law.historyIn(tx)).applyBatch(tx, batch);
    },
    rebuild: {
      tables: ['criminal_cases'],
      bulk: () => bulkUnderLaw(law, (history) => rowsUnder(history).load()),
      basis: (db) => law.head(db),
    },
  };
}

/** Keys passed over or looked at in one transaction: most cases are decided. */
const KEYS_A_BATCH = 2_000;

/** After a publication: the terms that run. A decided case has none. */
export function caseListUnderLaw(schema: string): RecomputedModel {
  return {
    name: CASE_LIST,
    batchSize: KEYS_A_BATCH,
    async batch(tx, history, { after, limit }) {
      const { last, isMore } = await nextKeys(tx, { table: `${schema}.criminal_cases`, key: 'case_id' }, after, limit);
      const { rows } = await tx.query<Pick<CaseRow, 'case_id' | 'state'> & TermColumns>(
        `SELECT case_id, state, ${TERM_COLUMNS.join(', ')} FROM ${schema}.criminal_cases
         WHERE term_rule IS NOT NULL AND ($1::uuid IS NULL OR case_id > $1) AND case_id <= $2`,
        [after, last],
      );
      const law = newestLaw(history);
      const moved = rows.flatMap((row) => {
        const term = termOf(row.state, law);
        return TERM_COLUMNS.every((name) => row[name] === term[name]) ? [] : [{ case_id: row.case_id, ...term }];
      });
      if (moved.length > 0) {
        await tx.query(
          `UPDATE ${schema}.criminal_cases AS t SET ${TERM_COLUMNS.map((name) => `${name} = m.${name}`).join(', ')}
           FROM json_populate_recordset(NULL::${schema}.criminal_cases, $1) AS m WHERE t.case_id = m.case_id`,
          [JSON.stringify(moved)],
        );
      }
      return { lookedAt: rows.length, changed: moved.length, reached: isMore ? last : null };
    },
  };
}

const TERM_COLUMNS = ['term_rule', 'term_safe_by', 'term_due', 'term_latest'] as const;
type TermColumns = Pick<CaseRow, (typeof TERM_COLUMNS)[number]>;
const NO_TERM: TermColumns = { term_rule: null, term_safe_by: null, term_due: null, term_latest: null };

function termOf(state: CriminalCase, law: Law): TermColumns {
  const term = state.status === 'unknown' ? null : prosecutionTerm(state, law);
  if (!term) return NO_TERM;
  return { term_rule: term.rule, term_safe_by: term.safeBy, term_due: term.due, term_latest: term.latestArguable };
}

/** The row after one event of the case's stream, without its term; undefined when the case's beginning is unknown. */
export function foldCase(row: CaseRow | undefined, stored: ScannedEvent): CaseRow | undefined {
  const event = { type: stored.type, data: stored.data } as unknown as CriminalCaseEvent;
  const state = evolveCriminalCase(row?.state ?? NO_CRIMINAL_CASE, event);
  if (state.status === 'unknown') return undefined;
  const base = event.type === 'CriminalCaseOpened' ? openedRow(event.data) : row;
  if (!base) return undefined;
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
    ...NO_TERM,
    version: stored.version,
    state,
  };
}

/** The row that a case's whole stream folds into; undefined for an empty stream. For answers that must not lag. */
export function caseRowOf(stream: readonly ScannedEvent[], law: Law): CaseRow | undefined {
  const row = stream.reduce<CaseRow | undefined>(foldCase, undefined);
  return row && { ...row, ...termOf(row.state, law) };
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
