import type { Random } from '../random.js';
import type { Pending, Scheduler } from '../scheduler.js';

export type Row = Readonly<Record<string, unknown>>;

/** One version of a row: from the transaction that made it until the one that replaced or deleted it. */
export interface Version {
  row: Row;
  xmin: number;
  /** 0 = nobody has replaced or deleted it. */
  xmax: number;
  /** Who holds it by FOR UPDATE. */
  locker: Transaction | null;
}

/** An error as the driver gives it. */
export class DatabaseError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly constraint?: string,
  ) {
    super(message);
  }
}

interface Unique {
  name: string;
  keyOf: (row: Row) => string;
  chains: Map<string, Version[]>;
}

export class Table {
  readonly uniques: Unique[];
  constructor(
    readonly name: string,
    uniques: readonly (readonly [name: string, columns: readonly string[]])[],
  ) {
    this.uniques = uniques.map(([constraint, columns]) => ({
      name: constraint,
      keyOf: (row) => columns.map((column) => String(row[column])).join('\u0001'),
      chains: new Map(),
    }));
  }

  *all(): IterableIterator<Version> {
    for (const chain of (this.uniques[0] as Unique).chains.values()) yield* chain;
  }

  chain(row: Row, unique = 0): Version[] {
    const index = this.uniques[unique] as Unique;
    return index.chains.get(index.keyOf(row)) ?? [];
  }

  add(version: Version): void {
    for (const { keyOf, chains } of this.uniques) {
      const key = keyOf(version.row);
      const chain = chains.get(key);
      if (chain) chain.push(version);
      else chains.set(key, [version]);
    }
  }

  remove(version: Version): void {
    for (const { keyOf, chains } of this.uniques) {
      const key = keyOf(version.row);
      const chain = chains.get(key);
      const at = chain?.indexOf(version) ?? -1;
      if (!chain || at < 0) continue;
      if (chain.length === 1) chains.delete(key);
      else chain.splice(at, 1);
    }
  }
}

/** Who is told what is said on any channel, and passes on what it listens to: a session of the server. */
export interface Listener {
  hear(channel: string, payload: string): void;
}

/** What a transaction has done, so that it can be undone. What it tells and what it listens to counts from its commit. */
type Undo =
  | { kind: 'insert' | 'lock' | 'delete'; table: Table; version: Version }
  | { kind: 'notify'; channel: string; payload: string }
  | { kind: 'listen'; channel: string; listener: Listener };

export interface Transaction {
  readonly id: number;
  /** 0 until it writes. */
  xid: number;
  readonly journal: Undo[];
  readonly savepoints: { name: string; at: number }[];
  durable: boolean;
  /** Its own limit of waiting for a lock; null = the server's. */
  lockTimeoutMs: number | null;
  /** Failed: refuses everything until it is rolled back. */
  failed: boolean;
  state: 'running' | 'committing' | 'ended';
  /** Advisory locks that end with it. */
  readonly advisory: Set<string>;
  waitingFor: Transaction | null;
  /** Told when it ends or gives up a lock. */
  readonly waiters: Set<() => void>;
  readonly settings: Map<string, string>;
  readonly began: number;
  endsAt: Pending | null;
}

export interface Snapshot {
  xmin: number;
  xmax: number;
  active: ReadonlySet<number>;
}

/** What a statement may ask of its driver while it runs: let others run a while, or wait for another transaction. */
export type Step = 'pause' | { waitFor: Transaction };

export interface DatabaseOptions {
  lockTimeoutMs: number;
  deadlockTimeoutMs: number;
  /** Longest time until a commit that does not wait for the disk is on it. */
  walWriterMs: number;
  /** Whether the append function refuses a transaction that is older than a stream's newest event. */
  youngerGuard: boolean;
  /** What a flush of the log to disk takes, typically (ms). */
  flushMs: number;
}

const defaults: DatabaseOptions = {
  lockTimeoutMs: 5_000,
  deadlockTimeoutMs: 1_000,
  walWriterMs: 600,
  youngerGuard: true,
  flushMs: 0.5,
};

/**
 * The parts of PostgreSQL that the event log stands on: transaction ids given at the first write, snapshots, row
 * versions, row locks, unique checks that wait, sequences that never go back, commits that are on disk or not yet,
 * crash and recovery. Everything takes virtual time, so that other sessions come in between.
 */
export class Database {
  readonly options: DatabaseOptions;
  readonly tables = new Map<string, Table>();
  readonly sequences = new Map<string, number>();
  /** Session and transaction locks by name. */
  readonly advisory = new Map<string, object>();
  /** Sessions that listen, with their channels. */
  readonly listeners = new Map<Listener, Set<string>>();
  nextXid = 1_000;
  up = true;
  /** Raised by each crash: what ran before is gone. */
  life = 0;
  /** Told at the moment at which a transaction becomes visible. */
  onCommit: (tx: Transaction) => void = () => undefined;
  /** Told when a commit that was visible is lost in a crash. */
  onLost: (tx: Transaction) => void = () => undefined;
  private readonly active = new Map<number, Transaction>();
  private readonly running = new Set<Transaction>();
  /** Commits in the order of the log on disk; those before `flushed` are on it. */
  private wal: Transaction[] = [];
  private transactions = 0;
  private readonly snapshots = new Set<Snapshot>();

  constructor(
    readonly scheduler: Scheduler,
    readonly random: Random,
    options: Partial<DatabaseOptions> = {},
  ) {
    this.options = { ...defaults, ...options };
  }

  /** The moment by the database server's clock. */
  now(): Date {
    return new Date();
  }

  table(name: string): Table {
    const table = this.tables.get(name);
    if (!table) throw new DatabaseError('42P01', `relation ${name} does not exist`);
    return table;
  }

  create(name: string, uniques: readonly (readonly [string, readonly string[]])[]): void {
    this.tables.set(name, new Table(name, uniques));
  }

  next(sequence: string): number {
    const value = (this.sequences.get(sequence) ?? 0) + 1;
    this.sequences.set(sequence, value);
    return value;
  }

  begin(): Transaction {
    this.transactions += 1;
    const tx: Transaction = {
      id: this.transactions,
      xid: 0,
      journal: [],
      savepoints: [],
      durable: true,
      lockTimeoutMs: null,
      failed: false,
      state: 'running',
      advisory: new Set(),
      waitingFor: null,
      waiters: new Set(),
      settings: new Map(),
      began: this.scheduler.now,
      endsAt: null,
    };
    this.running.add(tx);
    return tx;
  }

  /** The transaction's id, given now when it has none yet. */
  xidOf(tx: Transaction): number {
    if (tx.xid === 0) {
      tx.xid = this.nextXid;
      this.nextXid += 1;
      this.active.set(tx.xid, tx);
    }
    return tx.xid;
  }

  snapshot(): Snapshot {
    const active = new Set(this.active.keys());
    let xmin = this.nextXid;
    for (const xid of active) if (xid < xmin) xmin = xid;
    return { xmin, xmax: this.nextXid, active };
  }

  /** Keep a snapshot in use, so that the row versions it sees are not cleaned away. */
  hold(snapshot: Snapshot): () => void {
    this.snapshots.add(snapshot);
    return () => this.snapshots.delete(snapshot);
  }

  visible(version: Version, snapshot: Snapshot, tx: Transaction | null): boolean {
    const own = tx?.xid ?? 0;
    const { xmin, xmax } = version;
    if (!(own !== 0 && xmin === own) && (xmin >= snapshot.xmax || snapshot.active.has(xmin))) return false;
    if (xmax === 0) return true;
    if (own !== 0 && xmax === own) return false;
    return xmax >= snapshot.xmax || snapshot.active.has(xmax);
  }

  /** Rows that a statement with this snapshot sees. */
  *select(table: Table, snapshot: Snapshot, tx: Transaction | null): IterableIterator<Version> {
    for (const version of table.all()) if (this.visible(version, snapshot, tx)) yield version;
  }

  /** What is committed now, for observers. */
  committed(name: string): Row[] {
    const snapshot = this.snapshot();
    return [...this.select(this.table(name), snapshot, null)].map(({ row }) => row);
  }

  /**
   * Insert a row, waiting for others that are about to write or delete the same key.
   * @returns the row that is in the way, or null when it was inserted
   */
  *put(tx: Transaction, table: Table, row: Row): Generator<Step, { constraint: string; version: Version } | null> {
    this.xidOf(tx);
    for (let at = 0; at < table.uniques.length;) {
      const verdict = this.inTheWay(tx, table.chain(row, at));
      if (verdict === null) at += 1;
      else if ('waitFor' in verdict) {
        yield verdict;
        at = 0;
      } else return { constraint: (table.uniques[at] as Unique).name, version: verdict };
    }
    const version: Version = { row, xmin: tx.xid, xmax: 0, locker: null };
    table.add(version);
    tx.journal.push({ kind: 'insert', table, version });
    return null;
  }

  /** The same for a plain INSERT: what is in the way is an error. */
  *insert(tx: Transaction, table: Table, row: Row): Generator<Step, void> {
    const conflict = yield* this.put(tx, table, row);
    if (!conflict) return;
    throw new DatabaseError(
      '23505',
      `duplicate key value violates unique constraint "${conflict.constraint}"`,
      conflict.constraint,
    );
  }

  private inTheWay(tx: Transaction, chain: readonly Version[]): Version | { waitFor: Transaction } | null {
    for (const version of chain) {
      if (version.xmin !== tx.xid) {
        const maker = this.active.get(version.xmin);
        if (maker) return { waitFor: maker };
      }
      if (version.xmax === 0) return version;
      if (version.xmax === tx.xid) continue;
      const ender = this.active.get(version.xmax);
      if (ender) return { waitFor: ender };
    }
    return null;
  }

  /**
   * Lock the newest version of a row for this transaction, waiting for whoever holds it.
   * @returns the newest version, which may be another than the one seen; null when it was deleted meanwhile
   */
  *lock(tx: Transaction, table: Table, seen: Version): Generator<Step, Version | null> {
    let version = seen;
    for (;;) {
      if (version.xmax === 0) {
        if (version.locker && version.locker !== tx && version.locker.state !== 'ended') {
          yield { waitFor: version.locker };
          continue;
        }
        version.locker = tx;
        this.xidOf(tx);
        tx.journal.push({ kind: 'lock', table, version });
        return version;
      }
      if (version.xmax === tx.xid) return null;
      const ender = this.active.get(version.xmax);
      if (ender) {
        yield { waitFor: ender };
        continue;
      }
      const { xmax } = version;
      const next = table.chain(version.row).findLast(({ xmin }) => xmin === xmax);
      if (!next || next.xmax === xmax) return null;
      version = next;
    }
  }

  /** Whether another transaction holds the row now (for SKIP LOCKED). */
  isHeld(tx: Transaction, version: Version): boolean {
    if (version.locker && version.locker !== tx && version.locker.state !== 'ended') return true;
    return version.xmax !== 0 && version.xmax !== tx.xid && this.active.has(version.xmax);
  }

  /** Delete a version that this transaction has locked. */
  erase(tx: Transaction, table: Table, version: Version): void {
    version.xmax = this.xidOf(tx);
    tx.journal.push({ kind: 'delete', table, version });
  }

  /** Replace a version that this transaction has locked. */
  replace(tx: Transaction, table: Table, version: Version, row: Row): void {
    this.erase(tx, table, version);
    const next: Version = { row, xmin: tx.xid, xmax: 0, locker: tx };
    table.add(next);
    tx.journal.push({ kind: 'insert', table, version: next });
    this.clean(table, row);
  }

  /** Vacuum: versions that no snapshot in use can see. */
  private clean(table: Table, row: Row): void {
    const chain = table.chain(row);
    if (chain.length < 8) return;
    let oldest = this.snapshot().xmin;
    for (const { xmin } of this.snapshots) if (xmin < oldest) oldest = xmin;
    const undoable = new Set(this.wal.map(({ xid }) => xid));
    for (const version of [...chain]) {
      if (version.xmax !== 0 && version.xmax < oldest && !undoable.has(version.xmax)) table.remove(version);
    }
  }

  savepoint(tx: Transaction, name: string): void {
    tx.savepoints.push({ name, at: tx.journal.length });
  }

  release(tx: Transaction, name: string): void {
    const at = tx.savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (at < 0) throw new DatabaseError('3B001', `savepoint "${name}" does not exist`);
    tx.savepoints.splice(at);
  }

  rollbackTo(tx: Transaction, name: string): void {
    const at = tx.savepoints.findLastIndex((savepoint) => savepoint.name === name);
    if (at < 0) throw new DatabaseError('3B001', `savepoint "${name}" does not exist`);
    this.undo(tx, (tx.savepoints[at] as { at: number }).at);
    tx.savepoints.splice(at + 1);
    tx.failed = false;
    wake(tx);
  }

  /** A statement has failed: what it and its savepoint did is undone at once, the block goes on refusing until it ends. */
  fail(tx: Transaction): void {
    const savepoint = tx.savepoints.at(-1);
    tx.failed = true;
    if (!savepoint) {
      this.abort(tx);
      return;
    }
    this.undo(tx, savepoint.at);
    wake(tx);
  }

  /** COMMIT: durable transactions first reach the disk, and are seen by others only then. */
  *commit(tx: Transaction): Generator<Step | { sleep: number }, void> {
    if (tx.xid === 0) {
      this.end(tx);
      this.tell(tx);
      return;
    }
    this.wal.push(tx);
    tx.state = 'committing';
    if (tx.durable) {
      yield { sleep: this.random.latency(this.options.flushMs) };
      this.flushUpTo(tx);
    } else {
      const { life } = this;
      this.scheduler.after(this.random.next() * this.options.walWriterMs, null, '', () => {
        if (life === this.life) this.flushUpTo(tx);
      });
    }
    this.end(tx);
    this.tell(tx);
    this.onCommit(tx);
  }

  /**
   * NOTIFY and LISTEN of a transaction that has just become visible; the same said twice is said once. All who listen to
   * anything keep all that is said until they are out of their transaction: only then they ask whether they listen to it.
   */
  private tell(tx: Transaction): void {
    const said = new Set<string>();
    for (const entry of tx.journal) {
      if (entry.kind !== 'listen') continue;
      this.listeners.set(entry.listener, (this.listeners.get(entry.listener) ?? new Set()).add(entry.channel));
    }
    for (const entry of tx.journal) {
      if (entry.kind !== 'notify') continue;
      const { channel, payload } = entry;
      if (said.has(`${channel} ${payload}`)) continue;
      said.add(`${channel} ${payload}`);
      for (const listener of this.listeners.keys()) listener.hear(channel, payload);
    }
  }

  /** End a commit whose client has gone while it was being flushed. */
  settle(tx: Transaction): void {
    if (tx.state !== 'committing') return;
    this.flushUpTo(tx);
    this.end(tx);
    this.tell(tx);
    this.onCommit(tx);
  }

  abort(tx: Transaction): void {
    if (tx.state === 'ended') return;
    this.undo(tx, 0);
    this.end(tx);
  }

  /**
   * The server dies and comes back: running transactions and commits that had not reached the disk are gone.
   * Clients are told by their connections. Identities jump, ids of transactions that left no trace are given again.
   */
  crash(): void {
    this.life += 1;
    this.scheduler.note('database crashes');
    const committing = [...this.running].filter(({ state }) => state === 'committing');
    // A commit on its way may have been flushed, with everything before it in the log.
    for (const tx of committing) if (this.random.chance(0.5) && this.wal.includes(tx)) this.flushUpTo(tx);
    for (const tx of [...this.running]) {
      if (tx.state === 'committing' && !this.wal.includes(tx)) {
        this.end(tx);
        this.onCommit(tx);
      } else if (tx.state === 'running') this.abort(tx);
    }
    let lowest = this.nextXid;
    for (const tx of this.wal.reverse()) {
      const wasVisible = tx.state === 'ended';
      this.undo(tx, 0);
      if (!wasVisible) this.end(tx);
      else {
        this.scheduler.note(`commit of ${tx.xid} is lost`);
        this.onLost(tx);
      }
      lowest = Math.min(lowest, tx.xid);
    }
    this.wal = [];
    this.advisory.clear();
    let highest = 0;
    for (const table of this.tables.values()) {
      for (const { xmin, xmax } of table.all()) highest = Math.max(highest, xmin, xmax);
    }
    this.nextXid = this.random.between(Math.max(highest + 1, Math.min(lowest, this.nextXid)), this.nextXid);
    for (const [name, value] of this.sequences) this.sequences.set(name, value + this.random.between(0, 32));
  }

  private flushUpTo(tx: Transaction): void {
    const at = this.wal.indexOf(tx);
    if (at >= 0) this.wal.splice(0, at + 1);
  }

  private undo(tx: Transaction, from: number): void {
    for (const entry of tx.journal.splice(from).reverse()) {
      if (entry.kind === 'notify' || entry.kind === 'listen') continue;
      const { kind, table, version } = entry;
      if (kind === 'insert') table.remove(version);
      else if (kind === 'delete') version.xmax = 0;
      else if (version.locker === tx) version.locker = null;
    }
  }

  private end(tx: Transaction): void {
    tx.state = 'ended';
    tx.endsAt?.cancel();
    this.running.delete(tx);
    if (tx.xid !== 0) this.active.delete(tx.xid);
    for (const name of tx.advisory) this.advisory.delete(name);
    tx.advisory.clear();
    wake(tx);
  }
}

/** Rows that a transaction has written, for observers. */
export function writtenTo(tx: Transaction, name: string): Row[] {
  return tx.journal.flatMap((entry) =>
    entry.kind === 'insert' && entry.table.name === name ? [entry.version.row] : [],
  );
}

function wake(tx: Transaction): void {
  for (const waiter of [...tx.waiters]) waiter();
}

/** Whether waiting for `other` closes a circle; one that others have closed among themselves is theirs to find. */
export function isDeadlock(tx: Transaction, other: Transaction): boolean {
  const passed = new Set<Transaction>();
  for (let next: Transaction | null = other; next && !passed.has(next); next = next.waitingFor) {
    if (next === tx) return true;
    passed.add(next);
  }
  return false;
}
