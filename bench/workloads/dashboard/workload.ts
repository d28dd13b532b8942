import { createPool, migrate } from '@app/event-store';
import { inScope } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { Pool, PoolClient } from 'pg';
import { deadlineWave, factWave } from '../../../apps/statistics/src/dashboard/deadlines-ahead.js';
import { rateFigures, setSizes, sizesOf } from '../../../apps/statistics/src/indicators/figures.js';
import { dayOf } from '../../../apps/statistics/src/indicators/period-schemes.js';
import { readReportRequest, type ReportRequest } from '../../../apps/statistics/src/indicators/report-request.js';
import { Reports, withLastYear } from '../../../apps/statistics/src/indicators/report-service.js';
import { factTrend, trend } from '../../../apps/statistics/src/indicators/trend.js';
import { factUnitComparison, unitComparison } from '../../../apps/statistics/src/indicators/unit-comparison.js';
import { SCHEMA, statisticsMigrations } from '../../../apps/statistics/src/migrations/statistics-migrations.js';
import { closedLoop, openLoop } from '../../harness/load.js';
import type { Params, Round, RoundInput, Scale, Variant, Workload } from '../../harness/types.js';
import { randomFrom, type Random } from '../../harness/random.js';
import { changeSteadily, type SteadyChanges } from './changes.js';
import { benchUnits, writeFacts } from './facts.js';

const USERS = 20;
/** Characters of an answer that go into one entry of an index, which holds 2,704 bytes at most. */
const PIECE = 600;
/** New tips a second while it is measured. */
const CHANGES_A_SECOND = 20;
const MONTHS = 24;
const MATTERS: Record<Scale, number> = { S: 10_000, M: 1_000_000, L: 10_000_000 };

interface Ask {
  name: string;
  scope: readonly string[];
  request: ReportRequest;
  ours(tx: PoolClient, request: ReportRequest, tree: UnitSnapshot): Promise<unknown>;
  raw(tx: PoolClient): Promise<unknown>;
}

/** Four questions of a dashboard for the nation, a province and a commune: rates with last year's, units, trend, wave. */
export function asksOf(tree: UnitSnapshot, now: Date, places: Record<string, string>): Ask[] {
  return Object.entries(places).flatMap(([place, root]): Ask[] => {
    const scope = [root];
    const asked = readReportRequest({}, { now, tree, scope });
    const asks: Record<string, Pick<Ask, 'ours' | 'raw'>> = {
      rates: {
        ours: async (tx, request) => {
          const [sizes, lastYear] = await sizesOf(tx, withLastYear(request));
          return rateFigures(sizes!, lastYear!, request.to);
        },
        raw: async (tx) => {
          const [now, before] = withLastYear(asked);
          const sizes = await setSizes(tx, now!.window, now!.day);
          return rateFigures(sizes, await setSizes(tx, before!.window, before!.day), asked.to);
        },
      },
      units: {
        ours: (tx, { roots, window, to }, newest) => unitComparison(tx, newest, roots, window, to),
        raw: (tx) => factUnitComparison(tx, tree, asked.roots, asked.window, asked.to),
      },
      trend: {
        ours: (tx, { window, asOf }) => trend(tx, { ...window, asOfDay: dayOf(asOf) }, MONTHS),
        raw: (tx) => factTrend(tx, { ...asked.window, asOfDay: dayOf(asked.asOf) }, MONTHS),
      },
      wave: {
        ours: (tx, { window, asOf }) => deadlineWave(tx, window, new Date(asOf)),
        raw: (tx) => factWave(tx, asked.window.units, dayOf(asked.asOf)),
      },
    };
    return Object.entries(asks).map(([name, both]) => ({ name: `${place} ${name}`, scope, request: asked, ...both }));
  });
}

interface Prepared {
  pool: Pool;
  reports: Reports;
  asks: Ask[];
  changes(random: Random): SteadyChanges;
}

/** Prepared once a run and kept for its other points. */
const prepared = new Map<string, Promise<Prepared>>();

async function prepare(url: string, scale: Scale, seed: number, log: (line: string) => void): Promise<Prepared> {
  const pool = createPool(url, { max: USERS + 2, statementTimeoutMs: 0, idleInTransactionTimeoutMs: 0 });
  await migrate(pool, SCHEMA, statisticsMigrations());
  const to = Date.parse('2026-11-20T09:00:00+07:00');
  const now = new Date(to);
  await writeFacts(pool, MATTERS[scale], to, seed, log);
  await pool.query('VACUUM ANALYZE');
  const reports = new Reports({ pool, clock: { now: () => now }, feed: { latestRecordedMs: 0 } });
  const tree = await reports.tree();
  const { rows } = await pool.query<{ unit: string }>(
    `SELECT received_by AS unit FROM statistics.tip_facts GROUP BY 1 ORDER BY count(*) DESC LIMIT 1`,
  );
  const commune = rows[0]!.unit;
  const asks = asksOf(tree, now, { nation: '*', province: tree.get(commune)!.parentCode!, commune });
  await pool.query(
    'CREATE TABLE bench_answers (ask text, part integer, piece text NOT NULL); GRANT SELECT ON bench_answers TO tinbao_app',
  );
  await pool.query('CREATE UNIQUE INDEX bench_answers_all ON bench_answers (ask, part) INCLUDE (piece)');
  for (const ask of asks) {
    const answer = JSON.stringify(await inScope(pool, { units: ask.scope }, ask.raw));
    await pool.query(
      `INSERT INTO bench_answers SELECT $1, part, substr($2, part * ${PIECE} + 1, ${PIECE})
       FROM generate_series(0, length($2) / ${PIECE}) AS part`,
      [ask.name, answer],
    );
  }
  await pool.query('VACUUM ANALYZE bench_answers');
  const communes = benchUnits()
    .filter(({ level }) => level === 'commune')
    .map(({ code }) => code);
  const changes = (random: Random): SteadyChanges =>
    changeSteadily(pool, { perSecond: CHANGES_A_SECOND, communes, to, random });
  return { pool, reports, asks, changes };
}

/** Twenty people look at their dashboards while tips come in: the answers must be those that the raw facts give, at once. */
export const dashboard: Workload = {
  id: 'B10',
  unit: 'dashboard queries answered',
  title: 'Twelve dashboard queries, twenty users, while facts change',
  seconds: { S: 1.5, M: 4 },
  peerSeconds: { S: 1 },
  points: () => [
    { load: 'closed', users: USERS, changes: CHANGES_A_SECOND },
    ...[0.25, 0.5].map((share) => ({ load: 'open', share, changes: CHANGES_A_SECOND })),
  ],
  open: async (context, params) => {
    const postgres = await context.postgres();
    const key = `${postgres.pid}`;
    if (!prepared.has(key)) {
      prepared.set(
        key,
        prepare(await postgres.database('b10'), context.scale, context.seed, (line) => context.log(line)),
      );
    }
    const { pool, reports, asks, changes } = await prepared.get(key)!;
    const variant = (name: Variant['name'], answer: (ask: Ask) => Promise<unknown>, isChecked = true): Variant => ({
      name,
      round: async (input) => {
        // The same for every variant, whether its answers follow the changes or not.
        const going = changes(randomFrom(input.seed));
        try {
          const round = await load(context.memory, params, name, input, (turn) => answer(asks[turn % asks.length]!));
          return { ...round, extra: { changes: going.applied } };
        } finally {
          await going.stop();
        }
      },
      check: async () => {
        if (!isChecked) return { ok: true, asks: asks.length };
        const wrong: string[] = [];
        for (const ask of asks) {
          const given = JSON.stringify(await answer(ask));
          const counted = JSON.stringify(await inScope(pool, { units: ask.scope }, ask.raw));
          if (given !== counted) wrong.push(ask.name);
        }
        return { ok: wrong.length === 0, wrong: wrong.join(', '), asks: asks.length };
      },
    });
    const anew = variant('peer:sums-each-anew', (ask) => reports.report({}, ask.scope, ask.ours));
    return {
      note: `${MATTERS[context.scale]} tips and ${CHANGES_A_SECOND} more a second; after the rounds each answer is held against the one counted on the facts. sums-each-anew: the same as ours, but nobody shares an answer.`,
      variants: [
        variant(
          'floor',
          (ask) =>
            inScope(
              pool,
              { units: ask.scope },
              async (tx) => {
                const { rows } = await tx.query<{ answer: string }>({
                  name: 'floor',
                  text: `SELECT string_agg(piece, '' ORDER BY part) AS answer FROM bench_answers WHERE ask = $1`,
                  values: [ask.name],
                });
                return JSON.parse(rows[0]!.answer) as unknown;
              },
              { isSnapshot: true },
            ),
          false,
        ),
        variant('ours', (ask) => reports.shared(ask.name, {}, ask.scope, ask.ours)),
        ...(params['load'] === 'closed' ? [anew] : []),
        variant('peer:raw-sql', (ask) => inScope(pool, { units: ask.scope }, ask.raw, { isSnapshot: true }), false),
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
