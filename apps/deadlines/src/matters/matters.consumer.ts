import { TOPIC_NAMES } from '@app/contracts';
import { afterCommit } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import type { PoolClient } from 'pg';
import { ladderOf } from '../alerts/ladder.js';
import { type DutiesOfMatter, dutiesOf } from '../obligations/duties-of-matter.js';
import { type ObligationRow, obligationRow } from '../obligations/obligation-rows.js';
import { allRowsByIndex } from './all-rows-by-index.js';
import { factOfEvent, type MatterKind, type RecordedFact } from './facts-of-events.js';
import { type Matter, type MatterFacts, matterOf } from './matter-facts.js';

interface ChangedMatter {
  matter: Matter;
  facts: MatterFacts;
  duties: DutiesOfMatter;
  /** Whether it was there before this batch: only then can it have rows that must go. */
  known: boolean;
  /** When the newest of this batch's facts was recorded (RFC 3339): what the matter says now, it said from then on. */
  recordedAt: string;
}

/** What a batch adds to one matter. */
interface Arriving {
  kind: MatterKind;
  facts: [key: string, fact: RecordedFact][];
  recordedAt: string;
}

/**
 * Keeps the facts of every matter and what is owed for it. Facts are a set and the rows are a function of the set: the
 * order in which two services' events arrive, the size of the batches and a second delivery leave no trace.
 *
 * @param onChanged called after the commit of a batch that changed obligations
 */
export function mattersConsumer(onChanged: () => void): Consumer {
  return {
    name: 'deadlines.matters',
    topics: [TOPIC_NAMES.crimeTips, TOPIC_NAMES.extensionRequests, TOPIC_NAMES.criminalCases],
    async handle(batch, tx) {
      const changed = await mergeFacts(batch, tx);
      if (changed.length === 0) return;
      await writeMatters(changed, tx);
      await writeObligations(changed, tx);
      if (!afterCommit(tx, onChanged)) onChanged();
    },
  };
}

/** The matters whose set of facts this batch enlarges, with the whole set. */
async function mergeFacts(batch: readonly DeliveredEvent[], tx: PoolClient): Promise<ChangedMatter[]> {
  const arriving = new Map<string, Arriving>();
  for (const event of batch) {
    const found = factOfEvent(event);
    if (!found) continue;
    const matter = arriving.get(found.matterId);
    const { recordedAt } = event.meta;
    if (matter) {
      matter.facts.push([found.key, found.fact]);
      if (Date.parse(recordedAt) > Date.parse(matter.recordedAt)) matter.recordedAt = recordedAt;
    } else {
      arriving.set(found.matterId, { kind: found.matterKind, facts: [[found.key, found.fact]], recordedAt });
    }
  }
  if (arriving.size === 0) return [];
  await allRowsByIndex(tx);
  const { rows } = await tx.query<{ matter_id: string; facts: MatterFacts }>({
    name: 'deadlines-matters-known',
    text: `SELECT matter_id, facts FROM deadlines.matters WHERE matter_id = ANY($1::uuid[])`,
    values: [[...arriving.keys()]],
  });
  const known = new Map(rows.map(({ matter_id, facts }) => [matter_id, facts]));
  const changed: ChangedMatter[] = [];
  for (const [id, { kind, facts: added, recordedAt }] of arriving) {
    const before = known.get(id);
    const fresh = before ? added.filter(([key]) => !(key in before)) : added;
    if (fresh.length === 0) continue;
    const facts = { ...before, ...Object.fromEntries(fresh) };
    const matter = matterOf(id, kind, facts);
    changed.push({ matter, facts, duties: dutiesOf(matter, { why: false }), known: before !== undefined, recordedAt });
  }
  return changed;
}

async function writeMatters(changed: readonly ChangedMatter[], tx: PoolClient): Promise<void> {
  const rows = changed.map(({ matter, facts, duties }) => ({
    matter_id: matter.id,
    matter_kind: matter.kind,
    matter_number: matter.number,
    unit_code: matter.unitCode,
    supervised_by: matter.supervisedBy,
    received_by: matter.receivedBy,
    facts,
    set_aside: duties.setAside,
  }));
  await tx.query({
    name: 'deadlines-matters-write',
    text: `
      INSERT INTO deadlines.matters AS m
        (matter_id, matter_kind, matter_number, unit_code, supervised_by, received_by, facts, set_aside)
      SELECT matter_id, matter_kind, matter_number, unit_code, supervised_by, received_by, facts, set_aside
      FROM json_to_recordset($1) AS r(matter_id uuid, matter_kind text, matter_number text, unit_code text,
        supervised_by text, received_by text, facts jsonb, set_aside jsonb)
      ON CONFLICT (matter_id) DO UPDATE SET matter_number = excluded.matter_number, unit_code = excluded.unit_code,
        supervised_by = excluded.supervised_by, received_by = excluded.received_by, facts = excluded.facts,
        set_aside = excluded.set_aside`,
    values: [JSON.stringify(rows)],
  });
}

/** One statement for the whole batch: rows that did not change are not rewritten, timers follow what moved. */
async function writeObligations(changed: readonly ChangedMatter[], tx: PoolClient): Promise<void> {
  const rows = changed.flatMap(({ matter, duties, recordedAt }) =>
    duties.obligations.map((obligation) => {
      const row = obligationRow(matter, obligation);
      // Only what is open has a ladder: an import of years of decided matters sets no alert.
      return row.state === 'open' ? { ...row, ladder: ladderOf(obligation), recorded_at: recordedAt } : row;
    }),
  );
  await tx.query({
    name: 'deadlines-obligations-write',
    text: WRITE_OBLIGATIONS,
    values: [JSON.stringify(rows), changed.filter(({ known }) => known).map(({ matter }) => matter.id)],
  });
}

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
