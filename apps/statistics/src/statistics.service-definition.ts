import { publishedLawConsumer } from '@app/law-book';
import type { PublishedLaw, RecomputeLoop } from '@app/law-book';
import type { ServiceDefinition } from '@app/service';
import { STATISTICS_LAW, STATISTICS_LAW_LOOP } from './context.js';
import { CASE_FACTS, caseFactsConsumer, TIP_FACTS, tipFactsConsumer } from './matters/matters.consumers.js';
import { SCHEMA, statisticsMigrations } from './migrations/statistics-migrations.js';
import { groupingUnitTreeConsumer } from './rollups/unit-tree.consumer.js';
import { StatisticsModule } from './statistics.module.js';

/** The statistics service as its host sees it. */
export const statisticsService: ServiceDefinition = {
  name: 'statistics',
  schema: SCHEMA,
  hasLog: false,
  migrations: statisticsMigrations,
  module: (context) => StatisticsModule.forContext(context),
  consumers: (_context, get) => {
    const law = get<PublishedLaw>(STATISTICS_LAW);
    const loop = get<RecomputeLoop>(STATISTICS_LAW_LOOP);
    return [
      publishedLawConsumer(SCHEMA, [TIP_FACTS, CASE_FACTS], () => loop.wake()),
      groupingUnitTreeConsumer(),
      tipFactsConsumer(law),
      caseFactsConsumer(law),
    ];
  },
};
