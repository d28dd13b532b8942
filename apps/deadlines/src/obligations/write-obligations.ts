import { copyRows } from '@app/event-store';
import type { PoolClient } from 'pg';
import { ladderOf } from '../alerts/ladder.js';
import type { Matter } from '../matters/matter-facts.js';
import type { DutiesOfMatter } from './duties-of-matter.js';
import { type ObligationRow, obligationRow } from './obligation-rows.js';

/** One matter whose duties are to be written. */
export interface MatterDuties {
  matter: Matter;
  duties: DutiesOfMatter;
  /** Whether it was there before: only then can it have rows that must go. */
  known: boolean;
  /** When the newest of its facts was recorded (RFC 3339): what the matter says now, it said from then on. */
  recordedAt: string;
}

/** When a deadline was known: its facts were here, and the law that it goes by was published. */
function knownFrom(recordedAt: string, { superseded }: DutiesOfMatter['obligations'][number]): string {
  const moved = superseded.findLast(({ law }) => law);
  return moved && Date.parse(moved.at) > Date.parse(recordedAt) ? moved.at : recordedAt;
}

/** One statement for the whole batch: rows that did not change are not rewritten, timers follow what moved. */
export async function writeObligations(changed: readonly MatterDuties[], tx: PoolClient): Promise<void> {
  const rows = changed.flatMap(({ matter, duties, recordedAt }) =>
    duties.obligations.map((obligation) => {
      const row = obligationRow(matter, obligation);
      // Only what is open has a ladder: an import of years of decided matters sets no alert.
      if (row.state !== 'open') return row;
      return { ...row, ladder: ladderOf(obligation), recorded_at: knownFrom(recordedAt, obligation) };
    }),
  );
  await tx.query({
    name: 'deadlines-obligations-write',
    text: WRITE_OBLIGATIONS,
    values: [JSON.stringify(rows), changed.filter(({ known }) => known).map(({ matter }) => matter.id)],
  });
}

/**
 * The same for matters of which no row is here yet, as a rebuild meets them: nothing can have changed, so rows are only
 * added, several times as fast.
 */
export async function addObligations(added: readonly MatterDuties[], tx: PoolClient): Promise<void> {
  const { rows: clock } = await tx.query<{ oldest: Date }>(`SELECT statement_timestamp() - ${OLDEST_ALERT} AS oldest`);
  const oldest = (clock[0] as { oldest: Date }).oldest.getTime();
  const rows: ObligationRow[] = [];
  const timers: { obligation_id: string; rung: string; fires_at: string }[] = [];
  for (const { matter, duties, recordedAt } of added) {
    for (const obligation of duties.obligations) {
      const row = obligationRow(matter, obligation);
      rows.push(row);
      if (row.breach_at !== null) timers.push({ obligation_id: row.id, rung: 'breach', fires_at: row.breach_at });
      if (row.state !== 'open') continue;
      const ahead = Math.max(Date.parse(knownFrom(recordedAt, obligation)), oldest);
      for (const { rung, at } of ladderOf(obligation)) {
        if (Date.parse(at) >= ahead) timers.push({ obligation_id: row.id, rung, fires_at: at });
      }
    }
  }
  await copyRows(
    tx,
    'deadlines.obligations',
    COLUMNS.map((name) => ({ name, type: COLUMN_TYPES[name as keyof ObligationRow] })),
    rows as unknown as Record<string, unknown>[],
  );
  if (timers.length > 0) await copyRows(tx, 'deadlines.timers', TIMER_COLUMNS, timers);
}

const TIMER_COLUMNS = [
  { name: 'obligation_id', type: 'uuid' },
  { name: 'rung', type: 'deadlines.rung' },
  { name: 'fires_at', type: 'timestamptz' },
];

const COLUMN_TYPES: Readonly<Record<keyof ObligationRow, string>> = {
  id: 'uuid',
  matter_id: 'uuid',
  matter_kind: 'text',
  matter_number: 'text',
  unit_code: 'text',
  supervised_by: 'text',
  received_by: 'text',
  key: 'text',
  rule: 'text',
  owed_by: 'text',
  trigger_type: 'text',
  runs_from: 'text',
  nominal: 'text',
  safe_by: 'text',
  due: 'text',
  latest_arguable: 'text',
  request_by: 'text',
  state: 'text',
  done_at: 'text',
  cancelled_at: 'text',
  generation: 'integer',
  superseded: 'jsonb',
  due_on: 'date',
  late_from: 'timestamptz',
  breach_at: 'timestamptz',
};
const COLUMNS = Object.keys(COLUMN_TYPES);

/**
 * Rungs that passed longer ago than this are never told, whatever the reason: so long a service may be down, and a
 * rebuild, which meets matters half told, does not raise what is years old.
 */
const OLDEST_ALERT = `interval '7 days'`;

// ARRAY(…) instead of joins with the large tables: see allRowsByIndex.
const WRITE_OBLIGATIONS = `
  WITH incoming AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1) AS r(${Object.entries(COLUMN_TYPES)
      .map(([name, type]) => `${name} ${type}`)
      .join(', ')}, ladder json, recorded_at timestamptz)
  ), before AS MATERIALIZED (
    SELECT id, state, safe_by, due, breach_at FROM deadlines.obligations WHERE matter_id = ANY($2::uuid[])
  ), removed AS (
    DELETE FROM deadlines.obligations WHERE id = ANY (ARRAY(SELECT id FROM before EXCEPT SELECT id FROM incoming))
    RETURNING id
  ), written AS (
    INSERT INTO deadlines.obligations AS o (${COLUMNS.join(', ')})
    SELECT ${COLUMNS.join(', ')} FROM incoming
    ON CONFLICT (id) DO UPDATE SET ${COLUMNS.slice(1)
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')}
    WHERE (${COLUMNS.map((name) => `o.${name}`).join(', ')})
      IS DISTINCT FROM (${COLUMNS.map((name) => `excluded.${name}`).join(', ')})
    RETURNING o.id, o.state, o.safe_by, o.due, o.breach_at
  ), moved AS MATERIALIZED (
    SELECT written.id, written.breach_at, before.id IS NOT NULL AS known
    FROM written LEFT JOIN before ON before.id = written.id
    WHERE before.id IS NULL OR (written.state, written.safe_by, written.due, written.breach_at)
      IS DISTINCT FROM (before.state, before.safe_by, before.due, before.breach_at)
  ), wanted AS MATERIALIZED (
    SELECT id, 'breach'::deadlines.rung AS rung, breach_at AS at, true AS ahead FROM moved WHERE breach_at IS NOT NULL
    UNION ALL
    -- A rung that lies before its deadline was recorded was never ahead of anybody: imported history raises no alert.
    SELECT i.id, step.rung, step.at, step.at >= greatest(i.recorded_at, statement_timestamp() - ${OLDEST_ALERT})
    FROM incoming i, json_to_recordset(i.ladder) AS step(rung deadlines.rung, at timestamptz)
    WHERE i.ladder IS NOT NULL AND i.id IN (SELECT id FROM moved)
  ), cancelled AS (
    DELETE FROM deadlines.timers t
    WHERE t.obligation_id = ANY (ARRAY(SELECT id FROM moved WHERE known UNION ALL SELECT id FROM removed))
      AND NOT EXISTS (SELECT FROM wanted w WHERE w.id = t.obligation_id AND w.rung = t.rung
        AND (w.ahead OR w.at = t.fires_at))
  )
  INSERT INTO deadlines.timers AS t (obligation_id, rung, fires_at)
  SELECT id, rung, at FROM wanted WHERE ahead
  ON CONFLICT (obligation_id, rung) DO UPDATE SET fires_at = excluded.fires_at`;
