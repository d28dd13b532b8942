import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { identifier } from './database.js';

export interface Migration {
  /** Unique within the schema; never changes once released, nor does the SQL. */
  id: string;
  sql: string;
}

/** A released migration's SQL differs from what this database ran. */
export class MigrationChanged extends Error {
  readonly code = 'MigrationChanged';
  constructor(
    readonly schema: string,
    readonly migrationId: string,
  ) {
    super(`migration ${migrationId} of schema ${schema} was edited after it had run: add a new one instead`);
    this.name = 'MigrationChanged';
  }
}

/**
 * Bring `schema` up to date: make it when missing and run, in the given order, the migrations it has not yet run, each
 * in its own transaction and recorded in `<schema>.migrations`. Running it again changes nothing; processes that do it
 * at the same time wait for each other.
 *
 * @returns ids of the migrations that ran now
 * @throws MigrationChanged
 */
export async function migrate(pool: Pool, schema: string, migrations: readonly Migration[]): Promise<string[]> {
  const name = identifier(schema);
  const seen = new Set<string>();
  for (const { id } of migrations) {
    if (seen.has(id)) throw new RangeError(`two migrations of schema ${schema} are called ${id}`);
    seen.add(id);
  }
  const client = await pool.connect();
  try {
    // Another process may be migrating for longer than the pool's timeouts allow; this connection is closed after use.
    await client.query('SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0');
    await client.query(`SELECT pg_advisory_lock(hashtext('tinbao.migrate'), hashtext($1))`, [schema]);
    // CREATE … IF NOT EXISTS may still fail when two sessions make the same name; the lock above excludes that.
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${name}`);
    await client.query(`
      CREATE TABLE IF NOT EXISTS ${name}.migrations (
        id text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const { rows } = await client.query<{ id: string; checksum: string }>(
      `SELECT id, checksum FROM ${name}.migrations`,
    );
    const done = new Map(rows.map(({ id, checksum }) => [id, checksum]));
    const ran: string[] = [];
    for (const { id, sql } of migrations) {
      const checksum = createHash('sha256').update(sql).digest('hex');
      const known = done.get(id);
      if (known !== undefined) {
        if (known !== checksum) throw new MigrationChanged(schema, id);
        continue;
      }
      await client.query('BEGIN');
      try {
        await client.query(sql);
        await client.query(`INSERT INTO ${name}.migrations (id, checksum) VALUES ($1, $2)`, [id, checksum]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      }
      ran.push(id);
    }
    return ran;
  } finally {
    // Closing the connection gives the advisory lock back, also after a failure in the middle.
    client.release(true);
  }
}
