import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import type { CaseFacts } from '../matters/case-facts.js';
import type { TipFacts } from '../matters/tip-facts.js';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { CASE_SETS_KEPT, caseRounds, caseSets } from './case-membership.js';
import { dayNumberAt, startOfDayNumber } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { SETTLED, tipLives } from './tip-life.js';
import { acceptedSets, openState, receivedSets, TIP_SETS } from './tip-membership.js';

/** Sizes to be added, by set. */
export type Correction = Record<string, number>;

interface AsOf {
  asOf: string;
  asOfMs: number;
  units: readonly string[] | null;
  /** Nothing visible was recorded after the moment. */
  isLatest: boolean;
}

/** As many matters recorded after the as-of moment are taken back one by one; of more, the facts are counted. */
const MOST = 2_000;

/**
 * What the rollups, which know everything, must give and take for a report as of a moment: matters of which something was
 * recorded later, tips whose term of classification still runs, and cases whose term ends between the moment and the end
 * of the period. For now these are few; each kind is read by an index.
 * @returns one correction per window; null when there are too many
 */
export async function readNotYetKnown(
  tx: PoolClient,
  report: AsOf,
  windows: readonly { start: DayNumber; end: DayNumber }[],
): Promise<Correction[] | null> {
  const corrections = windows.map((): Correction => ({}));
  const isIn = scopeTest(report.units);
  const later = report.isLatest ? { tips: [], cases: [] } : await recordedLater(tx, report);
  if (!later) return null;
  for (const facts of later.tips) {
    correctTip(corrections, windows, facts, isIn, { asOfMs: report.asOfMs, isSettled: true, sign: -1 });
    correctTip(corrections, windows, facts, isIn, { asOfMs: report.asOfMs, isSettled: false, sign: 1 });
  }
  const running = await stillRunning(tx, report, windows);
  leaveOutRunningCases(running.rounds, windows, corrections);
  for (const facts of [...later.cases, ...running.cases]) {
    if (!isIn(facts.unit_code, facts.supervised_by)) continue;
    correctCase(corrections, windows, facts, SETTLED, -1);
    correctCase(corrections, windows, facts, report.asOfMs, 1);
  }
  leaveOutUnclassified(running.tips, windows, corrections);
  return corrections;
}

type InScope = (unit: string | null, supervisedBy: string | null) => boolean;

function scopeTest(units: readonly string[] | null): InScope {
  if (units === null) return () => true;
  const codes = new Set(units);
  return (unit, supervisedBy) =>
    (unit !== null && codes.has(unit)) || (supervisedBy !== null && codes.has(supervisedBy));
}

function add(correction: Correction, name: string, amount: number): void {
  correction[name] = (correction[name] ?? 0) + amount;
}

function addMask(correction: Correction, sets: readonly string[], mask: number, sign: number): void {
  sets.forEach((name, bit) => {
    if ((mask >> bit) & 1) add(correction, name, sign);
  });
}

function correctTip(
  corrections: readonly Correction[],
  windows: readonly { start: DayNumber; end: DayNumber }[],
  facts: TipFacts,
  isIn: InScope,
  // Settled: as the rollups count it, by everything recorded; otherwise by what was recorded at the moment.
  { asOfMs, isSettled, sign }: { asOfMs: number; isSettled: boolean; sign: 1 | -1 },
): void {
  for (const life of tipLives(facts, isSettled ? SETTLED : asOfMs)) {
    const isReceived = isIn(life.receivedBy, life.receivedSupervisedBy);
    const isAccepted = isIn(life.acceptedUnit, life.acceptedSupervisedBy);
    const isDue = isSettled || life.classifyBreachAt <= asOfMs;
    windows.forEach(({ start, end }, index) => {
      const correction = corrections[index]!;
      if (isReceived) {
        addMask(correction, TIP_SETS, receivedSets(life, start, end, isDue), sign);
        if (!isDue && receivedSets(life, start, end) !== 0) add(correction, 'R1.open', sign);
      }
      if (isAccepted) addMask(correction, TIP_SETS, acceptedSets(life, start, end), sign);
    });
    const state = isIn(life.unit, life.supervisedBy) ? openState(life) : null;
    if (state === 'suspended') add(corrections[0]!, 'R3.suspended', sign);
    if (state === 'open') {
      add(corrections[0]!, 'R3.denominator', sign);
      const { termBreachAt } = life;
      if (termBreachAt === null) continue;
      // Rollups keep the day from which a tip is late: terms of verification end at a midnight.
      const isLate = isSettled ? dayNumberAt(termBreachAt) <= dayNumberAt(asOfMs) : termBreachAt <= asOfMs;
      if (isLate) add(corrections[0]!, 'R3.numerator', sign);
    }
  }
}

function correctCase(
  corrections: readonly Correction[],
  windows: readonly { start: DayNumber; end: DayNumber }[],
  facts: CaseFacts,
  asOfMs: number,
  sign: 1 | -1,
): void {
  const rounds = caseRounds(facts, asOfMs);
  if (!rounds) return;
  windows.forEach(({ start, end }, index) => {
    addMask(corrections[index]!, CASE_SETS_KEPT, caseSets(rounds, start, end, asOfMs), sign);
  });
}

async function recordedLater(tx: PoolClient, { asOf }: AsOf): Promise<{ tips: TipFacts[]; cases: CaseFacts[] } | null> {
  const s = identifier(SCHEMA);
  const read = async <T>(table: string): Promise<T[]> => {
    const { rows } = await tx.query<{ row: T }>({
      name: `recorded-later-${table}`,
      text: `SELECT row_to_json(f) AS row FROM ${s}.${table} f WHERE last_recorded_at > $1::timestamptz LIMIT ${MOST + 1}`,
      values: [asOf],
    });
    return rows.map(({ row }) => row);
  };
  const tips = await read<TipFacts>('tip_facts');
  const cases = await read<CaseFacts>('case_facts');
  return tips.length > MOST || cases.length > MOST ? null : { tips, cases };
}

interface Unclassified {
  day: DayNumber;
  isHandled: boolean;
  isInTime: boolean;
  tips: number;
}

/** Undecided cases whose only round of prosecution ends on a day that is not over. */
interface RunningRounds {
  lastDay: DayNumber;
  cases: number;
}

/**
 * What to the rollups has ended and at the as-of moment has not: terms of classification, by day of reception, and terms of
 * undecided cases that end in one of the periods. Both are ranges of an index; the upper bounds make them so to a plan that
 * does not know the values.
 */
async function stillRunning(
  tx: PoolClient,
  { asOf, units }: AsOf,
  windows: readonly { end: DayNumber }[],
): Promise<{ tips: Unclassified[]; rounds: RunningRounds[]; cases: CaseFacts[] }> {
  const s = identifier(SCHEMA);
  const running = `decided_at IS NULL AND term_breach_at IS NOT NULL AND term_breach_at > $1::timestamptz
    AND term_breach_at <= $2::timestamptz AND last_recorded_at <= $1::timestamptz
    ${units === null ? '' : 'AND (unit_code = ANY ($4) OR supervised_by = ANY ($4))'}`;
  // Of one round, its term as it was last recorded: a count by day is enough. Returned files are read one by one.
  const isSimple = `(earlier_rounds IS NULL AND proposes_prosecution IS TRUE AND term_recorded_at IS NOT NULL
    AND concluded_recorded_at IS NOT NULL)`;
  const end = new Date(startOfDayNumber(Math.max(...windows.map((window) => window.end)))).toISOString();
  const { rows } = await tx.query<{
    tips: Unclassified[] | null;
    rounds: RunningRounds[] | null;
    cases: CaseFacts[] | null;
  }>({
    name: `still-running-${units === null}`,
    text: `SELECT
      (SELECT json_agg(u) FROM (
        SELECT (received_at AT TIME ZONE 'UTC' + interval '7 hours')::date - date '1970-01-01' AS day,
          classified_at IS NOT NULL AND handled_at IS NOT NULL AS "isHandled",
          coalesce(classified_in_time, true) AND coalesce(handled_in_time, true) AS "isInTime", count(*)::integer AS tips
        FROM (SELECT * FROM ${s}.tip_facts
          WHERE ${CLASSIFICATION_ENDS} > $1::timestamptz AND ${CLASSIFICATION_ENDS} < $3::timestamptz OFFSET 0) t
        WHERE last_recorded_at <= $1::timestamptz
          ${units === null ? '' : 'AND (received_by = ANY ($4) OR received_supervised_by = ANY ($4))'}
        GROUP BY 1, 2, 3) u) AS tips,
      (SELECT json_agg(r) FROM (
        SELECT (term_breach_at AT TIME ZONE 'UTC' + interval '7 hours' - interval '1 millisecond')::date
            - date '1970-01-01' AS "lastDay", count(*)::integer AS cases
        FROM ${s}.case_facts WHERE ${running} AND ${isSimple} GROUP BY 1) r) AS rounds,
      (SELECT json_agg(row_to_json(c)) FROM ${s}.case_facts c WHERE ${running} AND NOT ${isSimple}) AS cases`,
    values: [asOf, end, FAR_AHEAD, ...(units === null ? [] : [units])],
  });
  const { tips, rounds, cases } = rows[0]!;
  return { tips: tips ?? [], rounds: rounds ?? [], cases: cases ?? [] };
}

/** As the index has it. Not `coalesce`, which row-level security would not let near an index. */
const CLASSIFICATION_ENDS = 'CASE WHEN classify_breach_at IS NULL THEN received_at ELSE classify_breach_at END';
const FAR_AHEAD = '9999-01-01T00:00:00Z';

/** Tips whose term of classification still runs are not in R1 yet, but counted apart. */
function leaveOutUnclassified(
  rows: readonly Unclassified[],
  windows: readonly { start: DayNumber; end: DayNumber }[],
  corrections: readonly Correction[],
): void {
  for (const { day, isHandled, isInTime, tips } of rows) {
    windows.forEach(({ start, end }, index) => {
      if (day < start || day >= end) return;
      const correction = corrections[index]!;
      add(correction, 'R1.denominator', -tips);
      add(correction, 'R1.open', tips);
      if (isHandled) add(correction, 'R1.numerator', -tips);
      if (isHandled && isInTime) add(correction, 'R1.onTime', -tips);
    });
  }
}

/** To the rollups these terms ran out in the period of their last day; at the as-of moment the cases are open. */
function leaveOutRunningCases(
  rounds: readonly RunningRounds[],
  windows: readonly { start: DayNumber; end: DayNumber }[],
  corrections: readonly Correction[],
): void {
  for (const { lastDay, cases } of rounds) {
    windows.forEach(({ start, end }, index) => {
      if (lastDay < start || lastDay >= end) return;
      const correction = corrections[index]!;
      add(correction, 'R4.denominator', -cases);
      add(correction, 'R4.allDecisions', -cases);
      add(correction, 'R4.open', cases);
    });
  }
}
