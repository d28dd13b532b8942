import { STREAMS, TOPIC_NAMES } from '@app/contracts';
import { evolveCrimeTip, NO_CRIME_TIP, pressingTerm } from '@app/domain';
import type { CrimeTip, CrimeTipEvent } from '@app/domain';
import { RowProjection } from '@app/event-store';
import type { ScannedEvent } from '@app/event-store';
import { bulkUnderLaw, nextKeys, perHistory, PublishedLaw } from '@app/law-book';
import type { RecomputedModel } from '@app/law-book';
import { newestLaw } from '@app/legal-time-limits';
import type { Law } from '@app/legal-time-limits';
import type { Consumer } from '@app/messaging';

/** A row of `intake.tip_list`: what lists and the matter's head show. No text of the tip, no informant. */
export interface TipRow {
  tip_id: string;
  number: number;
  year: number;
  status: string;
  kind: string;
  channel: string;
  received_at: string;
  received_by: string;
  received_by_account: string;
  unit_code: string;
  supervised_by: string;
  commune_code: string | null;
  category: string | null;
  article: number | null;
  clause: number | null;
  informant_given: boolean;
  informant_refused: boolean;
  classified_at: string | null;
  competent: boolean | null;
  urgent: boolean | null;
  signs_of_crime: boolean | null;
  transferred_at: string | null;
  transferred_to: string | null;
  transfer_acknowledged_at: string | null;
  accepted_at: string | null;
  assigned_at: string | null;
  investigator: string | null;
  prolonged_at: string | null;
  prolonged_to: string | null;
  suspended_at: string | null;
  suspension_ground: string | null;
  resumed_at: string | null;
  decided_at: string | null;
  outcome: string | null;
  case_id: string | null;
  term_rule: string | null;
  term_cites: string[] | null;
  term_safe_by: string | null;
  term_due: string | null;
  term_latest: string | null;
  /** Moments after which the running term is over in the literal and in the latest arguable reading. */
  due_at: string | null;
  late_at: string | null;
  version: number;
  /** The folded tip that decisions ask about. */
  state: CrimeTip;
}

/** Name of the consumer and of what follows the published law. */
export const TIP_LIST = 'intake.tip-list';

/**
 * The read model behind `GET /api/tips`: one row per tip, with the term that presses now by the published law. A row follows
 * from the tip's events and that law alone.
 */
export function tipListConsumer(schema: string, law = new PublishedLaw(schema)): Consumer {
  const rowsUnder = perHistory(
    (history) =>
      new RowProjection<TipRow, ScannedEvent>({
        schema,
        table: 'tip_list',
        key: 'tip_id',
        keys: (event) => [event.stream.slice(STREAMS.crimeTip.length)],
        ofOneStream: true,
        fold: foldTipRow,
        // The running term depends on the tip after its last event; the events before it need none.
        finish: (row) => ({ ...row, ...termOf(row.state, newestLaw(history)) }),
      }),
  );
  return {
    name: TIP_LIST,
    topics: [TOPIC_NAMES.crimeTips],
    async handle(batch, tx) {
      await rowsUnder(await law.historyIn(tx)).applyBatch(tx, batch);
    },
    rebuild: {
      tables: ['tip_list'],
      bulk: () => bulkUnderLaw(law, (history) => rowsUnder(history).load()),
      basis: (db) => law.head(db),
    },
  };
}

/** Keys passed over or looked at in one transaction: most tips are decided. */
const KEYS_A_BATCH = 2_000;

/** After a publication: the terms that press now. What is decided or suspended has none. */
export function tipListUnderLaw(schema: string): RecomputedModel {
  return {
    name: TIP_LIST,
    batchSize: KEYS_A_BATCH,
    async batch(tx, history, { after, limit }) {
      const { last, isMore } = await nextKeys(tx, { table: `${schema}.tip_list`, key: 'tip_id' }, after, limit);
      const { rows } = await tx.query<{ row: TipRow }>(
        `SELECT json_build_object('tip_id', tip_id, 'state', state, ${TERM_COLUMNS.map((name) => `'${name}', ${name}`).join(', ')}) AS row
         FROM ${schema}.tip_list WHERE due_at IS NOT NULL AND ($1::uuid IS NULL OR tip_id > $1) AND tip_id <= $2`,
        [after, last],
      );
      const law = newestLaw(history);
      const moved = rows.flatMap(({ row }) => {
        const term = termOf(row.state, law);
        return isSameTerm(row, term) ? [] : [{ tip_id: row.tip_id, ...term }];
      });
      if (moved.length > 0) {
        await tx.query(
          `UPDATE ${schema}.tip_list AS t SET ${TERM_COLUMNS.map((name) => `${name} = m.${name}`).join(', ')}
           FROM json_populate_recordset(NULL::${schema}.tip_list, $1) AS m WHERE t.tip_id = m.tip_id`,
          [JSON.stringify(moved)],
        );
      }
      return { lookedAt: rows.length, changed: moved.length, reached: isMore ? last : null };
    },
  };
}

/** The row after one event of the tip's stream; undefined when the tip's beginning is unknown. */
export function foldTipRow(row: TipRow | undefined, stored: ScannedEvent): TipRow | undefined {
  const event = { type: stored.type, data: stored.data } as unknown as CrimeTipEvent;
  if (event.type === 'CrimeTipReceived') return received(event.data, stored.version);
  if (!row) return undefined;
  const next: TipRow = { ...row, state: evolveCrimeTip(row.state, event), version: stored.version };
  if (next.state.status !== 'unknown') {
    next.status = next.state.status;
    next.unit_code = next.state.unitCode;
    next.supervised_by = next.state.supervisedBy;
  }
  switch (event.type) {
    case 'CrimeTipClassified':
      return {
        ...next,
        classified_at: event.data.classifiedAt,
        competent: event.data.competent,
        urgent: event.data.urgent,
        category: event.data.category,
        article: event.data.offence?.article ?? next.article,
        clause: event.data.offence ? (event.data.offence.clause ?? null) : next.clause,
        signs_of_crime: event.data.signsOfCrime ?? null,
      };
    case 'CrimeTipTransferred':
      return {
        ...next,
        transferred_at: event.data.transferredAt,
        transferred_to: event.data.toUnit,
        transfer_acknowledged_at: null,
      };
    case 'CrimeTipTransferAcknowledged':
      return {
        ...next,
        transfer_acknowledged_at: event.data.acknowledgedAt,
        accepted_at: null,
        assigned_at: null,
        investigator: null,
      };
    case 'CrimeTipAccepted':
      return { ...next, accepted_at: event.data.acceptedAt };
    case 'CrimeTipAssigned':
      return { ...next, assigned_at: event.data.assignedAt, investigator: event.data.investigator };
    case 'VerificationProlonged':
      return { ...next, prolonged_at: event.data.prolongedAt, prolonged_to: event.data.decision.to ?? null };
    case 'VerificationSuspended':
      return {
        ...next,
        suspended_at: event.data.suspendedAt,
        suspension_ground: event.data.ground,
        resumed_at: null,
      };
    case 'VerificationResumed':
      return { ...next, resumed_at: event.data.resumedAt };
    case 'CriminalCaseInitiated':
      return {
        ...next,
        decided_at: event.data.initiatedAt,
        outcome: 'initiated',
        case_id: event.data.caseId,
        category: event.data.category,
        article: event.data.offence.article,
        clause: event.data.offence.clause ?? null,
      };
    case 'InitiationDeclined':
      return {
        ...next,
        decided_at: event.data.declinedAt,
        outcome: event.data.administrativeReferral ? 'administrative' : 'not_initiated',
      };
    case 'ExtensionRequested':
    case 'VerificationExtended':
    case 'ExtensionRefusalReceived':
    case 'NoticeSent':
    case 'PrintedTermDiffered':
      return next;
  }
}

/** The row that a tip's whole stream folds into; undefined for an empty stream. For answers that must not lag. */
export function tipRowOf(stream: readonly ScannedEvent[], law: Law): TipRow | undefined {
  const row = stream.reduce<TipRow | undefined>(foldTipRow, undefined);
  return row && { ...row, ...termOf(row.state, law) };
}

type Received = Extract<CrimeTipEvent, { type: 'CrimeTipReceived' }>['data'];

function received(data: Received, version: number): TipRow {
  return {
    tip_id: data.tipId,
    number: data.registerNumber.number,
    year: data.registerNumber.year,
    status: 'received',
    kind: data.kind,
    channel: data.channel,
    received_at: data.receivedAt,
    received_by: data.unitCode,
    received_by_account: data.receivedBy,
    unit_code: data.unitCode,
    supervised_by: data.supervisedBy,
    commune_code: data.communeCode ?? null,
    category: data.category ?? null,
    article: data.offence?.article ?? null,
    clause: data.offence?.clause ?? null,
    informant_given: data.informantGiven,
    informant_refused: data.informantRefusedIdentity,
    classified_at: null,
    competent: null,
    urgent: null,
    signs_of_crime: null,
    transferred_at: null,
    transferred_to: null,
    transfer_acknowledged_at: null,
    accepted_at: null,
    assigned_at: null,
    investigator: null,
    prolonged_at: null,
    prolonged_to: null,
    suspended_at: null,
    suspension_ground: null,
    resumed_at: null,
    decided_at: null,
    outcome: null,
    case_id: null,
    term_rule: null,
    term_cites: null,
    term_safe_by: null,
    term_due: null,
    term_latest: null,
    due_at: null,
    late_at: null,
    version,
    state: evolveCrimeTip(NO_CRIME_TIP, { type: 'CrimeTipReceived', data }),
  };
}

const TERM_COLUMNS = [
  'term_rule',
  'term_cites',
  'term_safe_by',
  'term_due',
  'term_latest',
  'due_at',
  'late_at',
] as const;
type TermColumns = Pick<TipRow, (typeof TERM_COLUMNS)[number]>;

/** Whether a row has this term already; articles may change without a date. */
function isSameTerm(row: TermColumns, term: TermColumns): boolean {
  return (
    row.term_rule === term.term_rule &&
    row.term_safe_by === term.term_safe_by &&
    row.term_due === term.term_due &&
    row.term_latest === term.term_latest &&
    JSON.stringify(row.term_cites) === JSON.stringify(term.term_cites)
  );
}

function termOf(state: CrimeTip, law: Law): TermColumns {
  const term = state.status === 'unknown' ? null : pressingTerm(state, law);
  return {
    term_rule: term?.rule ?? null,
    term_cites: term ? [...term.cites] : null,
    term_safe_by: term?.safeBy ?? null,
    term_due: term?.due ?? null,
    term_latest: term?.latestArguable ?? null,
    due_at: term?.dueAt ?? null,
    late_at: term?.lateAt ?? null,
  };
}
