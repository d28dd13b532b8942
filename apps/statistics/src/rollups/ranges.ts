import { monthStart, nextMonthStart, nextYearStart, yearStart } from './legal-days.js';
import type { DayNumber } from './legal-days.js';
import { GRAIN } from './rollup-tables.js';

/** Cells of one grain whose bucket lies in [from, to). */
export interface CellRange {
  grain: number;
  from: DayNumber;
  to: DayNumber;
}

const BEFORE_ALL = -2_147_483_648;

/** Cells that together hold every day before `day`: whole years, then whole months, then days. */
export function before(day: DayNumber, coarsest: number = GRAIN.year): CellRange[] {
  const month = monthStart(day);
  const year = yearStart(day);
  const months = { grain: GRAIN.month, from: coarsest === GRAIN.year ? year : BEFORE_ALL, to: month };
  return [
    ...(coarsest === GRAIN.year ? [{ grain: GRAIN.year, from: BEFORE_ALL, to: year }] : []),
    months,
    { grain: GRAIN.day, from: month, to: day },
  ].filter(({ from, to }) => from < to);
}

/** Cells that together hold every day of [start, end), the fewest there are. */
export function within(start: DayNumber, end: DayNumber, coarsest: number = GRAIN.year): CellRange[] {
  const firstMonth = monthStart(start) === start ? start : nextMonthStart(start);
  const lastMonth = monthStart(end);
  if (firstMonth > lastMonth) return [{ grain: GRAIN.day, from: start, to: end }];
  const firstYear = yearStart(firstMonth) === firstMonth ? firstMonth : nextYearStart(firstMonth);
  const lastYear = yearStart(lastMonth);
  const whole: CellRange[] =
    coarsest === GRAIN.year && firstYear < lastYear
      ? [
          { grain: GRAIN.month, from: firstMonth, to: firstYear },
          { grain: GRAIN.year, from: firstYear, to: lastYear },
          { grain: GRAIN.month, from: lastYear, to: lastMonth },
        ]
      : [{ grain: GRAIN.month, from: firstMonth, to: lastMonth }];
  const edges = [
    { grain: GRAIN.day, from: start, to: firstMonth },
    { grain: GRAIN.day, from: lastMonth, to: end },
  ];
  return [...edges, ...whole].filter(({ from, to }) => from < to);
}
