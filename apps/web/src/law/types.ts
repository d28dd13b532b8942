import type { Bilingual } from '../api/types';

/** The answers of the calendar and rule slices of deadlines. Days are legal days. */
export type OffDayKind = 'holiday' | 'compensation' | 'swap';

export interface OffDay {
  day: string;
  kind: OffDayKind;
  name: Bilingual;
}

export interface WorkingSaturday {
  day: string;
  insteadOf: string;
}

export interface YearSchedule {
  year: number;
  offDays: OffDay[];
  workingSaturdays: WorkingSaturday[];
  published: boolean;
  sources: string[];
  calendarVersion: string;
  basedOn: number;
}

export interface ChangedDay {
  day: string;
  works: boolean;
}

export interface RecomputeState {
  queued: number;
  lookedAt: number;
  moved: number;
  finishedAt: string | null;
  failing: number;
}

export interface CalendarVersion {
  lawNumber: number;
  calendarVersion: string;
  year: number | null;
  changedDays: ChangedDay[];
  announcedOn: string;
  sources: string[];
  reason: string | null;
  publishedAt: string | null;
  publishedBy: string | null;
  recompute: RecomputeState | null;
}

export type DateName = 'safeBy' | 'due' | 'latestArguable';
export type Dates = Record<DateName, string>;

export interface RuleGroup {
  rule: string;
  name: Bilingual;
  cites: string[];
  count: number;
  shift: Record<DateName, { least: number; most: number }>;
}

export interface Preview {
  basedOn: number;
  name: string;
  moves: number;
  matters: number;
  earlier: number;
  late: number;
  byRule: RuleGroup[];
  byUnit: { unitCode: string | null; count: number; earlier: number }[];
  otherUnits: number;
  changedDays?: ChangedDay[];
}

export interface Move {
  obligationId: string;
  matterId: string;
  matterKind: 'crime-tip' | 'criminal-case';
  matterNumber: string | null;
  unitCode: string | null;
  rule: string;
  before: Dates;
  after: Dates;
  shift: Record<DateName, number>;
}

export interface Announcement {
  document: { number: string; signedOn: string };
  announcedOn: string;
}

export interface CalendarDraft extends Announcement {
  year: number;
  offDays: OffDay[];
  workingSaturdays: WorkingSaturday[];
  correctsPast: boolean;
}

export const LENGTH_FIELDS = [
  'limit',
  'limitIfRemote',
  'limitIfComplex',
  'limitForNoninitiation',
  'before',
  'requestBefore',
] as const;
export type LengthField = (typeof LENGTH_FIELDS)[number];

export interface Length {
  n: number;
  unit: 'h' | 'd' | 'wd' | 'm';
}

export interface Readings {
  startDayCounts: boolean;
  rollsDayTerms: boolean;
}

export interface RuleRow {
  effective: { from: string; to: string | null };
  lengths: Partial<Record<LengthField, Length>>;
  limitByClass: Record<string, Length> | null;
  prolongationTotal: Length | null;
  readings: Readings | null;
  alternative: (Length & { rule: string }) | null;
  cites: string[];
  published: {
    lawNumber: number;
    publishedAt: string;
    publishedBy: string;
    announcedOn: string;
    document: { number: string; signedOn: string };
    reason: string;
    recompute: RecomputeState | null;
  } | null;
}

export interface RuleVersions {
  rule: string;
  name: Bilingual;
  owedBy: string | null;
  open: { id: string; question: Bilingual; taken: Bilingual }[];
  rows: RuleRow[];
}

export interface RuleDraft extends Announcement {
  rule: string;
  from: string;
  lengths?: Partial<Record<LengthField, Length>>;
  limitByClass?: Record<string, Length>;
  prolongationTotal?: Length;
  readings?: Readings;
  alternative?: boolean;
  cites?: string[];
}
