import { LATEST_CALENDAR, type Calendar } from './calendar.js';
import { explainBefore, explainCustody, explainTerm, type WhyStep } from './explain.js';
import { dayTextOf, MICROS_PER_DAY, momentTextOf, type DayNumber, type LegalDate } from './legal-date.js';
import { lengthOrRefuse, readLimitInput, type LimitInput } from './limit-input.js';
import { citeOfStep, extensionSource, extensionsOf, isHalved, type Circumstances } from './limit-length.js';
import type { Confidence, OpenQuestionId, Rule } from './rule.js';
import { RELEASED_RULES, versionsOf, type RuleTable } from './rules.js';
import { baseStep, custodyDates, datesBefore, datesOf, extensionStep, type Step, type TermDates } from './term.js';
import type { Text } from './text.js';
import { lengthText } from './wording.js';

/** One stretch of the chain behind an answer. */
export interface TermOfAnswer {
  readonly rule: string;
  readonly length: Text;
  readonly nominal: string;
  readonly due: string;
}

/** The dates of one limit and why. Hour terms give moments (+07:00), all others legal days; what does not apply is null. */
export interface LimitAnswer {
  readonly rule: string;
  readonly cites: readonly string[];
  readonly effective: { readonly from: LegalDate; readonly to: LegalDate | null };
  readonly calendarVersion: string;
  readonly start: string;
  /** End before it is moved off a day off; extensions run from here. */
  readonly nominal: string;
  readonly safeBy: string;
  readonly due: string;
  readonly latestArguable: string;
  /**
   * Last day to request an extension: the next one that the rule still allows; where the extensions asked for use the rule
   * up, the day by which the last of them had to be requested.
   */
  readonly requestBy: LegalDate | null;
  readonly why: readonly WhyStep[];
  readonly name: Text;
  readonly terms: readonly TermOfAnswer[];
  readonly confidence: Confidence;
  readonly openQuestions: readonly OpenQuestionId[];
}

/** Options of a calculation. */
export interface LimitOptions {
  /** Version of the calendar; default the newest released one. */
  readonly calendar?: Calendar;
  /** Version of the rules; default the released table. */
  readonly rules?: RuleTable;
  /** False leaves the explanation out: for bulk runs. */
  readonly why?: boolean;
}

/**
 * Calculates one limit of one rule.
 *
 * @param input the rule, its start and the circumstances; see {@link LimitInput}
 * @param options calendar version, and whether to explain
 * @returns the dates, the rule's citation and version, and why, in both languages
 * @throws LimitRefusal naming the field, why, and what is allowed; nothing else, for any input
 */
export function calculateLimit(input: LimitInput, options: LimitOptions = {}): LimitAnswer {
  const calendar = options.calendar ?? LATEST_CALENDAR;
  const explain = options.why !== false;
  const rules = options.rules ?? RELEASED_RULES;
  const read = readLimitInput(input, rules);
  const { rule, startDay } = read;
  const common = {
    rule: rule.id,
    cites: rule.cites,
    effective: rule.effective,
    calendarVersion: calendar.version,
    name: rule.name,
    confidence: rule.confidence,
    openQuestions: rule.open,
  };
  const written = (dates: TermDates): { nominal: string; safeBy: string; due: string; latestArguable: string } => {
    const text = dates.hours ? momentTextOf : dayTextOf;
    return {
      nominal: text(dates.nominal),
      safeBy: text(dates.safeBy),
      due: text(dates.due),
      latestArguable: text(dates.latest),
    };
  };

  if (rule.kind === 'custody') {
    const { months, heldDays } = read;
    const dates = custodyDates(startDay, months, heldDays);
    return {
      ...common,
      start: dayTextOf(startDay),
      ...written(dates),
      requestBy: null,
      why: explain ? explainCustody(rule, startDay, months, heldDays, null, dates) : [],
      terms: [
        {
          rule: rule.id,
          length: lengthText({ n: months, unit: 'm' }),
          nominal: dayTextOf(dates.nominal),
          due: dayTextOf(dates.due),
        },
      ],
    };
  }
  if (rule.kind === 'before_end') {
    const dates = datesBefore(startDay, rule.before!);
    return {
      ...common,
      start: dayTextOf(startDay),
      ...written(dates),
      requestBy: null,
      why: explain ? explainBefore(rule, startDay, dates, []) : [],
      terms: [],
    };
  }

  const length = lengthOrRefuse(read, input.start);
  const { circumstances, juvenile, prolonged, extensions } = read;
  const allowedExtensions = extensionsOf(rule, circumstances.class);
  const initiatedOn = read.caseInitiatedOn ?? startDay;
  const halved = isHalved(rule.id, juvenile, initiatedOn, circumstances.complex);
  const startMoment = read.startMoment ?? startDay * MICROS_PER_DAY;
  const steps: Step[] = [baseStep(rule.id, length, halved)];
  if (prolonged && rule.prolongation) {
    steps.push(extensionStep(rule.prolongation.rule, rule.prolongation.by, rule.prolongation.total, 'start', halved));
  }
  for (const extension of allowedExtensions.slice(0, extensions)) {
    steps.push(extensionStep(extensionSource(rule), extension.by, extension.add, 'end', halved));
  }
  const ends = steps.map((_, i) => datesOf(rule, startMoment, steps.slice(0, i + 1), calendar));
  const dates = ends[ends.length - 1]!;
  const requestBy = requestDayOf(rule, ends, extensions, allowedExtensions.length, prolonged, startDay, rules);
  const answerStart = dates.hours ? momentTextOf(startMoment) : dayTextOf(startDay);
  const text = dates.hours ? momentTextOf : dayTextOf;
  return {
    ...common,
    start: answerStart,
    ...written(dates),
    requestBy: requestBy === null ? null : dayTextOf(requestBy),
    why: explain
      ? explainTerm({
          rule,
          start: startMoment,
          steps,
          dates,
          calendar,
          ends,
          citeOf: citeOfStep(rule, read.on, rules),
          requestBy,
          notes: notesOn(rule, circumstances, juvenile, halved, initiatedOn, read.caseInitiatedOn === null),
        })
      : [],
    terms: steps.map((step, i) => ({
      rule: step.source,
      length: lengthText(step.length),
      nominal: text(ends[i]!.nominal),
      due: text(ends[i]!.due),
    })),
  };
}

/** Last day for a request: before the end of the stretch that the request would follow. */
function requestDayOf(
  rule: Rule,
  ends: readonly TermDates[],
  extensions: number,
  allowed: number,
  prolonged: boolean,
  startDay: DayNumber,
  rules: RuleTable,
): DayNumber | null {
  if (rule.id === 'CPC-147-2B') return startDay - rules.inForce('CPC-147-1', startDay)!.requestBefore!.n;
  if (!rule.requestBefore || allowed === 0) return null;
  // The procuracy extends the prolonged term of Art 147(2); the 20 days alone are prolonged by the head, without a request.
  if (rule.prolongation && !prolonged && extensions === 0) return null;
  const followed = extensions < allowed ? ends[ends.length - 1]! : ends[ends.length - 2]!;
  return followed.nominal - rule.requestBefore.n;
}

function notesOn(
  rule: Rule,
  circumstances: Circumstances,
  juvenile: boolean,
  halved: boolean,
  initiatedOn: DayNumber,
  initiationAssumed: boolean,
): WhyStep[] {
  const notes: WhyStep[] = [];
  if (circumstances.remote && rule.limitIfRemote) {
    notes.push({
      vi: 'Địa bàn xã miền núi, hải đảo xa xôi: thời hạn dài hơn.',
      en: 'A remote mountain or island commune: the longer term applies.',
      cite: rule.cites[0]!,
    });
  }
  if (circumstances.complex && rule.limitIfComplex) {
    notes.push({
      vi: 'Vụ án phức tạp: thời hạn dài hơn.',
      en: 'A complex case: the longer term applies.',
      cite: rule.cites[0]!,
    });
  }
  if (!juvenile) return notes;
  const initiated = dayTextOf(initiatedOn);
  if (halved) {
    if (initiationAssumed) {
      notes.push({
        vi: `Chưa cho ngày khởi tố vụ án, lấy ngày bắt đầu ${initiated}.`,
        en: `The day of initiation was not given; the start ${initiated} is taken.`,
        cite: 'Luật 59/2024 179.1.a',
      });
    }
  } else {
    const applies = versionsOf('JJL-129')[0]!.appliesTo!.includes(rule.id);
    notes.push(
      !applies
        ? {
            vi: 'Bị can là người chưa thành niên: Điều 129 không áp dụng cho thời hạn này.',
            en: 'The accused is a minor: Art 129 does not cover this term.',
            cite: 'Luật 59/2024 129',
          }
        : circumstances.complex
          ? {
              vi: 'Vụ án đặc biệt phức tạp: giữ đủ thời hạn.',
              en: 'An especially complex case: the full term applies.',
              cite: 'Luật 59/2024 129',
            }
          : {
              vi: `Vụ án khởi tố ngày ${initiated}, trước 01/01/2026: giữ thời hạn của BLTTHS.`,
              en: `The case was initiated on ${initiated}, before 1 January 2026: the term of the Code stays.`,
              cite: 'Luật 59/2024 179.1.a',
            },
    );
  }
  return notes;
}
