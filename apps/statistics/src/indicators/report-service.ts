import { inScope, UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Inject, Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { STATISTICS_CONTEXT } from '../context.js';
import { ChangeFeed } from '../matters/changes.js';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { rateFigures, setSizes, timeFigures } from './figures.js';
import type { RateFigure, SetSizes, TimeFigure } from './figures.js';
import { oneYearEarlier } from './period-schemes.js';
import { readReportRequest, windowOf } from './report-request.js';
import type { ReportQuery, ReportRequest } from './report-request.js';

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

  /** The same after events on their way have been applied. @throws Malformed */
  async settledRequest(query: ReportQuery, scope: readonly string[]): Promise<ReportRequest> {
    await this.service.settled(SETTLE_MS);
    return this.request(query, scope);
  }

  /** Run reads that see only a scope's rows. */
  read<T>(scope: readonly string[], work: (tx: PoolClient) => Promise<T>): Promise<T> {
    return inScope(this.service.pool, { units: scope }, work);
  }

  /** Sizes of the same sets one year earlier, by what is known at the report's as-of moment. */
  lastYear(tx: PoolClient, { from, to, window }: ReportRequest): Promise<SetSizes> {
    const period = oneYearEarlier({ from, to });
    return setSizes(tx, windowOf(period, window), period.to, 'rates');
  }

  /** All indicators of a report. */
  indicators(request: ReportRequest, scope: readonly string[]): Promise<(RateFigure | TimeFigure)[]> {
    return this.read(scope, async (tx) => {
      const sizes = await setSizes(tx, request.window, request.to);
      const rates = rateFigures(sizes, await this.lastYear(tx, request), request.to);
      return [...rates, ...(await timeFigures(tx, request.window, request.to, sizes))];
    });
  }
}
