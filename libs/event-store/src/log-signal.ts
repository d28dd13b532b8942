import pg from 'pg';
import type { EventStore } from './event-store.js';

export interface LogSignalOptions {
  /** Connection string; the signal holds one connection of its own. */
  url: string;
  /** Logs whose appends are told to other processes, and whose appends by others are told here. */
  stores: readonly EventStore[];
  /** Appends within this time are told once; defaults to 5 ms. */
  coalesceMs?: number;
  onError?: (error: Error) => void;
}

const channel = 'tinbao_log';

/**
 * Wakes readers in other processes: one NOTIFY for all appends of the last few milliseconds, sent from a connection
 * of its own. Never inside the append's transaction, where it would make all commits queue for one lock. A lost
 * signal costs only time: readers poll too.
 */
export class LogSignal {
  private client: pg.Client | null = null;
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private reconnect: NodeJS.Timeout | null = null;
  private stopped = false;
  private sending = false;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly listeners = new Set<(schema: string) => void>();
  private readonly self = `${process.pid}-${Math.random().toString(36).slice(2)}`;

  constructor(private readonly options: LogSignalOptions) {}

  async start(): Promise<void> {
    for (const store of this.options.stores) {
      this.unsubscribe.push(store.onAppended(() => this.mark(store.schema)));
    }
    await this.connect();
  }

  /** Be told the schema of a log that another process appended to. Returns what ends it. */
  onSignal(listener: (schema: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const end of this.unsubscribe) end();
    if (this.timer) clearTimeout(this.timer);
    if (this.reconnect) clearTimeout(this.reconnect);
    const client = this.client;
    this.client = null;
    await client?.end();
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'tinbao-log-signal',
      keepAlive: true,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, null));
    client.on('notification', ({ payload }) => {
      const [sender, schemas] = (payload ?? '').split(' ');
      if (sender === this.self || !schemas) return;
      for (const schema of schemas.split(',')) for (const listener of this.listeners) listener(schema);
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      this.client = client;
      if (this.dirty.size > 0) this.schedule();
    } catch (error) {
      this.lost(client, error as Error);
    }
  }

  private lost(client: pg.Client, error: Error | null): void {
    if (error) this.options.onError?.(error);
    if (this.client === client) this.client = null;
    if (this.stopped || this.reconnect) return;
    this.reconnect = setTimeout(() => {
      this.reconnect = null;
      void this.connect();
    }, 500);
    this.reconnect.unref();
  }

  private mark(schema: string): void {
    this.dirty.add(schema);
    this.schedule();
  }

  private schedule(): void {
    if (this.timer || this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.send();
    }, this.options.coalesceMs ?? 5);
    this.timer.unref();
  }

  private send(): void {
    const client = this.client;
    // One statement at a time on this connection; what comes meanwhile goes with the next.
    if (!client || this.sending || this.dirty.size === 0) return;
    const schemas = [...this.dirty].join(',');
    this.dirty.clear();
    this.sending = true;
    client
      .query('SELECT pg_notify($1, $2)', [channel, `${this.self} ${schemas}`])
      .catch((error: Error) => this.options.onError?.(error))
      .finally(() => {
        this.sending = false;
        if (this.dirty.size > 0) this.schedule();
      });
  }
}
