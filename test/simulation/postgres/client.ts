import { EventEmitter } from 'node:events';
import type { Pool, PoolClient } from 'pg';
import type { Owner } from '../scheduler.js';
import { DatabaseError } from './engine.js';
import { type Result, type Server, Session } from './server.js';

/** What may go wrong between a process and the database; probabilities a query. */
export interface LinkFaults {
  /** The connection breaks before the server has the message. */
  loseRequest: number;
  /** The server does what it was asked; the answer is lost. */
  loseAnswer: number;
  /** The server takes up to a second longer. */
  slow: number;
  /** A connection dies without a word while something is told on it: neither side is heard by the other again. */
  goSilent: number;
  /** Typical time on the wire, one way (ms). */
  wireMs: number;
}

type QueryInput = string | { name?: string; text: string; values?: unknown[] };

const gone = (): Error => new Error('Connection terminated unexpectedly');

/** One connection, as the driver's `PoolClient`: statements go one after the other, a broken one stays broken. */
export class SimulatedClient extends EventEmitter {
  broken: Error | null = null;
  private readonly session: Session;
  private tail: Promise<unknown> = Promise.resolve();
  /** The query that waits for its answer. */
  private inHand: ((error: Error) => void) | null = null;
  private isSilent = false;
  /** When the last notification comes in: none overtakes another. */
  private heardAt = 0;

  constructor(
    private readonly server: Server,
    private readonly owner: Owner,
    private readonly faults: LinkFaults,
    private readonly onFree: (client: SimulatedClient, error?: Error | boolean) => void,
    private readonly rewrite: (text: string) => string,
  ) {
    super();
    this.session = new Session(server, owner.name);
    this.session.onEnd = (error) => {
      const { scheduler, random } = server.db;
      scheduler.after(random.latency(faults.wireMs), owner, 'connection ended by the server', () => {
        if (!this.isSilent) this.break(error);
      });
    };
    this.session.onNotification = (channel, payload) => this.hear(channel, payload);
  }

  private hear(channel: string, payload: string): void {
    const { server, owner, faults } = this;
    const { scheduler, random } = server.db;
    if (random.chance(faults.goSilent)) {
      scheduler.note(`${owner.name}/${this.session.id}: goes silent`);
      this.isSilent = true;
      this.hangUpLater(random.next() * 3_000);
    }
    if (this.isSilent) return;
    this.heardAt = Math.max(this.heardAt + 0.001, scheduler.now + random.latency(faults.wireMs));
    scheduler.after(this.heardAt - scheduler.now, owner, '', () => {
      if (this.broken) return;
      scheduler.note(`${owner.name}/${this.session.id}: is told on ${channel}`);
      this.emit('notification', { channel, payload });
    });
  }

  query(input: QueryInput, values?: unknown[]): Promise<Result> {
    const text = this.rewrite(typeof input === 'string' ? input : input.text);
    const given = (typeof input === 'string' ? values : (values ?? input.values)) ?? [];
    const result = this.tail.then(() => this.send(text, given));
    this.tail = result.catch(() => undefined);
    return result;
  }

  release(error?: Error | boolean): void {
    this.onFree(this, error);
  }

  /** The process's side of the connection is closed; the server notices after a while. */
  hangUp(noticedAfterMs: number): void {
    this.broken ??= new Error('Client was closed and is not queryable');
    this.server.db.scheduler.after(noticedAfterMs, null, '', () => this.session.close());
  }

  private send(text: string, values: readonly unknown[]): Promise<Result> {
    if (this.broken) {
      const message = 'Client has encountered a connection error and is not queryable';
      return Promise.reject(Object.assign(new Error(message), { cause: this.broken }));
    }
    const { server, owner, faults } = this;
    const { scheduler, random } = server.db;
    // Parameters travel as text: what the server works with is its own copy.
    const copies = values.map((value) => (value instanceof Date ? value : structuredCloned(value)));
    return new Promise<Result>((resolve, reject) => {
      this.inHand = reject;
      if (this.isSilent) return;
      const loseRequest = random.chance(faults.loseRequest);
      const loseAnswer = !loseRequest && random.chance(faults.loseAnswer);
      const wire = random.latency(faults.wireMs) + (random.chance(faults.slow) ? random.next() * 1_000 : 0);
      const lost = (noticedAfterMs: number): void => {
        scheduler.after(noticedAfterMs, owner, 'connection lost', () => this.break(gone()));
      };
      if (loseRequest) {
        lost(wire);
        // The server hears of it at once, or only when it tries to write.
        this.hangUpLater(random.chance(0.7) ? random.next() * 5 : random.next() * 3_000);
        return;
      }
      scheduler.after(wire, null, '', () => {
        if (!this.session.alive) return;
        scheduler.note(`${owner.name}/${this.session.id}: ${brief(text)}`);
        this.session.execute(text, copies, (error, result) => {
          if (loseAnswer) {
            scheduler.note(`${owner.name}/${this.session.id}: answer lost`);
            lost(random.latency(faults.wireMs));
            this.hangUpLater(random.next() * 5);
            return;
          }
          scheduler.after(random.latency(faults.wireMs), owner, '', () => {
            if (this.inHand !== reject) return;
            this.inHand = null;
            if (error) {
              scheduler.note(`${owner.name}/${this.session.id}: ${(error as Error).message}`);
              reject(error as Error);
            } else resolve(result as Result);
          });
        });
      });
    });
  }

  private hangUpLater(ms: number): void {
    this.server.db.scheduler.after(ms, null, '', () => this.session.close());
  }

  private break(error: Error): void {
    if (this.broken) return;
    this.broken = error;
    const reject = this.inHand;
    this.inHand = null;
    reject?.(error instanceof DatabaseError && error.code !== '57P02' ? error : gone());
    if (this.listenerCount('error') > 0) this.emit('error', error);
    this.emit('end');
    this.onFree(this, true);
  }
}

function structuredCloned(value: unknown): unknown {
  return value !== null && typeof value === 'object' ? (JSON.parse(JSON.stringify(value)) as unknown) : value;
}

/** What a statement is about, for the trace. */
function brief(text: string): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length > 72 ? `${flat.slice(0, 69)}...` : flat;
}

interface Waiting {
  resolve: (client: SimulatedClient) => void;
  reject: (error: Error) => void;
}

const connectTimeoutMs = 10_000;

/** The driver's pool as far as the program uses it. */
export class SimulatedPool extends EventEmitter {
  private readonly free: SimulatedClient[] = [];
  private readonly all = new Set<SimulatedClient>();
  private readonly waiting: Waiting[] = [];
  private connecting = 0;
  private ended = false;

  constructor(
    private readonly server: Server,
    private readonly owner: Owner,
    private readonly faults: LinkFaults,
    private readonly max = 8,
    private readonly rewrite: (text: string) => string = (text) => text,
  ) {
    super();
  }

  /** The same object by the driver's type. */
  get asPool(): Pool {
    return this as unknown as Pool;
  }

  connect(): Promise<PoolClient> {
    return this.take() as unknown as Promise<PoolClient>;
  }

  async query(input: QueryInput, values?: unknown[]): Promise<Result> {
    const client = await this.take();
    try {
      const result = await client.query(input, values);
      client.release();
      return result;
    } catch (error) {
      client.release(client.broken ?? undefined);
      throw error;
    }
  }

  async end(): Promise<void> {
    this.ended = true;
    for (const client of [...this.all]) client.hangUp(0);
    this.all.clear();
  }

  /** The process died: the server notices soon, or after a while when the whole machine is gone. */
  die(): void {
    const { random } = this.server.db;
    const notice = random.chance(0.8) ? 20 : 3_000;
    for (const client of this.all) client.hangUp(random.next() * notice);
    this.all.clear();
  }

  private take(): Promise<SimulatedClient> {
    if (this.ended) return Promise.reject(new Error('Cannot use a pool after calling end on the pool'));
    for (let client = this.free.pop(); client; client = this.free.pop())
      if (!client.broken) return Promise.resolve(client);
    return new Promise((resolve, reject) => {
      const { scheduler } = this.server.db;
      const timer = scheduler.after(connectTimeoutMs, this.owner, '', () => {
        this.waiting.splice(this.waiting.indexOf(entry), 1);
        reject(new Error('timeout exceeded when trying to connect'));
      });
      const entry: Waiting = {
        resolve: (client) => {
          timer.cancel();
          resolve(client);
        },
        reject: (error) => {
          timer.cancel();
          reject(error);
        },
      };
      this.waiting.push(entry);
      this.open();
    });
  }

  private open(): void {
    if (this.all.size + this.connecting >= this.max || this.connecting >= this.waiting.length) return;
    this.connecting += 1;
    const { db } = this.server;
    db.scheduler.after(1 + db.random.latency(this.faults.wireMs), this.owner, '', () => {
      this.connecting -= 1;
      if (!db.up) {
        const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        this.waiting.shift()?.reject(refused);
        return;
      }
      const client = new SimulatedClient(
        this.server,
        this.owner,
        this.faults,
        (freed, error) => this.put(freed, error),
        this.rewrite,
      );
      this.all.add(client);
      this.put(client);
    });
  }

  private put(client: SimulatedClient, error?: Error | boolean): void {
    if (!this.all.has(client)) return;
    if (error || client.broken || this.ended) {
      this.all.delete(client);
      const at = this.free.indexOf(client);
      if (at >= 0) this.free.splice(at, 1);
      client.hangUp(0);
      if (this.waiting.length > 0) this.open();
      return;
    }
    if (this.free.includes(client)) return;
    const next = this.waiting.shift();
    if (next) next.resolve(client);
    else this.free.push(client);
  }
}
