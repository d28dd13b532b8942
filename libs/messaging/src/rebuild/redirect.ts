import { identifier } from '@app/event-store';
import type { PoolClient, QueryConfig } from 'pg';

/** A read model wrote to a table that its consumer does not declare: a rebuild would change live data. */
export class UndeclaredTable extends Error {
  readonly code = 'UndeclaredTable';
  constructor(consumer: string, table: string) {
    super(`consumer ${consumer} writes ${table}, which it does not declare: name it in rebuild.tables`);
    this.name = 'UndeclaredTable';
  }
}

export interface Redirection {
  consumer: string;
  /** Schema of the live tables. */
  live: string;
  /** Schema that has tables of the same names for a rebuild. */
  shadow: string;
  tables: readonly string[];
  /** Live tables that may be written all the same. */
  signals?: readonly string[];
}

const WRITE =
  /\b(?:copy|insert\s+into|(?<!for\s|key\s|do\s)update|delete\s+from|merge\s+into|truncate(?:\s+table)?)\s+(?:only\s+)?((?:"?[a-z_][a-z0-9_]*"?\.)"?[a-z_][a-z0-9_]*"?)/gi;
const ANNOUNCEMENT = /^\s*select\s+pg_notify\s*\(/i;

/** SQL with the declared tables named in the shadow's schema. @throws UndeclaredTable when it writes any other table */
export function redirector(redirection: Redirection): (sql: string) => string {
  const { consumer, live, shadow, tables, signals = [] } = redirection;
  const known = new Map<string, string>();
  const names = tables.map((table) => {
    identifier(table);
    return table;
  });
  const place = new RegExp(`(?<![\\w".])("?)${live}\\1\\.("?)(${names.join('|')})\\2(?![\\w"])`, 'g');
  const allowed = new Set([
    ...names.map((table) => `${shadow}.${table}`),
    ...signals.map((table) => `${live}.${table}`),
  ]);
  return (sql) => {
    const before = known.get(sql);
    if (before !== undefined) return before;
    const after = sql.replace(place, (_all, _a, _b, table: string) => `${identifier(shadow)}.${identifier(table)}`);
    for (const [, target] of after.matchAll(WRITE)) {
      const name = (target as string).replaceAll('"', '');
      if (!allowed.has(name)) throw new UndeclaredTable(consumer, name);
    }
    known.set(sql, after);
    return after;
  };
}

const statementNames = new Map<string, string>();

function nameOf(sql: string): string {
  const known = statementNames.get(sql) ?? `rebuild-${statementNames.size}`;
  statementNames.set(sql, known);
  return known;
}

/**
 * The same connection with the live tables' names leading to the shadow's. What the consumer would announce to readers
 * is left out: nobody sees a rebuild before it is done.
 */
export function redirected(tx: PoolClient, redirect: (sql: string) => string): PoolClient {
  const query = (text: unknown, ...rest: unknown[]): unknown => {
    const sql = typeof text === 'string' ? text : (text as QueryConfig).text;
    if (ANNOUNCEMENT.test(sql))
      return Promise.resolve({ rows: [], rowCount: 0, command: 'SELECT', oid: 0, fields: [] });
    const run = tx.query.bind(tx) as (...values: unknown[]) => unknown;
    if (typeof text === 'string') return run(redirect(text), ...rest);
    const config = text as QueryConfig;
    // A statement prepared under the live name on this connection must not be taken for this one.
    const name = config.name === undefined ? {} : { name: nameOf(redirect(sql)) };
    // A submittable (COPY) is an object of its own class: its text is changed in place.
    if (typeof (text as { submit?: unknown }).submit === 'function') {
      config.text = redirect(sql);
      return run(config, ...rest);
    }
    return run({ ...config, ...name, text: redirect(sql) }, ...rest);
  };
  return new Proxy(tx, {
    get(target, property) {
      if (property === 'query') return query;
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(target) : value;
    },
  });
}
