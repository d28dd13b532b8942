import { dayNumberOf, MICROS_PER_DAY, parseDay, parseMoment, type DayNumber, type LocalMicros } from './legal-date.js';
import { LimitRefusal } from './limit-refusal.js';
import { CRIME_CLASSES } from './rule.js';

/** Something that happened in a matter: the name of a public event, its moment, and what the law asks about it. */
export interface Fact {
  readonly type: string;
  /** RFC 3339 with offset. */
  readonly at: string;
  readonly [field: string]: unknown;
}

/** The two kinds of matter. */
export const MATTERS = ['crime-tip', 'criminal-case'] as const;
export type MatterKind = (typeof MATTERS)[number];

export const UNIT_LEVELS = ['nation', 'province', 'region', 'commune', 'post'] as const;
export const DELEGATED_KINDS: readonly string[] = [
  'border_guard',
  'customs',
  'forest_ranger',
  'coast_guard',
  'fisheries',
];

type FieldKind = 'flag' | 'day' | 'count' | 'moment' | readonly string[];
type Fields = Readonly<Record<string, FieldKind>>;

const NONE: Fields = {};
const PRINTED: Fields = { from: 'day', to: 'day' };
export const NOTICES = [
  'receipt',
  'assignment',
  'suspension',
  'resumption',
  'result',
  'initiation',
  'prosecution',
  'custody',
] as const;
export const RECIPIENTS = ['procuracy', 'informant', 'accused', 'court'] as const;
const NOTICE: Fields = { notice: NOTICES, recipient: RECIPIENTS };

/**
 * The facts of a crime tip with the fields the law reads. Facts at the same moment are taken in the order of this list: a
 * cause stands before its effect.
 */
const TIP_FACTS: Readonly<Record<string, Fields>> = {
  CrimeTipReceived: {
    unitLevel: UNIT_LEVELS,
    remote: 'flag',
    informantGiven: 'flag',
    informantRefusedIdentity: 'flag',
    noticesTracked: 'flag',
    reportsTracked: 'flag',
    childSexualAbuse: 'flag',
  },
  CrimeTipClassified: { competent: 'flag', urgent: 'flag', childSexualAbuse: 'flag' },
  CrimeTipTransferred: NONE,
  CrimeTipTransferAcknowledged: { unitLevel: UNIT_LEVELS },
  CrimeTipAccepted: NONE,
  CrimeTipAssigned: NONE,
  ProsecutorAssigned: NONE,
  FileRequestedByProcuracy: NONE,
  FileHandedToProcuracy: NONE,
  VerificationProlonged: PRINTED,
  ExtensionRequested: NONE,
  ExtensionGranted: PRINTED,
  ExtensionRefused: NONE,
  SuspensionGroundFound: NONE,
  JointReviewHeld: NONE,
  ClosingReportMade: NONE,
  VerificationSuspended: { ground: ['a', 'b', 'c', 'none'] },
  SuspensionCancelled: NONE,
  VerificationResumed: NONE,
  CrimeTipMerged: NONE,
  CriminalCaseInitiated: NONE,
  InitiationDeclined: { administrativeReferral: 'flag' },
  NoticeSent: NOTICE,
  NoticeReceived: NOTICE,
  DecisionReviewed: NONE,
};

/** The facts of a criminal case, causes before effects. */
const CASE_FACTS: Readonly<Record<string, Fields>> = {
  CriminalCaseInitiated: {
    class: CRIME_CLASSES,
    juvenile: 'flag',
    shortened: 'flag',
    complex: 'flag',
    flagrante: 'flag',
    noticesTracked: 'flag',
  },
  ShortenedProcedureConditionsMet: NONE,
  ShortenedProcedureDecided: NONE,
  ShortenedProcedureCancelled: NONE,
  CasesMerged: { firstInitiatedAt: 'moment', class: CRIME_CLASSES },
  ClassChanged: { class: CRIME_CLASSES },
  ChargeReceivedByProcuracy: NONE,
  ChargeSupplementReceived: NONE,
  ChargeReviewed: NONE,
  CustodyOrdered: { from: 'day', to: 'day', months: 'count', heldDays: 'count' },
  CustodyEnded: NONE,
  InvestigationExtended: PRINTED,
  InvestigationTransferred: NONE,
  SupplementaryFileReceived: { returner: ['vks', 'court', 'presiding_judge', 'trial_panel'] },
  InvestigationSuspended: NONE,
  InvestigationResumed: NONE,
  InvestigationDiscontinued: NONE,
  DiscontinuationReceivedByProcuracy: NONE,
  DiscontinuationReviewed: NONE,
  InvestigationConcluded: { proposesProsecution: 'flag', deliveryTracked: 'flag' },
  CaseTransferred: NONE,
  CaseFileReceived: { complete: 'flag', conclusionDelivered: 'flag' },
  DiversionNoticeIssued: NONE,
  ProsecutionTermExtended: PRINTED,
  ProsecutionDecided: {
    decision: ['prosecute', 'return', 'suspend', 'discontinue', 'transfer'],
    ground: ['a', 'b', 'c', 'd'],
    complex: 'flag',
  },
  CaseResumed: NONE,
  CourtReceivedCase: NONE,
  TrialPreparationExtended: PRINTED,
  CourtDecided: NONE,
  NoticeSent: NOTICE,
};

/** Other names under which the same fact is public. */
const ALIASES: Readonly<Record<MatterKind, Readonly<Record<string, string>>>> = {
  'crime-tip': { TipReceived: 'CrimeTipReceived' },
  'criminal-case': { CriminalCaseOpened: 'CriminalCaseInitiated', CourtOutcomeRecorded: 'CourtDecided' },
};

interface FactKind {
  readonly name: string;
  readonly rank: number;
  readonly fields: readonly (readonly [string, FieldKind])[];
}

function kindsOf(matter: MatterKind, facts: Readonly<Record<string, Fields>>): ReadonlyMap<string, FactKind> {
  const kinds = new Map<string, FactKind>();
  Object.entries(facts).forEach(([name, fields], rank) =>
    kinds.set(name, { name, rank, fields: Object.entries(fields) }),
  );
  for (const [alias, name] of Object.entries(ALIASES[matter])) kinds.set(alias, kinds.get(name)!);
  return kinds;
}

const KINDS: Readonly<Record<MatterKind, ReadonlyMap<string, FactKind>>> = {
  'crime-tip': kindsOf('crime-tip', TIP_FACTS),
  'criminal-case': kindsOf('criminal-case', CASE_FACTS),
};

/** The names of the facts that a matter may hold. */
export const FACT_TYPES: Readonly<Record<MatterKind, readonly string[]>> = {
  'crime-tip': [...KINDS['crime-tip'].keys()],
  'criminal-case': [...KINDS['criminal-case'].keys()],
};

/** A fact that was read: checked, with its moment as a number. */
export interface ReadFact {
  readonly type: string;
  readonly at: LocalMicros;
  readonly rank: number;
  readonly position: number;
  readonly source: Fact;
}

const FIRST = dayNumberOf(2018, 1, 1) * MICROS_PER_DAY;
const AFTER_LAST = dayNumberOf(2101, 1, 1) * MICROS_PER_DAY;
const LAST_PRINTED = dayNumberOf(2103, 12, 31);

/** A refusal of one fact, with its position in the input. */
export function refuseFact(
  position: number,
  code: string,
  vi: string,
  en: string,
  facts: Record<string, unknown>,
  field?: string,
): never {
  const name = field === undefined ? '' : `.${field}`;
  throw new LimitRefusal(
    code,
    { vi: `facts[${position}]${name}: ${vi}`, en: `facts[${position}]${name}: ${en}` },
    { position, facts, ...(field === undefined ? {} : { field: `facts[${position}].${field}` }) },
  );
}

function checkField(position: number, field: string, kind: FieldKind, value: unknown): void {
  if (value === undefined || value === null) return;
  if (kind === 'flag') {
    if (typeof value === 'boolean') return;
    refuseFact(
      position,
      'ValueNotAllowed',
      'cần true hoặc false',
      'true or false is needed',
      { given: value, allowed: [true, false] },
      field,
    );
  }
  if (kind === 'count') {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 3600) return;
    refuseFact(
      position,
      'NumberNotAllowed',
      'cần số nguyên từ 0 đến 3600',
      'a whole number from 0 to 3600 is needed',
      { given: value, allowed: '0 to 3600' },
      field,
    );
  }
  if (kind === 'day') {
    const day = parseDay(value);
    if (day !== null && day >= FIRST / MICROS_PER_DAY && day <= LAST_PRINTED) return;
    refuseFact(
      position,
      'DayNotUnderstood',
      'cần ngày có thật dạng YYYY-MM-DD',
      'a real day is needed, YYYY-MM-DD',
      { given: value, allowed: '2018-01-01 to 2103-12-31' },
      field,
    );
  }
  if (kind === 'moment') {
    const moment = parseMoment(value);
    if (moment !== null && moment >= FIRST && moment < AFTER_LAST) return;
    refuseFact(
      position,
      'MomentNotUnderstood',
      'cần thời điểm RFC 3339',
      'an RFC 3339 moment is needed',
      { given: value, allowed: 'RFC 3339 with offset, 2018 to 2100' },
      field,
    );
  }
  if (typeof kind === 'object' && !kind.includes(value as string)) {
    refuseFact(
      position,
      'ValueNotAllowed',
      `chỉ nhận ${kind.join(', ')}`,
      `one of ${kind.join(', ')} is needed`,
      { given: value, allowed: kind },
      field,
    );
  }
}

/** Text of a value that is the same whatever the order of its keys; the last tie-breaker between facts. */
function canonical(value: unknown, depth = 0): string {
  if (depth > 20) return '…';
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth + 1)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([key, item]) => `${key}:${canonical(item, depth + 1)}`).join(',')}}`;
  }
  return `${typeof value}:${String(value)}`;
}

function byTime(a: ReadFact, b: ReadFact): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.rank !== b.rank) return a.rank - b.rank;
  const left = canonical(a.source);
  const right = canonical(b.source);
  return left < right ? -1 : left > right ? 1 : 0;
}

/**
 * Checks the facts of one matter and sorts them by moment, ties by the fixed order of the fact list.
 *
 * @throws LimitRefusal with the position of the first fact that is unknown or malformed
 */
export function readFacts(matter: MatterKind, facts: unknown): ReadFact[] {
  if (!Array.isArray(facts)) {
    throw new LimitRefusal(
      'InputNotAllowed',
      { vi: 'facts: cần một danh sách', en: 'facts: a list is needed' },
      { field: 'facts', facts: { allowed: 'array' } },
    );
  }
  const kinds = KINDS[matter];
  const read: ReadFact[] = [];
  let sorted = true;
  for (let position = 0; position < facts.length; position += 1) {
    const source: unknown = facts[position];
    if (typeof source !== 'object' || source === null || Array.isArray(source)) {
      refuseFact(position, 'InputNotAllowed', 'cần một đối tượng {type, at}', 'an object {type, at} is needed', {
        given: source ?? null,
      });
    }
    const fact = source as Fact;
    const kind = typeof fact.type === 'string' ? kinds.get(fact.type) : undefined;
    if (!kind) {
      const allowed = FACT_TYPES[matter];
      refuseFact(
        position,
        'FactUnknown',
        `không có loại sự kiện này; có: ${allowed.join(', ')}`,
        `no such type of fact; known: ${allowed.join(', ')}`,
        { given: fact.type ?? null, allowed },
        'type',
      );
    }
    const at = parseMoment(fact.at);
    if (at === null || at < FIRST || at >= AFTER_LAST) {
      refuseFact(
        position,
        at === null ? 'MomentNotUnderstood' : 'DayOutOfRange',
        'cần thời điểm RFC 3339 có múi giờ, từ 2018 đến 2100, ví dụ 2026-01-05T08:00:00+07:00',
        'an RFC 3339 moment with offset is needed, 2018 to 2100, for example 2026-01-05T08:00:00+07:00',
        { given: fact.at ?? null, allowed: 'RFC 3339 with offset, 2018 to 2100' },
        'at',
      );
    }
    for (let i = 0; i < kind.fields.length; i += 1) {
      const [field, fieldKind] = kind.fields[i]!;
      checkField(position, field, fieldKind, fact[field]);
    }
    const next: ReadFact = { type: kind.name, at, rank: kind.rank, position, source: fact };
    if (sorted && position > 0 && byTime(read[position - 1]!, next) > 0) sorted = false;
    read.push(next);
  }
  return sorted ? read : read.sort(byTime);
}

/** A day field of a fact as a day number; null when absent. */
export function dayOf(fact: ReadFact, field: string): DayNumber | null {
  return parseDay(fact.source[field]);
}

/** Whether a yes/no field of a fact is true. */
export function isTrue(fact: ReadFact, field: string): boolean {
  return fact.source[field] === true;
}

/** The unit that received the matter. */
export interface UnitOfMatter {
  readonly remote: boolean;
  readonly level: string | null;
  readonly kind: string | null;
}

/** Refuses a fact whose cause has not happened before it. */
export function outOfOrder(fact: ReadFact, needsVi: string, needsEn: string, needs: string): never {
  return refuseFact(
    fact.position,
    'FactOutOfOrder',
    `${fact.type} chỉ có thể xảy ra sau khi ${needsVi}`,
    `${fact.type} can only happen after ${needsEn}`,
    { given: fact.type, at: fact.source.at, needs },
  );
}
