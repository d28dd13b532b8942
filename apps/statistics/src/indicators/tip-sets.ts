import { isReported } from './sql.js';
import type { WindowSql } from './sql.js';

/**
 * The sets of indicators.md over tips, once: a figure counts a set, the list behind the figure selects the same set, and
 * the trend counts it per month. Three layers, each computed once a row (`OFFSET 0` keeps them apart):
 * what was known at the as-of moment; where the matter stood at the start and end of the period; membership.
 */

/** `value` if it was recorded by the as-of moment. */
const known = (value: string, recorded: string, { asOf }: WindowSql): string =>
  `CASE WHEN ${recorded} <= ${asOf} THEN ${value} END`;

/** How many moments of an array lie before `before` and were recorded by the as-of moment. */
const countBefore = (moments: string, recorded: string, before: string | null, { asOf }: WindowSql): string =>
  `(SELECT count(*) FROM unnest(${moments}, ${recorded}) AS act(at, recorded)
    WHERE act.recorded <= ${asOf}${before === null ? '' : ` AND act.at < ${before}`})`;

/** The first moment of an array lies before `before` and was recorded by the as-of moment; false when there is none. */
const isFirstBefore = (moments: string, recorded: string, before: string | null, { asOf }: WindowSql): string =>
  `coalesce(${recorded}[1] <= ${asOf}${before === null ? '' : ` AND ${moments}[1] < ${before}`}, false)`;

/**
 * Suspended at a moment (null = by everything known): more suspensions than resumptions before it. Nearly all suspended
 * tips were suspended once, which two comparisons tell.
 */
const isSuspended = (before: string | null, window: WindowSql): string => {
  const suspensions = ['t.suspended_at', 't.suspended_recorded_at'] as const;
  const resumptions = ['t.resumed_at', 't.resumed_recorded_at'] as const;
  return `CASE WHEN t.suspended_at IS NULL THEN false
    WHEN cardinality(t.suspended_at) = 1
    THEN ${isFirstBefore(...suspensions, before, window)} AND NOT ${isFirstBefore(...resumptions, before, window)}
    ELSE ${countBefore(...suspensions, before, window)} > ${countBefore(...resumptions, before, window)} END`;
};

/** An item of a history kept as JSON, the newest that was recorded by the as-of moment. */
const newestKnown = (history: string, field: string, { asOf }: WindowSql): string =>
  `(SELECT item.value ->> '${field}' FROM jsonb_array_elements(${history}) WITH ORDINALITY AS item(value, place)
    WHERE (item.value ->> 'recordedAt')::timestamptz <= ${asOf} ORDER BY item.place DESC LIMIT 1)`;

const responsible = (column: string, field: string, window: WindowSql): string =>
  `CASE WHEN t.responsible_recorded_at <= ${window.asOf} THEN t.${column}
    ELSE ${newestKnown('t.earlier_responsible', field, window)} END`;

/** Which tips are read. */
interface Reach {
  /** Moments beyond which rows cannot count. */
  from: string;
  to: string;
  /** A statement of the ids to read, where not all that may count are asked for. */
  among?: string;
}

/**
 * Layer 1: tips as known at the as-of moment, one row per acceptance by a competent body (a tip has one, or none yet, but
 * for those that were accepted, transferred and accepted anew). `is_current` marks exactly one row of each tip.
 * @param from the oldest, and `to` the newest, moment that any window asks about: rows that cannot count are left unread
 */
function knownTips(window: WindowSql, { from, to, among }: Reach): string {
  const { asOf } = window;
  const common = `
    t.tip_id, t.register_number, t.register_year, t.kind, t.category, t.case_id,
    t.received_at, t.received_by, t.received_supervised_by,
    ${known('t.classified_at', 't.classified_recorded_at', window)} AS classified_at,
    t.classified_in_time, t.classify_breach_at,
    ${known('t.handled_at', 't.handled_recorded_at', window)} AS handled_at, t.handled_in_time,
    ${known('t.decided_at', 't.decided_recorded_at', window)} AS decided_at,
    ${known('t.outcome', 't.decided_recorded_at', window)} AS outcome,
    ${known('t.merged_at', 't.merged_recorded_at', window)} AS merged_at,
    t.suspended_at, t.suspended_recorded_at, t.resumed_at, t.resumed_recorded_at`;
  // Every branch can use an index; together they leave out what was over before the oldest moment.
  const mayCount = `t.received_recorded_at <= ${asOf} AND (
      (t.received_at >= ${from} AND t.received_at < ${to})
      OR t.decided_at IS NULL OR t.decided_at >= ${from} OR t.decided_recorded_at > ${asOf})
    ${among === undefined ? '' : `AND t.tip_id = ANY (ARRAY(${among}))`}`;
  return `
    SELECT ${common}, true AS is_current,
      ${known('t.accepted_at', 't.accepted_recorded_at', window)} AS accepted_at,
      t.accepted_unit, t.accepted_supervised_by,
      ${known('t.assigned_at', 't.assigned_recorded_at', window)} AS assigned_at,
      ${known('t.released_at', 't.released_recorded_at', window)} AS released_at,
      ${responsible('unit_code', 'unit', window)} AS unit_code,
      ${responsible('supervised_by', 'supervisedBy', window)} AS supervised_by,
      CASE WHEN t.term_recorded_at <= ${asOf} THEN t.term_breach_at
        ELSE ${newestKnown('t.earlier_terms', 'breachAt', window)}::timestamptz END AS term_breach_at
    FROM statistics.tip_facts t WHERE ${mayCount}
    UNION ALL
    SELECT ${common}, false,
      a."acceptedAt", a.unit, a."supervisedBy",
      ${known('a."assignedAt"', 'a."assignedRecordedAt"', window)},
      ${known('a."releasedAt"', 'a."releasedRecordedAt"', window)},
      a.unit, a."supervisedBy", NULL
    FROM statistics.tip_facts t CROSS JOIN LATERAL jsonb_to_recordset(t.earlier_acceptances) AS a(
      "acceptedAt" timestamptz, "acceptedRecordedAt" timestamptz, unit text, "supervisedBy" text,
      "assignedAt" timestamptz, "assignedRecordedAt" timestamptz,
      "releasedAt" timestamptz, "releasedRecordedAt" timestamptz)
    WHERE t.earlier_acceptances IS NOT NULL AND a."acceptedRecordedAt" <= ${asOf} AND ${mayCount}
    OFFSET 0`;
}

/** Layer 2: where each acceptance stood at the edges of the period, and for which of the reported units it counts. */
function placedTips(window: WindowSql, from: string): string {
  const { start, end } = window;
  return `
    SELECT t.*,
      ${isReported(window, 't.received_by', 't.received_supervised_by')} AS in_received,
      ${isReported(window, 't.accepted_unit', 't.accepted_supervised_by')} AS in_accepted,
      ${isReported(window, 't.unit_code', 't.supervised_by')} AS in_responsible,
      ${isSuspended(start, window)} AS suspended_at_start,
      ${isSuspended(end, window)} AS suspended_at_end,
      ${isSuspended(null, window)} AS suspended_now,
      CASE WHEN t.resumed_at IS NULL THEN false ELSE EXISTS (
        SELECT FROM unnest(t.resumed_at, t.resumed_recorded_at) AS act(at, recorded)
        WHERE act.recorded <= ${window.asOf} AND act.at >= ${start} AND act.at < ${end}) END AS resumed_in_period
    FROM (${from}) t OFFSET 0`;
}

/**
 * Layers 3 and 4. `r2_candidate` is the set before what left it by the end is taken away: transfers acknowledged, merged.
 * With roll-ups each tip still counts once: its acceptances follow each other, so at the end of the period at most one holds.
 */
function memberTips(window: WindowSql, from: string): string {
  const { start, end, asOf } = window;
  const candidates = `
    SELECT t.*,
      t.is_current AND t.in_received AND t.received_at >= ${start} AND t.received_at < ${end} AS r1_received,
      coalesce(t.classify_breach_at, t.received_at) <= ${asOf} AS r1_is_due,
      t.classified_at IS NOT NULL AND t.handled_at IS NOT NULL AS is_handled,
      coalesce(t.in_accepted AND t.accepted_at < ${end} AND (
        t.accepted_at >= ${start}
        OR ((t.decided_at IS NULL OR t.decided_at >= ${start}) AND (NOT t.suspended_at_start OR t.resumed_in_period))
      ), false) AS r2_candidate,
      t.released_at IS NOT NULL AND t.released_at < ${end} AS released_by_end,
      t.merged_at IS NOT NULL AND t.merged_at < ${end} AS merged_by_end,
      t.decided_at IS NOT NULL AND t.decided_at >= ${start} AND t.decided_at < ${end} AS decided_in_period,
      t.is_current AND t.in_responsible AND t.decided_at IS NULL AND t.merged_at IS NULL AS is_undecided
    FROM (${from}) t OFFSET 0`;
  return `SELECT t.*, t.r2_candidate AND NOT t.released_by_end AND NOT t.merged_by_end AS in_r2 FROM (${candidates}) t`;
}

/** Rows with every flag that the sets below need. @param among a statement of the ids of tips to read; all when absent */
export function tipMembers(window: WindowSql, among?: string): string {
  const reach = { from: window.start, to: window.end, ...(among === undefined ? {} : { among }) };
  return memberTips(window, placedTips(window, knownTips(window, reach)));
}

/** The same for several windows at once, one row per tip and window that it may count in: `m.start_at`, `m.end_at`, `m.name`. */
export function tipMembersByMonth(window: WindowSql, months: string): string {
  const byMonth: WindowSql = { ...window, start: 't.start_at', end: 't.end_at' };
  const reach = { from: window.start, to: window.end };
  const rows = `
    SELECT t.*, m.month, m.start_at, m.end_at
    FROM (${knownTips(window, reach)}) t JOIN (${months}) m
      ON (t.received_at >= m.start_at AND t.received_at < m.end_at)
      OR (t.accepted_at < m.end_at AND (t.decided_at IS NULL OR t.decided_at >= m.start_at)
        AND (t.released_at IS NULL OR t.released_at >= m.start_at))
    OFFSET 0`;
  return memberTips(byMonth, placedTips(byMonth, rows));
}

const R2 = 't.in_r2';

/** Switches of definitions (indicators.md R2). */
export interface Switches {
  suspensionCountsAsResolved: boolean;
}

/** Whether a tip of R2's denominator is resolved: decided in the period; a suspension counts only by the switch. */
const resolved = ({ suspensionCountsAsResolved }: Switches): string =>
  suspensionCountsAsResolved
    ? '(t.decided_in_period OR (t.suspended_at_end AND NOT t.suspended_at_start))'
    : 't.decided_in_period';

/** Every set over tips by `<indicator>.<part>`, as a condition on a row of `tipMembers`. */
export function tipSets(window: WindowSql, switches: Switches): Readonly<Record<string, string>> {
  const { start, end, asOf } = window;
  const isResolved = resolved(switches);
  const isOpen = `t.is_undecided AND NOT t.suspended_now`;
  const accepted = `t.in_accepted AND t.accepted_at >= ${start} AND t.accepted_at < ${end}`;
  const goesOn = `t.released_at IS NULL AND t.merged_at IS NULL AND t.decided_at IS NULL`;
  const decidedHere = `t.in_accepted AND t.is_current AND t.accepted_at IS NOT NULL AND t.released_at IS NULL AND t.decided_in_period`;
  return {
    'R1.numerator': 't.r1_received AND t.r1_is_due AND t.is_handled',
    'R1.denominator': 't.r1_received AND t.r1_is_due',
    'R1.open': 't.r1_received AND NOT t.r1_is_due',
    'R1.onTime':
      't.r1_received AND t.r1_is_due AND t.is_handled AND coalesce(t.classified_in_time, true) AND coalesce(t.handled_in_time, true)',
    'R2.numerator': `${R2} AND ${isResolved}`,
    'R2.denominator': R2,
    'R2.open': `${R2} AND NOT ${isResolved}`,
    'R2.suspended': `${R2} AND NOT t.decided_in_period AND t.suspended_at_end`,
    'R2.carriedOver': `${R2} AND t.accepted_at < ${start} AND NOT t.suspended_at_start`,
    'R2.accepted': `${R2} AND t.accepted_at >= ${start}`,
    'R2.resumed': `${R2} AND t.accepted_at < ${start} AND t.suspended_at_start`,
    'R2.transferredOut': `t.r2_candidate AND t.released_by_end AND t.released_at >= ${start}`,
    'R2.merged': `t.r2_candidate AND NOT t.released_by_end AND t.merged_by_end AND t.merged_at >= ${start}`,
    'R2i.numerator': `${R2} AND t.decided_in_period AND t.outcome = 'initiated'`,
    'R2i.denominator': R2,
    'R2i.open': `${R2} AND NOT ${isResolved}`,
    'R3.numerator': `${isOpen} AND t.term_breach_at <= ${asOf}`,
    'R3.denominator': isOpen,
    'R3.open': isOpen,
    'R3.suspended': 't.is_undecided AND t.suspended_now',
    'T1.closed': `t.in_accepted AND NOT t.released_by_end AND t.assigned_at >= ${start} AND t.assigned_at < ${end}`,
    'T1.open': `${accepted} AND ${goesOn} AND t.assigned_at IS NULL`,
    'T2.closed': `${decidedHere} AND t.assigned_at IS NOT NULL`,
    'T2.open': `${accepted} AND ${goesOn} AND t.assigned_at IS NOT NULL`,
    'T3.closed': decidedHere,
    'T3.open': `${accepted} AND ${goesOn}`,
    'T4.closed': decidedHere,
    'T4.open': `${accepted} AND ${goesOn}`,
  };
}
