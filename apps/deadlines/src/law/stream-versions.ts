import type { PoolClient } from 'pg';

/** The newest version of each of these streams of the service's own log; 0 for one that has no event yet. */
export async function streamVersions(tx: PoolClient, streams: readonly string[]): Promise<Map<string, number>> {
  if (streams.length === 0) return new Map();
  const { rows } = await tx.query<{ stream: string; version: number | null }>(
    `SELECT asked.stream, (SELECT e.version FROM deadlines.events e WHERE e.stream = asked.stream
       ORDER BY e.version DESC LIMIT 1) AS version
     FROM unnest($1::text[]) AS asked(stream)`,
    [[...new Set(streams)]],
  );
  return new Map(rows.map(({ stream, version }) => [stream, version ?? 0]));
}
