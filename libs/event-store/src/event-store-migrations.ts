import { appendFunction, fasterAppendFunction } from './append-function.js';
import { leanAppendFunction } from './append-function-lean.js';
import { identifier } from './database.js';
import type { Migration } from './migrate.js';

/** Tables and functions of one service's event log, for `migrate`. */
export function eventStoreMigrations(schema: string): Migration[] {
  const s = identifier(schema);
  return [
    {
      id: 'event-store-0001-log',
      sql: `
        -- xid is the writing transaction: the readers' gate compares it with the oldest one still running.
        CREATE TABLE ${s}.events (
          xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
          gp bigint GENERATED ALWAYS AS IDENTITY,
          id uuid NOT NULL,
          stream text COLLATE "C" NOT NULL,
          version integer NOT NULL CHECK (version > 0),
          type text COLLATE "C" NOT NULL,
          event_version integer NOT NULL CHECK (event_version > 0),
          data jsonb NOT NULL,
          meta jsonb NOT NULL,
          recorded_at timestamptz NOT NULL,
          CONSTRAINT events_pkey PRIMARY KEY (xid, gp),
          CONSTRAINT events_stream_version UNIQUE (stream, version)
        );
        -- The log only grows: nothing but an insert and its vacuum ever touches a page.
        ALTER TABLE ${s}.events SET (fillfactor = 100, autovacuum_vacuum_insert_scale_factor = 0.1);

        -- One row per idempotency key: what the first command with it wrote (no events when last < first).
        CREATE TABLE ${s}.commands (
          key text COLLATE "C" NOT NULL CONSTRAINT commands_pkey PRIMARY KEY,
          fingerprint text NOT NULL,
          stream text COLLATE "C" NOT NULL,
          first_version integer NOT NULL,
          last_version integer NOT NULL,
          recorded_at timestamptz NOT NULL
        );

        -- Last number given in each gapless series and year.
        CREATE TABLE ${s}.series (
          series text COLLATE "C" NOT NULL,
          year integer NOT NULL,
          last integer NOT NULL,
          CONSTRAINT series_pkey PRIMARY KEY (series, year)
        );

        -- Identity of this copy of the log. Transaction ids start again after a restore into another cluster, so a
        -- cursor is only good for the incarnation it was read from.
        CREATE TABLE ${s}.log_incarnation (
          single boolean PRIMARY KEY DEFAULT true CHECK (single),
          id uuid NOT NULL DEFAULT gen_random_uuid(),
          began_at timestamptz NOT NULL DEFAULT now()
        );
        INSERT INTO ${s}.log_incarnation DEFAULT VALUES;

        -- Judge every command against its stream's version and its idempotency key, write the events of those that
        -- pass, number them, answer one verdict each. Keys must be distinct within a call. Races lost to another
        -- transaction end in unique_violation; the caller runs the whole call again and then sees the winner.
        CREATE FUNCTION ${s}.append_events(p_commands json, p_recorded_at timestamptz) RETURNS json
        LANGUAGE plpgsql
        -- Plans are cached per session: one made while the tables were small must not scan them when they are not.
        SET enable_seqscan = off
        AS $append$
        DECLARE
          answer json;
        BEGIN
          -- Inside a read model's transaction the commit may be lazy; a transaction with events never is.
          PERFORM set_config('synchronous_commit', 'on', true);
          WITH command AS MATERIALIZED (
            SELECT c.*,
              (SELECT k FROM ${s}.commands k WHERE k.key = c.key) AS known,
              coalesce((SELECT e.version FROM ${s}.events e WHERE e.stream = c.stream ORDER BY e.version DESC LIMIT 1), 0)
                AS actual
            FROM json_to_recordset(p_commands) AS c(
              ord integer, stream text, expected integer, count integer, key text, fingerprint text,
              series text, year integer, field text, events json)
          ), chained AS (
            SELECT command.*, (known).key IS NULL AS is_new,
              actual + coalesce(sum(count) FILTER (WHERE (known).key IS NULL) OVER earlier, 0) AS standing
            FROM command
            WINDOW earlier AS (PARTITION BY stream ORDER BY ord ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
          ), judged AS MATERIALIZED (
            SELECT chained.*,
              -- After one conflict the later commands for that stream in this call are conflicts too.
              is_new AND bool_and(NOT is_new OR expected = standing) OVER (PARTITION BY stream ORDER BY ord) AS passes
            FROM chained
          ), numbered AS (
            INSERT INTO ${s}.series AS given (series, year, last)
            SELECT series, year, count(*) FROM judged WHERE passes AND series IS NOT NULL
            GROUP BY series, year ORDER BY series, year
            ON CONFLICT ON CONSTRAINT series_pkey DO UPDATE SET last = given.last + excluded.last
            RETURNING series, year, last
          ), accepted AS MATERIALIZED (
            SELECT judged.ord, judged.stream, judged.expected, judged.events, judged.field, judged.year,
              CASE WHEN judged.series IS NOT NULL THEN
                numbered.last - count(*) OVER (PARTITION BY judged.series, judged.year)
                  + row_number() OVER (PARTITION BY judged.series, judged.year ORDER BY judged.ord) END AS number
            FROM judged LEFT JOIN numbered ON numbered.series = judged.series AND numbered.year = judged.year
            WHERE judged.passes
          ), written AS (
            INSERT INTO ${s}.events (id, stream, version, type, event_version, data, meta, recorded_at)
            SELECT id, stream, version, type, event_version, data, meta, p_recorded_at
            FROM (
              SELECT e.id, a.stream, a.expected + e.i AS version, e.type, e.event_version,
                CASE WHEN a.number IS NULL THEN e.data
                  ELSE e.data || jsonb_build_object(a.field, jsonb_build_object('number', a.number, 'year', a.year)) END
                  AS data,
                e.meta
              FROM accepted a, LATERAL json_to_recordset(a.events) AS e(
                i integer, id uuid, type text, event_version integer, data jsonb, meta jsonb)
              ORDER BY a.ord, e.i
            ) AS in_order
            RETURNING stream, version, gp
          ), remembered AS (
            INSERT INTO ${s}.commands (key, fingerprint, stream, first_version, last_version, recorded_at)
            SELECT key, fingerprint, stream, expected + 1, expected + count, p_recorded_at
            FROM judged WHERE passes AND key IS NOT NULL
          )
          SELECT json_build_object(
            'xid', pg_current_xact_id()::text,
            'verdicts', (SELECT json_agg(json_build_object(
              'ord', j.ord,
              'kind', CASE
                WHEN j.is_new THEN CASE WHEN j.passes THEN 'appended' ELSE 'conflict' END
                WHEN (j.known).fingerprint = j.fingerprint THEN 'replayed'
                ELSE 'key-reused' END,
              'actual', j.actual,
              'number', a.number,
              'stream', (j.known).stream, 'first', (j.known).first_version, 'last', (j.known).last_version
            ) ORDER BY j.ord) FROM judged j LEFT JOIN accepted a ON a.ord = j.ord),
            'written', (SELECT json_agg(json_build_array(w.stream, w.version, w.gp::text)) FROM written w)
          ) INTO answer;
          RETURN answer;
        END
        $append$;

        -- After a restore: rewrite the transaction ids, which may lie in this cluster's future and would hide the
        -- events behind the readers' gate, keep the readers' order, and refuse every cursor handed out before.
        CREATE FUNCTION ${s}.renew_log() RETURNS uuid LANGUAGE plpgsql AS $renew$
        DECLARE
          renewed uuid;
        BEGIN
          LOCK TABLE ${s}.events IN ACCESS EXCLUSIVE MODE;
          CREATE TEMPORARY TABLE renewed_order ON COMMIT DROP AS
            SELECT xid, gp, row_number() OVER (ORDER BY xid, gp) AS place FROM ${s}.events;
          -- 3 is the first normal transaction id: older than any that can still run. Events of an earlier renewal have
          -- it already and keep their place, since they sort first.
          EXECUTE format('ALTER TABLE %s ALTER COLUMN gp SET GENERATED BY DEFAULT', '${schema}.events');
          UPDATE ${s}.events e SET xid = '3'::xid8, gp = o.place FROM renewed_order o WHERE e.xid = o.xid AND e.gp = o.gp;
          EXECUTE format('ALTER TABLE %s ALTER COLUMN gp SET GENERATED ALWAYS', '${schema}.events');
          PERFORM setval(pg_get_serial_sequence('${schema}.events', 'gp'), (SELECT count(*) FROM renewed_order) + 1, false);
          UPDATE ${s}.log_incarnation SET id = gen_random_uuid(), began_at = now() RETURNING id INTO renewed;
          RETURN renewed;
        END
        $renew$;
      `,
    },
    // The function of the first migration stays for processes of the release before, until none of them runs.
    { id: 'event-store-0002-append-batch', sql: appendFunction(schema) },
    { id: 'event-store-0003-append-batch-faster', sql: fasterAppendFunction(schema) },
    { id: 'event-store-0004-append-batch-lean', sql: leanAppendFunction(schema) },
  ];
}
