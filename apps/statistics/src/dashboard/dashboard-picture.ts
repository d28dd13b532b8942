import type { UnitSnapshot } from '@app/security';
import type { PoolClient } from 'pg';
import type { RateFigure } from '../indicators/figures.js';
import { rateFigures, sizesOf } from '../indicators/figures.js';
import { withLastYear } from '../indicators/report-service.js';
import type { ReportRequest } from '../indicators/report-request.js';
import { unitComparison } from '../indicators/unit-comparison.js';
import type { UnitFigures } from '../indicators/unit-comparison.js';
import { deadlineWave, oldestLate } from './deadlines-ahead.js';
import type { LateMatter, WaveDay } from './deadlines-ahead.js';

/** What a dashboard shows at one moment. */
export interface DashboardPicture {
  asOf: string;
  unit: string | null;
  from: string;
  to: string;
  scheme: string;
  period: string;
  indicators: RateFigure[];
  open: number;
  late: number;
  byUnit: UnitFigures[];
  wave: WaveDay[];
  oldestLate: LateMatter[];
}

const MAX_UNITS = 50;

/** Compute the picture for a scope, all of one moment. */
export async function dashboardPicture(
  tx: PoolClient,
  tree: UnitSnapshot,
  request: ReportRequest,
): Promise<DashboardPicture> {
  const { asOf, unit, from, to, scheme, period, window, roots } = request;
  const now = new Date(asOf);
  const [sizes, lastYear] = await sizesOf(tx, withLastYear(request));
  return {
    asOf,
    unit,
    from,
    to,
    scheme,
    period,
    indicators: rateFigures(sizes!, lastYear!, to),
    open: sizes!['R3.denominator'] ?? 0,
    late: sizes!['R3.numerator'] ?? 0,
    byUnit: (await unitComparison(tx, tree, roots, window, to)).slice(0, MAX_UNITS),
    wave: await deadlineWave(tx, window, now),
    oldestLate: await oldestLate(tx, tree, window.units, now),
  };
}
