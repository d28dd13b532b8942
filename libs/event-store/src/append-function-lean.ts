import { identifier } from './database.js';

/**
 * SQL of the function behind the statement `<schema>-append`; what its arguments are is told at `appendStatement`. The
 * third version of it: what is always the same is asked without a query, and rows are made without a table in between
 * (docs/decisions/0009-appends-that-share-transactions.md has the figures). The second version stays under the name
 * `append_judged` for batches with a command that does not pass.
 */
export function leanAppendFunction(schema: string): string {
  const s = identifier(schema);
  return `
    ALTER FUNCTION ${s}.append_batch(${types}) RENAME TO append_judged;

    -- Write the events of all commands when every one passes, told by one look at each stream and key that is not sure;
    -- otherwise judge them one by one. Keys must be distinct within a call. Races lost to another transaction end in
    -- unique_violation; the caller runs the whole call again and then sees the winner.
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
    -- Arrays of another length would be a reason to plan anew; every call's plan is the same.
    SET plan_cache_mode = force_generic_plan
    AS $append$
    DECLARE
      own constant xid8 := pg_current_xact_id_if_assigned();
      is_ordinary boolean := p_head_stream IS NOT NULL;
      -- Assignments and conditions without a sub-query are expressions: they cost a fraction of a query.
      setting text;
      numbers integer[];
      places bigint[];
    BEGIN
      -- Inside a read model's transaction the commit may be lazy; a transaction with events never is.
      setting := set_config('synchronous_commit', 'on', true);
      IF p_lock_ms IS NOT NULL THEN
        setting := set_config('lock_timeout', p_lock_ms::text, true);
      END IF;

      -- A transaction that has written before it comes here has its id already. What younger ones have put into a stream
      -- since lies behind that id, and readers would get our events before theirs: the caller has to begin anew.
      IF own IS NOT NULL THEN
        IF EXISTS (
          SELECT FROM unnest(p_stream) AS asked(stream)
          WHERE own < (SELECT e.xid FROM ${s}.events e WHERE e.stream = asked.stream ORDER BY e.version DESC LIMIT 1)
        ) THEN
          RAISE EXCEPTION 'a younger transaction has appended to a stream of this one' USING ERRCODE = '40001';
        END IF;
      END IF;

      IF is_ordinary AND cardinality(p_head_stream) > 0 THEN
        SELECT count(*) = 0 INTO is_ordinary
        FROM unnest(p_head_stream, p_head_version) AS head(stream, version)
        WHERE head.version IS DISTINCT FROM coalesce(
          (SELECT e.version FROM ${s}.events e WHERE e.stream = head.stream ORDER BY e.version DESC LIMIT 1), 0);
      END IF;
      IF is_ordinary AND p_key IS NOT NULL THEN
        SELECT count(*) = 0 INTO is_ordinary
        FROM unnest(p_key) AS asked(key) JOIN ${s}.commands known ON known.key = asked.key;
      END IF;
      IF NOT is_ordinary THEN
        RETURN ${s}.append_judged(
          p_recorded_at, p_lock_ms, p_head_stream, p_head_version, p_stream, p_expected, p_count, p_key, p_fingerprint,
          p_series, p_year, p_field, p_command, p_id, p_event_stream, p_version, p_type, p_event_version, p_data, p_meta);
      END IF;

      -- Taking the places first and giving them to the rows is cheaper than asking the rows for theirs.
      IF cardinality(p_id) = 1 THEN
        places := ARRAY[nextval('${schema}.events_gp_seq')];
      ELSE
        places := ARRAY(SELECT nextval('${schema}.events_gp_seq') FROM generate_series(1, cardinality(p_id)));
      END IF;
      IF p_series IS NULL THEN
        -- In the list of columns the arrays are gone through side by side; in FROM each would first be put into a table.
        INSERT INTO ${s}.events (gp, id, stream, version, type, event_version, data, meta, recorded_at)
        OVERRIDING SYSTEM VALUE
        SELECT unnest(places), unnest(p_id), unnest(p_event_stream), unnest(p_version), unnest(p_type),
          unnest(p_event_version), unnest(p_data), unnest(p_meta), p_recorded_at;
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
    END
    $append$;
  `;
}

const types = [
  'timestamptz, integer, text[], integer[], text[], integer[], integer[], text[], text[], text[], integer[], text[]',
  'integer[], uuid[], text[], integer[], text[], integer[], jsonb[], jsonb[]',
].join(', ');
