import { inTransaction } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';

/** Role that read-side transactions run as; row-level security applies to it. */
export const APP_ROLE = 'tinbao_app';

/** Scope roots: the subtrees of these units; `['*']` = everything; `[]` = nothing. */
export interface UnitScope {
  units: readonly string[];
}

/** The value of `app.units` for a scope. @throws RangeError on a code that would not be one in the list */
export function scopeSetting({ units }: UnitScope): string {
  for (const unit of units) {
    if (unit !== '*' && !/^[A-Z0-9-]{1,40}$/.test(unit)) throw new RangeError('not a unit code');
  }
  return units.includes('*') ? '*' : units.join(',');
}

export interface ScopeOptions {
  /** All statements see the same moment; otherwise each sees what is committed when it starts. */
  isSnapshot?: boolean;
  /** Named statements keep the plan of their first use whatever their values: for those that read few rows by an index. */
  isPlannedOnce?: boolean;
}

/**
 * Run reads in one read-only transaction that sees only the rows of a scope: role and scope are set for this
 * transaction alone, so a pooled connection carries neither into the next one.
 */
export function inScope<T>(
  pool: Pool,
  scope: UnitScope,
  fn: (tx: PoolClient) => Promise<T>,
  options: ScopeOptions = {},
): Promise<T> {
  // All in the round trip of BEGIN.
  const settings = {
    ...(options.isSnapshot ? { transaction_isolation: 'repeatable read' } : {}),
    transaction_read_only: 'on',
    role: APP_ROLE,
    'app.units': scopeSetting(scope),
    ...(options.isPlannedOnce ? { plan_cache_mode: 'force_generic_plan' } : {}),
  };
  return inTransaction(pool, fn, { settings });
}

/** Let the transaction at hand see and write every unit's rows: for projections, reactions and commands. */
export async function seeAllUnits(tx: PoolClient): Promise<void> {
  await tx.query(`SELECT set_config('app.units', '*', true)`);
}

/** Run work in one transaction over all units' rows, as the service's own role: for writers, never for a reader's request. */
export function asSystem<T>(pool: Pool, fn: (tx: PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (tx) => {
    await seeAllUnits(tx);
    return fn(tx);
  });
}
