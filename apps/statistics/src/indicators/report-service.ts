import { inScope, UnitTree } from '@app/security';
import type { UnitSnapshot } from '@app/security';
import type { ServiceContext } from '@app/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Pool, PoolClient } from 'pg';
import { STATISTICS_CONTEXT } from '../context.js';
import { ChangeFeed } from '../matters/changes.js';
import { committedVersions, versionFor } from '../matters/facts-version.js';
import type { FactsVersions } from '../matters/facts-version.js';
import { SCHEMA } from '../migrations/schema.js';
import { rateFigures, sizesOf, timeFigures } from './figures.js';
import type { RateFigure, TimeFigure } from './figures.js';
import { oneYearEarlier } from './period-schemes.js';
import { readReportRequest, windowOf } from './report-request.js';
import type { ReportQuery, ReportRequest } from './report-request.js';
import { SharedAnswers } from './shared-answers.js';
import type { Computed } from './shared-answers.js';
import type { ReportWindow } from './sql.js';
import { KeptGroups } from '../rollups/kept-groups.js';
import { rollupState } from '../rollups/rollup-reader.js';

/** Waiting this long for events on their way, so that an answer holds what the caller just did. */
const SETTLE_MS = 300;

/** What reports are read from: the database, a clock, and the newest moment of recording that was heard of. */
export interface ReportSources {
  pool: Pool;
  clock: { now(): Date };
  feed: { readonly latestRecordedMs: number };
}

/** Reports within a scope; who asks the same within a second, while nothing changes, is given the same answer. */
export class Reports {
  private readonly units: UnitTree;
  private readonly answers: SharedAnswers<FactsVersions>;
  private readonly groups = new KeptGroups();

  constructor(private readonly sources: ReportSources) {
    this.units = new UnitTree(sources.pool, SCHEMA);
    this.answers = new SharedAnswers({
      readVersions: () => committedVersions(sources.pool, SCHEMA),
      nowMs: () => this.now().getTime(),
    });
  }

  /**
   * Now, or the newest moment of recording heard of when another machine's clock is ahead: a report of now must not leave
   * out what has just been applied.
   */
  now(): Date {
    return new Date(Math.max(this.sources.clock.now().getTime(), this.sources.feed.latestRecordedMs));
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
  async report<T>(query: ReportQuery, scope: readonly string[], work: ReportWork<T>): Promise<T> {
    return (await this.computed(query, scope, work)).answer;
  }

  /**
   * The same, computed once for all who ask the same at about the same time: nothing that was committed before the call
   * is left out, and the answer names the as-of moment that it is of.
   * @param question names what `work` answers, beside the query and the scope
   */
  async shared<T>(
    question: string,
    query: ReportQuery,
    scope: readonly string[],
    work: ReportWork<T>,
  ): Promise<Readonly<T>> {
    const { from, to, scheme, period, unit, asOf } = query;
    const key = JSON.stringify([question, [...scope].sort(), from, to, scheme, period, unit, asOf]);
    const { window } = await this.request(query, scope);
    return this.answers.get(
      key,
      (versions) => versionFor(versions, window.units),
      () => this.computed(query, scope, work),
    );
  }

  private async computed<T>(
    query: ReportQuery,
    scope: readonly string[],
    work: ReportWork<T>,
  ): Promise<Computed<T, FactsVersions>> {
    // Before the transaction: one that holds a connection must not wait for another.
    const tree = await this.tree();
    const now = this.now();
    const request = readReportRequest(query, { now, tree, scope });
    const reads = async (tx: PoolClient): Promise<Computed<T, FactsVersions>> => {
      const { isComplete, newest, versions } = await rollupState(tx, request.asOf);
      const ofNow = query.asOf === undefined && newest !== null;
      const known = ofNow ? readReportRequest(query, { now: new Date(newest), tree, scope }) : request;
      const { rollup } = known.window;
      const kept = this.groups.within(scope, versions);
      const usable = isComplete && rollup ? { ...rollup, isLatest: ofNow || newest === null, kept } : null;
      const answer = await work(tx, { ...known, window: { ...known.window, rollup: usable } }, tree);
      return { versions, asOfMs: now.getTime(), answer };
    };
    return inScope(this.sources.pool, { units: scope }, reads, { isSnapshot: true, isPlannedOnce: true });
  }
}

export type ReportWork<T> = (tx: PoolClient, request: ReportRequest, tree: UnitSnapshot) => Promise<T>;

/** Reports of the service, after events on their way have been applied. */
@Injectable()
export class ReportService extends Reports {
  constructor(
    @Inject(STATISTICS_CONTEXT) private readonly service: ServiceContext,
    @Inject(ChangeFeed) feed: ChangeFeed,
  ) {
    super({ pool: service.pool, clock: service.clock, feed });
  }

  /** `report` after events on their way have been applied. @throws Malformed */
  async settledReport<T>(query: ReportQuery, scope: readonly string[], work: ReportWork<T>): Promise<T> {
    await this.service.settled(SETTLE_MS);
    return this.report(query, scope, work);
  }

  /** `shared` after events on their way have been applied. @throws Malformed */
  async settledShared<T>(
    question: string,
    query: ReportQuery,
    scope: readonly string[],
    work: ReportWork<T>,
  ): Promise<Readonly<T>> {
    await this.service.settled(SETTLE_MS);
    return this.shared(question, query, scope, work);
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
