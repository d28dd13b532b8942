import pg, { type Pool, type PoolClient } from 'pg';

export interface PoolOptions {
  /** Shown in `pg_stat_activity`; defaults to `tinbao`. */
  applicationName?: string;
  /** Most connections at a time; defaults to 10. */
  max?: number;
  /** A statement running longer is cancelled; 0 = never. Defaults to 30 s. */
  statementTimeoutMs?: number;
  /** Waiting longer for a lock fails; 0 = never. Defaults to 5 s. */
  lockTimeoutMs?: number;
  /**
   * A transaction idle longer is ended by the server; 0 = never. Defaults to 10 s. An open write transaction anywhere
   * in the cluster holds back every reader of the event logs.
   */
  idleInTransactionTimeoutMs?: number;
  /** Waiting longer for a free or new connection fails. Defaults to 10 s. */
  connectionTimeoutMs?: number;
  /** Told about connections that broke while idle; the pool replaces them by itself. */
  onError?: (error: Error) => void;
}

const dateOid = 1082;
const int8Oid = 20;

/**
 * A connection pool as every service uses it: timeouts set, broken idle connections reported instead of ending the
 * process, `date` read as `YYYY-MM-DD` text, `bigint` read as a number where exact (else as decimal text).
 */
export function createPool(url: string, options: PoolOptions = {}): Pool {
  const onError = options.onError ?? (() => undefined);
  const pool = new pg.Pool({
    connectionString: url,
    application_name: options.applicationName ?? 'tinbao',
    max: options.max ?? 10,
    statement_timeout: options.statementTimeoutMs ?? 30_000,
    lock_timeout: options.lockTimeoutMs ?? 5_000,
    idle_in_transaction_session_timeout: options.idleInTransactionTimeoutMs ?? 10_000,
    connectionTimeoutMillis: options.connectionTimeoutMs ?? 10_000,
    keepAlive: true,
    types: { getTypeParser: getTypeParser as typeof pg.types.getTypeParser },
  });
  pool.on('error', onError);
  // A checked-out connection that breaks rejects its query; without a listener its event would end the process.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  if (format !== 'binary') {
    if (oid === dateOid) return (text: string) => text;
    if (oid === int8Oid) return exactInteger;
  }
  return pg.types.getTypeParser(oid, format as 'text');
}

function exactInteger(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

const commitListeners = new WeakMap<PoolClient, (() => void)[]>();

/**
 * Run `listener` once the transaction on `tx` has committed; dropped when it aborts. Only for transactions made by
 * `inTransaction`. Returns whether the transaction is such a one.
 */
export function afterCommit(tx: PoolClient, listener: () => void): boolean {
  const listeners = commitListeners.get(tx);
  if (!listeners) return false;
  listeners.push(listener);
  return true;
}

export interface TransactionOptions {
  /**
   * `false` lets the commit return before it is on disk: only for what can be made again from a log together with its
   * own checkpoint (read models). A crash loses both together.
   */
  durable?: boolean;
  /** Settings that hold until the end of the transaction, for example `{ 'app.units': '*' }`. */
  settings?: Readonly<Record<string, string>>;
  /** Share this advisory lock until the end: whoever takes the same name alone waits for us, and we for it. */
  sharedLock?: string;
}

/** SQL expression of the two keys of a named advisory lock. */
export function advisoryKeys(name: string): string {
  return `hashtext('tinbao.lock'), hashtext(${pg.escapeLiteral(name)})`;
}

/**
 * Run `work` in one transaction: commit when it returns, roll back when it throws. A connection that cannot even roll
 * back is closed instead of going back to the pool.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (tx: PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const tx = await pool.connect();
  const listeners: (() => void)[] = [];
  commitListeners.set(tx, listeners);
  let broken: Error | undefined;
  try {
    await tx.query(beginOf(options));
    const result = await work(tx);
    const commit = await tx.query('COMMIT');
    // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.
    if (commit.command !== 'COMMIT') {
      throw Object.assign(new Error('the transaction had failed before its commit and was rolled back'), {
        code: 'TransactionRolledBack',
      });
    }
    for (const listener of listeners) listener();
    return result;
  } catch (error) {
    await tx.query('ROLLBACK').catch((rollbackError: Error) => {
      broken = rollbackError;
    });
    throw error;
  } finally {
    commitListeners.delete(tx);
    tx.release(broken);
  }
}

function beginOf({ durable, settings = {}, sharedLock }: TransactionOptions): string {
  const statements = ['BEGIN'];
  if (durable === false) statements.push('SET LOCAL synchronous_commit = off');
  for (const [name, value] of Object.entries(settings)) {
    statements.push(`SET LOCAL ${name.split('.').map(identifier).join('.')} = ${pg.escapeLiteral(value)}`);
  }
  // In the same round trip: it costs nothing while nobody wants the lock alone.
  if (sharedLock !== undefined) statements.push(`SELECT pg_advisory_xact_lock_shared(${advisoryKeys(sharedLock)})`);
  return statements.join('; ');
}

/** A transaction that has been writing for long: it holds back every reader of the logs. */
export interface LongTransaction {
  pid: number;
  applicationName: string;
  state: string;
  ageMs: number;
}

/** Transactions that hold a transaction id for longer than `olderThanMs`, oldest first; for the alarm. */
export async function longTransactions(pool: Pool, olderThanMs: number): Promise<LongTransaction[]> {
  const { rows } = await pool.query<LongTransaction>(
    `SELECT pid, application_name AS "applicationName", coalesce(state, '') AS state,
       (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::int AS "ageMs"
     FROM pg_stat_activity
     WHERE backend_xid IS NOT NULL AND xact_start < clock_timestamp() - make_interval(secs => $1::float / 1000)
     ORDER BY xact_start`,
    [olderThanMs],
  );
  return rows;
}

/** A schema, table or column name, quoted; throws when it is not a plain lower-case name. */
export function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]{0,62}$/.test(name)) throw new RangeError(`not a plain database name: ${name}`);
  return `"${name}"`;
}

/** SQLSTATE of an error thrown by PostgreSQL, or null. */
export function sqlState(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'EAI_AGAIN',
]);

/**
 * Whether trying the same again may succeed because the fault is the database's or the network's state, not the data:
 * lost or refused connections, shutdown, deadlock, serialization, lock wait, no free resources.
 */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error);
  if (state) {
    const kind = state.slice(0, 2);
    return (
      kind === '08' ||
      kind === '40' ||
      kind === '53' ||
      (kind === '57' && state !== '57014') ||
      kind === '58' ||
      state === '55P03' ||
      state === '25P03'
    );
  }
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string' && networkCodes.has(code)) return true;
  const message = error instanceof Error ? error.message : '';
  return /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed/.test(
    message,
  );
}
