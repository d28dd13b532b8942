import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '@app/event-store';
import type { Caller } from '@app/http';
import { securityMigrations, UnitTree, unitTreeMigrations } from '@app/security';
import { lawMigrations, PublishedLaw } from '@app/law-book';
import type { ServiceContext } from '@app/service';
import { fillUnits } from '../../../../../test/support/many-units.js';
import { expectFewRows, explainingPool, type Plan } from '../../../../../test/support/plans.js';
import { testDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import {
  ExtensionRequests,
  type FindExtensionRequestsQuery,
} from '../../extension-requests/read-models/find-extension-requests.js';
import { prosecutionMigrations } from '../../migrations/prosecution-migrations.js';
import { CriminalCases, type FindCasesQuery } from './find-cases.js';

const ROWS = 40_000;
const PAGE = 50;
/** One row in eight is a province's: that much may be passed over for a page. */
const MOST = 50 * PAGE;

/** Forty thousand cases and as many requests of six years in eight provinces; one in two hundred of each is seldom or waits. */
const FILL = `
  INSERT INTO prosecution.criminal_cases (case_id, case_number, case_year, unit_code, supervised_by, status, initiated_at, category,
    article, class, accused_count, juvenile, shortened, version, state)
  SELECT gen_random_uuid(), n::text, 2026, commune, 'VKS-' || p, CASE WHEN n / 8 % 200 = 7 THEN 'returned' ELSE 'prosecuted' END, at,
    CASE WHEN n / 8 % 200 = 7 THEN 'gambling' ELSE 'property' END, 173, 'serious', 1, false, false, 1, '{}'
  FROM rows;
  INSERT INTO prosecution.extension_requests (request_id, tip_id, number, year, unit_code, supervised_by, requested_at, requested_on,
    term_ends_on, state, version)
  SELECT gen_random_uuid(), gen_random_uuid(), n, 2026, commune, 'VKS-' || p, at, at::date, at::date,
    CASE WHEN n > ${ROWS} * 0.995 THEN 'requested' WHEN n / 8 % 200 = 7 THEN 'refused' ELSE 'granted' END, 1
  FROM rows;`;

let database: TestDatabase;
let plans: Plan[];
let cases: CriminalCases;
let requests: ExtensionRequests;

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, 'prosecution', [
    ...securityMigrations('prosecution'),
    ...unitTreeMigrations('prosecution'),
    ...prosecutionMigrations('prosecution'),
    ...lawMigrations('prosecution'),
  ]);
  await fillUnits(database.pool, 'prosecution');
  await database.pool.query(
    FILL.replaceAll(
      'FROM rows',
      `FROM (SELECT n, 80 + n % 8 AS p, 'PC-' || 80 + n % 8 || '-' || lpad((n / 8 % 40)::text, 5, '0') AS commune,
         now() - interval '6 years' + n * interval '6 years' / ${ROWS} AS at FROM generate_series(1, ${ROWS}) AS n) AS g`,
    ),
  );
  for (const table of ['criminal_cases', 'extension_requests']) {
    await database.pool.query(`VACUUM ANALYZE prosecution.${table}`);
  }
  const explaining = explainingPool(database.pool, ['criminal_cases', 'extension_requests']);
  plans = explaining.plans;
  const context = {
    pool: explaining.pool,
    schema: 'prosecution',
    settled: async () => true,
  } as unknown as ServiceContext;
  const tree = new UnitTree(database.pool, 'prosecution');
  const law = new PublishedLaw('prosecution');
  cases = new CriminalCases(context, tree, law);
  requests = new ExtensionRequests(context, tree, law);
}, 120_000);

afterAll(() => database.drop());

beforeEach(() => {
  plans.length = 0;
});

const READERS: Record<string, string[]> = {
  desk: ['PC-80-00007'],
  twoCommunes: ['PC-80-00007', 'PC-80-00008'],
  procuracy: ['VKS-80'],
  province: ['PC-80'],
  nation: ['*'],
};

const CASES: Record<string, FindCasesQuery> = {
  'newest first': {},
  'a status that is seldom': { status: 'returned' },
  'a category that is seldom': { category: 'gambling' as never },
  'by number': { q: '17' },
  'of one commune': { unit: 'PC-80-00007' },
};
const REQUESTS: Record<string, FindExtensionRequestsQuery> = {
  'oldest first': {},
  waiting: { state: 'requested' },
  refused: { state: 'refused' },
};

describe.each(Object.entries(READERS))('for %s', (_name, units) => {
  const reader = { id: 'reader', name: 'x', roles: [], units } as unknown as Caller;

  it.each(Object.entries(CASES))('a page of cases reads about what it gives: %s', async (_what, query) => {
    const { nextCursor } = await cases.page({ ...query, limit: PAGE }, reader);
    if (nextCursor !== null) await cases.page({ ...query, limit: PAGE, cursor: nextCursor }, reader);
    expectFewRows(plans, MOST);
  });

  it.each(Object.entries(REQUESTS))('a page of requests reads about what it gives: %s', async (_what, query) => {
    const { nextCursor } = await requests.page({ ...query, limit: PAGE }, reader);
    if (nextCursor !== null) await requests.page({ ...query, limit: PAGE, cursor: nextCursor }, reader);
    expectFewRows(plans, MOST);
  });
});

it('finds a case by its number, with or without the year', async () => {
  const reader = { id: 'reader', name: 'x', roles: [], units: ['*'] } as unknown as Caller;
  const found = async (q: string): Promise<unknown[]> =>
    (await cases.page({ q }, reader)).items.map(({ caseNumber }) => caseNumber);
  expect(await found('17')).toEqual(['17/2026']);
  expect(await found('17/2026')).toEqual(['17/2026']);
  expect(await found('17/2025')).toEqual([]);
});
