export { HealthRegistry } from './health.js';
export type { CheckResult, Readiness } from './health.js';
export { createLogger } from './logger.js';
export type { Logger, LoggerOptions } from './logger.js';
export { Metrics } from './metrics.js';
export type { LagReader } from './metrics.js';
export { ObservabilityModule } from './observability.module.js';
