/** The HTTP answers that the screens read. Moments are RFC 3339, legal days `YYYY-MM-DD`. */

export interface Bilingual {
  vi: string;
  en: string;
}

export interface List<T> {
  items: T[];
  nextCursor?: string | null;
}

export type Role = 'intake_officer' | 'investigator' | 'prosecutor' | 'leader' | 'operator' | 'auditor' | 'custodian';

export interface Me {
  id: string;
  name: string;
  roles: Role[];
  units: string[];
  permissions: string[];
  evaluation: boolean;
}

export const tipKinds = ['denunciation', 'report', 'recommendation'] as const;
export type TipKind = (typeof tipKinds)[number];

export const channels = ['counter', 'phone', 'post', 'email', 'agency', 'press', 'online', 'discovery'] as const;
export type Channel = (typeof channels)[number];

export const categories = [
  'drugs',
  'injury',
  'theft',
  'gambling',
  'usury',
  'fraud',
  'corruption',
  'economic',
  'environment',
  'high_tech',
  'child_abuse',
  'trafficking',
  'social_order',
  'other',
] as const;
export type Category = (typeof categories)[number];

export const tipStatuses = [
  'received',
  'classified',
  'transferred',
  'accepted',
  'assigned',
  'suspended',
  'initiated',
  'not_initiated',
  'merged',
] as const;
export type TipStatus = (typeof tipStatuses)[number];

export interface Offence {
  article: number;
  clause?: number | null;
}

export interface RunningTerm {
  rule: string;
  safeBy: string;
  due: string;
  latestArguable: string;
  cites: string[];
}

export interface TipRow {
  id: string;
  registerNumber: string;
  status: TipStatus;
  kind: TipKind;
  channel: Channel;
  receivedAt: string;
  unitCode: string;
  unitName: Bilingual | null;
  receivedBy: string;
  supervisedBy: string | null;
  communeCode: string | null;
  communeName: string | null;
  category: Category | null;
  offence: Offence | null;
  urgent: boolean | null;
  investigator: string | null;
  acceptedAt: string | null;
  decidedAt: string | null;
  transferredTo: string | null;
  transferAcknowledgedAt: string | null;
  term: RunningTerm | null;
  version: number;
}

export interface Refusal extends Bilingual {
  code: string;
  cites: string[];
}

export interface ActState {
  act: string;
  allowed: boolean;
  permitted: boolean;
  refusal: Refusal | null;
}

export interface TipDetail extends TipRow {
  content: string | null;
  informant: { given: boolean; refusedIdentity: boolean };
  classifiedAt: string | null;
  competent: boolean | null;
  signsOfCrime: boolean | null;
  assignedAt: string | null;
  transferredAt: string | null;
  prolongedAt: string | null;
  prolongedTo: string | null;
  extension: {
    requestId: string;
    requestedAt: string;
    state: 'requested' | 'granted' | 'refused';
    to: string | null;
  } | null;
  suspendedAt: string | null;
  suspensionGround: 'a' | 'b' | 'c' | null;
  resumedAt: string | null;
  outcome: 'initiated' | 'not_initiated' | 'administrative' | null;
  caseId: string | null;
  missing: string[];
  acts: ActState[];
}

export interface HistoryItem {
  version: number;
  type: string;
  happenedAt: string;
  recordedAt: string;
  actor: { id: string; role: string; unit: string | null };
  source: string;
  data: Record<string, unknown>;
}

export interface WhyStep extends Bilingual {
  cite: string | null;
}

export interface ThreeDates {
  safeBy: string;
  due: string;
  latestArguable: string;
}

export interface Obligation extends ThreeDates {
  id: string;
  matterId: string;
  matterNumber: string | null;
  matterKind: 'crime-tip' | 'criminal-case';
  unitCode: string;
  supervisedBy: string | null;
  rule: string;
  name: Bilingual;
  owedBy: string;
  cites: string[];
  trigger: string;
  from: string;
  nominal: string | null;
  requestBy: string | null;
  status: 'open' | 'done' | 'breached' | 'cancelled';
  doneAt: string | null;
  generation: number;
  superseded: (ThreeDates & { supersededBy: string; at: string })[];
  why: WhyStep[];
}

export interface ObligationSummary {
  overdue: number;
  dueToday: number;
  dueIn3: number;
  dueIn5: number;
  dueIn14: { day: string; count: number }[];
}

export interface ExtensionRequest {
  id: string;
  tipId: string;
  registerNumber: string;
  category: Category | null;
  unitCode: string;
  unitName: Bilingual | null;
  supervisedBy: string | null;
  requestedAt: string;
  reason: string | null;
  termEndsOn: string;
  decideBy: ThreeDates;
  state: 'requested' | 'granted' | 'refused';
  decidedAt: string | null;
}

export const caseStatuses = [
  'investigating',
  'investigation_suspended',
  'concluded',
  'prosecuting',
  'prosecuted',
  'returned',
  'suspended',
  'discontinued',
  'transferred',
  'in_court',
  'judged',
] as const;
export type CaseStatus = (typeof caseStatuses)[number];

export type CrimeClass = 'IT' | 'NT' | 'RNT' | 'DBNT';
export const prosecutionDecisions = ['prosecute', 'return', 'suspend', 'discontinue', 'transfer'] as const;
export type ProsecutionDecision = (typeof prosecutionDecisions)[number];

export interface CaseRow {
  id: string;
  caseNumber: string | null;
  tipId: string | null;
  unitCode: string;
  supervisedBy: string | null;
  initiatedAt: string;
  category: Category | null;
  offence: Offence | null;
  class: CrimeClass | null;
  accusedCount: number | null;
  juvenile: boolean | null;
  shortened: boolean | null;
  status: CaseStatus;
  concludedAt: string | null;
  proposesProsecution: boolean | null;
  fileReceivedAt: string | null;
  prosecutionExtendedTo: string | null;
  decision: ProsecutionDecision | null;
  decidedAt: string | null;
  term: RunningTerm | null;
  version: number;
}

export interface CaseDetail extends CaseRow {
  acts: ActState[];
}

export interface Unit {
  code: string;
  parentCode: string | null;
  kind: string;
  level: string;
  nameVi: string;
  nameEn: string | null;
  communeCode: string | null;
  remote: boolean;
}

export interface Commune {
  code: string;
  name: string;
  provinceCode: string;
}

export interface OffenceEntry {
  article: number;
  name: Bilingual;
  clauses: { clause: number; class: CrimeClass; bracket?: string | null }[];
}

export type ImportState = 'queued' | 'running' | 'done' | 'failed';

export interface ImportRun {
  id: string;
  state: ImportState;
  files: {
    name: string;
    kind: 'units' | 'tips' | 'cases' | 'reported-indicators' | null;
    rows: number;
    accepted: number;
    unchanged: number;
    rejected: number;
    unknownColumns: string[];
  }[];
  rejects: { file: string; line: number; column: string | null; code: string; reason: Bilingual }[];
  rejectsUrl: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  rowsPerSecond: number | null;
}

export interface Indicator {
  id: string;
  version: number;
  name: Bilingual;
  numerator: number;
  denominator: number;
  value: number | null;
  open: number;
  target: { op: 'gt' | 'gte' | 'eq'; value: number } | null;
  met: boolean | null;
  lastYear: { numerator: number; denominator: number; value: number | null } | null;
  parts?: Record<string, number>;
}

export interface IndicatorMatter {
  matterId: string;
  matterKind: 'crime-tip' | 'criminal-case';
  registerNumber: string | null;
  unitCode: string;
  category: Category | null;
  receivedAt: string | null;
  acceptedAt: string | null;
  decidedAt: string | null;
  outcome: string | null;
}

export interface UnitFigures {
  unitCode: string;
  name: Bilingual;
  n: number;
  open: number;
  late: number;
  medianDays: number | null;
  resolvedPercent: number | null;
  ranked: boolean;
}

export interface TrendMonth {
  month: string;
  R1: TrendPoint | null;
  R2: TrendPoint | null;
  R4: TrendPoint | null;
}
export interface TrendPoint {
  value: number | null;
  numerator: number;
  denominator: number;
}
export interface Trend {
  items: TrendMonth[];
  definitionChanges: { month: string; text: Bilingual }[];
}

export interface OldestLate {
  matterId: string;
  matterKind: 'crime-tip' | 'criminal-case';
  registerNumber: string | null;
  unitCode: string;
  unitName: Bilingual | null;
  rule: string;
  latestArguable: string;
  daysLate: number;
}

export interface Dashboard {
  asOf: string;
  unit: string | null;
  from: string;
  to: string;
  period: string;
  indicators: Indicator[];
  open: number;
  late: number;
  byUnit: UnitFigures[];
  wave: { day: string; due: number; safeBy: number }[];
  oldestLate: OldestLate[];
}

export interface LimitInput {
  rule: string;
  start: string;
  class?: CrimeClass;
  remote?: boolean;
  complex?: boolean;
  prolonged?: boolean;
  extensions?: number;
  juvenile?: boolean;
  caseInitiatedOn?: string;
  returner?: 'vks' | 'court';
  noninitiation?: boolean;
  heldDays?: number;
  months?: number;
  on?: string;
}

export interface LimitResult {
  rule: string;
  cites: string[];
  effective: { from: string; to: string | null } | null;
  calendarVersion: string | null;
  start: string;
  nominal: string | null;
  safeBy: string;
  due: string;
  latestArguable: string;
  requestBy: string | null;
  why: WhyStep[];
}

/** A written decision as signed; `from` and `to` as printed on it. */
export interface Decision {
  number: string;
  signedOn: string;
  signer: string;
  from?: string;
  to?: string;
}

/** The informant's identity; fields not given are absent. */
export type Informant = Partial<Record<'name' | 'address' | 'phone' | 'idNumber', string>> & Record<string, unknown>;

export interface ReceiveTip {
  kind: TipKind;
  channel: Channel;
  receivedAt: string;
  content: string;
  unitCode: string;
  communeCode?: string;
  category?: Category;
  offence?: Offence;
  informant?: Record<string, string>;
  informantRefusedIdentity?: { reason: string };
}

/** What an item of the inbox is about: a rung of the ladder of alerts, the breach, or a date that moved. */
export type InboxKind = 'd7' | 'd5' | 'd3' | 'd1' | 'h6' | 'h1' | 'due' | 'breach' | 'moved';

export interface InboxItem extends ThreeDates {
  id: string;
  kind: InboxKind;
  at: string;
  read: boolean;
  as: 'owes' | 'supervises';
  obligationId: string;
  matterId: string;
  matterKind: 'crime-tip' | 'criminal-case';
  matterNumber: string | null;
  rule: string;
  name: Bilingual;
  cites: string[];
  owedBy: string;
  unitCode: string | null;
  supervisedBy: string | null;
  state: 'open' | 'done' | 'cancelled' | null;
  /** For a deadline that a published calendar or rule moved: from where, to where and why. */
  moved: { name: string; reason: string; before: ThreeDates; after: ThreeDates } | null;
}

export interface InboxSummary {
  unread: number;
  byKind: Partial<Record<InboxKind, number>>;
  /** There may be more, further back than was counted. */
  more: boolean;
}

/** How a person wants to be told beside the inbox. */
export interface AlertPreferences {
  kinds: InboxKind[];
  email: string | null;
  /** The secret only in the answer to the request that made it. */
  webhook: { url: string; secret?: string } | null;
  quietHours: { from: string; to: string } | null;
  digest: boolean;
  channels: { email: boolean; webhook: boolean };
}

/** A circumstance that changes the dates of a rule: a field of the calculator's input. */
export type RuleOption = Exclude<keyof LimitInput, 'rule' | 'start' | 'on'>;

/** One rule of the calculator. */
export interface RuleEntry {
  id: string;
  name: Bilingual;
  cites: string[];
  lengths: Bilingual[];
  startsFrom: Bilingual;
  owedBy: string | null;
  condition: Bilingual | null;
  inHours: boolean;
  options: RuleOption[];
  mostExtensions: number;
  effective: { from: string; to: string | null };
  confidence: string;
}

export interface CalendarDay {
  day: string;
  working: boolean;
  reason: Bilingual | null;
  /** Whether the schedule of that year has been announced. */
  published: boolean;
}
