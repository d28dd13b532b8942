import { type AlertRung, STREAMS } from '@app/contracts';
import { type AppendCommand, type EventStore, inTransaction, type NewEvent } from '@app/event-store';
import { WakingLoop } from '@app/messaging';
import type { Pool, PoolClient } from 'pg';
import { streamVersions } from '../law/stream-versions.js';
import { allRowsByIndex } from '../matters/all-rows-by-index.js';

/** Who acts when time passes: nobody but the service itself. */
const TIME = { id: 'deadlines', role: 'service', unit: '*' };

/**
 * Time as PostgreSQL tells it, so that every instance reads the same clock. The start of the statement, not the running
 * clock: it is the same for all rows, so an index finds what is due without looking at what is not.
 */
export const DATABASE_NOW = 'statement_timestamp()';

export interface DeadlineTimersOptions {
  /** Timers fired in one transaction, at most. A long transaction would hold back the readers of every log. */
  batchSize?: number;
  /** Longest sleep: how late another process's change may be noticed. */
  maxSleepMs?: number;
  /** Rest after a failure, doubled each time up to `maxSleepMs`. */
  retryDelayMs?: number;
  /** SQL expression of the present moment; only drills give another than the database's clock. */
  nowSql?: string;
  /** Told about each failed round; the round is tried again. */
  onError?: (error: Error) => void;
  /**
   * Whether everything that has happened is known here. While it is not, the loop fires nothing: the act that ended a
   * duty may still be on its way, and a breach is kept for ever. Defaults to always.
   */
  isUpToDate?: () => Promise<boolean>;
}

/** A timer that has come due, with the duty as it stands now. */
interface DueRow {
  id: string;
  matter_id: string;
  rule: string;
  unit_code: string | null;
  supervised_by: string | null;
  due: string;
  latest_arguable: string;
  state: string;
  rung: AlertRung | 'breach';
  fires_at: Date;
  /** The database's time of this round. */
  now: Date;
  /** A later timer of the same duty has come due as well. */
  overtaken: boolean;
}

/**
 * The passing of time is a command. For an open duty each rung of the ladder of alerts that is reached appends
 * `ObligationAlerted`; when its last arguable moment has passed and it was not done by then, `ObligationBreached`, once
 * for each deadline that it really had. All on the duty's own stream, in the order of those moments.
 *
 * A timer is a row beside its obligation. Firing deletes the row and appends the event in one transaction, so a crash
 * at any point leaves either both or neither; the idempotency key names obligation, rung and moment, so that a timer
 * set again (a rebuild) repeats nothing. A deadline that moves replaces the rows, which cancels the old ones. After
 * downtime every missed rung is recorded in order; all but the most urgent are marked overtaken, and tell nobody.
 */
export class DeadlineTimers {
  private readonly batchSize: number;
  private readonly maxSleepMs: number;
  private readonly retryDelayMs: number;
  private readonly nowSql: string;
  private readonly onError: (error: Error) => void;
  private readonly isUpToDate: () => Promise<boolean>;
  private readonly loop = new WakingLoop(() => this.round());
  private failures = 0;

  constructor(
    private readonly pool: Pool,
    private readonly store: EventStore,
    options: DeadlineTimersOptions = {},
  ) {
    this.batchSize = options.batchSize ?? 1_000;
    this.maxSleepMs = options.maxSleepMs ?? 1_000;
    this.retryDelayMs = options.retryDelayMs ?? 200;
    this.nowSql = options.nowSql ?? DATABASE_NOW;
    this.onError = options.onError ?? (() => undefined);
    this.isUpToDate = options.isUpToDate ?? (async () => true);
  }

  /** Start the loop; does nothing when it runs. */
  start(): void {
    this.loop.start();
  }

  /** End the loop after the batch in hand. */
  async stop(): Promise<void> {
    await this.loop.stop();
  }

  /** Obligations have changed: look again at once. */
  wake(): void {
    this.loop.wake();
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
      if (!more || this.loop.isStopping) return total;
    }
  }

  /**
   * One transaction: the earliest due timers leave, their events are appended. Only one instance fires at a time, so
   * that the log tells what passed in the order in which they came about; another one finds the door closed and returns.
   */
  private async fireBatch(): Promise<{ fired: number; more: boolean }> {
    return inTransaction(this.pool, async (tx) => {
      await allRowsByIndex(tx);
      const { rows: doors } = await tx.query<{ open: boolean }>({
        name: 'deadlines-timers-door',
        text: `SELECT pg_try_advisory_xact_lock(hashtext('deadlines.timers')) AS open`,
      });
      if (!doors[0]?.open) return { fired: 0, more: false };
      const { due, taken } = await this.takeDue(tx);
      const commands = await commandsOf(tx, due);
      const verdicts = await this.store.appendIn(tx, commands);
      const refused = verdicts.findIndex(({ kind }) => kind === 'conflict' || kind === 'key-reused');
      if (refused >= 0) {
        throw new Error(`${commands[refused]!.idempotency?.key} was not appended: ${verdicts[refused]!.kind}`);
      }
      return { fired: taken, more: taken === this.batchSize };
    });
  }

  private async takeDue(tx: PoolClient): Promise<{ due: DueRow[]; taken: number }> {
    // Rows that the reader of events holds at this moment are about to move: leave them for the next round.
    const { rows: timers } = await tx.query<Pick<DueRow, 'rung' | 'fires_at' | 'now'> & { id: string; place: string }>(
      `SELECT ctid::text AS place, obligation_id AS id, rung, fires_at, ${this.nowSql} AS now FROM deadlines.timers t
       WHERE fires_at < ${this.nowSql} ${(await isRecomputing(tx)) ? NOT_QUEUED : ''}
       ORDER BY fires_at, rung, obligation_id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [this.batchSize],
    );
    if (timers.length === 0) return { due: [], taken: 0 };
    // By place: the rows are locked, so they stay where they are.
    await tx.query({
      name: 'deadlines-timers-leave',
      text: 'DELETE FROM deadlines.timers WHERE ctid = ANY($1::tid[])',
      values: [timers.map(({ place }) => place)],
    });
    const ids = [...new Set(timers.map(({ id }) => id))];
    // A later statement, so that the obligation is read as it is now that its timer cannot move any more. No join: what
    // PostgreSQL believes of the size of a fast growing table must not decide how long a batch takes.
    const { rows: owed } = await tx.query<Omit<DueRow, 'rung' | 'fires_at' | 'now' | 'overtaken'>>({
      name: 'deadlines-timers-owed',
      text: `SELECT id, matter_id, rule, unit_code, supervised_by, due, latest_arguable, state FROM deadlines.obligations
       WHERE id = ANY($1::uuid[])`,
      values: [ids],
    });
    const { rows: more } = await tx.query<{ id: string }>(
      `SELECT DISTINCT obligation_id AS id FROM deadlines.timers
       WHERE obligation_id = ANY($1::uuid[]) AND fires_at < ${this.nowSql}`,
      [ids],
    );
    const byId = new Map(owed.map((row) => [row.id, row]));
    const later = new Set(more.map(({ id }) => id));
    const due: DueRow[] = [];
    for (const { id, rung, fires_at, now } of timers.reverse()) {
      const obligation = byId.get(id);
      // What was done meanwhile needs no alert any more; its breach stays one.
      if (!obligation || (rung !== 'breach' && obligation.state !== 'open')) continue;
      due.push({ ...obligation, rung, fires_at, now, overtaken: later.has(id) });
      later.add(id);
    }
    return { due: due.reverse(), taken: timers.length };
  }

  /** @returns how long to sleep, in milliseconds */
  private async round(): Promise<number> {
    try {
      const isUpToDate = await this.isUpToDate();
      if (isUpToDate) await this.drain();
      const sleepMs = isUpToDate ? await this.untilNextMs() : this.retryDelayMs;
      this.failures = 0;
      return sleepMs;
    } catch (error) {
      this.onError(error instanceof Error ? error : new Error(String(error)));
      this.failures += 1;
      return Math.min(this.retryDelayMs * 2 ** Math.min(this.failures - 1, 10), this.maxSleepMs);
    }
  }

  /** Milliseconds until the next timer is due, at most the longest sleep. */
  private async untilNextMs(): Promise<number> {
    const { rows } = await this.pool.query<{ ms: number | null }>(
      `SELECT (extract(epoch FROM (SELECT min(fires_at) FROM deadlines.timers) - ${this.nowSql}) * 1000)::float8 AS ms`,
    );
    const ms = rows[0]?.ms ?? this.maxSleepMs;
    // Never 0: another instance may hold the door while it fires what is due.
    return Math.min(Math.max(Math.ceil(ms), 20), this.maxSleepMs);
  }
}

/** Key and fingerprint name obligation, rung and moment alone: set again, fired never twice. */
function keyOf({ id, rung, fires_at }: DueRow): string {
  const moment = fires_at.toISOString();
  return rung === 'breach' ? `breach/${id}/${moment}` : `alert/${id}/${rung}/${moment}`;
}

/** Timers of matters that a new version of the law may move wait until their deadlines are calculated by it. */
const NOT_QUEUED = `AND NOT EXISTS (SELECT FROM deadlines.obligations o JOIN deadlines.recompute_queue q
  ON q.matter_id = o.matter_id WHERE o.id = t.obligation_id)`;

async function isRecomputing(tx: PoolClient): Promise<boolean> {
  const { rows } = await tx.query<{ queued: boolean }>({
    name: 'deadlines-timers-recomputing',
    text: 'SELECT EXISTS (SELECT FROM deadlines.recompute_queue) AS queued',
  });
  return rows[0]!.queued;
}

/** What to append for timers that came due, without those told before; versions count on within a stream. */
async function commandsOf(tx: PoolClient, due: readonly DueRow[]): Promise<AppendCommand[]> {
  if (due.length === 0) return [];
  const { rows: told } = await tx.query<{ key: string }>({
    name: 'deadlines-timers-told',
    text: 'SELECT key FROM deadlines.commands WHERE key = ANY($1::text[])',
    values: [due.map(keyOf)],
  });
  const known = new Set(told.map(({ key }) => key));
  const fresh = due.filter((row) => !known.has(keyOf(row)));
  const versions = await streamVersions(
    tx,
    fresh.map(({ id }) => `${STREAMS.obligation}${id}`),
  );
  return fresh.map((row) => {
    const stream = `${STREAMS.obligation}${row.id}`;
    const expectedVersion = versions.get(stream) ?? 0;
    versions.set(stream, expectedVersion + 1);
    const key = keyOf(row);
    const happenedAt = row.fires_at.toISOString();
    return {
      stream,
      expectedVersion,
      events: [eventOf(row, happenedAt)],
      meta: { actor: TIME, correlationId: row.matter_id, causationId: null, happenedAt, source: 'timer' },
      idempotency: { key, fingerprint: key },
    };
  });
}

function eventOf(row: DueRow, moment: string): NewEvent {
  const facts = {
    obligationId: row.id,
    matterId: row.matter_id,
    rule: row.rule,
    unitCode: row.unit_code ?? '',
    supervisedBy: row.supervised_by ?? '',
    due: row.due,
    latestArguable: row.latest_arguable,
  };
  if (row.rung === 'breach') return { type: 'ObligationBreached', data: { ...facts, breachedAt: moment } };
  const { rung, overtaken, now } = row;
  return { type: 'ObligationAlerted', data: { ...facts, rung, firedAt: now.toISOString(), overtaken } };
}
