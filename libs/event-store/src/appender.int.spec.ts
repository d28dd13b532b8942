import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool, PoolClient } from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import {
  createPool,
  EventStore,
  eventStoreMigrations,
  inTransaction,
  migrate,
  type EventStoreOptions,
} from './index.js';
import { PgArray } from './pg-array.js';
import type { AppendCommand, ChangeOptions, NewEvent, StreamDefinition } from './types.js';

const actor = { id: 'canbo', role: 'intake_officer', unit: 'PC-80-25459' };
const happenedAt = '2026-01-05T08:00:00+07:00';
const options = (more: Partial<ChangeOptions> = {}): ChangeOptions => ({
  actor,
  happenedAt,
  correlationId: 'c-1',
  ...more,
});
const command = (
  stream: string,
  expectedVersion: number,
  events: NewEvent[] = [{ type: 'A', data: {} }],
  more: Partial<AppendCommand> = {},
): AppendCommand => ({
  stream,
  expectedVersion,
  events,
  meta: { actor, correlationId: 'c-1', causationId: null, happenedAt, source: 'ui' },
  ...more,
});
const keyed = (key: string) => ({ idempotency: { key, fingerprint: 'f' } });

interface Door {
  open: boolean;
  passages: number;
}
/** A door that opens, closes and counts its passages. */
const door: StreamDefinition<Door> = {
  initial: { open: true, passages: 0 },
  evolve: (state, { type }) =>
    type === 'Passed' ? { ...state, passages: state.passages + 1 } : { ...state, open: type === 'Opened' },
};
const closedDoor = Object.assign(new Error('the door is closed'), { code: 'DoorClosed' });
const pass = ({ open }: Door): NewEvent[] => {
  if (!open) throw closedDoor;
  return [{ type: 'Passed', data: {} }];
};
const close = (): NewEvent[] => [{ type: 'Closed', data: {} }];

/** The pool of a store, with what a spec puts between it and the server. */
function between(
  pool: Pool,
  query: (client: PoolClient, statement: { name?: string }, go: () => Promise<unknown>) => Promise<unknown>,
): Pool {
  const wrapped = (client: PoolClient): PoolClient =>
    new Proxy(client, {
      get: (target, property) =>
        property === 'query'
          ? (statement: { name?: string }) => query(target, statement, () => target.query(statement as never))
          : typeof target[property as keyof PoolClient] === 'function'
            ? (target[property as keyof PoolClient] as () => unknown).bind(target)
            : target[property as keyof PoolClient],
    });
  return new Proxy(pool, {
    get: (target, property) => {
      if (property === 'connect') return async () => wrapped(await target.connect());
      if (property === 'query') {
        return async (statement: { name?: string }) => {
          const client = await target.connect();
          return query(client, statement, () => client.query(statement as never)).finally(() => client.release());
        };
      }
      return target[property as keyof Pool];
    },
  });
}

describe('appends that share transactions', () => {
  let database: TestDatabase;
  const storeWith = (more: Partial<EventStoreOptions> = {}) =>
    new EventStore({ pool: database.pool, schema: 'intake', ...more });
  const numbers = async (like: string): Promise<number[]> => {
    const { rows } = await database.pool.query<{ number: number }>(
      `SELECT (data->'registerNumber'->>'number')::int AS number FROM intake.events WHERE stream LIKE $1 ORDER BY 1`,
      [like],
    );
    return rows.map(({ number }) => number);
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  beforeAll(async () => {
    database = await testDatabase({ max: 40 });
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
  }, 60_000);
  afterAll(() => database.drop());
  afterEach(async () => {
    const { rows } = await database.pool.query<{ holes: number }>(
      `SELECT count(*)::int AS holes FROM (
         SELECT stream FROM intake.events GROUP BY stream HAVING max(version) <> count(*)) s`,
    );
    expect(rows[0]?.holes).toBe(0);
  });

  it('go together when they arrive together, and each gets its own verdict', async () => {
    const store = storeWith();
    const before = store.appendCounts.transactions;
    const verdicts = await Promise.all(upTo(200).map((n) => store.append([command(`together-${n}`, n % 10 ? 0 : 7)])));
    expect(store.appendCounts.transactions - before).toBeLessThanOrEqual(2);
    verdicts.forEach(([verdict], index) =>
      expect(verdict).toMatchObject(
        (index + 1) % 10
          ? { kind: 'appended', events: [{ stream: `together-${index + 1}`, version: 1 }] }
          : { kind: 'conflict', actualVersion: 0 },
      ),
    );
    expect(await store.load('together-1')).toEqual((verdicts[0]?.[0] as { events: unknown }).events);
    expect(store.appendCounts.waiting).toBe(0);
  });

  it('keep to 500 events and a megabyte a transaction; a larger call goes alone', async () => {
    const sizes: number[] = [];
    const pool = between(database.pool, (_, statement, go) => {
      const { values } = statement as { values?: unknown[] };
      if (statement.name === 'intake-append') sizes.push((values?.[13] as PgArray).items.length);
      return go();
    });
    const events = (count: number, bytes = 10): NewEvent[] =>
      Array.from({ length: count }, () => ({ type: 'A', data: { text: 'x'.repeat(bytes) } }));
    const sizesOf = async (store: EventStore, calls: AppendCommand[]): Promise<number[]> => {
      sizes.length = 0;
      await Promise.all(calls.map((call) => store.append([call])));
      return sizes;
    };
    // One batch at a time: what each takes does not depend on how quickly the one before came back.
    const single = storeWith({ pool, appender: { lanesAtOnce: 1 } });
    const sized = (like: string) => upTo(30).map((n) => command(`${like}-${n}`, 0, events(40)));
    const wide = (like: string) => upTo(4).map((n) => command(`${like}-${n}`, 0, events(1, 400_000)));
    expect(await sizesOf(single, sized('sized'))).toEqual([480, 480, 240]);
    expect(await sizesOf(single, wide('wide'))).toEqual([2, 2]);
    const long = upTo(3).map((n) => command(`long-${n}`, 0, events(n === 2 ? 2_000 : 3)));
    expect(await sizesOf(single, long)).toEqual([3, 2_000, 3]);

    // Two at once share what waits between them, within the same limits and without parting a call.
    const pair = storeWith({ pool });
    const shared = await sizesOf(pair, sized('shared'));
    expect(shared.reduce((sum, size) => sum + size, 0)).toBe(1_200);
    for (const size of shared) expect([size % 40, size <= 500]).toEqual([0, true]);
    expect(await sizesOf(pair, wide('shared-wide'))).toEqual([2, 2]);
  });

  it('fail alone: a bad row takes no neighbour with it', async () => {
    const store = storeWith();
    const bad: Record<number, AppendCommand> = {
      3: command('bad-nul', 0, [{ type: 'A', data: { text: 'a\u0000b' } }]),
      20: command('bad-half', 0, [{ type: 'A', data: { text: '\ud800' } }]),
      // An index entry holds some 2,700 bytes.
      40: command(randomBytes(4_000).toString('hex'), 0),
      41: command('bad-conflict', 5),
      60: command('bad-version', -1),
      61: command('bad-data', 0, [{ type: 'A', data: undefined as never }]),
      62: command('bad-number', 0, [{ type: 'A', data: { n: 1n } as never }]),
    };
    const outcomes = await Promise.allSettled(upTo(100).map((n) => store.append([bad[n] ?? command(`good-${n}`, 0)])));
    const failed = outcomes.flatMap((outcome, index) =>
      outcome.status === 'rejected'
        ? [[index + 1, (outcome.reason as { code?: string }).code ?? (outcome.reason as Error).name]]
        : [],
    );
    expect(failed).toEqual([
      [3, '22P05'],
      [20, '22P02'],
      [40, '54000'],
      [60, 'RangeError'],
      [61, 'TypeError'],
      [62, 'TypeError'],
    ]);
    expect((outcomes[40] as { value: unknown }).value).toEqual([{ kind: 'conflict', actualVersion: 0 }]);
    const { rows } = await database.pool.query(`SELECT FROM intake.events WHERE stream LIKE 'good-%'`);
    expect(rows).toHaveLength(93);
    // One way around the two suspects, and a search for the one that cannot be seen: some statements, not one each.
    expect(store.appendCounts.transactions).toBeLessThanOrEqual(20);
  });

  it('are refused at once when too many wait, and taken again when they have gone', async () => {
    const store = storeWith({ appender: { waitingCommands: 20 } });
    const outcomes = await Promise.allSettled(upTo(30).map((n) => store.append([command(`flood-${n}`, 0)])));
    expect(outcomes.map(({ status }) => status)).toEqual(upTo(30).map((n) => (n <= 20 ? 'fulfilled' : 'rejected')));
    expect((outcomes[29] as PromiseRejectedResult).reason).toMatchObject({ code: 'StoreOverloaded' });
    const byBytes = storeWith({ appender: { waitingBytes: 10_000 } });
    const large = [{ type: 'A', data: { text: 'x'.repeat(9_000) } }];
    const [first, second] = await Promise.allSettled([
      byBytes.append([command('flood-large-1', 0, large)]),
      byBytes.append([command('flood-large-2', 0, large)]),
    ]);
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'rejected']);
    await store.append([command('flood-30', 0)]);
  });

  it('never wait long for what another transaction holds: who holds nobody up passes, who waits is told', async () => {
    const store = storeWith({ appender: { waitMs: 1_500, lockMs: 200, slowMs: 30 } });
    const holder = await database.pool.connect();
    try {
      await holder.query('BEGIN');
      await store.appendIn(holder, [command('held', 0)]);
      const held = store.append([command('held', 0)]).catch((error: unknown) => error);
      const neighbours = upTo(20).map((n) => store.append([command(`beside-held-${n}`, 0)]));
      await Promise.all(neighbours);
      // A batch that is stuck keeps nobody behind it waiting.
      await store.append([command('after-held', 0)]);
      expect(await held).toMatchObject({ code: expect.stringMatching(/55P03|AppendUnconfirmed/) });
    } finally {
      await holder.query('ROLLBACK');
      holder.release();
    }
    expect(await store.append([command('held', 0)])).toMatchObject([{ kind: 'appended' }]);
  });

  it('tell a caller within its time when the database does not answer', async () => {
    let answer: () => void = () => undefined;
    const silence = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const pool = between(database.pool, (_, { name }, go) => (name === 'intake-append' ? silence.then(go) : go()));
    const store = storeWith({ pool, appender: { waitMs: 300, lanes: 1 } });
    const sent = store.append([command('silent-1', 0)]).catch((error: unknown) => error);
    const change = store.change('silent-1', door, pass, options()).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    const waiting = store.append([command('silent-2', 0)]).catch((error: unknown) => error);
    expect(await sent).toMatchObject({ code: 'AppendUnconfirmed' });
    expect(await waiting).toMatchObject({ code: 'StoreOverloaded' });
    expect(await change).toMatchObject({ code: 'StoreOverloaded' });
    expect(store.appendCounts.waiting).toBe(0);
    // Unconfirmed is not undone: it comes when the database answers again.
    answer();
    await store.append([command('silent-2', 0)]);
    expect(await store.load('silent-1')).toHaveLength(1);
  });

  it('find out what became of them when the connection broke after the commit was sent', async () => {
    let broken = 0;
    const pool = between(database.pool, async (_, { name }, go) => {
      const result = await go();
      if (name !== 'intake-append' || broken >= 3) return result;
      broken += 1;
      throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    });
    const store = storeWith({ pool });
    const allocate = { series: 'lost', year: 2026, field: 'registerNumber' };
    const outcomes = await Promise.all([
      store.append([command('lost-1', 0), command('lost-1', 1), command('lost-2', 3)]),
      store.append([command('lost-3', 0, undefined, { allocate, ...keyed('lost-3') })]),
      ...upTo(5).map(() => store.change('lost-4', door, pass, options())),
    ]);
    expect(broken).toBe(3);
    expect(outcomes[0]).toMatchObject([
      { kind: 'appended' },
      { kind: 'appended' },
      { kind: 'conflict', actualVersion: 0 },
    ]);
    expect(outcomes[1]).toMatchObject([
      { kind: 'appended', events: [{ data: { registerNumber: { number: 1, year: 2026 } } }] },
    ]);
    expect(outcomes.slice(2)).toMatchObject(
      upTo(5).map((n) => ({ version: n, state: { passages: n }, replayed: false })),
    );
    expect(await store.load('lost-1')).toHaveLength(2);
    expect(await store.load('lost-4')).toHaveLength(5);
  });

  it('number a series without gaps through conflicts, bad rows and killed connections, one series beside another', async () => {
    const pool = createPool(database.url, { applicationName: 'killed', max: 8 });
    const store = storeWith({ pool });
    const allocate = (n: number) => ({ series: `killed-${n % 3}`, year: 2026, field: 'registerNumber' });
    let answered = 0;
    let settled = 0;
    let isDone = false;
    // One connection for every ten answers: always in the middle of something, never so often that nothing gets done.
    const killing = (async () => {
      for (let next = 10; !isDone;) {
        if (settled >= next) {
          await database.pool.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE application_name = 'killed' AND datname = current_database() AND state = 'active'`,
          );
          next = settled + 10;
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    const work = async (worker: number): Promise<void> => {
      // On a busy machine the first kills may all come between two statements: go on until one has hit.
      for (let turn = 0; turn < 25 || (store.appendCounts.retries === 0 && turn < 900); turn += 1) {
        const n = worker * 1_000 + turn;
        const data = turn % 8 === 5 ? { text: '\u0000' } : { worker, turn };
        const call = store.append([
          command(`killed-${n}`, turn % 8 === 3 ? 4 : 0, [{ type: 'A', data }], { allocate: allocate(n) }),
        ]);
        const outcome = await call.catch((error: { code?: string }) => error);
        settled += 1;
        // Bad rows are refused for their own reason, never for a connection that broke.
        if (turn % 8 === 5) expect(outcome).toMatchObject({ code: '22P05' });
        else if (turn % 8 === 3) expect(outcome).toMatchObject([{ kind: 'conflict' }]);
        else {
          expect(outcome).toMatchObject([{ kind: 'appended' }]);
          answered += 1;
        }
      }
    };
    try {
      await Promise.all(upTo(24).map(work));
    } finally {
      isDone = true;
      await killing;
      await pool.end();
    }
    const { rows } = await database.pool.query<{ series: string; numbers: number[] }>(
      `SELECT s.series, array_agg((e.data->'registerNumber'->>'number')::int ORDER BY e.xid, e.gp) AS numbers
       FROM intake.series s JOIN intake.events e
         ON e.stream LIKE 'killed-%' AND 'killed-' || (substr(e.stream, 8)::int % 3) = s.series
       WHERE s.series LIKE 'killed-%' GROUP BY s.series`,
    );
    expect(rows).toHaveLength(3);
    for (const { numbers: taken } of rows) expect(taken).toEqual(upTo(taken.length));
    expect(rows.reduce((sum, { numbers: taken }) => sum + taken.length, 0)).toBe(answered);
    expect(store.appendCounts.retries).toBeGreaterThan(0);
  }, 60_000);

  it('give back numbers of a transaction of its caller that aborted', async () => {
    const store = storeWith();
    const allocate = { series: 'aborted', year: 2026, field: 'registerNumber' };
    await Promise.all(
      upTo(60).map((n) => {
        const received = command(`aborted-${n}`, 0, undefined, { allocate });
        if (n % 3) return store.append([received]);
        return inTransaction(database.pool, async (tx) => {
          await store.appendIn(tx, [received]);
          throw new Error('aborted');
        }).catch((error: Error) => expect(error.message).toBe('aborted'));
      }),
    );
    expect(await numbers('aborted-%')).toEqual(upTo(40));
  });
});

describe('changes of a stream', () => {
  let database: TestDatabase;
  const storeWith = (more: Partial<EventStoreOptions> = {}) =>
    new EventStore({ pool: database.pool, schema: 'intake', ...more });
  const counting = () => {
    const counts: Record<string, number> = {};
    const pool = between(database.pool, (_, { name = 'other' }, go) => {
      const word = name.replace(/^intake-/, '');
      counts[word] = (counts[word] ?? 0) + 1;
      return go();
    });
    const since = () => Object.fromEntries(Object.entries(counts).filter(([word]) => delete counts[word] || true));
    return { pool, since };
  };
  const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

  beforeAll(async () => {
    database = await testDatabase({ max: 40 });
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
  }, 60_000);
  afterAll(() => database.drop());

  it('cost one reading the first time, none after, and no question for a key', async () => {
    const { pool, since } = counting();
    const store = storeWith({ pool });
    await store.change('cost', door, pass, options(keyed('cost-1')));
    expect(since()).toEqual({ load: 1, append: 1 });
    await store.change('cost', door, pass, options(keyed('cost-2')));
    expect(since()).toEqual({ append: 1 });
    // A new stream needs no reading at all.
    await store.change('cost-new', door, pass, options({ startsStream: true, ...keyed('cost-3') }));
    expect(since()).toEqual({ append: 1 });
    const again = await store.change('cost', door, pass, options(keyed('cost-1')));
    expect(again).toMatchObject({ replayed: true, version: 1, state: { passages: 1 } });
    expect(since()).toEqual({ append: 1, load: 1 });
  });

  it('forget the states used longest ago', async () => {
    const { pool, since } = counting();
    const store = storeWith({ pool, statesKept: 2 });
    for (const stream of ['few-1', 'few-2', 'few-1', 'few-3', 'few-1', 'few-2']) {
      await store.change(stream, door, pass, options());
    }
    expect(since()).toEqual({ load: 4, append: 6 });
  });

  it('answer a repeated key with its first answer also when the state now refuses', async () => {
    const store = storeWith();
    const first = await store.change('replay', door, pass, options(keyed('replay-1')));
    await store.change('replay', door, close, options());
    await expect(store.change('replay', door, pass, options(keyed('replay-2')))).rejects.toBe(closedDoor);
    expect(await store.change('replay', door, pass, options(keyed('replay-1')))).toEqual({ ...first, replayed: true });
  });

  it('are decided on what other processes wrote, whatever is remembered', async () => {
    const [here, there] = [storeWith(), storeWith()];
    await here.change('both', door, close, options());
    await there.change('both', door, () => [{ type: 'Opened', data: {} }], options());
    // What is remembered here refuses; the log does not.
    await here.change('both', door, pass, options());
    await there.change('both', door, close, options());
    // What is remembered here allows; the log refuses.
    await expect(here.change('both', door, pass, options())).rejects.toBe(closedDoor);
    await there.change('both', door, () => [{ type: 'Opened', data: {} }], options());
    const nothing = await here.change(
      'both',
      door,
      ({ open }) => (open ? [] : [{ type: 'Opened', data: {} }]),
      options(),
    );
    expect(nothing).toMatchObject({ version: 5, events: [], state: { open: true } });
    await expect(
      here.change('both', door, ({ open }) => (open ? [] : close()), options({ startsStream: true })),
    ).resolves.toMatchObject({ version: 5 });
  });

  it('see what a transaction of this process wrote by another way', async () => {
    const store = storeWith();
    await store.change('ways', door, pass, options());
    await store.append([command('ways', 1, [{ type: 'Closed', data: {} }])]);
    await expect(store.change('ways', door, pass, options())).rejects.toBe(closedDoor);
    await inTransaction(database.pool, (tx) =>
      store.appendIn(tx, [command('ways', 2, [{ type: 'Opened', data: {} }])]),
    );
    const wasted = store.appendCounts.decisionsWasted;
    await store.change('ways', door, pass, options());
    expect(store.appendCounts.decisionsWasted).toBe(wasted);
  });

  it('refuse on a state that is still to be written only once it is written', async () => {
    const store = storeWith();
    await store.change('planned', door, pass, options());
    const [closing, passing] = await Promise.allSettled([
      store.change('planned', door, () => [{ type: 'Closed', data: { text: '\u0000' } }], options()),
      store.change('planned', door, pass, options()),
    ]);
    // The closing was not written, so the passage that had been refused for it was decided again.
    expect(closing).toMatchObject({ status: 'rejected', reason: { code: '22P05' } });
    expect(passing).toMatchObject({ status: 'fulfilled', value: { version: 2, state: { open: true, passages: 2 } } });
    const [closed, refused] = await Promise.allSettled([
      store.change('planned', door, close, options()),
      store.change('planned', door, pass, options()),
    ]);
    expect(closed.status).toBe('fulfilled');
    expect(refused).toMatchObject({ status: 'rejected', reason: closedDoor });
  });

  it('share states that nobody can change', async () => {
    const store = storeWith();
    const { state } = await store.change('shared', door, pass, options());
    expect(() => {
      state.passages = 99;
    }).toThrow(TypeError);
    const { state: next } = await store.change('shared', door, pass, options());
    expect(next.passages).toBe(2);
  });

  it('of one stream by 32 writers follow each other in order with next to no wasted work', async () => {
    const store = storeWith();
    const write = async (writer: number): Promise<number[]> => {
      const versions: number[] = [];
      for (let turn = 0; turn < 20; turn += 1) {
        const { version, state } = await store.change(
          'hot',
          door,
          ({ passages }, seen) => [{ type: 'Passed', data: { writer, turn, passages, seen } }],
          options(keyed(`hot-${writer}-${turn}`)),
        );
        expect(state.passages).toBe(version);
        versions.push(version);
      }
      return versions;
    };
    const all = (await Promise.all(upTo(32).map(write))).flat();
    expect(all.toSorted((a, b) => a - b)).toEqual(upTo(640));
    const events = await store.load('hot');
    expect(events.map(({ data }) => [data['seen'], data['passages']])).toEqual(upTo(640).map((n) => [n - 1, n - 1]));
    const { decisions, decisionsWasted, rowsSent, rowsWasted, transactions } = store.appendCounts;
    expect(decisionsWasted / decisions).toBeLessThanOrEqual(0.1);
    expect(rowsWasted / rowsSent).toBeLessThanOrEqual(0.1);
    expect(transactions).toBeLessThan(100);
  });

  it('of one stream by several processes all come in, each decided on the one before', async () => {
    const stores = upTo(3).map(() => storeWith());
    await Promise.all(
      upTo(60).map((n) =>
        (stores[n % 3] as EventStore).change(
          'contested',
          door,
          (_, seen) => [{ type: 'Passed', data: { seen } }],
          options(),
        ),
      ),
    );
    const events = await storeWith().load('contested');
    expect(events.map(({ data }) => data['seen'])).toEqual(upTo(60).map((n) => n - 1));
  });
});

describe('an array parameter', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
  }, 60_000);
  afterAll(() => database.drop());

  it('arrives as it was given', async () => {
    const texts = ['', 'Tin báo “tố giác”', '{"a": "b\\"c"}', 'NULL', null, '🙂', '\\x00', 'a,b'];
    const id = '019b8bab-0680-7d05-b146-26feed4edc2e';
    const { rows } = await database.pool.query(
      'SELECT $1::text[] AS texts, $2::int[] AS numbers, $3::uuid[] AS ids, $4::jsonb[] AS documents, $5::text[] AS none',
      [
        new PgArray('text', texts),
        new PgArray('int4', [0, -1, 2_147_483_647, null]),
        new PgArray('uuid', [id]),
        new PgArray('jsonb', ['{"a":[1,"\\u00e1"]}', null]),
        new PgArray('text', []),
      ],
    );
    expect(rows[0]).toEqual({
      texts,
      numbers: [0, -1, 2_147_483_647, null],
      ids: [id],
      documents: [{ a: [1, 'á'] }, null],
      none: [],
    });
    expect(() => new PgArray('uuid', ['no id']).toPostgres()).toThrow(RangeError);
  });
});
