import { hkdfSync, randomBytes } from 'node:crypto';
import type { Caller } from '@app/http';
import { open, seal } from '@app/security';
import type { Pool } from 'pg';
import { DATABASE_NOW } from '../timers/deadline-timers.js';
import type { InboxKind } from './inbox.consumer.js';

/** Hours of the day in Viet Nam in which nothing is sent, `HH:MM`; over midnight when `from` is later than `to`. */
export interface QuietHours {
  from: string;
  to: string;
}

/** How one person wants to be told, beside the inbox. */
export interface AlertPreferences {
  /** What is sent at once; the inbox has everything anyway. */
  kinds: InboxKind[];
  email: string | null;
  webhookUrl: string | null;
  quietHours: QuietHours | null;
  /** One e-mail a day at 07:00 with what is late and what falls due. */
  digest: boolean;
}

export const NO_PREFERENCES: AlertPreferences = {
  kinds: [],
  email: null,
  webhookUrl: null,
  quietHours: null,
  digest: false,
};

/** After this many days without a visit a person is sent nothing more: rights that nobody renewed have lapsed. */
export const STANDING_DAYS = 90;

/**
 * Remember what a person may see, as the token at hand says: what leaves without the person asking (mail, webhook,
 * calendar) is cut to it. Written when it changed, and once a day as a sign of life.
 */
export async function noteReader(pool: Pool, { id, units }: Pick<Caller, 'id' | 'units'>): Promise<void> {
  await pool.query(
    `INSERT INTO deadlines.readers AS r (person, units, seen_at) VALUES ($1, $2, ${DATABASE_NOW})
     ON CONFLICT (person) DO UPDATE SET units = excluded.units, seen_at = excluded.seen_at
     WHERE r.units <> excluded.units OR r.seen_at < excluded.seen_at - interval '1 day'`,
    [id, units],
  );
}

/** Key under which the secrets of webhooks are sealed. */
export function webhookKey(masterKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', masterKey, Buffer.alloc(0), 'tinbao.deadlines.webhook-secrets', 32));
}

const placeOf = (person: string): string => `deadlines.webhook-secret/${person}`;

/** The secret that a person's webhooks are signed with. @throws SealBroken when the master key is another one */
export function openSecret(key: Buffer, person: string, sealed: Buffer): string {
  return open(key, sealed, placeOf(person)).toString('utf8');
}

interface StoredPreferences {
  kinds: InboxKind[];
  email: string | null;
  webhook_url: string | null;
  quiet_from: string | null;
  quiet_to: string | null;
  digest: boolean;
}

/** A person's preferences; nothing is sent until some are chosen. */
export async function preferencesOf(pool: Pool, person: string): Promise<AlertPreferences> {
  const { rows } = await pool.query<StoredPreferences>(
    `SELECT kinds, email, webhook_url, to_char(quiet_from, 'HH24:MI') AS quiet_from,
       to_char(quiet_to, 'HH24:MI') AS quiet_to, digest FROM deadlines.alert_preferences WHERE person = $1`,
    [person],
  );
  const row = rows[0];
  if (!row) return NO_PREFERENCES;
  const { kinds, email, webhook_url: webhookUrl, quiet_from: from, quiet_to: to, digest } = row;
  return { kinds, email, webhookUrl, quietHours: from === null || to === null ? null : { from, to }, digest };
}

/**
 * Replace a person's preferences. Without a given secret the one in use stays; when there is none, one is made.
 * @returns the secret when it was made now: it is shown once
 */
export async function choosePreferences(
  pool: Pool,
  key: Buffer,
  person: string,
  chosen: AlertPreferences & { secret?: string | undefined },
): Promise<string | null> {
  const { rows } = await pool.query<{ known: boolean }>(
    `SELECT webhook_secret IS NOT NULL AS known FROM deadlines.alert_preferences WHERE person = $1`,
    [person],
  );
  const isMade = chosen.webhookUrl !== null && chosen.secret === undefined && rows[0]?.known !== true;
  const secret = isMade ? randomBytes(32).toString('base64url') : chosen.secret;
  const sealed = secret === undefined ? null : seal(key, Buffer.from(secret, 'utf8'), placeOf(person));
  await pool.query(
    // Chosen after seven, the digest begins tomorrow.
    `INSERT INTO deadlines.alert_preferences AS p
       (person, kinds, email, webhook_url, webhook_secret, quiet_from, quiet_to, digest, digest_on)
     VALUES ($1, $2, $3, $4, $5, $6::time, $7::time, $8,
       CASE WHEN (${DATABASE_NOW} AT TIME ZONE 'Asia/Ho_Chi_Minh')::time >= '07:00'
         THEN (${DATABASE_NOW} AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END)
     ON CONFLICT (person) DO UPDATE SET kinds = excluded.kinds, email = excluded.email,
       webhook_url = excluded.webhook_url,
       webhook_secret = CASE WHEN excluded.webhook_url IS NULL THEN NULL
         ELSE coalesce(excluded.webhook_secret, p.webhook_secret) END,
       quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to, digest = excluded.digest,
       digest_on = CASE WHEN p.digest THEN p.digest_on ELSE excluded.digest_on END`,
    [
      person,
      chosen.kinds,
      chosen.email,
      chosen.webhookUrl,
      sealed,
      chosen.quietHours?.from ?? null,
      chosen.quietHours?.to ?? null,
      chosen.digest,
    ],
  );
  return isMade ? secret! : null;
}
