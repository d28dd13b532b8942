import { TOPIC_NAMES } from '@app/contracts';
import { afterCommit, identifier } from '@app/event-store';
import { PUBLICATION_EVENTS } from '@app/legal-time-limits';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import type { PoolClient } from 'pg';
import { holdLawAlone, noteLawChange } from './published-law.js';

const PUBLICATIONS: ReadonlySet<string> = new Set(Object.values(PUBLICATION_EVENTS));

/**
 * Keeps a service's copy of the published law (`<schema>.law_versions`), and queues its read models to be calculated again.
 *
 * @param models names of the read models that follow from the law (`RecomputedModel.name`)
 * @param onPublished called after the commit of a new version
 */
export function publishedLawConsumer(
  schema: string,
  models: readonly string[],
  onPublished: () => void = () => undefined,
): Consumer {
  const told = (): void => {
    noteLawChange(schema);
    onPublished();
  };
  return {
    name: `${schema}.law`,
    topics: [TOPIC_NAMES.lawVersions],
    async handle(batch, tx) {
      if (!batch.some(({ type }) => PUBLICATIONS.has(type))) return;
      await holdLawAlone(tx, schema);
      const added = await writeVersions(schema, batch, tx);
      if (added.length === 0) return;
      await queue(schema, models, added, tx);
      // Another carrier's transaction cannot be listened to; readers then notice within a second or two.
      afterCommit(tx, told);
    },
    rebuild: {
      tables: ['law_versions'],
      handle: async (batch, tx) => void (await writeVersions(schema, batch, tx)),
      beforeSwap: async (tx, { live, shadow }) => {
        await holdLawAlone(tx, schema);
        // Another law than was known: it counts from the first version that one side does not know.
        const since = await differentSince(tx, live, shadow);
        if (since !== null) await queue(schema, models, [{ number: 0, since }], tx);
      },
      afterSwap: async (tx) => void afterCommit(tx, told),
    },
  };
}

async function differentSince(tx: PoolClient, live: string, shadow: string): Promise<string | null> {
  const side = (schema: string): string =>
    `SELECT number, event_id, data->>'publishedAt' AS since FROM ${identifier(schema)}.law_versions`;
  const { rows } = await tx.query<{ since: string | null }>(
    `SELECT min(since::timestamptz)::text AS since FROM (
       (${side(live)} EXCEPT ${side(shadow)}) UNION ALL (${side(shadow)} EXCEPT ${side(live)})) AS one_side`,
  );
  return rows[0]?.since ?? null;
}

/** What is followed: a version, and the moment from which it counts (RFC 3339). */
interface Added {
  number: number;
  since: string;
}

/** @returns the versions that were not there */
async function writeVersions(schema: string, batch: readonly DeliveredEvent[], tx: PoolClient): Promise<Added[]> {
  const rows = batch
    .filter(({ type }) => PUBLICATIONS.has(type))
    .map(({ id, type, data }) => ({ number: (data as { lawNumber?: unknown }).lawNumber, event_id: id, type, data }));
  if (rows.length === 0) return [];
  const s = identifier(schema);
  const written = await tx.query<Added>(
    `INSERT INTO ${s}.law_versions (number, event_id, type, data)
     SELECT number, event_id, type, data
     FROM json_to_recordset($1) AS r(number integer, event_id uuid, type text, data jsonb)
     ON CONFLICT (number) DO NOTHING RETURNING number, data->>'publishedAt' AS since`,
    [JSON.stringify(rows)],
  );
  return written.rows;
}

/** From their beginning, by the newest version; what was begun for an older one is finished by it. */
async function queue(
  schema: string,
  models: readonly string[],
  added: readonly Added[],
  tx: PoolClient,
): Promise<void> {
  await tx.query(
    `UPDATE ${identifier(schema)}.law_recomputes SET reached = NULL WHERE finished_at IS NULL AND model = ANY ($1)`,
    [models],
  );
  await tx.query(
    `INSERT INTO ${identifier(schema)}.law_recomputes AS known (model, law_number, since)
     SELECT model, number, since FROM unnest($1::text[]) AS m(model)
       CROSS JOIN json_to_recordset($2) AS n(number integer, since timestamptz)
     ON CONFLICT (model, law_number) DO UPDATE SET reached = NULL, looked_at = 0, changed = 0, queued_at = now(),
       finished_at = NULL,
       since = CASE WHEN known.finished_at IS NULL THEN least(known.since, excluded.since) ELSE excluded.since END`,
    [models, JSON.stringify(added)],
  );
}
