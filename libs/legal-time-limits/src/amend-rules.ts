import { dayTextOf, parseDay, type LegalDate } from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';
import { CRIME_CLASSES, DEFAULT_READINGS, type CrimeClass, type Length, type Readings, type Rule } from './rule.js';
import { RuleTable } from './rules.js';

/** The lengths of a rule that a change of the law may set; a rule knows only those that its row states. */
export const AMENDABLE_LENGTHS = [
  'limit',
  'limitIfRemote',
  'limitIfComplex',
  'limitForNoninitiation',
  'before',
  'requestBefore',
] as const;
export type AmendableLength = (typeof AMENDABLE_LENGTHS)[number];

/** A later row of a rule, from an operator's data: what it changes in the row in force on its first day. */
export interface RuleAmendment {
  readonly rule: string;
  /** First day of the row: it applies to terms that start on that day or later. */
  readonly from: LegalDate;
  readonly lengths?: Partial<Readonly<Record<AmendableLength, Length>>>;
  readonly limitByClass?: Partial<Readonly<Record<CrimeClass, Length>>>;
  /** The total to which the head of the body prolongs (BLTTHS 147(2)). */
  readonly prolongationTotal?: Length;
  /** How an open question is read (c-1, c-2). */
  readonly readings?: Partial<Readings>;
  /** Question c-5: whether the circular's working days stand beside the Code's days. */
  readonly alternative?: boolean;
  /** The articles of the new row; those of the old one when left out. */
  readonly cites?: readonly string[];
}

const MOST: Readonly<Record<Length['unit'], number>> = { h: 720, d: 1_000, wd: 1_000, m: 60 };
const MOST_CITES = 8;
const LONGEST_CITE = 120;

function refuse(field: string, given: unknown, vi: string, en: string, allowed?: unknown): never {
  throw new LimitRefusal(
    'RuleRowNotAllowed',
    { vi: `${field}: ${vi}`, en: `${field}: ${en}` },
    { field, facts: { given: given ?? null, ...(allowed === undefined ? {} : { allowed }) } },
  );
}

function lengthOrRefuse(field: string, given: Length, old: Length | undefined): Length {
  if (old === undefined) {
    refuse(field, given, 'quy tắc này không có độ dài đó', 'the rule states no such length');
  }
  // An hour term is a moment, all others are days: one row cannot turn the one into the other.
  const units: readonly Length['unit'][] = old.unit === 'h' ? ['h'] : ['d', 'wd', 'm'];
  if (!units.includes(given.unit)) {
    refuse(`${field}.unit`, given.unit, `chỉ nhận ${units.join(', ')}`, `one of ${units.join(', ')} is needed`, units);
  }
  const most = MOST[given.unit];
  if (!Number.isInteger(given.n) || given.n < 1 || given.n > most) {
    refuse(`${field}.n`, given.n, `cần số nguyên từ 1 đến ${most}`, `a whole number from 1 to ${most} is needed`);
  }
  return { n: given.n, unit: given.unit };
}

/** A length that the arithmetic counts back in calendar days. */
function backwards(field: string, length: Length): Length {
  if (length.unit === 'd') return length;
  return refuse(`${field}.unit`, length.unit, 'chỉ nhận d', 'only d is allowed', ['d']);
}

function rowInForce(table: RuleTable, { rule, from }: RuleAmendment): Rule {
  const rows = table.versionsOf(rule);
  if (rows.length === 0) refuse('rule', rule, 'không có quy tắc này', 'no such rule', table.ids());
  const day = parseDay(from);
  if (day === null || from < '2018-01-01' || from > '2100-12-31') {
    refuse('from', from, 'cần ngày từ 2018-01-01 đến 2100-12-31', 'a day from 2018-01-01 to 2100-12-31 is needed');
  }
  const row = table.inForce(rule, day);
  if (!row) refuse('from', from, 'quy tắc không có hiệu lực vào ngày này', 'the rule is not in force on that day');
  if (row.kind !== 'term' && row.kind !== 'before_end') {
    refuse('rule', rule, 'quy tắc không có thời hạn riêng', 'the rule carries no term of its own');
  }
  return row;
}

function amendedReadings(row: Rule, given: Partial<Readings>): Readings {
  const old = row.readings ?? DEFAULT_READINGS;
  if (row.kind !== 'term' || row.limit?.unit !== 'd') {
    refuse('readings', given, 'chỉ áp dụng cho thời hạn theo ngày', 'only terms in days can be read otherwise');
  }
  return {
    startDayCounts: given.startDayCounts ?? old.startDayCounts,
    rollsDayTerms: given.rollsDayTerms ?? old.rollsDayTerms,
  };
}

/**
 * The row that an amendment adds: the row in force on its first day with the changes, until the day before the next later
 * row of the rule begins.
 *
 * @throws LimitRefusal RuleRowNotAllowed naming the field, why, and what is allowed
 */
export function amendedRow(table: RuleTable, amendment: RuleAmendment): Rule {
  const row = rowInForce(table, amendment);
  const { from, lengths = {}, limitByClass, prolongationTotal, readings, alternative, cites } = amendment;
  const changed: { -readonly [Field in keyof Rule]?: Rule[Field] } = {};
  for (const field of AMENDABLE_LENGTHS) {
    const given = lengths[field];
    if (given === undefined) continue;
    const length = lengthOrRefuse(`lengths.${field}`, given, row[field]);
    changed[field] = field === 'before' || field === 'requestBefore' ? backwards(`lengths.${field}`, length) : length;
  }
  if (limitByClass) {
    const old = row.limitByClass;
    if (!old) refuse('limitByClass', limitByClass, 'quy tắc không chia theo loại tội', 'the rule does not go by class');
    changed.limitByClass = Object.fromEntries(
      CRIME_CLASSES.map((one) => {
        const given = limitByClass[one];
        return [one, given ? lengthOrRefuse(`limitByClass.${one}`, given, old[one]) : old[one]];
      }),
    ) as Record<CrimeClass, Length>;
  }
  if (prolongationTotal) {
    const { prolongation } = row;
    const total = lengthOrRefuse('prolongationTotal', prolongationTotal, prolongation?.total);
    changed.prolongation = { ...prolongation!, total };
  }
  if (readings) changed.readings = amendedReadings(row, readings);
  const kept: Rule = { ...row, ...changed };
  if (alternative !== undefined) {
    const known = table.versionsOf(row.id).findLast((one) => one.alternative)?.alternative;
    if (!known)
      refuse('alternative', alternative, 'quy tắc không có cách tính thứ hai', 'the rule has no second length');
    delete (kept as { alternative?: unknown }).alternative;
    if (alternative) (kept as { alternative?: unknown }).alternative = known;
  }
  if (cites && (cites.length === 0 || cites.length > MOST_CITES || cites.some((cite) => !isCite(cite)))) {
    refuse('cites', cites, 'cần từ 1 đến 8 điều luật', 'one to eight articles are needed');
  }
  const days = table.versionsOf(row.id).map(({ effective }) => effective.from);
  const next = days.filter((day) => day > from).sort()[0];
  const amended: Rule = {
    ...kept,
    cites: cites ?? row.cites,
    effective: { from, to: next === undefined ? row.effective.to : dayTextOf(parseDay(next)! - 1) },
  };
  if (sameLaw(row, amended)) {
    refuse('rule', amendment.rule, 'dòng mới không thay đổi điều gì', 'the new row changes nothing');
  }
  return amended;
}

function isCite(cite: unknown): boolean {
  return typeof cite === 'string' && cite.trim().length > 0 && cite.length <= LONGEST_CITE;
}

function sameLaw(a: Rule, b: Rule): boolean {
  const withoutDates = ({ effective: _effective, readings, ...rest }: Rule): string =>
    JSON.stringify([
      readings ?? DEFAULT_READINGS,
      Object.entries(rest).sort(([one], [other]) => (one < other ? -1 : 1)),
    ]);
  return withoutDates(a) === withoutDates(b);
}

/**
 * A table with one more row. The rows before it stay as they are; of two that cover the same day the later one counts.
 *
 * @throws LimitRefusal RuleRowNotAllowed naming the field, why, and what is allowed
 */
export function amendRules(table: RuleTable, amendment: RuleAmendment, version: string): RuleTable {
  return new RuleTable(version, [...table.rows, amendedRow(table, amendment)]);
}
