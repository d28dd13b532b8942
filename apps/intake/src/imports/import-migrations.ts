import { identifier } from '@app/event-store';
import type { Migration } from '@app/event-store';

/** Tables of imports in progress and done, for the intake service's `migrate`. */
export function importMigrations(schema: string): Migration[] {
  const s = identifier(schema);
  return [
    {
      id: 'imports-0001',
      sql: `
        CREATE TABLE ${s}.imports (
          id uuid PRIMARY KEY,
          state text NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed')),
          dry_run boolean NOT NULL,
          actor jsonb NOT NULL,
          correlation_id text NOT NULL,
          -- Key and fingerprint of the request that asked for it: asked twice is done once.
          request_key text UNIQUE,
          request_fingerprint text,
          -- Per file: where it lies until done, what it holds, how far it is (FileProgress).
          files jsonb NOT NULL,
          failure text,
          created_at timestamptz NOT NULL,
          started_at timestamptz,
          finished_at timestamptz,
          -- Rows handled and milliseconds worked so far, over restarts.
          rows_handled int NOT NULL DEFAULT 0,
          worked_ms int NOT NULL DEFAULT 0,
          -- The process at work renews this; when it has passed, another may go on.
          claimed_until timestamptz
        );
        CREATE INDEX imports_waiting ON ${s}.imports (created_at) WHERE state IN ('queued', 'running');
        CREATE INDEX imports_newest ON ${s}.imports (created_at DESC, id DESC);

        CREATE TABLE ${s}.import_rejects (
          import_id uuid NOT NULL REFERENCES ${s}.imports (id),
          place bigint GENERATED ALWAYS AS IDENTITY,
          file int NOT NULL,
          line int NOT NULL,
          column_name text,
          code text NOT NULL,
          vi text NOT NULL,
          en text NOT NULL,
          PRIMARY KEY (import_id, place)
        );
      `,
    },
  ];
}
