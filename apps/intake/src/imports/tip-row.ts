import { CATEGORIES, CRIME_CLASSES, SUSPENSION_GROUNDS, TIP_CHANNELS, TIP_KINDS, TIP_OUTCOMES } from '@app/contracts';
import type { Category, CrimeClass, Offence, SuspensionGround, TipChannel, TipKind, TipOutcome } from '@app/contracts';
import { CellReader, checkChronology } from './cells.js';
import type { DatedCell, RawRow } from './cells.js';
import { importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';

/** Since when ground (c), force majeure, exists (Law 02/2021 amending BLTTHS 148(1)). */
const GROUND_C_FROM = '2021-12-01';

export interface Suspension {
  line: number;
  at: string;
  ground: SuspensionGround;
  resumedAt: string | undefined;
}

/** A tip as a register keeps it: one row, and further rows for further suspensions. Moments in local RFC 3339. */
export interface TipRow {
  line: number;
  number: number;
  year: number;
  unitCode: string;
  kind: TipKind;
  channel: TipChannel;
  receivedAt: string;
  content: string;
  communeCode: string | undefined;
  category: Category | undefined;
  offence: Offence | undefined;
  /** Class of the offence as the register gives it; counts only where the table of offences has none. */
  class: CrimeClass | undefined;
  informant: { name?: string; phone?: string } | undefined;
  informantRefused: boolean;
  classifiedAt: string | undefined;
  transfer: { at: string; toUnit: string; acknowledgedAt: string | undefined } | undefined;
  acceptedAt: string | undefined;
  assigned: { at: string; investigator: string } | undefined;
  /** Legal days, as registers keep them. */
  prolonged: { on: string; to: string | undefined } | undefined;
  extensionRequestedOn: string | undefined;
  extended: { on: string; from: string | undefined; to: string | undefined } | undefined;
  suspensions: Suspension[];
  decided: { at: string; outcome: TipOutcome; number: string | undefined } | undefined;
}

const FURTHER_ROW_COLUMNS = new Set([
  'register_number',
  'unit_code',
  'suspended_at',
  'suspension_ground',
  'resumed_at',
]);

/** Whether a row only adds a suspension to a tip of the same file: it has no reception of its own. */
export function isFurtherRow({ cells }: RawRow): boolean {
  return (cells['received_at'] ?? '') === '' && (cells['content'] ?? '') === '' && (cells['suspended_at'] ?? '') !== '';
}

/** `12` or `12/2026`; the year is that of the reception when it is not given. */
export function parseRegisterNumber(text: string): { number: number; year: number | undefined } | undefined {
  const match = /^(\d{1,9})(?:\/(\d{4}))?$/.exec(text);
  const number = Number(match?.[1] ?? 0);
  if (!match || number < 1) return undefined;
  return { number, year: match[2] === undefined ? undefined : Number(match[2]) };
}

/**
 * A tip of the register with its further rows, or all that is wrong with it.
 * `now` (local RFC 3339) is the last moment that anything in it may carry.
 */
export function parseTipRow(
  row: RawRow,
  furtherRows: readonly RawRow[],
  now: string,
): { tip: TipRow } | { faults: ImportFault[] } {
  const cells = new CellReader(row);
  const text = cells.required('register_number', 20);
  const registered = parseRegisterNumber(text);
  if (text !== '' && !registered) cells.fault('NotARegisterNumber', 'register_number', { value: shownNumber(text) });
  const unitCode = cells.requiredCode('unit_code');
  const receivedAt = cells.requiredMoment('received_at');
  const article = cells.integer('article', 1, 999);
  const clause = cells.integer('clause', 1, 99);
  const name = cells.text('informant_name', 200);
  const phone = cells.text('informant_phone', 40);
  const informantRefused = cells.yesNo('informant_refused');
  if (informantRefused && (cells.has('informant_name') || cells.has('informant_phone'))) {
    cells.fault('InformantNamedAndRefused', 'informant_refused');
  }
  const transferredAt = cells.moment('transferred_at');
  const transferredTo = cells.code('transferred_to');
  const acknowledgedAt = cells.moment('transfer_acknowledged_at');
  const assignedAt = cells.moment('assigned_at');
  const investigator = cells.text('investigator', 200);
  const prolongedOn = cells.day('prolonged_on');
  const prolongedTo = cells.day('prolonged_to');
  const extendedOn = cells.day('extended_on');
  const extendedFrom = cells.day('extended_from');
  const extendedTo = cells.day('extended_to');
  const decidedAt = cells.moment('decided_at');
  const outcome = cells.word('outcome', TIP_OUTCOMES);
  const tip: TipRow = {
    line: row.line,
    number: registered?.number ?? 0,
    year: registered?.year ?? Number(receivedAt.slice(0, 4)),
    unitCode,
    kind: cells.requiredWord('kind', TIP_KINDS),
    channel: cells.requiredWord('channel', TIP_CHANNELS),
    receivedAt,
    content: cells.required('content', 20_000),
    communeCode: cells.code('commune_code'),
    category: cells.word('category', CATEGORIES),
    offence: article === undefined ? undefined : { article, ...(clause === undefined ? {} : { clause }) },
    class: cells.word('class', CRIME_CLASSES),
    informant:
      name === undefined && phone === undefined
        ? undefined
        : { ...(name === undefined ? {} : { name }), ...(phone === undefined ? {} : { phone }) },
    informantRefused,
    classifiedAt: cells.moment('classified_at'),
    transfer:
      transferredAt === undefined || transferredTo === undefined
        ? undefined
        : { at: transferredAt, toUnit: transferredTo, acknowledgedAt },
    acceptedAt: cells.moment('accepted_at'),
    assigned: assignedAt === undefined ? undefined : { at: assignedAt, investigator: investigator ?? '' },
    prolonged: prolongedOn === undefined ? undefined : { on: prolongedOn, to: prolongedTo },
    extensionRequestedOn: cells.day('extension_requested_on'),
    extended: extendedOn === undefined ? undefined : { on: extendedOn, from: extendedFrom, to: extendedTo },
    suspensions: [],
    decided:
      decidedAt === undefined || outcome === undefined
        ? undefined
        : { at: decidedAt, outcome, number: cells.text('decision_number', 100) },
  };
  cells.needs(
    ['clause', 'article'],
    ['classified_at', 'category'],
    ['transferred_at', 'transferred_to'],
    ['transferred_to', 'transferred_at'],
    ['transfer_acknowledged_at', 'transferred_at'],
    ['assigned_at', 'investigator'],
    ['investigator', 'assigned_at'],
    ['prolonged_to', 'prolonged_on'],
    ['extended_on', 'extension_requested_on'],
    ['extended_from', 'extended_on'],
    ['extended_to', 'extended_on'],
    ['decided_at', 'outcome'],
    ['outcome', 'decided_at'],
    ['decision_number', 'decided_at'],
  );
  if (outcome === 'initiated' && !cells.has('article')) cells.fault('CellNeedsOther', 'outcome', { needs: 'article' });
  const faults = [...cells.faults];
  if (cells.has('suspended_at') || cells.has('suspension_ground') || cells.has('resumed_at')) {
    takeSuspension(cells, tip, faults);
  }
  for (const further of furtherRows) {
    const held = Object.entries(further.cells).find(
      ([column, value]) => value !== '' && !FURTHER_ROW_COLUMNS.has(column),
    );
    if (held) faults.push(importFault('FurtherRowHoldsMore', further.line, held[0]));
    takeSuspension(new CellReader(further), tip, faults);
  }
  if (faults.length > 0) return { faults };
  tip.suspensions.sort((left, right) => Date.parse(left.at) - Date.parse(right.at));
  faults.push(...checkChronology(row.line, datedCells(tip), now), ...checkTerms(tip));
  return faults.length > 0 ? { faults } : { tip };
}

function shownNumber(text: string): string {
  return /^[\d/.,-]{1,20}$/.test(text) ? text : '…';
}

function takeSuspension(cells: CellReader, tip: TipRow, faults: ImportFault[]): void {
  const before = cells.faults.length;
  const at = cells.moment('suspended_at');
  const ground = cells.word('suspension_ground', SUSPENSION_GROUNDS);
  const resumedAt = cells.moment('resumed_at');
  cells.needs(
    ['suspended_at', 'suspension_ground'],
    ['suspension_ground', 'suspended_at'],
    ['resumed_at', 'suspended_at'],
  );
  faults.push(...cells.faults.slice(before));
  if (at !== undefined && ground !== undefined) tip.suspensions.push({ line: cells.line, at, ground, resumedAt });
}

/** The row's dates in the order in which the acts follow from each other (BLTTHS 145–149, TTLT 01/2017 7–11). */
function datedCells(tip: TipRow): DatedCell[] {
  return [
    { column: 'received_at', at: tip.receivedAt },
    { column: 'classified_at', at: tip.classifiedAt },
    { column: 'transferred_at', at: tip.transfer?.at },
    { column: 'transfer_acknowledged_at', at: tip.transfer?.acknowledgedAt },
    { column: 'accepted_at', at: tip.acceptedAt },
    { column: 'assigned_at', at: tip.assigned?.at },
    { column: 'prolonged_on', at: tip.prolonged?.on },
    { column: 'extension_requested_on', at: tip.extensionRequestedOn },
    { column: 'extended_on', at: tip.extended?.on },
    ...tip.suspensions.flatMap(({ line, at, resumedAt }): DatedCell[] => [
      { column: 'suspended_at', at, line },
      { column: 'resumed_at', at: resumedAt, line },
    ]),
    { column: 'decided_at', at: tip.decided?.at },
  ];
}

function checkTerms(tip: TipRow): ImportFault[] {
  const faults: ImportFault[] = [];
  const ordered = (column: string, to: string | undefined, cause: string, from: string | undefined): void => {
    if (to === undefined || from === undefined || to >= from) return;
    faults.push(importFault('TermReversed', tip.line, column, { at: to, cause, causeAt: from }));
  };
  ordered('prolonged_to', tip.prolonged?.to, 'prolonged_on', tip.prolonged?.on);
  ordered('extended_to', tip.extended?.to, 'extended_from', tip.extended?.from);
  ordered('extended_to', tip.extended?.to, 'extended_on', tip.extended?.on);
  for (const { line, ground, at } of tip.suspensions) {
    if (ground === 'c' && at.slice(0, 10) < GROUND_C_FROM) {
      faults.push(importFault('GroundNotInForce', line, 'suspension_ground', { ground, from: GROUND_C_FROM }));
    }
  }
  return faults;
}
