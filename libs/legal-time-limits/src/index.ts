export * from './text.js';
export { LimitRefusal, type RefusalPlace } from './limit-refusal.js';
export {
  addDays,
  addMonths,
  compareDates,
  daysBetween,
  isLegalDate,
  legalDateOf,
  startOfLegalDay,
  type LegalDate,
} from './legal-date.js';
export {
  addWorkingDays,
  CALENDARS,
  calendarAt,
  calendarDay,
  isWorkingDay,
  isYearPublished,
  LATEST_CALENDAR,
  nextWorkingDay,
  type Calendar,
  type CalendarDay,
  type CalendarYear,
  type OffDay,
  type WorkingSaturday,
} from './calendar.js';
export { defineCalendar } from './define-calendar.js';
export {
  calendarWith,
  changedDays,
  OFF_DAY_KINDS,
  scheduleFaults,
  scheduleOf,
  type OffDayKind,
  type ScheduledOffDay,
  type ScheduleFault,
  type YearSchedule,
} from './schedule.js';
export {
  CRIME_CLASSES,
  DEFAULT_READINGS,
  type Confidence,
  type CrimeClass,
  type Extension,
  type Grantor,
  type Ground,
  type Length,
  type OpenQuestion,
  type OpenQuestionId,
  type OwedBy,
  type Readings,
  type Rule,
  type Unit,
} from './rule.js';
export { groundsOn, RELEASED_RULES, RULE_IDS, ruleOn, RULES, RULES_VERSION, RuleTable, versionsOf } from './rules.js';
export { AMENDABLE_LENGTHS, amendedRow, amendRules, type AmendableLength, type RuleAmendment } from './amend-rules.js';
export {
  datesAfter,
  lawBefore,
  mayMoveTerm,
  newestLaw,
  obligationsThrough,
  PUBLICATION_EVENTS,
  RELEASED_HISTORY,
  RELEASED_LAW,
  type LawHistory,
  type LawVersion,
  type ObligationThroughLaw,
  type Publication,
} from './law-history.js';
export { ruleCatalogue, type RuleEntry, type RuleOption } from './rule-catalogue.js';
export { OPEN_QUESTIONS, openQuestion } from './open-questions.js';
export type { WhyStep } from './explain.js';
export type { LimitInput } from './limit-input.js';
export { calculateLimit, type LimitAnswer, type LimitOptions, type TermOfAnswer } from './calculate-limit.js';
export { FACT_TYPES, MATTERS, type Fact, type MatterKind } from './facts.js';
export {
  breachMoment,
  dueMoment,
  obligationsOf,
  safeMoment,
  type Dated,
  type Law,
  type MatterInput,
  type Obligation,
  type ObligationOptions,
  type SupersededDeadline,
  type TermMismatch,
} from './obligations.js';
export { ruleTableDocument } from './rule-table-document.js';
