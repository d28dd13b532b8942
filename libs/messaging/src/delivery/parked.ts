import { identifier } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';

/** A stream that a consumer could not handle, as an operator sees it. */
export interface ParkedStream {
  consumer: string;
  stream: string;
  topic: string;
  /** Version of the event that failed first among those still waiting. */
  version: number;
  /** What the handler threw last. */
  error: string;
  /** How often it was tried, the first time included. */
  attempts: number;
  retryRequested: boolean;
  /** Events waiting, the failed one included. */
  events: number;
  /** RFC 3339. */
  parkedAt: string;
  triedAt: string;
}

type Queryable = Pick<Pool | PoolClient, 'query'>;

/** The parked streams of a service's consumers, oldest first. */
export async function listParked(db: Queryable, schema: string, consumer?: string): Promise<ParkedStream[]> {
  const s = identifier(schema);
  const { rows } = await (db as Pool).query<
    Omit<ParkedStream, 'parkedAt' | 'triedAt'> & { parkedAt: Date; triedAt: Date }
  >(
    `SELECT p.consumer, p.stream, p.topic, p.version, p.error, p.attempts, p.retry_requested AS "retryRequested",
       (SELECT count(*)::int FROM ${s}.parked_events e WHERE e.consumer = p.consumer AND e.stream = p.stream) AS events,
       p.parked_at AS "parkedAt", p.tried_at AS "triedAt"
     FROM ${s}.parked_streams p WHERE $1::text IS NULL OR p.consumer = $1 ORDER BY p.parked_at, p.consumer, p.stream`,
    [consumer ?? null],
  );
  return rows.map((row) => ({ ...row, parkedAt: row.parkedAt.toISOString(), triedAt: row.triedAt.toISOString() }));
}

/**
 * Ask the running consumer to handle a parked stream again, from the failed event on and in order. It takes this up
 * within about a second, in whatever process it runs; what fails again stays parked.
 * @returns whether such a stream is parked
 */
export async function retryParked(db: Queryable, schema: string, consumer: string, stream: string): Promise<boolean> {
  const { rowCount } = await (db as Pool).query(
    `UPDATE ${identifier(schema)}.parked_streams SET retry_requested = true WHERE consumer = $1 AND stream = $2`,
    [consumer, stream],
  );
  return rowCount === 1;
}

/**
 * The same for all parked streams of one consumer, or of all: after a fault in a handler was mended.
 * @returns how many streams will be tried
 */
export async function releaseParked(db: Queryable, schema: string, consumer?: string): Promise<number> {
  const { rowCount } = await (db as Pool).query(
    `UPDATE ${identifier(schema)}.parked_streams SET retry_requested = true WHERE $1::text IS NULL OR consumer = $1`,
    [consumer ?? null],
  );
  return rowCount ?? 0;
}

/**
 * Forget how far a stopped consumer was and what it had parked: its next start handles everything from the beginning.
 * Empty its read models in the same transaction.
 */
export async function forgetCheckpoints(db: Queryable, schema: string, consumer: string): Promise<void> {
  const s = identifier(schema);
  const pool = db as Pool;
  // The rows stay with a raised epoch: an instance that still runs is fenced off instead of writing behind this.
  await pool.query(`UPDATE ${s}.checkpoints SET position = NULL, epoch = epoch + 1 WHERE consumer = $1`, [consumer]);
  await pool.query(`DELETE FROM ${s}.parked_events WHERE consumer = $1`, [consumer]);
  await pool.query(`DELETE FROM ${s}.parked_streams WHERE consumer = $1`, [consumer]);
}
