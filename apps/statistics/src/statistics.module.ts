import { PublishedLaw, RecomputeLoop } from '@app/law-book';
import type { ServiceContext } from '@app/service';
import { Logger, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { STATISTICS_CONTEXT, STATISTICS_LAW, STATISTICS_LAW_LOOP } from './context.js';
import { LiveDashboardController } from './dashboard/live-dashboard.controller.js';
import { IndicatorsController } from './indicators/indicators.controller.js';
import { ReportService } from './indicators/report-service.js';
import { ChangeFeed } from './matters/changes.js';
import { caseFactsUnderLaw, tipFactsUnderLaw } from './matters/facts-under-law.js';
import { RollupFilling } from './rollups/rollup-filling.js';

/** What statistics holds: facts of every matter, the indicators over them, dashboards that move. */
@Module({})
export class StatisticsModule {
  static forContext(context: ServiceContext): DynamicModule {
    const log = new Logger('StatisticsChanges');
    return {
      module: StatisticsModule,
      controllers: [IndicatorsController, LiveDashboardController],
      providers: [
        { provide: STATISTICS_CONTEXT, useValue: context },
        {
          provide: ChangeFeed,
          useFactory: () =>
            new ChangeFeed(context.pool, (error) => log.warn(`changes of facts are not heard now: ${error.message}`)),
        },
        { provide: STATISTICS_LAW, useFactory: () => new PublishedLaw(context.schema) },
        {
          provide: STATISTICS_LAW_LOOP,
          useFactory: (law: PublishedLaw) => new RecomputeLoop(context, law, [tipFactsUnderLaw, caseFactsUnderLaw]),
          inject: [STATISTICS_LAW],
        },
        ReportService,
        { provide: RollupFilling, useFactory: () => new RollupFilling(context.pool) },
      ],
    };
  }
}
