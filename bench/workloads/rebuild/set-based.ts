import { inTransaction } from '@app/event-store';
import type { Pool } from 'pg';
import type { ShadowTables } from '../../../libs/messaging/src/rebuild/shadow-tables.js';
import type { Variant } from '../../harness/types.js';

/** What SQL cannot say in a statement: the law's arithmetic. These columns stay empty. */
const TERMS = ['term_rule', 'term_cites', 'term_safe_by', 'term_due', 'term_latest', 'due_at', 'late_at'];

/** Tips of this history know six events, each once: one object of them says it all. */
const TIP_LIST = `
  INSERT INTO set_based.tip_list (tip_id, number, year, status, kind, channel, received_at, received_by,
    received_by_account, unit_code, supervised_by, commune_code, category, informant_given, informant_refused,
    classified_at, competent, urgent, signs_of_crime, accepted_at, assigned_at, investigator, prolonged_at, prolonged_to,
    decided_at, outcome, version, state, versions)
  SELECT (r->>'tipId')::uuid, (r#>>'{registerNumber,number}')::int, (r#>>'{registerNumber,year}')::int, status,
    r->>'kind', r->>'channel', (r->>'receivedAt')::timestamptz, r->>'unitCode', r->>'receivedBy', r->>'unitCode',
    r->>'supervisedBy', r->>'communeCode', category, (r->>'informantGiven')::boolean,
    (r->>'informantRefusedIdentity')::boolean, (c->>'classifiedAt')::timestamptz, (c->>'competent')::boolean,
    (c->>'urgent')::boolean, (c->>'signsOfCrime')::boolean, (a->>'acceptedAt')::timestamptz,
    (s->>'assignedAt')::timestamptz, s->>'investigator', (p->>'prolongedAt')::timestamptz,
    (p#>>'{decision,to}')::date, (d->>'declinedAt')::timestamptz,
    CASE WHEN d IS NULL THEN NULL WHEN (d->>'administrativeReferral')::boolean THEN 'administrative' ELSE 'not_initiated' END,
    version,
    jsonb_build_object('status', status, 'tipId', r->'tipId', 'registerNumber', r->'registerNumber',
      'unitCode', r->'unitCode', 'unitLevel', r->'unitLevel', 'unitRemote', r->'unitRemote',
      'supervisedBy', r->'supervisedBy', 'receivedAt', r->'receivedAt',
      'informantRefusedIdentity', (r->>'informantRefusedIdentity')::boolean OR NOT (r->>'informantGiven')::boolean,
      'category', category, 'classified', CASE WHEN c IS NOT NULL THEN
        jsonb_build_object('at', c->'classifiedAt', 'competent', c->'competent', 'urgent', c->'urgent') END,
      'transfer', NULL, 'acceptedAt', a->'acceptedAt', 'assigned', CASE WHEN s IS NOT NULL THEN
        jsonb_build_object('at', s->'assignedAt', 'investigator', s->'investigator') END,
      'prolonged', CASE WHEN p IS NOT NULL THEN
        jsonb_build_object('at', p->'prolongedAt', 'from', p#>'{decision,from}', 'to', p#>'{decision,to}') END,
      'extension', NULL, 'extensionRequests', 0, 'suspended', NULL, 'resumedAt', NULL, 'decidedAt', d->'declinedAt',
      'lastActAt', coalesce(d->'declinedAt', p->'prolongedAt', s->'assignedAt', a->'acceptedAt', c->'classifiedAt',
        r->'receivedAt')),
    jsonb_build_object(stream, version)
  FROM (
    SELECT stream, version, e->'CrimeTipReceived' AS r, e->'CrimeTipClassified' AS c, e->'CrimeTipAccepted' AS a,
      e->'CrimeTipAssigned' AS s, e->'VerificationProlonged' AS p, e->'InitiationDeclined' AS d,
      coalesce(e#>>'{CrimeTipClassified,category}', e#>>'{CrimeTipReceived,category}') AS category,
      CASE WHEN e ? 'InitiationDeclined' THEN 'not_initiated' WHEN e ? 'CrimeTipAssigned' THEN 'assigned'
        WHEN e ? 'CrimeTipAccepted' THEN 'accepted' WHEN e ? 'CrimeTipClassified' THEN 'classified' ELSE 'received' END AS status
    FROM (SELECT stream, max(version) AS version, jsonb_object_agg(type, data) AS e
      FROM intake.events WHERE stream COLLATE "C" LIKE 'crime-tip-%' GROUP BY stream) AS streams) AS tips`;

/** The list of tips by one statement over the log's JSON, inside the server, with the same indexes; without its terms. */
export function setBasedTipList(pool: Pool, tables: ShadowTables, events: number): Variant {
  const printOf = (schema: string): Promise<string> =>
    inTransaction(
      pool,
      async (tx) => {
        const { rows } = await tx.query<{ print: string }>(
          `SELECT count(*) || ' ' || md5(string_agg(h, '' ORDER BY h)) AS print
           FROM (SELECT md5((to_jsonb(t) - $1::text[])::text) AS h FROM ${schema}.tip_list t) AS hashed`,
          [TERMS],
        );
        return rows[0]!.print;
      },
      { settings: { 'app.units': '*' } },
    );
  let found = '';
  return {
    name: 'peer:set-based-sql',
    round: async () => {
      const client = await pool.connect();
      try {
        await client.query(`SELECT set_config('app.units', '*', false)`);
        const began = performance.now();
        await client.query('BEGIN');
        await tables.create(client);
        await client.query('COMMIT');
        await client.query(TIP_LIST);
        await tables.finish(client);
        const seconds = (performance.now() - began) / 1000;
        found = await printOf('set_based');
        await tables.drop(client);
        return { ops: events, seconds };
      } finally {
        client.release(true);
      }
    },
    check: async () => {
      const expected = await printOf('intake');
      return { ok: found === expected, found, expected };
    },
  };
}
