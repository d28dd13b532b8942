import type { Pool, PoolClient } from 'pg';

/** Lets a connection do what takes long; it is closed afterwards, not given back. */
export async function withoutLimits(connection: PoolClient): Promise<void> {
  await connection.query(`SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0;
    SET maintenance_work_mem = '256MB'`);
}

/** Runs a task with a connection of its own without limits, for what the server can do beside other work. */
export async function withOwnConnection<T>(pool: Pool, task: (connection: PoolClient) => Promise<T>): Promise<T> {
  const connection = await pool.connect();
  try {
    await withoutLimits(connection);
    return await task(connection);
  } finally {
    connection.release(true);
  }
}
