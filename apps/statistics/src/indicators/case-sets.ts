import { isReported } from './sql.js';
import type { WindowSql } from './sql.js';

const known = (value: string, recorded: string, { asOf }: WindowSql): string =>
  `CASE WHEN ${recorded} <= ${asOf} THEN ${value} END`;

const ROUND_COLUMNS = `concluded_at timestamptz, concluded_recorded_at timestamptz, proposes_prosecution boolean,
  file_received_at timestamptz, file_received_recorded_at timestamptz, base_breach_at timestamptz,
  term_latest_arguable date, term_breach_at timestamptz, term_recorded_at timestamptz, earlier_terms jsonb,
  decided_at timestamptz, decided_recorded_at timestamptz, decision text`;

/** Milestones of a round `r` as known at the as-of moment. */
const knownRound = (window: WindowSql): string => `
  c.case_id, c.tip_id, c.case_number, c.case_year, c.unit_code, c.supervised_by, c.category, c.class, c.initiated_at,
  ${known('r.concluded_at', 'r.concluded_recorded_at', window)} AS concluded_at,
  ${known('r.proposes_prosecution', 'r.concluded_recorded_at', window)} AS proposes_prosecution,
  ${known('r.file_received_at', 'r.file_received_recorded_at', window)} AS file_received_at,
  ${known('r.base_breach_at', 'r.file_received_recorded_at', window)} AS base_breach_at,
  CASE WHEN r.term_recorded_at <= ${window.asOf} THEN r.term_breach_at ELSE (
    SELECT (item.value ->> 'breachAt')::timestamptz
    FROM jsonb_array_elements(r.earlier_terms) WITH ORDINALITY AS item(value, place)
    WHERE (item.value ->> 'recordedAt')::timestamptz <= ${window.asOf} ORDER BY item.place DESC LIMIT 1) END AS term_breach_at,
  ${known('r.decided_at', 'r.decided_recorded_at', window)} AS decided_at,
  ${known('r.decision', 'r.decided_recorded_at', window)} AS decision`;

/** Rounds of prosecution as known at the as-of moment; the one at hand has the highest place. */
function knownRounds(window: WindowSql, among?: string): string {
  const isAmong = among === undefined ? '' : `AND c.case_id = ANY (ARRAY(${among}))`;
  return `
    SELECT ${knownRound(window)}, 2147483647 AS place
    FROM statistics.case_facts c CROSS JOIN LATERAL (SELECT c.*) AS r
    WHERE c.opened_recorded_at <= ${window.asOf} ${isAmong}
    UNION ALL
    SELECT ${knownRound(window)}, r.place::integer
    FROM statistics.case_facts c CROSS JOIN LATERAL
      ROWS FROM (jsonb_to_recordset(c.earlier_rounds) AS (${ROUND_COLUMNS})) WITH ORDINALITY AS r(
        concluded_at, concluded_recorded_at, proposes_prosecution, file_received_at, file_received_recorded_at,
        base_breach_at, term_latest_arguable, term_breach_at, term_recorded_at, earlier_terms, decided_at,
        decided_recorded_at, decision, place)
    WHERE c.opened_recorded_at <= ${window.asOf} AND c.earlier_rounds IS NOT NULL ${isAmong}`;
}

const isDecidedIn = ({ start, end }: WindowSql): string =>
  `(c.decided_at IS NOT NULL AND c.decided_at >= ${start} AND c.decided_at < ${end})`;

/** The end of a term is the midnight after its last day and belongs to the period of that day. */
const hasEndedIn = ({ start, end, asOf }: WindowSql): string =>
  `(c.term_breach_at IS NOT NULL AND c.term_breach_at > ${start} AND c.term_breach_at <= least(${end}, ${asOf})
    AND (c.decided_at IS NULL OR c.decided_at >= c.term_breach_at))`;

/** One round per case (and month): of several the last that was decided or ran out in the period, else the one at hand. */
function memberRounds(window: WindowSql, rounds: string, month: string | null): string {
  const key = month === null ? 'c.case_id' : `c.case_id, ${month}`;
  return `
    SELECT DISTINCT ON (${key}) c.*
    FROM (
      SELECT c.*, ${isDecidedIn(window)} AS decided_in_period, ${isDecidedIn(window)} OR ${hasEndedIn(window)} AS is_candidate,
        c.decided_at IS NOT NULL AND c.term_breach_at IS NOT NULL AND c.decided_at < c.term_breach_at AS is_on_time,
        c.decided_at IS NOT NULL AND c.base_breach_at IS NOT NULL AND c.decided_at < c.base_breach_at AS is_in_base_term
      FROM (${rounds}) c
      WHERE ${isReported(window, 'c.unit_code', 'c.supervised_by')} AND c.proposes_prosecution) c
    ORDER BY ${key}, c.is_candidate DESC, c.place DESC`;
}

/**
 * Cases with every flag that the sets over cases need. A case counts in the period in which it was decided, or in which
 * its term ran out undecided.
 * @param among a statement of the ids of cases to read; all when absent
 */
export function caseMembers(window: WindowSql, among?: string): string {
  return memberRounds(window, knownRounds(window, among), null);
}

/** The same for several months at once: one row per case and month that it counts in. `months` gives `month, start_at, end_at`. */
export function caseMembersByMonth(window: WindowSql, months: string): string {
  const byMonth: WindowSql = { ...window, start: 'c.start_at', end: 'c.end_at' };
  const inMonth: WindowSql = { ...window, start: 'm.start_at', end: 'm.end_at' };
  const rounds = `
    SELECT c.*, m.month, m.start_at, m.end_at FROM (${knownRounds(window)}) c
    JOIN (${months}) m ON ${isDecidedIn(inMonth)} OR ${hasEndedIn(inMonth)}
    WHERE c.concluded_at < ${window.end} AND (c.decided_at IS NULL OR c.decided_at >= ${window.start})`;
  return memberRounds(byMonth, rounds, 'c.month');
}

/** Every set over cases by `<indicator>.<part>`, as a condition on a row of `caseMembers`. */
export const CASE_SETS: Readonly<Record<string, string>> = (() => {
  const isExcluded = `c.decided_in_period AND c.decision <> 'prosecute'`;
  return {
    'R4.numerator': `c.is_candidate AND c.decided_in_period AND c.decision = 'prosecute' AND c.is_on_time`,
    'R4.denominator': `c.is_candidate AND NOT (${isExcluded})`,
    'R4.open': `NOT c.is_candidate AND c.decided_at IS NULL`,
    'R4.excluded': `c.is_candidate AND ${isExcluded}`,
    'R4.allDecisionsOnTime': 'c.is_candidate AND c.decided_in_period AND c.is_on_time',
    'R4.allDecisions': 'c.is_candidate',
    'R4.inBaseTerm': 'c.is_candidate AND c.decided_in_period AND c.is_in_base_term',
  };
})();
