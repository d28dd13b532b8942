import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createPool } from '@app/event-store';
import type { Pool } from 'pg';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { RelayLeadership } from './relay-leadership.js';

const MOST = 3;

describe('the instance that relays', () => {
  let database: TestDatabase;
  let pool: Pool;

  beforeAll(async () => {
    database = await testDatabase();
    pool = createPool(database.url, { max: MOST });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('leaves nothing behind in its pool when its link dies, however often', async () => {
    const leadership = new RelayLeadership(pool, 'intake');
    for (let death = 1; death <= MOST + 1; death += 1) {
      expect(await leadership.take()).toBe('new');
      const gone = new Promise((resolve) => pool.once('remove', resolve));
      await database.pool.query(
        `SELECT pg_terminate_backend(l.pid) FROM pg_locks l
         WHERE l.locktype = 'advisory' AND l.granted AND l.classid = hashtext('tinbao.kafka-relay')::oid
           AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      await gone;
      expect(leadership.held).toBe(false);
      expect(pool.totalCount).toBe(0);
    }
    leadership.resign();
  });
});
