import { communeName } from '../../units/communes.js';
import type { UnitSnapshot } from '@app/security';
import type { TipRow } from './tip-list.js';

/** A tip as lists answer it: never its text, never the informant. */
export interface TipListItem extends Record<string, unknown> {
  id: string;
  version: number;
}

/** The list's answer for one row; names come from the unit tree and the table of communes. */
export function listItem(row: TipRow, units: UnitSnapshot): TipListItem {
  const unit = units.get(row.unit_code);
  return {
    id: row.tip_id,
    registerNumber: `${row.number}/${row.year}`,
    status: row.status,
    kind: row.kind,
    channel: row.channel,
    receivedAt: row.received_at,
    unitCode: row.unit_code,
    unitName: { vi: unit?.nameVi ?? row.unit_code, en: unit?.nameEn ?? row.unit_code },
    receivedBy: row.received_by,
    supervisedBy: row.supervised_by,
    communeCode: row.commune_code,
    communeName: row.commune_code === null ? null : communeName(row.commune_code),
    category: row.category,
    offence: row.article === null ? null : { article: row.article, clause: row.clause },
    urgent: row.urgent,
    investigator: row.investigator,
    acceptedAt: row.accepted_at,
    decidedAt: row.decided_at,
    transferredTo: row.transferred_to,
    transferAcknowledgedAt: row.transfer_acknowledged_at,
    term:
      row.term_rule === null
        ? null
        : {
            rule: row.term_rule,
            safeBy: row.term_safe_by,
            due: row.term_due,
            latestArguable: row.term_latest,
            cites: row.term_cites,
          },
    version: row.version,
  };
}
