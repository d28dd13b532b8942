import type { LawVersion } from '@app/legal-time-limits';
import { inScope } from '@app/security';
import type { Pool, PoolClient } from 'pg';
import type { MatterKind } from '../matters/facts-of-events.js';
import { type MatterFacts, matterOf } from '../matters/matter-facts.js';
import { obligationId } from '../obligations/obligation-rows.js';
import { dutiesOf } from '../obligations/duties-of-matter.js';
import { wordsOfRule } from '../alerts/inbox-list.js';
import { type LawChange, mayMove } from './affected-matters.js';
import { daysMoved, type DutyDates, movedBy } from './moved-duties.js';

/** A draft of a law version: what it would be, and whom it may concern. */
export interface LawDraft {
  version: LawVersion;
  change: LawChange;
}

/** Days by which each of the three dates moves; negative = earlier. */
export interface Shift {
  safeBy: number;
  due: number;
  latestArguable: number;
}

/** One open duty that would move. */
export interface Move {
  obligationId: string;
  matterId: string;
  matterKind: MatterKind;
  matterNumber: string | null;
  unitCode: string | null;
  supervisedBy: string | null;
  rule: string;
  owedBy: string;
  before: DutyDates;
  after: DutyDates;
  shift: Shift;
}

interface Range {
  least: number;
  most: number;
}

/** The moves of one rule, with the least and the greatest shift of each date. */
export interface RuleGroup {
  rule: string;
  name: { vi: string; en: string };
  cites: readonly string[];
  count: number;
  shift: Record<keyof Shift, Range>;
}

/** The moves of one unit's matters. */
export interface UnitGroup {
  unitCode: string | null;
  count: number;
  earlier: number;
}

/** What a draft would do to what is owed now. */
export interface MovesPreview {
  /** Open duties that would move. */
  moves: number;
  /** Matters that have one. */
  matters: number;
  /** Moves by which any of the three dates comes earlier. */
  earlier: number;
  /** Moves after which the last arguable moment lies in the past. */
  late: number;
  byRule: RuleGroup[];
  /** The units with most moves first; the rest only counted. */
  byUnit: UnitGroup[];
  otherUnits: number;
}

interface OpenMatter {
  matter_id: string;
  matter_kind: MatterKind;
  facts: MatterFacts;
}

/** Matters held in memory at once. */
const FETCH = 500;
const MOST_UNITS = 200;

/**
 * Walk the open duties that a draft would move, in the order of their matters: one query behind a cursor of the database,
 * so that memory does not grow with the number of matters.
 *
 * @param after the last matter and duty of the page before; undefined = from the beginning
 */
async function* walkMoves(
  tx: PoolClient,
  history: readonly LawVersion[],
  { version, change }: LawDraft,
  after?: readonly [matterId: string, obligationId: string],
): AsyncGenerator<Move[]> {
  const { sql, values } = mayMove(change, 2);
  await tx.query(
    // The condition is judged once, whatever the planner believes of the tables: only identities are held and sorted.
    `DECLARE moves NO SCROLL CURSOR FOR
     WITH affected AS MATERIALIZED (
       SELECT DISTINCT o.matter_id FROM deadlines.obligations o WHERE o.matter_id >= $1::uuid AND ${sql})
     SELECT m.matter_id, m.matter_kind, m.facts FROM affected JOIN deadlines.matters m USING (matter_id)
     ORDER BY matter_id`,
    [after?.[0] ?? '00000000-0000-0000-0000-000000000000', ...values],
  );
  const drafted = [...history, version];
  for (;;) {
    const { rows } = await tx.query<OpenMatter>(`FETCH ${FETCH} FROM moves`);
    if (rows.length === 0) break;
    const moves = rows.flatMap((row) => movesOf(row, drafted, version.number));
    yield after === undefined ? moves : moves.filter((move) => comesAfter(move, after));
  }
  await tx.query('CLOSE moves');
}

function movesOf(row: OpenMatter, history: readonly LawVersion[], lawNumber: number): Move[] {
  const matter = matterOf(row.matter_id, row.matter_kind, row.facts);
  const { obligations } = dutiesOf(matter, history, { why: false });
  return movedBy(lawNumber, obligations)
    .map(({ duty, before, after }) => ({
      obligationId: obligationId(matter.id, duty.id),
      matterId: matter.id,
      matterKind: matter.kind,
      matterNumber: matter.number,
      unitCode: matter.unitCode,
      supervisedBy: matter.supervisedBy,
      rule: duty.rule,
      owedBy: duty.owedBy,
      before,
      after,
      shift: {
        safeBy: daysMoved(before.safeBy, after.safeBy),
        due: daysMoved(before.due, after.due),
        latestArguable: daysMoved(before.latestArguable, after.latestArguable),
      },
    }))
    .sort((a, b) => (a.obligationId < b.obligationId ? -1 : 1));
}

function comesAfter({ matterId, obligationId: id }: Move, [matter, obligation]: readonly [string, string]): boolean {
  return matterId > matter || (matterId === matter && id > obligation);
}

const EVERYWHERE = { units: ['*'] };

/** What a draft would move, in figures: nothing is written. */
export function previewMoves(
  pool: Pool,
  history: readonly LawVersion[],
  draft: LawDraft,
  now: Date,
): Promise<MovesPreview> {
  return inScope(pool, EVERYWHERE, async (tx) => {
    const rules = new Map<string, RuleGroup>();
    const units = new Map<string | null, UnitGroup>();
    const preview = { moves: 0, matters: 0, earlier: 0, late: 0 };
    let lastMatter: string | null = null;
    for await (const moves of walkMoves(tx, history, draft)) {
      for (const move of moves) {
        const isEarlier = move.shift.safeBy < 0 || move.shift.due < 0 || move.shift.latestArguable < 0;
        preview.moves += 1;
        if (move.matterId !== lastMatter) preview.matters += 1;
        lastMatter = move.matterId;
        if (isEarlier) preview.earlier += 1;
        if (endsBefore(move.after.latestArguable, now)) preview.late += 1;
        countRule(rules, move);
        const unit = units.get(move.unitCode) ?? { unitCode: move.unitCode, count: 0, earlier: 0 };
        unit.count += 1;
        if (isEarlier) unit.earlier += 1;
        units.set(move.unitCode, unit);
      }
    }
    const byUnit = [...units.values()].sort(
      (a, b) => b.count - a.count || ((a.unitCode ?? '') < (b.unitCode ?? '') ? -1 : 1),
    );
    return {
      ...preview,
      byRule: [...rules.values()].sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1)),
      byUnit: byUnit.slice(0, MOST_UNITS),
      otherUnits: Math.max(byUnit.length - MOST_UNITS, 0),
    };
  });
}

function countRule(rules: Map<string, RuleGroup>, { rule, shift }: Move): void {
  const known = rules.get(rule);
  if (!known) {
    const range = (value: number): Range => ({ least: value, most: value });
    const { safeBy, due, latestArguable } = shift;
    const ranges = { safeBy: range(safeBy), due: range(due), latestArguable: range(latestArguable) };
    rules.set(rule, { rule, ...wordsOfRule(rule), count: 1, shift: ranges });
    return;
  }
  known.count += 1;
  for (const date of ['safeBy', 'due', 'latestArguable'] as const) {
    known.shift[date].least = Math.min(known.shift[date].least, shift[date]);
    known.shift[date].most = Math.max(known.shift[date].most, shift[date]);
  }
}

const HOURS_PER_DAY = 24;
const MS_PER_HOUR = 3_600_000;

/** Whether a last day (24:00 in Viet Nam) or a last moment lies before now. */
function endsBefore(latest: string, now: Date): boolean {
  const end =
    latest.length === 10 ? Date.parse(`${latest}T00:00:00+07:00`) + HOURS_PER_DAY * MS_PER_HOUR : Date.parse(latest);
  return end <= now.getTime();
}

/** One page of the duties that a draft would move; one more than asked for when there are more. */
export function movesPage(
  pool: Pool,
  history: readonly LawVersion[],
  draft: LawDraft,
  page: { limit: number; after?: readonly [string, string] },
): Promise<Move[]> {
  return inScope(pool, EVERYWHERE, async (tx) => {
    const found: Move[] = [];
    for await (const moves of walkMoves(tx, history, draft, page.after)) {
      found.push(...moves);
      if (found.length > page.limit) break;
    }
    return found.slice(0, page.limit + 1);
  });
}
