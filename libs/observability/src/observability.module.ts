import { type DynamicModule, Module } from '@nestjs/common';
import { HealthController, HealthRegistry } from './health.js';
import { Metrics, MetricsController } from './metrics.js';

/** `/health/live`, `/health/ready`, `/metrics`, and their registries for injection; once per process. */
@Module({})
export class ObservabilityModule {
  static forRoot({ health, metrics }: { health: HealthRegistry; metrics: Metrics }): DynamicModule {
    return {
      module: ObservabilityModule,
      global: true,
      controllers: [HealthController, MetricsController],
      providers: [
        { provide: HealthRegistry, useValue: health },
        { provide: Metrics, useValue: metrics },
      ],
      exports: [HealthRegistry, Metrics],
    };
  }
}
