import { WakingLoop } from '@app/messaging';
import type { ServiceContext } from '@app/service';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DEADLINES_CONTEXT } from '../context.js';
import { DeadlineTimerLoop } from '../timers/deadline-timer-loop.js';
import { LawBook } from './law-book.js';
import { Recompute } from './recompute.js';

/** How late a publication of another instance, or work that a dead one left, may be noticed. */
const IDLE_MS = 2_000;

/** Carries publications out while the application runs. */
@Injectable()
export class RecomputeLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('deadlines.recompute');
  private readonly recompute: Recompute;
  private readonly loop = new WakingLoop(() => this.round());

  constructor(
    @Inject(DEADLINES_CONTEXT) service: ServiceContext,
    private readonly timers: DeadlineTimerLoop,
    law: LawBook,
  ) {
    this.recompute = new Recompute(service.pool, service.store, law, {
      onError: (matterId, error) =>
        this.logger.error(`matter ${matterId} could not be calculated, trying again: ${error.message}`, error.stack),
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop.stop();
  }

  /** A version was published: begin at once. */
  wake(): void {
    this.loop.wake();
  }

  private async round(): Promise<number> {
    try {
      if ((await this.recompute.drain(() => this.loop.isStopping)) > 0) this.timers.wake();
    } catch (error) {
      this.logger.error(`duties could not be calculated again, trying on: ${(error as Error).message}`);
    }
    return IDLE_MS;
  }
}
