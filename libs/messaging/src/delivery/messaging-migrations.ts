import { identifier, type Migration } from '@app/event-store';

/** Checkpoints and parked events of a service's consumers, for `migrate`. */
export function messagingMigrations(schema: string): Migration[] {
  const s = identifier(schema);
  return [
    {
      id: 'messaging-0001-delivery',
      sql: `
        -- How far a consumer is in each source (a service's log, or a partition of a topic). The epoch counts the
        -- instances that took the source over; only the newest may write.
        CREATE TABLE ${s}.checkpoints (
          consumer text NOT NULL,
          source text NOT NULL,
          epoch bigint NOT NULL DEFAULT 1,
          position jsonb,
          updated_at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (consumer, source)
        );

        -- Streams that a consumer could not handle: their later events wait behind the first in order.
        CREATE TABLE ${s}.parked_streams (
          consumer text NOT NULL,
          stream text NOT NULL,
          source text NOT NULL,
          topic text NOT NULL,
          version integer NOT NULL,
          error text NOT NULL,
          attempts integer NOT NULL DEFAULT 1,
          retry_requested boolean NOT NULL DEFAULT false,
          parked_at timestamptz NOT NULL DEFAULT now(),
          tried_at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (consumer, stream)
        );
        CREATE TABLE ${s}.parked_events (
          consumer text NOT NULL,
          stream text NOT NULL,
          version integer NOT NULL,
          event jsonb NOT NULL,
          parked_at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (consumer, stream, version),
          FOREIGN KEY (consumer, stream) REFERENCES ${s}.parked_streams
        );
      `,
    },
    {
      id: 'messaging-0002-rebuilds',
      sql: `
        -- Epoch whose holder may take the source up again where it now stands: its read model was rebuilt under it.
        ALTER TABLE ${s}.checkpoints ADD COLUMN handed_on bigint;

        -- The newest rebuild of each consumer. Where it stands in each source is in checkpoints, under its own name.
        CREATE TABLE ${s}.rebuilds (
          consumer text PRIMARY KEY,
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          phase text NOT NULL DEFAULT 'waiting' CHECK (phase IN
            ('waiting', 'loading', 'indexing', 'catching-up', 'swapping', 'done', 'failed')),
          -- Description of the live tables that the shadow was made after.
          shape text,
          events_done bigint NOT NULL DEFAULT 0,
          events_total bigint,
          events_per_second double precision,
          restarts integer NOT NULL DEFAULT 0,
          error text,
          requested_by text NOT NULL,
          requested_at timestamptz NOT NULL DEFAULT now(),
          started_at timestamptz,
          updated_at timestamptz NOT NULL DEFAULT now(),
          ended_at timestamptz
        );
      `,
    },
    {
      id: 'messaging-0003-released',
      sql: `
        -- Its holder has ended in good order: an instance that was fenced off and stands by may take the source over.
        ALTER TABLE ${s}.checkpoints ADD COLUMN released boolean NOT NULL DEFAULT false;
      `,
    },
  ];
}
