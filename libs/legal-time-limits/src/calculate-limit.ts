import { LATEST_CALENDAR, type Calendar } from './calendar.js';
import { explainBefore, explainCustody, explainTerm, lengthText, type WhyStep } from './explain.js';
import {
  dayNumberOf,
  dayTextOf,
  MICROS_PER_DAY,
  momentTextOf,
  parseDay,
  parseMoment,
  type DayNumber,
  type LegalDate,
  type LocalMicros,
} from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';
import {
  CRIME_CLASSES,
  RULE_IDS,
  ruleInForce,
  versionsOf,
  type Confidence,
  type CrimeClass,
  type Extension,
  type Length,
  type OpenQuestionId,
  type Rule,
} from './rules.js';
import {
  baseStep,
  custodyDates,
  datesBefore,
  datesOf,
  dayOfMoment,
  extensionStep,
  type Step,
  type TermDates,
} from './term.js';
import type { Text } from './text.js';

/** What to calculate; absent and null mean the same. Days are `YYYY-MM-DD`, moments RFC 3339. */
export interface LimitInput {
  /** Id of a rule. */
  readonly rule: string;
  /** Day or moment of the trigger; hour terms need a moment; for `before_end` rules the nominal end of the term. */
  readonly start: string;
  readonly class?: CrimeClass | null;
  readonly remote?: boolean | null;
  readonly complex?: boolean | null;
  /** Adds the prolongation by the head (CPC-147-2A). */
  readonly prolonged?: boolean | null;
  /** Adds the first N extensions that the rule allows. */
  readonly extensions?: number | null;
  readonly juvenile?: boolean | null;
  /** Day the case was initiated: decides whether Law 59/2024 applies; default the start. */
  readonly caseInitiatedOn?: LegalDate | null;
  /** Who returned the file for supplementary investigation. */
  readonly returner?: 'vks' | 'court' | null;
  readonly noninitiation?: boolean | null;
  /** Custody: days already held, and months ordered. */
  readonly heldDays?: number | null;
  readonly months?: number | null;
  /** Day whose version of the rule applies; default the start. */
  readonly on?: LegalDate | null;
}

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
  /** False leaves the explanation out: for bulk runs. */
  readonly why?: boolean;
}

const FIRST_START = dayNumberOf(2018, 1, 1);
const LAST_START = dayNumberOf(2100, 12, 31);
const FIELDS: readonly string[] = [
  'rule',
  'start',
  'class',
  'remote',
  'complex',
  'prolonged',
  'extensions',
  'juvenile',
  'caseInitiatedOn',
  'returner',
  'noninitiation',
  'heldDays',
  'months',
  'on',
];

function refuse(code: string, field: string, vi: string, en: string, facts: Record<string, unknown>): never {
  throw new LimitRefusal(code, { vi: `${field}: ${vi}`, en: `${field}: ${en}` }, { field, facts });
}

/** A day in 2018-01-01 to 2100-12-31, or a refusal. */
function dayField(field: string, given: unknown): DayNumber | null {
  if (given === undefined || given === null) return null;
  const day = parseDay(given);
  if (day !== null && day >= FIRST_START && day <= LAST_START) return day;
  return refuse(
    day === null ? 'DayNotUnderstood' : 'DayOutOfRange',
    field,
    'cần một ngày có thật dạng YYYY-MM-DD, từ 2018-01-01 đến 2100-12-31',
    'a real day is needed, YYYY-MM-DD, from 2018-01-01 to 2100-12-31',
    { given, allowed: '2018-01-01 to 2100-12-31' },
  );
}

function flagField(field: string, given: unknown): boolean {
  if (given === undefined || given === null) return false;
  if (typeof given === 'boolean') return given;
  return refuse('ValueNotAllowed', field, 'cần true hoặc false', 'true or false is needed', {
    given,
    allowed: [true, false],
  });
}

function countField(field: string, given: unknown, most: number): number | null {
  if (given === undefined || given === null) return null;
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0 && given <= most) return given;
  return refuse(
    'NumberNotAllowed',
    field,
    `cần số nguyên từ 0 đến ${most}`,
    `a whole number from 0 to ${most} is needed`,
    {
      given,
      allowed: `0 to ${most}`,
    },
  );
}

function wordField<T extends string>(field: string, given: unknown, allowed: readonly T[]): T | null {
  if (given === undefined || given === null) return null;
  if (allowed.includes(given as T)) return given as T;
  return refuse('ValueNotAllowed', field, `chỉ nhận ${allowed.join(', ')}`, `one of ${allowed.join(', ')} is needed`, {
    given,
    allowed,
  });
}

const CALCULABLE = RULE_IDS.filter((id) => ['term', 'before_end', 'custody'].includes(versionsOf(id)[0]!.kind));

interface Start {
  readonly day: DayNumber;
  readonly moment: LocalMicros | null;
}

function readStart(given: unknown): Start {
  const moment = parseMoment(given);
  const day = moment === null ? parseDay(given) : dayOfMoment(moment);
  if (day === null) {
    refuse(
      'DayNotUnderstood',
      'start',
      'cần một ngày (2026-01-05) hoặc một thời điểm (2026-01-05T08:00:00+07:00)',
      'a day (2026-01-05) or a moment (2026-01-05T08:00:00+07:00) is needed',
      { given: given ?? null, allowed: 'YYYY-MM-DD or RFC 3339 with offset' },
    );
  }
  if (day < FIRST_START || day > LAST_START) {
    refuse(
      'DayOutOfRange',
      'start',
      'chỉ tính từ 2018-01-01 (ngày Bộ luật có hiệu lực) đến 2100-12-31',
      'only 2018-01-01 (the Code in force) to 2100-12-31 is calculated',
      { given, allowed: '2018-01-01 to 2100-12-31' },
    );
  }
  return { day, moment };
}

/** Whether a juvenile's term is halved: Law 59/2024 Art 129 and its transition Art 179(1)a. */
export function isHalved(ruleId: string, juvenile: boolean, initiatedOn: DayNumber, exempt: boolean): boolean {
  if (!juvenile || exempt) return false;
  const modifier = ruleInForce('JJL-129', initiatedOn);
  return modifier?.appliesTo?.includes(ruleId) ?? false;
}

/** The extensions a rule allows for a class; empty when it states none. */
export function extensionsOf(rule: Rule, crimeClass: CrimeClass | null): readonly Extension[] {
  if (rule.extensionsByClass) return crimeClass === null ? [] : rule.extensionsByClass[crimeClass];
  return rule.extensions ?? [];
}

/** Circumstances that pick the length of a rule. */
export interface Circumstances {
  readonly class: CrimeClass | null;
  readonly remote: boolean;
  readonly complex: boolean;
  readonly returner: 'vks' | 'court' | null;
  readonly noninitiation: boolean;
}

/** The length of a rule under the circumstances; null when a class or returner is needed and missing. */
export function lengthOf(rule: Rule, given: Circumstances): Length | null {
  if (rule.limitByClass) return given.class === null ? null : rule.limitByClass[given.class];
  if (rule.limitByReturner) return given.returner === null ? null : rule.limitByReturner[given.returner];
  if (given.remote && rule.limitIfRemote) return rule.limitIfRemote;
  if (given.complex && rule.limitIfComplex) return rule.limitIfComplex;
  if (given.noninitiation && rule.limitForNoninitiation) return rule.limitForNoninitiation;
  return rule.limit!;
}

/** The article behind a step: that of its own row, or of the rule that holds it. */
export function citeOfStep(rule: Rule, day: DayNumber): (source: string) => string {
  return (source) => (source === rule.id ? rule : (ruleInForce(source, day) ?? rule)).cites[0]!;
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
  const given: unknown = input;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    refuse('InputNotAllowed', 'input', 'cần một đối tượng', 'an object is needed', { allowed: FIELDS });
  }
  for (const field of Object.keys(given)) {
    if (!FIELDS.includes(field)) {
      refuse(
        'FieldUnknown',
        field,
        `không có trường này; có: ${FIELDS.join(', ')}`,
        `no such field; known: ${FIELDS.join(', ')}`,
        {
          given: field,
          allowed: FIELDS,
        },
      );
    }
  }
  const id: unknown = input.rule;
  const rows = typeof id === 'string' ? versionsOf(id) : [];
  if (rows.length === 0) {
    refuse(
      'RuleUnknown',
      'rule',
      `không có quy tắc này; có: ${CALCULABLE.join(', ')}`,
      `no such rule; known: ${CALCULABLE.join(', ')}`,
      {
        given: id ?? null,
        allowed: CALCULABLE,
      },
    );
  }
  if (!CALCULABLE.includes(rows[0]!.id)) {
    refuse(
      'RuleHasNoTerm',
      'rule',
      `quy tắc ${rows[0]!.id} không có thời hạn riêng; tính được: ${CALCULABLE.join(', ')}`,
      `rule ${rows[0]!.id} carries no term of its own; can be calculated: ${CALCULABLE.join(', ')}`,
      { given: id, allowed: CALCULABLE },
    );
  }
  const start = readStart(input.start);
  const on = dayField('on', input.on) ?? start.day;
  const rule = ruleInForce(rows[0]!.id, on);
  if (!rule) {
    const allowed = rows.map(({ effective }) => `${effective.from} – ${effective.to ?? '…'}`);
    return refuse(
      'RuleNotInForce',
      input.on === undefined || input.on === null ? 'start' : 'on',
      `quy tắc ${rows[0]!.id} không có hiệu lực vào ngày ${dayTextOf(on)}; có hiệu lực: ${allowed.join('; ')}`,
      `rule ${rows[0]!.id} is not in force on ${dayTextOf(on)}; in force: ${allowed.join('; ')}`,
      { given: dayTextOf(on), allowed },
    );
  }
  const circumstances: Circumstances = {
    class: wordField('class', input.class, CRIME_CLASSES),
    remote: flagField('remote', input.remote),
    complex: flagField('complex', input.complex),
    returner: wordField('returner', input.returner, ['vks', 'court'] as const),
    noninitiation: flagField('noninitiation', input.noninitiation),
  };
  const juvenile = flagField('juvenile', input.juvenile);
  const caseInitiatedOn = dayField('caseInitiatedOn', input.caseInitiatedOn);
  const prolonged = flagField('prolonged', input.prolonged);
  const extensions = countField('extensions', input.extensions, 10) ?? 0;
  const heldDays = countField('heldDays', input.heldDays, 3600);
  const months = countField('months', input.months, 120);
  refuseForeign(rule, input);

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
    if (months === null || months === 0) {
      refuse('FieldMissing', 'months', 'cần số tháng tạm giam, từ 1', 'the months of custody are needed, 1 or more', {
        given: months,
        allowed: '1 to 120',
      });
    }
    const held = heldDays ?? 0;
    if (held >= months * 30) {
      refuse('NumberNotAllowed', 'heldDays', `phải ít hơn ${months * 30} ngày`, `must be below ${months * 30} days`, {
        given: held,
        allowed: `0 to ${months * 30 - 1}`,
      });
    }
    const dates = custodyDates(start.day, months, held);
    return {
      ...common,
      start: dayTextOf(start.day),
      ...written(dates),
      requestBy: null,
      why: explain ? explainCustody(rule, start.day, months, held, null, dates) : [],
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
    const dates = datesBefore(start.day, rule.before!);
    return {
      ...common,
      start: dayTextOf(start.day),
      ...written(dates),
      requestBy: null,
      why: explain ? explainBefore(rule, start.day, dates, []) : [],
      terms: [],
    };
  }

  const length = lengthOf(rule, circumstances);
  if (length === null) {
    const field = rule.limitByClass ? 'class' : 'returner';
    const allowed = rule.limitByClass ? CRIME_CLASSES : ['vks', 'court'];
    return refuse(
      'FieldMissing',
      field,
      `quy tắc ${rule.id} cần ${allowed.join(', ')}`,
      `rule ${rule.id} needs one of ${allowed.join(', ')}`,
      { given: null, allowed },
    );
  }
  if (length.unit === 'h' && start.moment === null) {
    refuse(
      'MomentNeeded',
      'start',
      'thời hạn theo giờ tính từ thời điểm chính xác; cần dạng 2026-01-05T08:00:00+07:00',
      'a term in hours runs from the exact moment; write 2026-01-05T08:00:00+07:00',
      { given: input.start, allowed: 'RFC 3339 with offset' },
    );
  }
  const allowedExtensions = extensionsOf(rule, circumstances.class);
  if (extensions > allowedExtensions.length) {
    refuse(
      'ExtensionLimitReached',
      'extensions',
      allowedExtensions.length === 0
        ? `quy tắc ${rule.id} không quy định gia hạn`
        : `quy tắc ${rule.id} chỉ cho gia hạn ${allowedExtensions.length} lần`,
      allowedExtensions.length === 0
        ? `rule ${rule.id} states no extension`
        : `rule ${rule.id} allows ${allowedExtensions.length} at most`,
      { given: extensions, allowed: `0 to ${allowedExtensions.length}`, cite: rule.cites[0] },
    );
  }
  const initiatedOn = caseInitiatedOn ?? start.day;
  const halved = isHalved(rule.id, juvenile, initiatedOn, circumstances.complex);
  const startMoment = start.moment ?? start.day * MICROS_PER_DAY;
  const steps: Step[] = [baseStep(rule.id, length, halved)];
  if (prolonged && rule.prolongation) {
    steps.push(extensionStep(rule.prolongation.rule, rule.prolongation.by, rule.prolongation.total, 'start', halved));
  }
  for (const extension of allowedExtensions.slice(0, extensions)) {
    steps.push(extensionStep(extensionSource(rule), extension.by, extension.add, 'end', halved));
  }
  const ends = steps.map((_, i) => datesOf(rule, startMoment, steps.slice(0, i + 1), calendar));
  const dates = ends[ends.length - 1]!;
  const requestBy = requestDayOf(rule, ends, extensions, allowedExtensions.length, prolonged, start.day);
  const answerStart = dates.hours ? momentTextOf(startMoment) : dayTextOf(start.day);
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
          citeOf: citeOfStep(rule, on),
          requestBy,
          notes: notesOn(rule, circumstances, juvenile, halved, initiatedOn, caseInitiatedOn === null),
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

/** Extensions of a tip are rows of their own; those of other rules belong to the rule. */
export function extensionSource(rule: Rule): string {
  return rule.id === 'CPC-147-1' || rule.id === 'CPC-147-2A' ? 'CPC-147-2B' : rule.id;
}

/** Acts that a rule does not know are refused: silently ignoring them would show a date for another case. */
function refuseForeign(rule: Rule, input: LimitInput): void {
  const foreign = (field: string, known: boolean, value: unknown): void => {
    if (known || value === undefined || value === null || value === false || value === 0) return;
    refuse('FieldNotOfRule', field, `không áp dụng cho quy tắc ${rule.id}`, `does not apply to rule ${rule.id}`, {
      given: value,
      allowed: null,
      cite: rule.cites[0],
    });
  };
  foreign('prolonged', rule.prolongation !== undefined || rule.id === 'CPC-147-2A', input.prolonged);
  foreign('returner', rule.limitByReturner !== undefined, input.returner);
  foreign('noninitiation', rule.limitForNoninitiation !== undefined, input.noninitiation);
  foreign('heldDays', rule.kind === 'custody', input.heldDays);
  foreign('months', rule.kind === 'custody', input.months);
  if (rule.kind !== 'term') foreign('extensions', false, input.extensions);
}

/** Last day for a request: before the end of the stretch that the request would follow. */
function requestDayOf(
  rule: Rule,
  ends: readonly TermDates[],
  extensions: number,
  allowed: number,
  prolonged: boolean,
  startDay: DayNumber,
): DayNumber | null {
  if (rule.id === 'CPC-147-2B') return startDay - ruleInForce('CPC-147-1', startDay)!.requestBefore!.n;
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
