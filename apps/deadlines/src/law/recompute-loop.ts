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
  private running: Promise<void> | null = null;
  private stopping = false;
  private woken = false;
  private endSleep: (() => void) | null = null;

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
    this.running = this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.endSleep?.();
    await this.running;
  }

  /** A version was published: begin at once. */
  wake(): void {
    this.woken = true;
    this.endSleep?.();
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      this.woken = false;
      try {
        if ((await this.recompute.drain(() => this.stopping)) > 0) this.timers.wake();
      } catch (error) {
        this.logger.error(`duties could not be calculated again, trying on: ${(error as Error).message}`);
      }
      if (!this.stopping && !this.woken) await this.sleep(IDLE_MS);
    }
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
