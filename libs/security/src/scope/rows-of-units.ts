import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';

/** A scope of more units is read in the order of the list: so many units have rows everywhere in it. */
const MOST_UNITS = 8;

/** Units to read one by one, out of a list of at most `MOST_UNITS + 1`. */
const few = (codes: readonly string[]): readonly string[] | null => (codes.length > MOST_UNITS ? null : codes);

/**
 * The units of the scope of `tx` when they are few enough to be read one by one; null when they are many, or all. Asked of
 * the same copy of the tree, in the same transaction, as the policy of the rows themselves.
 */
export async function fewUnitsInScope(tx: PoolClient, schema: string): Promise<readonly string[] | null> {
  const { rows } = await tx.query<{ everything: boolean; codes: string[] }>({
    name: `${schema}-few-units-in-scope`,
    text: `SELECT coalesce(current_setting('app.units', true), '') = '*' AS everything, ARRAY(
        SELECT DISTINCT code FROM ${identifier(schema)}.unit_closure
        WHERE ancestor = ANY (string_to_array(current_setting('app.units', true), ',')) LIMIT ${MOST_UNITS + 1}) AS codes`,
  });
  return rows[0]!.everything ? null : few(rows[0]!.codes);
}

/** The unit and all below it when they are few enough to be read one by one, else null. */
export async function fewUnitsBelow(tx: PoolClient, schema: string, unit: string): Promise<readonly string[] | null> {
  const { rows } = await tx.query<{ code: string }>({
    name: `${schema}-few-units-below`,
    text: `SELECT code FROM ${identifier(schema)}.unit_closure WHERE ancestor = $1 LIMIT ${MOST_UNITS + 1}`,
    values: [unit],
  });
  return few(rows.map(({ code }) => code));
}

export interface RowsOfUnits {
  /** Table with its schema; in conditions and order it is `t`. */
  table: string;
  where: readonly string[];
  /** Columns of the order, for example `['received_at', 'tip_id']`, the last one unique; or the unique one alone. */
  columns: readonly string[];
  direction: 'ASC' | 'DESC';
  /** At most so many rows, the first ones in the order; all of them when absent. */
  limit?: number;
  /** Units that are read one by one; null = in the order of the list, whose policy leaves out what is not to be seen. */
  units: readonly string[] | null;
  /**
   * The ways in which a unit has a row: conditions on `t` that name the unit as given, each with an index that begins
   * with its column and goes on in the order.
   */
  homes: (unit: string) => readonly string[];
  /** Adds a parameter; returns its place, for example `$3`. */
  add: (value: unknown) => string;
}

/**
 * A FROM item, to be named by the caller, with rows in their order (in any order when all of them are asked for). Row-level security alone makes PostgreSQL test every
 * row of a table against the scope, because no index answers "any of these columns in this set". For a scope of few
 * units this asks each unit's index instead and merges: a page costs a page, however large the table is. What may be seen
 * is still decided by the policy alone; these conditions only say where to look.
 */
export function rowsOfUnits(read: RowsOfUnits): string {
  const order = `ORDER BY ${read.columns.map((column) => `t.${identifier(column)} ${read.direction}`).join(', ')}`;
  const limit = read.limit === undefined ? '' : `LIMIT ${read.limit}`;
  const from = (home: readonly string[], ordered: string): string => {
    const where = [...home, ...read.where];
    return `SELECT t.* FROM ${read.table} t${where.length > 0 ? ` WHERE ${where.join(' AND ')}` : ''} ${ordered} ${limit}`;
  };
  if (read.units === null) return `(${from([], read.limit === undefined ? '' : order)})`;
  if (read.units.length === 0) return `(${from(['false'], '')})`;
  // Each unit is a value of its own: PostgreSQL plans by how many rows this unit has, not by how many one has on average.
  const parts = read.units.flatMap((unit) => read.homes(read.add(unit)).map((home) => `(${from([home], order)})`));
  // A row may be a unit's in two ways.
  const once = `DISTINCT ON (${read.columns.map((column) => `t.${identifier(column)}`).join(', ')})`;
  return `(SELECT ${once} t.* FROM (${parts.join(' UNION ALL ')}) t ${order} ${limit})`;
}
