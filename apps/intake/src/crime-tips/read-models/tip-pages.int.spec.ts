import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { migrate } from '@app/event-store';
import type { Caller } from '@app/http';
import { inScope, securityMigrations, UnitTree, unitTreeMigrations } from '@app/security';
import type { ServiceContext } from '@app/service';
import { expectFewRows, explainingPool, type Plan } from '../../../../../test/support/plans.js';
import { testDatabase, type TestDatabase } from '../../../../../test/support/postgres.js';
import { fillUnits } from '../../../../../test/support/many-units.js';
import { intakeMigrations } from '../../migrations/intake-migrations.js';
import { UnitRegister } from '../../units/unit-register.js';
import { FindTipsEndpoint, type FindTipsQuery } from './find-tips.js';
import type { TipDetails } from './tip-details.js';

const TIPS = 60_000;
const PAGE = 50;
/** One row in eight is a province's, and the newest are open still: that much may be passed over for a page. */
const MOST = 50 * PAGE;

/**
 * Sixty thousand tips over six years in eight provinces of forty communes: a tenth sent on to the province, the last months
 * and one in a hundred of the rest still open, one in two hundred of a category that is seldom.
 */
const FILL = `
  INSERT INTO intake.tip_list (tip_id, number, year, status, kind, channel, received_at, received_by, received_by_account,
    unit_code, supervised_by, commune_code, category, informant_given, informant_refused, transferred_at, transferred_to,
    transfer_acknowledged_at, investigator, decided_at, due_at, late_at, version, state)
  SELECT gen_random_uuid(), n / 320 + 1, 2021 + n * 6 / ${TIPS}, status, (ARRAY['denunciation', 'report', 'report', 'recommendation'])[1 + n / 8 % 4],
    'in_person', at, commune, 'desk', CASE WHEN moved AND closed THEN province ELSE commune END, 'VKS-' || p,
    right(commune, 5), CASE WHEN n / 8 % 200 = 7 THEN 'gambling' ELSE 'property' END, false, false,
    CASE WHEN moved THEN at END, CASE WHEN moved THEN province END, CASE WHEN moved AND closed THEN at END,
    'investigator-' || n / 8 % 977, CASE WHEN closed THEN at END,
    CASE WHEN NOT closed THEN at + interval '20 days' END, CASE WHEN NOT closed THEN at + interval '22 days' END, 1, '{}'
  FROM (
    SELECT *, CASE WHEN NOT closed THEN (ARRAY['received', 'assigned', 'suspended'])[1 + n / 8 % 3]
      WHEN n / 8 % 500 = 7 THEN 'merged' ELSE 'not_initiated' END AS status
    FROM (
      SELECT n, 80 + n % 8 AS p, 'PC-' || 80 + n % 8 AS province, 'PC-' || 80 + n % 8 || '-' || lpad((n / 8 % 40)::text, 5, '0') AS commune,
        now() - interval '6 years' + n * interval '6 years' / ${TIPS} AS at, n / 8 % 10 = 7 AS moved,
        n < ${TIPS} * 0.97 AND n / 8 % 100 <> 47 AS closed
      FROM generate_series(1, ${TIPS}) AS n) AS g) AS h`;

let database: TestDatabase;
let endpoint: FindTipsEndpoint;
let plans: Plan[];

beforeAll(async () => {
  database = await testDatabase();
  await migrate(database.pool, 'intake', [
    ...securityMigrations('intake'),
    ...unitTreeMigrations('intake'),
    ...intakeMigrations('intake'),
  ]);
  await fillUnits(database.pool, 'intake');
  await database.pool.query(FILL);
  await database.pool.query('VACUUM ANALYZE intake.tip_list');
  const explaining = explainingPool(database.pool, ['tip_list']);
  plans = explaining.plans;
  const context = { pool: explaining.pool, schema: 'intake', settled: async () => true } as unknown as ServiceContext;
  const units = new UnitRegister(new UnitTree(database.pool, 'intake'));
  endpoint = new FindTipsEndpoint(context, units, null as unknown as TipDetails);
}, 120_000);

afterAll(() => database.drop());

const caller = (...units: string[]): Caller =>
  ({ id: 'investigator-5', name: 'x', roles: [], units }) as unknown as Caller;

const DESK = caller('PC-80-00007');
const TWO_COMMUNES = caller('PC-80-00007', 'PC-80-00008');
const PROCURACY = caller('VKS-80');
const PROVINCE = caller('PC-80');
const NATION = caller('*');
const READERS = { DESK, TWO_COMMUNES, PROCURACY, PROVINCE, NATION };

const DAY_MS = 86_400_000;
const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

const QUERIES: Record<string, FindTipsQuery> = {
  'newest first': {},
  'most pressing first': { sort: 'due' },
  overdue: { overdue: 'true' },
  'not overdue': { overdue: 'false' },
  'due before a day': { dueBefore: ago(-3) },
  received: { status: 'received', sort: 'due' },
  'a status that is seldom': { status: 'suspended', sort: 'received' },
  'another that is': { status: 'merged', sort: 'received' },
  'decided ones': { status: 'not_initiated', sort: 'received' },
  'a kind': { kind: 'recommendation' },
  'a category that is seldom': { category: 'gambling' as never },
  'my own': { mine: 'true' },
  'on their way': { unacknowledged: 'true' },
  'a month long ago': { from: ago(1_500), to: ago(1_470) },
  'by number': { q: '17' },
  'by number and year': { q: '17/2021' },
  'by place': { q: 'Mỹ Tho' },
  'by a place that is in no name': { q: 'zzz' },
  'of one commune': { unit: 'PC-80-00007' },
  'of one commune, by term': { unit: 'PC-80-00007', sort: 'due' },
};
/** For those who have more than one unit below them. */
const WIDE: Record<string, FindTipsQuery> = {
  'of a procuracy': { unit: 'VKS-80' },
  'of a province': { unit: 'PC-80', sort: 'due' },
};

describe('a page of tips', () => {
  describe.each(Object.entries(READERS))('for %s', (name, reader) => {
    const asked = { ...QUERIES, ...(['DESK', 'TWO_COMMUNES'].includes(name) ? {} : WIDE) };

    it.each(Object.entries(asked))('%s: reads about what it gives, by an index', async (_what, query) => {
      plans.length = 0;
      const first = await endpoint.list({ ...query, limit: PAGE } as FindTipsQuery, reader);
      if (first.nextCursor !== null) {
        await endpoint.list({ ...query, limit: PAGE, cursor: first.nextCursor } as FindTipsQuery, reader);
      }
      expectFewRows(plans, MOST);
    });
  });

  it('gives a reader the rows of its units in the order of the list, each once', async () => {
    for (const [name, reader] of Object.entries(READERS)) {
      const given: string[] = [];
      for (let cursor: string | null | undefined; given.length < 300 && cursor !== null;) {
        const page = await endpoint.list(
          { limit: 100, ...(cursor === undefined ? {} : { cursor }) } as FindTipsQuery,
          reader,
        );
        given.push(...page.items.map(({ id }) => id));
        cursor = page.nextCursor;
      }
      // What the policy shows to this reader of the whole table, without any word of where to look.
      const { rows } = await inScope(database.pool, reader, (tx) =>
        tx.query<{ id: string }>(
          `SELECT tip_id AS id FROM intake.tip_list ORDER BY received_at DESC, tip_id DESC LIMIT ${given.length}`,
        ),
      );
      expect({ name, given }).toEqual({ name, given: rows.map(({ id }) => id) });
      expect(given.length).toBeGreaterThan(150);
    }
  });
});
