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

/** A connection that neither comes about nor answers within this time is given up for a new one. */
const answerWithinMs = 5_000;
const reconnectAfterMs = 500;

/**
 * Wakes readers in other processes: one NOTIFY for all appends of the last few milliseconds, sent from a connection
 * of its own. Never inside the append's transaction, where it would make all commits queue for one lock. What could not
 * be told is told when the connection is back, and whoever begins to listen looks once at every log. Only what a process
 * has not told when it dies is told by nobody: that costs time alone, readers poll too.
 */
export class LogSignal {
  /** The connection that listens now. */
  private client: pg.Client | null = null;
  /** The one that is being made; what earlier ones still say does not count. */
  private connecting: pg.Client | null = null;
  private readonly dirty = new Set<string>();
  private timer: NodeJS.Timeout | null = null;
  private reconnect: NodeJS.Timeout | null = null;
  private stopped = false;
  private sending = false;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly listeners = new Set<(schema: string) => void>();
  private readonly self = `${process.pid}-${Math.random().toString(36).slice(2)}`;

  constructor(private readonly options: LogSignalOptions) {}

  /** Returns once it listens, or has failed to and will try again. */
  async start(): Promise<void> {
    for (const store of this.options.stores) {
      this.unsubscribe.push(store.onAppended(() => this.mark(store.schema)));
    }
    await this.connect();
  }

  /** Be told the schema of a log that another process may have appended to. Returns what ends it. */
  onSignal(listener: (schema: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const end of this.unsubscribe) end();
    if (this.timer) clearTimeout(this.timer);
    if (this.reconnect) clearTimeout(this.reconnect);
    const open = [this.client, this.connecting];
    this.client = null;
    this.connecting = null;
    await Promise.all(open.map((client) => client?.end()));
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'tinbao-log-signal',
      keepAlive: true,
      connectionTimeoutMillis: answerWithinMs,
      query_timeout: answerWithinMs,
    });
    this.connecting = client;
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, null));
    client.on('notification', ({ payload }) => {
      const [sender, schemas] = (payload ?? '').split(' ');
      if (sender !== this.self && schemas) this.tell(schemas.split(','));
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
    } catch (error) {
      this.lost(client, error as Error);
      return;
    }
    // Stopped meanwhile, or broken as soon as it listened.
    if (this.connecting !== client) return;
    this.connecting = null;
    this.client = client;
    // What was told while nobody listened here is not told again.
    this.tell(this.options.stores.map(({ schema }) => schema));
    if (this.dirty.size > 0) this.schedule();
  }

  private tell(schemas: readonly string[]): void {
    for (const schema of schemas) for (const listener of this.listeners) listener(schema);
  }

  /** A connection is of no use any more: a new one is made, once for each that broke. */
  private lost(client: pg.Client, error: Error | null): void {
    if (client !== this.client && client !== this.connecting) return;
    if (error) this.options.onError?.(error);
    this.client = null;
    this.connecting = null;
    client.end().catch((failure: Error) => this.options.onError?.(failure));
    this.reconnect = setTimeout(() => {
      this.reconnect = null;
      void this.connect();
    }, reconnectAfterMs);
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
    const schemas = [...this.dirty];
    this.dirty.clear();
    this.sending = true;
    client
      .query('SELECT pg_notify($1, $2)', [channel, `${this.self} ${schemas.join(',')}`])
      .catch((error: Error) => {
        // Told or not: twice does no harm.
        for (const schema of schemas) this.dirty.add(schema);
        this.lost(client, error);
      })
      .finally(() => {
        this.sending = false;
        if (this.client && this.dirty.size > 0) this.schedule();
      });
  }
}
