import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, type ReactNode } from 'react';
import { Link } from 'react-router';
import { get, withQuery, type Query } from '../api/client';
import { useUnitName } from '../api/queries';
import type { Dashboard as DashboardData, Indicator, UnitFigures } from '../api/types';
import { useSignedIn } from '../frame/me';
import { useI18n } from '../i18n';
import { useNow } from '../ui/use-now';
import {
  formatDay,
  formatNumber,
  formatPercent,
  formatRecent,
  formatShort,
  formatTimeSeconds,
  legalDayOf,
  toMs,
} from '../ui/format';
import { Icon } from '../ui/icon';
import { Empty, Loading, LoadProblem } from '../ui/states';
import { useQueryState } from '../ui/use-query-state';
import { useTitle } from '../ui/use-title';
import { useLiveDashboard } from './use-live-dashboard';
import './dashboard.css';

const Wave = lazy(() => import('./charts').then((charts) => ({ default: charts.Wave })));
const TrendChart = lazy(() => import('./charts').then((charts) => ({ default: charts.TrendChart })));

/** Without a sign of life for this long the figures are shown as delayed. */
const STALE_MS = 30_000;
const periods = ['day', 'month', 'half', 'year'] as const;
const mainIndicators = ['R1', 'R2', 'R4'] as const;

/** Leadership: three numbers and what stands behind them, live. */
export default function Dashboard() {
  const { t } = useI18n();
  const me = useSignedIn();
  const [query, setQuery] = useQueryState();
  const unit = query.get('unit');
  const scheme = query.get('scheme') ?? 'B';
  const period = query.get('period') ?? 'year';
  const asked: Query = useMemo(() => ({ unit, scheme, period }), [unit, scheme, period]);
  const live = useLiveDashboard(asked);
  const nameOf = useUnitName();
  const isWall = query.get('tv') === '1';
  useTitle(t.dashboard.title);
  useEffect(() => {
    document.body.classList.toggle('wall', isWall);
    return () => document.body.classList.remove('wall');
  }, [isWall]);

  const place =
    unit !== null
      ? nameOf(unit)
      : me.units[0] === '*' || me.units.length === 0
        ? t.bar.allUnits
        : me.units.map(nameOf).join(' · ');
  const { data } = live;
  const behind = (id: string, part: string): string => withQuery(`/indicators/${id}/matters`, { ...asked, part });

  return (
    <div className="page dashboard">
      <header className="page-head">
        <h1>{place}</h1>
        {data === null ? null : (
          <span className="quiet">
            {formatDay(data.from)} – {formatDay(data.to)} · {t.dashboard.scheme(scheme)}
          </span>
        )}
        <AsOf live={live} />
        <div className="push dashboard-tools no-print">
          {unit === null ? null : (
            <button type="button" className="toggle toggle-on" onClick={() => setQuery({ unit: null })}>
              {nameOf(unit)} <Icon name="close" />
            </button>
          )}
          <div className="segments" role="group" aria-label={t.dashboard.title}>
            {periods.map((name) => (
              <button
                key={name}
                type="button"
                aria-pressed={name === period}
                onClick={() => setQuery({ period: name === 'year' ? null : name })}
              >
                {t.dashboard.periods[name]}
              </button>
            ))}
          </div>
          <button
            type="button"
            className="plain-button link-button"
            onClick={() => setQuery({ tv: isWall ? null : '1' })}
          >
            <Icon name="tv" /> {isWall ? t.dashboard.tvExit : t.dashboard.tv}
          </button>
        </div>
      </header>
      {live.problem !== null ? (
        <LoadProblem error={live.problem} roles={['leader']} />
      ) : data === null ? (
        <Loading rows={10} />
      ) : (
        <Figures data={data} moved={live.moved} behind={behind} />
      )}
      {data === null ? null : (
        <>
          <div className="dashboard-pair">
            <Suspense fallback={<Loading rows={4} />}>
              <Wave wave={data.wave} />
            </Suspense>
            <Oldest data={data} />
          </div>
          <Suspense fallback={<Loading rows={4} />}>
            <TrendChart unit={unit} />
          </Suspense>
          <div className="dashboard-pair">
            <UnitTable
              units={data.byUnit}
              moved={live.moved}
              onUnit={(code) => setQuery({ unit: code }, { push: true })}
            />
            <Times asked={asked} />
          </div>
        </>
      )}
    </div>
  );
}

function AsOf({ live }: { live: ReturnType<typeof useLiveDashboard> }) {
  const { t } = useI18n();
  const now = useNow(1_000);
  if (live.data === null) return null;
  const isStale = now - live.aliveAt > STALE_MS;
  const state = isStale ? 'stale' : live.state === 'open' ? 'live' : live.state === 'lost' ? 'lost' : 'connecting';
  const time = formatTimeSeconds(live.data.asOf);
  const day = legalDayOf(toMs(live.data.asOf));
  return (
    <span className={`as-of as-of-${state}`} data-testid="as-of" data-state={state}>
      {day === legalDayOf(now) ? t.dashboard.asOf(time) : t.dashboard.asOfDay(time, formatDay(day))}
      <span className="as-of-state" role="status">
        <Icon name="dot" />{' '}
        {
          t.dashboard[
            state === 'live' ? 'live' : state === 'stale' ? 'stale' : state === 'lost' ? 'lost' : 'connecting'
          ]
        }
      </span>
    </span>
  );
}

/** A figure that has just changed carries a short mark, said to screen readers too. */
function Moved({ is, children }: { is: boolean; children: ReactNode }) {
  const { t } = useI18n();
  return (
    <span className={is ? 'figure-value moved' : 'figure-value'}>
      {children}
      <span className="visually-hidden" aria-live="polite">
        {is ? t.dashboard.moved : ''}
      </span>
    </span>
  );
}

const sign = { gt: '>', gte: '≥', eq: '=' } as const;

function Figure({
  indicator,
  moved,
  behind,
}: {
  indicator: Indicator;
  moved: boolean;
  behind: (id: string, part: string) => string;
}) {
  const { t, say, language } = useI18n();
  const { id, value, numerator, denominator, target, met, lastYear } = indicator;
  const name = t.dashboard.names[id] ?? say(indicator.name);
  return (
    <section className="panel figure" aria-labelledby={`figure-${id}`} data-testid={`figure-${id}`}>
      <h2 id={`figure-${id}`}>{name}</h2>
      <p className="figure-line">
        <Link
          to={behind(id, 'denominator')}
          className="figure-link"
          aria-label={`${name}: ${formatPercent(value, language)}`}
        >
          <Moved is={moved}>{formatPercent(value, language)}</Moved>
        </Link>
        {target === null || met === null ? null : (
          <span className={met ? 'figure-met' : 'figure-unmet'}>
            <Icon name={met ? 'check' : 'close'} />
            {met ? t.dashboard.met : t.dashboard.unmet}
          </span>
        )}
      </p>
      <p className="figure-parts">
        <span>
          <Link to={behind(id, 'numerator')} data-testid={`numerator-${id}`}>
            {formatNumber(numerator, language)}
          </Link>
          {' / '}
          <Link to={behind(id, 'denominator')} data-testid={`denominator-${id}`}>
            {formatNumber(denominator, language)}
          </Link>
        </span>
        {target === null ? null : (
          <span className="quiet">
            {t.dashboard.target} {target.op === 'eq' ? '' : `${sign[target.op]} `}
            {formatNumber(target.value, language)} %
          </span>
        )}
        <span className="quiet">
          {lastYear === null || lastYear.value === null
            ? t.dashboard.lastYearNone
            : `${t.dashboard.lastYear} ${formatPercent(lastYear.value, language)}`}
        </span>
      </p>
    </section>
  );
}

function Figures({
  data,
  moved,
  behind,
}: {
  data: DashboardData;
  moved: ReadonlySet<string>;
  behind: (id: string, part: string) => string;
}) {
  const { t, say, language } = useI18n();
  const of = (id: string): Indicator | undefined => data.indicators.find((entry) => entry.id === id);
  const initiated = of('R2i');
  const small: { key: string; word: string; value: string; to: string; look?: string }[] = [
    { key: 'open', word: t.dashboard.openNow, value: formatNumber(data.open, language), to: behind('R2', 'open') },
    {
      key: 'late',
      word: t.dashboard.lateNow,
      value: formatNumber(data.late, language),
      to: behind('R3', 'numerator'),
      ...(data.late > 0 ? { look: 'figure-late' } : {}),
    },
    ...(initiated === undefined
      ? []
      : [
          {
            key: 'R2i',
            word: say(initiated.name) || t.dashboard.initiated,
            value: `${formatPercent(initiated.value, language)} (${formatNumber(initiated.numerator, language)}/${formatNumber(initiated.denominator, language)})`,
            to: behind('R2i', 'numerator'),
          },
        ]),
  ];
  return (
    <>
      <div className="figures">
        {mainIndicators.map((id) => {
          const indicator = of(id);
          return indicator === undefined ? null : (
            <Figure key={id} indicator={indicator} moved={moved.has(id)} behind={behind} />
          );
        })}
      </div>
      <dl className="small-figures panel">
        {small.map(({ key, word, value, to, look }) => (
          <div key={key} className={look ?? ''} data-testid={`small-${key}`}>
            <dt>{word}</dt>
            <dd>
              <Link to={to}>
                <Moved is={moved.has(key)}>{value}</Moved>
              </Link>
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Oldest({ data }: { data: DashboardData }) {
  const { t, say } = useI18n();
  const now = useNow(3_600_000);
  return (
    <section className="panel" aria-labelledby="oldest" data-testid="oldest">
      <header className="panel-head">
        <h2 id="oldest">{t.dashboard.oldest}</h2>
      </header>
      {data.oldestLate.length === 0 ? (
        <Empty title={t.dashboard.oldestNone} />
      ) : (
        <ul className="oldest">
          {data.oldestLate.map((late) => (
            <li key={`${late.matterId}-${late.rule}`}>
              <Link to={late.matterKind === 'crime-tip' ? `/tips/${late.matterId}` : `/cases/${late.matterId}`}>
                {late.registerNumber ?? t.cases.noNumber}
              </Link>
              <span className="oldest-what">
                {t.rules[late.rule] ?? late.rule}
                <span className="quiet"> · {say(late.unitName) || late.unitCode}</span>
              </span>
              <span className="term term-late">
                <Icon name="late" />
                <span>
                  {formatRecent(late.latestArguable, now)} ·{' '}
                  <span className="term-left">{t.dashboard.daysLate(late.daysLate)}</span>
                </span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function UnitTable({
  units,
  moved,
  onUnit,
}: {
  units: UnitFigures[];
  moved: ReadonlySet<string>;
  onUnit: (code: string) => void;
}) {
  const { t, say, language } = useI18n();
  const { columns } = t.dashboard;
  const order = (a: UnitFigures, b: UnitFigures): number => b.late - a.late || b.open - a.open;
  const ranked = units.filter((unit) => unit.ranked).sort(order);
  const unranked = units.filter((unit) => !unit.ranked).sort(order);
  const row = (unit: UnitFigures) => (
    <tr key={unit.unitCode} data-row={unit.unitCode}>
      <td className="unit-name">
        <button type="button" className="plain-button link-button" onClick={() => onUnit(unit.unitCode)}>
          {say(unit.name) || unit.unitCode}
        </button>
      </td>
      <td className="numeric">
        <Moved is={moved.has(`unit ${unit.unitCode}`)}>{formatNumber(unit.n, language)}</Moved>
      </td>
      <td className="numeric">
        <Link to={withQuery('/tips', { unit: unit.unitCode })}>{formatNumber(unit.open, language)}</Link>
      </td>
      <td className="numeric">
        {unit.late === 0 ? (
          <span className="quiet">0</span>
        ) : (
          <Link to={withQuery('/tips', { unit: unit.unitCode, overdue: 'true' })} className="late-number">
            <Icon name="late" /> {formatNumber(unit.late, language)}
          </Link>
        )}
      </td>
      <td className="numeric">{unit.medianDays === null ? '–' : formatShort(unit.medianDays, language)}</td>
      <td className="numeric">
        {unit.ranked ? formatPercent(unit.resolvedPercent, language) : <span className="quiet">–</span>}
      </td>
    </tr>
  );
  return (
    <section className="panel" aria-labelledby="units" data-testid="by-unit">
      <header className="panel-head">
        <h2 id="units">{t.dashboard.units}</h2>
      </header>
      {units.length === 0 ? (
        <Empty title={t.dashboard.unitsNone} />
      ) : (
        <div className="table-wrap unit-scroll">
          <table className="table unit-table">
            <thead>
              <tr>
                <th scope="col">{columns.unit}</th>
                <th scope="col" className="numeric">
                  {columns.n}
                </th>
                <th scope="col" className="numeric">
                  {columns.open}
                </th>
                <th scope="col" className="numeric">
                  {columns.late}
                </th>
                <th scope="col" className="numeric">
                  {columns.median}
                </th>
                <th scope="col" className="numeric">
                  {columns.resolved}
                </th>
              </tr>
            </thead>
            <tbody>{ranked.map(row)}</tbody>
            {unranked.length === 0 ? null : (
              <tbody className="unranked">
                <tr>
                  <th scope="colgroup" colSpan={6}>
                    {t.dashboard.notRanked}
                  </th>
                </tr>
                {unranked.map(row)}
              </tbody>
            )}
          </table>
        </div>
      )}
    </section>
  );
}

interface TimeIndicator {
  id: string;
  median: number | null;
  p90: number | null;
  n: number;
  open: number;
  /** Of many matters percentiles come out of buckets, one in a hundred off at most. */
  method: 'nearest-rank, exact' | 'nearest-rank, buckets of 1 %';
  kaplanMeier: { median: number | null; by20: number | null; by60: number | null; by120: number | null } | null;
}

/** Processing times with those still open counted (Kaplan–Meier). */
function Times({ asked }: { asked: Query }) {
  const { t, language } = useI18n();
  const result = useQuery({
    queryKey: ['indicators', asked],
    queryFn: ({ signal }) => get<{ indicators: TimeIndicator[] }>('/api/indicators', asked, signal),
    staleTime: 60_000,
  });
  const times = (result.data?.indicators ?? []).filter((entry) => entry.id in t.dashboard.timeNames);
  const total = times.find((entry) => entry.id === 'T3');
  const days = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : formatShort(value, language);
  const isAbout = (entry: TimeIndicator): boolean => entry.method !== 'nearest-rank, exact';
  const percentile = (entry: TimeIndicator, value: number | null): string =>
    value !== null && isAbout(entry) ? `≈ ${days(value)}` : days(value);
  return (
    <section className="panel" aria-labelledby="times" data-testid="times">
      <header className="panel-head">
        <h2 id="times">{t.dashboard.times}</h2>
        <span className="quiet">{t.dashboard.timesUnit}</span>
      </header>
      {result.isError ? (
        <LoadProblem error={result.error} retry={() => void result.refetch()} />
      ) : result.data === undefined ? (
        <Loading rows={3} />
      ) : times.length === 0 ? (
        <Empty title={t.dashboard.timesNone} />
      ) : (
        <>
          <table className="table">
            <thead>
              <tr>
                <th scope="col" />
                <th scope="col" className="numeric">
                  {t.dashboard.median}
                </th>
                <th scope="col" className="numeric">
                  p90
                </th>
                <th scope="col" className="numeric">
                  n
                </th>
                <th scope="col" className="numeric">
                  {t.dashboard.open}
                </th>
              </tr>
            </thead>
            <tbody>
              {times.map((entry) => (
                <tr key={entry.id}>
                  <td>{t.dashboard.timeNames[entry.id]}</td>
                  <td className="numeric">{percentile(entry, entry.median)}</td>
                  <td className="numeric">{percentile(entry, entry.p90)}</td>
                  <td className="numeric">{formatNumber(entry.n, language)}</td>
                  <td className="numeric">{formatNumber(entry.open, language)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {total?.kaplanMeier ? (
            <p className="panel-body quiet times-note">
              {t.dashboard.kaplanMeier(
                days(total.kaplanMeier.median),
                formatPercent(total.kaplanMeier.by20, language),
                formatPercent(total.kaplanMeier.by60, language),
                formatPercent(total.kaplanMeier.by120, language),
              )}
            </p>
          ) : null}
          {times.some(isAbout) ? <p className="panel-body quiet times-note">{t.dashboard.timesAbout}</p> : null}
        </>
      )}
    </section>
  );
}
