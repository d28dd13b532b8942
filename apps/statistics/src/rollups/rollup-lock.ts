import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';

/** Facts whose rollups are kept. */
export type FactsTable = 'tip_facts' | 'case_facts';

/** Where a filler has come to: facts up to this id are in the rollups, the others are not. */
export interface Backlog {
  filledUpTo: string;
}

export const backlogTable = (facts: FactsTable): string => `${facts === 'tip_facts' ? 'tip' : 'case'}_rollup_backlog`;

/**
 * Hold the rollups for this transaction: `shared` beside other consumers, `alone` to fill them or to move groups.
 * Taken by a statement of its own, so that the next one sees what the transaction before has committed.
 */
export async function holdRollups(tx: PoolClient, schema: string, how: 'shared' | 'alone'): Promise<void> {
  await tx.query({
    name: `rollups-${how}`,
    text: `SELECT ${how === 'alone' ? 'pg_advisory_xact_lock' : 'pg_advisory_xact_lock_shared'}(hashtext('tinbao.rollups'), hashtext($1))`,
    values: [schema],
  });
}

/** What of the facts is not yet in the rollups; null when everything is. */
export async function backlogOf(tx: PoolClient, schema: string, facts: FactsTable): Promise<Backlog | null> {
  const { rows } = await tx.query<Backlog>(
    `SELECT filled_up_to::text AS "filledUpTo" FROM ${identifier(schema)}.${backlogTable(facts)}`,
  );
  return rows[0] ?? null;
}
