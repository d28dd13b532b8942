import type { DayNumber } from './legal-days.js';
import type { TipLife } from './tip-life.js';

/**
 * Sets over tips that rollups keep, the same as in `tip-sets.ts`, which stays the reference: specs hold the two together
 * over random histories. Order is the order of bits; the columns of the rollup are named after them.
 */
export const TIP_SETS = [
  'R1.denominator',
  'R1.numerator',
  'R1.onTime',
  'R2.denominator',
  'R2.numerator',
  'R2.suspendedOrResolved',
  'R2.suspended',
  'R2.accepted',
  'R2.resumed',
  'R2.transferredOut',
  'R2.merged',
  'R2i.numerator',
  'T1.closed',
  'T2.closed',
  'T3.closed',
  'T1.open',
  'T2.open',
  'T3.open',
] as const;
export type TipSet = (typeof TIP_SETS)[number];

const bitOf = Object.fromEntries(TIP_SETS.map((name, index) => [name, 1 << index])) as Record<TipSet, number>;

const isBefore = (day: DayNumber | null, edge: DayNumber): boolean => day !== null && day < edge;
const isWithin = (day: DayNumber | null, start: DayNumber, end: DayNumber): boolean =>
  day !== null && day >= start && day < end;

function isSuspendedAt({ suspended, resumed }: TipLife, edge: DayNumber): boolean {
  let balance = 0;
  for (const day of suspended) if (day < edge) balance += 1;
  for (const day of resumed) if (day < edge) balance -= 1;
  return balance > 0;
}

/** Sets over received tips, for the unit that received; `isDue` = the term of classification has ended. */
export function receivedSets(life: TipLife, start: DayNumber, end: DayNumber, isDue = true): number {
  if (!life.isCurrent || !isDue || !isWithin(life.received, start, end)) return 0;
  let mask = bitOf['R1.denominator'];
  if (life.isHandled) {
    mask |= bitOf['R1.numerator'];
    if (life.isInTime) mask |= bitOf['R1.onTime'];
  }
  return mask;
}

/** Sets over accepted tips, for the unit that accepted. */
export function acceptedSets(life: TipLife, start: DayNumber, end: DayNumber): number {
  const { accepted, assigned, decided, released, merged } = life;
  if (accepted === null || life.acceptedUnit === null) return 0;
  let mask = 0;
  const isDecidedIn = isWithin(decided, start, end);
  const isAcceptedIn = isWithin(accepted, start, end);
  const releasedByEnd = isBefore(released, end);
  const mergedByEnd = isBefore(merged, end);
  const suspendedAtStart = isSuspendedAt(life, start);
  const isCandidate =
    accepted < end &&
    (accepted >= start ||
      (!isBefore(decided, start) && (!suspendedAtStart || life.resumed.some((day) => isWithin(day, start, end)))));
  if (isCandidate) {
    if (releasedByEnd) {
      if (released! >= start) mask |= bitOf['R2.transferredOut'];
    } else if (mergedByEnd) {
      if (merged! >= start) mask |= bitOf['R2.merged'];
    } else {
      const suspendedAtEnd = isSuspendedAt(life, end);
      mask |= bitOf['R2.denominator'];
      if (isDecidedIn) {
        mask |= bitOf['R2.numerator'] | bitOf['R2.suspendedOrResolved'];
        if (life.outcome === 'initiated') mask |= bitOf['R2i.numerator'];
      } else {
        if (suspendedAtEnd) mask |= bitOf['R2.suspended'];
        if (suspendedAtEnd && !suspendedAtStart) mask |= bitOf['R2.suspendedOrResolved'];
      }
      if (accepted >= start) mask |= bitOf['R2.accepted'];
      else if (suspendedAtStart) mask |= bitOf['R2.resumed'];
    }
  }
  if (isWithin(assigned, start, end) && !releasedByEnd) mask |= bitOf['T1.closed'];
  if (life.isCurrent && released === null && isDecidedIn) {
    mask |= bitOf['T3.closed'];
    if (assigned !== null) mask |= bitOf['T2.closed'];
  }
  if (isAcceptedIn && released === null && merged === null && decided === null) {
    mask |= bitOf['T3.open'] | (assigned === null ? bitOf['T1.open'] : bitOf['T2.open']);
  }
  return mask;
}

/** Days that membership in the sets over accepted tips depends on. */
export function acceptedMoments(life: TipLife): DayNumber[] {
  if (life.accepted === null) return [];
  return [
    life.accepted,
    life.assigned,
    life.decided,
    life.released,
    life.merged,
    ...life.suspended,
    ...life.resumed,
  ].filter((day): day is DayNumber => day !== null);
}

/** Open now, for the unit responsible: undecided and not merged; suspended ones apart. */
export function openState(life: TipLife): 'open' | 'suspended' | null {
  if (!life.isCurrent || life.decided !== null || life.merged !== null) return null;
  return life.isSuspendedNow ? 'suspended' : 'open';
}
