import type { LegalDate } from './legal-date.js';
import type { Text } from './text.js';

/** Hours, calendar days, working days (ngày làm việc), months. */
export type Unit = 'h' | 'd' | 'wd' | 'm';

/** A length of time as the statute writes it. */
export interface Length {
  readonly n: number;
  readonly unit: Unit;
}

/** Classes of offence, Penal Code Art 9, lightest first. */
export const CRIME_CLASSES = ['IT', 'NT', 'RNT', 'DBNT'] as const;
export type CrimeClass = (typeof CRIME_CLASSES)[number];

/** Who must act. */
export type OwedBy = 'receiving_body' | 'investigating_body' | 'head_of_body' | 'procuracy' | 'court';

/** Who grants an extension. */
export type Grantor = 'head_of_body' | 'procuracy_head' | 'supreme_procuracy_head' | 'chief_judge';

/** H operative text and a second source, H1 operative text only, M secondary source, L inference. */
export type Confidence = 'H' | 'H1' | 'M' | 'L';

/** One extension that a rule allows, added to the nominal end of the term before it. */
export interface Extension {
  readonly by: Grantor;
  readonly add: Length;
}

/** A ground of suspension with its dates of effect. */
export interface Ground {
  readonly code: string;
  readonly name: Text;
  /** Whether the term must have expired first. */
  readonly afterExpiry: boolean;
  readonly effective: { readonly from: LegalDate; readonly to: LegalDate | null };
  /** From this day the wording of the ground differs (Law 103/2025). */
  readonly wordingChangedOn?: LegalDate;
}

/** How a day term is read where the law is open (questions c-1 and c-2): the switches of one rule. */
export interface Readings {
  /** Count the day of the trigger as day 1 in `due` (default: excluded, Civil Code 147(2)). */
  readonly startDayCounts: boolean;
  /** Move `due` of a day term off a day off (default: only month terms roll, BLTTHS 134(1)). */
  readonly rollsDayTerms: boolean;
}

/** The readings taken unless a rule says otherwise. */
export const DEFAULT_READINGS: Readings = { startDayCounts: false, rollsDayTerms: false };

/**
 * One dated row of the rule table. A released row is never edited: a change of the law is a new row with the same id and its
 * own dates of effect.
 */
export interface Rule {
  readonly id: string;
  /**
   * `term` runs forward from its trigger, `before_end` is counted back from the end of another term, `custody` counts
   * 30-day months with both ends, the others carry no term of their own.
   */
  readonly kind: 'term' | 'before_end' | 'custody' | 'arithmetic' | 'ground_list' | 'modifier';
  readonly name: Text;
  /** What starts the clock, as a key and as words that follow "from" / "kể từ". */
  readonly trigger: string;
  readonly startsFrom: Text;
  readonly owedBy: OwedBy | null;
  readonly limit?: Length;
  readonly limitIfRemote?: Length;
  readonly limitIfComplex?: Length;
  readonly limitForNoninitiation?: Length;
  readonly limitByClass?: Readonly<Record<CrimeClass, Length>>;
  readonly limitByReturner?: Readonly<Record<'vks' | 'court', Length>>;
  /** A second length in force beside the first, from another rule: read as the latest arguable one. */
  readonly alternative?: Length & { readonly rule: string };
  /** Counted back from the nominal end of the term. */
  readonly before?: Length;
  /** The head of the same body prolongs up to a total from the start. */
  readonly prolongation?: { readonly rule: string; readonly by: Grantor; readonly total: Length };
  readonly extensions?: readonly Extension[];
  readonly extensionsByClass?: Readonly<Record<CrimeClass, readonly Extension[]>>;
  /** An extension must be requested this long before the nominal end. */
  readonly requestBefore?: Length;
  /** The grantor must decide on a request in this rule's term. */
  readonly requestDecidedBy?: string;
  readonly maxReturns?: Readonly<Record<'vks' | 'presiding_judge' | 'trial_panel', number>>;
  readonly appliesTo?: readonly string[];
  readonly factor?: number;
  readonly grounds?: readonly Ground[];
  readonly condition?: Text;
  readonly waivedIf?: Text;
  readonly restartsOn?: Text;
  readonly readings?: Readings;
  /** Open legal questions that touch this rule. */
  readonly open: readonly OpenQuestionId[];
  readonly cites: readonly string[];
  readonly effective: { readonly from: LegalDate; readonly to: LegalDate | null };
  readonly confidence: Confidence;
}

/** A point on which the sources leave the law open, with the reading this library takes and where to change it. */
export interface OpenQuestion {
  readonly id: OpenQuestionId;
  readonly question: Text;
  readonly readings: Text;
  readonly taken: Text;
  readonly changedBy: Text;
  /** The articles between which the question stands. */
  readonly cite: string;
}

export type OpenQuestionId =
  | 'c-1'
  | 'c-2'
  | 'c-3'
  | 'c-4'
  | 'c-5'
  | 'c-6'
  | 'c-7'
  | 'c-8'
  | 'c-9'
  | 'c-10'
  | 'c-11'
  | 'c-12'
  | 'c-15'
  | 'c-16'
  | 'c-17'
  | 'c-18'
  | 'c-20';
