import type { LegalDate } from '@app/legal-time-limits';
import { TIME_IDS } from './time-sets.js';
import type { Switches } from './tip-sets.js';

export interface Words {
  vi: string;
  en: string;
}

/** `gt`: met above the value; `gte`: at or above; `eq`: met at the value exactly. In percent. */
export interface Target {
  op: 'gt' | 'gte' | 'eq';
  value: number;
  /** Where the number comes from. */
  basis: string;
}

export const RATE_IDS = ['R1', 'R2', 'R2i', 'R3', 'R4'] as const;
export type RateId = (typeof RATE_IDS)[number];
export const INDICATOR_IDS = [...RATE_IDS, ...TIME_IDS] as const;
export type IndicatorId = (typeof INDICATOR_IDS)[number];

/**
 * One version of an indicator. A changed formula is a new row with its own dates of effect, never an edit: a report names
 * the version it used and can be made again.
 */
export interface IndicatorDefinition {
  id: IndicatorId;
  version: number;
  effectiveFrom: LegalDate;
  effectiveTo: LegalDate | null;
  name: Words;
  unitCounted: 'crime-tip' | 'criminal-case';
  /** percent of numerator in denominator, or days. */
  measure: 'percent' | 'days';
  numerator: Words;
  denominator: Words;
  open: Words;
  target: Target | null;
  /** Sets shown beside the figure, each with the list behind it. */
  parts: Readonly<Record<string, Words>>;
  switches: Switches;
  basis: readonly string[];
}

const NO_SWITCH: Switches = { suspensionCountsAsResolved: false };
const SINCE = '2018-01-01';
const common = { version: 1, effectiveFrom: SINCE, effectiveTo: null, switches: NO_SWITCH, parts: {} } as const;

const R2_DENOMINATOR: Words = {
  vi: 'mỗi tin một lần: thụ lý trước kỳ, đầu kỳ chưa giải quyết và không tạm đình chỉ; thụ lý trong kỳ; tạm đình chỉ đầu kỳ, phục hồi trong kỳ; trừ tin đã chuyển đi có xác nhận và tin đã nhập đến cuối kỳ',
  en: 'each tip once: accepted before the start, neither decided nor suspended at the start; accepted in the period; suspended at the start, resumed in the period; less transferred out and acknowledged, and merged, by the end',
};

const TIME_OPEN: Words = {
  vi: 'thụ lý trong kỳ, đến thời điểm tính chưa xong',
  en: 'accepted in the period, not closed at the as-of moment',
};

const time = (id: IndicatorId, name: Words, closed: Words): IndicatorDefinition => ({
  ...common,
  id,
  name,
  unitCounted: 'crime-tip',
  measure: 'days',
  numerator: closed,
  denominator: closed,
  open: TIME_OPEN,
  target: null,
  basis: ['indicators.md T1–T4'],
});

export const INDICATOR_DEFINITIONS: readonly IndicatorDefinition[] = [
  {
    ...common,
    id: 'R1',
    name: { vi: 'Tỷ lệ tiếp nhận, phân loại, xử lý', en: 'Received, classified, handled' },
    unitCounted: 'crime-tip',
    measure: 'percent',
    numerator: {
      vi: 'tin tiếp nhận trong kỳ đã phân loại, rồi chuyển có xác nhận, phân công hoặc quyết định giải quyết',
      en: 'tips received in the period, classified, then transferred with acknowledgement, assigned, or decided',
    },
    denominator: {
      vi: 'tin tiếp nhận trong kỳ mà thời hạn phân loại đã hết',
      en: 'tips received in the period whose classification term has ended',
    },
    open: {
      vi: 'tin tiếp nhận trong kỳ chưa hết thời hạn phân loại',
      en: 'tips received in the period whose classification term still runs',
    },
    target: { op: 'eq', value: 100, basis: 'QĐ 1944/QĐ-TTg 18/11/2021' },
    parts: {
      onTime: {
        vi: 'phân loại và bước xử lý đầu tiên đều trong thời hạn',
        en: 'classified, and handled by the first step, each inside its own term',
      },
    },
    basis: ['QĐ 1944/QĐ-TTg 18/11/2021', 'Resolution 04-NQ/TU'],
  },
  {
    ...common,
    id: 'R2',
    name: { vi: 'Tỷ lệ giải quyết', en: 'Resolved' },
    unitCounted: 'crime-tip',
    measure: 'percent',
    numerator: {
      vi: 'trong đó có quyết định khởi tố hoặc không khởi tố (kể cả chuyển xử lý hành chính) trong kỳ',
      en: 'those decided in the period: initiated or not initiated (administrative referral included)',
    },
    denominator: R2_DENOMINATOR,
    open: { vi: 'trong đó chưa giải quyết', en: 'those not resolved' },
    target: { op: 'gt', value: 90, basis: 'QĐ 1944/QĐ-TTg 18/11/2021' },
    parts: {
      carriedOver: { vi: 'kỳ trước chuyển sang', en: 'carried over' },
      accepted: { vi: 'thụ lý trong kỳ', en: 'accepted in the period' },
      resumed: { vi: 'phục hồi trong kỳ', en: 'resumed in the period' },
      suspended: { vi: 'tạm đình chỉ cuối kỳ', en: 'suspended at the end' },
      transferredOut: {
        vi: 'lượt chuyển đi, không tính cho đơn vị đã chuyển',
        en: 'transfers out, not counted for the unit that transferred',
      },
      merged: { vi: 'đã nhập, không tính', en: 'merged, not counted' },
    },
    basis: ['QĐ 1944/QĐ-TTg 18/11/2021', 'VKSNDTC 2012', 'QĐ 374/QĐ-VKSTC'],
  },
  {
    ...common,
    id: 'R2i',
    name: { vi: 'Tỷ lệ khởi tố', en: 'Initiated' },
    unitCounted: 'crime-tip',
    measure: 'percent',
    numerator: { vi: 'trong đó quyết định khởi tố trong kỳ', en: 'those decided in the period to initiate' },
    denominator: R2_DENOMINATOR,
    open: { vi: 'trong đó chưa giải quyết', en: 'those not resolved' },
    target: null,
    basis: ['indicators.md R2i'],
  },
  {
    ...common,
    id: 'R3',
    name: { vi: 'Tỷ lệ quá hạn', en: 'Overdue' },
    unitCounted: 'crime-tip',
    measure: 'percent',
    numerator: {
      vi: 'tin đang giải quyết đã quá ngày cuối cùng có thể biện luận của thời hạn giải quyết',
      en: 'open tips past the latest arguable day of the term of verification',
    },
    denominator: {
      vi: 'tin chưa giải quyết tại thời điểm tính, không kể tạm đình chỉ',
      en: 'tips open at the as-of moment, suspended ones apart',
    },
    open: {
      vi: 'tin chưa giải quyết tại thời điểm tính, không kể tạm đình chỉ',
      en: 'tips open at the as-of moment, suspended ones apart',
    },
    target: { op: 'eq', value: 0, basis: 'BLTTHS 147' },
    parts: { suspended: { vi: 'đang tạm đình chỉ', en: 'suspended' } },
    basis: ['VKSNDTC 2012', 'BLTTHS 147–149'],
  },
  {
    ...common,
    id: 'R4',
    name: { vi: 'Tỷ lệ truy tố đúng thời hạn', en: 'Prosecuted on time' },
    unitCounted: 'criminal-case',
    measure: 'percent',
    numerator: {
      vi: 'vụ án quyết định truy tố trong thời hạn Điều 240, kể cả gia hạn đúng luật',
      en: 'cases with a decision to prosecute inside the Article 240 term as lawfully extended',
    },
    denominator: {
      vi: 'vụ án có kết luận đề nghị truy tố, hết thời hạn hoặc được quyết định trong kỳ, trừ vụ trả hồ sơ, tạm đình chỉ, đình chỉ, chuyển',
      en: 'cases with a conclusion proposing prosecution whose term ran out, or that were decided, in the period, less those returned, suspended, discontinued or transferred',
    },
    open: {
      vi: 'vụ án có kết luận đề nghị truy tố đang chờ quyết định, chưa hết thời hạn trong kỳ',
      en: 'cases with a conclusion proposing prosecution that await a decision and whose term did not run out in the period',
    },
    target: { op: 'gt', value: 90, basis: 'QĐ 1944/QĐ-TTg 18/11/2021' },
    parts: {
      excluded: {
        vi: 'trả hồ sơ, tạm đình chỉ, đình chỉ, chuyển trong kỳ, không tính',
        en: 'returned, suspended, discontinued or transferred in the period, not counted',
      },
      allDecisionsOnTime: { vi: 'R4a: mọi quyết định đúng thời hạn', en: 'R4a: decisions of any kind on time' },
      allDecisions: {
        vi: 'R4a: mọi vụ hết hạn hoặc được quyết định',
        en: 'R4a: all cases whose term ran out or decided',
      },
      inBaseTerm: { vi: 'R4f: quyết định không cần gia hạn', en: 'R4f: decided inside the base term' },
    },
    basis: ['QĐ 1944/QĐ-TTg 18/11/2021', 'BLTTHS 240(1)'],
  },
  time(
    'T1',
    { vi: 'Thời gian chờ: thụ lý đến phân công', en: 'Wait: accepted to assigned' },
    { vi: 'phân công trong kỳ', en: 'assigned in the period' },
  ),
  time(
    'T2',
    { vi: 'Thời gian xử lý: phân công đến quyết định', en: 'Handling: assigned to decided' },
    { vi: 'quyết định trong kỳ, đã phân công', en: 'decided in the period after an assignment' },
  ),
  time(
    'T3',
    { vi: 'Tổng thời gian: thụ lý đến quyết định', en: 'Total: accepted to decided' },
    { vi: 'quyết định trong kỳ', en: 'decided in the period' },
  ),
  time(
    'T4',
    { vi: 'Tổng thời gian, trừ tạm đình chỉ', en: 'Total, net of suspension' },
    { vi: 'quyết định trong kỳ', en: 'decided in the period' },
  ),
];

/** Fewer matters than this in a unit's denominator: shown, not ranked. */
export const FEWEST_RANKED = 20;

/** The version of an indicator in force on a legal day; the first one for days before it. */
export function definitionOn(id: IndicatorId, day: LegalDate): IndicatorDefinition {
  const versions = INDICATOR_DEFINITIONS.filter((definition) => definition.id === id);
  const inForce = versions.find(
    ({ effectiveFrom, effectiveTo }) => effectiveFrom <= day && (effectiveTo === null || day <= effectiveTo),
  );
  const definition = inForce ?? versions[0];
  if (!definition) throw new RangeError(`no definition of ${id}`);
  return definition;
}

/**
 * Whether numerator of denominator meets a target; null when there is no target or nothing to divide by. The counts are
 * compared, not the rounded percent: 99.996 % is shown as 100.00 and is not all.
 */
export function isMet(numerator: number, denominator: number, target: Target | null): boolean | null {
  if (denominator === 0 || target === null) return null;
  const reached = numerator * 100;
  const wanted = target.value * denominator;
  switch (target.op) {
    case 'gt':
      return reached > wanted;
    case 'gte':
      return reached >= wanted;
    case 'eq':
      return reached === wanted;
  }
}

/** Months in which a definition in force changed, newest version's words; empty while each has one version. */
export function definitionChanges(ids: readonly IndicatorId[]): { month: string; text: Words }[] {
  return INDICATOR_DEFINITIONS.filter(({ id, version }) => version > 1 && ids.includes(id)).map((definition) => ({
    month: definition.effectiveFrom.slice(0, 7),
    text: {
      vi: `${definition.id}: định nghĩa phiên bản ${definition.version}`,
      en: `${definition.id}: definition version ${definition.version}`,
    },
  }));
}
