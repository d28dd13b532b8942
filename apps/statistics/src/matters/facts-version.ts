import type { Migration } from '@app/event-store';
import { identifier } from '@app/event-store';
import { APP_ROLE } from '@app/security';
import type { Pool } from 'pg';

/** One row that every change of facts moves, in its own transaction: equal versions show equal facts and sums. */
export const factsVersionMigration = (schema: string): Migration => ({
  id: 'statistics-0005-facts-version',
  sql: `
    CREATE TABLE ${identifier(schema)}.facts_version (
      singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
      version bigint NOT NULL
    ) WITH (fillfactor = 10);
    INSERT INTO ${identifier(schema)}.facts_version (version) VALUES (0);
    GRANT SELECT ON ${identifier(schema)}.facts_version TO ${APP_ROLE};
  `,
});

/** SQL of the version of the facts and of the tree of units that they are added up by, as text. */
export const factsVersionSql = (schema: string): string => `(
  SELECT f.version || '.' || t.generation
  FROM ${identifier(schema)}.facts_version f, ${identifier(schema)}.unit_tree_generation t)`;

/** The version of what is committed now: one statement, without a transaction around it. */
export async function committedFactsVersion(pool: Pool, schema: string): Promise<string> {
  const { rows } = await pool.query<{ version: string }>({
    name: 'facts-version',
    text: `SELECT ${factsVersionSql(schema)} AS version`,
  });
  return rows[0]!.version;
}
