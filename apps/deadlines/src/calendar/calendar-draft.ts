import type { CalendarVersionPublished } from '@app/contracts';
import type { Fault } from '@app/http';
import { withCalendar } from '@app/law-book';
import {
  type Calendar,
  changedDays,
  type LawVersion,
  type LegalDate,
  scheduleFaults,
  scheduleOf,
  type YearSchedule,
} from '@app/legal-time-limits';
import type { Announcement, LawAuthor } from '../law/law-desk.js';

/** The schedule of a year as an operator sends it. */
export interface CalendarDraft extends Announcement {
  schedule: YearSchedule;
  /** The operator knows that the draft changes days that have passed. */
  correctsPast: boolean;
}

function eventOf(
  { schedule, document, announcedOn }: CalendarDraft,
  last: LawVersion,
  publishedAt: string,
  stated: { reason: string; confirmedMoves: number },
): CalendarVersionPublished {
  const lawNumber = last.number + 1;
  return {
    lawNumber,
    calendarVersion: `${announcedOn}.${lawNumber}`,
    year: schedule.year,
    offDays: schedule.offDays.map(({ day, kind, name }) => ({ day, kind, vi: name.vi, en: name.en })),
    workingSaturdays: schedule.workingSaturdays.map(({ day, insteadOf }) => ({ day, insteadOf })),
    document: { number: document.number, signedOn: document.signedOn },
    announcedOn,
    reason: stated.reason,
    confirmedMoves: stated.confirmedMoves,
    publishedAt,
  };
}

/** How a draft becomes a version of the law: the preview and the publication are made by the same steps. */
export function calendarAuthor(
  draft: CalendarDraft,
  stated: { reason: string; confirmedMoves: number } = { reason: '–', confirmedMoves: 0 },
): LawAuthor {
  const changeAfter = (last: LawVersion, after: Calendar) => ({
    publication: 'calendar' as const,
    changedDays: changedDays(last.calendar, after, draft.schedule.year).map(({ day }) => day),
  });
  return {
    announcement: draft,
    faults: (last, today) => calendarFaults(draft, last, today),
    draftAfter(last, publishedAt) {
      const version = withCalendar(last, eventOf(draft, last, publishedAt, stated));
      return { version, change: changeAfter(last, version.calendar) };
    },
    publicationAfter(last, publishedAt) {
      const data = eventOf(draft, last, publishedAt, stated);
      const change = changeAfter(last, withCalendar(last, data).calendar);
      return { type: 'CalendarVersionPublished', data, change };
    },
  };
}

/**
 * Everything that is wrong with a draft: its days, and what it would change that has passed already.
 *
 * @param today legal day
 */
function calendarFaults(draft: CalendarDraft, last: LawVersion, today: LegalDate): Fault[] {
  const { schedule, correctsPast } = draft;
  const faults: Fault[] = scheduleFaults(schedule);
  if (faults.length > 0) return faults;
  const after = withCalendar(last, eventOf(draft, last, new Date(0).toISOString(), { reason: '–', confirmedMoves: 0 }));
  const changed = changedDays(last.calendar, after.calendar, schedule.year);
  const passed = changed.filter(({ day }) => day < today).map(({ day }) => day);
  if (passed.length > 0 && !correctsPast) {
    const days = passed.join(', ');
    faults.push({
      field: 'correctsPast',
      constraint: 'past',
      vi: `Bản này thay đổi ngày đã qua (${days}). Nếu đúng là đính chính, hãy xác nhận và ghi rõ lý do.`,
      en: `This changes days that have passed (${days}). If it is a correction, confirm it and give the reason.`,
    });
  }
  if (changed.length === 0 && isAlreadyPublished(schedule, last.calendar)) {
    faults.push({
      field: 'offDays',
      constraint: 'unchanged',
      vi: `Lịch năm ${schedule.year} đang áp dụng đã đúng như vậy.`,
      en: `The schedule of ${schedule.year} in force says the same already.`,
    });
  }
  return faults;
}

function isAlreadyPublished(schedule: YearSchedule, calendar: Calendar): boolean {
  const known = scheduleOf(calendar, schedule.year);
  const text = ({ offDays, workingSaturdays }: YearSchedule): string =>
    JSON.stringify([
      offDays.map(({ day, kind, name }) => [day, kind, name.vi, name.en]).sort(),
      workingSaturdays.map(({ day, insteadOf }) => [day, insteadOf]).sort(),
    ]);
  return known.published && text(known) === text(schedule);
}
