import { useI18n } from '../i18n';
import { DataTable, type Column } from '../ui/data-table';
import { formatDay, formatDayShort, formatNumber, formatWhen } from '../ui/format';
import { Icon } from '../ui/icon';
import { Loading, LoadProblem } from '../ui/states';
import { useCalendarVersions } from './queries';
import type { CalendarVersion, RecomputeState } from './types';
import { useWords, type Words } from './words';

const MOST_DAYS = 6;

/** How far a publication has been carried out, and what it moved. */
export function Recomputed({ state }: { state: RecomputeState | null }) {
  const w = useWords();
  const { language } = useI18n();
  const n = (value: number): string => formatNumber(value, language);
  if (state === null) return <span className="quiet">–</span>;
  if (state.failing > 0) {
    return (
      <span className="tag tag-red">
        <Icon name="warn" /> {w.failing(n(state.failing))}
      </span>
    );
  }
  if (state.finishedAt === null) {
    return (
      <span className="tag tag-wait" role="status">
        <Icon name="clock" /> {w.running(n(state.lookedAt), n(state.queued))}
      </span>
    );
  }
  return <span>{w.movedCount(n(state.moved))}</span>;
}

function columnsOf(w: Words, onYear: (year: number) => void): Column<CalendarVersion>[] {
  return [
    {
      key: 'version',
      title: w.version,
      lead: true,
      render: ({ calendarVersion, year }) => (
        <span className="nowrap">
          <strong>{calendarVersion}</strong>
          {year === null ? null : (
            <>
              {' · '}
              <button type="button" className="plain-button link-act" onClick={() => onYear(year)}>
                {w.year} {year}
              </button>
            </>
          )}
        </span>
      ),
    },
    {
      key: 'source',
      title: w.source,
      width: 'wide',
      render: ({ sources, reason }) => (
        <span className="law-wraps">
          {sources.join(' · ')}
          {reason === null ? null : <span className="quiet"> — {reason}</span>}
        </span>
      ),
    },
    {
      key: 'applied',
      title: w.applied,
      render: ({ publishedAt, publishedBy }) =>
        publishedAt === null ? (
          <span className="quiet">{w.released}</span>
        ) : (
          <span className="nowrap">
            {formatWhen(publishedAt)} {publishedBy === null ? null : <span className="quiet">{w.by(publishedBy)}</span>}
          </span>
        ),
    },
    {
      key: 'changed',
      title: w.changed,
      render: ({ changedDays }) => (
        <span className="law-wraps">
          {changedDays.slice(0, MOST_DAYS).map(({ day, works }) => (
            <span key={day} className="tag" title={`${formatDay(day)}: ${works ? w.becomesWorking : w.becomesOff}`}>
              {works ? '+' : '−'} {formatDayShort(day)}
            </span>
          ))}
          {changedDays.length > MOST_DAYS ? <span className="quiet"> +{changedDays.length - MOST_DAYS}</span> : null}
        </span>
      ),
    },
    { key: 'moved', title: w.moved, render: ({ recompute }) => <Recomputed state={recompute} /> },
  ];
}

/** Every version of the calendar, the newest first: what it changed, on what document, and what it moved. */
export function CalendarHistory({ onYear }: { onYear: (year: number) => void }) {
  const w = useWords();
  const versions = useCalendarVersions();
  return (
    <section className="panel" aria-labelledby="law-history">
      <header className="panel-head">
        <h2 id="law-history">{w.history}</h2>
      </header>
      {versions.isError ? (
        <LoadProblem error={versions.error} retry={() => void versions.refetch()} />
      ) : versions.data === undefined ? (
        <Loading rows={3} />
      ) : (
        <DataTable
          rows={versions.data.items}
          columns={columnsOf(w, onYear)}
          rowKey={({ calendarVersion }) => calendarVersion}
          label={w.history}
          testId="calendar-versions"
        />
      )}
    </section>
  );
}
