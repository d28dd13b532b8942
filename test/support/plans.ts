import { expect } from '@jest/globals';
import type { Pool, PoolClient } from 'pg';

/** What a statement did, out of `EXPLAIN (ANALYZE)`. */
export interface Plan {
  text: string;
  /** Rows taken from the tables asked about, those that a condition then left out included. */
  rowsRead: number;
  /** Tables asked about that were read from end to end. */
  scanned: string[];
  /** The plan as PostgreSQL draws it, for a person. */
  drawn: string;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

const draw = (node: PlanNode, depth = 0): string =>
  [
    `${'  '.repeat(depth)}${node['Node Type']} ${node['Relation Name'] ?? ''} ${node['Index Name'] ?? ''}: ` +
      `${node['Actual Rows']} x ${node['Actual Loops']}, left out ${node['Rows Removed by Filter'] ?? 0}`,
    ...(node.Plans ?? []).map((child) => draw(child, depth + 1)),
  ].join('\n');

function* nodesOf(node: PlanNode): Generator<PlanNode> {
  yield node;
  for (const child of node.Plans ?? []) yield* nodesOf(child);
}

/** The number of rows is an average over the loops of a node, rounded to hundredths. */
const rowsOf = (node: PlanNode): number =>
  Math.round(
    ((node['Actual Rows'] ?? 0) +
      (node['Rows Removed by Filter'] ?? 0) +
      (node['Rows Removed by Index Recheck'] ?? 0)) *
      (node['Actual Loops'] ?? 0),
  );

/**
 * A pool that explains, in the transaction of whoever asks and so under the same role and scope, every SELECT of `tables`
 * that goes through it, and then carries it out.
 */
export function explainingPool(pool: Pool, tables: readonly string[]): { pool: Pool; plans: Plan[] } {
  const plans: Plan[] = [];
  const explain = async (client: PoolClient, text: string, values: unknown[] | undefined): Promise<void> => {
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
      `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
      values,
    );
    const root = rows[0]!['QUERY PLAN'][0]!.Plan;
    const scans = [...nodesOf(root)].filter((node) => tables.includes(node['Relation Name'] ?? ''));
    plans.push({
      text,
      rowsRead: scans.reduce((sum, node) => sum + rowsOf(node), 0),
      // Never executed = nothing read.
      scanned: scans
        .filter((node) => node['Node Type'] === 'Seq Scan' && node['Actual Loops'] > 0)
        .map((node) => node['Relation Name']!),
      drawn: draw(root),
    });
  };
  const explaining = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get(target, property) {
        if (property !== 'query') {
          const value: unknown = Reflect.get(target, property, target);
          return typeof value === 'function' ? value.bind(target) : value;
        }
        return async (query: string | { text: string; values?: unknown[] }, values?: unknown[]) => {
          const text = typeof query === 'string' ? query : query.text;
          const given = typeof query === 'string' ? values : query.values;
          if (/^\s*(SELECT|WITH)\b/i.test(text) && tables.some((table) => text.includes(table))) {
            await explain(target, text, given);
          }
          return target.query(query as string, values as unknown[]);
        };
      },
    });
  const proxied = new Proxy(pool, {
    get(target, property) {
      if (property === 'connect') return async () => explaining(await target.connect());
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { pool: proxied, plans };
}

/** No table read from end to end, and no more rows than `most` by any of the statements; says the plan otherwise. */
export function expectFewRows(plans: readonly Plan[], most: number): void {
  expect(plans.length).toBeGreaterThan(0);
  for (const { scanned, rowsRead, drawn } of plans) {
    const isFew = scanned.length === 0 && rowsRead <= most;
    expect(isFew ? 'few rows by an index' : `${rowsRead} rows, all of ${scanned.join()}, by\n${drawn}`).toBe(
      'few rows by an index',
    );
  }
}
