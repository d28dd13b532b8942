import type { PoolClient } from 'pg';

/**
 * The next keys of a table after one, wherever the rows lie that are looked at: so a batch stays short also where few of many
 * rows concern it.
 *
 * @param table with its schema
 * @param key a column of type uuid with an index
 * @returns the last of at most `limit` keys, null when there is none left; and whether there may be more
 */
export async function nextKeys(
  tx: PoolClient,
  { table, key }: { table: string; key: string },
  after: string | null,
  limit: number,
): Promise<{ last: string | null; isMore: boolean }> {
  const { rows } = await tx.query<{ last: string | null; count: number }>(
    `SELECT max(id::text) AS last, count(*)::int AS count FROM (
       SELECT ${key} AS id FROM ${table} WHERE ($1::uuid IS NULL OR ${key} > $1) ORDER BY ${key} LIMIT $2) AS k`,
    [after, limit],
  );
  const { last, count } = rows[0]!;
  return { last, isMore: count === limit };
}
