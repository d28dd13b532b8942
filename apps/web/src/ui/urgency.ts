import type { ThreeDates } from '../api/types';
import { daysBetween, isLegalDay, legalDayOf, toMs } from './format';

/** How urgent a running term is, and which of its three dates is the one to read now. */
export type Urgency = 'late' | 'today' | 'soon' | 'calm';

/** The longest step of the alert ladder (7, 5, 3, 1 days before the safe day). */
const LADDER_DAYS = 7;
/** Hour terms are near within half a day. */
const LADDER_HOURS = 12;
const HOUR_MS = 3_600_000;

export interface Reading {
  urgency: Urgency;
  /** Which date is shown: the safe one until it has passed, then the due one, then the latest arguable one. */
  which: keyof ThreeDates;
  date: string;
  /** Whole days left to `date`, negative when it has passed; for hour terms see `msLeft`. */
  daysLeft: number;
  msLeft: number;
  isHourTerm: boolean;
  datesDiffer: boolean;
}

/** The end of a date: a moment itself, or 24:00 in Viet Nam of a legal day. */
export const endMs = (date: string): number => (isLegalDay(date) ? toMs(date) + 24 * HOUR_MS : toMs(date));

/** Reads a term at `nowMs`: red past the latest arguable day, orange on or after the due day, amber within the ladder before the safe day. */
export function readTerm(term: ThreeDates, nowMs: number): Reading {
  const which: keyof ThreeDates =
    nowMs < endMs(term.safeBy) ? 'safeBy' : nowMs < endMs(term.due) ? 'due' : 'latestArguable';
  const date = term[which];
  const isHourTerm = !isLegalDay(date);
  const today = legalDayOf(nowMs);
  const daysLeft = daysBetween(today, isHourTerm ? legalDayOf(toMs(date)) : date);
  const msLeft = endMs(date) - nowMs;
  const datesDiffer = term.safeBy !== term.due || term.due !== term.latestArguable;
  let urgency: Urgency = 'calm';
  if (nowMs >= endMs(term.latestArguable)) urgency = 'late';
  else if (isHourTerm)
    urgency = legalDayOf(toMs(term.due)) <= today ? 'today' : msLeft <= LADDER_HOURS * HOUR_MS ? 'soon' : 'calm';
  else if (term.due <= today) urgency = 'today';
  else if (daysBetween(today, term.safeBy) <= LADDER_DAYS) urgency = 'soon';
  return { urgency, which, date, daysLeft, msLeft, isHourTerm, datesDiffer };
}
