import type { ServiceContext } from '@app/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { DEADLINES_CONTEXT } from './context.js';
import { InboxController } from './alerts/inbox.controller.js';
import { ObligationsController } from './obligations/obligations.controller.js';
import { TimeLimitsController } from './time-limits/time-limits.controller.js';
import { DeadlineTimerLoop } from './timers/deadline-timer-loop.js';

/** What deadlines holds: obligations of every matter, the timers that fire their breaches, the calculator. */
@Module({})
export class DeadlinesModule {
  static forContext(context: ServiceContext): DynamicModule {
    return {
      module: DeadlinesModule,
      controllers: [ObligationsController, InboxController, TimeLimitsController],
      providers: [{ provide: DEADLINES_CONTEXT, useValue: context }, DeadlineTimerLoop],
      exports: [DeadlineTimerLoop],
    };
  }
}
