import type { TipOutcome } from '@app/contracts';
import { DAY_MS, at, dayOf } from '../../../apps/standalone/src/demonstration/local-time.js';
import { Random } from '../../../apps/standalone/src/demonstration/random.js';
import { RegisterNumbers } from '../../../apps/standalone/src/demonstration/register-numbers.js';
import { tellTip } from '../../../apps/standalone/src/demonstration/tip-story.js';
import type { TipCells, TipPlan } from '../../../apps/standalone/src/demonstration/tip-story.js';
import { NATIONAL_UNITS, unit } from './units.js';
import type { UnitCells } from './units.js';

/** The published margins of the Ministry of Public Security, 01/10/2019–30/09/2020. */
export const MINISTRY_2020 = {
  unitCode: 'PC',
  from: '2019-10-01',
  to: '2020-09-30',
  carriedOver: 20_528,
  accepted: 120_791,
  toResolve: 141_319,
  resolved: 122_722,
  /** Percent, two decimals, rounded half up. */
  resolvedRate: 86.84,
} as const;

/** Of the resolved, this many were carried over; the rest were accepted in the period. */
const RESOLVED_OF_CARRIED_OVER = 19_500;
/** Tips of the last weeks that are decided after the period; the other unresolved ones are suspended in it. */
const DECIDED_AFTER = 9_500;
const LAST_WEEKS_DAYS = 45;
/** Tips of the very last days have not been assigned long enough to be decided in the period. */
const LAST_DAYS = 6;

const PROVINCES = [
  '01',
  '04',
  '08',
  '11',
  '12',
  '14',
  '15',
  '19',
  '20',
  '22',
  '24',
  '25',
  '31',
  '33',
  '37',
  '38',
  '40',
  '42',
  '44',
  '46',
  '48',
  '51',
  '52',
  '56',
  '66',
  '68',
  '75',
  '79',
  '80',
  '82',
  '86',
  '91',
  '92',
  '96',
] as const;

export function ministryUnits(): UnitCells[] {
  return [
    ...NATIONAL_UNITS,
    ...PROVINCES.flatMap((code) => [
      unit(`PC-${code}`, 'PC', 'police', 'province', `Công an tỉnh ${code}`, `Provincial police ${code}`),
      unit(`VKS-${code}`, 'VKS', 'procuracy', 'province', `Viện kiểm sát tỉnh ${code}`, `Provincial procuracy ${code}`),
    ]),
  ];
}

type End = 'resolved' | 'decided-after' | 'suspended';

interface Seat {
  acceptedAtMs: number;
  end: End;
}

/**
 * The register in order of acceptance, row by row: 20,528 accepted before the period and neither decided nor suspended
 * at its start, 120,791 accepted in it, 122,722 of all decided in it.
 */
export function* ministryTips(seed = 2020): Generator<TipCells> {
  const random = new Random(seed);
  const start = at(MINISTRY_2020.from);
  const end = at(MINISTRY_2020.to) + DAY_MS;
  const numbers = new RegisterNumbers();
  let decisions = 0;
  for (const seat of seatsOf(random, start, end)) {
    const cells = tell(random, seat, start, end);
    const unitCode = cells.unit_code ?? '';
    cells.register_number = String(numbers.next(unitCode, (cells.received_at ?? '').slice(0, 4)));
    decisions += 1;
    if (cells.decided_at) cells.decision_number = `${decisions}/QĐ`;
    yield cells;
  }
}

function seatsOf(random: Random, start: number, end: number): Seat[] {
  const { carriedOver, accepted, resolved } = MINISTRY_2020;
  const seats: Seat[] = [];
  // Carried over: accepted in the ninety days before, still under way when the period starts.
  for (const isResolved of shares(random, carriedOver, RESOLVED_OF_CARRIED_OVER)) {
    const acceptedAtMs = start - Math.floor((0.05 + random.next() * 80) * DAY_MS);
    seats.push({ acceptedAtMs, end: isResolved ? 'resolved' : 'suspended' });
  }
  const moments = Array.from(
    { length: accepted },
    () => start + Math.floor(random.next() * (end - start - 60_000)),
  ).sort((left, right) => left - right);
  const early = moments.filter((one) => one < end - LAST_WEEKS_DAYS * DAY_MS).length;
  const lastDays = moments.filter((one) => one >= end - LAST_DAYS * DAY_MS).length;
  const decidedAfter = shares(random, accepted - early - lastDays, DECIDED_AFTER - lastDays);
  const unresolved = accepted - (resolved - RESOLVED_OF_CARRIED_OVER) - DECIDED_AFTER;
  const suspended = shares(random, early, unresolved);
  for (const [index, acceptedAtMs] of moments.entries()) {
    const isLast = index >= accepted - lastDays;
    const isAfter = isLast || (index >= early && decidedAfter[index - early]);
    seats.push({ acceptedAtMs, end: isAfter ? 'decided-after' : suspended[index] ? 'suspended' : 'resolved' });
  }
  return seats.sort((left, right) => left.acceptedAtMs - right.acceptedAtMs);
}

/** `total` yes-or-no, exactly `yes` of them yes, in random order. */
function shares(random: Random, total: number, yes: number): boolean[] {
  return random.shuffled(Array.from({ length: total }, (_, index) => index < yes));
}

function tell(random: Random, { acceptedAtMs, end: fate }: Seat, start: number, end: number): TipCells {
  const receivedAtMs = acceptedAtMs - random.between(30 * 60, 60 * 60) * 60_000;
  const kind = random.weighted<TipPlan['kind']>([
    ['denunciation', 47],
    ['report', 52.3],
    ['recommendation', 0.7],
  ]);
  const outcome = random.weighted<TipOutcome>([
    ['initiated', 55],
    ['not_initiated', 35],
    ['administrative', 10],
  ]);
  const acceptedDay = at(dayOf(acceptedAtMs));
  const daysTo = (ms: number): number => Math.ceil((ms - acceptedDay) / DAY_MS);
  const plan: TipPlan = {
    receivedAtMs,
    acceptedAtMs,
    unitCode: `PC-${random.pick(PROVINCES)}`,
    kind,
    investigators: ['dtv-01', 'dtv-02', 'dtv-03', 'dtv-04'],
  };
  if (fate === 'decided-after') {
    const first = daysTo(end);
    return tellTip(random, { ...plan, decision: { afterDays: first + random.between(1, 10), outcome } });
  }
  const first = Math.max(4, daysTo(start));
  if (fate === 'suspended') {
    const last = Math.max(first, daysTo(end) - 2);
    const afterDays = Math.min(random.between(Math.max(first, 21), Math.max(first, 21) + 30), last);
    return tellTip(random, { ...plan, suspension: { afterDays, ground: random.pick(['a', 'b'] as const) } });
  }
  const last = daysTo(end) - 1;
  const wish =
    first <= 20 && random.chance(0.75) ? random.between(first, 20) : random.between(first, Math.max(first, 55));
  return tellTip(random, {
    ...plan,
    decision: { afterDays: Math.min(Math.max(wish, first), Math.max(last, 0)), outcome },
  });
}
