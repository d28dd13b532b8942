import type { ServiceContext } from '@app/service';
import { type DynamicModule, Module } from '@nestjs/common';
import { type DeadlinesConfig, readDeadlinesConfig } from './config.js';
import { DEADLINES_CONFIG, DEADLINES_CONTEXT } from './context.js';
import { DeliveryLoop } from './alerts/delivery-loop.js';
import { PreferencesController } from './alerts/preferences.controller.js';
import { InboxController } from './alerts/inbox.controller.js';
import { CalendarController, CalendarFeedController } from './calendar-feed/calendar-feed.controller.js';
import { CalendarVersionsController } from './calendar/calendar-versions.controller.js';
import { LawBook } from './law/law-book.js';
import { LawDesk } from './law/law-desk.js';
import { RecomputeLoop } from './law/recompute-loop.js';
import { ObligationsController } from './obligations/obligations.controller.js';
import { RuleVersionsController } from './rules/rule-versions.controller.js';
import { RuleCatalogueController } from './time-limits/rule-catalogue.controller.js';
import { TimeLimitsController } from './time-limits/time-limits.controller.js';
import { DeadlineTimerLoop } from './timers/deadline-timer-loop.js';

/** What deadlines holds: obligations of every matter, the timers that fire their breaches, the calculator. */
@Module({})
export class DeadlinesModule {
  /**
   * @param law the law as published; drills give one with another beginning
   * @throws RangeError when the environment is not valid
   */
  static forContext(
    context: ServiceContext,
    config: DeadlinesConfig = readDeadlinesConfig(),
    law = new LawBook(),
  ): DynamicModule {
    return {
      module: DeadlinesModule,
      controllers: [
        ObligationsController,
        InboxController,
        PreferencesController,
        CalendarFeedController,
        CalendarController,
        TimeLimitsController,
        RuleCatalogueController,
        CalendarVersionsController,
        RuleVersionsController,
      ],
      providers: [
        { provide: DEADLINES_CONTEXT, useValue: context },
        { provide: DEADLINES_CONFIG, useValue: config },
        { provide: LawBook, useValue: law },
        RecomputeLoop,
        LawDesk,
        DeadlineTimerLoop,
        DeliveryLoop,
      ],
      exports: [DeadlineTimerLoop, DeliveryLoop, LawBook],
    };
  }
}
