import { useI18n } from '../i18n';
import { formatDay, formatWeekday } from '../ui/format';
import { columnOf, daysOfMonth, type DayState, type Schedule, stateOf } from './schedule';
import type { ChangedDay } from './types';
import { useWords } from './words';

interface Props {
  year: number;
  schedule: Schedule;
  changes: readonly ChangedDay[];
  today: string;
  chosen: string | null;
  onChoose: (day: string) => void;
}

/** The twelve months of a year; each day is a button that says what it is. */
export function YearGrid({ year, ...rest }: Props) {
  return (
    <div className="law-year" data-testid="year-grid">
      {Array.from({ length: 12 }, (_, i) => (
        <Month key={i} year={year} month={i + 1} {...rest} />
      ))}
    </div>
  );
}

function Month({ year, month, schedule, changes, today, chosen, onChoose }: Props & { month: number }) {
  const w = useWords();
  const days = daysOfMonth(year, month);
  return (
    <section className="law-month" aria-label={`${w.months(month)} ${year}`}>
      <h3>{w.months(month)}</h3>
      <div className="law-weekdays" aria-hidden="true">
        {w.weekdays.map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <div className="law-days">
        {days.map((day, i) => (
          <Day
            key={day}
            day={day}
            column={i === 0 ? columnOf(day) + 1 : null}
            state={stateOf(day, schedule)}
            isChanged={changes.some((one) => one.day === day)}
            isToday={day === today}
            isChosen={day === chosen}
            onChoose={onChoose}
          />
        ))}
      </div>
    </section>
  );
}

function Day({
  day,
  column,
  state,
  isChanged,
  isToday,
  isChosen,
  onChoose,
}: {
  day: string;
  column: number | null;
  state: DayState;
  isChanged: boolean;
  isToday: boolean;
  isChosen: boolean;
  onChoose: (day: string) => void;
}) {
  const w = useWords();
  const { language, say, t } = useI18n();
  const number = Number(day.slice(8));
  const look = state.is === 'off' ? state.off.kind : state.is;
  const mark = state.is === 'off' ? w.marks[state.off.kind] : state.is === 'saturday' ? w.marks.saturday : '';
  const meaning =
    state.is === 'off'
      ? `${w.kinds[state.off.kind]}: ${say(state.off.name)}`
      : state.is === 'saturday'
        ? `${w.legend.saturday} (${formatDay(state.insteadOf)})`
        : state.is === 'weekend'
          ? w.weekend
          : w.works;
  const label = [
    // What is read aloud holds what is seen: the number alone comes first.
    `${number}, ${formatWeekday(day, language)} ${formatDay(day)}`,
    meaning,
    ...(isToday ? [t.common.today] : []),
    ...(isChanged ? [w.legend.changed] : []),
  ].join(', ');
  const classes = ['law-day', `law-day-${look}`, isChanged ? 'law-day-changed' : '', isToday ? 'law-day-today' : ''];
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(' ')}
      style={column === null ? undefined : { gridColumnStart: column }}
      aria-label={label}
      aria-pressed={isChosen}
      title={label.slice(label.indexOf(',') + 2)}
      data-day={day}
      onClick={() => onChoose(day)}
    >
      <span>{number}</span>
      {mark === '' ? null : <span className="law-mark" data-mark={mark} />}
    </button>
  );
}

/** What the marks of the grid mean. */
export function Legend() {
  const w = useWords();
  return (
    <ul className="law-legend">
      {(['holiday', 'compensation', 'swap', 'saturday'] as const).map((kind) => (
        <li key={kind}>
          <span className={`law-swatch law-day-${kind}`}>{w.marks[kind]}</span> {w.legend[kind]}
        </li>
      ))}
      <li>
        <span className="law-swatch law-day-changed" /> {w.legend.changed}
      </li>
    </ul>
  );
}
