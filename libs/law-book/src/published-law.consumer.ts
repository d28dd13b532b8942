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
        // Another law than was known: as if all of it had been published after every row.
        if (await areDifferent(tx, live, shadow)) await queue(schema, models, [0], tx);
      },
      afterSwap: async (tx) => void afterCommit(tx, told),
    },
  };
}

async function areDifferent(tx: PoolClient, live: string, shadow: string): Promise<boolean> {
  const side = (schema: string): string => `SELECT number, event_id FROM ${identifier(schema)}.law_versions`;
  const { rowCount } = await tx.query(
    `(${side(live)} EXCEPT ${side(shadow)}) UNION ALL (${side(shadow)} EXCEPT ${side(live)})`,
  );
  return rowCount !== 0;
}

/** @returns numbers of the versions that were not there */
async function writeVersions(schema: string, batch: readonly DeliveredEvent[], tx: PoolClient): Promise<number[]> {
  const rows = batch
    .filter(({ type }) => PUBLICATIONS.has(type))
    .map(({ id, type, data }) => ({ number: (data as { lawNumber?: unknown }).lawNumber, event_id: id, type, data }));
  if (rows.length === 0) return [];
  const s = identifier(schema);
  const written = await tx.query<{ number: number }>(
    `INSERT INTO ${s}.law_versions (number, event_id, type, data)
     SELECT number, event_id, type, data
     FROM json_to_recordset($1) AS r(number integer, event_id uuid, type text, data jsonb)
     ON CONFLICT (number) DO NOTHING RETURNING number`,
    [JSON.stringify(rows)],
  );
  return written.rows.map(({ number }) => number);
}

/** From their beginning, by the newest version; what was begun for an older one is finished by it. */
async function queue(
  schema: string,
  models: readonly string[],
  added: readonly number[],
  tx: PoolClient,
): Promise<void> {
  await tx.query(
    `INSERT INTO ${identifier(schema)}.law_recomputes (model, law_number)
     SELECT model, number FROM unnest($1::text[]) AS m(model), unnest($2::integer[]) AS n(number)
     ON CONFLICT (model, law_number) DO UPDATE SET reached = NULL, looked_at = 0, changed = 0, queued_at = now(),
       finished_at = NULL`,
    [models, added],
  );
}
