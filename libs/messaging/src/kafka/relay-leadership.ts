import type { Pool, PoolClient } from 'pg';

/**
 * Which instance of a service relays: the one that holds a lock of the log's database, which gives it back when that
 * process or its link dies.
 */
export class RelayLeadership {
  private client: PoolClient | null = null;

  constructor(
    private readonly pool: Pool,
    private readonly schema: string,
  ) {}

  get held(): boolean {
    return this.client !== null;
  }

  /** Become or stay the one. @returns `new` when it has just become it, null when another is */
  async take(): Promise<'new' | 'held' | null> {
    if (this.client) return 'held';
    const client = await this.pool.connect();
    try {
      const { rows } = await client.query<{ taken: boolean }>(
        `SELECT pg_try_advisory_lock(hashtext('tinbao.kafka-relay'), hashtext($1)) AS taken`,
        [this.schema],
      );
      if (!rows[0]?.taken) {
        client.release();
        return null;
      }
    } catch (error) {
      client.release(true);
      throw error;
    }
    client.once('end', () => {
      if (this.client !== client) return;
      this.client = null;
      // A pool counts what it has lent until it is given back, dead or alive.
      client.release(true);
    });
    this.client = client;
    return 'new';
  }

  resign(): void {
    const { client } = this;
    this.client = null;
    client?.release(true);
  }
}
