import type { Pool, PoolClient } from 'pg';
import { STANDING_DAYS } from './preferences.js';

/** Something to send: an item of the inbox, or the digest of a day. At least once; its id tells repeats apart. */
export interface Delivery {
  id: string;
  person: string;
  channel: 'email' | 'webhook';
  itemId: string | null;
  attempts: number;
  email: string | null;
  webhookUrl: string | null;
  webhookSecret: Buffer | null;
  /** What the person may see, as last known. */
  units: string[];
}

/** Sends tried in all before a delivery is given up. */
export const MAX_ATTEMPTS = 8;
/** Time that one send may take; after it another instance takes over what a dead one held. */
const LEASE = `interval '2 minutes'`;

/** Queue new items of the inbox for everybody who wants their kind and may see them, after their quiet hours. */
export async function queueItems(tx: PoolClient, ids: readonly string[], nowSql: string): Promise<void> {
  await tx.query(
    `INSERT INTO deadlines.deliveries (id, person, channel, item_id, ready_at)
     SELECT gen_random_uuid(), p.person, c.channel, i.id, deadlines.after_quiet_hours(${nowSql}, p.quiet_from, p.quiet_to)
     FROM deadlines.inbox i
     JOIN deadlines.alert_preferences p ON i.kind = ANY (p.kinds)
     JOIN deadlines.readers r ON r.person = p.person AND r.seen_at > ${nowSql} - interval '${STANDING_DAYS} days'
     CROSS JOIN (VALUES ('email'), ('webhook')) AS c(channel)
     WHERE i.id = ANY ($1::uuid[])
       AND CASE c.channel WHEN 'email' THEN p.email ELSE p.webhook_url END IS NOT NULL
       AND ('*' = ANY (r.units) OR EXISTS (SELECT FROM deadlines.unit_closure u
         WHERE u.ancestor = ANY (r.units) AND u.code IN (i.unit_code, i.supervised_by)))
     ON CONFLICT DO NOTHING`,
    [ids],
  );
}

/** Queue today's digests once it is 07:00 in Viet Nam: one a day and person, also when nothing ran at seven. */
export async function queueDigests(pool: Pool, nowSql: string): Promise<void> {
  await pool.query(
    `WITH clock AS (SELECT ${nowSql} AT TIME ZONE 'Asia/Ho_Chi_Minh' AS local), called AS (
       UPDATE deadlines.alert_preferences p SET digest_on = clock.local::date
       FROM clock, deadlines.readers r
       WHERE p.digest AND p.email IS NOT NULL AND clock.local::time >= '07:00'
         AND (p.digest_on IS NULL OR p.digest_on < clock.local::date)
         AND r.person = p.person AND r.seen_at > ${nowSql} - interval '${STANDING_DAYS} days'
       RETURNING p.person, p.digest_on
     )
     INSERT INTO deadlines.deliveries (id, person, channel, digest_on, ready_at)
     SELECT gen_random_uuid(), person, 'email', digest_on, ${nowSql} FROM called
     ON CONFLICT DO NOTHING`,
  );
}

/** Take deliveries that are ready; nobody else gets them until the lease is over. */
export async function takeDeliveries(
  pool: Pool,
  channels: readonly string[],
  limit: number,
  nowSql: string,
): Promise<Delivery[]> {
  const { rows } = await pool.query<Delivery>(
    `WITH taken AS (
       UPDATE deadlines.deliveries SET attempts = attempts + 1, ready_at = ${nowSql} + ${LEASE}
       WHERE id IN (SELECT id FROM deadlines.deliveries
         WHERE state = 'waiting' AND ready_at <= ${nowSql} AND channel = ANY ($1)
         ORDER BY ready_at, id LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING *
     )
     SELECT t.id, t.person, t.channel, t.item_id AS "itemId", t.attempts, p.email, p.webhook_url AS "webhookUrl",
       p.webhook_secret AS "webhookSecret", coalesce(r.units, '{}') AS units
     FROM taken t LEFT JOIN deadlines.alert_preferences p ON p.person = t.person
     LEFT JOIN deadlines.readers r ON r.person = t.person ORDER BY t.id`,
    [channels, limit],
  );
  return rows;
}

/** How a send ended: `dropped` when the person no longer wants it or may no longer see it. */
export async function endDelivery(pool: Pool, id: string, state: 'sent' | 'dropped', nowSql: string): Promise<void> {
  await pool.query(
    `UPDATE deadlines.deliveries SET state = $2, ended_at = ${nowSql}, last_error = NULL WHERE id = $1`,
    [id, state],
  );
}

/** A send failed: again later, each time three times as long, outside quiet hours; given up after the last attempt. */
export async function postponeDelivery(pool: Pool, id: string, error: string, nowSql: string): Promise<void> {
  await pool.query(
    `UPDATE deadlines.deliveries d SET last_error = left($2, 500),
       state = CASE WHEN d.attempts >= $3 THEN 'failed' ELSE 'waiting' END,
       ended_at = CASE WHEN d.attempts >= $3 THEN ${nowSql} END,
       ready_at = deadlines.after_quiet_hours(${nowSql} + interval '30 seconds' * power(3, d.attempts - 1), p.quiet_from, p.quiet_to)
     FROM deadlines.alert_preferences p WHERE d.id = $1 AND p.person = d.person`,
    [id, error, MAX_ATTEMPTS],
  );
}
