import { identifier, inTransaction } from '@app/event-store';
import { type LawHistory, newestLaw } from '@app/legal-time-limits';
import type { Pool, PoolClient } from 'pg';
import { holdLawAlone, type PublishedLaw } from './published-law.js';

export interface RecomputedBatch {
  lookedAt: number;
  changed: number;
  /** Key of the last row looked at; null when there was none left. */
  reached: string | null;
}

/** A read model of which rows follow from the law beside its events. */
export interface RecomputedModel {
  name: string;
  /** Rows of one transaction; the consumers of the service's read models stand still meanwhile. */
  batchSize: number;
  /**
   * Calculate the next rows in order of their key, write those that differ. Rows that no version since `since` may concern
   * may be passed over.
   *
   * @param after key of the last row of the batch before; null at the beginning
   * @param since the oldest publication that is followed, RFC 3339: what ended before stays as it was
   */
  batch(
    tx: PoolClient,
    history: LawHistory,
    from: { after: string | null; limit: number; since: string },
  ): Promise<RecomputedBatch>;
}

export interface RecomputeProgress {
  model: string;
  lawNumber: number;
  lookedAt: number;
  changed: number;
  isFinished: boolean;
}

interface Job {
  model: string;
  law_number: number;
  reached: string | null;
  since: string;
}

/**
 * Brings the rows of a service's read models to the law as it has heard of it: a batch and how far it came in one
 * transaction, so that a kill at any point leaves both or nothing; several instances take turns. Looking again at what
 * has been done changes nothing.
 */
export class Recompute {
  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
    private readonly law: PublishedLaw,
    private readonly models: readonly RecomputedModel[],
    private readonly onProgress: (progress: RecomputeProgress) => void = () => undefined,
  ) {}

  /**
   * Work until nothing is queued.
   * @param isStopping asked between batches
   * @returns how many rows changed
   */
  async drain(isStopping: () => boolean = () => false): Promise<number> {
    let changed = 0;
    const s = identifier(this.schema);
    // Asked without the lock: an idle instance must not make consumers wait.
    const { rows } = await this.pool.query<{ waiting: boolean }>(
      `SELECT EXISTS (SELECT FROM ${s}.law_recomputes WHERE finished_at IS NULL AND model = ANY ($1)) AS waiting`,
      [this.models.map(({ name }) => name)],
    );
    while (rows[0]!.waiting && !isStopping()) {
      const done = await inTransaction(this.pool, (tx) => this.batch(tx), { settings: { 'app.units': '*' } });
      if (!done) break;
      changed += done.changedNow;
      this.onProgress(done);
    }
    return changed;
  }

  private async batch(tx: PoolClient): Promise<(RecomputeProgress & { changedNow: number }) | null> {
    await holdLawAlone(tx, this.schema);
    const s = identifier(this.schema);
    // The newest publication finishes what an older one began.
    const { rows } = await tx.query<Job>(
      `SELECT DISTINCT ON (model) model, law_number, reached, to_json(min(since) OVER (PARTITION BY model))#>>'{}' AS since
       FROM ${s}.law_recomputes WHERE finished_at IS NULL AND model = ANY ($1) ORDER BY model, law_number DESC LIMIT 1`,
      [this.models.map(({ name }) => name)],
    );
    const job = rows[0];
    const model = this.models.find(({ name }) => name === job?.model);
    if (!job || !model) return null;
    const history = await this.law.historyIn(tx);
    const { lookedAt, changed, reached } = await model.batch(tx, history, {
      after: job.reached,
      limit: model.batchSize,
      since: job.since,
    });
    const isFinished = reached === null;
    const { rows: totals } = await tx.query<{ looked_at: number; changed: number }>(
      `UPDATE ${s}.law_recomputes SET reached = coalesce($3, reached), looked_at = looked_at + $4,
         changed = changed + $5, finished_at = CASE WHEN $6 THEN now() END
       WHERE model = $1 AND law_number = $2 RETURNING looked_at, changed`,
      [job.model, job.law_number, reached, lookedAt, changed, isFinished],
    );
    if (isFinished) {
      await tx.query(
        `UPDATE ${s}.law_recomputes SET finished_at = now()
         WHERE model = $1 AND law_number < $2 AND finished_at IS NULL`,
        [job.model, job.law_number],
      );
    }
    return {
      model: job.model,
      lawNumber: newestLaw(history).number,
      lookedAt: totals[0]!.looked_at,
      changed: totals[0]!.changed,
      changedNow: changed,
      isFinished,
    };
  }
}
