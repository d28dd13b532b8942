import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '@app/event-store';
import { inScope } from '@app/security';
import type { PoolClient } from 'pg';
import { expectFewRows, explainingPool } from '../../../../test/support/plans.js';
import { fillUnits } from '../../../../test/support/many-units.js';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { inboxPage, inboxSummary, inboxSortValues, INBOX_HORIZON } from '../alerts/inbox-list.js';
import { deadlinesMigrations } from '../migrations/deadlines-migrations.js';
import { type ObligationFilter, obligationPage, obligationSortValues, obligationSummary } from './obligation-list.js';

const DUTIES = 80_000;
const ITEMS = 40_000;
const PAGE = 50;
/** One row in eight is a province's: that much may be passed over for a page. */
const MOST = 50 * PAGE;

/** Eighty thousand duties of six years in eight provinces: one in twenty open, one in fifty late, one in a thousand fallen away. */
const FILL = `
  INSERT INTO deadlines.obligations (id, matter_id, matter_kind, matter_number, unit_code, supervised_by, received_by, key, rule,
    owed_by, trigger_type, runs_from, safe_by, due, latest_arguable, state, generation, superseded, due_on, late_from, breach_at)
  SELECT gen_random_uuid(), gen_random_uuid(), CASE WHEN n % 9 = 0 THEN 'criminal-case' ELSE 'crime-tip' END, '1/2026',
    CASE WHEN n / 8 % 10 = 7 THEN 'PC-' || p ELSE commune END, 'VKS-' || p, commune, 'k', 'r',
    CASE WHEN n / 8 % 4 = 0 THEN 'procuracy' ELSE 'receiving_body' END, 't', at::text, at::text, at::text, at::text,
    state, 1, '[]', at::date, at, CASE WHEN state = 'open' OR n / 8 % 50 = 7 THEN at END
  FROM (
    SELECT n, 80 + n % 8 AS p, 'PC-' || 80 + n % 8 || '-' || lpad((n / 8 % 40)::text, 5, '0') AS commune,
      now() - interval '6 years' + n * interval '2200 days' / ${DUTIES} AS at,
      CASE WHEN n > ${DUTIES} * 0.96 OR n / 8 % 100 = 47 THEN 'open' WHEN n / 8 % 1000 = 7 THEN 'cancelled' ELSE 'done' END AS state
    FROM generate_series(1, ${DUTIES}) AS n) AS g;
  INSERT INTO deadlines.inbox (id, at, kind, obligation_id, matter_id, matter_kind, rule, owed_by, unit_code, supervised_by,
    owing_unit, safe_by, due, latest_arguable)
  SELECT gen_random_uuid(), now() - n * interval '1 hour', 'd3', gen_random_uuid(), gen_random_uuid(), 'crime-tip', 'r', 'receiving_body',
    'PC-' || 80 + n % 8 || '-' || lpad((n / 8 % 40)::text, 5, '0'), 'VKS-' || 80 + n % 8, NULL, 'x', 'x', 'x'
  FROM generate_series(1, ${ITEMS}) AS n;
  INSERT INTO deadlines.inbox_reads (person, item_id, read_at)
  SELECT 'reader', id, now() FROM deadlines.inbox WHERE at < now() - interval '40 hours';`;

let database: TestDatabase;
let explaining: ReturnType<typeof explainingPool>;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, 'deadlines', deadlinesMigrations());
  await fillUnits(database.pool, 'deadlines');
  await database.pool.query(FILL);
  for (const table of ['obligations', 'inbox', 'inbox_reads']) {
    await database.pool.query(`VACUUM ANALYZE deadlines.${table}`);
  }
  explaining = explainingPool(database.pool, ['obligations', 'inbox']);
}, 120_000);

afterAll(() => database.drop());

beforeEach(() => {
  explaining.plans.length = 0;
});

const READERS: Record<string, string[]> = {
  desk: ['PC-80-00007'],
  twoCommunes: ['PC-80-00007', 'PC-80-00008'],
  procuracy: ['VKS-80'],
  province: ['PC-80'],
  nation: ['*'],
};

const FILTERS: Record<string, ObligationFilter> = {
  'what is open, late or not': { state: 'open' },
  'what runs': { status: 'open' },
  'what was breached': { status: 'breached' },
  'what was breached and is still open': { status: 'breached', state: 'open' },
  'what was done': { status: 'done' },
  'what fell away': { status: 'cancelled' },
  'all of it': {},
  "the procuracy's own": { status: 'open', owedBy: 'procuracy' },
  'of one commune': { unit: 'PC-80-00007', status: 'open' },
};

describe.each(Object.entries(READERS))('for %s', (_name, units) => {
  const read = <T>(fn: (tx: PoolClient) => Promise<T>): Promise<T> => inScope(explaining.pool, { units }, fn);

  it.each(Object.entries(FILTERS))('a page of duties reads about what it gives: %s', async (_what, filter) => {
    const rows = await read((tx) => obligationPage(tx, filter, { limit: PAGE, after: undefined }));
    const last = rows[PAGE - 1];
    if (last) await read((tx) => obligationPage(tx, filter, { limit: PAGE, after: obligationSortValues(last) }));
    expectFewRows(explaining.plans, MOST);
  });

  it('what is open and due before a day reads no more than is open', async () => {
    await read((tx) =>
      obligationPage(tx, { state: 'open', dueBefore: '2026-01-01' }, { limit: PAGE, after: undefined }),
    );
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM deadlines.obligations WHERE state = 'open'`,
    );
    expectFewRows(explaining.plans, rows[0]!.n);
  });

  it('the count of duties by urgency reads open ones alone', async () => {
    await read((tx) => obligationSummary(tx, undefined));
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM deadlines.obligations WHERE state = 'open'
         AND ($1 OR unit_code = ANY ($2) OR supervised_by = ANY ($2) OR received_by = ANY ($2))`,
      [units[0] === '*' || units[0] === 'PC-80', units],
    );
    expectFewRows(explaining.plans, rows[0]!.n * 1.5);
  });

  it('a page of the inbox reads about what it gives', async () => {
    const first = await read((tx) => inboxPage(tx, 'reader', false, { limit: PAGE, after: undefined }));
    const last = first[PAGE - 1]!;
    await read((tx) => inboxPage(tx, 'reader', false, { limit: PAGE, after: inboxSortValues(last) }));
    expect(first).toHaveLength(PAGE + 1);
    expectFewRows(explaining.plans, MOST);
  });

  it('the count beside the bell looks no further than its horizon', async () => {
    const unread = await read((tx) => inboxSummary(tx, 'somebody new'));
    const { rows } = await database.pool.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM deadlines.inbox i
       WHERE $1 OR unit_code IN (SELECT code FROM deadlines.unit_closure WHERE ancestor = ANY ($2)) OR supervised_by = ANY ($2)`,
      [units[0] === '*', units],
    );
    const seen = Math.min(rows[0]!.n, INBOX_HORIZON);
    expect(unread).toEqual({ unread: seen, byKind: { d3: seen }, more: rows[0]!.n >= INBOX_HORIZON });
    expectFewRows(explaining.plans, 8 * INBOX_HORIZON + 20 * PAGE);
  });
});

it('counts as unread what this person has not read', async () => {
  const { unread, more } = await inScope(database.pool, { units: ['*'] }, (tx) => inboxSummary(tx, 'reader'));
  expect(unread).toBeLessThanOrEqual(40);
  expect(unread).toBeGreaterThan(30);
  expect(more).toBe(true);
});
