import { parseDay, type DayNumber, type LegalDate } from './legal-date.js';
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

/** Day on which the rule table was last released; every answer can be traced to it. */
export const RULES_VERSION = '2026-11-21';

const h = (n: number): Length => ({ n, unit: 'h' });
const d = (n: number): Length => ({ n, unit: 'd' });
const wd = (n: number): Length => ({ n, unit: 'wd' });
const m = (n: number): Length => ({ n, unit: 'm' });
const since = (from: LegalDate): { from: LegalDate; to: null } => ({ from, to: null });
const CODE = since('2018-01-01');
const CIRCULAR_2017 = since('2018-03-01');
const CIRCULAR_2021 = since('2022-01-14');
const procuracy = (add: Length): Extension => ({ by: 'procuracy_head', add });
const judge = (add: Length): Extension => ({ by: 'chief_judge', add });

/** Every rule of the table with its dates of effect, in the order of the statute. */
export const RULES: readonly Rule[] = [
  {
    id: 'CPC-134',
    kind: 'arithmetic',
    name: { vi: 'Cách tính thời hạn', en: 'How terms are counted' },
    trigger: 'any',
    startsFrom: { vi: 'ngày phát sinh', en: 'the day of the event' },
    owedBy: null,
    open: ['c-1', 'c-2', 'c-17'],
    cites: ['BLTTHS 134', 'TTLT 04/2018 17'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-134-CUSTODY',
    kind: 'custody',
    name: { vi: 'Hết thời hạn tạm giam', en: 'End of custody' },
    trigger: 'custody_started',
    startsFrom: { vi: 'ngày bắt đầu tạm giam', en: 'the first day of custody' },
    owedBy: 'investigating_body',
    open: [],
    cites: ['BLTTHS 134.1', 'TTLT 04/2018 17'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-146-2B',
    kind: 'term',
    name: { vi: 'Chuyển hồ sơ theo yêu cầu của Viện kiểm sát', en: 'Hand the file over to the procuracy on request' },
    trigger: 'vks_requested_file',
    startsFrom: { vi: 'ngày Viện kiểm sát có yêu cầu', en: 'the day of the request by the procuracy' },
    owedBy: 'investigating_body',
    limit: d(5),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 146.2', 'TTLT 01/2017 13.2'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-146-5',
    kind: 'term',
    name: { vi: 'Thông báo việc tiếp nhận cho Viện kiểm sát', en: 'Notify the procuracy of receipt' },
    trigger: 'tip_received',
    startsFrom: { vi: 'ngày tiếp nhận', en: 'the day of reception' },
    owedBy: 'receiving_body',
    limit: d(3),
    alternative: { ...wd(3), rule: 'TTLT17-14-1' },
    open: ['c-1', 'c-2', 'c-5'],
    cites: ['BLTTHS 146.5'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'TTLT17-8-CLASSIFY',
    kind: 'term',
    name: { vi: 'Phân loại nguồn tin về tội phạm', en: 'Classify the tip' },
    trigger: 'tip_received',
    startsFrom: { vi: 'lúc tiếp nhận', en: 'the moment of reception' },
    owedBy: 'receiving_body',
    limit: h(24),
    open: ['c-20'],
    cites: ['TTLT 01/2017 8.1', 'TTLT 01/2017 8.2', 'TT 28/2020 8', 'TT 28/2020 9'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'TTLT17-8-FORWARD',
    kind: 'term',
    name: { vi: 'Chuyển nguồn tin không thuộc thẩm quyền', en: 'Forward a tip outside competence' },
    trigger: 'found_not_competent',
    startsFrom: {
      vi: 'khi có căn cứ xác định không thuộc thẩm quyền',
      en: 'the moment with grounds that the body is not competent',
    },
    owedBy: 'receiving_body',
    limit: h(24),
    open: [],
    cites: ['TTLT 01/2017 8.1', 'TTLT 01/2017 8.3'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'TTLT17-8-5A',
    kind: 'term',
    name: { vi: 'Công an cấp xã chuyển tin khẩn cấp', en: 'Commune police transfer an urgent tip' },
    trigger: 'tip_received_commune_urgent',
    startsFrom: { vi: 'lúc tiếp nhận', en: 'the moment of reception' },
    owedBy: 'receiving_body',
    limit: h(24),
    limitIfRemote: h(48),
    open: ['c-12'],
    cites: ['TTLT 01/2017 8.5.a', 'TT 28/2020 7.1.a'],
    effective: CIRCULAR_2021,
    confidence: 'H',
  },
  {
    id: 'TTLT17-8-5B',
    kind: 'term',
    name: { vi: 'Công an cấp xã chuyển tin thường', en: 'Commune police transfer an ordinary tip' },
    trigger: 'tip_received_commune_ordinary',
    startsFrom: { vi: 'ngày tiếp nhận', en: 'the day of reception' },
    owedBy: 'receiving_body',
    limit: d(7),
    open: ['c-1', 'c-2', 'c-7'],
    cites: ['TTLT 01/2017 8.5.b', 'TT 28/2020 7.1.b'],
    effective: CIRCULAR_2021,
    confidence: 'H',
  },
  {
    id: 'TTLT17-8-5C',
    kind: 'term',
    name: { vi: 'Trạm Công an chuyển nguồn tin', en: 'Police post transfers the tip' },
    trigger: 'tip_received_police_station_post',
    startsFrom: { vi: 'lúc tiếp nhận', en: 'the moment of reception' },
    owedBy: 'receiving_body',
    limit: h(24),
    open: [],
    cites: ['TTLT 01/2017 8.5.c'],
    effective: CIRCULAR_2021,
    confidence: 'H',
  },
  {
    id: 'TTLT17-9',
    kind: 'term',
    name: {
      vi: 'Phân công Điều tra viên và thông báo cho Viện kiểm sát',
      en: 'Assign an investigator and notify the procuracy',
    },
    trigger: 'competent_body_received',
    startsFrom: { vi: 'ngày cơ quan có thẩm quyền nhận được', en: 'the day of receipt by the competent body' },
    owedBy: 'head_of_body',
    limit: d(3),
    waivedIf: {
      vi: 'tội phạm đã rõ và khởi tố ngay, không ra quyết định phân công',
      en: 'the crime is already clear and the case is initiated at once without an assignment',
    },
    open: ['c-1', 'c-2', 'c-6', 'c-7'],
    cites: ['TTLT 01/2017 9.1', 'TTLT 01/2017 9.2'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'TTLT17-10-2',
    kind: 'term',
    name: { vi: 'Viện kiểm sát phân công Kiểm sát viên', en: 'Procuracy assigns a prosecutor' },
    trigger: 'vks_received_assignment',
    startsFrom: {
      vi: 'ngày Viện kiểm sát nhận được quyết định phân công',
      en: 'the day the procuracy receives the assignment decision',
    },
    owedBy: 'procuracy',
    limit: wd(3),
    open: ['c-17'],
    cites: ['TTLT 01/2017 10.2'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'CPC-147-1',
    kind: 'term',
    name: { vi: 'Giải quyết nguồn tin về tội phạm', en: 'Resolve the tip' },
    trigger: 'competent_body_received',
    startsFrom: { vi: 'ngày nhận được', en: 'the day of receipt' },
    owedBy: 'investigating_body',
    limit: d(20),
    prolongation: { rule: 'CPC-147-2A', by: 'head_of_body', total: m(2) },
    extensions: [procuracy(m(2))],
    requestBefore: d(5),
    requestDecidedBy: 'TTLT17-11-2B',
    open: ['c-1', 'c-2', 'c-3', 'c-4', 'c-6', 'c-7', 'c-10', 'c-11', 'c-15'],
    cites: ['BLTTHS 147.1', 'BLTTHS 147.2', 'TTLT 01/2017 11.1', 'TTLT 01/2017 11.2'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-147-2A',
    kind: 'term',
    name: {
      vi: 'Giải quyết nguồn tin, đã kéo dài (tổng cộng 2 tháng)',
      en: 'Resolve the tip, prolonged by the head (two months in total)',
    },
    trigger: 'competent_body_received',
    startsFrom: { vi: 'ngày nhận được', en: 'the day of receipt' },
    owedBy: 'investigating_body',
    limit: m(2),
    extensions: [procuracy(m(2))],
    requestBefore: d(5),
    requestDecidedBy: 'TTLT17-11-2B',
    open: ['c-3', 'c-4', 'c-6', 'c-15'],
    cites: ['BLTTHS 147.2', 'TTLT 01/2017 11.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-147-2B',
    kind: 'term',
    name: { vi: 'Giải quyết nguồn tin, Viện kiểm sát gia hạn', en: 'Resolve the tip, extended by the procuracy' },
    trigger: 'nominal_end_of_previous',
    startsFrom: { vi: 'ngày hết thời hạn đã kéo dài', en: 'the nominal end of the prolonged term' },
    owedBy: 'investigating_body',
    limit: m(2),
    open: ['c-4', 'c-15'],
    cites: ['BLTTHS 147.2', 'TTLT 01/2017 11.2'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'TTLT17-11-2B',
    kind: 'term',
    name: { vi: 'Viện kiểm sát xét đề nghị gia hạn', en: 'Procuracy decides on the request for extension' },
    trigger: 'vks_received_extension_request',
    startsFrom: { vi: 'ngày nhận được văn bản đề nghị gia hạn', en: 'the day the request is received' },
    owedBy: 'procuracy',
    limit: d(3),
    open: ['c-1', 'c-2'],
    cites: ['TTLT 01/2017 11.2'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'CPC-148-SUSPEND',
    kind: 'ground_list',
    name: { vi: 'Căn cứ tạm đình chỉ giải quyết nguồn tin', en: 'Grounds for suspending verification' },
    trigger: 'suspension_considered',
    startsFrom: { vi: 'ngày hết thời hạn', en: 'the end of the term' },
    owedBy: null,
    condition: { vi: 'thời hạn của Điều 147 đã hết', en: 'the term of Art 147 has expired' },
    grounds: [
      {
        code: 'a',
        name: {
          vi: 'đã trưng cầu giám định, yêu cầu định giá, tương trợ tư pháp mà chưa có kết quả',
          en: 'appraisal, valuation or foreign legal assistance requested, no result yet',
        },
        afterExpiry: true,
        effective: CODE,
        wordingChangedOn: '2026-07-01',
      },
      {
        code: 'b',
        name: {
          vi: 'đã yêu cầu cung cấp tài liệu, đồ vật quan trọng mà chưa có kết quả',
          en: 'decisive documents or objects requested, no result yet',
        },
        afterExpiry: true,
        effective: CODE,
      },
      {
        code: 'c',
        name: {
          vi: 'không thể kết thúc vì bất khả kháng do thiên tai, dịch bệnh',
          en: 'force majeure: natural disaster or epidemic',
        },
        afterExpiry: true,
        effective: since('2021-12-01'),
      },
    ],
    open: ['c-8', 'c-9'],
    cites: ['BLTTHS 148.1', 'Law 02/2021', 'Law 103/2025'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-148-2-SEND',
    kind: 'term',
    name: { vi: 'Gửi quyết định tạm đình chỉ', en: 'Send the suspension decision' },
    trigger: 'suspension_decided',
    startsFrom: { vi: 'lúc ra quyết định tạm đình chỉ', en: 'the moment of the suspension decision' },
    owedBy: 'investigating_body',
    limit: h(24),
    open: [],
    cites: ['BLTTHS 148.2', 'TT 28/2020 17.3'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-148-2-AFTER-CANCEL',
    kind: 'term',
    name: {
      vi: 'Giải quyết sau khi Viện kiểm sát hủy bỏ quyết định tạm đình chỉ',
      en: 'Resolve after the procuracy has cancelled the suspension',
    },
    trigger: 'cancellation_received_by_body',
    startsFrom: {
      vi: 'ngày nhận được quyết định hủy bỏ tạm đình chỉ',
      en: 'the day the body receives the cancellation',
    },
    owedBy: 'investigating_body',
    limit: m(1),
    extensions: [],
    open: ['c-15'],
    cites: ['BLTTHS 148.2', 'TTLT 01/2017 11.3'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-149-1',
    kind: 'term',
    name: { vi: 'Giải quyết sau khi phục hồi', en: 'Resolve after resumption' },
    trigger: 'resumption_decided',
    startsFrom: { vi: 'ngày ra quyết định phục hồi', en: 'the day of the resumption decision' },
    owedBy: 'investigating_body',
    limit: m(1),
    extensions: [],
    open: ['c-15'],
    cites: ['BLTTHS 149.1', 'TTLT 01/2017 11.3'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-149-2',
    kind: 'term',
    name: { vi: 'Gửi quyết định phục hồi', en: 'Send the resumption decision' },
    trigger: 'resumption_decided',
    startsFrom: { vi: 'ngày ra quyết định phục hồi', en: 'the day of the resumption decision' },
    owedBy: 'investigating_body',
    limit: d(3),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 149.2', 'TTLT 01/2017 14.4'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'TTLT17-14-1',
    kind: 'term',
    name: {
      vi: 'Thông báo việc tiếp nhận cho Viện kiểm sát và người báo tin',
      en: 'Notify the procuracy and the informant of receipt',
    },
    trigger: 'tip_received',
    startsFrom: { vi: 'ngày tiếp nhận', en: 'the day of reception' },
    owedBy: 'receiving_body',
    limit: wd(3),
    waivedIf: {
      vi: 'người báo tin từ chối cung cấp danh tính (đối với thông báo cho họ)',
      en: 'the informant refused to give an identity (for the notice to the informant)',
    },
    open: ['c-5', 'c-17'],
    cites: ['TTLT 01/2017 14.1', 'TT 28/2020 17.1'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'TTLT17-14-3',
    kind: 'term',
    name: { vi: 'Thông báo kết quả cho người báo tin', en: 'Notify the informant of the result' },
    trigger: 'tip_resolved',
    startsFrom: { vi: 'ngày kết thúc việc giải quyết', en: 'the day the resolution is finished' },
    owedBy: 'investigating_body',
    limit: d(3),
    waivedIf: { vi: 'người báo tin từ chối cung cấp danh tính', en: 'the informant refused to give an identity' },
    open: ['c-1', 'c-2'],
    cites: ['TTLT 01/2017 14.3', 'TT 28/2020 17.2'],
    effective: CIRCULAR_2017,
    confidence: 'H',
  },
  {
    id: 'CPC-INIT-SEND',
    kind: 'term',
    name: {
      vi: 'Gửi quyết định khởi tố, thay đổi hoặc không khởi tố cho Viện kiểm sát',
      en: 'Send the decision to initiate, change or not initiate to the procuracy',
    },
    trigger: 'initiation_or_change_or_noninitiation_decided',
    startsFrom: { vi: 'lúc ra quyết định', en: 'the moment of the decision' },
    owedBy: 'investigating_body',
    limit: h(24),
    open: [],
    cites: ['BLTTHS 154.2', 'BLTTHS 156.2', 'BLTTHS 158.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-164-1A',
    kind: 'term',
    name: {
      vi: 'Cơ quan được giao điều tra: điều tra và chuyển hồ sơ cho Viện kiểm sát',
      en: 'Delegated body: investigate and send the file to the procuracy',
    },
    trigger: 'initiated_by_border_customs_ranger_coastguard_fisheries',
    startsFrom: { vi: 'ngày ra quyết định khởi tố', en: 'the day of the initiation decision' },
    owedBy: 'investigating_body',
    limit: m(1),
    condition: {
      vi: 'tội ít nghiêm trọng, quả tang, chứng cứ và lý lịch rõ ràng',
      en: 'less serious offence, caught in the act, evidence and identity clear',
    },
    open: ['c-15'],
    cites: ['BLTTHS 164.1.a'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-164-1B',
    kind: 'term',
    name: {
      vi: 'Cơ quan được giao điều tra: chuyển hồ sơ cho Cơ quan điều tra',
      en: 'Delegated body: send the file to the investigating agency',
    },
    trigger: 'initiated_by_delegated_body',
    startsFrom: { vi: 'ngày ra quyết định khởi tố', en: 'the day of the initiation decision' },
    owedBy: 'investigating_body',
    limit: d(7),
    condition: { vi: 'các trường hợp khác hoặc phức tạp', en: 'all other cases, or a complex one' },
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 164.1.b', 'BLTTHS 164.2'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-172',
    kind: 'term',
    name: { vi: 'Thời hạn điều tra', en: 'Investigation' },
    trigger: 'case_initiated',
    startsFrom: { vi: 'ngày khởi tố vụ án', en: 'the day the case is initiated' },
    owedBy: 'investigating_body',
    limitByClass: { IT: m(2), NT: m(3), RNT: m(4), DBNT: m(4) },
    extensionsByClass: {
      IT: [procuracy(m(2))],
      NT: [procuracy(m(3)), procuracy(m(2))],
      RNT: [procuracy(m(4)), procuracy(m(4))],
      DBNT: [procuracy(m(4)), procuracy(m(4)), procuracy(m(4)), { by: 'supreme_procuracy_head', add: m(4) }],
    },
    requestBefore: d(10),
    open: ['c-4', 'c-10', 'c-15', 'c-16'],
    cites: ['BLTTHS 172', 'TTLT 04/2018 14'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-174-1',
    kind: 'term',
    name: { vi: 'Điều tra sau khi phục hồi', en: 'Investigation after resumption' },
    trigger: 'investigation_resumed',
    startsFrom: { vi: 'ngày ra quyết định phục hồi điều tra', en: 'the day of the resumption decision' },
    owedBy: 'investigating_body',
    limitByClass: { IT: m(2), NT: m(2), RNT: m(3), DBNT: m(3) },
    extensionsByClass: {
      IT: [procuracy(m(1))],
      NT: [procuracy(m(2))],
      RNT: [procuracy(m(2))],
      DBNT: [procuracy(m(3))],
    },
    requestBefore: d(10),
    open: ['c-15', 'c-16'],
    cites: ['BLTTHS 174.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-174-2',
    kind: 'term',
    name: { vi: 'Điều tra bổ sung', en: 'Supplementary investigation' },
    trigger: 'supplementary_file_received',
    startsFrom: {
      vi: 'ngày nhận lại hồ sơ và yêu cầu điều tra bổ sung',
      en: 'the day the file and the request come back',
    },
    owedBy: 'investigating_body',
    limitByReturner: { vks: m(2), court: m(1) },
    maxReturns: { vks: 2, presiding_judge: 1, trial_panel: 1 },
    open: ['c-15'],
    cites: ['BLTTHS 174.2', 'BLTTHS 245', 'BLTTHS 246'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-179-3',
    kind: 'term',
    name: { vi: 'Viện kiểm sát xét quyết định khởi tố bị can', en: 'Procuracy reviews the charge' },
    trigger: 'vks_received_charge',
    startsFrom: {
      vi: 'ngày Viện kiểm sát nhận được quyết định khởi tố bị can',
      en: 'the day the procuracy receives the charge',
    },
    owedBy: 'procuracy',
    limit: d(3),
    restartsOn: { vi: 'nhận được tài liệu bổ sung', en: 'receipt of the supplement' },
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 179.3'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-229-3',
    kind: 'term',
    name: {
      vi: 'Gửi quyết định tạm đình chỉ hoặc phục hồi điều tra',
      en: 'Send the decision to suspend or resume the investigation',
    },
    trigger: 'investigation_suspended',
    startsFrom: { vi: 'ngày ra quyết định', en: 'the day of the decision' },
    owedBy: 'investigating_body',
    limit: d(2),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 229.3', 'BLTTHS 235.2'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-230-3',
    kind: 'term',
    name: { vi: 'Viện kiểm sát xét quyết định đình chỉ điều tra', en: 'Procuracy reviews the discontinuation' },
    trigger: 'vks_received_discontinuation',
    startsFrom: {
      vi: 'ngày Viện kiểm sát nhận được quyết định đình chỉ và hồ sơ',
      en: 'the day the procuracy receives the discontinuation and the file',
    },
    owedBy: 'procuracy',
    limit: d(15),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 230.3'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-232-4',
    kind: 'term',
    name: {
      vi: 'Giao bản kết luận điều tra cùng hồ sơ cho Viện kiểm sát',
      en: 'Deliver the conclusion and the file to the procuracy',
    },
    trigger: 'investigation_concluded',
    startsFrom: { vi: 'ngày ra bản kết luận điều tra', en: 'the day of the conclusion' },
    owedBy: 'investigating_body',
    limit: d(2),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 232.4'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-240-1',
    kind: 'term',
    name: { vi: 'Thời hạn quyết định việc truy tố', en: 'Decide on prosecution' },
    trigger: 'vks_received_file_and_conclusion',
    startsFrom: {
      vi: 'ngày nhận hồ sơ vụ án và bản kết luận điều tra',
      en: 'the day the file and the conclusion are received',
    },
    owedBy: 'procuracy',
    limitByClass: { IT: d(20), NT: d(20), RNT: d(30), DBNT: d(30) },
    extensionsByClass: {
      IT: [procuracy(d(10))],
      NT: [procuracy(d(10))],
      RNT: [procuracy(d(15))],
      DBNT: [procuracy(d(30))],
    },
    condition: {
      vi: 'hồ sơ đầy đủ và bản kết luận đã giao cho bị can',
      en: 'the file is complete and the conclusion has been given to the accused',
    },
    restartsOn: {
      vi: 'chuyển cho Viện kiểm sát khác hoặc phục hồi vụ án',
      en: 'transfer to another procuracy, or resumption of the case',
    },
    open: ['c-1', 'c-2', 'c-4', 'c-15', 'c-16'],
    cites: ['BLTTHS 240.1', 'BLTTHS 239.2', 'BLTTHS 249.4'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-240-2',
    kind: 'term',
    name: { vi: 'Thông báo quyết định, giao cáo trạng', en: 'Notify the decision, deliver the indictment' },
    trigger: 'prosecution_decision_made',
    startsFrom: { vi: 'ngày ra quyết định', en: 'the day of the decision' },
    owedBy: 'procuracy',
    limit: d(3),
    limitIfComplex: d(10),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 240.2'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-244-1',
    kind: 'term',
    name: { vi: 'Chuyển hồ sơ và cáo trạng đến Tòa án', en: 'Send the file and the indictment to the court' },
    trigger: 'indictment_issued',
    startsFrom: { vi: 'ngày ra bản cáo trạng', en: 'the day of the indictment' },
    owedBy: 'procuracy',
    limit: d(3),
    limitIfComplex: d(10),
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 244'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-244-2',
    kind: 'before_end',
    name: {
      vi: 'Thông báo cho Tòa án trước khi hết hạn tạm giam',
      en: 'Tell the court before custody ends',
    },
    trigger: 'custody_end',
    startsFrom: { vi: 'ngày hết hạn tạm giam', en: 'the end of custody' },
    owedBy: 'procuracy',
    before: d(7),
    open: [],
    cites: ['BLTTHS 244'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-247',
    kind: 'ground_list',
    name: { vi: 'Căn cứ tạm đình chỉ vụ án', en: 'Grounds for suspending the case' },
    trigger: 'suspension_considered',
    startsFrom: { vi: 'ngày hết thời hạn', en: 'the end of the term' },
    owedBy: null,
    grounds: [
      {
        code: 'a',
        name: { vi: 'bệnh tâm thần hoặc bệnh hiểm nghèo', en: 'mental or grave illness' },
        afterExpiry: false,
        effective: CODE,
      },
      {
        code: 'b',
        name: { vi: 'bị can bỏ trốn, đã yêu cầu truy nã', en: 'the accused absconded, wanted notice requested' },
        afterExpiry: true,
        effective: CODE,
      },
      {
        code: 'c',
        name: {
          vi: 'chờ kết quả giám định, định giá, tương trợ tư pháp',
          en: 'appraisal, valuation or legal assistance pending',
        },
        afterExpiry: true,
        effective: CODE,
      },
      {
        code: 'd',
        name: { vi: 'bất khả kháng do thiên tai, dịch bệnh', en: 'force majeure: natural disaster or epidemic' },
        afterExpiry: true,
        effective: since('2021-12-01'),
      },
    ],
    open: [],
    cites: ['BLTTHS 247.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-277-1',
    kind: 'term',
    name: { vi: 'Thời hạn chuẩn bị xét xử', en: 'Preparation for trial' },
    trigger: 'court_docketed_case',
    startsFrom: { vi: 'ngày Tòa án thụ lý', en: 'the day the court dockets the case' },
    owedBy: 'court',
    limitByClass: { IT: d(30), NT: d(45), RNT: m(2), DBNT: m(3) },
    extensionsByClass: { IT: [judge(d(15))], NT: [judge(d(15))], RNT: [judge(d(30))], DBNT: [judge(d(30))] },
    open: ['c-1', 'c-2', 'c-16'],
    cites: ['BLTTHS 277.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-457',
    kind: 'term',
    name: { vi: 'Quyết định áp dụng thủ tục rút gọn', en: 'Decide on the shortened procedure' },
    trigger: 'shortened_conditions_met',
    startsFrom: { vi: 'khi có đủ điều kiện', en: 'the moment the conditions are met' },
    owedBy: 'investigating_body',
    limit: h(24),
    open: ['c-15'],
    cites: ['BLTTHS 457'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-460-1',
    kind: 'term',
    name: { vi: 'Điều tra theo thủ tục rút gọn', en: 'Investigation, shortened procedure' },
    trigger: 'case_initiated_shortened',
    startsFrom: { vi: 'ngày ra quyết định khởi tố', en: 'the day of the initiation decision' },
    owedBy: 'investigating_body',
    limit: d(20),
    extensions: [],
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 460.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'CPC-461-1',
    kind: 'term',
    name: { vi: 'Quyết định việc truy tố theo thủ tục rút gọn', en: 'Decide on prosecution, shortened procedure' },
    trigger: 'vks_received_shortened_file',
    startsFrom: {
      vi: 'ngày nhận được quyết định đề nghị truy tố và hồ sơ',
      en: 'the day the decision and the file are received',
    },
    owedBy: 'procuracy',
    limit: d(5),
    extensions: [],
    open: ['c-1', 'c-2'],
    cites: ['BLTTHS 461.1'],
    effective: CODE,
    confidence: 'H',
  },
  {
    id: 'JJL-129',
    kind: 'modifier',
    name: { vi: 'Người chưa thành niên: không quá một nửa thời hạn', en: 'Juvenile accused: at most half of the term' },
    trigger: 'accused_is_minor',
    startsFrom: { vi: 'ngày khởi tố từ 01/01/2026', en: 'initiation from 1 January 2026' },
    owedBy: null,
    appliesTo: ['CPC-172', 'CPC-174-1', 'CPC-240-1', 'CPC-277-1'],
    factor: 0.5,
    condition: {
      vi: 'bị can là người chưa thành niên và vụ án khởi tố từ ngày 01/01/2026',
      en: 'the accused is a minor and the case was initiated on or after 1 January 2026',
    },
    waivedIf: {
      vi: 'vụ án đặc biệt phức tạp, hoặc ở giai đoạn truy tố, xét xử đã có thông báo xử lý chuyển hướng',
      en: 'an especially complex case, or a diversion notice at the stage of prosecution or trial',
    },
    open: ['c-16'],
    cites: ['Law 59/2024 129', 'Law 59/2024 179.1.a', 'TTLT 12/2025'],
    effective: since('2026-01-01'),
    confidence: 'M',
  },
  {
    id: 'TT28-15',
    kind: 'before_end',
    name: { vi: 'Báo cáo kết thúc xác minh', en: 'Closing report of the verification' },
    trigger: 'tip_term_end',
    startsFrom: { vi: 'ngày hết thời hạn giải quyết', en: 'the end of the term' },
    owedBy: 'investigating_body',
    before: d(7),
    open: [],
    cites: ['TT 28/2020 15'],
    effective: since('2020-05-15'),
    confidence: 'H',
  },
  {
    id: 'TTLT0120-5-2',
    kind: 'before_end',
    name: {
      vi: 'Điều tra viên và Kiểm sát viên rà soát trước khi tạm đình chỉ',
      en: 'Joint review before a suspension',
    },
    trigger: 'tip_term_end_when_suspension_ground_exists',
    startsFrom: { vi: 'ngày hết thời hạn giải quyết', en: 'the end of the term' },
    owedBy: 'investigating_body',
    before: d(5),
    condition: { vi: 'có căn cứ tạm đình chỉ của Điều 148', en: 'a ground of Art 148(1) exists' },
    open: [],
    cites: ['TTLT 01/2020 5.2'],
    effective: since('2020-07-15'),
    confidence: 'H1',
  },
  {
    id: 'TTLT0122-10-3',
    kind: 'before_end',
    name: {
      vi: 'Rà soát nguồn tin xâm hại tình dục người dưới 18 tuổi',
      en: 'Joint review of a tip of sexual abuse of a minor',
    },
    trigger: 'tip_term_end_child_sexual_abuse',
    startsFrom: { vi: 'ngày hết thời hạn giải quyết', en: 'the end of the term' },
    owedBy: 'investigating_body',
    before: d(7),
    condition: { vi: 'xâm hại tình dục người dưới 18 tuổi', en: 'sexual abuse of a person under 18' },
    open: [],
    cites: ['TTLT 01/2022 10.3'],
    effective: since('2022-04-05'),
    confidence: 'H1',
  },
  {
    id: 'TTLT0418-7',
    kind: 'term',
    name: {
      vi: 'Viện kiểm sát xét quyết định khởi tố hoặc không khởi tố',
      en: 'Procuracy reviews the decision to initiate or not to initiate',
    },
    trigger: 'vks_received_initiation',
    startsFrom: { vi: 'ngày Viện kiểm sát nhận được quyết định', en: 'the day the procuracy receives the decision' },
    owedBy: 'procuracy',
    limit: d(3),
    limitForNoninitiation: d(2),
    open: ['c-1', 'c-2'],
    cites: ['TTLT 04/2018 7'],
    effective: since('2018-12-10'),
    confidence: 'H1',
  },
];

interface DatedRow {
  readonly row: Rule;
  readonly from: DayNumber;
  readonly to: DayNumber;
}

const rowsById = new Map<string, Rule[]>();
const datedById = new Map<string, DatedRow[]>();
for (const row of RULES) {
  rowsById.set(row.id, [...(rowsById.get(row.id) ?? []), row]);
  const dated = {
    row,
    from: parseDay(row.effective.from)!,
    to: row.effective.to === null ? Infinity : parseDay(row.effective.to)!,
  };
  datedById.set(row.id, [dated, ...(datedById.get(row.id) ?? [])]);
}

/** Ids of the table, each once, in its order. */
export const RULE_IDS: readonly string[] = [...rowsById.keys()];

/** All dated versions of a rule, oldest first; empty for an unknown id. */
export function versionsOf(id: string): readonly Rule[] {
  return rowsById.get(id) ?? [];
}

/** The version of a rule in force on a day number; undefined when none is. */
export function ruleInForce(id: string, day: DayNumber): Rule | undefined {
  for (const { row, from, to } of datedById.get(id) ?? []) if (from <= day && day <= to) return row;
  return undefined;
}

/** The version of a rule in force on a legal day; undefined when none is, or the day is not one. */
export function ruleOn(id: string, day: LegalDate): Rule | undefined {
  const number = parseDay(day);
  return number === null ? undefined : ruleInForce(id, number);
}
