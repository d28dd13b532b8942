import type { ServiceDefinition } from '@app/service';
import { caseFactsConsumer, tipFactsConsumer } from './matters/matters.consumers.js';
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
  consumers: () => [groupingUnitTreeConsumer(), tipFactsConsumer(), caseFactsConsumer()],
};
