import { inScope, UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Inject, Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { STATISTICS_CONTEXT } from '../context.js';
import { ChangeFeed } from '../matters/changes.js';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { rateFigures, sizesOf, timeFigures } from './figures.js';
import type { RateFigure, TimeFigure } from './figures.js';
import { oneYearEarlier } from './period-schemes.js';
import { readReportRequest, windowOf } from './report-request.js';
import type { ReportQuery, ReportRequest } from './report-request.js';
import type { ReportWindow } from './sql.js';
import { rollupState } from '../rollups/rollup-reader.js';

/** Waiting this long for events on their way, so that an answer holds what the caller just did. */
const SETTLE_MS = 300;

/** Reads reports within a scope. */
@Injectable()
export class ReportService {
  private readonly units: UnitTree;

  constructor(
    @Inject(STATISTICS_CONTEXT) private readonly service: ServiceContext,
    @Inject(ChangeFeed) private readonly feed: ChangeFeed,
  ) {
    this.units = new UnitTree(service.pool, SCHEMA);
  }

  /**
   * Now, or the newest moment of recording heard of when another machine's clock is ahead: a report of now must not leave
   * out what has just been applied.
   */
  now(): Date {
    return new Date(Math.max(this.service.clock.now().getTime(), this.feed.latestRecordedMs));
  }

  tree(): Promise<UnitSnapshot> {
    return this.units.current();
  }

  /** Read a report's query for a caller's scope. @throws Malformed */
  async request(query: ReportQuery, scope: readonly string[]): Promise<ReportRequest> {
    return readReportRequest(query, { now: this.now(), tree: await this.tree(), scope });
  }

  /**
   * Run the reads of a report in one snapshot that shows only a scope's rows. A report of now knows everything that the
   * snapshot shows, also what another machine with a clock ahead has recorded.
   */
  async report<T>(
    query: ReportQuery,
    scope: readonly string[],
    work: (tx: PoolClient, request: ReportRequest, tree: UnitSnapshot) => Promise<T>,
  ): Promise<T> {
    // Before the transaction: one that holds a connection must not wait for another.
    const tree = await this.tree();
    const request = readReportRequest(query, { now: this.now(), tree, scope });
    const reads = async (tx: PoolClient): Promise<T> => {
      const { isComplete, newest } = await rollupState(tx, request.asOf);
      const ofNow = query.asOf === undefined && newest !== null;
      const known = ofNow ? readReportRequest(query, { now: new Date(newest), tree, scope }) : request;
      const { rollup } = known.window;
      const usable = isComplete && rollup ? { ...rollup, isLatest: ofNow || newest === null } : null;
      return work(tx, { ...known, window: { ...known.window, rollup: usable } }, tree);
    };
    return inScope(this.service.pool, { units: scope }, reads, { isSnapshot: true, isPlannedOnce: true });
  }

  /** The same after events on their way have been applied. @throws Malformed */
  async settledReport<T>(
    query: ReportQuery,
    scope: readonly string[],
    work: (tx: PoolClient, request: ReportRequest, tree: UnitSnapshot) => Promise<T>,
  ): Promise<T> {
    await this.service.settled(SETTLE_MS);
    return this.report(query, scope, work);
  }
}

/** The report's own period, and the same one year earlier by what is known at the same moment. */
export function withLastYear({ from, to, window }: ReportRequest): { window: ReportWindow; day: string }[] {
  const period = oneYearEarlier({ from, to });
  return [
    { window, day: to },
    { window: windowOf(period, window), day: period.to },
  ];
}

/** All indicators of a report. */
export async function indicatorsOf(tx: PoolClient, request: ReportRequest): Promise<(RateFigure | TimeFigure)[]> {
  const [sizes, lastYear] = await sizesOf(tx, withLastYear(request));
  const rates = rateFigures(sizes!, lastYear!, request.to);
  return [...rates, ...(await timeFigures(tx, request.window, request.to, sizes!))];
}
