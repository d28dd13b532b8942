import { Button } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useI18n } from '../i18n';
import { now } from '../ui/clock';
import { formatDay, formatWeekday, legalDayOf } from '../ui/format';
import { Icon } from '../ui/icon';
import { Loading, LoadProblem } from '../ui/states';
import { useMedia } from '../ui/use-media';
import { useQueryState } from '../ui/use-query-state';
import { Announce, type Announced, announcementOf, NOT_ANNOUNCED } from './announce';
import { CalendarHistory } from './calendar-history';
import { DayEditor } from './day-editor';
import { Legend, YearGrid } from './month-grid';
import { useYearSchedule } from './queries';
import { changesOf, type Schedule } from './schedule';
import type { CalendarDraft, YearSchedule } from './types';
import { useWords } from './words';

const FIRST_YEAR = 2018;
const LAST_YEAR = 2105;

/** The calendar of one year: looked at, drafted on, previewed and published. The year lives in the address. */
export function CalendarEditor({ mayPublish }: { mayPublish: boolean }) {
  const [query, setQuery] = useQueryState();
  const thisYear = Number(legalDayOf(now()).slice(0, 4));
  const asked = Number(query.get('year') ?? thisYear);
  const year = Number.isInteger(asked) && asked >= FIRST_YEAR && asked <= LAST_YEAR ? asked : thisYear;
  const schedule = useYearSchedule(year);
  const choose = (next: number): void => setQuery({ year: String(next) });
  return (
    <>
      {schedule.isError ? (
        <section className="panel">
          <LoadProblem error={schedule.error} retry={() => void schedule.refetch()} />
        </section>
      ) : schedule.data === undefined ? (
        <section className="panel">
          <Loading rows={10} />
        </section>
      ) : (
        <Year
          // Another year or another version in force is another draft.
          key={`${year} ${schedule.data.basedOn}`}
          inForce={schedule.data}
          onYear={choose}
          mayPublish={mayPublish}
        />
      )}
      <CalendarHistory onYear={choose} />
    </>
  );
}

function Year({
  inForce,
  onYear,
  mayPublish,
}: {
  inForce: YearSchedule;
  onYear: (year: number) => void;
  mayPublish: boolean;
}) {
  const w = useWords();
  const { language } = useI18n();
  const { year } = inForce;
  const [schedule, setSchedule] = useState<Schedule>(inForce);
  const [chosen, setChosen] = useState<string | null>(null);
  const editor = useRef<HTMLDivElement>(null);
  const isStacked = useMedia('(max-width: 1180px)');
  useEffect(() => {
    // Below the calendar on a narrow screen, the editor would open out of sight.
    if (chosen !== null && isStacked) editor.current?.scrollIntoView({ block: 'center' });
  }, [chosen, isStacked]);
  const [announced, setAnnounced] = useState<Announced>(NOT_ANNOUNCED);
  const [confirmed, setConfirmed] = useState(false);
  const today = legalDayOf(now());
  const changes = useMemo(() => changesOf(inForce, schedule), [inForce, schedule]);
  const isPast = changes.some(({ day }) => day < today);
  const draft = useMemo<CalendarDraft | null>(() => {
    const announcement = announcementOf(announced);
    if (announcement === null) return null;
    const { offDays, workingSaturdays } = schedule;
    return { year, offDays, workingSaturdays, ...announcement, correctsPast: isPast && confirmed };
  }, [announced, schedule, year, isPast, confirmed]);
  return (
    <div className="law-columns">
      <section className="panel" aria-label={`${w.year} ${year}`}>
        <header className="panel-head">
          <Button
            size="small"
            aria-label={w.before}
            disabled={year <= FIRST_YEAR}
            onClick={() => onYear(year - 1)}
            className="law-step"
          >
            ‹
          </Button>
          <h2 className="law-year-number" data-testid="year">
            {year}
          </h2>
          <Button
            size="small"
            aria-label={w.after}
            disabled={year >= LAST_YEAR}
            onClick={() => onYear(year + 1)}
            className="law-step"
          >
            ›
          </Button>
          <span className={inForce.published ? 'tag tag-done' : 'tag tag-wait'}>
            <Icon name={inForce.published ? 'check' : 'warn'} /> {inForce.published ? w.published : w.unpublished}
          </span>
          <span className="quiet push">{inForce.sources.join(' · ')}</span>
        </header>
        <div className="panel-body law-year-body">
          {inForce.published ? null : <p className="law-hint">{w.unpublishedHint}</p>}
          <YearGrid
            year={year}
            schedule={schedule}
            changes={changes}
            today={today}
            chosen={chosen}
            onChoose={setChosen}
          />
          <Legend />
        </div>
      </section>
      {mayPublish ? (
        <div className="law-side">
          <section className="panel" aria-label={w.changes}>
            <div className="panel-body law-form" ref={editor}>
              {chosen === null ? (
                <p className="quiet">{w.noDay}</p>
              ) : (
                <DayEditor key={chosen} day={chosen} schedule={schedule} onChange={setSchedule} />
              )}
              <h3>{w.changes}</h3>
              {changes.length === 0 ? (
                <p className="quiet">{w.noChanges}</p>
              ) : (
                <ul className="law-changes" data-testid="changes">
                  {changes.map(({ day, works }) => (
                    <li key={day}>
                      <strong>
                        {formatWeekday(day, language)} {formatDay(day)}
                      </strong>{' '}
                      {works ? w.becomesWorking : w.becomesOff}
                    </li>
                  ))}
                </ul>
              )}
              {changes.length === 0 ? null : (
                <div>
                  <Button size="small" onClick={() => setSchedule(inForce)}>
                    {w.reset}
                  </Button>
                </div>
              )}
            </div>
          </section>
          <Announce
            announced={announced}
            onAnnounced={setAnnounced}
            draft={draft}
            past={isPast ? { confirmed, onConfirm: setConfirmed } : null}
            onPublished={() => setAnnounced(NOT_ANNOUNCED)}
          />
        </div>
      ) : null}
    </div>
  );
}
