import { useMemo, useState } from 'react';
import type { Obligation } from '../api/types';
import { useI18n } from '../i18n';
import { useNow } from '../ui/use-now';
import {
  formatCites,
  formatDay,
  formatDayShort,
  formatRecent,
  formatTime,
  formatWhen,
  isLegalDay,
  legalDayOf,
  toMs,
} from '../ui/format';
import { Icon } from '../ui/icon';
import { ThreeDatesList, timeLeft, WhyList } from '../ui/term';
import { endMs, readTerm } from '../ui/urgency';
import './time-axis.css';

/**
 * The clocks of one matter as bars on one time axis: from the start of each term to its latest arguable day, with its three dates, today across all of them,
 * and how each date was reached.
 */
const HOUR_MS = 3_600_000;
/** Room after the last date, as a share of the whole. */
const ROOM = 0.04;

const order: Record<Obligation['status'], number> = { open: 0, breached: 0, done: 1, cancelled: 2 };

export function TimeAxis({ obligations, suspended }: { obligations: Obligation[]; suspended: boolean }) {
  const { t } = useI18n();
  const now = useNow();
  const rows = useMemo(
    () =>
      [...obligations].sort(
        (a, b) => order[a.status] - order[b.status] || endMs(a.latestArguable) - endMs(b.latestArguable),
      ),
    [obligations],
  );
  const isRunning = rows.some((row) => row.status === 'open' || row.status === 'breached');
  const from = Math.min(...rows.map((row) => toMs(row.from)));
  const last = Math.max(...rows.map((row) => endMs(row.latestArguable)), ...(isRunning ? [now] : []));
  const span = Math.max(last - from, HOUR_MS) * (1 + ROOM);
  const at = (ms: number): number => Math.max(0, Math.min(100, ((ms - from) / span) * 100));
  const showsNow = now >= from && now <= from + span;
  if (rows.length === 0) return <p className="panel-body quiet">{t.term.none}</p>;
  return (
    <div className="axis" data-testid="clocks">
      {showsNow ? (
        <div className="axis-head" aria-hidden="true">
          <div className="axis-scale">
            <span
              className={
                at(now) > 85 ? 'axis-today axis-today-end' : at(now) < 8 ? 'axis-today axis-today-start' : 'axis-today'
              }
              style={{ left: `${at(now)}%` }}
            >
              {t.common.today} {formatDayShort(legalDayOf(now))}
            </span>
          </div>
        </div>
      ) : null}
      <ul>
        {rows.map((row) => (
          <Clock
            key={`${row.id}-${row.generation}`}
            row={row}
            at={at}
            now={now}
            showsNow={showsNow}
            suspended={suspended}
          />
        ))}
      </ul>
    </div>
  );
}

function Clock({
  row,
  at,
  now,
  showsNow,
  suspended,
}: {
  row: Obligation;
  at: (ms: number) => number;
  now: number;
  showsNow: boolean;
  suspended: boolean;
}) {
  const { t, say, language } = useI18n();
  const [explained, setExplained] = useState(false);
  const reading = readTerm(row, now);
  const isOpen = row.status === 'open' || row.status === 'breached';
  const isLateDone = row.status === 'done' && row.doneAt !== null && toMs(row.doneAt) >= endMs(row.latestArguable);
  const look =
    row.status === 'done'
      ? isLateDone
        ? 'late-done'
        : 'done'
      : row.status === 'cancelled'
        ? 'cancelled'
        : suspended
          ? 'suspended'
          : reading.urgency;
  const start = at(toMs(row.from));
  const end = at(endMs(row.latestArguable));
  const filled = at(Math.min(row.doneAt === null ? now : toMs(row.doneAt), endMs(row.latestArguable)));
  const dates = [...new Set([row.safeBy, row.due, row.latestArguable])];
  const short = (date: string): string =>
    isLegalDay(date) ? formatDayShort(date) : `${formatTime(date)} ${formatDayShort(date)}`;
  // Under a long bar the dates stand at its ends; a short bar has them beside it, on the side with room.
  const placed = end - start > 36 ? 'under' : end < 62 ? 'after' : 'before';
  const labelStyle =
    placed === 'under'
      ? { marginLeft: `${start}%`, marginRight: `${100 - end}%` }
      : placed === 'after'
        ? { left: `${end}%` }
        : { right: `${100 - start}%` };
  const doneOn =
    row.doneAt === null ? '' : formatRecent(isLegalDay(row.due) ? legalDayOf(toMs(row.doneAt)) : row.doneAt, now);
  const state =
    row.status === 'done'
      ? isLateDone
        ? t.term.lateDone(doneOn)
        : t.term.doneAt(doneOn)
      : row.status === 'cancelled'
        ? t.term.cancelled
        : timeLeft(reading, t);
  return (
    <li className={`clock clock-${look}`} data-rule={row.rule} data-status={row.status}>
      <div className="clock-words">
        <span className="clock-name">{say(row.name) || t.rules[row.rule] || row.rule}</span>
        <span className="cite">{formatCites(row.cites, language, true)}</span>
      </div>
      <div className="clock-axis">
        <div
          className="axis-scale"
          role="img"
          aria-label={`${t.term.axis(say(row.name) || row.rule)}: ${formatWhen(row.from)} – ${dates.map(formatWhen).join(', ')}. ${state}`}
        >
          {showsNow ? <span className="axis-now" style={{ left: `${at(now)}%` }} /> : null}
          {row.superseded.map((was, index) => (
            <span
              key={index}
              className="bar-was"
              style={{ left: `${start}%`, width: `${Math.max(at(endMs(was.latestArguable)) - start, 0.6)}%` }}
              title={t.term.supersededLine(formatWhen(was.due), t.events[was.supersededBy] ?? was.supersededBy)}
            />
          ))}
          <span className="bar-track" style={{ left: `${start}%`, width: `${Math.max(end - start, 0.6)}%` }} />
          <span className="bar-fill" style={{ left: `${start}%`, width: `${Math.max(filled - start, 0.4)}%` }} />
          {isOpen
            ? (['safeBy', 'due', 'latestArguable'] as const).map((which) => (
                <span
                  key={which}
                  className={`bar-mark bar-${which}`}
                  style={{ left: `${at(endMs(row[which]))}%` }}
                  title={`${t.term[which]} ${formatWhen(row[which])}`}
                />
              ))
            : null}
        </div>
        <div className={`clock-dates clock-dates-${placed}`} style={labelStyle}>
          <span className="quiet">{short(row.from)}</span>
          <span className="clock-rule" aria-hidden="true">
            {placed === 'under' ? '' : '–'}
          </span>
          <span>{(isOpen ? dates : [row.due]).map(short).join(' │ ')}</span>
        </div>
      </div>
      <div className="clock-state">
        <span className="clock-left">
          <Icon
            name={
              look === 'done'
                ? 'check'
                : look === 'suspended'
                  ? 'pause'
                  : look === 'late' || look === 'late-done'
                    ? 'late'
                    : look === 'today'
                      ? 'today'
                      : 'clock'
            }
          />
          {state}
        </span>
        <button
          type="button"
          className="plain-button link"
          aria-expanded={explained}
          onClick={() => setExplained(!explained)}
        >
          {t.term.why}
        </button>
      </div>
      {explained ? (
        <div className="clock-why" data-testid="why">
          <ThreeDatesList dates={row} />
          <div>
            <h3>{t.term.whyTitle}</h3>
            <WhyList steps={row.why} />
            {row.requestBy === null ? null : <p className="note">{t.term.requestBy(formatDay(row.requestBy))}</p>}
            {row.superseded.length === 0 ? null : (
              <p className="quiet">
                {t.term.superseded}:{' '}
                {row.superseded
                  .map((was) =>
                    t.term.supersededLine(formatWhen(was.due), t.events[was.supersededBy] ?? was.supersededBy),
                  )
                  .join('; ')}
              </p>
            )}
            <p className="quiet">
              {t.term.owedBy}: {t.obligations.owedBy[row.owedBy] ?? row.owedBy}
            </p>
          </div>
        </div>
      ) : null}
    </li>
  );
}
