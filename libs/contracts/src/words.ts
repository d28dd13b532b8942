/** The closed word lists of the register. Each word is used alike in events, HTTP, files, database and screens. */

export const TIP_KINDS = ['denunciation', 'report', 'recommendation'] as const;
export type TipKind = (typeof TIP_KINDS)[number];

export const TIP_CHANNELS = ['counter', 'phone', 'post', 'email', 'agency', 'press', 'online', 'discovery'] as const;
export type TipChannel = (typeof TIP_CHANNELS)[number];

export const CATEGORIES = [
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
export type Category = (typeof CATEGORIES)[number];

/** Grounds of suspension of a tip, BLTTHS 148(1); (c) since 01/12/2021 (Law 02/2021). */
export const SUSPENSION_GROUNDS = ['a', 'b', 'c'] as const;
export type SuspensionGround = (typeof SUSPENSION_GROUNDS)[number];

/** Classes of offence, Penal Code Art 9: less serious, serious, very serious, extremely serious. */
export const CRIME_CLASSES = ['IT', 'NT', 'RNT', 'DBNT'] as const;
export type CrimeClass = (typeof CRIME_CLASSES)[number];

export const NOTICES = ['receipt', 'assignment', 'suspension', 'resumption', 'result', 'initiation'] as const;
export type NoticeKind = (typeof NOTICES)[number];

export const NOTICE_RECIPIENTS = ['procuracy', 'informant'] as const;
export type NoticeRecipient = (typeof NOTICE_RECIPIENTS)[number];

export const PROSECUTION_DECISIONS = ['prosecute', 'return', 'suspend', 'discontinue', 'transfer'] as const;
export type ProsecutionDecision = (typeof PROSECUTION_DECISIONS)[number];

export const UNIT_KINDS = [
  'police',
  'procuracy',
  'court',
  'border_guard',
  'customs',
  'forest_ranger',
  'coast_guard',
  'fisheries',
  'military',
  'inspectorate',
  'other',
] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

export const UNIT_LEVELS = ['nation', 'province', 'region', 'commune', 'post'] as const;
export type UnitLevel = (typeof UNIT_LEVELS)[number];

export const TIP_STATUSES = [
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
export type TipStatus = (typeof TIP_STATUSES)[number];

export const TIP_OUTCOMES = ['initiated', 'not_initiated', 'administrative'] as const;
export type TipOutcome = (typeof TIP_OUTCOMES)[number];

/** A legal day, `YYYY-MM-DD`, in Asia/Ho_Chi_Minh. */
export const LEGAL_DATE = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/** Rungs of the ladder of alerts: days or hours before the safe last day of a duty, and its due day. In order of time. */
export const ALERT_RUNGS = ['d7', 'd5', 'd3', 'd1', 'h6', 'h1', 'due'] as const;
export type AlertRung = (typeof ALERT_RUNGS)[number];
