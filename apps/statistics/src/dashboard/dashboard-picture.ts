import type { RateFigure } from '../indicators/figures.js';
import { rateFigures, setSizes } from '../indicators/figures.js';
import type { SetSizes } from '../indicators/figures.js';
import type { ReportService } from '../indicators/report-service.js';
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

/** Compute the picture for a scope; `lastYear` is taken as given when the caller still holds it. */
export async function dashboardPicture(
  reports: ReportService,
  request: ReportRequest,
  scope: readonly string[],
  lastYear: SetSizes | null,
): Promise<{ picture: DashboardPicture; lastYear: SetSizes }> {
  const { asOf, unit, from, to, scheme, period, window, roots } = request;
  const now = new Date(asOf);
  const tree = await reports.tree();
  return reports.read(scope, async (tx) => {
    const sizes = await setSizes(tx, window, to, 'rates');
    const before = lastYear ?? (await reports.lastYear(tx, request));
    const picture: DashboardPicture = {
      asOf,
      unit,
      from,
      to,
      scheme,
      period,
      indicators: rateFigures(sizes, before, to),
      open: sizes['R3.denominator'] ?? 0,
      late: sizes['R3.numerator'] ?? 0,
      byUnit: (await unitComparison(tx, tree, roots, window, to)).slice(0, MAX_UNITS),
      wave: await deadlineWave(tx, window.units, now),
      oldestLate: await oldestLate(tx, tree, window.units, now),
    };
    return { picture, lastYear: before };
  });
}
