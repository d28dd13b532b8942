import type { Row } from './engine.js';
import { type Known, lockSeen, remove, see, upsert } from './statements.js';

const table = '([a-z_]+\\.[a-z_]+)';

/** The statements of libs/event-store/src/rows.ts, for tables whose columns are given. */
export function rowStatements(columns: Readonly<Record<string, readonly [name: string, type: string][]>>): Known[] {
  return [
    {
      text: /^SELECT attname AS name, format_type\(atttypid, atttypmod\) AS type FROM pg_attribute/,
      meaning: () =>
        function* ({ values }) {
          const known = columns[String(values[0]).replaceAll('"', '')];
          if (!known) throw new Error(`the model does not know the table ${String(values[0])}`);
          return { rows: known.map(([name, type]) => ({ name, type })) };
        },
    },
    {
      text: new RegExp(
        `^SELECT row_to_json\\(t\\) AS row FROM ${table} t WHERE ([a-z_]+) = ANY \\(\\$1::[a-z]+\\[\\]\\) FOR UPDATE$`,
      ),
      meaning: ([, name, key]) =>
        function* (call) {
          const keys = new Set((call.values[0] as unknown[]).map(String));
          const wanted = (row: Row): boolean => keys.has(String(row[key as string]));
          const target = call.db.table(name as string);
          const locked = yield* lockSeen(call, target, see(call, target, wanted), wanted);
          return { rows: locked.map(({ row }) => ({ row: structuredClone(row) })) };
        },
    },
    {
      text: new RegExp(
        `^INSERT INTO ${table} \\(.*\\) SELECT .* FROM json_populate_recordset\\(NULL::[a-z_.]+, \\$1\\) ON CONFLICT \\([a-z_, ]+\\) DO (UPDATE SET .*|NOTHING)$`,
      ),
      meaning: ([, name, action]) =>
        function* (call) {
          const target = call.db.table(name as string);
          let rowCount = 0;
          for (const row of JSON.parse(call.values[0] as string) as Row[]) {
            if (action !== 'NOTHING') {
              yield* upsert(call, target, row, (standing) => ({ ...standing, ...row }));
              rowCount += 1;
            } else if ((yield* call.db.put(call.tx, target, row)) === null) rowCount += 1;
          }
          return { rowCount };
        },
    },
    {
      text: new RegExp(
        `^DELETE FROM ${table} WHERE \\(([a-z_]+)\\) IN \\(SELECT \\* FROM unnest\\(\\$1::[a-z]+\\[\\]\\)\\)$`,
      ),
      meaning: ([, name, key]) =>
        function* (call) {
          const keys = new Set((call.values[0] as unknown[]).map(String));
          const rowCount = yield* remove(call, call.db.table(name as string), (row) =>
            keys.has(String(row[key as string])),
          );
          return { rowCount };
        },
    },
  ];
}
