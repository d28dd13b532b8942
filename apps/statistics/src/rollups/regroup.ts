import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import type { Place } from './contributions.js';
import { CASE_ROLLUP, cellColumns, pairColumns, TIMES, TIP_ROLLUP } from './rollup-tables.js';
import { CATEGORY_KEYS, CELL_KEYS, PAIR_KEYS } from './rollup-writer.js';
import type { GroupsOf } from './rollup-writer.js';

interface Move {
  unit: string;
  supervised_by: string;
  into: string;
  sign: 1 | -1;
}

/**
 * Move the sums of units that lie in other groups than before: the cells of the unit's own are added to the groups that
 * it came into and taken away from those that it left. No fact is read.
 */
export async function moveGroups(
  tx: PoolClient,
  schema: string,
  codes: readonly string[],
  groups: { before: GroupsOf; after: GroupsOf },
): Promise<void> {
  const s = identifier(schema);
  const tables = ['tip_rollup', 'tip_rollup_pairs', 'case_rollup', 'case_rollup_pairs', 'tip_times', 'tip_categories'];
  const { rows: places } = await tx.query<{ unit: string; supervised_by: string }>(
    tables
      .map(
        (table) => `SELECT unit, supervised_by FROM ${s}.${table}
          WHERE supervised_by <> '' AND (unit = ANY ($1) OR supervised_by = ANY ($1))`,
      )
      .join(' UNION '),
    [codes],
  );
  const moves = places.flatMap(({ unit, supervised_by }): Move[] => {
    const place: Place = { unit, supervisedBy: supervised_by };
    const before = new Set(groups.before(place));
    const after = new Set(groups.after(place));
    return [
      ...[...before]
        .filter((group) => !after.has(group))
        .map((into) => ({ unit, supervised_by, into, sign: -1 as const })),
      ...[...after]
        .filter((group) => !before.has(group))
        .map((into) => ({ unit, supervised_by, into, sign: 1 as const })),
    ];
  });
  if (moves.length === 0) return;
  const list = JSON.stringify(moves);
  const sums: [table: string, keys: readonly string[], columns: readonly string[]][] = [
    [TIP_ROLLUP.table, CELL_KEYS, cellColumns(TIP_ROLLUP)],
    [TIP_ROLLUP.pairTable, PAIR_KEYS, pairColumns(TIP_ROLLUP)],
    [CASE_ROLLUP.table, CELL_KEYS, cellColumns(CASE_ROLLUP)],
    [CASE_ROLLUP.pairTable, PAIR_KEYS, pairColumns(CASE_ROLLUP)],
    ['tip_categories', CATEGORY_KEYS, ['tips']],
  ];
  for (const [table, keys, columns] of sums) await moveSums(tx, `${s}.${table}`, keys, columns, list);
  await moveTimes(tx, `${s}.tip_times`, CELL_KEYS, TIMES, list);
  await moveTimes(tx, `${s}.tip_rollup_pairs`, PAIR_KEYS, ['t1'], list);
}

const MOVES = `json_to_recordset($1) AS move(unit text, supervised_by text, "into" text, sign integer)`;
const MINE = `r.unit = move.unit AND r.supervised_by = move.supervised_by`;

async function moveSums(
  tx: PoolClient,
  table: string,
  keys: readonly string[],
  columns: readonly string[],
  moves: string,
): Promise<void> {
  const rest = keys.filter((key) => key !== 'unit' && key !== 'supervised_by');
  await tx.query(
    `INSERT INTO ${table} AS t (unit, supervised_by, ${[...rest, ...columns].join(', ')})
     SELECT move."into", '', ${rest.map((key) => `r.${key}`).join(', ')},
       ${columns.map((column) => `nullif(sum(r.${column} * move.sign), 0)::integer`).join(', ')}
     FROM ${MOVES} JOIN ${table} r ON ${MINE} GROUP BY move."into", ${rest.map((key) => `r.${key}`).join(', ')}
     ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${columns
       .map((column) => `${column} = nullif(coalesce(t.${column}, 0) + coalesce(excluded.${column}, 0), 0)`)
       .join(', ')}`,
    [moves],
  );
}

/** Values appended to a group, or their negation, which differs in the lowest bit of each number. */
async function moveTimes(
  tx: PoolClient,
  table: string,
  keys: readonly string[],
  times: readonly string[],
  moves: string,
): Promise<void> {
  const columns = times.flatMap((time) => [time, `${time}_buckets`]);
  const { rows } = await tx.query<Record<string, Buffer | string | number | null>>(
    `SELECT move."into", move.sign, ${keys.map((key) => `r.${key}`).join(', ')}, ${columns.map((column) => `r.${column}`).join(', ')}
     FROM ${MOVES} JOIN ${table} r ON ${MINE} ORDER BY ${keys.map((key) => `r.${key}`).join(', ')}`,
    [moves],
  );
  const rest = keys.filter((key) => key !== 'unit' && key !== 'supervised_by');
  for (const row of rows) {
    const parts = columns.map((column) => {
      const bytes = row[column];
      return bytes instanceof Buffer
        ? row['sign'] === -1
          ? negated(bytes, column.endsWith('_buckets'))
          : bytes
        : null;
    });
    if (parts.every((part) => part === null)) continue;
    await tx.query(
      `INSERT INTO ${table} AS t (unit, supervised_by, ${[...rest, ...columns].join(', ')})
       VALUES ($1, '', ${[...rest, ...columns].map((_, index) => `$${index + 2}`).join(', ')})
       ON CONFLICT (${keys.join(', ')}) DO UPDATE SET ${columns
         // Buckets of the same name add up when they are read.
         .map((column) => `${column} = coalesce(t.${column} || excluded.${column}, t.${column}, excluded.${column})`)
         .join(', ')}`,
      [row['into'], ...rest.map((key) => row[key]), ...parts],
    );
  }
}

function negated(bytes: Buffer, isBuckets: boolean): Buffer {
  const copy = Buffer.from(bytes);
  for (let at = 0; at + 4 <= copy.length; at += isBuckets ? 8 : 4) {
    if (isBuckets) copy.writeInt32LE(-copy.readInt32LE(at + 4), at + 4);
    else copy.writeInt32LE(copy.readInt32LE(at) ^ 1, at);
  }
  return copy;
}
