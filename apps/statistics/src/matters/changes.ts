import type { Pool, PoolClient } from 'pg';

/** Channel on which committed changes of facts are announced, in this database. */
export const CHANGES_CHANNEL = 'statistics_facts_changed';

/** Units named in one announcement; a batch that touches more touches everybody. */
const MAX_UNITS = 150;

/**
 * Announce, on commit of `tx`, that facts of these units changed; nothing when there are none. NOTIFY takes a lock that
 * all notifying commits of the database share, which one consumer with its batches does not feel (an append would).
 */
export async function announceChange(tx: PoolClient, units: readonly string[]): Promise<void> {
  if (units.length === 0) return;
  const payload = units.length > MAX_UNITS ? '*' : units.join(',');
  await tx.query(`SELECT pg_notify('${CHANGES_CHANNEL}', $1)`, [payload]);
}

/** Units whose facts changed; `*` = any. */
export type ChangeListener = (units: readonly string[]) => void;

const RECONNECT_MS = 500;

/**
 * Hears the announcements of every process on this database through one connection. While the connection is away, and
 * whenever it comes back, listeners are told that anything may have changed, so that nothing is missed.
 */
export class ChangeFeed {
  private readonly listeners = new Set<ChangeListener>();
  private client: PoolClient | undefined;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly pool: Pool,
    private readonly onFault: (error: Error) => void,
  ) {}

  /** Start hearing. Returns once the connection listens, or has failed and will be tried again. */
  async start(): Promise<void> {
    if (this.stopped) return;
    try {
      const client = await this.pool.connect();
      if (this.stopped) {
        client.release();
        return;
      }
      this.client = client;
      const lost = (error: Error): void => this.reconnect(client, error);
      client.once('error', lost);
      client.once('end', () => lost(new Error('the connection that hears changes has ended')));
      client.on('notification', ({ channel, payload }) => {
        if (channel === CHANGES_CHANNEL) this.tell((payload ?? '*').split(','));
      });
      await client.query(`LISTEN ${CHANGES_CHANNEL}`);
      this.tell(['*']);
    } catch (error) {
      this.reconnect(this.client, error as Error);
    }
  }

  /** @returns a function that ends the subscription */
  subscribe(listener: ChangeListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Stop hearing; the connection is closed. */
  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    const client = this.client;
    this.client = undefined;
    client?.removeAllListeners('notification');
    client?.release(true);
  }

  private reconnect(client: PoolClient | undefined, error: Error): void {
    if (this.stopped || client !== this.client) return;
    this.client = undefined;
    client?.removeAllListeners('notification');
    client?.release(error);
    this.onFault(error);
    this.retry = setTimeout(() => void this.start(), RECONNECT_MS);
  }

  private tell(units: readonly string[]): void {
    for (const listener of this.listeners) listener(units);
  }
}
