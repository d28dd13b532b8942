import { tipMembers } from './tip-sets.js';
import { isReported } from './sql.js';
import type { WindowSql } from './sql.js';

/** Processing times: from when, to what, gross or net of suspension (indicators.md T1–T4). */
const TIMES = {
  T1: { starts: 't.accepted_at', ends: 't.assigned_at', isNet: false },
  T2: { starts: 't.assigned_at', ends: 't.decided_at', isNet: false },
  T3: { starts: 't.accepted_at', ends: 't.decided_at', isNet: false },
  T4: { starts: 't.accepted_at', ends: 't.decided_at', isNet: true },
} as const;

export type TimeId = keyof typeof TIMES;
export const TIME_IDS = Object.keys(TIMES) as TimeId[];

/** Seconds of suspension between two moments, as known at the as-of moment; the i-th resumption ends the i-th suspension. */
const suspendedSeconds = (from: string, to: string, { asOf }: WindowSql): string => `
  CASE WHEN t.suspended_at IS NULL THEN 0::float8 ELSE (
    SELECT coalesce(sum(greatest(0, date_part('epoch',
      least(coalesce(CASE WHEN act.resumed_recorded <= ${asOf} THEN act.resumed END, ${to}), ${to})
      - greatest(act.suspended, ${from})))), 0)
    FROM unnest(t.suspended_at, t.suspended_recorded_at, t.resumed_at, t.resumed_recorded_at)
      AS act(suspended, suspended_recorded, resumed, resumed_recorded)
    WHERE act.suspended_recorded <= ${asOf}) END`;

/**
 * Hundredths of a day between two moments: hours / 24 with two decimals, half up. 864 s are one hundredth; the quotient of
 * a half is exact in binary, so adding a half and cutting off rounds it up. `date_part` is `extract` without the detour by
 * decimal arithmetic.
 */
function hundredths(time: (typeof TIMES)[TimeId], to: string, window: WindowSql): string {
  const gross = `date_part('epoch', (${to}) - ${time.starts})`;
  const seconds = time.isNet ? `${gross} - ${suspendedSeconds(time.starts, to, window)}` : gross;
  return `floor(greatest(0, ${seconds}) / 864 + 0.5)::integer`;
}

/** Which observations of a distribution a row counts, and how often. */
export interface DistributionRow {
  id: TimeId;
  /** Closed in the period: counts for the percentiles. */
  is_closed: boolean;
  /** Accepted in the period: counts for Kaplan–Meier. */
  is_accepted: boolean;
  /** Ended after `hundredths`, otherwise last seen open then. */
  has_ended: boolean;
  hundredths: number;
  count: number;
}

/**
 * Distributions behind T1–T4, one row per distinct hundredth of a day. An acknowledged transfer and a merger censor at
 * their moment, an open matter at as-of; in the gross version a suspended matter stays open.
 */
export function timeDistributions(window: WindowSql, sets: Readonly<Record<string, string>>): string {
  const parts = TIME_IDS.map((id) => {
    const time = TIMES[id];
    const hasEnded = `(${time.ends} IS NOT NULL AND t.released_or_never >= ${time.ends})`;
    const until = `CASE WHEN ${hasEnded} THEN ${time.ends} ELSE t.last_seen END`;
    return `
      SELECT '${id}' AS id, t.is_closed_${id.toLowerCase()} AS is_closed, t.is_accepted, ${hasEnded} AS has_ended,
        ${hundredths(time, until, window)} AS hundredths, count(*)::integer AS count
      FROM t WHERE (t.is_closed_${id.toLowerCase()} OR t.is_accepted) AND ${time.starts} IS NOT NULL
      GROUP BY 2, 3, 4, 5`;
  });
  const closed = TIME_IDS.map((id) => `(${sets[`${id}.closed`]}) IS TRUE AS is_closed_${id.toLowerCase()}`);
  return `
    WITH t AS MATERIALIZED (
      SELECT * FROM (
        SELECT t.accepted_at, t.assigned_at, t.decided_at, t.suspended_at, t.suspended_recorded_at, t.resumed_at,
          t.resumed_recorded_at, coalesce(t.released_at, 'infinity') AS released_or_never,
          least(t.released_at, t.merged_at, t.decided_at, ${window.asOf}) AS last_seen,
          (t.in_accepted AND t.accepted_at >= ${window.start} AND t.accepted_at < ${window.end}) IS TRUE AS is_accepted,
          ${closed.join(', ')}
        FROM (${tipMembers(window)}) t OFFSET 0) t
      WHERE t.is_accepted OR t.is_closed_t1 OR t.is_closed_t3)
    ${parts.join(' UNION ALL ')}`;
}

/**
 * Of the acceptances in the period, those times that have not ended, as they stand when nothing was recorded after the
 * as-of moment; what has ended is in the sums. Few of many matters: a range of the index of those that go on, or that
 * left in another way than by a decision after an assignment.
 */
export function followUpsNotEnded(window: WindowSql): string {
  const moments = `t.decided_at, t.suspended_at, t.suspended_recorded_at, t.resumed_at, t.resumed_recorded_at`;
  const isIn = (accepted: string): string => `${accepted} >= ${window.start} AND ${accepted} < ${window.end}`;
  const lastSeen = (released: string): string =>
    `coalesce(${released}, 'infinity') AS released_or_never,
      least(${released}, t.merged_at, t.decided_at, ${window.asOf}) AS last_seen`;
  const parts = TIME_IDS.map((id) => {
    const time = TIMES[id];
    return `
      SELECT '${id}' AS id, false AS is_closed, true AS is_accepted, false AS has_ended,
        ${hundredths(time, 't.last_seen', window)} AS hundredths, count(*)::integer AS count
      FROM t WHERE ${time.starts} IS NOT NULL AND (${time.ends} IS NULL OR t.released_or_never < ${time.ends})
      GROUP BY 5`;
  });
  return `
    WITH t AS MATERIALIZED (
      SELECT t.accepted_at, t.assigned_at, ${moments}, ${lastSeen('t.released_at')}
      FROM statistics.tip_facts t
      WHERE t.accepted_at IS NOT NULL AND (t.decided_at IS NULL OR t.released_at IS NOT NULL OR t.assigned_at IS NULL)
        AND ${isIn('t.accepted_at')} AND ${isReported(window, 't.accepted_unit', 't.accepted_supervised_by')}
      UNION ALL
      SELECT a."acceptedAt", a."assignedAt", ${moments}, ${lastSeen('a."releasedAt"')}
      FROM statistics.tip_facts t CROSS JOIN LATERAL jsonb_to_recordset(t.earlier_acceptances) AS a(
        "acceptedAt" timestamptz, "assignedAt" timestamptz, "releasedAt" timestamptz, unit text, "supervisedBy" text)
      WHERE t.earlier_acceptances IS NOT NULL
        AND ${isIn('a."acceptedAt"')} AND ${isReported(window, 'a.unit', 'a."supervisedBy"')})
    ${parts.join(' UNION ALL ')}`;
}

/** Hundredths of a day of one row of `tipMembers` in the set `<id>.closed`, for the list behind the figure. */
export function closedHundredths(id: TimeId, window: WindowSql): string {
  return hundredths(TIMES[id], TIMES[id].ends, window);
}
