import { type CalendarVersionPublished, type RuleVersionPublished, STREAMS } from '@app/contracts';
import {
  amendRules,
  calendarWith,
  type LawVersion,
  type RuleAmendment,
  type YearSchedule,
} from '@app/legal-time-limits';

/** The one stream that holds every publication: calendars and rules count together, so their order is never in doubt. */
export const LAW_STREAM = `${STREAMS.lawVersion}vn`;

/** The schedule that an event carries. */
export function scheduleOfEvent({ year, offDays, workingSaturdays }: CalendarVersionPublished): YearSchedule {
  return {
    year,
    offDays: offDays.map(({ day, kind, vi, en }) => ({ day, kind, name: { vi, en } })),
    workingSaturdays,
  };
}

/** The row that an event adds, as the library takes it. */
export function amendmentOfEvent({ rule, row }: Pick<RuleVersionPublished, 'rule' | 'row'>): RuleAmendment {
  return { rule, ...row } as RuleAmendment;
}

/** `CV 2450/VPCP-KGVX 12/04/2024`. */
export function sourceOf({ number, signedOn }: { number: string; signedOn: string }): string {
  const [year, month, day] = signedOn.split('-');
  return `${number} ${day}/${month}/${year}`;
}

/** The law after one more calendar. */
export function withCalendar(last: LawVersion, event: CalendarVersionPublished): LawVersion {
  const { lawNumber, calendarVersion, document, announcedOn, publishedAt } = event;
  const source = sourceOf(document);
  return {
    number: lawNumber,
    publishedAt,
    publication: 'calendar',
    name: calendarVersion,
    source,
    calendar: calendarWith(last.calendar, scheduleOfEvent(event), {
      version: calendarVersion,
      announcedOn,
      sources: [source],
    }),
    rules: last.rules,
  };
}

/** The law after one more row of a rule. */
export function withRule(last: LawVersion, event: RuleVersionPublished): LawVersion {
  const { lawNumber, rule, row, document, publishedAt } = event;
  const name = `${rule} ${row.from}`;
  return {
    number: lawNumber,
    publishedAt,
    publication: 'rule',
    name,
    source: sourceOf(document),
    calendar: last.calendar,
    rules: amendRules(last.rules, amendmentOfEvent(event), `${last.rules.version}+${name}`),
  };
}

/** The law after one event of its stream; null for one that publishes nothing. */
export function lawAfterEvent(last: LawVersion, { type, data }: { type: string; data: object }): LawVersion | null {
  if (type === 'CalendarVersionPublished') return withCalendar(last, data as CalendarVersionPublished);
  if (type === 'RuleVersionPublished') return withRule(last, data as RuleVersionPublished);
  return null;
}
