import { copyRows, identifier } from '@app/event-store';
import type { CopyColumn } from '@app/event-store';
import type { PoolClient } from 'pg';
import type { Place } from './contributions.js';
import { compactTimes, encodeCodes, EXACT_UP_TO } from './log-sketch.js';
import type { CategoryRow, CellRow, GroupsOf, PairRow, RollupSums, TimeRow } from './rollup-sums.js';
import { cellColumns, pairColumns, TIMES } from './rollup-tables.js';
import type { RollupTable } from './rollup-tables.js';

export type { GroupsOf } from './rollup-sums.js';

/** Everything, whatever its unit. */
export const EVERY_UNIT = '*';

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

export const CELL_KEYS = ['unit', 'grain', 'bucket', 'supervised_by'] as const;
export const PAIR_KEYS = ['unit', 'ended_grain', 'ended', 'begun_grain', 'begun', 'supervised_by'] as const;
export const CATEGORY_KEYS = ['unit', 'month', 'category', 'status', 'supervised_by'] as const;

/** A table of sums and how a row in memory becomes one of its rows. */
interface SumsTable<Row extends object> {
  table: string;
  keys: readonly CopyColumn<Row>[];
  /** Added to what is there. */
  sums: readonly CopyColumn<Row>[];
  /** Appended to what is there: codes of values. */
  times: readonly { name: string; of: (row: Row) => readonly number[] }[];
}

const column = <Row>(name: string, type: string, of: (row: Row) => unknown): CopyColumn<Row> => ({ name, type, of });
/** A sum that is nothing is null: most columns of most cells. */
const sum =
  <Row extends { sums: Int32Array }>(index: number) =>
  ({ sums }: Row): number | null =>
    sums[index] === 0 ? null : (sums[index] as number);

const cellTable = (schema: string, rollup: RollupTable): SumsTable<CellRow> => ({
  table: `${schema}.${identifier(rollup.table)}`,
  keys: [
    column('unit', 'text', ({ unit }) => unit),
    column('grain', 'smallint', ({ grain }) => grain),
    column('bucket', 'integer', ({ bucket }) => bucket),
    column('supervised_by', 'text', ({ supervisedBy }) => supervisedBy),
  ],
  sums: cellColumns(rollup).map((name, index) => column(name, 'integer', sum(index))),
  times: [],
});

const pairTable = (schema: string, rollup: RollupTable): SumsTable<PairRow> => ({
  table: `${schema}.${identifier(rollup.pairTable)}`,
  keys: [
    column('unit', 'text', ({ unit }) => unit),
    column('ended_grain', 'smallint', ({ endedGrain }) => endedGrain),
    column('ended', 'integer', ({ ended }) => ended),
    column('begun_grain', 'smallint', ({ begunGrain }) => begunGrain),
    column('begun', 'integer', ({ begun }) => begun),
    column('supervised_by', 'text', ({ supervisedBy }) => supervisedBy),
  ],
  sums: pairColumns(rollup).map((name, index) => column(name, 'integer', sum(index))),
  times: rollup.hasTimes ? [{ name: 't1', of: ({ t1 }) => t1 }] : [],
});

const timesTable = (schema: string): SumsTable<TimeRow> => ({
  table: `${schema}.tip_times`,
  keys: [
    column('unit', 'text', ({ unit }) => unit),
    column('grain', 'smallint', ({ grain }) => grain),
    column('bucket', 'integer', ({ bucket }) => bucket),
    column('supervised_by', 'text', ({ supervisedBy }) => supervisedBy),
  ],
  sums: [],
  times: TIMES.map((name, index) => ({ name, of: ({ values }) => values[index] as number[] })),
});

const categoryTable = (schema: string): SumsTable<CategoryRow> => ({
  table: `${schema}.tip_categories`,
  keys: [
    column('unit', 'text', ({ unit }) => unit),
    column('month', 'integer', ({ month }) => month),
    column('category', 'text', ({ category }) => category),
    column('status', 'text', ({ status }) => status),
    column('supervised_by', 'text', ({ supervisedBy }) => supervisedBy),
  ],
  sums: [column('tips', 'integer', ({ tips }) => tips)],
  times: [],
});

/** A part of sums: some rows of one table. */
export type SumsPart = (tx: PoolClient, how: 'add' | 'fill') => Promise<void>;

/** Add sums to the rollups, inside the transaction that changes the facts. */
export async function addSums(tx: PoolClient, schema: string, sums: RollupSums): Promise<void> {
  for (const write of await partsOf(tx, schema, sums)) await write(tx, 'add');
}

/**
 * Sums in parts that can be written each in a transaction of its own, where nobody reads before all are there.
 * `fill` is for rows of which none is there, and several times as fast.
 */
export async function partsOf(db: PoolClient, schema: string, sums: RollupSums): Promise<SumsPart[]> {
  const places = sums.places();
  if (places.length === 0) return [];
  const { rollup } = sums;
  const { cells, pairs, times, categories } = sums.rows(await groupsIn(db, schema, places));
  const s = identifier(schema);
  return [
    ...parts(cellTable(s, rollup), cells),
    ...parts(pairTable(s, rollup), pairs),
    ...(rollup.hasTimes ? [...parts(timesTable(s), times), ...parts(categoryTable(s), categories)] : []),
  ];
}

/** So many rows a statement: parameters stay far below what the protocol can carry. */
const ROWS_A_STATEMENT = 20_000;

function parts<Row extends object>(table: SumsTable<Row>, rows: readonly Row[]): SumsPart[] {
  return Array.from({ length: Math.ceil(rows.length / ROWS_A_STATEMENT) }, (_, index) => {
    const some = rows.slice(index * ROWS_A_STATEMENT, (index + 1) * ROWS_A_STATEMENT);
    return (tx, how) => (how === 'fill' ? fillRows(tx, table, some) : addRows(tx, table, some));
  });
}

const hex = (codes: readonly number[]): string | null =>
  codes.length === 0 ? null : `\\x${encodeCodes(codes).toString('hex')}`;

async function fillRows<Row extends object>(
  tx: PoolClient,
  { table, keys, sums, times }: SumsTable<Row>,
  rows: readonly Row[],
): Promise<void> {
  const columns = times.flatMap(({ name, of }): CopyColumn<Row>[] => [
    column(name, 'bytea', (row) => (isLarge(of(row)) ? null : hex(of(row)))),
    column(`${name}_buckets`, 'bytea', (row) => (isLarge(of(row)) ? hexOf(compacted(of(row)).buckets) : null)),
  ]);
  await copyRows(tx, table, [...keys, ...sums, ...columns], rows);
}

/** A cell is folded together when so much has been appended to it. */
const COMPACT_FROM_BYTES = 4 * (EXACT_UP_TO + 2_000);

const isLarge = (codes: readonly number[]): boolean => 4 * codes.length > COMPACT_FROM_BYTES;
const compacted = (codes: readonly number[]) => compactTimes({ values: encodeCodes(codes), buckets: null });
const hexOf = (bytes: Buffer | null): string | null => (bytes === null ? null : `\\x${bytes.toString('hex')}`);

/** A parameter for `unnest`: written here, as the driver would quote each number. */
function arrayOf<Row>(rows: readonly Row[], type: string, of: (row: Row) => unknown): string {
  let text = '{';
  for (let index = 0; index < rows.length; index += 1) {
    const value = of(rows[index] as Row);
    if (index > 0) text += ',';
    if (value === null || value === undefined) text += 'NULL';
    else if (type === 'text' || type === 'bytea') text += `"${String(value).replace(/["\\]/g, '\\$&')}"`;
    else text += String(value);
  }
  return `${text}}`;
}

/** One statement for a batch: sums are added, values appended; cells that have grown large are folded together. */
async function addRows<Row extends object>(
  tx: PoolClient,
  { table, keys, sums, times }: SumsTable<Row>,
  rows: readonly Row[],
): Promise<void> {
  const bytes = times.map(({ name, of }): CopyColumn<Row> => column(name, 'bytea', (row) => hex(of(row))));
  const columns = [...keys, ...sums, ...bytes];
  const names = columns.map(({ name }) => identifier(name)).join(', ');
  const keyNames = keys.map(({ name }) => identifier(name)).join(', ');
  const updates = [
    ...sums.map(({ name }) => `${name} = nullif(coalesce(t.${name}, 0) + coalesce(excluded.${name}, 0), 0)`),
    ...times.map(({ name }) => `${name} = coalesce(t.${name} || excluded.${name}, t.${name}, excluded.${name})`),
  ];
  const upsert = `INSERT INTO ${table} AS t (${names})
      SELECT * FROM unnest(${columns.map(({ type }, index) => `$${index + 1}::${type}[]`).join(', ')})
      ON CONFLICT (${keyNames}) DO UPDATE SET ${updates.join(', ')}`;
  const grown = times.map(({ name }) => `octet_length(${name})`).join(', ');
  const { rows: large } = await tx.query<Record<string, string | number | Buffer | null>>({
    name: `rollup-add-${table}`,
    text:
      times.length === 0
        ? upsert
        : `WITH appended AS (${upsert} RETURNING t.*)
           SELECT * FROM appended WHERE greatest(${grown}) > ${COMPACT_FROM_BYTES}`,
    values: columns.map(({ type, of }) => arrayOf(rows, type, of as (row: Row) => unknown)),
  });
  for (const cell of large) {
    for (const { name } of times) {
      const values = cell[name];
      if (!(values instanceof Buffer) || values.length <= COMPACT_FROM_BYTES) continue;
      const buckets = cell[`${name}_buckets`];
      const compact = compactTimes({ values, buckets: buckets instanceof Buffer ? buckets : null });
      await tx.query(
        `UPDATE ${table} SET ${name} = $1, ${name}_buckets = $2
         WHERE (${keyNames}) = (${keys.map((_, index) => `$${index + 3}`).join(', ')})`,
        [compact.values, compact.buckets, ...keys.map((key) => cell[key.name])],
      );
    }
  }
}
