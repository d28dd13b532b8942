import { Logger } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import type { Pool } from 'pg';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { fillRollups } from './rollup-filler.js';

const RETRY_MS = 10_000;

/** Fills the rollups of an installation that had facts before them, once, in the background after the start. */
export class RollupFilling implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('RollupFilling');
  private readonly stopping = new AbortController();
  private retry: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly pool: Pool) {}

  onApplicationBootstrap(): void {
    this.running = this.fill();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    clearTimeout(this.retry);
    await this.running;
  }

  private async fill(): Promise<void> {
    try {
      const filled = await fillRollups(this.pool, SCHEMA, this.stopping.signal);
      if (filled > 0) this.log.log(`${filled} facts were added to the rollups`);
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.log.warn(`rollups are not filled yet: ${(error as Error).message}`);
      this.retry = setTimeout(() => (this.running = this.fill()), RETRY_MS);
    }
  }
}
