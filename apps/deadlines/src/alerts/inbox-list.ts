import type { CursorValue, Page } from '@app/http';
import { RULES } from '@app/legal-time-limits';
import { fewUnitsInScope, rowsOfUnits } from '@app/security';
import type { Pool, PoolClient } from 'pg';
import type { MatterKind } from '../matters/facts-of-events.js';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import type { InboxKind, MovedByLaw } from './inbox.consumer.js';

/** One alert or breach as somebody reads it. */
export interface InboxItem {
  id: string;
  kind: InboxKind;
  /** When it was told, RFC 3339 with microseconds. */
  at: string;
  read: boolean;
  /** Why it is in this inbox: a unit of the reader's owes the duty, or the reader supervises it. */
  as: 'owes' | 'supervises';
  obligationId: string;
  matterId: string;
  matterKind: MatterKind;
  matterNumber: string | null;
  rule: string;
  name: { vi: string; en: string };
  cites: readonly string[];
  owedBy: string;
  unitCode: string | null;
  supervisedBy: string | null;
  safeBy: string;
  due: string;
  latestArguable: string;
  /** For a deadline that moved: from where and why; null for everything else. */
  moved: MovedByLaw | null;
  /** How the duty stands now; null when no fact calls for it any more. */
  state: 'open' | 'done' | 'cancelled' | null;
}

const COLUMNS = `i.id, i.kind, to_char(i.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at,
  r.item_id IS NOT NULL AS read,
  CASE WHEN current_setting('app.units', true) = '*' OR i.owing_unit IN (SELECT code FROM deadlines.unit_closure
    WHERE ancestor = ANY (string_to_array(current_setting('app.units', true), ','))) THEN 'owes' ELSE 'supervises' END AS "as",
  i.obligation_id AS "obligationId", i.matter_id AS "matterId", i.matter_kind AS "matterKind",
  i.matter_number AS "matterNumber", i.rule, i.owed_by AS "owedBy", i.unit_code AS "unitCode",
  i.supervised_by AS "supervisedBy", i.safe_by AS "safeBy", i.due, i.latest_arguable AS "latestArguable", i.moved, o.state`;
const from = (items: string): string => `FROM ${items} i
  LEFT JOIN deadlines.inbox_reads r ON r.item_id = i.id AND r.person = $1
  LEFT JOIN deadlines.obligations o ON o.id = i.obligation_id`;
const UNREAD = 'NOT EXISTS (SELECT FROM deadlines.inbox_reads r WHERE r.item_id = t.id AND r.person = $1)';

/** FROM item with the newest items of the scope of `tx`; `values` are the statement's so far, `$1` being the person. */
async function itemsFrom(tx: PoolClient, where: readonly string[], limit: number, values: unknown[]): Promise<string> {
  return rowsOfUnits({
    table: `${SCHEMA}.inbox`,
    where,
    columns: ['at', 'id'],
    direction: 'DESC',
    limit,
    units: await fewUnitsInScope(tx, SCHEMA),
    homes: (unit) => [`t.unit_code = ${unit}`, `t.supervised_by = ${unit}`],
    add: (value) => `$${values.push(value)}`,
  });
}

type StoredItem = Omit<InboxItem, 'name' | 'cites'>;

/** Name and articles of a rule by its newest version. */
export function wordsOfRule(id: string): Pick<InboxItem, 'name' | 'cites'> {
  const rule = RULES.findLast((one) => one.id === id);
  return { name: rule?.name ?? { vi: id, en: id }, cites: rule?.cites ?? [] };
}

/** One page of a person's inbox within the scope of `tx`, the newest first; one item more than asked for. */
export async function inboxPage(tx: PoolClient, person: string, unread: boolean, page: Page): Promise<InboxItem[]> {
  const values: unknown[] = [person];
  const where = unread ? [UNREAD] : [];
  if (page.after) {
    values.push(...page.after.slice(0, 2));
    where.push('(t.at, t.id) < ($2::timestamptz, $3::uuid)');
  }
  const items = await itemsFrom(tx, where, page.limit + 1, values);
  const { rows } = await tx.query<StoredItem>(`SELECT ${COLUMNS} ${from(items)} ORDER BY i.at DESC, i.id DESC`, values);
  return rows.map((row) => ({ ...row, ...wordsOfRule(row.rule) }));
}

/** Values that the next page continues after, in the order of the list. */
export function inboxSortValues({ at, id }: InboxItem): CursorValue[] {
  return [at, id];
}

/** One item within the scope of `tx`; null when there is none that this reader may see. */
export async function inboxItem(tx: PoolClient, person: string, id: string): Promise<InboxItem | null> {
  const { rows } = await tx.query<StoredItem>({
    name: 'deadlines-inbox-item',
    text: `SELECT ${COLUMNS} ${from('deadlines.inbox')} WHERE i.id = $2`,
    values: [person, id],
  });
  return rows[0] ? { ...rows[0], ...wordsOfRule(rows[0].rule) } : null;
}

export interface InboxSummary {
  /** Unread items among the `INBOX_HORIZON` newest; older ones are in the list. */
  unread: number;
  /** Unread items by kind; kinds without any are left out. */
  byKind: Partial<Record<InboxKind, number>>;
  /** Whether the inbox reaches the horizon, so that there may be more unread items than were counted. */
  more: boolean;
}

/** A count beside a bell is asked with every screen: it looks at so many items, however many years the inbox holds. */
export const INBOX_HORIZON = 1_000;

/** How much of a person's inbox is unread, within the scope of `tx`. */
export async function inboxSummary(tx: PoolClient, person: string): Promise<InboxSummary> {
  const values: unknown[] = [person];
  const items = await itemsFrom(tx, [], INBOX_HORIZON, values);
  const { rows } = await tx.query<{ kind: InboxKind; n: number; unread: number }>(
    `SELECT i.kind, count(*)::int AS n, count(*) FILTER (WHERE r.item_id IS NULL)::int AS unread
     FROM ${items} i LEFT JOIN deadlines.inbox_reads r ON r.item_id = i.id AND r.person = $1 GROUP BY i.kind`,
    values,
  );
  return {
    unread: rows.reduce((sum, { unread }) => sum + unread, 0),
    byKind: Object.fromEntries(rows.filter(({ unread }) => unread > 0).map(({ kind, unread }) => [kind, unread])),
    more: rows.reduce((sum, { n }) => sum + n, 0) === INBOX_HORIZON,
  };
}

/** Ids of a person's unread items up to a moment (RFC 3339) within the scope of `tx`, at most `limit`. */
export async function unreadUntil(tx: PoolClient, person: string, until: string, limit: number): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(
    `SELECT i.id FROM deadlines.inbox i WHERE i.at <= $2::timestamptz
       AND NOT EXISTS (SELECT FROM deadlines.inbox_reads r WHERE r.item_id = i.id AND r.person = $1) LIMIT $3`,
    [person, until, limit],
  );
  return rows.map(({ id }) => id);
}

/** Note that a person has read items that it may see; those noted before keep their time. */
export async function noteRead(pool: Pool, person: string, ids: readonly string[]): Promise<void> {
  await pool.query(
    `INSERT INTO deadlines.inbox_reads (person, item_id, read_at)
     SELECT $1, id, statement_timestamp() FROM unnest($2::uuid[]) AS id ON CONFLICT DO NOTHING`,
    [person, ids],
  );
}

/** Deadlines that moved since a moment, as the digest tells them. */
export interface MovedSummary {
  count: number;
  /** The most recent ones. */
  items: { matterNumber: string | null; unitCode: string | null; rule: string; moved: MovedByLaw }[];
}

/** Deadlines that moved after `sinceSql`, within the scope of `tx`; at most `limit` of them by name. */
export async function movedSince(tx: PoolClient, sinceSql: string, limit: number): Promise<MovedSummary> {
  const { rows } = await tx.query<MovedSummary['items'][number] & { count: number }>(
    `SELECT count(*) OVER ()::int AS count, i.matter_number AS "matterNumber", i.unit_code AS "unitCode", i.rule, i.moved
     FROM deadlines.inbox i WHERE i.kind = 'moved' AND i.at > ${sinceSql} ORDER BY i.at DESC, i.id LIMIT $1`,
    [limit],
  );
  return { count: rows[0]?.count ?? 0, items: rows.map(({ count: _count, ...item }) => item) };
}
