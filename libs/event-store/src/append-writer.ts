import type { Pool, PoolClient } from 'pg';
import type { Entry } from './append-batch.js';
import {
  type AppendAnswer,
  appendStatement,
  type CommandResult,
  type PreparedCommand,
  resultsOf,
} from './append-statement.js';
import type { Clock } from './clock.js';
import { inTransaction, isTransient, sqlState } from './database.js';
import { comparePositions } from './log-position.js';
import { RecentMap } from './recent-map.js';
import type { LogPosition, StoredEvent } from './types.js';

export interface AppendWriterOptions {
  pool: Pool;
  schema: string;
  clock: Clock;
  /** Events of a stream between two versions, both included. */
  load: (stream: string, first: number, last: number) => Promise<StoredEvent[]>;
  /** Told of each transaction that was committed, with its last event's place, before its callers are. */
  committed: (last: LogPosition | null) => void;
  /** Longest wait for a lock that a transaction of another kind holds, before the batch is taken apart. */
  lockMs: number;
}

/** What the writer did, for the store's measurements. */
export interface WriterCounts {
  transactions: number;
  /** Events sent to the server, those included that were then not kept. */
  rowsSent: number;
  splits: number;
  retries: number;
}

const raceAttempts = 8;
/** More suspicious calls than this are not singled out one by one. */
const mostSuspects = 4;
/** JSON texts that jsonb refuses: NUL, and halves of surrogate pairs. */
const refusedByJsonb = /\\u0000|\\ud[89a-f]/;

type Queryable = Pick<PoolClient, 'query'>;

/**
 * Writes batches: one statement each, again when a race was lost, apart when one of its calls is at fault, until its
 * outcome is known when the connection broke.
 */
export class AppendWriter {
  readonly counts: WriterCounts = { transactions: 0, rowsSent: 0, splits: 0, retries: 0 };

  constructor(private readonly options: AppendWriterOptions) {}

  /**
   * One statement in the caller's transaction or on any connection. Commands must have distinct idempotency keys.
   * @param isSure see `appendStatement`
   */
  async once(
    db: Queryable,
    commands: readonly PreparedCommand[],
    lockMs: number | null,
    isSure?: (stream: string, version: number) => boolean,
  ): Promise<CommandResult[]> {
    const { schema, clock } = this.options;
    const recordedAt = clock.now();
    for (const { events } of commands) this.counts.rowsSent += events.length;
    const { rows } = await db.query<{ answer: AppendAnswer }>(
      appendStatement(schema, commands, recordedAt, lockMs, isSure),
    );
    return resultsOf(commands, (rows[0] as { answer: AppendAnswer }).answer, recordedAt);
  }

  /**
   * Write the calls' commands and tell each its results, in order and as soon as they are known. Never throws: what
   * fails is told to the call that failed.
   *
   * @param deadline moment (monotonic, ms) after which a broken connection is not tried again
   */
  async write(entries: readonly Entry[], deadline: number): Promise<void> {
    const standing: Entry[] = [];
    const commands: PreparedCommand[] = [];
    for (const entry of entries) {
      if (entry.chain?.isBroken) entry.call.decideAgain();
      else {
        standing.push(entry);
        commands.push(...entry.commands);
      }
    }
    if (standing.length === 0) return;
    try {
      const sentAt = performance.now();
      const results = await this.send(commands, deadline);
      this.options.committed(lastOf(results));
      let at = 0;
      for (const { call, commands: own } of standing) {
        call.settle(results.slice(at, at + own.length), sentAt);
        at += own.length;
      }
    } catch (error) {
      if (standing.length === 1 || !isOneCallsFault(error)) {
        for (const { call, chain } of standing) {
          if (chain) chain.isBroken = true;
          call.fail(error);
        }
        return;
      }
      this.counts.splits += 1;
      for (const part of apart(standing)) await this.write(part, deadline);
    }
  }

  private async send(commands: readonly PreparedCommand[], deadline: number): Promise<CommandResult[]> {
    // Sent and not answered: it may have been written.
    let isUnknown = false;
    for (let attempt = 1; ; attempt += 1) {
      let isSent = false;
      try {
        const results = await this.transaction(commands, attempt > 1, () => {
          isSent = true;
        });
        return isUnknown ? await this.recognise(commands, results) : results;
      } catch (error) {
        const isRace = lostRace(error);
        if (isRace ? attempt >= raceAttempts : !lostConnection(error) || performance.now() >= deadline) throw error;
        if (!isRace && isSent) isUnknown = true;
        this.counts.retries += 1;
        await new Promise((resolve) => setTimeout(resolve, isRace ? attempt : Math.min(20 * attempt, 250)));
      }
    }
  }

  private async transaction(
    commands: readonly PreparedCommand[],
    isAgain: boolean,
    sending: () => void,
  ): Promise<CommandResult[]> {
    const { pool, lockMs } = this.options;
    this.counts.transactions += 1;
    const groups = groupsOfDistinctKeys(commands);
    if (groups.length > 1) {
      return inTransaction(pool, async (tx) => {
        sending();
        const all: CommandResult[] = [];
        for (const group of groups) all.push(...(await this.once(tx, group, lockMs)));
        return all;
      });
    }
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      sending();
      const seen = seenBy(client);
      // Again means that somebody else was there: everything is looked at.
      const isSure = isAgain
        ? undefined
        : (stream: string, version: number) => version === 0 || version <= (seen.get(stream) ?? 0);
      const results = await this.once(client, commands, lockMs, isSure);
      remember(seen, commands, results);
      return results;
    } catch (error) {
      // An error of the statement leaves the connection as good as before.
      if (lostConnection(error)) broken = error as Error;
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /**
   * After a lost connection the same statement was sent again. What it calls a conflict or a replay is our own first
   * sending when the log holds our very events at that place: ids are made once per command, before the first sending.
   */
  private recognise(commands: readonly PreparedCommand[], results: CommandResult[]): Promise<CommandResult[]> {
    return Promise.all(
      results.map(async (result, index) => {
        const { stream, expectedVersion, events } = commands[index] as PreparedCommand;
        if (events.length === 0 || (result.kind !== 'conflict' && result.kind !== 'replayed')) return result;
        // A first command with this key, decided elsewhere, may have begun alike and written more.
        if (result.kind === 'replayed' && result.last - result.first + 1 !== events.length) return result;
        const found = await this.options.load(stream, expectedVersion + 1, expectedVersion + events.length);
        const isOurs = found.length === events.length && found.every(({ id }, nth) => id === events[nth]?.id);
        return isOurs ? { kind: 'appended', events: found } : result;
      }),
    );
  }
}

/**
 * Versions of streams that a connection has seen written. An event stays, so as long as the connection lives the log has
 * them; what outlives connections (a restore under a running process) is not trusted.
 */
const seenByConnection = new WeakMap<object, RecentMap<string, number>>();
const streamsSeen = 4_096;

function seenBy(client: object): RecentMap<string, number> {
  let seen = seenByConnection.get(client);
  if (!seen) seenByConnection.set(client, (seen = new RecentMap(streamsSeen)));
  return seen;
}

function remember(
  seen: RecentMap<string, number>,
  commands: readonly PreparedCommand[],
  results: readonly CommandResult[],
): void {
  for (let index = 0; index < results.length; index += 1) {
    if (results[index]?.kind !== 'appended') continue;
    const { stream, expectedVersion, events } = commands[index] as PreparedCommand;
    seen.set(stream, expectedVersion + events.length);
  }
}

/** One call of the SQL function judges keys against what was there before it: a key twice needs two calls. */
export function groupsOfDistinctKeys<T extends { idempotency?: { key: string } | undefined }>(
  commands: readonly T[],
): (readonly T[])[] {
  const keys = new Set<string>();
  let isDistinct = true;
  for (const { idempotency } of commands) {
    if (!idempotency) continue;
    if (keys.has(idempotency.key)) isDistinct = false;
    keys.add(idempotency.key);
  }
  if (isDistinct) return [commands];
  keys.clear();
  const groups: T[][] = [[]];
  for (const command of commands) {
    const key = command.idempotency?.key;
    if (key !== undefined && keys.has(key)) {
      groups.push([]);
      keys.clear();
    }
    if (key !== undefined) keys.add(key);
    (groups.at(-1) as T[]).push(command);
  }
  return groups;
}

/** Contiguous parts, in order: around the calls that look like the cause, or halves. */
function apart(entries: readonly Entry[]): (readonly Entry[])[] {
  const suspects = entries.flatMap(({ commands }, index) =>
    commands.some(({ events }) => events.some(({ dataText, metaText }) => refusedByJsonb.test(dataText + metaText)))
      ? [index]
      : [],
  );
  if (suspects.length === 0 || suspects.length > mostSuspects) {
    const middle = entries.length >> 1;
    return [entries.slice(0, middle), entries.slice(middle)];
  }
  const parts: (readonly Entry[])[] = [];
  let from = 0;
  for (const suspect of suspects) {
    parts.push(entries.slice(from, suspect), entries.slice(suspect, suspect + 1));
    from = suspect + 1;
  }
  parts.push(entries.slice(from));
  return parts.filter(({ length }) => length > 0);
}

function lastOf(results: readonly CommandResult[]): LogPosition | null {
  let last: LogPosition | null = null;
  // From the end: places grow along a statement, so that one look mostly does.
  for (let index = results.length - 1; index >= 0; index -= 1) {
    const result = results[index] as CommandResult;
    const place = result.kind === 'appended' ? result.events[result.events.length - 1]?.position : undefined;
    if (place && (!last || (place.xid !== last.xid && comparePositions(place, last) > 0))) last = place;
  }
  return last;
}

/** The same version, key or series row was written by a transaction that ran beside this one. */
function lostRace(error: unknown): boolean {
  const state = sqlState(error);
  return state === '23505' || state === '40P01' || state === '40001';
}

/** The connection broke, was refused or was ended by the server: whether the statement was done is not known. */
function lostConnection(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return state.startsWith('08') || (state.startsWith('57') && state !== '57014');
  return isTransient(error);
}

/** The data of one call, or a lock that one call waits for: the others may pass without it. */
function isOneCallsFault(error: unknown): boolean {
  return sqlState(error) === '55P03' || !isTransient(error);
}
