import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { readToHead } from '../../../test/support/read-log.js';
import { EventStore, eventStoreMigrations, fixedClock, inTransaction, migrate, Upcasters } from './index.js';
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
  events: NewEvent[],
  more: Partial<AppendCommand> = {},
): AppendCommand => ({
  stream,
  expectedVersion,
  events,
  meta: { actor, correlationId: 'c-1', causationId: null, happenedAt, source: 'ui' },
  ...more,
});
const counted: StreamDefinition<number> = { initial: 0, evolve: (state) => state + 1 };

describe('an event log', () => {
  let database: TestDatabase;
  let store: EventStore;
  const clock = fixedClock('2026-01-05T01:30:00.000Z');

  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
    store = new EventStore({ pool: database.pool, schema: 'intake', clock });
  }, 60_000);
  afterAll(() => database.drop());

  it('gives back what was appended, in order, with its causes and times', async () => {
    const [verdict] = await store.append([
      command('crime-tip-1', 0, [
        { type: 'CrimeTipReceived', data: { tipId: '1' } },
        { type: 'CrimeTipClassified', data: { tipId: '1', competent: true }, happenedAt: '2026-01-06T08:00:00+07:00' },
      ]),
    ]);
    const events = await store.load('crime-tip-1');
    expect(verdict).toEqual({ kind: 'appended', events });
    expect(events.map(({ version, type }) => [version, type])).toEqual([
      [1, 'CrimeTipReceived'],
      [2, 'CrimeTipClassified'],
    ]);
    expect(events[1]?.meta).toEqual({
      actor,
      correlationId: 'c-1',
      causationId: null,
      happenedAt: '2026-01-06T08:00:00+07:00',
      recordedAt: '2026-01-05T01:30:00.000Z',
      source: 'ui',
    });
  });

  it('judges every command for itself in one call', async () => {
    const verdicts = await store.append([
      command('s-1', 0, [{ type: 'A', data: {} }]),
      command('s-2', 7, [{ type: 'A', data: {} }]),
      command('s-1', 1, [{ type: 'B', data: {} }]),
      command('s-2', 8, [{ type: 'B', data: {} }]),
      command('s-3', 0, [{ type: 'A', data: {} }]),
      command('s-1', 1, [{ type: 'C', data: {} }]),
    ]);
    expect(verdicts.map(({ kind }) => kind)).toEqual([
      'appended',
      'conflict',
      'appended',
      'conflict',
      'appended',
      'conflict',
    ]);
    expect(verdicts[1]).toEqual({ kind: 'conflict', actualVersion: 0 });
    expect(verdicts[5]).toEqual({ kind: 'conflict', actualVersion: 2 });
    expect((await store.load('s-1')).map(({ type }) => type)).toEqual(['A', 'B']);
    expect(await store.load('s-2')).toEqual([]);
  });
  it('answers a key that was seen with the first answer, and refuses it for another request', async () => {
    const idempotency = { key: 'k-1', fingerprint: 'f' };
    const [first] = await store.append([command('k-stream', 0, [{ type: 'A', data: { n: 1 } }], { idempotency })]);
    const again = await store.append([
      command('another', 0, [{ type: 'A', data: { n: 2 } }], { idempotency }),
      command('another', 0, [{ type: 'A', data: { n: 2 } }], { idempotency: { key: 'k-1', fingerprint: 'g' } }),
    ]);
    expect(first?.kind).toBe('appended');
    expect(again[0]).toEqual({ kind: 'replayed', events: (first as { events: unknown }).events });
    expect(again[1]).toEqual({ kind: 'key-reused' });
    expect(await store.load('another')).toEqual([]);
  });

  it('writes once for a key, however often it is asked', async () => {
    const idempotency = { key: 'k-2', fingerprint: 'f' };
    const decide = () => [{ type: 'A', data: {} }];
    const first = await store.change('change-1', counted, decide, options({ idempotency }));
    const again = await store.change('elsewhere', counted, decide, options({ idempotency }));
    expect(first).toMatchObject({ state: 1, version: 1, replayed: false });
    expect(again).toEqual({ ...first, replayed: true });
    expect(await store.load('change-1')).toHaveLength(1);
    expect(await store.load('elsewhere')).toEqual([]);
    await expect(
      store.change('change-1', counted, decide, options({ idempotency: { key: 'k-2', fingerprint: 'g' } })),
    ).rejects.toMatchObject({ code: 'IdempotencyKeyReused' });
  });

  it('decides again when another change got in between, and loses none', async () => {
    const results = await Promise.all(
      Array.from({ length: 30 }, () =>
        store.change('busy', counted, (_, version) => [{ type: 'A', data: { seen: version } }], options()),
      ),
    );
    const events = await store.load('busy');
    expect(events).toHaveLength(30);
    expect(events.every(({ data, version }) => data['seen'] === version - 1)).toBe(true);
    expect(new Set(results.map(({ version }) => version)).size).toBe(30);
  });

  it('numbers a series without gaps, also with concurrent desks and aborted work', async () => {
    const allocate = { series: 'PC-80-25459', year: 2026, field: 'registerNumber' };
    await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const tips = command(`tip-${index}`, 0, [{ type: 'CrimeTipReceived', data: {} }], { allocate });
        if (index % 4 !== 0) return store.append([tips]);
        return inTransaction(database.pool, async (tx) => {
          await store.appendIn(tx, [tips]);
          throw new Error('aborted');
        }).catch((error: Error) => expect(error.message).toBe('aborted'));
      }),
    );
    const { rows } = await database.pool.query<{ number: number }>(
      `SELECT (data->'registerNumber'->>'number')::int AS number FROM intake.events WHERE stream LIKE 'tip-%' ORDER BY 1`,
    );
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 45 }, (_, index) => index + 1));
  });

  it('reads everything in order, page by page, and refuses a cursor of a log that was restored since', async () => {
    const page = await readToHead(store, null, 7);
    const seen = page.events.map(({ id }) => id);
    const { rows } = await database.pool.query<{ id: string }>('SELECT id FROM intake.events ORDER BY xid, gp');
    expect(seen).toEqual(rows.map(({ id }) => id));

    await store.renew();
    await expect(store.read(page.next, 7, { incarnation: page.incarnation })).rejects.toMatchObject({
      code: 'LogIncarnationChanged',
    });
    const fromStart = await readToHead(store);
    expect(fromStart.events.map(({ id }) => id)).toEqual(seen);
    await store.append([command('after-restore', 0, [{ type: 'A', data: {} }])]);
    expect((await readToHead(store, fromStart.next)).events).toHaveLength(1);
    await store.renew();
    expect((await readToHead(store)).events).toHaveLength(seen.length + 1);
  });

  it('raises old versions to the newest when read', async () => {
    await store.append([command('old', 0, [{ type: 'Renamed', data: { from: 'a' } }])]);
    const upcasters = new Upcasters().register('Renamed', 1, ({ from, ...rest }) => ({ ...rest, since: from }));
    const newer = new EventStore({ pool: database.pool, schema: 'intake', clock, upcasters });
    await newer.append([command('old', 1, [{ type: 'Renamed', data: { since: 'b' } }])]);
    expect((await newer.load('old')).map(({ data, eventVersion }) => [data, eventVersion])).toEqual([
      [{ since: 'a' }, 2],
      [{ since: 'b' }, 2],
    ]);

    // Passed on as they were stored: whoever gets them raises them.
    await readToHead(newer);
    const sql = `jsonb_build_object('id', e.id, 'eventVersion', e.event_version, 'data', e.data)::text`;
    const texts = (await newer.readTexts({ name: 'spec', sql }, null, 1_000)).events.filter(
      ({ stream }) => stream === 'old',
    );
    const [first, second] = await newer.load('old');
    expect(texts.map(({ type, text, position }) => ({ type, position, ...(JSON.parse(text) as object) }))).toEqual([
      { type: 'Renamed', position: first?.position, id: first?.id, eventVersion: 1, data: { from: 'a' } },
      { type: 'Renamed', position: second?.position, id: second?.id, eventVersion: 2, data: { since: 'b' } },
    ]);
  });

  it('is migrated once when two processes do it at the same time', async () => {
    const [a, b] = await Promise.all([
      migrate(database.pool, 'statistics', eventStoreMigrations('statistics')),
      migrate(database.pool, 'statistics', eventStoreMigrations('statistics')),
    ]);
    expect([...a, ...b]).toEqual([
      'event-store-0001-log',
      'event-store-0002-append-batch',
      'event-store-0003-append-batch-faster',
      'event-store-0004-append-batch-lean',
    ]);
    await expect(
      migrate(database.pool, 'statistics', [{ id: 'event-store-0001-log', sql: 'SELECT 1' }]),
    ).rejects.toMatchObject({ code: 'MigrationChanged' });
  });
});
