import { advisoryKeys, identifier } from '@app/event-store';
import { type LawHistory, type LawVersion, newestLaw, RELEASED_LAW } from '@app/legal-time-limits';
import type { Pool, PoolClient } from 'pg';
import { lawAfterEvent } from './law-of-events.js';

/** Other processes write the table too; this is how late their change may be noticed by a request here. */
const RECHECK_MS = 1_000;

const changes = new Map<string, number>();

/** This process has committed a change of a schema's law. */
export function noteLawChange(schema: string): void {
  changes.set(schema, changesOf(schema) + 1);
}

function changesOf(schema: string): number {
  return changes.get(schema) ?? 0;
}

const lockName = (schema: string): string => `${schema}.published-law`;

/** Let this transaction alone change the law of a service, or the rows that follow from it, until its end. */
export async function holdLawAlone(tx: PoolClient, schema: string): Promise<void> {
  await tx.query(`SELECT pg_advisory_xact_lock(${advisoryKeys(lockName(schema))})`);
}

/** What of the law is in memory: the id of the last event that it was made of, and the history. */
interface Known {
  head: string;
  history: LawHistory;
}

type Queryable = Pick<Pool, 'query'> | Pick<PoolClient, 'query'>;

/**
 * The law as a service has heard of it: one history in memory for the whole process, read again from the service's own table
 * when a publication has been committed. It never falls behind what the service has consumed, also after a restart.
 */
export class PublishedLaw {
  private known: Known;
  private loading: Promise<Known> | undefined;
  private seenChanges = -1;
  private checkedAtMs = -Infinity;

  /** @param released the law before any publication; drills give an earlier one */
  constructor(
    private readonly schema: string,
    private readonly released: LawVersion = RELEASED_LAW,
  ) {
    this.known = { head: '', history: [released] };
  }

  /** For requests: everything that this process has committed; at most a second late for other processes' writes. */
  async history(pool: Queryable): Promise<LawHistory> {
    const isFresh = this.seenChanges === changesOf(this.schema) && performance.now() - this.checkedAtMs < RECHECK_MS;
    if (isFresh) return this.known.history;
    this.loading ??= this.check(pool).finally(() => {
      this.loading = undefined;
    });
    return (await this.loading).history;
  }

  /** The newest version, as `history` knows it. */
  async newest(pool: Queryable): Promise<LawVersion> {
    return newestLaw(await this.history(pool));
  }

  /** For read models: what is committed now, and no other is before the end of `tx`. */
  async historyIn(tx: PoolClient): Promise<LawHistory> {
    // Two statements of one message: the second sees what the holder of the lock has committed.
    const answers = (await tx.query(
      `SELECT pg_advisory_xact_lock_shared(${advisoryKeys(lockName(this.schema))}); ${this.headSql}`,
    )) as unknown as [unknown, { rows: { head: string }[] }];
    return (await this.at(answers[1].rows[0]!.head, tx)).history;
  }

  /** What rows follow from beside their events, as text: the `basis` of a rebuild. */
  async head(db: Queryable): Promise<string> {
    const { rows } = await (db as Pool).query<{ head: string }>(this.headSql);
    return rows[0]!.head;
  }

  private get headSql(): string {
    return `SELECT coalesce((SELECT event_id::text FROM ${identifier(this.schema)}.law_versions
      ORDER BY number DESC LIMIT 1), '') AS head`;
  }

  private async check(pool: Queryable): Promise<Known> {
    // Noted before reading: a change committed during the read is read again next time.
    const seen = changesOf(this.schema);
    const checkedAtMs = performance.now();
    const known = await this.at(await this.head(pool), pool);
    this.seenChanges = seen;
    this.checkedAtMs = checkedAtMs;
    return known;
  }

  private async at(head: string, db: Queryable): Promise<Known> {
    if (head === this.known.head) return this.known;
    const { rows } = await (db as Pool).query<{ number: number; event_id: string; type: string; data: object }>(
      `SELECT number, event_id::text, type, data FROM ${identifier(this.schema)}.law_versions ORDER BY number`,
    );
    const history: [LawVersion, ...LawVersion[]] = [this.released];
    for (const row of rows) {
      const next = lawAfterEvent(newestLaw(history), row);
      if (next) history.push(next);
    }
    this.known = { head: rows.at(-1)?.event_id ?? '', history };
    return this.known;
  }
}
