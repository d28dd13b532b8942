import { inScope } from '@app/security';
import { INDICATOR_IDS } from '../indicators/definitions.js';
import type { IndicatorId, RateId } from '../indicators/definitions.js';
import { rateFigures, setSizes, timeFigures } from '../indicators/figures.js';
import type { RateFigure, SetSizes, TimeFigure } from '../indicators/figures.js';
import { mattersBehind, partsOf } from '../indicators/matters-behind.js';
import type { MatterPlace } from '../indicators/matters-behind.js';
import { readReportRequest } from '../indicators/report-request.js';
import type { ReportQuery, ReportRequest } from '../indicators/report-request.js';
import type { TimeId } from '../indicators/time-sets.js';
import type { Harness } from './harness.js';

/** Small enough that a long list takes several pages, large enough that a short one takes one. */
const PAGE = 20;
const EVERY = 1_000_000;
const LONG_AFTER = new Date('2031-01-01T00:00:00Z');

export interface Report {
  request: ReportRequest;
  sizes: SetSizes;
  rates: Record<RateId, RateFigure>;
  times: Record<TimeId, TimeFigure>;
  /** Ids of the matters behind a count, a line each, all pages; `candidates`: of so many a page is looked for at first. */
  behind(id: IndicatorId, part: string, pageOf?: number, candidates?: number): Promise<string[]>;
  /** The same, every matter counted. */
  counted(id: IndicatorId, part: string): Promise<string[]>;
}

/** A report as the service makes it, for a caller with these scope roots. */
export async function reportOn(
  harness: Harness,
  query: ReportQuery,
  scope: readonly string[] = ['*'],
): Promise<Report> {
  const tree = await harness.tree();
  const request = readReportRequest(query, { now: LONG_AFTER, tree, scope });
  const units = { units: scope };
  const { sizes, rates, times } = await inScope(harness.pool, units, async (tx) => {
    const all = await setSizes(tx, request.window, request.to);
    return {
      sizes: all,
      rates: rateFigures(all, null, request.to),
      times: await timeFigures(tx, request.window, request.to, all),
    };
  });
  return {
    request,
    sizes,
    rates: Object.fromEntries(rates.map((rate) => [rate.id, rate])) as Report['rates'],
    times: Object.fromEntries(times.map((time) => [time.id, time])) as Report['times'],
    counted: (id, part) =>
      inScope(harness.pool, units, async (tx) => {
        const figure = { id, part, day: request.to };
        const window = { ...request.window, rollup: null };
        const { rows } = await mattersBehind(tx, tree, figure, window, { limit: EVERY, after: null });
        return rows.map(({ matter }) => matter.matterId);
      }),
    async behind(id, part, pageOf = PAGE, candidates = undefined) {
      const ids: string[] = [];
      let after: MatterPlace | null = null;
      for (;;) {
        const figure = { id, part, day: request.to };
        const page: Awaited<ReturnType<typeof mattersBehind>> = await inScope(harness.pool, units, (tx) =>
          mattersBehind(tx, tree, figure, request.window, { limit: pageOf, after, ...(candidates && { candidates }) }),
        );
        ids.push(...page.rows.slice(0, pageOf).map(({ matter }) => matter.matterId));
        if (page.rows.length <= pageOf) {
          if (page.total !== ids.length) throw new Error(`${id}.${part}: total ${page.total}, listed ${ids.length}`);
          return ids;
        }
        after = page.rows[pageOf - 1]!.place;
      }
    },
  };
}

/** Of which a tip may have several in a period: each is a line of its own. */
const ACTS = ['R2.transferredOut'];

/** Every count of a report with the number of matters in the list behind it, each matter once (of acts, each act). */
export async function countsAndLists(report: Report): Promise<Record<string, [count: number, listed: number]>> {
  const pairs: [string, [number, number]][] = [];
  for (const id of INDICATOR_IDS) {
    // Both counts of a processing time are those closed.
    for (const part of partsOf(id).filter((name) => !id.startsWith('T') || name === 'closed' || name === 'open')) {
      const listed = await report.behind(id, part);
      const isClosed = id.startsWith('T') && part !== 'open';
      const count = isClosed ? report.times[id as TimeId].n : (report.sizes[`${id}.${part}`] ?? NaN);
      const name = `${id}.${part}`;
      pairs.push([name, [count, ACTS.includes(name) ? listed.length : new Set(listed).size]]);
    }
  }
  return Object.fromEntries(pairs);
}
