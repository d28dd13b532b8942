export * from './delivery/delivery.js';
export { ConsumerFenced } from './delivery/faults.js';
export * from './delivery/messaging-migrations.js';
export * from './delivery/parked.js';
export * from './kafka/index.js';
export * from './logger.js';
export * from './postgres-log/postgres-log.js';
export * from './topics.js';
export * from './types.js';
