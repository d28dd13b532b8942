import { identifier, type Migration } from '@app/event-store';
import { APP_ROLE } from './in-scope.js';

/** A service's own copy of the units: the tree and its closure. Needs `securityMigrations(schema)` before it. */
export function unitTreeMigrations(schema: string): Migration[] {
  const s = identifier(schema);
  return [
    {
      id: 'unit-tree-0001',
      sql: `
        CREATE TABLE ${s}.units (
          code text COLLATE "C" PRIMARY KEY,
          parent_code text COLLATE "C",
          kind text NOT NULL,
          level text NOT NULL,
          name_vi text NOT NULL,
          name_en text NOT NULL,
          commune_code text,
          remote boolean NOT NULL,
          valid_from date,
          valid_to date,
          version integer NOT NULL
        );
        CREATE INDEX units_parent ON ${s}.units (parent_code);
        CREATE INDEX units_commune ON ${s}.units (commune_code);

        -- ancestor includes the unit itself; a parent not yet known counts by its code.
        CREATE TABLE ${s}.unit_closure (
          ancestor text COLLATE "C" NOT NULL,
          code text COLLATE "C" NOT NULL,
          PRIMARY KEY (ancestor, code)
        );
        CREATE INDEX unit_closure_code ON ${s}.unit_closure (code);

        -- Counts the changes, so that a reader knows with one row whether its copy in memory is the newest.
        CREATE TABLE ${s}.unit_tree_generation (
          singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
          generation bigint NOT NULL
        );
        INSERT INTO ${s}.unit_tree_generation (generation) VALUES (0);

        GRANT SELECT ON ${s}.units, ${s}.unit_closure, ${s}.unit_tree_generation TO ${APP_ROLE};
      `,
    },
  ];
}
