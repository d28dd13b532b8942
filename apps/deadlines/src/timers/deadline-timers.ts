import { STREAMS } from '@app/contracts';
import { type AppendCommand, type EventStore, inTransaction } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';
import { allRowsByIndex } from '../matters/all-rows-by-index.js';

/** Who acts when time passes: nobody but the service itself. */
const TIME = { id: 'deadlines', role: 'service', unit: '*' };

/**
 * Time as PostgreSQL tells it, so that every instance reads the same clock. The start of the statement, not the running
 * clock: it is the same for all rows, so an index finds what is due without looking at what is not.
 */
export const DATABASE_NOW = 'statement_timestamp()';

export interface BreachTimersOptions {
  /** Breaches fired in one transaction, at most. A long transaction would hold back the readers of every log. */
  batchSize?: number;
  /** Longest sleep: how late another process's change may be noticed. */
  maxSleepMs?: number;
  /** Rest after a failure, doubled each time up to `maxSleepMs`. */
  retryDelayMs?: number;
  /** SQL expression of the present moment; only drills give another than the database's clock. */
  nowSql?: string;
  /** Told about each failed round; the round is tried again. */
  onError?: (error: Error) => void;
}

interface DueRow {
  id: string;
  matter_id: string;
  rule: string;
  unit_code: string | null;
  supervised_by: string | null;
  due: string;
  latest_arguable: string;
  breach_at: Date;
  stream_version: number;
}

/**
 * The passing of time is a command: when the last arguable moment of a duty has passed and it was not done by then,
 * `ObligationBreached` is appended to the duty's own stream, in the order of those moments, once for each deadline
 * that the duty really had.
 *
 * A timer is a row beside its obligation. Firing deletes the row and appends the event in one transaction, so a crash
 * at any point leaves either both or neither; the idempotency key names obligation and moment, so that a timer set
 * again (a rebuild) repeats nothing. A deadline that moves replaces the row, which cancels the old one.
 */
export class BreachTimers {
  private readonly batchSize: number;
  private readonly maxSleepMs: number;
  private readonly retryDelayMs: number;
  private readonly nowSql: string;
  private readonly onError: (error: Error) => void;
  private running: Promise<void> | null = null;
  private stopping = false;
  private woken = false;
  private endSleep: (() => void) | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly store: EventStore,
    options: BreachTimersOptions = {},
  ) {
    this.batchSize = options.batchSize ?? 1_000;
    this.maxSleepMs = options.maxSleepMs ?? 1_000;
    this.retryDelayMs = options.retryDelayMs ?? 200;
    this.nowSql = options.nowSql ?? DATABASE_NOW;
    this.onError = options.onError ?? (() => undefined);
  }

  /** Start the loop; does nothing when it runs. */
  start(): void {
    if (this.running) return;
    this.stopping = false;
    this.running = this.loop();
  }

  /** End the loop after the batch in hand. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endSleep?.();
    await this.running;
    this.running = null;
  }

  /** Obligations have changed: look again at once. */
  wake(): void {
    this.woken = true;
    this.endSleep?.();
  }

  /**
   * Fire everything that is due now, batch after batch.
   * @returns number of timers that left the queue
   */
  async drain(): Promise<number> {
    let total = 0;
    for (;;) {
      const { fired, more } = await this.fireBatch();
      total += fired;
      if (!more || this.stopping) return total;
    }
  }

  /**
   * One transaction: the earliest due timers leave, their events are appended. Only one instance fires at a time, so
   * that the log tells breaches in the order in which they came about; another one finds the door closed and returns.
   */
  private async fireBatch(): Promise<{ fired: number; more: boolean }> {
    return inTransaction(this.pool, async (tx) => {
      await allRowsByIndex(tx);
      const { rows: doors } = await tx.query<{ open: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtext('deadlines.timers')) AS open`,
      );
      if (!doors[0]?.open) return { fired: 0, more: false };
      const due = await this.takeDue(tx);
      if (due.length === 0) return { fired: 0, more: false };
      const verdicts = await this.store.appendIn(tx, due.map(breachCommand));
      const refused = verdicts.findIndex(({ kind }) => kind === 'conflict' || kind === 'key-reused');
      if (refused >= 0) {
        throw new Error(`breach of obligation ${due[refused]!.id} was not appended: ${verdicts[refused]!.kind}`);
      }
      return { fired: due.length, more: due.length === this.batchSize };
    });
  }

  private async takeDue(tx: PoolClient): Promise<DueRow[]> {
    // Rows that the reader of events holds at this moment are about to move: leave them for the next round.
    const { rows: due } = await tx.query<{ obligation_id: string; breach_at: Date }>(
      `SELECT obligation_id, breach_at FROM deadlines.timers WHERE breach_at < ${this.nowSql}
       ORDER BY breach_at, obligation_id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [this.batchSize],
    );
    if (due.length === 0) return [];
    const ids = due.map(({ obligation_id }) => obligation_id);
    await tx.query('DELETE FROM deadlines.timers WHERE obligation_id = ANY($1::uuid[])', [ids]);
    // A later statement, so that the obligation is read as it is now that its timer cannot move any more. No join: what
    // PostgreSQL believes of the size of a fast growing table must not decide how long a batch takes.
    const { rows: owed } = await tx.query<Omit<DueRow, 'breach_at' | 'stream_version'>>(
      `SELECT id, matter_id, rule, unit_code, supervised_by, due, latest_arguable FROM deadlines.obligations
       WHERE id = ANY($1::uuid[])`,
      [ids],
    );
    const { rows: versions } = await tx.query<{ version: number | null }>(
      `SELECT (SELECT e.version FROM deadlines.events e WHERE e.stream = $2 || asked.id ORDER BY e.version DESC LIMIT 1) AS version
       FROM unnest($1::text[]) WITH ORDINALITY AS asked(id, place) ORDER BY place`,
      [ids, STREAMS.obligation],
    );
    const byId = new Map(owed.map((row) => [row.id, row]));
    return due.flatMap(({ obligation_id, breach_at }, place) => {
      const obligation = byId.get(obligation_id);
      return obligation ? [{ ...obligation, breach_at, stream_version: versions[place]?.version ?? 0 }] : [];
    });
  }

  private async loop(): Promise<void> {
    let failures = 0;
    while (!this.stopping) {
      this.woken = false;
      let sleepMs: number;
      try {
        await this.drain();
        sleepMs = await this.untilNextMs();
        failures = 0;
      } catch (error) {
        this.onError(error instanceof Error ? error : new Error(String(error)));
        failures += 1;
        sleepMs = Math.min(this.retryDelayMs * 2 ** Math.min(failures - 1, 10), this.maxSleepMs);
      }
      if (!this.stopping && !this.woken) await this.sleep(sleepMs);
    }
  }

  /** Milliseconds until the next timer is due, at most the longest sleep. */
  private async untilNextMs(): Promise<number> {
    const { rows } = await this.pool.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM (SELECT min(breach_at) FROM deadlines.timers) - ${this.nowSql}) * 1000)::float8 AS ms`,
    );
    const ms = rows[0]?.ms ?? this.maxSleepMs;
    // Never 0: another instance may hold the door while it fires what is due.
    return Math.min(Math.max(Math.ceil(ms), 20), this.maxSleepMs);
  }

  /** Ends by itself after `ms`, or earlier by `endSleep`. */
  private async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.endSleep = null;
  }
}

/** The event of one passed deadline. Key and fingerprint name obligation and moment alone: set again, fired never twice. */
function breachCommand(row: DueRow): AppendCommand {
  const breachedAt = row.breach_at.toISOString();
  const key = `breach/${row.id}/${breachedAt}`;
  return {
    stream: `${STREAMS.obligation}${row.id}`,
    expectedVersion: row.stream_version,
    events: [
      {
        type: 'ObligationBreached',
        data: {
          obligationId: row.id,
          matterId: row.matter_id,
          rule: row.rule,
          unitCode: row.unit_code ?? '',
          supervisedBy: row.supervised_by ?? '',
          due: row.due,
          latestArguable: row.latest_arguable,
          breachedAt,
        },
      },
    ],
    meta: { actor: TIME, correlationId: row.matter_id, causationId: null, happenedAt: breachedAt, source: 'timer' },
    idempotency: { key, fingerprint: key },
  };
}
