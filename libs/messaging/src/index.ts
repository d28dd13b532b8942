export * from './delivery/delivery.js';
export { ConsumerFenced } from './delivery/faults.js';
export * from './delivery/messaging-migrations.js';
export * from './delivery/parked.js';
export * from './kafka/index.js';
export * from './logger.js';
export * from './postgres-log/postgres-log.js';
export * from './rebuild/rebuild.js';
export * from './rebuild/rebuild-state.js';
export {
  type RebuildOptions,
  type RebuildPoint,
  RebuildRunsElsewhere,
  type RunFigures,
} from './rebuild/shadow-build.js';
export * from './rebuild/check.js';
export * from './topics.js';
export * from './types.js';
export * from './waking-loop.js';
