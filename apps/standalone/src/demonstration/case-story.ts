import type { CrimeClass } from '@app/contracts';
import { classOfOffence } from '@app/domain';
import { DAY_MS, HOUR_MS, addDays, addMonths, at, dayOf, moment } from './local-time.js';
import type { Random } from './random.js';
import type { TipCells } from './tip-story.js';

/** Columns of a cases file, in the order of the import format. */
export const CASE_COLUMNS = [
  'case_number',
  'unit_code',
  'tip_register_number',
  'initiated_at',
  'category',
  'article',
  'clause',
  'class',
  'accused_count',
  'juvenile',
  'shortened',
  'investigation_extended_to',
  'investigation_suspended_at',
  'investigation_resumed_at',
  'concluded_at',
  'proposes_prosecution',
  'file_received_at',
  'prosecution_extended_on',
  'prosecution_extended_to',
  'decision',
  'decided_at',
  'court_received_at',
  'court_decided_at',
  'convicted_same_offence_count',
  'convicted_other_offence_count',
  'assets_to_recover',
  'assets_recovered',
] as const;

export type CaseCells = Partial<Record<(typeof CASE_COLUMNS)[number], string>>;

interface Terms {
  months: number;
  extraMonths: number;
  days: number;
  extraDays: number;
  courtDays: number;
}

/** Investigation, prosecution and trial preparation by class: BLTTHS 172(1), (2); 240(1); 277(1). */
const TERMS: Record<CrimeClass, Terms> = {
  IT: { months: 2, extraMonths: 2, days: 20, extraDays: 10, courtDays: 30 },
  NT: { months: 3, extraMonths: 3, days: 20, extraDays: 10, courtDays: 45 },
  RNT: { months: 4, extraMonths: 4, days: 30, extraDays: 15, courtDays: 58 },
  DBNT: { months: 4, extraMonths: 4, days: 30, extraDays: 30, courtDays: 88 },
};

/**
 * The case of an initiated tip, whose acts follow each other as the law asks: concluded within the investigation term
 * or its extension, the file handed over within two days, the procuracy's decision within its own term.
 * Number and register are the caller's to fill in.
 */
export function tellCase(random: Random, tip: TipCells, isLate: boolean): CaseCells {
  const article = tip.article ?? '';
  const clause = tip.clause ?? '';
  const crimeClass = classOfOffence(Number(article), Number(clause)) ?? 'IT';
  const term = TERMS[crimeClass];
  const initiatedAt = Date.parse(tip.decided_at ?? '');
  const initiatedOn = dayOf(initiatedAt);
  const accused = random.weighted([
    [1, 62],
    [2, 20],
    [3, 9],
    [4, 5],
    [7, 4],
  ]);
  const isJuvenile = random.chance(0.03);
  const cells: CaseCells = {
    initiated_at: moment(initiatedAt),
    category: tip.category ?? '',
    article,
    clause,
    class: crimeClass,
    accused_count: String(accused),
    juvenile: isJuvenile ? 'yes' : 'no',
    shortened: 'no',
  };
  if (tip.category === 'corruption' || tip.category === 'economic') {
    const toRecover = random.between(20, 4_000) * 1_000_000;
    cells.assets_to_recover = String(toRecover);
    cells.assets_recovered = String(Math.round((toRecover * random.between(45, 100)) / 100));
  }
  const baseDays = Math.round((at(addMonths(initiatedOn, term.months)) - at(initiatedOn)) / DAY_MS);
  // Half the time for the young (Law 59/2024 Art 129): their investigations are told as the short ones.
  const usual = isJuvenile ? Math.floor(baseDays / 2) : baseDays;
  const isExtended = !isJuvenile && random.chance(0.12);
  const days = isExtended
    ? random.between(baseDays + 3, Math.round(baseDays * 1.8))
    : random.between(Math.floor(usual * 0.45), usual - 2);
  if (isExtended) cells.investigation_extended_to = addMonths(initiatedOn, term.months + term.extraMonths);
  const concludedAt = at(addDays(initiatedOn, days), random.between(8, 16), random.between(0, 59));
  cells.concluded_at = moment(concludedAt);
  cells.proposes_prosecution = 'yes';
  const receivedAt = concludedAt + random.between(3, 44) * HOUR_MS;
  cells.file_received_at = moment(receivedAt);
  tellProsecution(random, cells, { receivedAt, accused, term, isJuvenile, isLate });
  return cells;
}

function tellProsecution(
  random: Random,
  cells: CaseCells,
  facts: {
    receivedAt: number;
    accused: number;
    term: Terms;
    isJuvenile: boolean;
    isLate: boolean;
  },
): void {
  const { receivedAt, accused, term, isJuvenile, isLate } = facts;
  const receivedOn = dayOf(receivedAt);
  const usual = isJuvenile ? Math.floor(term.days / 2) : term.days;
  const isExtended = !isJuvenile && !isLate && random.chance(0.06);
  let days = random.between(Math.floor(usual * 0.4), usual - 1);
  if (isExtended) {
    cells.prosecution_extended_on = addDays(receivedOn, term.days - random.between(1, 4));
    cells.prosecution_extended_to = addDays(receivedOn, term.days + term.extraDays);
    days = random.between(term.days + 1, term.days + term.extraDays - 1);
  }
  if (isLate) days = term.days + random.between(4, 12);
  const decidedAt = at(addDays(receivedOn, days), random.between(8, 16), random.between(0, 59));
  cells.decided_at = moment(decidedAt);
  cells.decision = random.weighted([
    ['prosecute', 945],
    ['return', 28],
    ['suspend', 12],
    ['discontinue', 10],
    ['transfer', 5],
  ]);
  if (cells.decision !== 'prosecute') return;
  const courtReceivedAt = decidedAt + random.between(8, 70) * HOUR_MS;
  cells.court_received_at = moment(courtReceivedAt);
  const courtDays = isJuvenile ? Math.floor(term.courtDays / 2) : term.courtDays;
  const tardy = random.chance(0.01) ? 12 : 0;
  cells.court_decided_at = moment(
    courtReceivedAt + (random.between(Math.floor(courtDays / 2), courtDays - 1) + tardy) * DAY_MS,
  );
  const other = random.chance(0.004) ? 1 : 0;
  cells.convicted_same_offence_count = String(accused - other);
  cells.convicted_other_offence_count = String(other);
}

type Column = (typeof CASE_COLUMNS)[number];

const DATED: readonly (readonly [column: Column, ...others: Column[]])[] = [
  ['concluded_at', 'proposes_prosecution'],
  ['file_received_at'],
  ['prosecution_extended_on', 'prosecution_extended_to'],
  ['decided_at', 'decision'],
  ['court_received_at'],
  ['court_decided_at', 'convicted_same_offence_count', 'convicted_other_offence_count'],
];

/** The row as it stood at `nowMs`: what had not happened yet is not in it. */
export function caseAsOf(cells: CaseCells, nowMs: number): CaseCells {
  const known = { ...cells };
  let isPast = true;
  for (const [column, ...others] of DATED) {
    const text = known[column];
    if (text === undefined || text === '') continue;
    isPast &&= (text.length === 10 ? at(text) : Date.parse(text)) < nowMs;
    if (isPast) continue;
    for (const one of [column, ...others]) known[one] = '';
  }
  return known;
}
