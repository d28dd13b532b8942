import { daysBetween } from '../ui/format';
import type { ChangedDay, OffDay, OffDayKind, WorkingSaturday, YearSchedule } from './types';

/** What one day of a year is in a schedule. */
export type DayState =
  { is: 'working' } | { is: 'weekend' } | { is: 'off'; off: OffDay } | { is: 'saturday'; insteadOf: string };

export interface Schedule {
  offDays: OffDay[];
  workingSaturdays: WorkingSaturday[];
}

const SATURDAY = 6;

export const weekdayOf = (day: string): number => new Date(`${day}T00:00:00Z`).getUTCDay();
export const isSaturday = (day: string): boolean => weekdayOf(day) === SATURDAY;
const isWeekend = (day: string): boolean => weekdayOf(day) === 0 || isSaturday(day);

export function stateOf(day: string, { offDays, workingSaturdays }: Schedule): DayState {
  const off = offDays.find((one) => one.day === day);
  if (off) return { is: 'off', off };
  const worked = workingSaturdays.find((one) => one.day === day);
  if (worked) return { is: 'saturday', insteadOf: worked.insteadOf };
  return isWeekend(day) ? { is: 'weekend' } : { is: 'working' };
}

/** The days of one month of a year. */
export function daysOfMonth(year: number, month: number): string[] {
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const two = (n: number): string => String(n).padStart(2, '0');
  return Array.from({ length: count }, (_, i) => `${year}-${two(month)}-${two(i + 1)}`);
}

/** Columns before the first of a month in a week that begins on Monday. */
export const columnOf = (day: string): number => (weekdayOf(day) + 6) % 7;

const works = (day: string, schedule: Schedule): boolean => {
  const { is } = stateOf(day, schedule);
  return is === 'working' || is === 'saturday';
};

/** The days of a year that work in one schedule and not in the other. */
export function changesOf(before: YearSchedule, after: Schedule): ChangedDay[] {
  const days = new Set(
    [before, after].flatMap(({ offDays, workingSaturdays }) => [...offDays, ...workingSaturdays].map(({ day }) => day)),
  );
  return [...days]
    .sort()
    .filter((day) => works(day, before) !== works(day, after))
    .map((day) => ({ day, works: works(day, after) }));
}

/** A weekday made off or working; a swap that goes takes its Saturday with it. */
export function withDay(
  schedule: Schedule,
  day: string,
  off: { kind: OffDayKind; name: OffDay['name'] } | null,
): Schedule {
  const keepsSwap = off?.kind === 'swap';
  return {
    offDays: [...schedule.offDays.filter((one) => one.day !== day), ...(off ? [{ day, ...off }] : [])].sort((a, b) =>
      a.day < b.day ? -1 : 1,
    ),
    workingSaturdays: keepsSwap
      ? schedule.workingSaturdays
      : schedule.workingSaturdays.filter(({ insteadOf }) => insteadOf !== day),
  };
}

/** The Saturday on which a swapped day off is made up for. */
export function withSaturday(schedule: Schedule, insteadOf: string, saturday: string | null): Schedule {
  const others = schedule.workingSaturdays.filter((one) => one.insteadOf !== insteadOf && one.day !== saturday);
  return {
    ...schedule,
    workingSaturdays: [...others, ...(saturday === null ? [] : [{ day: saturday, insteadOf }])].sort((a, b) =>
      a.day < b.day ? -1 : 1,
    ),
  };
}

const NEAR_DAYS = 60;

/** Saturdays of the year near a day, the nearest first. */
export function saturdaysNear(day: string): string[] {
  const year = Number(day.slice(0, 4));
  return Array.from({ length: 12 }, (_, month) => daysOfMonth(year, month + 1))
    .flat()
    .filter((one) => isSaturday(one) && Math.abs(daysBetween(one, day)) <= NEAR_DAYS)
    .sort((a, b) => Math.abs(daysBetween(a, day)) - Math.abs(daysBetween(b, day)) || (a < b ? -1 : 1));
}

/** Swapped days off that no Saturday makes up for yet. */
export const unpaired = ({ offDays, workingSaturdays }: Schedule): OffDay[] =>
  offDays.filter(({ day, kind }) => kind === 'swap' && !workingSaturdays.some(({ insteadOf }) => insteadOf === day));
