import { identifier } from './database.js';

/** SQL of the function behind the statement `<schema>-append`; what its arguments are is told at `appendStatement`. */
export function appendFunction(schema: string): string {
  const s = identifier(schema);
  return `
    -- Judge every command against its stream's version and its idempotency key, write the events of those that pass,
    -- number them, answer one verdict each. Keys must be distinct within a call. Races lost to another transaction end
    -- in unique_violation; the caller runs the whole call again and then sees the winner.
    CREATE FUNCTION ${s}.append_batch(
      p_recorded_at timestamptz, p_lock_ms integer,
      p_head_stream text[], p_head_version integer[],
      p_stream text[], p_expected integer[], p_count integer[], p_key text[], p_fingerprint text[],
      p_series text[], p_year integer[], p_field text[],
      p_command integer[], p_id uuid[], p_event_stream text[], p_version integer[], p_type text[],
      p_event_version integer[], p_data jsonb[], p_meta jsonb[]
    ) RETURNS json
    LANGUAGE plpgsql
    -- Plans are cached per session: one made while the tables were small must not scan them when they are not.
    SET enable_seqscan = off
    AS $append$
    DECLARE
      own constant xid8 := pg_current_xact_id_if_assigned();
      is_ordinary boolean := false;
      numbers integer[];
      places text;
      answer json;
    BEGIN
      -- Inside a read model's transaction the commit may be lazy; a transaction with events never is.
      PERFORM set_config('synchronous_commit', 'on', true);
      IF p_lock_ms IS NOT NULL THEN
        PERFORM set_config('lock_timeout', p_lock_ms::text, true);
      END IF;

      -- A transaction that has written before it comes here has its id already. What younger ones have put into a stream
      -- since lies behind that id, and readers would get our events before theirs: the caller has to begin anew.
      IF own IS NOT NULL AND EXISTS (
        SELECT FROM unnest(p_stream) AS asked(stream)
        WHERE own < (SELECT e.xid FROM ${s}.events e WHERE e.stream = asked.stream ORDER BY e.version DESC LIMIT 1)
      ) THEN
        RAISE EXCEPTION 'a younger transaction has appended to a stream of this one' USING ERRCODE = '40001';
      END IF;

      -- The ordinary case: all commands pass. Told by one look at each stream and key.
      IF p_head_stream IS NOT NULL THEN
        SELECT count(*) = 0 INTO is_ordinary
        FROM unnest(p_head_stream, p_head_version) AS head(stream, version)
        WHERE head.version IS DISTINCT FROM coalesce(
          (SELECT e.version FROM ${s}.events e WHERE e.stream = head.stream ORDER BY e.version DESC LIMIT 1), 0);
        IF is_ordinary AND p_key IS NOT NULL THEN
          SELECT count(*) = 0 INTO is_ordinary
          FROM unnest(p_key) AS asked(key) JOIN ${s}.commands known ON known.key = asked.key;
        END IF;
      END IF;

      IF is_ordinary THEN
        IF p_series IS NULL THEN
          WITH written AS (
            INSERT INTO ${s}.events (id, stream, version, type, event_version, data, meta, recorded_at)
            SELECT e.id, e.stream, e.version, e.type, e.event_version, e.data, e.meta, p_recorded_at
            FROM unnest(p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta)
              AS e(id, stream, version, type, event_version, data, meta)
            RETURNING gp
          )
          SELECT string_agg(gp::text, ',') INTO places FROM written;
        ELSE
          WITH asked AS MATERIALIZED (
            SELECT * FROM unnest(p_series, p_year) WITH ORDINALITY AS a(series, year, ord)
          ), given AS (
            INSERT INTO ${s}.series AS given (series, year, last)
            SELECT series, year, count(*) FROM asked WHERE series IS NOT NULL
            GROUP BY series, year ORDER BY series, year
            ON CONFLICT ON CONSTRAINT series_pkey DO UPDATE SET last = given.last + excluded.last
            RETURNING series, year, last
          )
          SELECT array_agg(given.last - ranked.taken + ranked.nth ORDER BY ranked.ord) INTO numbers
          FROM (
            SELECT asked.*, count(*) OVER (PARTITION BY series, year) AS taken,
              row_number() OVER (PARTITION BY series, year ORDER BY ord) AS nth
            FROM asked
          ) AS ranked LEFT JOIN given ON given.series = ranked.series AND given.year = ranked.year;
          WITH written AS (
            INSERT INTO ${s}.events (id, stream, version, type, event_version, data, meta, recorded_at)
            SELECT id, stream, version, type, event_version, data, meta, p_recorded_at
            FROM (
              SELECT e.id, e.stream, e.version, e.type, e.event_version,
                CASE WHEN n.number IS NULL THEN e.data
                  ELSE e.data || jsonb_build_object(n.field, jsonb_build_object('number', n.number, 'year', n.year)) END
                  AS data,
                e.meta
              FROM unnest(p_command, p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta)
                WITH ORDINALITY AS e(command, id, stream, version, type, event_version, data, meta, ord)
              JOIN unnest(numbers, p_year, p_field) WITH ORDINALITY AS n(number, year, field, command)
                ON n.command = e.command
              ORDER BY e.ord
            ) AS in_order
            RETURNING gp
          )
          SELECT string_agg(gp::text, ',') INTO places FROM written;
        END IF;
        IF p_key IS NOT NULL THEN
          INSERT INTO ${s}.commands (key, fingerprint, stream, first_version, last_version, recorded_at)
          SELECT c.key, c.fingerprint, c.stream, c.expected + 1, c.expected + c.count, p_recorded_at
          FROM unnest(p_key, p_fingerprint, p_stream, p_expected, p_count) AS c(key, fingerprint, stream, expected, count)
          WHERE c.key IS NOT NULL;
        END IF;
        RETURN json_build_object('xid', pg_current_xact_id()::text, 'gp', places, 'numbers', numbers, 'verdicts', NULL);
      END IF;

      WITH command AS MATERIALIZED (
        SELECT c.*,
          (SELECT k FROM ${s}.commands k WHERE k.key = c.key) AS known,
          coalesce((SELECT e.version FROM ${s}.events e WHERE e.stream = c.stream ORDER BY e.version DESC LIMIT 1), 0)
            AS actual
        FROM unnest(p_stream, p_expected, p_count, p_key, p_fingerprint, p_series, p_year, p_field) WITH ORDINALITY
          AS c(stream, expected, count, key, fingerprint, series, year, field, ord)
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
        SELECT judged.ord, judged.field, judged.year,
          CASE WHEN judged.series IS NOT NULL THEN
            numbered.last - count(*) OVER (PARTITION BY judged.series, judged.year)
              + row_number() OVER (PARTITION BY judged.series, judged.year ORDER BY judged.ord) END AS number
        FROM judged LEFT JOIN numbered ON numbered.series = judged.series AND numbered.year = judged.year
        WHERE judged.passes
      ), written AS (
        INSERT INTO ${s}.events (id, stream, version, type, event_version, data, meta, recorded_at)
        SELECT id, stream, version, type, event_version, data, meta, p_recorded_at
        FROM (
          SELECT e.id, e.stream, e.version, e.type, e.event_version,
            CASE WHEN a.number IS NULL THEN e.data
              ELSE e.data || jsonb_build_object(a.field, jsonb_build_object('number', a.number, 'year', a.year)) END
              AS data,
            e.meta
          FROM unnest(p_command, p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta)
            WITH ORDINALITY AS e(command, id, stream, version, type, event_version, data, meta, ord)
          JOIN accepted a ON a.ord = e.command
          ORDER BY e.ord
        ) AS in_order
        RETURNING gp
      ), remembered AS (
        INSERT INTO ${s}.commands (key, fingerprint, stream, first_version, last_version, recorded_at)
        SELECT key, fingerprint, stream, expected + 1, expected + count, p_recorded_at
        FROM judged WHERE passes AND key IS NOT NULL
      )
      SELECT json_build_object(
        'xid', pg_current_xact_id()::text,
        'gp', (SELECT string_agg(w.gp::text, ',') FROM written w),
        'numbers', NULL,
        'verdicts', (SELECT json_agg(json_build_object(
          'kind', CASE
            WHEN j.is_new THEN CASE WHEN j.passes THEN 'appended' ELSE 'conflict' END
            WHEN (j.known).fingerprint = j.fingerprint THEN 'replayed'
            ELSE 'key-reused' END,
          'actual', j.actual,
          'number', a.number,
          'stream', (j.known).stream, 'first', (j.known).first_version, 'last', (j.known).last_version
        ) ORDER BY j.ord) FROM judged j LEFT JOIN accepted a ON a.ord = j.ord)
      ) INTO answer;
      RETURN answer;
    END
    $append$;
  `;
}

/**
 * SQL of the function behind the statement `<schema>-append`; what its arguments are is told at `appendStatement`. The
 * second version of it: heads that need no look are left out, places are taken before the rows are written, and plans
 * are made once (docs/decisions/0009-appends-that-share-transactions.md has the figures).
 */
export function fasterAppendFunction(schema: string): string {
  const s = identifier(schema);
  return `
    -- Judge every command against its stream's version and its idempotency key, write the events of those that pass,
    -- number them, answer one verdict each. Keys must be distinct within a call. Races lost to another transaction end
    -- in unique_violation; the caller runs the whole call again and then sees the winner.
    CREATE OR REPLACE FUNCTION ${s}.append_batch(
      p_recorded_at timestamptz, p_lock_ms integer,
      p_head_stream text[], p_head_version integer[],
      p_stream text[], p_expected integer[], p_count integer[], p_key text[], p_fingerprint text[],
      p_series text[], p_year integer[], p_field text[],
      p_command integer[], p_id uuid[], p_event_stream text[], p_version integer[], p_type text[],
      p_event_version integer[], p_data jsonb[], p_meta jsonb[]
    ) RETURNS json
    LANGUAGE plpgsql
    -- Plans are cached per session: one made while the tables were small must not scan them when they are not.
    SET enable_seqscan = off
    -- Arrays of another length would be a reason to plan anew; every call's plan is the same.
    SET plan_cache_mode = force_generic_plan
    AS $append$
    DECLARE
      own constant xid8 := pg_current_xact_id_if_assigned();
      is_ordinary boolean := false;
      numbers integer[];
      places bigint[];
      answer json;
    BEGIN
      -- Inside a read model's transaction the commit may be lazy; a transaction with events never is.
      PERFORM set_config('synchronous_commit', 'on', true);
      IF p_lock_ms IS NOT NULL THEN
        PERFORM set_config('lock_timeout', p_lock_ms::text, true);
      END IF;

      -- A transaction that has written before it comes here has its id already. What younger ones have put into a stream
      -- since lies behind that id, and readers would get our events before theirs: the caller has to begin anew.
      IF own IS NOT NULL AND EXISTS (
        SELECT FROM unnest(p_stream) AS asked(stream)
        WHERE own < (SELECT e.xid FROM ${s}.events e WHERE e.stream = asked.stream ORDER BY e.version DESC LIMIT 1)
      ) THEN
        RAISE EXCEPTION 'a younger transaction has appended to a stream of this one' USING ERRCODE = '40001';
      END IF;

      -- The ordinary case: all commands pass. Told by one look at each stream and key.
      IF p_head_stream IS NOT NULL THEN
        SELECT count(*) = 0 INTO is_ordinary
        FROM unnest(p_head_stream, p_head_version) AS head(stream, version)
        WHERE head.version IS DISTINCT FROM coalesce(
          (SELECT e.version FROM ${s}.events e WHERE e.stream = head.stream ORDER BY e.version DESC LIMIT 1), 0);
        IF is_ordinary AND p_key IS NOT NULL THEN
          SELECT count(*) = 0 INTO is_ordinary
          FROM unnest(p_key) AS asked(key) JOIN ${s}.commands known ON known.key = asked.key;
        END IF;
      END IF;

      IF is_ordinary THEN
        -- Taking the places first and giving them to the rows is cheaper than asking the rows for theirs.
        places := ARRAY(SELECT nextval('${schema}.events_gp_seq') FROM generate_series(1, cardinality(p_id)));
        IF p_series IS NULL THEN
          INSERT INTO ${s}.events (gp, id, stream, version, type, event_version, data, meta, recorded_at)
          OVERRIDING SYSTEM VALUE
          SELECT e.gp, e.id, e.stream, e.version, e.type, e.event_version, e.data, e.meta, p_recorded_at
          FROM unnest(places, p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta)
            AS e(gp, id, stream, version, type, event_version, data, meta);
        ELSE
          WITH asked AS MATERIALIZED (
            SELECT * FROM unnest(p_series, p_year) WITH ORDINALITY AS a(series, year, ord)
          ), given AS (
            INSERT INTO ${s}.series AS given (series, year, last)
            SELECT series, year, count(*) FROM asked WHERE series IS NOT NULL
            GROUP BY series, year ORDER BY series, year
            ON CONFLICT ON CONSTRAINT series_pkey DO UPDATE SET last = given.last + excluded.last
            RETURNING series, year, last
          )
          SELECT array_agg(given.last - ranked.taken + ranked.nth ORDER BY ranked.ord) INTO numbers
          FROM (
            SELECT asked.*, count(*) OVER (PARTITION BY series, year) AS taken,
              row_number() OVER (PARTITION BY series, year ORDER BY ord) AS nth
            FROM asked
          ) AS ranked LEFT JOIN given ON given.series = ranked.series AND given.year = ranked.year;
          INSERT INTO ${s}.events (gp, id, stream, version, type, event_version, data, meta, recorded_at)
          OVERRIDING SYSTEM VALUE
          SELECT e.gp, e.id, e.stream, e.version, e.type, e.event_version,
            CASE WHEN n.number IS NULL THEN e.data
              ELSE e.data || jsonb_build_object(n.field, jsonb_build_object('number', n.number, 'year', n.year)) END,
            e.meta, p_recorded_at
          FROM unnest(places, p_command, p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta)
            AS e(gp, command, id, stream, version, type, event_version, data, meta)
          JOIN unnest(numbers, p_year, p_field) WITH ORDINALITY AS n(number, year, field, command)
            ON n.command = e.command;
        END IF;
        IF p_key IS NOT NULL THEN
          INSERT INTO ${s}.commands (key, fingerprint, stream, first_version, last_version, recorded_at)
          SELECT c.key, c.fingerprint, c.stream, c.expected + 1, c.expected + c.count, p_recorded_at
          FROM unnest(p_key, p_fingerprint, p_stream, p_expected, p_count) AS c(key, fingerprint, stream, expected, count)
          WHERE c.key IS NOT NULL;
        END IF;
        RETURN json_build_object('xid', pg_current_xact_id()::text, 'gp', array_to_string(places, ','),
          'numbers', numbers, 'verdicts', NULL);
      END IF;

      WITH command AS MATERIALIZED (
        SELECT c.*,
          (SELECT k FROM ${s}.commands k WHERE k.key = c.key) AS known,
          coalesce((SELECT e.version FROM ${s}.events e WHERE e.stream = c.stream ORDER BY e.version DESC LIMIT 1), 0)
            AS actual
        FROM unnest(p_stream, p_expected, p_count, p_key, p_fingerprint, p_series, p_year, p_field) WITH ORDINALITY
          AS c(stream, expected, count, key, fingerprint, series, year, field, ord)
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
        SELECT judged.ord, judged.field, judged.year,
          CASE WHEN judged.series IS NOT NULL THEN
            numbered.last - count(*) OVER (PARTITION BY judged.series, judged.year)
              + row_number() OVER (PARTITION BY judged.series, judged.year ORDER BY judged.ord) END AS number
        FROM judged LEFT JOIN numbered ON numbered.series = judged.series AND numbered.year = judged.year
        WHERE judged.passes
      ), written AS (
        INSERT INTO ${s}.events (id, stream, version, type, event_version, data, meta, recorded_at)
        SELECT id, stream, version, type, event_version, data, meta, p_recorded_at
        FROM (
          SELECT e.id, e.stream, e.version, e.type, e.event_version,
            CASE WHEN a.number IS NULL THEN e.data
              ELSE e.data || jsonb_build_object(a.field, jsonb_build_object('number', a.number, 'year', a.year)) END
              AS data,
            e.meta
          FROM unnest(p_command, p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta)
            WITH ORDINALITY AS e(command, id, stream, version, type, event_version, data, meta, ord)
          JOIN accepted a ON a.ord = e.command
          ORDER BY e.ord
        ) AS in_order
        RETURNING gp
      ), remembered AS (
        INSERT INTO ${s}.commands (key, fingerprint, stream, first_version, last_version, recorded_at)
        SELECT key, fingerprint, stream, expected + 1, expected + count, p_recorded_at
        FROM judged WHERE passes AND key IS NOT NULL
      )
      SELECT json_build_object(
        'xid', pg_current_xact_id()::text,
        'gp', (SELECT string_agg(w.gp::text, ',') FROM written w),
        'numbers', NULL,
        'verdicts', (SELECT json_agg(json_build_object(
          'kind', CASE
            WHEN j.is_new THEN CASE WHEN j.passes THEN 'appended' ELSE 'conflict' END
            WHEN (j.known).fingerprint = j.fingerprint THEN 'replayed'
            ELSE 'key-reused' END,
          'actual', j.actual,
          'number', a.number,
          'stream', (j.known).stream, 'first', (j.known).first_version, 'last', (j.known).last_version
        ) ORDER BY j.ord) FROM judged j LEFT JOIN accepted a ON a.ord = j.ord)
      ) INTO answer;
      RETURN answer;
    END
    $append$;
  `;
}
