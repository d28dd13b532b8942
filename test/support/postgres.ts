import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { createPool } from '@app/event-store';
import { testServer } from './test-server.js';

export interface TestDatabase {
  url: string;
  pool: Pool;
  /** Closes the pool and drops the database, open sessions included. */
  drop(): Promise<void>;
}

/**
 * A fresh, empty database on the server that all specs of this run share; takes about 20 ms.
 * Drop it in `afterAll`.
 */
export async function testDatabase(options: { max?: number } = {}): Promise<TestDatabase> {
  const { url: serverUrl } = await testServer<{ url: string }>('postgres');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = createPool(serverUrl, { applicationName: 'test-support', max: 1 });
  try {
    await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 STRATEGY file_copy`);
  } finally {
    await admin.end();
  }
  const url = serverUrl.replace(/\/postgres$/, `/${name}`);
  const pool = createPool(url, { applicationName: 'spec', max: options.max ?? 20 });
  return {
    url,
    pool,
    drop: async () => {
      await pool.end();
      const last = createPool(serverUrl, { applicationName: 'test-support', max: 1 });
      try {
        await last.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      } finally {
        await last.end();
      }
    },
  };
}
