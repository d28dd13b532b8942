import { type CursorValue, type Page } from '@app/http';
import { fewUnitsBelow, fewUnitsInScope, rowsOfUnits } from '@app/security';
import type { PoolClient } from 'pg';
import type { MatterKind } from '../matters/facts-of-events.js';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import { DATABASE_NOW } from '../timers/deadline-timers.js';
import type { FactSetAside } from './duties-of-matter.js';

export const OBLIGATION_STATUSES = ['open', 'done', 'breached', 'cancelled'] as const;
export type ObligationStatus = (typeof OBLIGATION_STATUSES)[number];

/** An obligation as stored, with its status at the moment of reading. */
export interface ObligationView {
  id: string;
  matterId: string;
  matterNumber: string | null;
  matterKind: MatterKind;
  unitCode: string | null;
  supervisedBy: string | null;
  key: string;
  rule: string;
  owedBy: string;
  trigger: string;
  from: string;
  nominal: string;
  safeBy: string;
  due: string;
  latestArguable: string;
  requestBy: string | null;
  status: ObligationStatus;
  doneAt: string | null;
  generation: number;
  superseded: unknown[];
  /** Sort value: the instant from which it is late in every reading, as text with microseconds. */
  lateFrom: string;
}

export interface ObligationFilter {
  /** The unit and all below it, as responsible body or as supervising procuracy. */
  unit?: string | undefined;
  owedBy?: string | undefined;
  status?: ObligationStatus | undefined;
  /** `open`: not done and not fallen away, be it late or not. */
  state?: 'open' | undefined;
  /** Legal day: due on an earlier day. */
  dueBefore?: string | undefined;
  matterKind?: MatterKind | undefined;
}

/** Breached = open after its last arguable moment, or done or fallen away after it; told by the database's clock. */
const STATUS_SQL = `CASE WHEN breach_at < ${DATABASE_NOW} THEN 'breached' ELSE state END`;

// Written so that PostgreSQL can use the small partial indexes of open and of late rows.
const STATUS_CONDITIONS: Readonly<Record<ObligationStatus, string>> = {
  open: `t.state = 'open' AND t.late_from >= ${DATABASE_NOW}`,
  done: `t.state = 'done' AND t.breach_at IS NULL`,
  breached: `t.breach_at IS NOT NULL AND t.late_from < ${DATABASE_NOW}`,
  cancelled: `t.state = 'cancelled' AND t.breach_at IS NULL`,
};

const VIEW_COLUMNS = `id, matter_id AS "matterId", matter_number AS "matterNumber", matter_kind AS "matterKind",
  unit_code AS "unitCode", supervised_by AS "supervisedBy", key, rule, owed_by AS "owedBy", trigger_type AS trigger,
  runs_from AS "from", nominal, safe_by AS "safeBy", due, latest_arguable AS "latestArguable",
  request_by AS "requestBy", ${STATUS_SQL} AS status, done_at AS "doneAt", generation, superseded,
  to_char(late_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "lateFrom"`;

/** How a duty is a unit's: the body responsible, or the procuracy that supervises it. Each has its index. */
const homesOfUnit = (unit: string): string[] => [`t.unit_code = ${unit}`, `t.supervised_by = ${unit}`];
/** How it comes into a unit's sight: these ways, or because the unit had received the matter. */
const homesInScope = (unit: string): string[] => [
  ...homesOfUnit(unit),
  `t.received_by = ${unit} AND t.received_by <> t.unit_code`,
];

const BELOW = (parameter: string): string =>
  `(t.unit_code IN (SELECT code FROM deadlines.unit_closure WHERE ancestor = ${parameter})
    OR t.supervised_by IN (SELECT code FROM deadlines.unit_closure WHERE ancestor = ${parameter}))`;

/** FROM item with the duties of a scope, or of a unit within it, that fulfil the conditions. */
async function dutiesFrom(
  tx: PoolClient,
  read: { unit: string | undefined; where: string[]; limit?: number },
  add: (value: unknown) => string,
): Promise<string> {
  const { unit, where, limit } = read;
  const asked = unit === undefined ? null : await fewUnitsBelow(tx, SCHEMA, unit);
  if (unit !== undefined && asked === null) where.push(BELOW(add(unit)));
  return rowsOfUnits({
    table: `${SCHEMA}.obligations`,
    where,
    columns: ['late_from', 'id'],
    direction: 'ASC',
    ...(limit === undefined ? {} : { limit }),
    units: asked ?? (await fewUnitsInScope(tx, SCHEMA)),
    homes: asked ? homesOfUnit : homesInScope,
    add,
  });
}

/** One page of obligations, the one that becomes late first at the top; one row more than asked for. */
export async function obligationPage(tx: PoolClient, filter: ObligationFilter, page: Page): Promise<ObligationView[]> {
  const values: unknown[] = [];
  const where: string[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  if (filter.owedBy !== undefined) where.push(`t.owed_by = ${bind(filter.owedBy)}`);
  if (filter.status !== undefined) where.push(STATUS_CONDITIONS[filter.status]);
  if (filter.state !== undefined) where.push(`t.state = ${bind(filter.state)}`);
  if (filter.dueBefore !== undefined) where.push(`t.due_on < ${bind(filter.dueBefore)}::date`);
  if (filter.matterKind !== undefined) where.push(`t.matter_kind = ${bind(filter.matterKind)}`);
  if (page.after) {
    const [lateFrom, id] = page.after;
    where.push(`(t.late_from, t.id) > (${bind(lateFrom)}::timestamptz, ${bind(id)}::uuid)`);
  }
  const duties = await dutiesFrom(tx, { unit: filter.unit, where, limit: page.limit + 1 }, bind);
  const { rows } = await tx.query<ObligationView>(`SELECT ${VIEW_COLUMNS} FROM ${duties} t`, values);
  return rows;
}

/** Values that the next page continues after, in the order of the list. */
export function obligationSortValues({ lateFrom, id }: ObligationView): CursorValue[] {
  return [lateFrom, id];
}

/** What is owed for one matter, and facts that could not be reckoned with. */
export interface MatterObligations {
  rows: ObligationView[];
  setAside: FactSetAside[];
}

/** All obligations of one matter, in the order of due; null when it is unknown or not for this reader to see. */
export async function obligationsOfMatter(
  tx: PoolClient,
  matterId: string,
  kind: MatterKind,
): Promise<MatterObligations | null> {
  const { rows: matters } = await tx.query<{ set_aside: FactSetAside[] }>(
    `SELECT set_aside FROM deadlines.matters WHERE matter_id = $1 AND matter_kind = $2 AND unit_code IS NOT NULL`,
    [matterId, kind],
  );
  if (!matters[0]) return null;
  const { rows } = await tx.query<ObligationView>(
    `SELECT ${VIEW_COLUMNS} FROM deadlines.obligations WHERE matter_id = $1 ORDER BY due_on, late_from, key`,
    [matterId],
  );
  return { rows, setAside: matters[0].set_aside };
}

export interface ObligationSummary {
  /** Open and past the last arguable moment. */
  overdue: number;
  /** Running, its due day today (or passed, while a later reading still stands). */
  dueToday: number;
  /** Running, due today or within the next 3 days. */
  dueIn3: number;
  /** Running, due today or within the next 5 days. */
  dueIn5: number;
  /** Running, by due day: today and the 14 days after it, days without any included. */
  dueIn14: { day: string; count: number }[];
}

/** Open obligations by urgency, in legal days of Asia/Ho_Chi_Minh. */
export async function obligationSummary(tx: PoolClient, unit: string | undefined): Promise<ObligationSummary> {
  const values: unknown[] = [];
  const duties = await dutiesFrom(
    tx,
    { unit, where: [`t.state = 'open'`, `t.late_from < ${DATABASE_NOW} + interval '40 days'`] },
    (value) => `$${values.push(value)}`,
  );
  const { rows } = await tx.query<ObligationSummary>(
    `WITH clock AS MATERIALIZED (
       SELECT ${DATABASE_NOW} AS now, (${DATABASE_NOW} AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS today
     ), running AS MATERIALIZED (
       SELECT greatest(due_on, today) AS day, late_from < now AS late, count(*)::int AS n
       FROM ${duties} duties, clock GROUP BY 1, 2
     )
     SELECT coalesce(sum(n) FILTER (WHERE late), 0)::int AS overdue,
       coalesce(sum(n) FILTER (WHERE NOT late AND day = today), 0)::int AS "dueToday",
       coalesce(sum(n) FILTER (WHERE NOT late AND day <= today + 3), 0)::int AS "dueIn3",
       coalesce(sum(n) FILTER (WHERE NOT late AND day <= today + 5), 0)::int AS "dueIn5",
       (SELECT json_agg(json_build_object('day', d::date, 'count', coalesce(r.n, 0)) ORDER BY d)
        FROM generate_series((SELECT today FROM clock), (SELECT today + 14 FROM clock), interval '1 day') AS d
        LEFT JOIN running r ON r.day = d::date AND NOT r.late) AS "dueIn14"
     FROM clock LEFT JOIN running ON true`,
    values,
  );
  return rows[0] as ObligationSummary;
}
