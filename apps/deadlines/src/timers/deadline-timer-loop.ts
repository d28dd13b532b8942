import type { ServiceContext } from '@app/service';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { DEADLINES_CONTEXT } from '../context.js';
import { DeadlineTimers } from './deadline-timers.js';

/** How long facts on their way are waited for before asking again. */
const FACTS_LIMIT_MS = 2_000;

/** Runs the timers while the application runs. */
@Injectable()
export class DeadlineTimerLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('deadlines.timers');
  private readonly timers: DeadlineTimers;

  constructor(@Inject(DEADLINES_CONTEXT) service: ServiceContext) {
    this.timers = new DeadlineTimers(service.pool, service.store, {
      isUpToDate: () => service.settled(FACTS_LIMIT_MS),
      onError: (error) => this.logger.error(`timers could not be fired, trying again: ${error.message}`, error.stack),
    });
  }

  onApplicationBootstrap(): void {
    this.timers.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.timers.stop();
  }

  /** Obligations have changed: look again soon. */
  wake(): void {
    this.timers.wake();
  }
}
