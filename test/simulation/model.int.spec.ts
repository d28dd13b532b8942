import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AppendCommand,
  type AppendVerdict,
  EventStore,
  eventStoreMigrations,
  fixedClock,
  migrate,
  sqlState,
} from '@app/event-store';
import type { Pool, PoolClient } from 'pg';
import { testDatabase, type TestDatabase } from '../support/postgres.js';
import { createEventLog, eventLogStatements } from './postgres/event-log.js';
import { Random } from './random.js';
import { installVirtualTime } from './virtual-time.js';
import { World } from './world.js';

const SCHEMA = 'intake';
const SESSIONS = 3;
const SCHEDULES = 60;
const TUPLE = '(xid, gp) > ($1::xid8, $2::bigint)';
const GATE = 'xid < pg_snapshot_xmin(pg_current_snapshot())';

type Cursor = 'tuple behind the gate' | 'identity' | 'identity behind the gate';

/** One step of a schedule; a session that waits for a lock is passed over until it is through. */
type Op =
  | { session: number; kind: 'begin' | 'commit' | 'rollback' }
  | { session: number; kind: 'append'; commands: AppendCommand[] }
  | { session: -1; kind: 'read'; cursor: Cursor };

/** Where a schedule is played: the model, or a real server. */
interface Stage {
  store: EventStore;
  clients: PoolClient[];
  /** Let something go on to its end. */
  through<T>(work: Promise<T>): Promise<T>;
  /** Start something on a session; resolves when it is through, or waits for a lock. */
  settle(work: Promise<unknown>, session: number): Promise<'through' | 'waits'>;
  /** Foreign transactions of a shared server must not hold the gate. */
  gateAt(committed: readonly string[]): Promise<void>;
  page(where: string, order: string, after: { xid: string; gp: string }): Promise<Record<string, unknown>[]>;
}

/** How a cursor over identities behind the gate loses an event: an older transaction writes around a younger one. */
function lostBehindTheGate(): Op[] {
  const one = (stream: string): AppendCommand[] =>
    someCommands(new Random(1))
      .slice(0, 1)
      .map(({ events, meta }) => ({ stream, expectedVersion: 0, events, meta }));
  return [
    { session: 0, kind: 'begin' },
    { session: 0, kind: 'append', commands: one('tip-1') },
    { session: 1, kind: 'begin' },
    { session: 1, kind: 'append', commands: one('tip-2') },
    { session: 0, kind: 'append', commands: one('tip-3') },
    { session: 0, kind: 'commit' },
    ...READS,
    { session: 1, kind: 'commit' },
    ...READS,
  ];
}

const READS: readonly Op[] = (['tuple behind the gate', 'identity', 'identity behind the gate'] as const).map(
  (cursor): Op => ({ session: -1, kind: 'read', cursor }),
);

function schedule(seed: number): Op[] {
  if (seed === 0) return lostBehindTheGate();
  const random = new Random(seed);
  const open = new Set<number>();
  const ops: Op[] = [];
  for (let i = 0; i < 28; i += 1) {
    const session = random.between(0, SESSIONS - 1);
    const draw = random.next();
    if (draw < 0.25) {
      const cursor = random.pick<Cursor>(['tuple behind the gate', 'identity', 'identity behind the gate']);
      ops.push({ session: -1, kind: 'read', cursor });
    } else if (!open.has(session)) {
      open.add(session);
      ops.push({ session, kind: 'begin' });
    } else if (draw < 0.65) ops.push({ session, kind: 'append', commands: someCommands(random) });
    else {
      open.delete(session);
      ops.push({ session, kind: random.chance(0.75) ? 'commit' : 'rollback' });
    }
  }
  for (let session = 0; session < SESSIONS; session += 1) ops.push({ session, kind: 'commit' });
  ops.push(...READS);
  return ops;
}

function someCommands(random: Random): AppendCommand[] {
  return Array.from({ length: random.between(1, 2) }, (): AppendCommand => {
    const keyed = random.chance(0.3);
    return {
      stream: `tip-${random.between(1, 4)}`,
      expectedVersion: random.pick([0, 0, 0, 1, 1, 2, 3]),
      events: Array.from({ length: random.between(1, 2) }, (_, n) => ({ type: 'Step', data: { n } })),
      meta: {
        actor: { id: 'w', role: 'intake_officer', unit: 'PC-80' },
        correlationId: 'c',
        causationId: null,
        happenedAt: '2026-01-05T08:00:00+07:00',
        source: 'ui',
      },
      ...(keyed
        ? { idempotency: { key: `key-${random.between(1, 3)}`, fingerprint: random.pick(['a', 'a', 'b']) } }
        : {}),
      ...(random.chance(0.2) ? { allocate: { series: 'PC-80', year: 2026, field: 'place' } } : {}),
    };
  });
}

const told = (verdict: AppendVerdict): unknown => {
  if (verdict.kind === 'conflict') return verdict;
  if (verdict.kind === 'key-reused') return verdict.kind;
  return [verdict.kind, ...verdict.events.map(({ stream, version, data }) => ({ stream, version, data }))];
};

/** Play a schedule; every answer in order, with places named by their rank so that two servers can be compared. */
async function play(ops: readonly Op[], stage: Stage): Promise<{ answers: unknown[]; skipped: Map<Cursor, number> }> {
  const answers: unknown[] = [];
  const xids = new Map<number, string>();
  const committed = new Set<string>();
  const cursors = new Map<Cursor, { xid: string; gp: string }>();
  const seen = new Map<Cursor, Set<string>>();
  let waiting: { session: number; work: Promise<unknown> } | null = null;
  const open = new Set<number>();

  const run = async (op: Exclude<Op, { kind: 'read' }>): Promise<void> => {
    const client = stage.clients[op.session] as PoolClient;
    // Answers stand where their questions were put: of two that are set free together either may speak first.
    const slot = answers.push(null) - 1;
    const answer = (result: unknown): void => {
      answers[slot] = [op.session, op.kind, result];
    };
    const work = (async (): Promise<unknown> => {
      if (op.kind === 'append') {
        const verdicts = await stage.store.appendIn(client, op.commands);
        for (const verdict of verdicts) {
          if (verdict.kind === 'appended' && verdict.events[0]) xids.set(op.session, verdict.events[0].position.xid);
        }
        return verdicts.map(told);
      }
      return (await client.query(op.kind.toUpperCase())).command;
    })().then(answer, (error: unknown) => answer(sqlState(error) ?? String(error)));
    if ((await stage.settle(work, op.session)) === 'waits') {
      answers.push([op.session, op.kind, 'waits']);
      waiting = { session: op.session, work };
    }
  };

  for (const op of ops) {
    if (op.kind === 'read') {
      await stage.gateAt([...committed]);
      const after = cursors.get(op.cursor) ?? { xid: '0', gp: '0' };
      const rows =
        op.cursor === 'tuple behind the gate'
          ? await stage.page(`${TUPLE} AND ${GATE}`, 'xid, gp', after)
          : await stage.page(
              `gp > $2::bigint AND $1::xid8 IS NOT NULL${op.cursor === 'identity' ? '' : ` AND ${GATE}`}`,
              'gp',
              after,
            );
      const last = rows.at(-1);
      if (last) cursors.set(op.cursor, { xid: String(last['position_xid']), gp: String(last['position_gp']) });
      const ids = seen.get(op.cursor) ?? new Set<string>();
      seen.set(op.cursor, ids);
      for (const row of rows) ids.add(`${String(row['stream'])} ${String(row['version'])}`);
      answers.push([op.cursor, rows.map(({ stream, version }) => `${String(stream)} ${String(version)}`)]);
      continue;
    }
    const held = waiting as { session: number; work: Promise<unknown> } | null;
    // One waits at a time: which of several goes first is nobody's promise.
    if (held && (held.session === op.session || op.kind === 'append')) continue;
    if (op.kind === 'append' && !open.has(op.session)) continue;
    if ((op.kind === 'commit' || op.kind === 'rollback') && !open.has(op.session)) continue;
    if (op.kind === 'begin') open.add(op.session);
    await run(op);
    if (op.kind === 'commit' || op.kind === 'rollback') {
      open.delete(op.session);
      const xid = xids.get(op.session);
      if (op.kind === 'commit' && xid !== undefined) committed.add(xid);
      xids.delete(op.session);
    }
    if (held && (await stage.settle(held.work, held.session)) === 'through') waiting = null;
  }
  const last = waiting as { session: number; work: Promise<unknown> } | null;
  const end = (session: number): Promise<unknown> =>
    stage.through((stage.clients[session] as PoolClient).query('ROLLBACK'));
  for (let session = 0; session < SESSIONS; session += 1) if (session !== last?.session) await end(session);
  if (last) {
    await stage.through(last.work);
    await end(last.session);
  }
  await stage.gateAt([...committed]);
  const all = await stage.page(`${TUPLE} AND ${GATE}`, 'xid, gp', { xid: '0', gp: '0' });
  const names = all.map(({ stream, version }) => `${String(stream)} ${String(version)}`);
  answers.push(['the log', names]);
  const skipped = new Map(
    [...seen].map(([cursor, ids]) => [cursor, names.filter((name) => !ids.has(name)).length] as const),
  );
  return { answers, skipped };
}

/** The text of the reader with another cursor in it. */
const pageText = (where: string, order: string): string =>
  `SELECT i.id AS incarnation, e.id, e.stream, e.version, e.type, e.event_version, e.data, e.meta, e.recorded_at,
     e.xid::text AS position_xid, e.gp::text AS position_gp
   FROM ${SCHEMA}.log_incarnation i LEFT JOIN LATERAL (
     SELECT * FROM ${SCHEMA}.events WHERE ${where} ORDER BY ${order} LIMIT $3
   ) e ON true`;

const rowsOf = (rows: Record<string, unknown>[]): Record<string, unknown>[] =>
  rows.filter(({ position_gp: gp }) => gp !== null);
const clock = fixedClock('2026-01-05T01:30:00.000Z');

async function onModel(seed: number): Promise<Awaited<ReturnType<typeof play>>> {
  const world = new World({ seed });
  const restore = installVirtualTime(world.scheduler);
  try {
    createEventLog(world.db, SCHEMA);
    const server = world.serve(eventLogStatements);
    const process = world.process('sessions');
    const { scheduler } = world;
    const through = async <T>(work: Promise<T>): Promise<T> => {
      let over = false;
      const ended = (): void => {
        over = true;
      };
      work.then(ended, ended);
      await scheduler.run(() => over, scheduler.now + 100);
      return work;
    };
    const pool = process.pool(SESSIONS + 1);
    const clients: PoolClient[] = [];
    for (let i = 0; i < SESSIONS; i += 1) clients.push(await through(pool.connect()));
    const stage: Stage = {
      store: new EventStore({ pool: pool.asPool, schema: SCHEMA, clock }),
      clients,
      through,
      settle: async (work) => {
        let over = false;
        const ended = (): void => {
          over = true;
        };
        work.then(ended, ended);
        const waits = (): boolean => [...server.sessions].some(({ tx }) => tx?.waitingFor != null);
        await scheduler.run(() => over || waits(), scheduler.now + 100);
        if (over) return 'through';
        // What has been woken is on its way, though it waits no more.
        await scheduler.run(() => over, scheduler.now + 20);
        return over ? 'through' : 'waits';
      },
      gateAt: async () => undefined,
      page: async (where, order, after) => {
        const values = [after.xid, after.gp, 1_000];
        const { rows } = await through(pool.query({ text: pageText(where, order), values }));
        return rowsOf(rows);
      },
    };
    // Outside a step nobody runs; what is asked here is asked by this process.
    scheduler.current = process;
    return await play(ops(seed), {
      ...stage,
      clients: clients.map(
        (client) =>
          ({
            query: (...args: unknown[]) => (client.query as (...a: unknown[]) => unknown)(...args),
          }) as unknown as PoolClient,
      ),
    });
  } finally {
    restore();
  }
}

const ops = (seed: number): Op[] => schedule(seed);

describe('the model of PostgreSQL', () => {
  let database: TestDatabase;
  let pool: Pool;
  let clients: PoolClient[];
  let pids: number[];

  beforeAll(async () => {
    database = await testDatabase({ max: SESSIONS + 2 });
    ({ pool } = database);
    await migrate(pool, SCHEMA, eventStoreMigrations(SCHEMA));
    clients = await Promise.all(Array.from({ length: SESSIONS }, () => pool.connect()));
    pids = await Promise.all(
      clients.map(async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid as number),
    );
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.release();
    await database.drop();
  });

  async function onServer(seed: number): Promise<Awaited<ReturnType<typeof play>>> {
    await pool.query(`TRUNCATE ${SCHEMA}.events, ${SCHEMA}.commands, ${SCHEMA}.series RESTART IDENTITY`);
    const isWaiting = async (session: number): Promise<boolean> => {
      const { rows } = await pool.query(
        `SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted) AS waits`,
        [pids[session]],
      );
      return rows[0].waits as boolean;
    };
    return play(ops(seed), {
      store: new EventStore({ pool, schema: SCHEMA, clock }),
      clients,
      through: (work) => work,
      settle: async (work, session) => {
        let over = false;
        const ended = (): void => {
          over = true;
        };
        work.then(ended, ended);
        for (;;) {
          const waits = await isWaiting(session);
          if (over) return 'through';
          if (waits) return 'waits';
        }
      },
      gateAt: async (committed) => {
        for (;;) {
          // Our own running transactions hold the gate where it belongs; nobody else's may.
          const { rows } = await pool.query(
            `SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint >= least(
               (SELECT min(backend_xid::text::bigint) FROM pg_stat_activity WHERE pid = ANY ($1)),
               (SELECT max(xid) + 1 FROM unnest($2::bigint[]) AS c(xid))) AS reached`,
            [pids, committed],
          );
          if (rows[0].reached !== false) return;
        }
      },
      page: async (where, order, after) => {
        const { rows } = await pool.query(pageText(where, order), [after.xid, after.gp, 1_000]);
        return rowsOf(rows);
      },
    });
  }

  it(`answers ${SCHEDULES} schedules of begin, append, commit, abort and read as the real server does`, async () => {
    const lost = { model: { tuple: 0, identity: 0, gated: 0 }, server: { tuple: 0, identity: 0, gated: 0 } };
    let waits = 0;
    for (let seed = 0; seed < SCHEDULES; seed += 1) {
      const model = await onModel(seed);
      const server = await onServer(seed);
      expect({ seed, answers: model.answers }).toEqual({ seed, answers: server.answers });
      waits += server.answers.filter((answer) => (answer as unknown[])[2] === 'waits').length;
      for (const [place, { skipped }] of [
        ['model', model],
        ['server', server],
      ] as const) {
        lost[place].tuple += skipped.get('tuple behind the gate') ?? 0;
        lost[place].identity += skipped.get('identity') ?? 0;
        lost[place].gated += skipped.get('identity behind the gate') ?? 0;
      }
    }
    // The schedules are worth something: locks were waited for, and both wrong cursors lost events, in both places.
    expect(waits).toBeGreaterThan(0);
    expect(lost.model).toEqual(lost.server);
    expect(lost.server.tuple).toBe(0);
    expect(lost.server.identity).toBeGreaterThan(0);
    expect(lost.server.gated).toBeGreaterThan(0);
  }, 120_000);
});
