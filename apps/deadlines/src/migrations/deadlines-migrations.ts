import { eventStoreMigrations, type Migration } from '@app/event-store';
import { messagingMigrations } from '@app/messaging';
import { APP_ROLE, scopePolicySql, securityMigrations, unitTreeMigrations } from '@app/security';

export const SCHEMA = 'deadlines';

/** Columns that decide who sees a row: the body responsible now, its procuracy, the body that received the matter. */
const SCOPE_COLUMNS = ['unit_code', 'supervised_by', 'received_by'];

/** Tables of this service, in the order in which they are made. A released entry is never edited. */
export function deadlinesMigrations(): Migration[] {
  return [
    ...eventStoreMigrations(SCHEMA),
    ...messagingMigrations(SCHEMA),
    ...securityMigrations(SCHEMA),
    ...unitTreeMigrations(SCHEMA),
    {
      id: 'deadlines-0001-obligations',
      sql: `
        CREATE TABLE ${SCHEMA}.matters (
          matter_id uuid PRIMARY KEY,
          matter_kind text NOT NULL CHECK (matter_kind IN ('crime-tip', 'criminal-case')),
          -- '12/2026' of a tip, the case number of a case; null until known.
          matter_number text,
          -- Null until the event that opens the matter is here: facts of two services come in any order.
          unit_code text COLLATE "C",
          supervised_by text COLLATE "C",
          received_by text COLLATE "C",
          -- {"<key of the event>": {type, at, data}}: a set, the order of arrival leaves no trace.
          facts jsonb NOT NULL,
          -- Facts that the law's arithmetic refuses beside the others, with the reason.
          set_aside jsonb NOT NULL
        );

        -- What is owed, computed from the facts alone: rebuilt from the logs, the rows are the same to the byte.
        CREATE TABLE ${SCHEMA}.obligations (
          id uuid PRIMARY KEY,
          matter_id uuid NOT NULL,
          matter_kind text NOT NULL,
          matter_number text,
          unit_code text COLLATE "C",
          supervised_by text COLLATE "C",
          received_by text COLLATE "C",
          key text NOT NULL,
          rule text NOT NULL,
          owed_by text NOT NULL,
          trigger_type text NOT NULL,
          -- Days as YYYY-MM-DD, moments of hour terms as RFC 3339 +07:00, exactly as the library writes them.
          runs_from text NOT NULL,
          nominal text,
          safe_by text NOT NULL,
          due text NOT NULL,
          latest_arguable text NOT NULL,
          request_by text,
          state text NOT NULL CHECK (state IN ('open', 'done', 'cancelled')),
          done_at text,
          cancelled_at text,
          -- 1 for the first deadline, one more for each that replaced it.
          generation integer NOT NULL CHECK (generation > 0),
          superseded jsonb NOT NULL,
          -- Legal day of due, for filters.
          due_on date NOT NULL,
          -- The instant from which it is late in every reading.
          late_from timestamptz NOT NULL,
          -- late_from while the duty is open or ended after it; null where it can no longer be breached.
          breach_at timestamptz
        );
        CREATE INDEX obligations_by_matter ON ${SCHEMA}.obligations (matter_id);
        CREATE INDEX obligations_by_urgency ON ${SCHEMA}.obligations (late_from, id);
        CREATE INDEX obligations_open ON ${SCHEMA}.obligations (late_from, id) WHERE state = 'open';
        CREATE INDEX obligations_late ON ${SCHEMA}.obligations (late_from, id) WHERE breach_at IS NOT NULL;

        -- Breaches still to fire. A row goes in the transaction that changes its obligation and leaves when it has fired.
        CREATE TABLE ${SCHEMA}.timers (
          obligation_id uuid PRIMARY KEY,
          breach_at timestamptz NOT NULL
        );
        CREATE INDEX timers_due ON ${SCHEMA}.timers (breach_at, obligation_id);
        -- A queue: every row is deleted soon or late, so the dead ones are swept early.
        ALTER TABLE ${SCHEMA}.timers SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);

        ${scopePolicySql(SCHEMA, 'matters', SCOPE_COLUMNS)}
        ${scopePolicySql(SCHEMA, 'obligations', SCOPE_COLUMNS)}
      `,
    },
    {
      id: 'deadlines-0002-alert-ladder',
      sql: `
        -- In the order in which they fire at the same moment.
        CREATE TYPE ${SCHEMA}.rung AS ENUM ('d7', 'd5', 'd3', 'd1', 'h6', 'h1', 'due', 'breach');
        ALTER TABLE ${SCHEMA}.timers RENAME COLUMN breach_at TO fires_at;
        ALTER TABLE ${SCHEMA}.timers ADD COLUMN rung ${SCHEMA}.rung NOT NULL DEFAULT 'breach';
        ALTER TABLE ${SCHEMA}.timers DROP CONSTRAINT timers_pkey, ADD PRIMARY KEY (obligation_id, rung);
        DROP INDEX ${SCHEMA}.timers_due;
        CREATE INDEX timers_due ON ${SCHEMA}.timers (fires_at, rung, obligation_id);

        -- Duties that are open already: the rungs still ahead of them, as if they had been recorded now.
        SELECT set_config('app.units', '*', true);
        INSERT INTO ${SCHEMA}.timers (obligation_id, rung, fires_at)
        SELECT o.id, step.rung, step.at
        FROM ${SCHEMA}.obligations o CROSS JOIN LATERAL (
          SELECT d.rung::${SCHEMA}.rung, (o.safe_by::date - d.days)::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
          FROM (VALUES ('d7', 7), ('d5', 5), ('d3', 3), ('d1', 1)) AS d(rung, days) WHERE length(o.safe_by) = 10
          UNION ALL
          SELECT h.rung::${SCHEMA}.rung, o.safe_by::timestamptz - h.hours * interval '1 hour'
          FROM (VALUES ('h6', 6), ('h1', 1)) AS h(rung, hours) WHERE length(o.safe_by) > 10
          UNION ALL
          SELECT 'due', CASE WHEN length(o.due) = 10 THEN o.due::date::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
            ELSE o.due::timestamptz END
        ) AS step(rung, at)
        WHERE o.state = 'open' AND step.at > now();
      `,
    },
    {
      id: 'deadlines-0003-inbox',
      sql: `
        -- Alerts and breaches for people to read. Dates and numbers only: no text, no party, no informant.
        CREATE TABLE ${SCHEMA}.inbox (
          -- Id of the event: delivered again, it is the same item.
          id uuid PRIMARY KEY,
          at timestamptz NOT NULL,
          kind text NOT NULL,
          obligation_id uuid NOT NULL,
          matter_id uuid NOT NULL,
          matter_kind text NOT NULL,
          matter_number text,
          rule text NOT NULL,
          owed_by text NOT NULL,
          unit_code text COLLATE "C",
          supervised_by text COLLATE "C",
          -- Unit of the body that owes the duty; null for a court, which is no unit of this register.
          owing_unit text COLLATE "C",
          safe_by text NOT NULL,
          due text NOT NULL,
          latest_arguable text NOT NULL
        );
        CREATE INDEX inbox_newest ON ${SCHEMA}.inbox (at DESC, id DESC);
        CREATE TABLE ${SCHEMA}.inbox_reads (
          person text NOT NULL,
          item_id uuid NOT NULL,
          read_at timestamptz NOT NULL,
          PRIMARY KEY (person, item_id)
        );
        ${scopePolicySql(SCHEMA, 'inbox', ['unit_code', 'supervised_by'])}
        GRANT SELECT ON ${SCHEMA}.inbox_reads TO ${APP_ROLE};
      `,
    },
    {
      id: 'deadlines-0004-deliveries',
      sql: `
        -- What people may see, by their last token: what leaves without being asked for is cut to it.
        CREATE TABLE ${SCHEMA}.readers (
          person text PRIMARY KEY,
          units text[] NOT NULL,
          seen_at timestamptz NOT NULL
        );
        CREATE TABLE ${SCHEMA}.alert_preferences (
          person text PRIMARY KEY REFERENCES ${SCHEMA}.readers,
          kinds text[] NOT NULL,
          email text,
          webhook_url text,
          -- Sealed with the master key.
          webhook_secret bytea,
          -- Time of day in Viet Nam.
          quiet_from time,
          quiet_to time,
          digest boolean NOT NULL,
          -- Day of the last digest.
          digest_on date,
          CHECK ((quiet_from IS NULL) = (quiet_to IS NULL))
        );
        CREATE TABLE ${SCHEMA}.deliveries (
          id uuid PRIMARY KEY,
          person text NOT NULL,
          channel text NOT NULL CHECK (channel IN ('email', 'webhook')),
          item_id uuid,
          digest_on date,
          state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dropped', 'failed')),
          ready_at timestamptz NOT NULL,
          attempts integer NOT NULL DEFAULT 0,
          last_error text,
          ended_at timestamptz,
          UNIQUE (person, channel, item_id),
          UNIQUE (person, digest_on),
          CHECK ((item_id IS NULL) <> (digest_on IS NULL))
        );
        CREATE INDEX deliveries_ready ON ${SCHEMA}.deliveries (ready_at, id) WHERE state = 'waiting';

        -- The same moment, or the end of the quiet hours that it lies in.
        CREATE FUNCTION ${SCHEMA}.after_quiet_hours(at timestamptz, quiet_from time, quiet_to time) RETURNS timestamptz
        LANGUAGE sql IMMUTABLE AS $after$
          SELECT CASE
            WHEN quiet_from < quiet_to AND l.t >= quiet_from AND l.t < quiet_to
              OR quiet_from > quiet_to AND l.t < quiet_to
            THEN (l.day + quiet_to) AT TIME ZONE 'Asia/Ho_Chi_Minh'
            WHEN quiet_from > quiet_to AND l.t >= quiet_from
            THEN (l.day + 1 + quiet_to) AT TIME ZONE 'Asia/Ho_Chi_Minh'
            ELSE at END
          FROM (SELECT (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::time AS t,
            (at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS day) AS l
        $after$;
      `,
    },
    {
      id: 'deadlines-0005-calendar-feeds',
      sql: `
        CREATE TABLE ${SCHEMA}.calendar_feeds (
          person text PRIMARY KEY REFERENCES ${SCHEMA}.readers,
          -- SHA-256 of the secret address; the address itself is nowhere.
          token_hash bytea NOT NULL UNIQUE,
          opened_at timestamptz NOT NULL
        );
      `,
    },
    {
      id: 'deadlines-0006-law-versions',
      sql: `
        -- How far each published version of the law has been carried out. The versions themselves are in the log alone.
        CREATE TABLE ${SCHEMA}.recomputes (
          law_number integer PRIMARY KEY,
          -- Matters that it may concern, found when it was published.
          queued integer NOT NULL,
          looked_at integer NOT NULL DEFAULT 0,
          -- Duties that it moved.
          moved integer NOT NULL DEFAULT 0,
          started_at timestamptz NOT NULL,
          finished_at timestamptz
        );
        CREATE TABLE ${SCHEMA}.recompute_queue (
          law_number integer NOT NULL,
          matter_id uuid NOT NULL,
          ready_at timestamptz NOT NULL DEFAULT statement_timestamp(),
          last_error text,
          PRIMARY KEY (law_number, matter_id)
        );
        CREATE INDEX recompute_queue_by_matter ON ${SCHEMA}.recompute_queue (matter_id);
        -- What moved a deadline and from where, where an item tells that: {law, publication, name, reason, before}.
        ALTER TABLE ${SCHEMA}.inbox ADD COLUMN moved jsonb;
        CREATE INDEX inbox_moved ON ${SCHEMA}.inbox (at DESC, id) WHERE kind = 'moved';
      `,
    },
    {
      id: 'deadlines-0007-lists-by-unit',
      sql: `
        -- Lists of one unit: what runs, and everything. A duty is seen as well by whoever received the matter and sent it on.
        CREATE INDEX obligations_unit_open ON ${SCHEMA}.obligations (unit_code, late_from, id) WHERE state = 'open';
        CREATE INDEX obligations_supervised_open ON ${SCHEMA}.obligations (supervised_by, late_from, id)
          WHERE state = 'open';
        CREATE INDEX obligations_receiver_open ON ${SCHEMA}.obligations (received_by, late_from, id)
          WHERE state = 'open' AND received_by <> unit_code;
        CREATE INDEX obligations_unit ON ${SCHEMA}.obligations (unit_code, late_from, id);
        CREATE INDEX obligations_supervised ON ${SCHEMA}.obligations (supervised_by, late_from, id);
        CREATE INDEX obligations_receiver ON ${SCHEMA}.obligations (received_by, late_from, id)
          WHERE received_by <> unit_code;
        CREATE INDEX obligations_cancelled ON ${SCHEMA}.obligations (late_from, id) WHERE state = 'cancelled';
        CREATE INDEX inbox_unit ON ${SCHEMA}.inbox (unit_code, at DESC, id DESC);
        CREATE INDEX inbox_supervised ON ${SCHEMA}.inbox (supervised_by, at DESC, id DESC);
      `,
    },
  ];
}
