import { createPool, migrate } from '@app/event-store';
import { inScope, UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { Pool, PoolClient } from 'pg';
import { deadlineWave, factWave } from '../../../apps/statistics/src/dashboard/deadlines-ahead.js';
import { rateFigures, setSizes, sizesOf } from '../../../apps/statistics/src/indicators/figures.js';
import { dayOf } from '../../../apps/statistics/src/indicators/period-schemes.js';
import { readReportRequest, type ReportRequest } from '../../../apps/statistics/src/indicators/report-request.js';
import { withLastYear } from '../../../apps/statistics/src/indicators/report-service.js';
import { factTrend, trend } from '../../../apps/statistics/src/indicators/trend.js';
import { factUnitComparison, unitComparison } from '../../../apps/statistics/src/indicators/unit-comparison.js';
import { SCHEMA, statisticsMigrations } from '../../../apps/statistics/src/migrations/statistics-migrations.js';
import { closedLoop, openLoop } from '../../harness/load.js';
import type { Params, Round, RoundInput, Scale, Variant, Workload } from '../../harness/types.js';
import { writeFacts } from './facts.js';

const USERS = 20;
const MONTHS = 24;
const MATTERS: Record<Scale, number> = { S: 10_000, M: 1_000_000, L: 10_000_000 };

interface Ask {
  name: string;
  request: ReportRequest;
  ours(tx: PoolClient): Promise<unknown>;
  raw(tx: PoolClient): Promise<unknown>;
}

/** Four questions of a dashboard for the nation, a province and a commune: rates with last year's, units, trend, wave. */
export function asksOf(tree: UnitSnapshot, now: Date, places: Record<string, string>): Ask[] {
  return Object.entries(places).flatMap(([place, root]): Ask[] => {
    const request = readReportRequest({}, { now, tree, scope: [root] });
    const { window, to, asOf, roots } = request;
    const month = { ...window, asOfDay: dayOf(asOf) };
    const asks = {
      rates: {
        ours: async (tx: PoolClient) => {
          const [sizes, lastYear] = await sizesOf(tx, withLastYear(request));
          return rateFigures(sizes!, lastYear!, to);
        },
        raw: async (tx: PoolClient) => {
          const [now, before] = withLastYear(request);
          const sizes = await setSizes(tx, now!.window, now!.day);
          return rateFigures(sizes, await setSizes(tx, before!.window, before!.day), to);
        },
      },
      units: {
        ours: (tx: PoolClient) => unitComparison(tx, tree, roots, window, to),
        raw: (tx: PoolClient) => factUnitComparison(tx, tree, roots, window, to),
      },
      trend: {
        ours: (tx: PoolClient) => trend(tx, month, MONTHS),
        raw: (tx: PoolClient) => factTrend(tx, month, MONTHS),
      },
      wave: {
        ours: (tx: PoolClient) => deadlineWave(tx, window, now),
        raw: (tx: PoolClient) => factWave(tx, window.units, dayOf(asOf)),
      },
    };
    return Object.entries(asks).map(([name, both]) => ({ name: `${place} ${name}`, request, ...both }));
  });
}

interface Prepared {
  pool: Pool;
  asks: Ask[];
  scopeOf: (ask: Ask) => readonly string[];
}

/** Prepared once a run and kept for its other points: the data are the same, and nothing is written. */
const prepared = new Map<string, Promise<Prepared>>();

async function prepare(url: string, scale: Scale, seed: number, log: (line: string) => void): Promise<Prepared> {
  const pool = createPool(url, { max: USERS, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  await migrate(pool, SCHEMA, statisticsMigrations());
  const now = Date.parse('2026-11-20T09:00:00+07:00');
  await writeFacts(pool, MATTERS[scale], now, seed, log);
  await pool.query('VACUUM ANALYZE');
  const tree = await new UnitTree(pool, SCHEMA).current();
  const { rows } = await pool.query<{ unit: string }>(
    `SELECT received_by AS unit FROM statistics.tip_facts GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`,
  );
  const commune = rows[0]!.unit;
  const places = { nation: '*', province: tree.get(commune)!.parentCode!, commune };
  const asks = asksOf(tree, new Date(now), places);
  await pool.query(
    'CREATE TABLE bench_answers (ask text PRIMARY KEY, answer text NOT NULL); GRANT SELECT ON bench_answers TO tinbao_app',
  );
  await pool.query('CREATE INDEX bench_answers_all ON bench_answers (ask) INCLUDE (answer)');
  const scopeOf = ({ request }: Ask): readonly string[] => request.roots;
  for (const ask of asks) {
    const answer = JSON.stringify(await inScope(pool, { units: scopeOf(ask) }, ask.raw));
    await pool.query('INSERT INTO bench_answers VALUES ($1, $2)', [ask.name, answer]);
  }
  await pool.query('VACUUM ANALYZE bench_answers');
  return { pool, asks, scopeOf };
}

/** Twenty people look at their dashboards: the answers must be those that the raw facts give, at once. */
export const dashboard: Workload = {
  id: 'B10',
  unit: 'dashboard queries answered',
  title: 'Twelve dashboard queries, twenty users',
  seconds: { S: 2, M: 8 },
  points: () => [{ load: 'closed', users: USERS }, ...[0.25, 0.5].map((share) => ({ load: 'open', share }))],
  open: async (context, params) => {
    const postgres = await context.postgres();
    const key = `${postgres.pid}`;
    if (!prepared.has(key))
      prepared.set(
        key,
        prepare(await postgres.database('b10'), context.scale, context.seed, (line) => context.log(line)),
      );
    const { pool, asks, scopeOf } = await prepared.get(key)!;
    const variant = (name: Variant['name'], answer: (ask: Ask) => Promise<unknown>): Variant => ({
      name,
      round: (input) => load(context.memory, params, name, input, (turn) => answer(asks[turn % asks.length]!)),
      check: async () => {
        const wrong: string[] = [];
        for (const ask of asks) {
          const given = JSON.stringify(await answer(ask));
          const { rows } = await pool.query<{ answer: string }>('SELECT answer FROM bench_answers WHERE ask = $1', [
            ask.name,
          ]);
          if (rows[0]!.answer !== given) wrong.push(ask.name);
        }
        return { ok: wrong.length === 0, wrong: wrong.join(', '), asks: asks.length };
      },
    });
    return {
      note: `${MATTERS[context.scale]} tips; an answer is held against the one counted on the facts`,
      variants: [
        variant('floor', (ask) =>
          inScope(
            pool,
            { units: scopeOf(ask) },
            async (tx) => {
              const { rows } = await tx.query<{ answer: string }>({
                name: 'floor',
                text: 'SELECT answer FROM bench_answers WHERE ask = $1',
                values: [ask.name],
              });
              return JSON.parse(rows[0]!.answer) as unknown;
            },
            { isSnapshot: true },
          ),
        ),
        variant('ours', (ask) =>
          inScope(pool, { units: scopeOf(ask) }, ask.ours, { isSnapshot: true, isPlannedOnce: true }),
        ),
        variant('peer:raw-sql', (ask) => inScope(pool, { units: scopeOf(ask) }, ask.raw, { isSnapshot: true })),
      ],
      close: async () => undefined,
    };
  },
};

async function load(
  memory: Map<string, number>,
  params: Params,
  name: string,
  { seconds, rep }: RoundInput,
  answer: (turn: number) => Promise<unknown>,
): Promise<Round> {
  if (params['load'] === 'closed') {
    let turn = 0;
    const round = await closedLoop({
      workers: USERS,
      seconds,
      operation: async () => {
        await answer((turn += 1));
      },
    });
    if (rep > 0) memory.set(name, Math.max(memory.get(name) ?? 0, round.ops / round.seconds));
    return round;
  }
  const peak = memory.get(name) ?? 0;
  if (!(peak > 0)) throw new Error(`the peak of ${name} is not known: measure load=closed in the same run`);
  return openLoop({ rate: Math.max(0.5, peak * Number(params['share'])), seconds, operation: answer });
}
