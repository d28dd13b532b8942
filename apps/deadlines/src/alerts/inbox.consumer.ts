import { type MovedDates, type ObligationMoved, TOPIC_NAMES } from '@app/contracts';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import { seeAllUnits } from '@app/security';
import type { PoolClient } from 'pg';

/** What an item of the inbox is about: a rung of the ladder of alerts, the breach itself, or a deadline that moved. */
export const INBOX_KINDS = ['d7', 'd5', 'd3', 'd1', 'h6', 'h1', 'due', 'breach', 'moved'] as const;
export type InboxKind = (typeof INBOX_KINDS)[number];

/** A breach that was recorded longer than this after it came about is history (an import), no news. */
const OLDEST_BREACH_HOURS = 168;
const HOUR_MS = 3_600_000;

/** What moved a deadline: the version of the law, why it was published, and the dates on both sides. */
export interface MovedByLaw {
  publication: 'calendar' | 'rule';
  name: string;
  reason: string;
  before: MovedDates;
  after: MovedDates;
}

function movedOf({ type, data }: DeliveredEvent): MovedByLaw | null {
  if (type !== 'ObligationMoved') return null;
  const { publication, lawName, reason, before, after } = data as unknown as ObligationMoved;
  return { publication, name: lawName, reason, before, after };
}

/** What an event tells people; null when it is only for the record. */
function kindOf({ type, data, meta }: DeliveredEvent): InboxKind | null {
  if (type === 'ObligationAlerted') {
    const { rung, overtaken } = data as { rung: InboxKind; overtaken: boolean };
    return overtaken ? null : rung;
  }
  if (type === 'ObligationMoved') return 'moved';
  if (type !== 'ObligationBreached') return null;
  const { breachedAt } = data as { breachedAt: string };
  const hours = (Date.parse(meta.recordedAt) - Date.parse(breachedAt)) / HOUR_MS;
  return hours <= OLDEST_BREACH_HOURS ? 'breach' : null;
}

/**
 * Alerts, breaches and moved deadlines as people read them: for the unit of the body that owes the duty and for the procuracy that
 * supervises it. An item carries dates and numbers, never a text and never a person.
 *
 * @param onArrived told, in the transaction that writes them, the ids of the new items
 */
export function inboxConsumer(onArrived: (ids: string[], tx: PoolClient) => Promise<void>): Consumer {
  return {
    name: 'deadlines.inbox',
    topics: [TOPIC_NAMES.obligations],
    rebuild: {
      reason: {
        vi: 'Mỗi mục ghi lại điều đã báo cho con người vào lúc báo, và thư đã được gửi đi; không thể làm lại từ nhật ký.',
        en: 'Each item says what people were told when they were told, and mail has left; the log alone cannot make it again.',
      },
    },
    async handle(batch, tx) {
      const items = batch.flatMap((event) => {
        const kind = kindOf(event);
        const { obligationId } = event.data as { obligationId: string };
        if (kind === null) return [];
        const at = event.meta.recordedAt;
        return [{ id: event.id, obligation_id: obligationId, kind, at, moved: movedOf(event) }];
      });
      if (items.length === 0) return;
      await seeAllUnits(tx);
      // A duty that no fact calls for any more is not in the table and tells nobody.
      const { rows } = await tx.query<{ id: string }>(
        `INSERT INTO deadlines.inbox (id, at, kind, obligation_id, matter_id, matter_kind, matter_number, rule, owed_by,
           unit_code, supervised_by, owing_unit, safe_by, due, latest_arguable, moved)
         SELECT i.id, i.at, i.kind, o.id, o.matter_id, o.matter_kind, o.matter_number, o.rule, o.owed_by, o.unit_code,
           o.supervised_by,
           CASE o.owed_by WHEN 'procuracy' THEN o.supervised_by WHEN 'court' THEN NULL ELSE o.unit_code END,
           o.safe_by, o.due, o.latest_arguable, i.moved
         FROM json_to_recordset($1) AS i(id uuid, obligation_id uuid, kind text, at timestamptz, moved jsonb)
         JOIN deadlines.obligations o ON o.id = i.obligation_id
         ON CONFLICT (id) DO NOTHING RETURNING id`,
        [JSON.stringify(items)],
      );
      if (rows.length > 0) {
        await onArrived(
          rows.map(({ id }) => id),
          tx,
        );
      }
    },
  };
}
