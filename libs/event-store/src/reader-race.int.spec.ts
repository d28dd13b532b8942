import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { EventStore, eventStoreMigrations, inTransaction, migrate } from './index.js';
import type { AppendCommand, LogPosition, NewEvent } from './types.js';

/** Writers with transactions of their own beside writers whose calls share them, in three stores as in three processes. */
const soloWriters = 12;
const sharingWriters = 18;
const stores = 3;
const abortShare = 0.05;
const readEveryMs = 2;
const wanted = 40_000;
// Alone on two cores it takes about ten seconds; a machine busy with other suites gets time.
const deadlineMs = 150_000;

/** Aborts and sizes by a fixed rule, so that a run can be told from another only by what the server makes of it. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const command = (stream: string, from: number, count: number, data: NewEvent['data'] = {}): AppendCommand => ({
  stream,
  expectedVersion: from,
  events: Array.from({ length: count }, () => ({ type: 'Step', data })),
  meta: {
    actor: { id: 'w', role: 'intake_officer', unit: 'PC-80' },
    correlationId: 'c',
    causationId: null,
    happenedAt: '2026-01-05T08:00:00+07:00',
    source: 'ui',
  },
});
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, readEveryMs));

/** A reader whose cursor is one number: what one would write first, and what one would mend it with. */
class ReaderByIdentity {
  after = 0n;
  readonly seen = new Set<string>();
  /** Events that it can never read any more. */
  skipped = 0;

  constructor(
    private readonly database: TestDatabase,
    private readonly schema: string,
    private readonly gate: string,
  ) {}

  async read(): Promise<number> {
    const { rows } = await this.database.pool.query<{ id: string; place: string }>(
      `SELECT id, gp::text AS place FROM ${this.schema}.events WHERE gp > $1 ${this.gate} ORDER BY gp LIMIT 500`,
      [String(this.after)],
    );
    for (const { id } of rows) this.seen.add(id);
    this.after = BigInt(rows.at(-1)?.place ?? this.after);
    return rows.length;
  }

  /** Told of an event that is certainly committed: one that lies behind the cursor unseen is lost to it. */
  certain(id: string, gp: string): void {
    if (BigInt(gp) <= this.after && !this.seen.has(id)) this.skipped += 1;
  }
}
const gated = 'AND xid < pg_snapshot_xmin(pg_current_snapshot())';

describe('the race between writers and readers of a log', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await testDatabase({ max: soloWriters + stores + 8 });
    for (const schema of ['intake', 'smallest']) {
      await migrate(database.pool, schema, eventStoreMigrations(schema));
      await database.pool.query(`CREATE INDEX events_by_gp ON ${schema}.events (gp)`);
    }
  }, 60_000);
  afterAll(() => database.drop());

  /** A transaction of any database of the server holds the gate: an empty page is not yet the end of the log. */
  const gateHasPassed = async (schema: string): Promise<void> => {
    for (;;) {
      const { rows } = await database.pool.query<{ passed: boolean }>(
        `SELECT max(xid) < pg_snapshot_xmin(pg_current_snapshot()) AS passed FROM ${schema}.events`,
      );
      if (rows[0]?.passed ?? true) return;
      await pause();
    }
  };

  it('in its smallest form: two transactions, the younger commits last', async () => {
    const store = new EventStore({ pool: database.pool, schema: 'smallest' });
    const byGp = new ReaderByIdentity(database, 'smallest', '');
    const byGatedGp = new ReaderByIdentity(database, 'smallest', gated);
    const [older, younger] = [await database.pool.connect(), await database.pool.connect()];
    try {
      await older.query('BEGIN');
      await younger.query('BEGIN');
      await store.appendIn(older, [command('older', 0, 1)]);
      await store.appendIn(younger, [command('younger', 0, 1)]);
      // A use case that appends twice: its second event gets a later place than those of a younger transaction.
      await store.appendIn(older, [command('older', 1, 1)]);
      await older.query('COMMIT');
      let page = await store.read(null, 10);
      // Other specs' transactions may hold the gate for a while.
      for (; page.events.length === 0; page = await store.read(null, 10)) await pause();
      expect(page.events.map(({ stream, version }) => [stream, version])).toEqual([
        ['older', 1],
        ['older', 2],
      ]);
      expect([await byGp.read(), await byGatedGp.read()]).toEqual([2, 2]);
      await younger.query('COMMIT');
      await gateHasPassed('smallest');
      const rest = await store.read(page.next, 10);
      expect(rest.events.map(({ stream }) => stream)).toEqual(['younger']);
      for (const { id, position } of rest.events) for (const one of [byGp, byGatedGp]) one.certain(id, position.gp);
      expect([await byGp.read(), await byGatedGp.read()]).toEqual([0, 0]);
      expect([byGp.skipped, byGatedGp.skipped]).toEqual([1, 1]);
    } finally {
      older.release(true);
      younger.release(true);
    }
  });

  it('is won by the tuple cursor behind the gate, and lost by both simpler cursors', async () => {
    const sharing = Array.from({ length: stores }, () => new EventStore({ pool: database.pool, schema: 'intake' }));
    const store = sharing[0] as EventStore;
    const byGp = new ReaderByIdentity(database, 'intake', '');
    const byGatedGp = new ReaderByIdentity(database, 'intake', gated);
    let committed = 0;
    let aborted = 0;
    let writing = true;
    const started = performance.now();
    // The test of the test: writing goes on until both simpler cursors have been seen to lose events.
    const goesOn = (): boolean =>
      (committed < wanted || byGp.skipped === 0 || byGatedGp.skipped === 0) && performance.now() - started < deadlineMs;

    const writeAlone = async (writer: number): Promise<void> => {
      const random = sequence(writer + 1);
      for (let turn = 0; goesOn(); turn += 1) {
        const first = 1 + Math.floor(random() * 6);
        const second = 1 + Math.floor(random() * 6);
        const abort = random() < abortShare;
        try {
          await inTransaction(database.pool, async (tx) => {
            await store.appendIn(tx, [command(`alone-${writer}-${turn}`, 0, first)]);
            await store.appendIn(tx, [command(`alone-${writer}-${turn}`, first, second)]);
            if (abort) throw new Error('aborted');
          });
          committed += first + second;
        } catch (error) {
          if (!abort) throw error;
          aborted += 1;
        }
      }
    };
    const writeTogether = async (writer: number): Promise<void> => {
      const random = sequence(1_000 + writer);
      const own = sharing[writer % stores] as EventStore;
      let version = 0;
      for (let turn = 0; goesOn(); turn += 1) {
        const count = 1 + Math.floor(random() * 6);
        // A bad row makes the whole shared transaction abort; its neighbours come in the next.
        const bad = random() < abortShare;
        const call = own.append([command(`together-${writer}`, version, count, bad ? { text: '\u0000' } : {})]);
        if (bad) {
          await expect(call).rejects.toMatchObject({ code: '22P05' });
          aborted += 1;
          continue;
        }
        expect(await call).toMatchObject([{ kind: 'appended' }]);
        version += count;
        committed += count;
      }
    };

    /** Reads until the writers are done and nothing is left. */
    const readAll = async (page: () => Promise<number>): Promise<void> => {
      for (let last = false; ;) {
        if ((await page()) > 0) continue;
        if (last) return;
        last = !writing;
        await pause();
      }
    };
    let cursor: LogPosition | null = null;
    const byTuple: string[] = [];
    const order = new Map<string, number>();
    let outOfOrder = 0;
    const ours = async (): Promise<number> => {
      const page = await store.read(cursor, 500);
      cursor = page.next;
      for (const { id, stream, version, position } of page.events) {
        if (version !== (order.get(stream) ?? 0) + 1) outOfOrder += 1;
        order.set(stream, version);
        byTuple.push(id);
        byGp.certain(id, position.gp);
        byGatedGp.certain(id, position.gp);
      }
      return page.events.length;
    };

    const reading = [readAll(ours), readAll(() => byGp.read()), readAll(() => byGatedGp.read())];
    await Promise.all([
      ...Array.from({ length: soloWriters }, (_, writer) => writeAlone(writer)),
      ...Array.from({ length: sharingWriters }, (_, writer) => writeTogether(writer)),
    ]);
    await gateHasPassed('intake');
    writing = false;
    await Promise.all(reading);

    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM intake.events');
    const all = new Set(rows.map(({ id }) => id));
    const lost = (seen: Iterable<string>): number => all.size - new Set(seen).size;
    process.stderr.write(
      `reader race: ${all.size} events, ${aborted} aborts, ${Math.round(performance.now() - started)} ms; skipped: ` +
        `tuple ${lost(byTuple)}, gp ${lost(byGp.seen)}, gated gp ${lost(byGatedGp.seen)}\n`,
    );
    expect(all.size).toBe(committed);
    expect(committed).toBeGreaterThanOrEqual(wanted);
    expect(aborted).toBeGreaterThan(0);

    expect(lost(byTuple)).toBe(0);
    expect(byTuple).toHaveLength(all.size);
    expect(outOfOrder).toBe(0);
    // Were these not seen to skip, it would prove nothing.
    expect(lost(byGp.seen)).toBeGreaterThan(0);
    expect(lost(byGatedGp.seen)).toBeGreaterThan(0);
  }, 180_000);
});
