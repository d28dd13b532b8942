import { Malformed } from '@app/http';
import type { Fault } from '@app/http';
import { addDays, isLegalDate, startOfLegalDay } from '@app/legal-time-limits';
import type { LegalDate } from '@app/legal-time-limits';
import type { UnitSnapshot } from '@app/security';
import { legalMoment } from '../matters/moments.js';
import { dayOf, namedPeriod, runningPeriod, RUNNING_PERIODS, SCHEME_IDS } from './period-schemes.js';
import type { Period, RunningPeriod, SchemeId } from './period-schemes.js';
import { perTree } from './per-tree.js';
import { rollupScope } from '../rollups/rollup-scope.js';
import type { ReportWindow } from './sql.js';

/** The query of every report, as it comes. */
export interface ReportQuery {
  from?: string | undefined;
  to?: string | undefined;
  scheme?: string | undefined;
  period?: string | undefined;
  unit?: string | undefined;
  asOf?: string | undefined;
}

/** What a report is a function of, beside the versions of its definitions. */
export interface ReportRequest {
  scheme: SchemeId;
  /** As asked, or `from-to` when the days were given. */
  period: string;
  from: LegalDate;
  to: LegalDate;
  /** RFC 3339 in the zone of the law. */
  asOf: string;
  /** True when as-of lies after the moment of asking: later events may still change the figures. */
  isProvisional: boolean;
  /** The unit asked for, descendants included; null = everything in the caller's scope. */
  unit: string | null;
  /** Scope roots that the report is computed for: the unit asked for, else the caller's. */
  roots: readonly string[];
  window: ReportWindow;
}

const DEFAULT_SCHEME: SchemeId = 'B';

function fault(field: string, vi: string, en: string): Fault {
  return { field, constraint: field, vi: `${field}: ${vi}`, en: `${field}: ${en}` };
}

const DAY_WORDS = ['phải là ngày có thật, dạng YYYY-MM-DD', 'must be a real day, YYYY-MM-DD'] as const;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;
const EARLIEST = '2000-01-01';
const LATEST = '2150-12-31';
const isReportDay = (day: string): boolean => isLegalDate(day) && day >= EARLIEST && day <= LATEST;

function readAsOf(given: string | undefined, now: Date, faults: Fault[]): Date {
  if (given === undefined) return now;
  if (isReportDay(given)) {
    const endOfDay = new Date(Date.parse(startOfLegalDay(addDays(given, 1))) - 1);
    // Today is not over: its end would promise what has not happened yet.
    return given === dayOf(now) ? now : endOfDay;
  }
  // In a query an unescaped `+` arrives as a space.
  const text = given.replace(' ', '+');
  const at = MOMENT.test(text) && isReportDay(text.slice(0, 10)) ? new Date(text) : new Date(NaN);
  if (Number.isNaN(at.getTime())) {
    faults.push(
      fault(
        'asOf',
        'phải là thời điểm RFC 3339, ví dụ 2026-01-05T08:00:00+07:00, hoặc ngày YYYY-MM-DD (tính hết ngày)',
        'must be an RFC 3339 moment, for example 2026-01-05T08:00:00+07:00, or a day YYYY-MM-DD (its end)',
      ),
    );
    return now;
  }
  return at;
}

function readPeriod(query: ReportQuery, scheme: SchemeId, asOfDay: LegalDate, faults: Fault[]): Period {
  const { from, to, period } = query;
  if (from === undefined && to === undefined) {
    const name = period ?? 'year';
    if ((RUNNING_PERIODS as readonly string[]).includes(name)) {
      return runningPeriod(scheme, name as RunningPeriod, asOfDay);
    }
    const named = isReportDay(name) ? { from: name, to: name } : namedPeriod(scheme, name);
    if (named) return named;
    faults.push(
      fault(
        'period',
        `phải là một trong ${RUNNING_PERIODS.join(', ')}, hoặc tên kỳ như 2025, 2025-H1, 2026-03, 2026-03-05`,
        `must be one of ${RUNNING_PERIODS.join(', ')}, or the name of a period such as 2025, 2025-H1, 2026-03, 2026-03-05`,
      ),
    );
    return { from: asOfDay, to: asOfDay };
  }
  for (const [field, day] of Object.entries({ from, to })) {
    if (day === undefined) {
      faults.push(fault(field, 'cần cả from và to', 'from and to are needed together'));
    } else if (!isReportDay(day)) {
      faults.push(fault(field, ...DAY_WORDS));
    }
  }
  if (faults.length === 0 && from! > to!) {
    faults.push(fault('to', 'không được trước from', 'must not be before from'));
  }
  return { from: from ?? asOfDay, to: to ?? asOfDay };
}

/** The codes of some roots and everything below them; null = every unit. Roots not yet in the tree count by their code. */
export const unitsBelow = perTree((tree, roots): readonly string[] | null =>
  roots.includes('*') ? null : [...new Set([...roots, ...tree.list(roots).map(({ code }) => code)])],
);

const scopeOfRollups = perTree(rollupScope);

/** First instant of a period and first instant after it, with the as-of moment and units of a report. */
export function windowOf(period: Period, report: Pick<ReportWindow, 'asOf' | 'units' | 'rollup'>): ReportWindow {
  const { asOf, units, rollup } = report;
  return { start: startOfLegalDay(period.from), end: startOfLegalDay(addDays(period.to, 1)), asOf, units, rollup };
}

/**
 * Read the query of a report. Without from and to it is the scheme's year up to the as-of day; without a scheme, B.
 *
 * @param scope the caller's scope roots
 * @throws Malformed with every parameter that is not understood, why, and what is allowed
 */
export function readReportRequest(
  query: ReportQuery,
  context: { now: Date; tree: UnitSnapshot; scope: readonly string[] },
): ReportRequest {
  const { now, tree, scope } = context;
  const faults: Fault[] = [];
  const scheme = SCHEME_IDS.find((id) => id === (query.scheme ?? DEFAULT_SCHEME));
  if (!scheme) {
    faults.push(
      fault('scheme', `phải là một trong ${SCHEME_IDS.join(', ')}`, `must be one of ${SCHEME_IDS.join(', ')}`),
    );
  }
  const asOf = readAsOf(query.asOf, now, faults);
  const period = readPeriod(query, scheme ?? DEFAULT_SCHEME, dayOf(asOf), faults);
  const unit = query.unit ?? null;
  const isKnown = unit === null || scope.includes(unit) || (tree.get(unit) !== undefined && tree.isWithin(unit, scope));
  if (!isKnown) {
    faults.push(
      fault(
        'unit',
        `phải là mã đơn vị trong phạm vi của anh/chị (${scope.join(', ')} và cấp dưới)`,
        `must be the code of a unit in your scope (${scope.join(', ')} and below)`,
      ),
    );
  }
  if (faults.length > 0) throw new Malformed(faults);
  const roots = unit === null ? scope : [unit];
  const isoAsOf = legalMoment(asOf);
  return {
    scheme: scheme ?? DEFAULT_SCHEME,
    period: query.from === undefined && query.to === undefined ? (query.period ?? 'year') : 'from-to',
    ...period,
    asOf: isoAsOf,
    isProvisional: asOf.getTime() > now.getTime(),
    unit,
    roots,
    window: windowOf(period, { asOf: isoAsOf, units: unitsBelow(tree, roots), rollup: scopeOfRollups(tree, roots) }),
  };
}
