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
  ];
}
