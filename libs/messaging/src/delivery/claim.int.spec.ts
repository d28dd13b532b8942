import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool, migrate } from '@app/event-store';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import type { Consumer, MessagingLogger } from '../types.js';
import { Delivery } from './delivery.js';
import { ConsumerFenced } from './faults.js';
import { messagingMigrations } from './messaging-migrations.js';

const logger: MessagingLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const consumer: Consumer = { name: 'reader', topics: [], handle: async () => undefined };
const SOURCE = 'kafka:one:tips/0';

describe('the claim of a source', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.pool, 'reader', messagingMigrations('reader'));
  }, 60_000);
  afterAll(async () => database.drop());

  it('is not made by who has waited for the database until another had it', async () => {
    // Its only connection is taken: it waits, as for a database that is away.
    const pool = createPool(database.url, { max: 1 });
    const taken = await pool.connect();
    const slow = new Delivery(consumer, { pool, schema: 'reader' }, { logger });
    let isWanted = true;
    const claiming = slow.claim([SOURCE], () => isWanted);
    const refused = expect(claiming).rejects.toThrow(`reader is not to take over ${SOURCE} any more`);

    const owner = new Delivery(consumer, { pool: database.pool, schema: 'reader' }, { logger });
    await owner.claim([SOURCE]);
    isWanted = false;
    taken.release();
    await refused;

    await owner.apply(SOURCE, [], { offset: '1' });
    await expect(slow.apply(SOURCE, [], { offset: '2' })).rejects.toThrow(ConsumerFenced);
    expect(await owner.peek([SOURCE])).toEqual(new Map([[SOURCE, { offset: '1' }]]));
    await pool.end();
  });
});
