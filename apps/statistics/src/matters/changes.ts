import type { Pool, PoolClient } from 'pg';
import { SCHEMA } from '../migrations/schema.js';
import { changedAreas, moveVersionsSql } from './facts-version.js';

/** Channel on which committed changes of facts are announced, in this database. */
export const CHANGES_CHANNEL = 'statistics_facts_changed';

/** Units named in one announcement; a batch that touches more touches everybody. */
const MAX_UNITS = 150;

/** What a batch changed. */
export interface Change {
  /** Units whose figures may have moved; `*` = any. */
  units: readonly string[];
  /** The newest moment of recording among the events applied, milliseconds; 0 when not known. */
  recordedAtMs: number;
}

/**
 * Announce a change on commit of `tx` and move the versions of the facts; nothing when it touches no unit. NOTIFY takes a
 * lock that all notifying commits of the database share, which one consumer with its batches does not feel (an append
 * would).
 */
export async function announceChange(tx: PoolClient, { units, recordedAtMs }: Change): Promise<void> {
  if (units.length === 0) return;
  const named = units.length > MAX_UNITS ? '*' : units.join(',');
  await tx.query({
    name: 'announce-change',
    text: `WITH moved AS (${moveVersionsSql(SCHEMA, '$2')}) SELECT pg_notify('${CHANGES_CHANNEL}', $1)`,
    values: [`${recordedAtMs} ${named}`, changedAreas(units)],
  });
}

export type ChangeListener = (change: Change) => void;

const ANY: Change = { units: ['*'], recordedAtMs: 0 };
const RECONNECT_MS = 500;

function changeIn(payload: string | undefined): Change {
  const [recordedAtMs, units] = (payload ?? '').split(' ');
  return units ? { units: units.split(','), recordedAtMs: Number(recordedAtMs) || 0 } : ANY;
}

/**
 * Hears the announcements of every process on this database through one connection. Whenever the connection comes back,
 * listeners are told that anything may have changed, so that nothing is missed.
 */
export class ChangeFeed {
  private readonly listeners = new Set<ChangeListener>();
  private client: PoolClient | undefined;
  private retry: NodeJS.Timeout | undefined;
  private stopped = false;
  private latest = 0;

  constructor(
    private readonly pool: Pool,
    private readonly onFault: (error: Error) => void,
  ) {}

  /** The newest moment of recording heard of, milliseconds: another machine's clock may be ahead of ours. */
  get latestRecordedMs(): number {
    return this.latest;
  }

  /** Start hearing. Returns once the connection listens, or has failed and will be tried again. */
  async start(): Promise<void> {
    if (this.stopped) return;
    let client: PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      this.tryAgain(error as Error);
      return;
    }
    if (this.stopped) {
      client.release();
      return;
    }
    this.client = client;
    const lost = (error: Error): void => this.lose(client, error);
    client.once('error', lost);
    client.once('end', () => lost(new Error('the connection that hears changes has ended')));
    client.on('notification', ({ channel, payload }) => {
      if (channel === CHANGES_CHANNEL) this.tell(changeIn(payload));
    });
    try {
      await client.query(`LISTEN ${CHANGES_CHANNEL}`);
      this.tell(ANY);
    } catch (error) {
      lost(error as Error);
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
    const { client } = this;
    this.client = undefined;
    client?.release(true);
  }

  private lose(client: PoolClient, error: Error): void {
    if (this.stopped || client !== this.client) return;
    this.client = undefined;
    client.release(error);
    this.tryAgain(error);
  }

  private tryAgain(error: Error): void {
    if (this.stopped) return;
    this.onFault(error);
    this.retry = setTimeout(() => void this.start(), RECONNECT_MS);
  }

  private tell(change: Change): void {
    this.latest = Math.max(this.latest, change.recordedAtMs);
    for (const listener of this.listeners) listener(change);
  }
}
