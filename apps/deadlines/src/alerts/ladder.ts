import type { AlertRung } from '@app/contracts';
import { addDays, type Dated, startOfLegalDay } from '@app/legal-time-limits';

/** One rung of a duty's ladder and its moment (RFC 3339). */
export interface LadderStep {
  rung: AlertRung;
  at: string;
}

const DAYS_BEFORE = [
  ['d7', 7],
  ['d5', 5],
  ['d3', 3],
  ['d1', 1],
] as const;
const HOURS_BEFORE = [
  ['h6', 6],
  ['h1', 1],
] as const;
const HOUR_MS = 3_600_000;

/**
 * The moments at which people are told that a duty's time runs out, in order. Terms in days: 00:00 in Viet Nam of the
 * days 7, 5, 3 and 1 before `safeBy`, and of the due day itself, while it can still be done. Terms in hours: 6 hours
 * and 1 hour before `safeBy`, and the due moment.
 */
export function ladderOf({ safeBy, due }: Pick<Dated, 'safeBy' | 'due'>): LadderStep[] {
  if (safeBy.length === 10) {
    return [
      ...DAYS_BEFORE.map(([rung, days]) => ({ rung, at: startOfLegalDay(addDays(safeBy, -days)) })),
      { rung: 'due', at: startOfLegalDay(due) },
    ];
  }
  const safe = Date.parse(safeBy);
  return [
    ...HOURS_BEFORE.map(([rung, hours]) => ({ rung, at: new Date(safe - hours * HOUR_MS).toISOString() })),
    { rung: 'due', at: due },
  ];
}
