import type { Pending } from '../scheduler.js';
import {
  type Database,
  DatabaseError,
  isDeadlock,
  type Listener,
  type Snapshot,
  type Step,
  type Transaction,
} from './engine.js';

export interface Result {
  command: string;
  rowCount: number;
  rows: Record<string, unknown>[];
}

/** What a statement is run with. */
export interface Call {
  db: Database;
  session: Session;
  tx: Transaction;
  /** Taken when the statement began. */
  snapshot: Snapshot;
  values: readonly unknown[];
}

/** The meaning of one statement, written by hand; pauses where the server would let others run. */
export type Meaning = (call: Call) => Generator<Step, Partial<Result>>;

/** Finds the meaning of a statement by its text. */
export type Recogniser = (text: string) => Meaning;

/** Another session ended this one, or the server died. */
export class SessionEnded extends Error {}

/** The server's side of one connection. */
export class Session implements Listener {
  readonly id: number;
  tx: Transaction | null = null;
  alive = true;
  idleSince = 0;
  busy = false;
  /** Session-level advisory locks. */
  readonly advisory = new Set<string>();
  /** Told when the server ends this session. */
  onEnd: (error: DatabaseError) => void = () => undefined;
  /** Given what was told on a channel that this session listens to, in order, between its transactions. */
  onNotification: (channel: string, payload: string) => void = () => undefined;
  /** Told by others and not yet passed on: the session was in a transaction. */
  private readonly heard: { channel: string; payload: string }[] = [];
  /** The statement in hand, given up when the session ends. */
  private giveUp: (() => void) | null = null;
  private readonly life: number;

  constructor(
    readonly server: Server,
    readonly name: string,
  ) {
    this.life = server.db.life;
    this.id = server.opened += 1;
    server.sessions.add(this);
  }

  /** Run one message of the client; calls back when it is through. */
  execute(text: string, values: readonly unknown[], done: (error: unknown, result: Result | null) => void): void {
    this.busy = true;
    const { db } = this.server;
    const { scheduler, random } = db;
    const work = this.statements(text, values);
    let wait: { until: Pending; off: () => void } | null = null;
    const finish = (error: unknown, result: Result | null): void => {
      wait?.until.cancel();
      wait?.off();
      this.giveUp = null;
      this.busy = false;
      this.idleSince = scheduler.now;
      done(error, result);
      this.passOn();
    };
    const next = (thrown?: unknown): void => {
      if (!this.alive || this.life !== db.life) return;
      let step: IteratorResult<Step | { sleep: number }, Result>;
      try {
        step = thrown === undefined ? work.next() : work.throw(thrown);
      } catch (error) {
        if (!(error instanceof DatabaseError)) scheduler.fail(error);
        finish(error, null);
        return;
      }
      if (step.done) {
        finish(null, step.value);
        return;
      }
      const { value } = step;
      if (value === 'pause') scheduler.after(random.next() * 0.4, null, '', () => next());
      else if ('sleep' in value) scheduler.after(value.sleep, null, '', () => next());
      else {
        const tx = this.tx as Transaction;
        const other = value.waitFor;
        tx.waitingFor = other;
        const woken = (): void => {
          end();
          scheduler.after(random.next() * 0.1, null, '', () => next());
        };
        const began = scheduler.now;
        const limit = tx.lockTimeoutMs ?? db.options.lockTimeoutMs;
        const look = (): void => {
          const waited = scheduler.now - began;
          if (isDeadlock(tx, other)) {
            end();
            next(new DatabaseError('40P01', 'deadlock detected'));
          } else if (waited > limit - 0.001) {
            // Not `>=`: moments are sums of fractions, and a rest too small to add would never pass.
            end();
            next(new DatabaseError('55P03', 'canceling statement due to lock timeout'));
          } else wait = { until: scheduler.after(limit - waited, null, '', look), off };
        };
        const off = (): void => {
          tx.waitingFor = null;
          other.waiters.delete(woken);
        };
        const end = (): void => {
          wait?.until.cancel();
          off();
          wait = null;
        };
        other.waiters.add(woken);
        wait = { until: scheduler.after(Math.min(db.options.deadlockTimeoutMs, limit), null, '', look), off };
      }
    };
    this.giveUp = () => {
      wait?.until.cancel();
      wait?.off();
      work.return({ command: '', rowCount: 0, rows: [] });
    };
    next();
  }

  hear(channel: string, payload: string): void {
    this.heard.push({ channel, payload });
    const { scheduler, random } = this.server.db;
    scheduler.after(random.next() * 0.3, null, '', () => this.passOn());
  }

  private passOn(): void {
    if (!this.alive || this.busy || this.tx) return;
    const channels = this.server.db.listeners.get(this);
    for (const { channel, payload } of this.heard.splice(0)) {
      if (channels?.has(channel)) this.onNotification(channel, payload);
    }
  }

  /** End this session as the server does: its transaction aborts, its client is told. */
  terminate(error: DatabaseError): void {
    if (!this.alive) return;
    this.close();
    this.onEnd(error);
  }

  /** The client is gone. */
  close(): void {
    if (!this.alive) return;
    this.giveUp?.();
    this.alive = false;
    this.server.sessions.delete(this);
    this.server.db.listeners.delete(this);
    const { tx } = this;
    this.tx = null;
    // A commit on its way goes on without its client.
    if (tx?.state === 'committing') this.server.finishCommit(tx);
    else if (tx) this.server.db.abort(tx);
    for (const name of this.advisory)
      if (this.server.db.advisory.get(name) === this) this.server.db.advisory.delete(name);
  }

  private *statements(text: string, values: readonly unknown[]): Generator<Step | { sleep: number }, Result> {
    let result: Result = { command: '', rowCount: 0, rows: [] };
    const parts = values.length > 0 ? [text] : text.split(/;\s*/).filter((part) => part !== '');
    for (const part of parts) result = yield* this.statement(part.trim(), values);
    return result;
  }

  private *statement(text: string, values: readonly unknown[]): Generator<Step | { sleep: number }, Result> {
    const { db, recognise } = this.server;
    const word = /^[A-Za-z]+/.exec(text)?.[0].toUpperCase() ?? '';
    const done = (command: string): Result => ({ command, rowCount: 0, rows: [] });
    switch (word) {
      case 'BEGIN':
        if (this.tx?.failed) break;
        this.tx ??= db.begin();
        return done('BEGIN');
      case 'COMMIT': {
        const { tx } = this;
        if (!tx) return done('COMMIT');
        if (tx.failed) {
          this.tx = null;
          db.abort(tx);
          return done('ROLLBACK');
        }
        yield* db.commit(tx);
        this.tx = null;
        return done('COMMIT');
      }
      case 'ROLLBACK': {
        const savepoint = /TO SAVEPOINT (\w+)/i.exec(text)?.[1];
        if (savepoint !== undefined && this.tx) db.rollbackTo(this.tx, savepoint);
        else if (this.tx) {
          const { tx } = this;
          this.tx = null;
          db.abort(tx);
        }
        return done('ROLLBACK');
      }
      default:
    }
    if (this.tx?.failed) {
      throw new DatabaseError(
        '25P02',
        'current transaction is aborted, commands ignored until end of transaction block',
      );
    }
    if (word === 'SAVEPOINT' || word === 'RELEASE' || word === 'SET') {
      if (!this.tx) throw new DatabaseError('25P01', `${word} can only be used in transaction blocks`);
      const name = text.split(/\s+/).at(-1) as string;
      if (word === 'SAVEPOINT') db.savepoint(this.tx, name);
      else if (word === 'RELEASE') db.release(this.tx, name);
      else if (/^SET LOCAL synchronous_commit = off$/i.test(text)) this.tx.durable = false;
      return done(word);
    }
    const meaning = recognise(text);
    const own = this.tx === null;
    const tx = (this.tx ??= db.begin());
    const snapshot = db.snapshot();
    const letGo = db.hold(snapshot);
    let result: Result;
    try {
      result = {
        command: word,
        rowCount: 0,
        rows: [],
        ...(yield* meaning({ db, session: this, tx, snapshot, values })),
      };
    } catch (error) {
      if (own) {
        this.tx = null;
        db.abort(tx);
      } else db.fail(tx);
      throw error;
    } finally {
      letGo();
    }
    if (own) {
      yield* db.commit(tx);
      this.tx = null;
    }
    return { ...result, rowCount: Math.max(result.rowCount, result.rows.length) };
  }
}

const idleInTransactionMs = 10_000;
const sweepEveryMs = 500;

/** The server process: sessions, its death and its return. */
export class Server {
  readonly sessions = new Set<Session>();
  /** Sessions opened so far. */
  opened = 0;

  constructor(
    readonly db: Database,
    readonly recognise: Recogniser,
  ) {
    const sweep = (): void => {
      this.endIdle();
      db.scheduler.after(sweepEveryMs, null, '', sweep);
    };
    sweep();
  }

  /** kill -9 of the server and all its sessions; it is back after `downMs`. */
  crash(downMs: number): void {
    const { db } = this;
    db.up = false;
    const sessions = [...this.sessions];
    db.crash();
    for (const session of sessions) {
      session.tx = null;
      session.terminate(
        new DatabaseError('57P02', 'terminating connection because of crash of another server process'),
      );
    }
    db.scheduler.after(downMs, null, 'database is up', () => {
      db.up = true;
    });
  }

  /** pg_terminate_backend. */
  endSession(session: Listener): void {
    const ended = new DatabaseError('57P01', 'terminating connection due to administrator command');
    if (session instanceof Session) session.terminate(ended);
  }

  finishCommit(tx: Transaction): void {
    const { db } = this;
    const { life } = db;
    db.scheduler.after(db.random.next(), null, '', () => {
      if (life !== db.life) return;
      db.settle(tx);
    });
  }

  private endIdle(): void {
    const { now } = this.db.scheduler;
    for (const session of [...this.sessions]) {
      if (session.tx && !session.busy && now - session.idleSince >= idleInTransactionMs) {
        session.terminate(new DatabaseError('25P03', 'terminating connection due to idle-in-transaction timeout'));
      }
    }
  }
}
