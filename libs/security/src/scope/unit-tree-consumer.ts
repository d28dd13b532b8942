import { afterCommit, identifier } from '@app/event-store';
import type { Consumer, DeliveredEvent } from '@app/messaging';
import type { PoolClient } from 'pg';

/** Data of `UnitRegistered` and `UnitChanged`. */
interface UnitFacts {
  code: string;
  parentCode: string | null;
  kind: string;
  level: string;
  nameVi: string;
  nameEn: string;
  communeCode: string | null;
  remote: boolean;
  from: string | null;
  to: string | null;
}

const UNIT_EVENTS = new Set(['UnitRegistered', 'UnitChanged']);

const changes = new Map<string, number>();

/** How many changes of a schema's unit tree this process has seen committed. */
export function unitTreeChanges(schema: string): number {
  return changes.get(schema) ?? 0;
}

function noteChange(schema: string): void {
  changes.set(schema, unitTreeChanges(schema) + 1);
}

/** Write the newest known facts of each unit, and the closure of every unit whose way to the root may have changed. */
export async function projectUnits(schema: string, batch: readonly DeliveredEvent[], tx: PoolClient): Promise<void> {
  const s = identifier(schema);
  const newest = new Map<string, { facts: UnitFacts; version: number }>();
  for (const { type, data, version } of batch) {
    if (!UNIT_EVENTS.has(type)) continue;
    const facts = data as unknown as UnitFacts;
    newest.set(facts.code, { facts, version });
  }
  if (newest.size === 0) return;
  const rows = [...newest.values()].map(({ facts, version }) => ({
    code: facts.code,
    parent_code: facts.parentCode,
    kind: facts.kind,
    level: facts.level,
    name_vi: facts.nameVi,
    name_en: facts.nameEn,
    commune_code: facts.communeCode,
    remote: facts.remote,
    valid_from: facts.from ?? null,
    valid_to: facts.to,
    version,
  }));
  const columns = Object.keys(rows[0]!);
  // Guarded by the version of the unit's stream: a batch delivered twice changes nothing.
  const written = await tx.query<{ code: string }>(
    `INSERT INTO ${s}.units AS known (${columns.join(', ')})
     SELECT ${columns.join(', ')} FROM json_populate_recordset(NULL::${s}.units, $1)
     ON CONFLICT (code) DO UPDATE SET ${columns
       .slice(1)
       .map((column) => `${column} = excluded.${column}`)
       .join(', ')}
     WHERE known.version < excluded.version
     RETURNING code`,
    [JSON.stringify(rows)],
  );
  const touched = written.rows.map(({ code }) => code);
  if (touched.length === 0) return;
  // The touched units and everything below them: a moved unit takes its subtree along. UNION ends on a cycle.
  const below = `WITH RECURSIVE below(code) AS (
    SELECT unnest($1::text[]) COLLATE "C"
    UNION SELECT child.code FROM below JOIN ${s}.units child ON child.parent_code = below.code)`;
  await tx.query(`${below} DELETE FROM ${s}.unit_closure WHERE code IN (SELECT code FROM below)`, [touched]);
  await tx.query(
    `${below}, above(code, ancestor) AS (
       SELECT code, code FROM below
       UNION SELECT above.code, unit.parent_code FROM above
         JOIN ${s}.units unit ON unit.code = above.ancestor WHERE unit.parent_code IS NOT NULL)
     INSERT INTO ${s}.unit_closure (ancestor, code) SELECT ancestor, code FROM above`,
    [touched],
  );
  await tx.query(`UPDATE ${s}.unit_tree_generation SET generation = generation + 1`);
  // Another carrier's transaction cannot be listened to; readers then notice by the generation within a second.
  afterCommit(tx, () => noteChange(schema));
}

/** Keeps a service's copy of the units (`<schema>.units`, `<schema>.unit_closure`) from topic `intake.units`. */
export function unitTreeConsumer(schema: string): Consumer {
  return {
    name: `${schema}.unit-tree`,
    topics: ['intake.units'],
    handle: (batch, tx) => projectUnits(schema, batch, tx),
    rebuild: {
      tables: ['units', 'unit_closure'],
      signals: ['unit_tree_generation'],
      // Readers keep the tree in memory until this counts on.
      afterSwap: async (tx) => {
        await tx.query(`UPDATE ${identifier(schema)}.unit_tree_generation SET generation = generation + 1`);
        afterCommit(tx, () => noteChange(schema));
      },
    },
  };
}
