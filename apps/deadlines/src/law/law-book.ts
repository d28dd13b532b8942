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

/**
 * The law as published over time, read from the service's own log and nowhere else: whatever table is lost or built anew,
 * every calculation goes by the same versions.
 */
export class LawBook {
  private readonly versions: LawVersion[];
  private readVersion = 0;
  private lastId: string | null = null;

  /** @param released the law before any publication; drills give an earlier one */
  constructor(private readonly released: LawVersion = RELEASED_LAW) {
    this.versions = [released];
  }

  /** The law as released and every publication since, oldest first, as committed now. */
  async history(db: Queryable): Promise<readonly LawVersion[]> {
    const added = await this.read(db, this.readVersion);
    // The last event known must be there still: a log that was restored or emptied is read from its beginning.
    if (this.lastId !== null && added[0]?.id !== this.lastId) {
      this.versions.splice(1);
      this.readVersion = 0;
      this.lastId = null;
      this.add(await this.read(db, 0));
    } else {
      this.add(this.lastId === null ? added : added.slice(1));
    }
    return [...this.versions];
  }

  /** The same, when `LAW_HEAD` is known already: nothing is asked while nothing is new. */
  async historyAt(head: string | null, db: Queryable): Promise<readonly LawVersion[]> {
    return head === this.lastId ? [...this.versions] : this.history(db);
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

  private add(events: readonly StoredPublication[]): void {
    for (const { id, version, type, data } of events) {
      const last = this.versions.at(-1)!;
      const next = lawAfterEvent(last, { type, data });
      if (next) this.versions.push(next);
      this.readVersion = version;
      this.lastId = id;
    }
  }
}
