import { WakingLoop } from '@app/messaging';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Pool } from 'pg';
import type { PublishedLaw } from './published-law.js';
import { Recompute, type RecomputedModel, type RecomputeProgress } from './recompute.js';

/** How late a publication that another instance heard of, or work that a dead one left, may be noticed. */
const IDLE_MS = 2_000;
/** A line of progress after so many rows. */
const ROWS_A_LINE = 50_000;

/** Carries publications out in a service's read models while the application runs. */
export class RecomputeLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger: Logger;
  private readonly recompute: Recompute;
  private readonly loop = new WakingLoop(() => this.round());
  private lastLine = 0;

  constructor(context: { pool: Pool; schema: string }, law: PublishedLaw, models: readonly RecomputedModel[]) {
    this.logger = new Logger(`${context.schema}.law`);
    this.recompute = new Recompute(context.pool, context.schema, law, models, (progress) => this.told(progress));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** A version was heard of: begin at once. */
  wake(): void {
    this.loop.wake();
  }

  private told({ model, lawNumber, lookedAt, changed, isFinished }: RecomputeProgress): void {
    if (!isFinished && lookedAt - this.lastLine < ROWS_A_LINE) return;
    this.lastLine = isFinished ? 0 : lookedAt;
    const state = isFinished ? 'goes by' : 'is being brought to';
    this.logger.log(`${model} ${state} law version ${lawNumber}: ${lookedAt} rows looked at, ${changed} changed`);
  }

  private async round(): Promise<number> {
    try {
      await this.recompute.drain(() => this.loop.isStopping);
    } catch (error) {
      this.logger.error(`rows could not be brought to the published law, trying on: ${(error as Error).message}`);
    }
    return IDLE_MS;
  }
}
