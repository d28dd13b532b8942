import { identifier } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';

type Db = Pick<Pool | PoolClient, 'query'>;

export type RebuildPhase = 'waiting' | 'loading' | 'indexing' | 'catching-up' | 'swapping' | 'done' | 'failed';

/** A rebuild as an operator sees it. Moments are RFC 3339. */
export interface RebuildState {
  id: string;
  consumer: string;
  phase: RebuildPhase;
  eventsDone: number;
  /** Null until counted. */
  eventsTotal: number | null;
  eventsPerSecond: number | null;
  /** Seconds that the rest will take at this rate; null when not known. */
  secondsLeft: number | null;
  /** How often it had to begin anew: a log was restored, or the tables had changed. */
  restarts: number;
  error: string | null;
  requestedBy: string;
  requestedAt: string;
  startedAt: string | null;
  updatedAt: string;
  endedAt: string | null;
}

const COLUMNS = `id, consumer, phase, events_done AS "eventsDone", events_total AS "eventsTotal",
  events_per_second AS "eventsPerSecond", restarts, error, requested_by AS "requestedBy",
  requested_at AS "requestedAt", started_at AS "startedAt", updated_at AS "updatedAt", ended_at AS "endedAt"`;

const ENDED = `('done', 'failed')`;

interface Row extends Omit<RebuildState, 'secondsLeft' | 'requestedAt' | 'startedAt' | 'updatedAt' | 'endedAt'> {
  requestedAt: Date;
  startedAt: Date | null;
  updatedAt: Date;
  endedAt: Date | null;
}

function stateOf(row: Row): RebuildState {
  const { eventsDone, eventsTotal, eventsPerSecond, phase } = row;
  const isLoading = phase === 'loading' || phase === 'catching-up';
  const left = eventsTotal === null ? null : Math.max(0, eventsTotal - eventsDone);
  return {
    ...row,
    secondsLeft: isLoading && left !== null && eventsPerSecond ? Math.ceil(left / eventsPerSecond) : null,
    requestedAt: row.requestedAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}

/** The newest rebuild of every consumer of a service that ever had one. */
export async function listRebuilds(db: Db, schema: string): Promise<RebuildState[]> {
  const { rows } = await (db as Pool).query<Row>(
    `SELECT ${COLUMNS} FROM ${identifier(schema)}.rebuilds ORDER BY consumer`,
  );
  return rows.map(stateOf);
}

/**
 * Ask for a rebuild. One that is under way, or that failed half-way, goes on where it is unless `anew`; a finished one
 * begins again.
 */
export async function requestRebuild(
  db: Db,
  schema: string,
  consumer: string,
  requestedBy: string,
  anew = false,
): Promise<RebuildState> {
  const { rows } = await (db as Pool).query<Row>(
    `INSERT INTO ${identifier(schema)}.rebuilds AS r (consumer, requested_by) VALUES ($1, $2)
     ON CONFLICT (consumer) DO UPDATE SET
       id = CASE WHEN r.phase = 'done' THEN gen_random_uuid() ELSE r.id END,
       -- Without a shape the shadow is made from the beginning.
       shape = CASE WHEN r.phase = 'done' OR $3 THEN NULL ELSE r.shape END,
       phase = CASE WHEN r.phase IN ${ENDED} OR $3 THEN 'waiting' ELSE r.phase END,
       events_done = CASE WHEN r.phase = 'done' OR $3 THEN 0 ELSE r.events_done END,
       events_total = CASE WHEN r.phase = 'done' OR $3 THEN NULL ELSE r.events_total END,
       events_per_second = NULL, error = NULL, ended_at = NULL,
       restarts = CASE WHEN r.phase = 'done' THEN 0 ELSE r.restarts END,
       started_at = CASE WHEN r.phase = 'done' OR $3 THEN NULL ELSE r.started_at END,
       requested_by = CASE WHEN r.phase IN ${ENDED} THEN excluded.requested_by ELSE r.requested_by END,
       requested_at = CASE WHEN r.phase IN ${ENDED} THEN now() ELSE r.requested_at END,
       updated_at = now()
     RETURNING ${COLUMNS}`,
    [consumer, requestedBy, anew],
  );
  return stateOf(rows[0] as Row);
}

/** Consumers whose rebuild was cut short (their process ended): to be taken up again. */
export async function unfinishedRebuilds(db: Db, schema: string): Promise<string[]> {
  const { rows } = await (db as Pool).query<{ consumer: string }>(
    `SELECT consumer FROM ${identifier(schema)}.rebuilds WHERE phase NOT IN ${ENDED} ORDER BY requested_at`,
  );
  return rows.map(({ consumer }) => consumer);
}

/** The state row of one rebuild, as its runner writes it. */
export class RebuildRecord {
  private readonly table: string;

  constructor(
    private readonly db: Pool,
    schema: string,
    private readonly consumer: string,
  ) {
    this.table = `${identifier(schema)}.rebuilds`;
  }

  async shape(): Promise<string | null> {
    const { rows } = await this.db.query<{ shape: string | null }>(
      `SELECT shape FROM ${this.table} WHERE consumer = $1`,
      [this.consumer],
    );
    return rows[0]?.shape ?? null;
  }

  /** A new shadow stands, empty. */
  async began(tx: PoolClient, shape: string, isRestart: boolean): Promise<void> {
    await tx.query(
      `UPDATE ${this.table} SET shape = $2, phase = 'loading', events_done = 0, restarts = restarts + $3::int,
         started_at = now(), updated_at = now() WHERE consumer = $1`,
      [this.consumer, shape, isRestart ? 1 : 0],
    );
  }

  async phase(phase: RebuildPhase, db: Db = this.db): Promise<void> {
    await (db as Pool).query(
      `UPDATE ${this.table} SET phase = $2, updated_at = now(), ended_at = CASE WHEN $2 IN ${ENDED} THEN now() END
       WHERE consumer = $1`,
      [this.consumer, phase],
    );
  }

  async progress(done: number, total: number, perSecond: number): Promise<void> {
    await this.db.query(
      `UPDATE ${this.table} SET events_done = $2, events_total = $3, events_per_second = $4, updated_at = now()
       WHERE consumer = $1`,
      [this.consumer, done, total, perSecond],
    );
  }

  async failed(error: string): Promise<void> {
    await this.db.query(
      `UPDATE ${this.table} SET phase = 'failed', error = $2, ended_at = now(), updated_at = now() WHERE consumer = $1`,
      [this.consumer, error],
    );
  }
}
