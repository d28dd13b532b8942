import { STREAMS } from '@app/contracts';
import { type AppendCommand, type EventStore, inTransaction } from '@app/event-store';
import type { LawVersion } from '@app/legal-time-limits';
import type { Pool, PoolClient } from 'pg';
import { allRowsByIndex } from '../matters/all-rows-by-index.js';
import type { MatterKind } from '../matters/facts-of-events.js';
import { type MatterFacts, matterOf } from '../matters/matter-facts.js';
import { dutiesOf } from '../obligations/duties-of-matter.js';
import { obligationId } from '../obligations/obligation-rows.js';
import { type MatterDuties, writeObligations } from '../obligations/write-obligations.js';
import { streamVersions } from './stream-versions.js';
import { holdLaw, LAW_STREAM, type LawBook } from './law-book.js';
import { movedBy } from './moved-duties.js';

/** Who calculates again: nobody but the service itself, because of what an operator published. */
const SERVICE = { id: 'deadlines', role: 'service', unit: '*' };

export interface RecomputeOptions {
  /** Matters calculated in one transaction. While one runs no facts are merged: keep it short. */
  batchSize?: number;
  /** Told about a matter that cannot be calculated; it stays queued, its alerts wait. */
  onError?: (matterId: string, error: Error) => void;
}

interface Job {
  law_number: number;
  started_at: Date;
}

interface QueuedMatter {
  matter_id: string;
  matter_kind: MatterKind;
  facts: MatterFacts;
}

/** A matter of which the calculation itself failed. */
interface FailedMatter {
  matterId: string;
  error: Error;
}

/**
 * Calculates again what a publication may have moved, matter by matter from its queue. A batch is one transaction: the
 * matters leave the queue, their rows and timers are written, each duty that moved gets `ObligationMoved` with the reason.
 * A kill at any point leaves all of that or nothing; several instances take turns. What has ended meanwhile stays as it
 * was, because a duty goes by the law of its time (see `obligationsThrough`).
 */
export class Recompute {
  private readonly batchSize: number;
  private readonly onError: (matterId: string, error: Error) => void;

  constructor(
    private readonly pool: Pool,
    private readonly store: EventStore,
    private readonly law: LawBook,
    options: RecomputeOptions = {},
  ) {
    this.batchSize = options.batchSize ?? 200;
    this.onError = options.onError ?? (() => undefined);
  }

  /**
   * Work until the queue holds nothing that can be calculated.
   * @param isStopping asked between batches
   * @returns how many matters left the queue
   */
  async drain(isStopping: () => boolean = () => false): Promise<number> {
    let total = 0;
    // Asked without the lock: an idle instance must not make the readers of facts wait.
    const { rows } = await this.pool.query<{ waiting: boolean }>(
      'SELECT EXISTS (SELECT FROM deadlines.recomputes WHERE finished_at IS NULL) AS waiting',
    );
    while (rows[0]!.waiting && !isStopping()) {
      const left = await this.batch();
      if (left === null) return total;
      total += left;
    }
    return total;
  }

  /** One batch of the oldest publication that has work; null when there is none. */
  private batch(): Promise<number | null> {
    return inTransaction(this.pool, async (tx) => {
      await holdLaw(tx);
      await allRowsByIndex(tx);
      const job = await nextJob(tx);
      if (!job) return null;
      const { law_number: lawNumber } = job;
      const queued = await takeQueued(tx, lawNumber, this.batchSize);
      if (queued.length === 0) return (await this.finish(tx, lawNumber)) ? 0 : null;
      const history = await this.law.history(tx);
      const { duties, failed } = calculated(queued, history, job.started_at.toISOString());
      await writeObligations(duties, tx);
      const commands = await commandsOf(tx, duties, history, lawNumber);
      const verdicts = await this.store.appendIn(tx, commands);
      const refused = verdicts.findIndex(({ kind }) => kind === 'conflict' || kind === 'key-reused');
      if (refused >= 0) {
        throw new Error(`${commands[refused]!.idempotency?.key} was not appended: ${verdicts[refused]!.kind}`);
      }
      await putBack(tx, lawNumber, failed);
      for (const { matterId, error } of failed) this.onError(matterId, error);
      const moved = verdicts.filter(({ kind }) => kind === 'appended').length;
      await tx.query(
        'UPDATE deadlines.recomputes SET looked_at = looked_at + $2, moved = moved + $3 WHERE law_number = $1',
        [lawNumber, queued.length - failed.length, moved],
      );
      await this.finish(tx, lawNumber);
      return queued.length - failed.length;
    });
  }

  /** The publication is carried out once its queue is empty; answers whether it is. */
  private async finish(tx: PoolClient, lawNumber: number): Promise<boolean> {
    const { rows } = await tx.query<{ matters: number; moved: number; now: Date; version: number }>(
      `UPDATE deadlines.recomputes r SET finished_at = statement_timestamp()
       WHERE r.law_number = $1 AND r.finished_at IS NULL
         AND NOT EXISTS (SELECT FROM deadlines.recompute_queue q WHERE q.law_number = $1)
       RETURNING r.looked_at AS matters, r.moved, r.finished_at AS now,
         (SELECT max(version) FROM deadlines.events WHERE stream = $2) AS version`,
      [lawNumber, LAW_STREAM],
    );
    if (!rows[0]) return false;
    const { matters, moved, now, version } = rows[0];
    const finishedAt = now.toISOString();
    const key = `recomputed/${lawNumber}`;
    await this.store.appendIn(tx, [
      {
        stream: LAW_STREAM,
        expectedVersion: version,
        events: [{ type: 'ObligationsRecomputed', data: { lawNumber, matters, moved, finishedAt } }],
        meta: {
          actor: SERVICE,
          correlationId: LAW_STREAM,
          causationId: null,
          happenedAt: finishedAt,
          source: 'reaction',
        },
        idempotency: { key, fingerprint: key },
      },
    ]);
    return true;
  }
}

/** The oldest publication that is not carried out and has something ready. */
async function nextJob(tx: PoolClient): Promise<Job | undefined> {
  const { rows } = await tx.query<Job>(
    `SELECT r.law_number, r.started_at FROM deadlines.recomputes r
     WHERE r.finished_at IS NULL AND (
       EXISTS (SELECT FROM deadlines.recompute_queue q
         WHERE q.law_number = r.law_number AND q.ready_at <= statement_timestamp())
       OR NOT EXISTS (SELECT FROM deadlines.recompute_queue q WHERE q.law_number = r.law_number))
     ORDER BY r.law_number LIMIT 1`,
  );
  return rows[0];
}

async function takeQueued(tx: PoolClient, lawNumber: number, limit: number): Promise<QueuedMatter[]> {
  const { rows: taken } = await tx.query<{ matter_id: string }>(
    `DELETE FROM deadlines.recompute_queue WHERE law_number = $1 AND matter_id = ANY (ARRAY(
       SELECT matter_id FROM deadlines.recompute_queue
       WHERE law_number = $1 AND ready_at <= statement_timestamp() ORDER BY matter_id LIMIT $2))
     RETURNING matter_id`,
    [lawNumber, limit],
  );
  if (taken.length === 0) return [];
  const { rows } = await tx.query<QueuedMatter>(
    'SELECT matter_id, matter_kind, facts FROM deadlines.matters WHERE matter_id = ANY($1::uuid[]) ORDER BY matter_id',
    [taken.map(({ matter_id }) => matter_id)],
  );
  return rows;
}

function calculated(
  queued: readonly QueuedMatter[],
  history: readonly LawVersion[],
  recordedAt: string,
): { duties: MatterDuties[]; failed: FailedMatter[] } {
  const duties: MatterDuties[] = [];
  const failed: FailedMatter[] = [];
  for (const { matter_id, matter_kind, facts } of queued) {
    try {
      const matter = matterOf(matter_id, matter_kind, facts);
      duties.push({ matter, duties: dutiesOf(matter, history, { why: false }), known: true, recordedAt });
    } catch (error) {
      failed.push({ matterId: matter_id, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }
  return { duties, failed };
}

/** One matter at fault must not stop the others: it waits a minute and is tried again, its timers with it. */
async function putBack(tx: PoolClient, lawNumber: number, failed: readonly FailedMatter[]): Promise<void> {
  if (failed.length === 0) return;
  await tx.query(
    `INSERT INTO deadlines.recompute_queue (law_number, matter_id, ready_at, last_error)
     SELECT $1, f.id, statement_timestamp() + interval '1 minute', left(f.error, 500)
     FROM unnest($2::uuid[], $3::text[]) AS f(id, error)`,
    [lawNumber, failed.map(({ matterId }) => matterId), failed.map(({ error }) => error.message)],
  );
}

async function commandsOf(
  tx: PoolClient,
  matters: readonly MatterDuties[],
  history: readonly LawVersion[],
  lawNumber: number,
): Promise<AppendCommand[]> {
  const version = history.find(({ number }) => number === lawNumber)!;
  const { rows } = await tx.query<{ id: string; reason: string }>(
    `SELECT id, data->>'reason' AS reason FROM deadlines.events
     WHERE stream = $1 AND data->>'lawNumber' = $2 AND type <> 'ObligationsRecomputed'`,
    [LAW_STREAM, String(lawNumber)],
  );
  const { id: causationId, reason } = rows[0]!;
  const moves = matters.flatMap(({ matter, duties }) =>
    movedBy(lawNumber, duties.obligations).map((move) => ({ matter, move, id: obligationId(matter.id, move.duty.id) })),
  );
  const streams = moves.map(({ id }) => `${STREAMS.obligation}${id}`);
  const versions = await streamVersions(tx, streams);
  const happenedAt = version.publishedAt!;
  return moves.map(({ matter, move, id }) => {
    const stream = `${STREAMS.obligation}${id}`;
    const key = `moved/${id}/${lawNumber}`;
    return {
      stream,
      expectedVersion: versions.get(stream) ?? 0,
      events: [
        {
          type: 'ObligationMoved',
          data: {
            obligationId: id,
            matterId: matter.id,
            rule: move.duty.rule,
            unitCode: matter.unitCode ?? '',
            supervisedBy: matter.supervisedBy ?? '',
            lawNumber,
            publication: version.publication,
            lawName: version.name,
            reason,
            before: move.before,
            after: move.after,
            movedAt: happenedAt,
          },
        },
      ],
      meta: { actor: SERVICE, correlationId: matter.id, causationId, happenedAt, source: 'reaction' },
      idempotency: { key, fingerprint: key },
    };
  });
}
