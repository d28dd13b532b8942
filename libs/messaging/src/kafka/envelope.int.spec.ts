import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, eventStoreMigrations, migrate } from '@app/event-store';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { readToHead } from '../../../../test/support/read-log.js';
import { cloudEventSql, toCloudEvent } from './envelope.js';

describe('the envelope that the database makes', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    await migrate(database.pool, 'intake', eventStoreMigrations('intake'));
  }, 60_000);
  afterAll(() => database.drop());

  it('is letter by letter the one that the program would make, whatever letters the event holds', async () => {
    const store = new EventStore({ pool: database.pool, schema: 'intake' });
    const odd = 'Công an "xã" \\ Đông\n\t\u0001\u007f\u2028 </script> 🚔 %s \'';
    const meta = {
      correlationId: odd,
      causationId: null,
      happenedAt: '2026-01-05T08:00:00+07:00',
      source: 'ui' as const,
    };
    const actor = { id: odd, role: 'intake_officer', unit: 'PC-80-25459' };
    await store.append([
      {
        stream: `tip-${odd}`,
        expectedVersion: 0,
        meta: { ...meta, actor },
        events: [{ type: odd, data: { text: odd, n: 1.5, list: [null, {}] } }],
      },
      {
        stream: 'tip-2',
        expectedVersion: 0,
        meta: { ...meta, actor: { ...actor, id: 'desk-1' }, causationId: odd, happenedAt: '2026-01-05T01:00:00.5Z' },
        events: [
          { type: 'A', data: {} },
          { type: 'B', data: { a: true }, happenedAt: '2026-01-06T08:00:00+07:00' },
        ],
      },
    ]);
    const { rows } = await database.pool.query<{ data: string }>(
      'SELECT data::text FROM intake.events ORDER BY xid, gp',
    );
    const { events } = await readToHead(store);
    const page = await store.readTexts({ name: 'spec', sql: cloudEventSql('intake') }, null, 10);
    expect(events).toHaveLength(3);
    expect(page.events.map(({ text }) => text)).toEqual(
      events.map((event, index) =>
        toCloudEvent({ ...event, data: rows[index]?.data as string }, 'intake', page.incarnation),
      ),
    );
    for (const { text } of page.events)
      expect(JSON.parse(text)).toMatchObject({ specversion: '1.0', recordedat: events[0]?.meta.recordedAt });
    expect(page.events.map(({ stream, position }) => ({ stream, position }))).toEqual(
      events.map(({ stream, position }) => ({ stream, position })),
    );
    expect(page.next).toEqual(events.at(-1)?.position);
    expect(await store.readTexts({ name: 'spec', sql: cloudEventSql('intake') }, page.next, 10)).toMatchObject({
      events: [],
      next: page.next,
    });
  });
});
