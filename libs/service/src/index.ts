export * from './config.js';
export * from './host.js';
export * from './types.js';
export * from './run-service.js';
export type { CheckView, ConsumerView } from './operations/service-operations.js';
