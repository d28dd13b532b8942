import type { SuspensionGround, TipOutcome } from '@app/contracts';
import { DAY_MS, HOUR_MS, addDays, addMonths, at, dayOf, moment } from './local-time.js';
import type { Random } from './random.js';
import { PLACES, TIP_KINDS_OF_CRIME, inventedName } from './words.js';

/** Columns of a tips file, in the order of the import format. */
export const TIP_COLUMNS = [
  'register_number',
  'unit_code',
  'kind',
  'channel',
  'received_at',
  'content',
  'commune_code',
  'category',
  'article',
  'clause',
  'informant_name',
  'informant_phone',
  'informant_refused',
  'classified_at',
  'transferred_at',
  'transferred_to',
  'transfer_acknowledged_at',
  'accepted_at',
  'assigned_at',
  'investigator',
  'prolonged_on',
  'prolonged_to',
  'extension_requested_on',
  'extended_on',
  'extended_from',
  'extended_to',
  'suspended_at',
  'suspension_ground',
  'resumed_at',
  'decided_at',
  'outcome',
  'decision_number',
] as const;

export type TipCells = Partial<Record<(typeof TIP_COLUMNS)[number], string>>;

/** How a tip goes on after it has been accepted. */
export interface TipPlan {
  receivedAtMs: number;
  unitCode: string;
  communeCode?: string;
  kind: 'denunciation' | 'report' | 'recommendation';
  /** Sent on to this unit, which acknowledges; it accepts unless `isAccepted` is false. */
  transferTo?: string;
  isAccepted?: boolean;
  /** When it is accepted; otherwise soon after classification or acknowledgement. */
  acceptedAtMs?: number;
  investigators: readonly string[];
  /** Decision on the day this many after acceptance; the lawful prolongation and extension are added. */
  decision?: { afterDays: number; outcome: TipOutcome };
  /** Suspended this many days after acceptance, and resumed as many after that. */
  suspension?: { afterDays: number; ground: SuspensionGround; resumedAfterDays?: number };
  /** Left without prolongation past its term: a late tip. */
  isLate?: boolean;
}

const CHANNELS = [
  ['counter', 52],
  ['phone', 20],
  ['post', 7],
  ['email', 3],
  ['agency', 7],
  ['press', 2],
  ['online', 6],
  ['discovery', 3],
] as const;

/** Last day of the first term and of the head's prolongation (BLTTHS 147(1), (2)). */
const FIRST_TERM_DAYS = 20;
const PROLONGED_TERM_MONTHS = 2;
const EXTENSION_MONTHS = 2;

/**
 * A tip's row whose acts follow each other as the law asks: classified within 24 hours, assigned within three days,
 * prolonged before the twenty days end, extension requested five days before the two months end and granted within
 * three. Register number and decision number are the caller's to fill in.
 */
export function tellTip(random: Random, plan: TipPlan): TipCells {
  const crime = random.weighted(TIP_KINDS_OF_CRIME.map((kind) => [kind, kind.weight] as const));
  const [article, clause] = random.weighted(crime.offences.map((offence) => [offence, offence[2]] as const));
  const channel = plan.kind === 'recommendation' ? 'agency' : random.weighted(CHANNELS);
  const isRefused = channel !== 'agency' && random.chance(0.04);
  const isNamed = !isRefused && channel !== 'press' && channel !== 'discovery';
  const classifiedAt = plan.receivedAtMs + random.between(30, 22 * 60) * 60_000;
  const cells: TipCells = {
    unit_code: plan.unitCode,
    kind: plan.kind,
    channel,
    received_at: moment(plan.receivedAtMs),
    content: random.pick(crime.contents).replace('{place}', random.pick(PLACES)),
    category: crime.category,
    article: String(article),
    clause: String(clause),
    informant_name: isNamed ? inventedName((items) => random.pick(items)) : '',
    informant_phone: isNamed ? `09${String(random.between(0, 99_999_999)).padStart(8, '0')}` : '',
    informant_refused: isRefused ? 'yes' : 'no',
    classified_at: moment(classifiedAt),
    ...(plan.communeCode === undefined ? {} : { commune_code: plan.communeCode }),
  };
  let inHandAt = classifiedAt;
  if (plan.transferTo !== undefined) {
    const transferredAt = classifiedAt + random.between(15, 600) * 60_000;
    inHandAt = transferredAt + random.between(60, 40 * 60) * 60_000;
    cells.transferred_at = moment(transferredAt);
    cells.transferred_to = plan.transferTo;
    cells.transfer_acknowledged_at = moment(inHandAt);
  }
  if (plan.isAccepted === false) return cells;
  const acceptedAt = Math.max(plan.acceptedAtMs ?? 0, inHandAt + random.between(10, 300) * 60_000);
  cells.accepted_at = moment(acceptedAt);
  const assignedAt = acceptedAt + random.between(30, 66 * 60) * 60_000;
  cells.assigned_at = moment(assignedAt);
  cells.investigator = random.pick(plan.investigators);
  tellVerification(random, plan, cells, { acceptedAt, assignedAt });
  return cells;
}

function tellVerification(
  random: Random,
  { decision, suspension, isLate }: TipPlan,
  cells: TipCells,
  { acceptedAt, assignedAt }: { acceptedAt: number; assignedAt: number },
): void {
  const acceptedOn = dayOf(acceptedAt);
  const lastDays = Math.max(
    decision?.afterDays ?? 0,
    suspension ? suspension.afterDays : 0,
    decision || suspension ? 0 : FIRST_TERM_DAYS + 1,
  );
  const prolongedTo = addMonths(acceptedOn, PROLONGED_TERM_MONTHS);
  const endsOn = addDays(acceptedOn, lastDays);
  const isProlonged = !isLate && lastDays > FIRST_TERM_DAYS;
  if (isProlonged) {
    const earliest = Math.max(4, Math.ceil((assignedAt - at(acceptedOn)) / DAY_MS));
    cells.prolonged_on = addDays(acceptedOn, random.between(Math.max(earliest, 14), FIRST_TERM_DAYS - 1));
    cells.prolonged_to = prolongedTo;
  }
  if (isProlonged && endsOn > prolongedTo) {
    const requestedOn = addDays(prolongedTo, -random.between(6, 11));
    cells.extension_requested_on = requestedOn;
    cells.extended_on = addDays(requestedOn, random.between(1, 3));
    cells.extended_from = prolongedTo;
    cells.extended_to = addMonths(acceptedOn, PROLONGED_TERM_MONTHS + EXTENSION_MONTHS);
  }
  let lastAt = assignedAt;
  if (suspension) {
    lastAt = Math.max(onDay(random, addDays(acceptedOn, suspension.afterDays)), lastAt + HOUR_MS);
    cells.suspended_at = moment(lastAt);
    cells.suspension_ground = suspension.ground;
    if (suspension.resumedAfterDays !== undefined) {
      lastAt = onDay(random, addDays(dayOf(lastAt), suspension.resumedAfterDays));
      cells.resumed_at = moment(lastAt);
    }
  }
  if (decision && (!suspension || suspension.resumedAfterDays !== undefined)) {
    const decidedAt = suspension
      ? onDay(random, addDays(dayOf(lastAt), random.between(5, 25)))
      : onDay(random, addDays(acceptedOn, decision.afterDays));
    cells.decided_at = moment(Math.max(decidedAt, lastAt + HOUR_MS));
    cells.outcome = decision.outcome;
  }
}

/** A moment in office hours of a day. */
function onDay(random: Random, day: string): number {
  return at(day, random.between(8, 16), random.between(0, 59));
}

/** Columns of later acts, in the order in which they may be missing from a register that was written at `now`. */
const DATED: readonly (readonly [column: (typeof TIP_COLUMNS)[number], ...with_: (typeof TIP_COLUMNS)[number][]])[] = [
  ['classified_at'],
  ['transferred_at', 'transferred_to'],
  ['transfer_acknowledged_at'],
  ['accepted_at'],
  ['assigned_at', 'investigator'],
  ['prolonged_on', 'prolonged_to'],
  ['extension_requested_on'],
  ['extended_on', 'extended_from', 'extended_to'],
  ['suspended_at', 'suspension_ground'],
  ['resumed_at'],
  ['decided_at', 'outcome', 'decision_number'],
];

/** The row as it stood at `nowMs`: what had not happened yet is not in it. */
export function asOf(cells: TipCells, nowMs: number): TipCells {
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
