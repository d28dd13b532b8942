import { identifier, type Migration } from '@app/event-store';

/** A service's own copy of the published law, and how far its read models have followed it. */
export function lawMigrations(schema: string): Migration[] {
  const s = identifier(schema);
  return [
    {
      id: 'law-0001-published-law',
      sql: `
        CREATE TABLE ${s}.law_versions (
          number integer PRIMARY KEY,
          event_id uuid NOT NULL,
          type text NOT NULL,
          data jsonb NOT NULL
        );
        -- One row for each publication and read model: what is looked at again, in order of the model's keys.
        CREATE TABLE ${s}.law_recomputes (
          model text NOT NULL,
          law_number integer NOT NULL,
          reached text,
          looked_at integer NOT NULL DEFAULT 0,
          changed integer NOT NULL DEFAULT 0,
          queued_at timestamptz NOT NULL DEFAULT now(),
          finished_at timestamptz,
          PRIMARY KEY (model, law_number)
        );
        CREATE INDEX law_recomputes_open ON ${s}.law_recomputes (model) WHERE finished_at IS NULL;
      `,
    },
    {
      id: 'law-0002-recompute-since',
      // What was recorded before this moment and is over stays as it is.
      sql: `ALTER TABLE ${s}.law_recomputes ADD COLUMN since timestamptz NOT NULL DEFAULT '2018-01-01T00:00:00+07:00'`,
    },
  ];
}
