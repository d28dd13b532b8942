import { identifier } from '@app/event-store';
import { asSystem } from '@app/security';
import type { Pool } from 'pg';
import type { CaseFacts } from '../matters/case-facts.js';
import type { TipFacts } from '../matters/tip-facts.js';
import { addCase, addTip } from './contributions.js';
import { backlogOf, backlogTable, holdRollups } from './rollup-lock.js';
import type { FactsTable } from './rollup-lock.js';
import { CASE_ROLLUP, TIP_ROLLUP } from './rollup-tables.js';
import { RollupSums } from './rollup-sums.js';
import { addSums } from './rollup-writer.js';

const CHUNK = 2_000;

/**
 * Add facts that were there before the rollups, in order of their ids, a chunk a transaction, beside the consumers that
 * go on: they change the rollups only for what has been added already. Returns when nothing is left, or `signal` says so.
 * @returns how many facts were added
 */
export async function fillRollups(pool: Pool, schema: string, signal?: AbortSignal): Promise<number> {
  let filled = 0;
  for (const facts of ['tip_facts', 'case_facts'] as const) {
    for (;;) {
      if (signal?.aborted) return filled;
      const added = await fillChunk(pool, schema, facts);
      if (added === null) break;
      filled += added;
    }
  }
  return filled;
}

/** @returns how many facts were added; null when there was nothing to do any more */
async function fillChunk(pool: Pool, schema: string, facts: FactsTable): Promise<number | null> {
  const s = identifier(schema);
  const key = facts === 'tip_facts' ? 'tip_id' : 'case_id';
  return asSystem(pool, async (tx) => {
    await holdRollups(tx, schema, 'alone');
    const backlog = await backlogOf(tx, schema, facts);
    if (!backlog) return null;
    const { rows } = await tx.query<{ id: string; row: TipFacts | CaseFacts }>(
      `SELECT ${key}::text AS id, row_to_json(f) AS row FROM ${s}.${facts} f WHERE ${key} > $1::uuid ORDER BY ${key} LIMIT ${CHUNK}`,
      [backlog.filledUpTo],
    );
    const sums = new RollupSums(facts === 'tip_facts' ? TIP_ROLLUP : CASE_ROLLUP);
    for (const { row } of rows) {
      if (facts === 'tip_facts') addTip(sums, row as TipFacts, 1);
      else addCase(sums, row as CaseFacts, 1);
    }
    await addSums(tx, schema, sums);
    const last = rows.at(-1);
    if (last && rows.length === CHUNK) {
      await tx.query(`UPDATE ${s}.${backlogTable(facts)} SET filled_up_to = $1`, [last.id]);
    } else {
      await tx.query(`DELETE FROM ${s}.${backlogTable(facts)}`);
    }
    return rows.length;
  });
}
