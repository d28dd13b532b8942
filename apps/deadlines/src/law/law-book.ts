import { LAW_STREAM, lawAfterEvent } from '@app/law-book';
import { type LawVersion, RELEASED_LAW } from '@app/legal-time-limits';
import type { Pool, PoolClient } from 'pg';

export { LAW_STREAM };

type Queryable = Pick<Pool, 'query'> | Pick<PoolClient, 'query'>;

interface StoredPublication {
  id: string;
  version: number;
  type: string;
  data: object;
}

/**
 * A column that lets its transaction calculate by the law as it is in the next statement: no version is published before
 * the transaction's end. Publications and recomputing take turns with the readers of facts, so that no matter is written
 * by a law that is no longer the newest.
 */
export const SHARE_LAW = `pg_advisory_xact_lock_shared(hashtext('deadlines.law'))`;

/** A value that tells whether a history is the newest one: the id of the last event of the law's stream, or null. */
export const LAW_HEAD = `(SELECT e.id FROM deadlines.events e WHERE e.stream = '${LAW_STREAM}'
  ORDER BY e.version DESC LIMIT 1)`;

/** Let this transaction alone calculate and publish until its end. */
export async function holdLaw(tx: PoolClient): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(hashtext('deadlines.law'))`);
}

/** What was read of the log so far; never changed, only replaced. */
interface Known {
  readonly history: readonly LawVersion[];
  /** Version and id of the last event that it was made of. */
  readonly readVersion: number;
  readonly lastId: string | null;
}

/**
 * The law as published over time, read from the service's own log and nowhere else: whatever table is lost or built anew,
 * every calculation goes by the same versions.
 */
export class LawBook {
  private readonly nothing: Known;
  private known: Known;

  /** @param released the law before any publication; drills give an earlier one */
  constructor(private readonly released: LawVersion = RELEASED_LAW) {
    this.nothing = { history: [released], readVersion: 0, lastId: null };
    this.known = this.nothing;
  }

  /** The law as released and every publication since, oldest first, as committed now. */
  async history(db: Queryable): Promise<readonly LawVersion[]> {
    // Several may ask at the same time: each goes on from what it found here, none from what another is reading.
    const { known } = this;
    const added = await this.read(db, known.readVersion);
    // The last event known must be there still: a log that was restored or emptied is read from its beginning.
    const isThere = known.lastId === null || added[0]?.id === known.lastId;
    const now = isThere
      ? extended(known, known.lastId === null ? added : added.slice(1))
      : extended(this.nothing, await this.read(db, 0));
    this.known = now;
    return now.history;
  }

  /** The same, when `LAW_HEAD` is known already: nothing is asked while nothing is new. */
  async historyAt(head: string | null, db: Queryable): Promise<readonly LawVersion[]> {
    return head === this.known.lastId ? this.known.history : this.history(db);
  }

  /** The newest version of the law. */
  async newest(db: Queryable): Promise<LawVersion> {
    return (await this.history(db)).at(-1) ?? this.released;
  }

  private async read(db: Queryable, from: number): Promise<StoredPublication[]> {
    const { rows } = await (db as Pool).query<StoredPublication>({
      name: 'deadlines-law-read',
      text: `SELECT id, version, type, data FROM deadlines.events WHERE stream = $1 AND version >= $2 ORDER BY version`,
      values: [LAW_STREAM, from],
    });
    return rows;
  }
}

function extended(known: Known, events: readonly StoredPublication[]): Known {
  const end = events.at(-1);
  if (end === undefined) return known;
  const history = [...known.history];
  for (const event of events) {
    const next = lawAfterEvent(history.at(-1)!, event);
    if (next) history.push(next);
  }
  return { history, readVersion: end.version, lastId: end.id };
}
