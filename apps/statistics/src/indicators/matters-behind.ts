import type { CursorValue } from '@app/http';
import type { UnitSnapshot } from '@app/security';
import type { PoolClient } from 'pg';
import { legalMoment } from '../matters/moments.js';
import { caseCandidates, tipCandidates } from './candidates.js';
import { CASE_SETS, caseMembers } from './case-sets.js';
import { definitionOn } from './definitions.js';
import type { IndicatorId, Words } from './definitions.js';
import { rollupSizes } from '../rollups/rollup-reader.js';
import { Parameters, planEach, windowSql } from './sql.js';
import type { ReportWindow, WindowSql } from './sql.js';
import { closedHundredths, TIME_IDS } from './time-sets.js';
import type { TimeId } from './time-sets.js';
import { tipMembers, tipSets } from './tip-sets.js';

/** A matter behind a figure: what leads to its page, never its text, its informant or its parties. */
export interface MatterBehind {
  matterId: string;
  matterKind: 'crime-tip' | 'criminal-case';
  /** `12/2026` of a tip; the number of a case, null until assigned. */
  registerNumber: string | null;
  unitCode: string;
  unitName: Words | null;
  supervisedBy: string;
  category: string | null;
  /** Reception of a tip, initiation of a case. */
  receivedAt: string;
  acceptedAt: string | null;
  assignedAt: string | null;
  concludedAt: string | null;
  fileReceivedAt: string | null;
  decidedAt: string | null;
  outcome: string | null;
  /** The running or last term ends before this moment; null where none ran. */
  lateFrom: string | null;
  isLate: boolean;
  /** Elapsed days of a closed processing time, two decimals. */
  days: number | null;
}

/**
 * Where a page of a list begins: after this moment of reception, as the database writes it, this matter, and this
 * acceptance of it: a tip that was transferred out twice in a period is two lines of that list.
 */
export type MatterPlace = readonly [receivedAt: string, id: string, begunAt: string];

export interface MattersPage {
  total: number;
  rows: { matter: MatterBehind; place: MatterPlace }[];
}

interface Row {
  id: string;
  register_number: string | null;
  unit_code: string;
  supervised_by: string;
  category: string | null;
  received_at: string;
  begun_at: string;
  accepted_at: string | null;
  assigned_at: string | null;
  concluded_at: string | null;
  file_received_at: string | null;
  decided_at: string | null;
  outcome: string | null;
  late_from: string | null;
  is_late: boolean;
  hundredths: number | null;
}

const isTime = (id: IndicatorId): id is TimeId => (TIME_IDS as readonly string[]).includes(id);

/** Parts of an indicator that have a list: the counts of its figure. For processing times both counts are the closed ones. */
export function partsOf(id: IndicatorId): string[] {
  const own = Object.keys(CASE_SETS).concat(
    Object.keys(tipSets({ start: '', end: '', asOf: '', units: null }, { suspensionCountsAsResolved: false })),
  );
  const parts = own.filter((name) => name.startsWith(`${id}.`)).map((name) => name.slice(id.length + 1));
  return isTime(id) ? ['numerator', 'denominator', ...parts] : parts;
}

/** The unit a list shows beside a matter: the one it was counted for. */
const COUNTED_UNIT: Readonly<Record<string, readonly [string, string]>> = {
  R1: ['t.received_by', 't.received_supervised_by'],
  R3: ['t.unit_code', 't.supervised_by'],
};
const ACCEPTED_UNIT = ['t.accepted_unit', 't.accepted_supervised_by'] as const;

const setOf = (id: IndicatorId, part: string): string =>
  isTime(id) && part !== 'open' ? `${id}.closed` : `${id}.${part}`;

/** A count of a figure whose matters are listed. */
interface Figure {
  id: IndicatorId;
  part: string;
  /** The last day of the period, which says the definition. */
  day: string;
}

/** @param among a statement of the ids of tips to read; all when absent */
function tipRows({ id, part, day }: Figure, sql: WindowSql, among?: string): string {
  const name = setOf(id, part);
  const condition = tipSets(sql, definitionOn('R2', day).switches)[name];
  if (condition === undefined) throw new RangeError(`no set ${name}`);
  const [unit, supervisor] = COUNTED_UNIT[id] ?? ACCEPTED_UNIT;
  const elapsed = isTime(id) && part !== 'open' ? closedHundredths(id, sql) : 'NULL::integer';
  return `
    SELECT t.tip_id AS id, t.register_number || '/' || t.register_year AS register_number, ${unit} AS unit_code,
      ${supervisor} AS supervised_by, t.category, t.received_at, coalesce(t.accepted_at, t.received_at) AS begun_at, t.accepted_at, t.assigned_at,
      NULL::timestamptz AS concluded_at, NULL::timestamptz AS file_received_at, t.decided_at, t.outcome,
      t.term_breach_at AS late_from, coalesce(t.term_breach_at <= least(coalesce(t.decided_at, ${sql.asOf}), ${sql.asOf}), false) AS is_late,
      ${elapsed} AS hundredths
    FROM (${tipMembers(sql, among)}) t WHERE ${condition}`;
}

function caseRows({ id, part }: Figure, sql: WindowSql, among?: string): string {
  const condition = CASE_SETS[`${id}.${part}`];
  if (condition === undefined) throw new RangeError(`no set ${id}.${part}`);
  return `
    SELECT c.case_id AS id, c.case_number || '/' || c.case_year AS register_number, c.unit_code, c.supervised_by,
      c.category, c.initiated_at AS received_at, c.initiated_at AS begun_at, NULL::timestamptz AS accepted_at, NULL::timestamptz AS assigned_at,
      c.concluded_at, c.file_received_at, c.decided_at, c.decision AS outcome, c.term_breach_at AS late_from,
      coalesce(c.term_breach_at <= least(coalesce(c.decided_at, ${sql.asOf}), ${sql.asOf}), false) AS is_late,
      NULL::integer AS hundredths
    FROM (${caseMembers(sql, among)}) c WHERE ${condition}`;
}

const isOfCases = ({ id, day }: Figure): boolean => definitionOn(id, day).unitCounted === 'criminal-case';

/**
 * A page of the matters behind one count of a figure, oldest first, and how many there are in all: exactly the count,
 * for the same window and, inside one snapshot, the same facts. Where the sums give the count, the page is looked for
 * among candidates; otherwise every matter is counted.
 */
export async function mattersBehind(
  tx: PoolClient,
  tree: UnitSnapshot,
  figure: Figure,
  window: ReportWindow,
  page: Page,
): Promise<MattersPage> {
  const { switches } = definitionOn('R2', figure.day);
  const sizes = (await rollupSizes(tx, [window], switches))?.[0];
  const total = sizes?.[setOf(figure.id, figure.part)];
  await planEach(tx);
  const found =
    total === undefined
      ? await countedPage(tx, figure, window, page)
      : { total, items: total === 0 ? [] : await foundPage(tx, figure, window, page) };
  const isCase = isOfCases(figure);
  return {
    total: found.total,
    rows: found.items.map((row) => ({
      matter: matterOf(row, isCase, tree),
      place: [row.received_at, row.id, row.begun_at],
    })),
  };
}

interface Page {
  limit: number;
  after: MatterPlace | null;
  /** Candidates read at once at first; for specs. */
  candidates?: number;
}

const afterPlace = (parameters: Parameters, after: MatterPlace | null): string =>
  after === null
    ? ''
    : `WHERE (received_at, id, begun_at) > (${parameters.add(after[0])}::timestamptz,
        ${parameters.add(after[1])}::uuid, ${parameters.add(after[2])}::timestamptz)`;

/** Every matter of the set is found, counted and sorted. */
async function countedPage(
  tx: PoolClient,
  figure: Figure,
  window: ReportWindow,
  page: Page,
): Promise<{ total: number; items: Row[] }> {
  const parameters = new Parameters();
  const sql = windowSql(parameters, window);
  const rows = isOfCases(figure) ? caseRows(figure, sql) : tipRows(figure, sql);
  const after = afterPlace(parameters, page.after);
  // One row more than the page tells whether there is a next one.
  const limit = parameters.add(page.limit + 1);
  const { rows: answers } = await tx.query<{ total: number; items: Row[] }>(
    `WITH behind AS MATERIALIZED (${rows})
     SELECT (SELECT count(*)::integer FROM behind) AS total,
       (SELECT coalesce(json_agg(p ORDER BY p.received_at, p.id, p.begun_at), '[]')
        FROM (SELECT * FROM behind ${after} ORDER BY received_at, id, begun_at LIMIT ${limit}) p) AS items`,
    parameters.values,
  );
  return answers[0]!;
}

/** Candidates are read so many at once, and more each time that a page is not full. */
const FIRST_CANDIDATES = 250;
const MORE_CANDIDATES = 4;

/** The page among candidates in the list's own order, until it is full or there are no more. */
async function foundPage(tx: PoolClient, figure: Figure, window: ReportWindow, page: Page): Promise<Row[]> {
  const { switches } = definitionOn('R2', figure.day);
  const name = setOf(figure.id, figure.part);
  const items: Row[] = [];
  // A matter may have several lines, of which the page before ended with one.
  let from = page.after && { receivedAt: page.after[0], id: page.after[1], isInclusive: true };
  for (let many = page.candidates ?? Math.max(FIRST_CANDIDATES, 2 * page.limit); ; many *= MORE_CANDIDATES) {
    const parameters = new Parameters();
    const sql = windowSql(parameters, window);
    const limit = parameters.add(many);
    const place = from && {
      receivedAt: `${parameters.add(from.receivedAt)}::timestamptz`,
      id: `${parameters.add(from.id)}::uuid`,
      isInclusive: from.isInclusive,
    };
    const candidates = isOfCases(figure)
      ? caseCandidates(name, sql, place, limit)
      : tipCandidates(name, sql, place, limit, switches.suspensionCountsAsResolved);
    const among = 'SELECT id FROM candidates';
    const rows = isOfCases(figure) ? caseRows(figure, sql, among) : tipRows(figure, sql, among);
    const after = afterPlace(parameters, items.length === 0 ? page.after : null);
    const wanted = parameters.add(page.limit + 1 - items.length);
    const { rows: answers } = await tx.query<{ items: Row[]; many: number; last: CandidateRow | null }>(
      `WITH candidates AS MATERIALIZED (${candidates}), behind AS MATERIALIZED (${rows})
       SELECT (SELECT coalesce(json_agg(p ORDER BY p.received_at, p.id, p.begun_at), '[]')
          FROM (SELECT * FROM behind ${after} ORDER BY received_at, id, begun_at LIMIT ${wanted}) p) AS items,
         (SELECT count(*)::integer FROM candidates) AS many,
         (SELECT row_to_json(c) FROM candidates c ORDER BY received_at DESC, id DESC LIMIT 1) AS last`,
      parameters.values,
    );
    const found = answers[0]!;
    items.push(...found.items);
    if (items.length > page.limit || found.many < many || found.last === null) return items;
    from = { receivedAt: found.last.received_at, id: found.last.id, isInclusive: false };
  }
}

interface CandidateRow {
  received_at: string;
  id: string;
}

const moment = (text: string | null): string | null => (text === null ? null : legalMoment(text));

function matterOf(row: Row, isCase: boolean, tree: UnitSnapshot): MatterBehind {
  const unit = tree.get(row.unit_code);
  return {
    matterId: row.id,
    matterKind: isCase ? 'criminal-case' : 'crime-tip',
    registerNumber: row.register_number,
    unitCode: row.unit_code,
    unitName: unit ? { vi: unit.nameVi, en: unit.nameEn } : null,
    supervisedBy: row.supervised_by,
    category: row.category,
    receivedAt: legalMoment(row.received_at),
    acceptedAt: moment(row.accepted_at),
    assignedAt: moment(row.assigned_at),
    concludedAt: moment(row.concluded_at),
    fileReceivedAt: moment(row.file_received_at),
    decidedAt: moment(row.decided_at),
    outcome: row.outcome,
    lateFrom: moment(row.late_from),
    isLate: row.is_late,
    days: row.hundredths === null ? null : row.hundredths / 100,
  };
}

/**
 * The place that a cursor of this list names: the as-of moment of its first page, and the last row given.
 * @returns null when the cursor is not one of this list
 */
export function placeOf(values: readonly CursorValue[]): { asOf: string; after: MatterPlace } | null {
  const [asOf, receivedAt, id, begunAt] = values;
  const isPlace =
    values.length === 4 &&
    [asOf, receivedAt, begunAt].every((value) => typeof value === 'string' && !Number.isNaN(Date.parse(value))) &&
    typeof id === 'string' &&
    /^[0-9a-f-]{36}$/.test(id);
  return isPlace ? { asOf: asOf as string, after: [receivedAt as string, id, begunAt as string] } : null;
}
