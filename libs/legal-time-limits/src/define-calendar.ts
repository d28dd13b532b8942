import { isWeekend, type Calendar, type CalendarYear } from './calendar.js';
import { civilOf, parseDay, weekdayOf, type LegalDate } from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';

function refuseCalendar(field: string, given: unknown, vi: string, en: string): never {
  throw new LimitRefusal(
    'CalendarNotAllowed',
    { vi: `${field}: ${vi}`, en: `${field}: ${en}` },
    { field, facts: { given } },
  );
}

/** The lists of one year, each of objects: the data of an operator has any shape. */
function checkLists(field: string, year: CalendarYear): void {
  const lists: unknown = year;
  const listed = (name: string): boolean => {
    const list = (lists as Record<string, unknown>)[name];
    return Array.isArray(list) && list.every((item) => typeof item === 'object' && item !== null);
  };
  if (typeof lists !== 'object' || lists === null || !listed('offWeekdays') || !listed('workingSaturdays')) {
    refuseCalendar(
      field,
      year,
      'cần {year, offWeekdays, workingSaturdays, sources}',
      '{year, offWeekdays, workingSaturdays, sources} is needed',
    );
  }
}

/**
 * A new version of the calendar from an operator's data. Refuses, naming the field: a day outside its year, a day off on a
 * weekend (weekends are off anyway), a working Saturday that is not a Saturday or is exchanged for a day that is not off.
 */
export function defineCalendar(calendar: Calendar): Calendar {
  if (typeof calendar.version !== 'string' || calendar.version.length === 0 || calendar.version.length > 60) {
    refuseCalendar('version', calendar.version, 'cần tên phiên bản', 'a version name is needed');
  }
  if (parseDay(calendar.publishedOn) === null) {
    refuseCalendar('publishedOn', calendar.publishedOn, 'cần ngày YYYY-MM-DD', 'a day YYYY-MM-DD is needed');
  }
  if (!Array.isArray(calendar.years))
    refuseCalendar('years', calendar.years, 'cần danh sách năm', 'a list of years is needed');
  const years = new Set<number>();
  const offDays = new Set<LegalDate>();
  for (const [at, year] of calendar.years.entries()) {
    checkLists(`years[${at}]`, year);
    for (const { day } of year.offWeekdays) offDays.add(day);
  }
  for (const [at, year] of calendar.years.entries()) {
    if (!Number.isInteger(year.year) || year.year < 2018 || year.year > 2105 || years.has(year.year)) {
      refuseCalendar(`years[${at}].year`, year.year, 'mỗi năm 2018–2105 một lần', 'each year of 2018–2105 once');
    }
    years.add(year.year);
    for (const [i, { day }] of year.offWeekdays.entries()) {
      const number = parseDay(day);
      if (number === null || civilOf(number).year !== year.year || isWeekend(number)) {
        refuseCalendar(
          `years[${at}].offWeekdays[${i}].day`,
          day,
          'cần ngày thứ Hai–thứ Sáu của năm',
          'a Monday to Friday of the year is needed',
        );
      }
    }
    for (const [i, { day, insteadOf }] of year.workingSaturdays.entries()) {
      const number = parseDay(day);
      if (number === null || civilOf(number).year !== year.year || weekdayOf(number) !== 6) {
        refuseCalendar(
          `years[${at}].workingSaturdays[${i}].day`,
          day,
          'cần ngày thứ Bảy của năm',
          'a Saturday of the year is needed',
        );
      }
      if (!offDays.has(insteadOf)) {
        refuseCalendar(
          `years[${at}].workingSaturdays[${i}].insteadOf`,
          insteadOf,
          'cần một ngày nghỉ đã nêu trong lịch',
          'a day off listed in the calendar is needed',
        );
      }
    }
  }
  return calendar;
}
