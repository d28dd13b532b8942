import type { TipOutcome } from '@app/contracts';
import { CASE_COLUMNS, caseAsOf, tellCase } from './case-story.js';
import type { CaseCells } from './case-story.js';
import { DAY_MS, HOUR_MS, addDays, addMonths, at, dayOf } from './local-time.js';
import { DESK, PROVINCE_POLICE, communesOfProvince } from './province-units.js';
import { Random } from './random.js';
import { RegisterNumbers } from './register-numbers.js';
import { TIP_COLUMNS, asOf, tellTip } from './tip-story.js';
import type { TipCells, TipPlan } from './tip-story.js';

export interface ProvinceRegister {
  tips: TipCells[];
  cases: CaseCells[];
}

export interface RegisterOptions {
  seed: number;
  /** The day and minute up to which the register is told. */
  nowMs: number;
  /** Tips of the two years; more make a slower fill. */
  tips: number;
}

const YEARS_MS = 2 * 365 * DAY_MS;

/** The account `dieutravien` and made-up colleagues. */
const INVESTIGATORS = [
  'dieutravien',
  'dieutravien',
  ...Array.from({ length: 12 }, (_, index) => `dtv-${String(index + 1).padStart(2, '0')}`),
];

/** Since the commune chiefs may resolve less serious tips themselves (from 01/07/2025). */
const COMMUNES_RESOLVE_SINCE = at('2025-07-01');

/** Weeks before Tết (first day of the lunar year) have more tips. */
const TET_DAYS = ['2024-02-10', '2025-01-29', '2026-02-17', '2027-02-06', '2028-01-26', '2029-02-13'];

/**
 * Two years of a province as its registers hold them at a moment: shares as published (law.md section 5: half of the
 * tips initiated, a quarter prolonged, 3–6 % extended, up to a seventh suspended, under 1 % late), with everything
 * that is under way now left open. All persons, events and figures are made up.
 */
export function provinceRegister({ seed, nowMs, tips }: RegisterOptions): ProvinceRegister {
  const random = new Random(seed);
  const communes = communesOfProvince().map(({ code }) => code);
  // Towns have more tips than villages; the demonstration's own desk is one of the busy ones.
  const weights = communes.map((code) => [code, code === '25459' ? 6 : 0.6 + random.next() ** 2 * 3] as const);
  const planned = receptions(random, nowMs, tips).map((receivedAtMs) => ordinaryTip(random, receivedAtMs, weights));
  const cells = [...planned.map((plan) => tellTip(random, plan)), ...workUnderWay(random, nowMs)]
    .map((row) => asOf(row, nowMs))
    .sort((left, right) => ((left.received_at ?? '') < (right.received_at ?? '') ? -1 : 1));
  const numbers = new RegisterNumbers();
  let decisions = 0;
  for (const row of cells) {
    const year = (row.received_at ?? '').slice(0, 4);
    row.register_number = String(numbers.next(row.unit_code ?? '', year));
    if (!row.decided_at) continue;
    decisions += 1;
    row.decision_number = `${decisions}/QĐ-CSĐT`;
  }
  return { tips: cells, cases: casesOf(random, cells, nowMs) };
}

/** Moments of reception: two years up to now, by day as often as weekdays and the weeks before Tết ask. */
function receptions(random: Random, nowMs: number, count: number): number[] {
  const first = at(dayOf(nowMs - YEARS_MS));
  const days = Math.floor((nowMs - first) / DAY_MS);
  const dayWeights = Array.from({ length: days }, (_, index) => {
    const ms = first + index * DAY_MS;
    const isBeforeTet = TET_DAYS.some((tet) => ms < at(tet) && ms >= at(tet) - 28 * DAY_MS);
    const weekday = new Date(ms + 7 * HOUR_MS).getUTCDay();
    return [ms, (isBeforeTet ? 1.3 : 1) * (weekday === 0 ? 0.7 : weekday === 6 ? 0.85 : 1)] as const;
  });
  const total = dayWeights.reduce((sum, [, weight]) => sum + weight, 0);
  const moments: number[] = [];
  let owed = 0;
  for (const [ms, weight] of dayWeights) {
    owed += (weight / total) * count;
    while (owed >= 1) {
      owed -= 1;
      const hour = random.weighted([
        [random.between(0, 6), 8],
        [random.between(7, 11), 45],
        [random.between(13, 17), 35],
        [random.between(18, 23), 12],
      ]);
      moments.push(ms + hour * HOUR_MS + random.between(0, 59) * 60_000);
    }
  }
  return moments;
}

function ordinaryTip(
  random: Random,
  receivedAtMs: number,
  communes: readonly (readonly [code: string, weight: number])[],
): TipPlan {
  const commune = random.weighted(communes);
  const fate = random.weighted<TipOutcome | 'suspended' | 'transferred-out'>([
    ['initiated', 53],
    ['not_initiated', 33],
    ['administrative', 5.5],
    ['suspended', 8],
    ['transferred-out', 0.5],
  ]);
  const isLate = random.chance(0.006);
  const days = isLate
    ? random.between(24, 40)
    : random.weighted([
        [random.between(3, 20), 72],
        [random.between(21, 58), 23.5],
        [random.between(66, 115), 4.5],
      ]);
  const plan: TipPlan = {
    receivedAtMs,
    unitCode: PROVINCE_POLICE,
    communeCode: commune,
    kind: random.weighted<TipPlan['kind']>([
      ['denunciation', 47],
      ['report', 52.4],
      ['recommendation', 0.6],
    ]),
    investigators: INVESTIGATORS,
    isLate,
    ...(fate === 'suspended'
      ? {
          suspension: {
            afterDays: random.chance(0.7) ? random.between(20, 58) : random.between(66, 115),
            ground: random.weighted<'a' | 'b'>([
              ['a', 65],
              ['b', 35],
            ]),
            ...(random.chance(0.45) ? { resumedAfterDays: random.between(30, 200) } : {}),
          },
          decision: { afterDays: 0, outcome: random.chance(0.4) ? 'initiated' : 'not_initiated' },
        }
      : {}),
    ...(fate === 'initiated' || fate === 'not_initiated' || fate === 'administrative'
      ? { decision: { afterDays: days, outcome: fate } }
      : {}),
  };
  if (fate === 'transferred-out') return { ...plan, transferTo: 'PC', isAccepted: false };
  const route = random.weighted([
    ['province', 24],
    ['commune-transfers', 54],
    ['commune-resolves', 20],
    ['border', 1.4],
    ['customs', 0.6],
  ]);
  const desk = `${PROVINCE_POLICE}-${commune}`;
  switch (route) {
    case 'commune-transfers':
      return { ...plan, unitCode: desk, transferTo: PROVINCE_POLICE };
    case 'commune-resolves':
      return receivedAtMs >= COMMUNES_RESOLVE_SINCE
        ? { ...plan, unitCode: desk, investigators: [`cax-${commune}`] }
        : { ...plan, unitCode: desk, transferTo: PROVINCE_POLICE };
    case 'border':
      return { ...plan, unitCode: 'BP-80', transferTo: PROVINCE_POLICE };
    case 'customs':
      return { ...plan, unitCode: 'HQ-80', transferTo: PROVINCE_POLICE };
    default:
      return plan;
  }
}

/**
 * What waits on the desks of the demonstration accounts: matters near the end of their term, late ones, extension
 * requests that the procuracy has to decide, and suspended ones. What was received in the last days comes by the
 * desk's own acts (see desk-work.ts).
 */
function workUnderWay(random: Random, nowMs: number): TipCells[] {
  const today = dayOf(nowMs);
  const accepted = (day: string, more: Partial<TipPlan> = {}): TipCells =>
    tellTip(random, {
      receivedAtMs: at(addDays(day, -2), random.between(7, 16), random.between(0, 59)),
      acceptedAtMs: at(day, random.between(8, 15), random.between(0, 59)),
      unitCode: DESK,
      communeCode: '25459',
      transferTo: PROVINCE_POLICE,
      kind: random.chance(0.5) ? 'report' : 'denunciation',
      investigators: ['dieutravien'],
      isLate: true,
      ...more,
    });
  const rows: TipCells[] = [];
  // Due today and in the next days, nothing decided yet.
  for (const day of [20, 19, 19, 18, 17, 17, 16, 15, 13]) rows.push(accepted(addDays(today, -day)));
  // Late: the twenty days are over, latest arguable day included, and nobody has prolonged.
  for (const day of [26, 28, 31, 37, 45]) rows.push(accepted(addDays(today, -day)));
  for (const day of [27, 33]) rows.push(accepted(addDays(today, -day), { investigators: ['dtv-04'] }));
  // Prolonged, the two months end soon, the procuracy has been asked in the last days.
  for (const [daysLeft, askedDaysAgo] of [
    [6, 1],
    [6, 0],
    [7, 2],
    [8, 1],
    [9, 1],
  ] as const) {
    const end = addDays(today, daysLeft);
    const row = accepted(addMonths(end, -2));
    const acceptedOn = (row.accepted_at ?? '').slice(0, 10);
    row.prolonged_on = addDays(acceptedOn, random.between(14, 19));
    row.prolonged_to = addMonths(acceptedOn, 2);
    row.extension_requested_on = addDays(today, -askedDaysAgo);
    rows.push(row);
  }
  for (const day of [34, 52, 71]) {
    rows.push(
      accepted(addDays(today, -day), {
        isLate: false,
        suspension: { afterDays: random.between(21, 30), ground: 'a' },
      }),
    );
  }
  return rows;
}

/** Every initiated tip leads to a case in the register of the body that initiated it. */
function casesOf(random: Random, tips: readonly TipCells[], nowMs: number): CaseCells[] {
  const numbers = new RegisterNumbers();
  return tips
    .filter((tip) => tip.outcome === 'initiated')
    .sort((left, right) => ((left.decided_at ?? '') < (right.decided_at ?? '') ? -1 : 1))
    .map((tip) => {
      const unitCode = tip.transferred_to || tip.unit_code || '';
      const cells = caseAsOf(tellCase(random, tip, random.chance(0.012)), nowMs);
      return {
        ...cells,
        unit_code: unitCode,
        case_number: String(numbers.next(unitCode, (tip.decided_at ?? '').slice(0, 4))),
        tip_register_number: `${tip.unit_code}/${tip.register_number}/${(tip.received_at ?? '').slice(0, 4)}`,
      };
    });
}

export { CASE_COLUMNS, TIP_COLUMNS };
