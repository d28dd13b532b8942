import type { RowChange } from '@app/event-store';
import { nextKeys } from '@app/law-book';
import type { RecomputedModel } from '@app/law-book';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/schema.js';
import { backlogOf, holdRollups } from '../rollups/rollup-lock.js';
import type { FactsTable } from '../rollups/rollup-lock.js';
import { addSums } from '../rollups/rollup-writer.js';
import { caseFactsUnder } from './case-facts.js';
import type { CaseFacts } from './case-facts.js';
import { announceChange } from './changes.js';
import { addDifferences, newSums } from './facts-load.js';
import { CASE_FACTS, TIP_FACTS } from './matters.consumers.js';
import type { TipFacts } from './tip-facts.js';
import { tipFactsUnder } from './tip-terms.js';
import { unitsOf } from './units-of-changes.js';

/** Keys passed over or looked at in one transaction; consumers of facts stand still meanwhile. */
const KEYS_A_BATCH = 500;
/** Clocks of services may differ by so much, and a publication may be heard of so late. */
const HEARD_WITHIN_MS = 24 * 3_600_000;

/** After a publication: facts of tips that are not over, or were recorded about then, with their sums. */
export const tipFactsUnderLaw: RecomputedModel = {
  name: TIP_FACTS,
  batchSize: KEYS_A_BATCH,
  batch: (tx, history, { after, limit, since }) => {
    const from = new Date(Date.parse(since) - HEARD_WITHIN_MS).toISOString();
    return refresh<TipFacts>(
      tx,
      { table: 'tip_facts', key: 'tip_id', ended: 'decided_at' },
      { after, limit, from },
      (facts) => tipFactsUnder(facts, history, from),
    );
  },
};

/** The same for the facts of cases. */
export const caseFactsUnderLaw: RecomputedModel = {
  name: CASE_FACTS,
  batchSize: KEYS_A_BATCH,
  batch: (tx, history, { after, limit, since }) => {
    const from = new Date(Date.parse(since) - HEARD_WITHIN_MS).toISOString();
    return refresh<CaseFacts>(
      tx,
      { table: 'case_facts', key: 'case_id', ended: 'decided_at' },
      { after, limit, from },
      (facts) => caseFactsUnder(facts, history),
    );
  },
};

/** Columns that follow from the law. */
const LAWFUL: Readonly<Record<FactsTable, readonly string[]>> = {
  tip_facts: [
    'classified_in_time',
    'classify_breach_at',
    'handled_in_time',
    'term_rule',
    'term_safe_by',
    'term_due',
    'term_latest_arguable',
    'term_breach_at',
    'term_recorded_at',
    'earlier_terms',
  ],
  case_facts: [
    'base_breach_at',
    'term_rule',
    'term_safe_by',
    'term_due',
    'term_latest_arguable',
    'term_breach_at',
    'term_recorded_at',
    'earlier_terms',
  ],
};

async function refresh<Row extends TipFacts | CaseFacts>(
  tx: PoolClient,
  { table, key, ended }: { table: FactsTable; key: 'tip_id' | 'case_id'; ended: string },
  { after, limit, from }: { after: string | null; limit: number; from: string },
  under: (facts: Row) => Row,
): Promise<{ lookedAt: number; changed: number; reached: string | null }> {
  await holdRollups(tx, SCHEMA, 'shared');
  const { last, isMore } = await nextKeys(tx, { table: `${SCHEMA}.${table}`, key }, after, limit);
  if (last === null) return { lookedAt: 0, changed: 0, reached: null };
  const { rows } = await tx.query<{ row: Row & { versions: unknown; last_recorded_at: unknown } }>(
    `SELECT row_to_json(f) AS row FROM ${SCHEMA}.${table} f
     WHERE ($1::uuid IS NULL OR ${key} > $1) AND ${key} <= $2
       AND (${ended} IS NULL OR last_recorded_at >= $3::timestamptz)`,
    [after, last, from],
  );
  const changes = rows.flatMap(({ row }): RowChange<Row>[] => {
    const next = under(row);
    return next === row ? [] : [{ key: (row as unknown as Record<string, string>)[key]!, before: row, after: next }];
  });
  await write(tx, table, key, changes);
  return { lookedAt: rows.length, changed: changes.length, reached: isMore ? last : null };
}

/** The rows, and in the same transaction what the sums then differ by. */
async function write<Row extends TipFacts | CaseFacts>(
  tx: PoolClient,
  table: FactsTable,
  key: string,
  changes: readonly RowChange<Row>[],
): Promise<void> {
  if (changes.length === 0) return;
  await tx.query(
    `UPDATE ${SCHEMA}.${table} AS t SET ${LAWFUL[table].map((name) => `${name} = m.${name}`).join(', ')}
     FROM json_populate_recordset(NULL::${SCHEMA}.${table}, $1) AS m WHERE t.${key} = m.${key}`,
    [JSON.stringify(changes.map(({ after }) => after))],
  );
  const backlog = await backlogOf(tx, SCHEMA, table);
  const sums = newSums(table);
  addDifferences(sums, table, backlog ? changes.filter((one) => (one.key as string) <= backlog.filledUpTo) : changes);
  await addSums(tx, SCHEMA, sums);
  await announceChange(tx, { units: unitsOf(changes), recordedAtMs: 0 });
}
