import type { Pool } from 'pg';
import { identifier } from './database.js';
import { LogIncarnationChanged } from './errors.js';
import type { EventData, EventMeta, LogPosition } from './types.js';
import type { Upcasters } from './upcasters.js';

/**
 * An event as read models fold it: what happened, in which stream, when; without its identity and without who acted.
 * Every stored event is one.
 */
export interface ScannedEvent<T extends object = EventData> {
  stream: string;
  version: number;
  type: string;
  /** Raised to the newest by upcasting. */
  eventVersion: number;
  data: T;
  meta: Pick<EventMeta, 'happenedAt' | 'recordedAt'>;
}

/** What one read of a scan gave. */
export interface ScanPage {
  /** Those of the page that were asked for. */
  events: ScannedEvent[];
  /** Cursor for the next read: the place of the page's last event, or the given cursor when there was nothing new. */
  next: LogPosition | null;
  /** Place of the last of `events`; null when there is none. */
  lastEvent: LogPosition | null;
  /** How many events were read, those not asked for included. */
  size: number;
  incarnation: string;
}

/** What a scan needs of its log. */
export interface ScannedLog {
  pool: Pool;
  schema: string;
  upcasters: Upcasters;
  incarnation(): Promise<string>;
}

type ScanRow = [
  xid: string,
  gp: string,
  stream: string,
  version: string,
  type: string,
  eventVersion: string,
  data: string,
  happenedAt: string,
  recordedAt: string,
];

/** Columns come as the server writes them: none is made a value that nobody asks for. */
const asText = { getTypeParser: () => (text: string) => text };

/**
 * The log in its order for a fold of all of it: the same events behind the same gate as `EventStore.read`, with only what
 * folds ask about, which costs a third. What is not wanted is never parsed.
 * @throws LogIncarnationChanged (code)
 */
export async function scanLog(
  { pool, schema, upcasters, incarnation }: ScannedLog,
  after: LogPosition | null,
  limit: number,
  isWanted: (stream: string, type: string) => boolean,
  known?: string,
): Promise<ScanPage> {
  // Not with each row. A page that lies between two looks which agree belongs to what both saw.
  const expected = known ?? (await incarnation());
  const { rows } = await pool.query<ScanRow>({
    name: `${schema}-scan`,
    rowMode: 'array',
    types: asText as never,
    // Gate and order are those of the one reader (event-store.ts, `page`).
    text: `SELECT e.xid::text, e.gp::text, e.stream, e.version, e.type, e.event_version, e.data,
        e.meta->>'happenedAt', e.recorded_at AT TIME ZONE 'UTC'
      FROM ${identifier(schema)}.events e
      WHERE (e.xid, e.gp) > ($1::xid8, $2::bigint) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
      ORDER BY e.xid, e.gp LIMIT $3`,
    values: [after?.xid ?? '0', after?.gp ?? '0', limit],
  });
  const found = await incarnation();
  if (found !== expected) throw new LogIncarnationChanged(schema, expected, found);
  const events: ScannedEvent[] = [];
  let lastEvent: ScanRow | undefined;
  for (const row of rows) {
    const [, , stream, version, type, storedVersion, text, happenedAt, recordedAt] = row;
    if (!isWanted(stream, type)) continue;
    lastEvent = row;
    const { eventVersion, data } = upcasters.raise(type, Number(storedVersion), JSON.parse(text) as EventData);
    const meta = { happenedAt, recordedAt: momentOf(recordedAt) };
    events.push({ stream, version: Number(version), type, eventVersion, data, meta });
  }
  return {
    events,
    next: placeOf(rows.at(-1)) ?? after,
    lastEvent: placeOf(lastEvent),
    size: rows.length,
    incarnation: expected,
  };
}

function placeOf(row: ScanRow | undefined): LogPosition | null {
  return row ? { xid: row[0], gp: row[1] } : null;
}

/** `2026-11-21 07:00:00.123456` (UTC) as a Date writes it, cut to milliseconds. */
function momentOf(text: string): string {
  if (text.length < 19 || text[10] !== ' ') return new Date(`${text}Z`).toISOString();
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, 23).padEnd(3, '0')}Z`;
}
