export {
  amendmentOfEvent,
  LAW_STREAM,
  lawAfterEvent,
  scheduleOfEvent,
  sourceOf,
  withCalendar,
  withRule,
} from './law-of-events.js';
export { lawMigrations } from './law-migrations.js';
export { publishedLawConsumer } from './published-law.consumer.js';
export { nextKeys } from './next-keys.js';
export { PublishedLaw } from './published-law.js';
export { bulkUnderLaw, perHistory } from './under-law.js';
export { Recompute, type RecomputedModel, type RecomputedBatch } from './recompute.js';
export { RecomputeLoop } from './recompute-loop.js';
