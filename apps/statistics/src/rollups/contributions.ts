import type { CaseFacts } from '../matters/case-facts.js';
import type { TipFacts } from '../matters/tip-facts.js';
import { caseMoments, caseRounds, caseSets } from './case-membership.js';
import { stepsOf } from './corners.js';
import type { Steps } from './corners.js';
import { dayNumberAt, monthStart } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { addTo } from './log-sketch.js';
import { CASE_ROLLUP, columnOf, stockColumn, TIP_ROLLUP } from './rollup-tables.js';
import type { RollupTable, TimeColumn } from './rollup-tables.js';
import { closedTimes, endedTimes, SETTLED, tipLives } from './tip-life.js';
import type { TipLife } from './tip-life.js';
import { acceptedMoments, acceptedSets, openState, receivedSets } from './tip-membership.js';

/** The unit that a matter counts for, and the procuracy that supervises it. */
export interface Place {
  unit: string;
  supervisedBy: string;
}

/** Where matters add what they contribute. */
export interface Contributions {
  add(place: Place, day: DayNumber, column: string, amount: number): void;
  /** @param value hundredths of a day */
  addTime(place: Place, day: DayNumber, time: TimeColumn, value: number, amount: number): void;
  addPair(place: Place, begun: DayNumber, ended: DayNumber, column: string, amount: number): void;
  /** T1 of an acceptance that was assigned on the first day and released on the second. */
  addPairTime(place: Place, begun: DayNumber, ended: DayNumber, value: number, amount: number): void;
  addCategory(place: Place, month: DayNumber, category: string, status: string, amount: number): void;
}

/**
 * What some matters add to rollups (or take away), summed by place and day; sums of nothing fall away. `apply` with 1 for
 * the facts after a change and -1 for those before gives exactly the difference.
 */
export class RollupDelta implements Contributions {
  /** Amounts by place, day and column. */
  readonly cells = new Map<string, { place: Place; day: DayNumber; amounts: Map<string, number> }>();
  readonly pairs = new Map<
    string,
    {
      place: Place;
      begun: DayNumber;
      ended: DayNumber;
      amounts: Map<string, number>;
      /** T1 of acceptances that were assigned on the first day and released on the second: hundredths → amount. */
      t1: Map<number, number>;
    }
  >();
  /** Hundredths of a day → amount, by place, day and time. */
  readonly times = new Map<
    string,
    { place: Place; day: DayNumber; values: Partial<Record<TimeColumn, Map<number, number>>> }
  >();
  /** Tips by place, month of reception, category and status. */
  readonly categories = new Map<
    string,
    { place: Place; month: DayNumber; category: string; status: string; amount: number }
  >();

  add(place: Place, day: DayNumber, column: string, amount: number): void {
    const key = `${place.unit}|${place.supervisedBy}|${day}`;
    let cell = this.cells.get(key);
    if (!cell) this.cells.set(key, (cell = { place, day, amounts: new Map() }));
    const sum = (cell.amounts.get(column) ?? 0) + amount;
    if (sum === 0) cell.amounts.delete(column);
    else cell.amounts.set(column, sum);
  }

  addTime(place: Place, day: DayNumber, time: TimeColumn, value: number, amount: number): void {
    const key = `${place.unit}|${place.supervisedBy}|${day}`;
    let cell = this.times.get(key);
    if (!cell) this.times.set(key, (cell = { place, day, values: {} }));
    addTo((cell.values[time] ??= new Map()), value, amount);
  }

  addPair(place: Place, begun: DayNumber, ended: DayNumber, column: string, amount: number): void {
    const { amounts } = this.pair(place, begun, ended);
    const sum = (amounts.get(column) ?? 0) + amount;
    if (sum === 0) amounts.delete(column);
    else amounts.set(column, sum);
  }

  addPairTime(place: Place, begun: DayNumber, ended: DayNumber, value: number, amount: number): void {
    addTo(this.pair(place, begun, ended).t1, value, amount);
  }

  addCategory(place: Place, month: DayNumber, category: string, status: string, amount: number): void {
    const key = `${place.unit}|${place.supervisedBy}|${month}|${category}|${status}`;
    const known = this.categories.get(key);
    if (known) known.amount += amount;
    else this.categories.set(key, { place, month, category, status, amount });
  }

  private pair(place: Place, begun: DayNumber, ended: DayNumber) {
    const key = `${place.unit}|${place.supervisedBy}|${begun}|${ended}`;
    let pair = this.pairs.get(key);
    if (!pair) this.pairs.set(key, (pair = { place, begun, ended, amounts: new Map(), t1: new Map() }));
    return pair;
  }
}

/** The bit of the set whose members have a T1. */
const T1_SET = TIP_ROLLUP.sets.indexOf('T1.closed');

/** Names of the columns of a set, made once. */
const COLUMNS = new Map(
  [TIP_ROLLUP, CASE_ROLLUP].map((rollup) => [
    rollup,
    rollup.sets.map((name) => ({
      flow: columnOf(name),
      stock: rollup.stock.includes(name) ? stockColumn(name) : null,
      pair: rollup.paired.includes(name) ? columnOf(name) : null,
    })),
  ]),
);

function addSteps(
  into: Contributions,
  rollup: RollupTable,
  place: Place,
  steps: Steps,
  sign: number,
  t1: number | null,
) {
  const columns = COLUMNS.get(rollup)!;
  const hasTime = (set: number): boolean => rollup === TIP_ROLLUP && set === T1_SET && t1 !== null;
  for (const { day, set, amount } of steps.flow) {
    into.add(place, day, columns[set]!.flow, amount * sign);
    if (hasTime(set)) into.addTime(place, day, 't1', t1!, amount * sign);
  }
  for (const { day, set, amount } of steps.stock) {
    const column = columns[set]!.stock;
    if (column === null) throw new Error(`the set ${rollup.sets[set]!} has a stock, which its rollup does not keep`);
    into.add(place, day, column, amount * sign);
  }
  for (const { begun, ended, set, amount } of steps.pair) {
    const column = columns[set]!.pair;
    if (column === null) throw new Error(`the set ${rollup.sets[set]!} has pairs, which its rollup does not keep`);
    into.addPair(place, begun, ended, column, amount * sign);
    if (hasTime(set)) into.addPairTime(place, begun, ended, t1!, amount * sign);
  }
}

/** Legal days `YYYY-MM-DD` of facts as numbers. */
const dayNumber = (day: string): DayNumber => dayNumberAt(Date.parse(`${day}T00:00:00+07:00`));

const ENDED = [
  ['k1', 'T1'],
  ['k2', 'T2'],
  ['k3', 'T3'],
  ['k4', 'T4'],
] as const;

/** Add what a tip contributes, `sign` times. */
export function addTip(delta: Contributions, facts: TipFacts, sign: 1 | -1): void {
  for (const life of tipLives(facts, SETTLED)) {
    if (life.isCurrent) addCurrent(delta, facts, life, sign);
    if (life.accepted === null || life.acceptedUnit === null) continue;
    const place = { unit: life.acceptedUnit, supervisedBy: life.acceptedSupervisedBy ?? '' };
    const times = closedTimes(life);
    const steps = stepsOf(
      acceptedMoments(life),
      (start, end) => acceptedSets(life, start, end),
      TIP_ROLLUP.sets.length,
    );
    addSteps(delta, TIP_ROLLUP, place, steps, sign, times.T1);
    const ended = endedTimes(life);
    for (const [column, id] of ENDED) {
      const value = ended[id];
      if (value !== null) delta.addTime(place, life.accepted, column, value, sign);
    }
    if (life.isCurrent && life.released === null && life.decided !== null) {
      if (times.T2 !== null) delta.addTime(place, life.decided, 't2', times.T2, sign);
      if (times.T3 !== null) delta.addTime(place, life.decided, 't3', times.T3, sign);
      if (times.T4 !== null) delta.addTime(place, life.decided, 't4', times.T4, sign);
    }
  }
}

function addCurrent(delta: Contributions, facts: TipFacts, life: TipLife, sign: 1 | -1): void {
  const reception = { unit: life.receivedBy, supervisedBy: life.receivedSupervisedBy };
  const steps = stepsOf([life.received], (start, end) => receivedSets(life, start, end), TIP_ROLLUP.sets.length);
  addSteps(delta, TIP_ROLLUP, reception, steps, sign, null);
  delta.addCategory(reception, monthStart(life.received), facts.category ?? '', statusOf(life), sign);

  const responsible = { unit: life.unit, supervisedBy: life.supervisedBy };
  const state = openState(life);
  if (state === 'suspended') delta.add(responsible, life.received, 'suspended_now', sign);
  if (state !== 'open') return;
  delta.add(responsible, life.received, 'open_now', sign);
  if (life.termBreachAt !== null) delta.add(responsible, dayNumberAt(life.termBreachAt), 'late_stock', sign);
  if (life.termBreachAt !== null && life.termDue !== null && life.termSafeBy !== null) {
    delta.add(responsible, dayNumber(life.termDue), 'due_on', sign);
    delta.add(responsible, dayNumber(life.termSafeBy), 'safe_on', sign);
  }
}

/** Where a tip stands now, for the tables by category. */
function statusOf(life: TipLife): string {
  if (life.merged !== null) return 'merged';
  if (life.decided !== null) return life.outcome ?? 'decided';
  if (life.isSuspendedNow) return 'suspended';
  if (life.accepted !== null && life.released === null) return life.assigned === null ? 'accepted' : 'assigned';
  return 'received';
}

/** Add what a case contributes, `sign` times. */
export function addCase(delta: Contributions, facts: CaseFacts, sign: 1 | -1): void {
  const rounds = caseRounds(facts, SETTLED);
  if (!rounds) return;
  const place = { unit: facts.unit_code, supervisedBy: facts.supervised_by };
  const steps = stepsOf(
    caseMoments(rounds),
    (start, end) => caseSets(rounds, start, end, SETTLED),
    CASE_ROLLUP.sets.length,
  );
  addSteps(delta, CASE_ROLLUP, place, steps, sign, null);
  const { decided_at, term_breach_at, term_due, term_safe_by } = facts;
  if (decided_at === null && term_breach_at !== null && term_due !== null && term_safe_by !== null) {
    delta.add(place, dayNumber(term_due), 'due_on', sign);
    delta.add(place, dayNumber(term_safe_by), 'safe_on', sign);
  }
}
