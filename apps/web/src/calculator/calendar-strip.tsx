import { useMemo } from 'react';
import { useCalendarDays } from '../api/queries';
import type { CalendarDay, LimitResult } from '../api/types';
import { useI18n } from '../i18n';
import { addDays, daysBetween, formatDay, formatWeekday, isLegalDay, legalDayOf, toMs } from '../ui/format';
import { Loading, LoadProblem } from '../ui/states';

/** The server answers at most this many days at once; a longer term shows its end. */
const MOST_DAYS = 390;
const FIRST_MONDAY = '2026-01-05';

type Mark = 'start' | 'safeBy' | 'due' | 'latestArguable';
const marks: readonly Mark[] = ['start', 'safeBy', 'due', 'latestArguable'];

const dayOf = (when: string): string => (isLegalDay(when) ? when : legalDayOf(toMs(when)));
const monthOf = (day: string): string => day.slice(0, 7);
/** Columns before the first of the month in a week that begins on Monday. */
const columnOf = (day: string): number => (((daysBetween(FIRST_MONDAY, day) % 7) + 7) % 7) + 1;

function lastOfMonth(month: string): string {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
}

/** The months that hold the start or one of the three dates, with days off shaded and the dates marked. */
export function CalendarStrip({ answer }: { answer: LimitResult }) {
  const { t, say } = useI18n();
  const at = useMemo(
    () => Object.fromEntries(marks.map((mark) => [mark, dayOf(answer[mark])])) as Record<Mark, string>,
    [answer],
  );
  const last = lastOfMonth(monthOf(at.latestArguable));
  const wanted = `${monthOf(at.start < at.safeBy ? at.start : at.safeBy)}-01`;
  const from = daysBetween(wanted, last) > MOST_DAYS ? `${monthOf(addDays(last, -MOST_DAYS + 31))}-01` : wanted;
  const days = useCalendarDays(from, last);
  const months = useMemo(() => {
    const shown = new Set(marks.map((mark) => monthOf(at[mark])));
    const groups = new Map<string, CalendarDay[]>();
    for (const day of days.data?.items ?? []) {
      const month = monthOf(day.day);
      if (shown.has(month)) groups.set(month, [...(groups.get(month) ?? []), day]);
    }
    return [...groups];
  }, [days.data, at]);

  if (days.isError) return <LoadProblem error={days.error} retry={() => void days.refetch()} />;
  if (days.data === undefined) return <Loading rows={3} />;
  const unpublished = [
    ...new Set(days.data.items.filter(({ published }) => !published).map(({ day }) => day.slice(0, 4))),
  ];
  const word: Record<Mark, string> = {
    start: t.calculator.startDay,
    safeBy: t.term.safeBy,
    due: t.term.due,
    latestArguable: t.term.latestArguable,
  };
  return (
    <div className="strip" aria-label={t.calculator.strip} role="group" data-testid="calendar-strip">
      <div className="strip-months">
        {months.map(([month, items], index) => {
          const before = months[index - 1]?.[0];
          const isGap = before !== undefined && daysBetween(lastOfMonth(before), `${month}-01`) > 1;
          return (
            <div key={month} className={isGap ? 'strip-month strip-gap' : 'strip-month'}>
              <p className="strip-name">
                {month.slice(5)}/{month.slice(0, 4)}
              </p>
              <Weekdays />
              <ol>
                {items.map((day) => (
                  <Day
                    key={day.day}
                    day={day}
                    column={day.day.endsWith('-01') ? columnOf(day.day) : null}
                    on={marks.filter((mark) => at[mark] === day.day)}
                    label={(on) =>
                      [
                        formatDay(day.day),
                        ...on.map((mark) => word[mark]),
                        ...(day.reason === null ? [] : [say(day.reason)]),
                      ].join(' · ')
                    }
                  />
                ))}
              </ol>
            </div>
          );
        })}
      </div>
      <ul className="strip-legend">
        {marks.map((mark) => (
          <li key={mark}>
            <span className={`strip-swatch strip-${mark}`} aria-hidden="true" /> {word[mark]} {formatDay(at[mark])}
          </li>
        ))}
        <li>
          <span className="strip-swatch strip-off" aria-hidden="true" /> {t.calculator.dayOff}
        </li>
      </ul>
      {unpublished.length === 0 ? null : <p className="note">{t.calculator.unpublished(unpublished.join(', '))}</p>}
    </div>
  );
}

function Weekdays() {
  const { language } = useI18n();
  return (
    <p className="strip-weekdays" aria-hidden="true">
      {Array.from({ length: 7 }, (_, index) => (
        <span key={index}>{formatWeekday(addDays(FIRST_MONDAY, index), language)}</span>
      ))}
    </p>
  );
}

function Day({
  day,
  column,
  on,
  label,
}: {
  day: CalendarDay;
  column: number | null;
  on: readonly Mark[];
  label: (on: readonly Mark[]) => string;
}) {
  const text = label(on);
  const looks = [day.working ? 'strip-day' : 'strip-day strip-off', ...on.map((mark) => `strip-${mark}`)];
  return (
    <li
      className={looks.join(' ')}
      title={text}
      {...(on.length > 0 ? { 'aria-label': text } : {})}
      {...(column === null ? {} : { style: { gridColumnStart: column } })}
    >
      {Number(day.day.slice(8))}
    </li>
  );
}
