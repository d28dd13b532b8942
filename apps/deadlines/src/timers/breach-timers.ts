import { STREAMS } from '@app/contracts';
import { type AppendCommand, type EventStore, inTransaction } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';

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
  obligation_id: string;
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
      const { rows: doors } = await tx.query<{ open: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtext('deadlines.timers')) AS open, set_config('app.units', '*', true)`,
      );
      if (!doors[0]?.open) return { fired: 0, more: false };
      const due = await this.takeDue(tx);
      if (due.length === 0) return { fired: 0, more: false };
      const verdicts = await this.store.appendIn(tx, due.map(breachCommand));
      const refused = verdicts.findIndex(({ kind }) => kind === 'conflict' || kind === 'key-reused');
      if (refused >= 0) {
        throw new Error(
          `breach of obligation ${due[refused]!.obligation_id} was not appended: ${verdicts[refused]!.kind}`,
        );
      }
      return { fired: due.length, more: due.length === this.batchSize };
    });
  }

  private async takeDue(tx: PoolClient): Promise<DueRow[]> {
    // Rows that the reader of events holds at this moment are about to move: leave them for the next round.
    const { rows: due } = await tx.query<{ obligation_id: string }>(
      `SELECT obligation_id FROM deadlines.timers WHERE breach_at < ${this.nowSql}
       ORDER BY breach_at, obligation_id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [this.batchSize],
    );
    if (due.length === 0) return [];
    // A second statement, so that the obligation is read as it is now that its timer cannot move any more.
    const { rows } = await tx.query<DueRow>(
      `WITH taken AS (
         DELETE FROM deadlines.timers WHERE obligation_id = ANY($1::uuid[]) RETURNING obligation_id, breach_at
       )
       SELECT t.obligation_id, t.breach_at, o.matter_id, o.rule, o.unit_code, o.supervised_by, o.due,
              o.latest_arguable, coalesce(e.version, 0) AS stream_version
       FROM taken t
       JOIN deadlines.obligations o ON o.id = t.obligation_id
       LEFT JOIN LATERAL (
         SELECT version FROM deadlines.events WHERE stream = $2 || t.obligation_id ORDER BY version DESC LIMIT 1
       ) e ON true
       ORDER BY t.breach_at, t.obligation_id`,
      [due.map(({ obligation_id }) => obligation_id), STREAMS.obligation],
    );
    return rows;
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
  const key = `breach/${row.obligation_id}/${breachedAt}`;
  return {
    stream: `${STREAMS.obligation}${row.obligation_id}`,
    expectedVersion: row.stream_version,
    events: [
      {
        type: 'ObligationBreached',
        data: {
          obligationId: row.obligation_id,
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
