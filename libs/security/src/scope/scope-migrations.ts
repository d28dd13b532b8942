import { identifier, type Migration } from '@app/event-store';
import { APP_ROLE } from './in-scope.js';

/**
 * Make the role that scoped reads run as, once per server, and let it into this schema.
 * A role belongs to the server, not to the database: services and databases may make it at the same moment,
 * hence the caught duplicates (a lock would hold within one database only).
 */
export function securityMigrations(schema: string): Migration[] {
  const s = identifier(schema);
  return [
    {
      id: 'security-0001-app-role',
      sql: `
        DO $role$
        BEGIN
          IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '${APP_ROLE}') THEN
            CREATE ROLE ${APP_ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
          END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
          NULL; -- another service made it meanwhile
        END
        $role$;
        DO $member$
        BEGIN
          -- A superuser may always switch; an ordinary owner of the database must be a member.
          IF NOT pg_has_role(current_user, '${APP_ROLE}', 'SET') THEN
            EXECUTE format('GRANT ${APP_ROLE} TO %I WITH INHERIT FALSE, SET TRUE', current_user);
          END IF;
        EXCEPTION WHEN unique_violation THEN
          NULL;
        END
        $member$;
        GRANT USAGE ON SCHEMA ${s} TO ${APP_ROLE};
      `,
    },
  ];
}

/**
 * SQL that shows a table's rows only within the scope of the transaction (`app.units`): when it is `*`, or when any of
 * `columns` lies in the subtree of one of its roots. Without a scope nothing is visible, also to the table's owner.
 * Needs `unitTreeMigrations(schema)` before it.
 * @param columns columns that hold a unit code, for example `['unit_code', 'received_by', 'supervised_by']`
 */
export function scopePolicySql(schema: string, table: string, columns: readonly string[]): string {
  if (columns.length === 0) throw new RangeError(`the policy of ${schema}.${table} names no column`);
  const s = identifier(schema);
  const name = `${s}.${identifier(table)}`;
  // An uncorrelated IN becomes one hashed set per query, so a row costs a lookup, whatever the size of the subtree.
  const subtree = `(SELECT code FROM ${s}.unit_closure WHERE ancestor = ANY (string_to_array(current_setting('app.units', true), ',')))`;
  const visible = [
    // Wrapped, so that it is asked once per query and not once per row.
    `(SELECT current_setting('app.units', true)) = '*'`,
    ...columns.map((column) => `${identifier(column)} IN ${subtree}`),
  ].join('\n    OR ');
  return `
    ALTER TABLE ${name} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ${name} FORCE ROW LEVEL SECURITY;
    CREATE POLICY unit_scope ON ${name} USING (
    ${visible});
    GRANT SELECT ON ${name} TO ${APP_ROLE};
  `;
}
