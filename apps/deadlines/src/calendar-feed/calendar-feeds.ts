import { createHash, randomBytes } from 'node:crypto';
import { inScope } from '@app/security';
import type { ServiceContext } from '@app/service';
import type { Pool } from 'pg';
import { wordsOfRule } from '../alerts/inbox-list.js';
import { STANDING_DAYS } from '../alerts/preferences.js';
import { DATABASE_NOW } from '../timers/deadline-timers.js';
import { type CalendarEntry, calendarFile } from './icalendar.js';

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
/** The most urgent duties that one calendar shows; calendars stop following far larger files. */
const MOST_ENTRIES = 5_000;
export const FRESH_SECONDS = 300;
const FRESH_MS = FRESH_SECONDS * 1_000;
const MOST_CACHED = 200;

/**
 * Only the hash is kept: whoever reads the database cannot subscribe. It is looked up by an index of hashes, so the
 * time that it takes tells nothing of the token.
 */
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Give a person a new secret token; the one before is worthless from then on. */
export async function openFeed(pool: Pool, person: string): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  await pool.query(
    `INSERT INTO deadlines.calendar_feeds (person, token_hash, opened_at) VALUES ($1, $2, ${DATABASE_NOW})
     ON CONFLICT (person) DO UPDATE SET token_hash = excluded.token_hash, opened_at = excluded.opened_at`,
    [person, hashOf(token)],
  );
  return token;
}

/** End a person's feed; does nothing when there is none. */
export async function closeFeed(pool: Pool, person: string): Promise<void> {
  await pool.query('DELETE FROM deadlines.calendar_feeds WHERE person = $1', [person]);
}

/** When a person's feed was opened (RFC 3339); null when there is none. */
export async function feedOf(pool: Pool, person: string): Promise<string | null> {
  const { rows } = await pool.query<{ opened_at: Date }>(
    'SELECT opened_at FROM deadlines.calendar_feeds WHERE person = $1',
    [person],
  );
  return rows[0]?.opened_at.toISOString() ?? null;
}

interface OpenDuty {
  id: string;
  number: string | null;
  unitCode: string | null;
  rule: string;
  safeBy: string;
  due: string;
  latestArguable: string;
  generation: number;
}

function entryOf({ id, number, unitCode, rule, safeBy, due, latestArguable, generation }: OpenDuty): CalendarEntry {
  const { name, cites } = wordsOfRule(rule);
  return {
    uid: `${id}@tinbao`,
    sequence: generation,
    at: safeBy,
    summary: `${number ?? '–'}: ${name.vi} (${cites.join('; ')})`,
    description: [
      `${name.vi} / ${name.en}`,
      `${cites.join('; ')}. ${unitCode ?? '–'}`,
      `An toàn / safe: ${safeBy}`,
      `Đến hạn / due: ${due}`,
      `Muộn nhất / latest arguable: ${latestArguable}`,
    ].join('\n'),
  };
}

/** The calendar files by token, each made anew after five minutes at the latest. */
export class CalendarFiles {
  private readonly cached = new Map<string, { file: string; until: number }>();

  constructor(private readonly service: ServiceContext) {}

  /**
   * The open duties within the units of the token's owner, each on its `safeBy`. Null for a token that is unknown or
   * revoked, or whose owner has not been seen for long.
   */
  async file(token: string): Promise<string | null> {
    if (!TOKEN.test(token)) return null;
    const { pool, clock } = this.service;
    const hash = hashOf(token);
    // Asked every time: a revoked address ends at once.
    const { rows } = await pool.query<{ units: string[] }>(
      `SELECT r.units FROM deadlines.calendar_feeds f JOIN deadlines.readers r ON r.person = f.person
       WHERE f.token_hash = $1 AND r.seen_at > ${DATABASE_NOW} - interval '${STANDING_DAYS} days'`,
      [hash],
    );
    if (!rows[0]) return null;
    const { units } = rows[0];
    const key = `${hash.toString('base64')} ${units.join()}`;
    const now = clock.now();
    const known = this.cached.get(key);
    if (known && known.until > now.getTime()) return known.file;
    const duties = await inScope(pool, { units }, async (tx) => {
      const found = await tx.query<OpenDuty>(
        `SELECT id, matter_number AS number, unit_code AS "unitCode", rule, safe_by AS "safeBy", due,
           latest_arguable AS "latestArguable", generation
         FROM deadlines.obligations WHERE state = 'open' ORDER BY late_from, id LIMIT $1`,
        [MOST_ENTRIES],
      );
      return found.rows;
    });
    const file = calendarFile('Tin Báo: thời hạn', duties.map(entryOf), now);
    this.cached.delete(key);
    this.cached.set(key, { file, until: now.getTime() + FRESH_MS });
    const [oldest] = this.cached.keys();
    if (this.cached.size > MOST_CACHED && oldest !== undefined) this.cached.delete(oldest);
    return file;
  }
}
