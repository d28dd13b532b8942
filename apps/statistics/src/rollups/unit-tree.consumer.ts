import { TOPIC_NAMES } from '@app/contracts';
import { identifier } from '@app/event-store';
import type { Consumer, ReadModel } from '@app/messaging';
import { projectUnits, seeAllUnits, unitTreeConsumer } from '@app/security';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { holdRollups } from './rollup-lock.js';
import { moveGroups } from './regroup.js';
import { groupsBy } from './rollup-writer.js';

async function ancestors(tx: PoolClient, schema = SCHEMA): Promise<Map<string, string[]>> {
  const { rows } = await tx.query<{ code: string; ancestors: string[] }>(
    `SELECT code, array_agg(ancestor ORDER BY ancestor) AS ancestors FROM ${identifier(schema)}.unit_closure
     WHERE ancestor <> code GROUP BY code`,
  );
  return new Map(rows.map(({ code, ancestors: above }) => [code, above]));
}

/** Keeps the copy of the units, and moves the sums of units that come to lie in other groups. */
export function groupingUnitTreeConsumer(): Consumer {
  return {
    name: 'statistics.unit-tree',
    topics: [TOPIC_NAMES.units],
    async handle(batch, tx) {
      await holdRollups(tx, SCHEMA, 'alone');
      const before = await ancestors(tx);
      await projectUnits(SCHEMA, batch, tx);
      await move(tx, before, await ancestors(tx));
    },
    rebuild: {
      ...(unitTreeConsumer(SCHEMA).rebuild as ReadModel),
      // Sums are moved once, from the tree that was to the tree that comes.
      handle: (batch, tx) => projectUnits(SCHEMA, batch, tx),
      beforeSwap: async (tx, { live, shadow }) => {
        await holdRollups(tx, SCHEMA, 'alone');
        await move(tx, await ancestors(tx, live), await ancestors(tx, shadow));
      },
    },
  };
}

async function move(
  tx: PoolClient,
  before: ReadonlyMap<string, string[]>,
  after: ReadonlyMap<string, string[]>,
): Promise<void> {
  const moved = [...new Set([...before.keys(), ...after.keys()])].filter(
    (code) => before.get(code)?.join() !== after.get(code)?.join(),
  );
  if (moved.length === 0) return;
  await seeAllUnits(tx);
  await moveGroups(tx, SCHEMA, moved, { before: groupsBy(before), after: groupsBy(after) });
}
