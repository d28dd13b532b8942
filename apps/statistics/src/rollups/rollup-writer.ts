import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import type { Place, RollupDelta } from './contributions.js';
import { monthStart, yearStart } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { compactTimes, encodeValues, EXACT_UP_TO } from './log-sketch.js';
import { cellColumns, GRAIN, pairColumns, TIMES } from './rollup-tables.js';
import type { RollupTable } from './rollup-tables.js';

/** Everything, whatever its unit. */
export const EVERY_UNIT = '*';

type Row = Record<string, string | number>;
/** Where the sums of a place go: its own cell, and one for each group that it lies in. */
export type GroupsOf = (place: Place) => readonly string[];

/**
 * The groups of places: every unit above the unit, the procuracy and those above it, and everybody. The cell of a group
 * is marked by an empty `supervised_by`; the unit's own cell is apart from those of the units below it.
 */
export async function groupsIn(tx: PoolClient, schema: string, places: readonly Place[]): Promise<GroupsOf> {
  const codes = [...new Set(places.flatMap(({ unit, supervisedBy }) => [unit, supervisedBy]))];
  const { rows } = await tx.query<{ code: string; ancestors: string[] }>({
    name: `rollup-groups-${schema}`,
    text: `SELECT code, array_agg(ancestor ORDER BY ancestor) AS ancestors FROM ${identifier(schema)}.unit_closure
      WHERE code = ANY ($1) AND ancestor <> code GROUP BY code`,
    values: [codes],
  });
  return groupsBy(new Map(rows.map(({ code, ancestors }) => [code, ancestors])));
}

export function groupsBy(above: ReadonlyMap<string, readonly string[]>): GroupsOf {
  return ({ unit, supervisedBy }) => [
    ...new Set([
      ...(above.get(unit) ?? []),
      ...(supervisedBy === '' ? [] : [supervisedBy, ...(above.get(supervisedBy) ?? [])]),
      EVERY_UNIT,
    ]),
  ];
}

function placesOf(delta: RollupDelta): Place[] {
  return [delta.cells, delta.pairs, delta.times, delta.categories].flatMap((map) =>
    [...map.values()].map(({ place }) => place),
  );
}

const grainsOf = (day: DayNumber): [grain: number, bucket: DayNumber][] => [
  [GRAIN.day, day],
  [GRAIN.month, monthStart(day)],
  [GRAIN.year, yearStart(day)],
];

/** Sums rows by their key; what sums to nothing is left out. */
class Rows {
  private readonly byKey = new Map<string, { key: Row; amounts: Map<string, number> }>();

  add(key: Row, amounts: Iterable<[string, number]>): void {
    const id = Object.values(key).join('|');
    let row = this.byKey.get(id);
    if (!row) this.byKey.set(id, (row = { key, amounts: new Map() }));
    for (const [column, amount] of amounts) row.amounts.set(column, (row.amounts.get(column) ?? 0) + amount);
  }

  /** In the order of their keys, so that two transactions never wait for each other's rows. */
  list(): Row[] {
    const rows: Row[] = [];
    for (const [, { key, amounts }] of [...this.byKey].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const kept = [...amounts].filter(([, amount]) => amount !== 0);
      if (kept.length > 0) rows.push({ ...key, ...Object.fromEntries(kept) });
    }
    return rows;
  }
}

async function addRows(tx: PoolClient, table: string, keys: readonly string[], sums: readonly string[], rows: Row[]) {
  if (rows.length === 0) return;
  const names = [...keys, ...sums].map(identifier).join(', ');
  const updates = sums
    .map(identifier)
    // Null is nothing: most columns of most cells.
    .map((column) => `${column} = nullif(coalesce(t.${column}, 0) + coalesce(excluded.${column}, 0), 0)`)
    .join(', ');
  await tx.query({
    name: `rollup-add-${table}`,
    text: `INSERT INTO ${table} AS t (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1)
      ON CONFLICT (${keys.map(identifier).join(', ')}) DO UPDATE SET ${updates}`,
    values: [JSON.stringify(rows)],
  });
}

export const CELL_KEYS = ['unit', 'grain', 'bucket', 'supervised_by'] as const;
export const PAIR_KEYS = ['unit', 'ended_grain', 'ended', 'begun_grain', 'begun', 'supervised_by'] as const;
export const CATEGORY_KEYS = ['unit', 'month', 'category', 'status', 'supervised_by'] as const;

const byGroup = (place: Place, groups: readonly string[]): Place[] => [
  place,
  ...groups.map((unit) => ({ unit, supervisedBy: '' })),
];

/** Add a delta to the rollups, inside the transaction that changes the facts. */
export async function writeRollups(
  tx: PoolClient,
  schema: string,
  rollup: RollupTable,
  delta: RollupDelta,
  groupsOf?: GroupsOf,
): Promise<void> {
  const places = placesOf(delta);
  if (places.length === 0) return;
  const groups = groupsOf ?? (await groupsIn(tx, schema, places));
  const s = identifier(schema);

  const cells = new Rows();
  for (const { place, day, amounts } of delta.cells.values()) {
    for (const { unit, supervisedBy } of byGroup(place, groups(place))) {
      for (const [grain, bucket] of grainsOf(day))
        cells.add({ unit, grain, bucket, supervised_by: supervisedBy }, amounts);
    }
  }
  await addRows(tx, `${s}.${identifier(rollup.table)}`, CELL_KEYS, cellColumns(rollup), cells.list());

  const pairs = new Rows();
  const pairTimes: TimeRows = new Map();
  for (const { place, begun, ended, amounts, t1 } of delta.pairs.values()) {
    for (const { unit, supervisedBy } of byGroup(place, groups(place))) {
      for (const [endedGrain, endedBucket] of grainsOf(ended).slice(0, 2)) {
        for (const [begunGrain, begunBucket] of grainsOf(begun).slice(0, 2)) {
          const key = {
            unit,
            ended_grain: endedGrain,
            ended: endedBucket,
            begun_grain: begunGrain,
            begun: begunBucket,
            supervised_by: supervisedBy,
          };
          pairs.add(key, amounts);
          addTimeRow(pairTimes, key, 't1', t1);
        }
      }
    }
  }
  await addRows(tx, `${s}.${identifier(rollup.pairTable)}`, PAIR_KEYS, pairColumns(rollup), pairs.list());
  await addTimes(tx, `${s}.${identifier(rollup.pairTable)}`, PAIR_KEYS, ['t1'], pairTimes);

  const times: TimeRows = new Map();
  for (const { place, day, values } of delta.times.values()) {
    for (const { unit, supervisedBy } of byGroup(place, groups(place))) {
      for (const [grain, bucket] of grainsOf(day).slice(0, 2)) {
        const key = { unit, grain, bucket, supervised_by: supervisedBy };
        for (const time of TIMES) addTimeRow(times, key, time, values[time]);
      }
    }
  }
  await addTimes(tx, `${s}.tip_times`, CELL_KEYS, TIMES, times);

  const categories = new Rows();
  for (const { place, month, category, status, amount } of delta.categories.values()) {
    for (const { unit, supervisedBy } of byGroup(place, groups(place))) {
      categories.add({ unit, month, category, status, supervised_by: supervisedBy }, [['tips', amount]]);
    }
  }
  await addRows(tx, `${s}.tip_categories`, CATEGORY_KEYS, ['tips'], categories.list());
}

type TimeRows = Map<string, { key: Row; values: Map<string, Map<number, number>> }>;

function addTimeRow(rows: TimeRows, key: Row, time: string, values: ReadonlyMap<number, number> | undefined): void {
  if (!values || values.size === 0) return;
  const id = Object.values(key).join('|');
  let row = rows.get(id);
  if (!row) rows.set(id, (row = { key, values: new Map() }));
  let sums = row.values.get(time);
  if (!sums) row.values.set(time, (sums = new Map()));
  for (const [value, amount] of values) sums.set(value, (sums.get(value) ?? 0) + amount);
}

const hex = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

/** A cell is folded together when so much has been appended to it. */
const COMPACT_FROM_BYTES = 4 * (EXACT_UP_TO + 2_000);

/** Append values to cells; those that have grown large are folded together. */
async function addTimes(
  tx: PoolClient,
  table: string,
  keys: readonly string[],
  times: readonly string[],
  rows: TimeRows,
): Promise<void> {
  const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  const values = sorted.flatMap((row) => {
    const encoded = [...row.values].flatMap(([time, sums]) => {
      const bytes = encodeValues([...sums].map(([value, amount]) => ({ value, amount })));
      return bytes.length === 0 ? [] : [[time, hex(bytes)] as const];
    });
    return encoded.length === 0 ? [] : [{ ...row.key, ...Object.fromEntries(encoded) }];
  });
  if (values.length === 0) return;
  const names = [...keys, ...times].map(identifier).join(', ');
  const keyNames = keys.map(identifier).join(', ');
  const grown = await tx.query<Record<string, string | number | Buffer | null>>({
    name: `rollup-append-${table}`,
    text: `WITH appended AS (
        INSERT INTO ${table} AS t (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1)
        ON CONFLICT (${keyNames}) DO UPDATE SET ${times
          .map((time) => `${time} = coalesce(t.${time} || excluded.${time}, t.${time}, excluded.${time})`)
          .join(', ')}
        RETURNING t.*)
      SELECT * FROM appended WHERE greatest(${times.map((time) => `octet_length(${time})`).join(', ')}) > ${COMPACT_FROM_BYTES}`,
    values: [JSON.stringify(values)],
  });
  for (const cell of grown.rows) {
    for (const time of times) {
      const bytes = cell[time];
      if (!(bytes instanceof Buffer) || bytes.length <= COMPACT_FROM_BYTES) continue;
      const buckets = cell[`${time}_buckets`];
      const compact = compactTimes({ values: bytes, buckets: buckets instanceof Buffer ? buckets : null });
      await tx.query(
        `UPDATE ${table} SET ${time} = $1, ${time}_buckets = $2
         WHERE (${keyNames}) = (${keys.map((_, index) => `$${index + 3}`).join(', ')})`,
        [compact.values, compact.buckets, ...keys.map((key) => cell[key])],
      );
    }
  }
}
