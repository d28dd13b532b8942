import {
  dayNumberOf,
  dayTextOf,
  parseDay,
  parseMoment,
  type DayNumber,
  type LegalDate,
  type LocalMicros,
} from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';
import { extensionsOf, lengthOf, type Circumstances } from './limit-length.js';
import { CRIME_CLASSES, type CrimeClass, type Length, type Rule } from './rule.js';
import { RELEASED_RULES, RULE_IDS, versionsOf, type RuleTable } from './rules.js';
import { dayOfMoment } from './term.js';

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
const KNOWN_FIELDS: ReadonlySet<string> = new Set(FIELDS);

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

/** Whether a rule carries a term of its own. */
function isCalculable({ kind }: Rule): boolean {
  return kind === 'term' || kind === 'before_end' || kind === 'custody';
}

const CALCULABLE = RULE_IDS.filter((id) => isCalculable(versionsOf(id)[0]!));

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

/** An input that was checked: the version of the rule it means, and its parts as numbers. */
export interface ReadInput {
  readonly rule: Rule;
  readonly on: DayNumber;
  readonly startDay: DayNumber;
  readonly startMoment: LocalMicros | null;
  readonly circumstances: Circumstances;
  readonly juvenile: boolean;
  readonly caseInitiatedOn: DayNumber | null;
  readonly prolonged: boolean;
  readonly extensions: number;
  readonly heldDays: number;
  readonly months: number;
}

/**
 * Checks the input of a calculation.
 *
 * @throws LimitRefusal naming the field, why, and what is allowed
 */
export function readLimitInput(input: LimitInput, rules: RuleTable = RELEASED_RULES): ReadInput {
  const given: unknown = input;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    refuse('InputNotAllowed', 'input', 'cần một đối tượng', 'an object is needed', { allowed: FIELDS });
  }
  for (const field of Object.keys(given)) {
    if (!KNOWN_FIELDS.has(field)) {
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
  const rows = typeof id === 'string' ? rules.versionsOf(id) : [];
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
  if (!isCalculable(rows[0]!)) {
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
  const rule = rules.inForce(rows[0]!.id, on);
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
  const heldDays = countField('heldDays', input.heldDays, 3600) ?? 0;
  const months = countField('months', input.months, 120) ?? 0;
  refuseForeign(rule, input);
  if (rule.kind === 'custody') checkCustody(months, heldDays);
  return {
    rule,
    on,
    startDay: start.day,
    startMoment: start.moment,
    circumstances,
    juvenile,
    caseInitiatedOn,
    prolonged,
    extensions,
    heldDays,
    months,
  };
}

function checkCustody(months: number, heldDays: number): void {
  if (months === 0) {
    refuse('FieldMissing', 'months', 'cần số tháng tạm giam, từ 1', 'the months of custody are needed, 1 or more', {
      given: months,
      allowed: '1 to 120',
    });
  }
  if (heldDays >= months * 30) {
    refuse('NumberNotAllowed', 'heldDays', `phải ít hơn ${months * 30} ngày`, `must be below ${months * 30} days`, {
      given: heldDays,
      allowed: `0 to ${months * 30 - 1}`,
    });
  }
}

/** The length of the rule under the circumstances; refuses what is missing for it, and more extensions than it states. */
export function lengthOrRefuse({ rule, circumstances, startMoment, extensions }: ReadInput, start: string): Length {
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
  if (length.unit === 'h' && startMoment === null) {
    refuse(
      'MomentNeeded',
      'start',
      'thời hạn theo giờ tính từ thời điểm chính xác; cần dạng 2026-01-05T08:00:00+07:00',
      'a term in hours runs from the exact moment; write 2026-01-05T08:00:00+07:00',
      { given: start, allowed: 'RFC 3339 with offset' },
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
  return length;
}
