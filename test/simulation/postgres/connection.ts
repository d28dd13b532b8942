import { EventEmitter } from 'node:events';
import pg from 'pg';
import type { World } from '../world.js';
import { Process } from '../world.js';
import { type LinkFaults, SimulatedClient } from './client.js';
import type { Result, Server } from './server.js';

interface Options {
  connectionTimeoutMillis?: number;
  query_timeout?: number;
}

/**
 * Put simulated connections under the driver's `Client`, for what holds a connection of its own. Returns what puts the
 * real one back.
 * @param faults what may go wrong with them, beside what goes wrong with pools
 */
export function installClient(world: World, faults: LinkFaults): () => void {
  const driver = pg as unknown as { Client: unknown };
  const real = driver.Client;
  driver.Client = class extends SimulatedConnection {
    constructor(options: Options) {
      const owner = world.scheduler.current;
      if (!(owner instanceof Process)) throw new Error('only a process of the program connects');
      super(world.server, owner, faults, options, world.fault?.rewrite ?? ((text) => text));
      owner.links.push(this);
    }
  };
  return () => {
    driver.Client = real;
  };
}

/** One connection outside any pool, as the driver's `Client`: it connects once, and says `error` and `end` when it breaks. */
export class SimulatedConnection extends EventEmitter {
  private client: SimulatedClient | null = null;
  private ended = false;

  constructor(
    private readonly server: Server,
    private readonly owner: Process,
    private readonly faults: LinkFaults,
    private readonly options: Options,
    private readonly rewrite: (text: string) => string,
  ) {
    super();
  }

  connect(): Promise<void> {
    const { server, owner, faults } = this;
    const { db } = server;
    return new Promise((resolve, reject) => {
      db.scheduler.after(1 + db.random.latency(faults.wireMs), owner, '', () => {
        if (this.ended) {
          reject(new Error('Connection terminated'));
          return;
        }
        if (!db.up || db.random.chance(faults.loseRequest)) {
          reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
          return;
        }
        const client = new SimulatedClient(server, owner, faults, () => undefined, this.rewrite);
        this.client = client;
        client.on('error', (error: Error) => this.emit('error', error));
        client.on('notification', (message: object) => this.emit('notification', message));
        // What the server said last may come long before the end of the stream.
        client.on('end', () => {
          const { random } = db;
          const ms = random.chance(0.1) ? random.next() * 3_000 : random.latency(faults.wireMs);
          db.scheduler.after(ms, owner, '', () => this.emit('end'));
        });
        resolve();
      });
    });
  }

  query(text: string, values: unknown[] = []): Promise<Result> {
    const { client, owner } = this;
    if (!client || this.ended) return Promise.reject(new Error('Client was closed and is not queryable'));
    const answered = client.query(text, values);
    const { query_timeout: limit } = this.options;
    if (limit === undefined) return answered;
    return new Promise((resolve, reject) => {
      const late = this.server.db.scheduler.after(limit, owner, '', () => reject(new Error('Query read timeout')));
      answered.then(resolve, reject).finally(() => late.cancel());
    });
  }

  /** An orderly end: what is under way is given up. */
  async end(): Promise<void> {
    this.ended = true;
    const { client, owner } = this;
    if (!client) return;
    await new Promise<void>((resolve) => {
      this.server.db.scheduler.after(0.1, owner, '', () => {
        client.hangUp(0);
        this.emit('end');
        resolve();
      });
    });
  }

  /** The process died. */
  die(): void {
    const { random } = this.server.db;
    this.client?.hangUp(random.next() * (random.chance(0.8) ? 20 : 3_000));
  }
}
