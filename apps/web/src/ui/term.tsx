import type { RunningTerm, ThreeDates, WhyStep } from '../api/types';
import { useI18n } from '../i18n';
import type { Dictionary } from '../i18n/vi';
import { useNow } from './use-now';
import {
  formatCite,
  formatDay,
  formatTime,
  formatWeekday,
  isLegalDay,
  legalDayOf,
  toMs,
  type Language,
} from './format';
import { Icon, type IconName } from './icon';
import { Pop } from './pop';
import { readTerm, type Reading, type Urgency } from './urgency';

const urgencyIcon: Record<Urgency, IconName> = { late: 'late', today: 'today', soon: 'warn', calm: 'clock' };

/** In dense rows minutes are left out from three hours on. */
const ROUGH_FROM_MINUTES = 180;

/** `còn 3 ngày`, `còn 2 giờ 10 phút`, `quá 1 ngày`. */
export function timeLeft(reading: Reading, t: Dictionary, brief = false): string {
  const left = t.term.left;
  if (reading.isHourTerm) {
    const minutes = Math.floor(Math.abs(reading.msLeft) / 60_000);
    if (reading.msLeft < 0) {
      return minutes >= 48 * 60 ? left.lateDays(Math.floor(minutes / 1440)) : left.lateHours(Math.floor(minutes / 60));
    }
    if (minutes >= 48 * 60) return left.days(Math.floor(minutes / 1440));
    return left.hours(Math.floor(minutes / 60), brief && minutes >= ROUGH_FROM_MINUTES ? 0 : minutes % 60);
  }
  if (reading.daysLeft < 0) return left.lateDays(-reading.daysLeft);
  return reading.daysLeft === 0 ? left.today : left.days(reading.daysLeft);
}

/** `25/01/2026 (CN)`, with the hour before it where the date is a moment. */
export function dateWithWeekday(date: string, language: Language): string {
  const weekday = formatWeekday(date, language);
  return isLegalDay(date) ? `${formatDay(date)} (${weekday})` : `${formatTime(date)} ${formatDay(date)} (${weekday})`;
}

/** The three dates with what each means. */
export function ThreeDatesList({ dates }: { dates: ThreeDates }) {
  const { t, language } = useI18n();
  const rows: [keyof ThreeDates, string, string][] = [
    ['safeBy', t.term.safeBy, t.term.safeByLong],
    ['due', t.term.due, t.term.dueLong],
    ['latestArguable', t.term.latestArguable, t.term.latestLong],
  ];
  return (
    <dl className="three-dates">
      {rows.map(([key, word, meaning]) => (
        <div key={key}>
          <dt>{word}</dt>
          <dd>
            <strong>{dateWithWeekday(dates[key], language)}</strong>
            <span>{meaning}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/**
 * A date that is never alone: `Hạn 25/01/2026 (CN) · còn 3 ngày · Đ.147(1)`, with an icon and a colour for its urgency.
 * Where the three dates differ they are one click away. `brief` leaves out the word "Hạn" and the weekday's year for dense rows.
 */
export function Term({
  term,
  brief = false,
  nowMs,
}: {
  term: ThreeDates & Partial<Pick<RunningTerm, 'cites' | 'rule'>>;
  brief?: boolean;
  nowMs?: number;
}) {
  const { t, language } = useI18n();
  const ticking = useNow();
  const at = nowMs ?? ticking;
  const reading = readTerm(term, at);
  const left = timeLeft(reading, t, brief);
  const first = term.cites?.[0];
  const cite = first === undefined ? null : formatCite(first, language, brief);
  const sameYear = legalDayOf(at).slice(0, 4) === legalDayOf(toMs(reading.date)).slice(0, 4);
  const date = dateWithWeekday(reading.date, language);
  const isToday = legalDayOf(toMs(reading.date)) === legalDayOf(at);
  const shown =
    brief && reading.isHourTerm && isToday
      ? `${formatTime(reading.date)} ${t.term.left.today}`
      : brief && sameYear
        ? date.replace(/\/\d{4}/, '')
        : date;
  // What is read aloud holds what is seen.
  const words = `${brief ? '' : `${t.term.by} `}${shown} · ${left}${cite === null ? '' : ` · ${cite}`}`;
  const text = (
    <span className={`term term-${reading.urgency}`} title={`${t.term.urgency[reading.urgency]} · ${words}`}>
      <Icon name={urgencyIcon[reading.urgency]} />
      <span className="term-text">
        {brief ? null : `${t.term.by} `}
        <span className="term-date">{shown}</span>
        <span className="term-left"> · {left}</span>
        {cite === null ? null : <span className="term-cite"> · {cite}</span>}
      </span>
    </span>
  );
  if (!reading.datesDiffer) return text;
  return (
    <Pop button={text} buttonClass="plain-button term-button" label={`${words}. ${t.term.threeDates}`}>
      {() => <ThreeDatesList dates={term} />}
    </Pop>
  );
}

/** Each step of the count, with its article. */
export function WhyList({ steps }: { steps: WhyStep[] }) {
  const { say, language } = useI18n();
  return (
    <ol className="why">
      {steps.map((step, index) => (
        <li key={index}>
          <span>{say(step)}</span>
          {step.cite ? <span className="cite">{formatCite(step.cite, language)}</span> : null}
        </li>
      ))}
    </ol>
  );
}
