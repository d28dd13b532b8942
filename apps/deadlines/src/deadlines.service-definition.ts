import { unitTreeConsumer } from '@app/security';
import type { ServiceDefinition } from '@app/service';
import { DeliveryLoop } from './alerts/delivery-loop.js';
import { inboxConsumer } from './alerts/inbox.consumer.js';
import { DeadlinesModule } from './deadlines.module.js';
import { LawBook } from './law/law-book.js';
import { mattersConsumer } from './matters/matters.consumer.js';
import { deadlinesMigrations, SCHEMA } from './migrations/deadlines-migrations.js';
import { DeadlineTimerLoop } from './timers/deadline-timer-loop.js';

/** The deadlines service as its host sees it. */
export const deadlinesService: ServiceDefinition = {
  name: 'deadlines',
  schema: SCHEMA,
  hasLog: true,
  migrations: deadlinesMigrations,
  module: (context) => DeadlinesModule.forContext(context),
  consumers: (_context, get) => {
    const loop = get(DeadlineTimerLoop);
    const deliveries = get(DeliveryLoop);
    return [
      unitTreeConsumer(SCHEMA),
      mattersConsumer(() => loop.wake(), get(LawBook)),
      inboxConsumer((ids, tx) => deliveries.queue(ids, tx)),
    ];
  },
};
