import { addDays, daysBetween, startOfLegalDay } from '@app/legal-time-limits';
import type { LegalDate } from '@app/legal-time-limits';
import type { UnitSnapshot } from '@app/security';
import type { PoolClient } from 'pg';
import type { Words } from '../indicators/definitions.js';
import { dayOf } from '../indicators/period-schemes.js';
import { planEach } from '../indicators/sql.js';
import type { ReportWindow } from '../indicators/sql.js';
import { dayNumberAt } from '../rollups/legal-days.js';
import { KIND, scopeCells, sumCells, usableRollup } from '../rollups/rollup-reader.js';
import { CASE_ROLLUP, GRAIN, TIP_ROLLUP } from '../rollups/rollup-tables.js';

/** How many running terms of verification and prosecution have their due day, and their safe day, on a day. */
export interface WaveDay {
  day: LegalDate;
  due: number;
  safeBy: number;
}

/** A matter whose running term is over. */
export interface LateMatter {
  matterId: string;
  matterKind: 'crime-tip' | 'criminal-case';
  registerNumber: string | null;
  unitCode: string;
  unitName: Words | null;
  rule: string;
  latestArguable: LegalDate;
  daysLate: number;
}

const WAVE_DAYS = 14;
const OLDEST = 10;

/** Matters of the units `$1` (text[], null = all) whose term runs and meets a condition; each half reads its partial index. */
const running = (condition: string): string => `
  (SELECT tip_id AS id, 'crime-tip' AS kind, register_number || '/' || register_year AS number, unit_code,
    term_rule, term_safe_by, term_due, term_latest_arguable, term_breach_at
  FROM statistics.tip_facts
  WHERE decided_at IS NULL AND merged_at IS NULL AND NOT is_suspended AND term_breach_at IS NOT NULL AND ${condition}
    AND ($1::text[] IS NULL OR unit_code = ANY ($1) OR supervised_by = ANY ($1)))
  UNION ALL
  (SELECT case_id, 'criminal-case', case_number || '/' || case_year, unit_code,
    term_rule, term_safe_by, term_due, term_latest_arguable, term_breach_at
  FROM statistics.case_facts
  WHERE decided_at IS NULL AND term_breach_at IS NOT NULL AND ${condition}
    AND ($1::text[] IS NULL OR unit_code = ANY ($1) OR supervised_by = ANY ($1)))`;

/** A term's safe and due days lie before its end by less than this: days off move the end, never that far. */
const FARTHEST_EDGE_DAYS = 45;

/** Deadlines of the next fourteen days, today first, days without any included. */
export async function deadlineWave(
  tx: PoolClient,
  window: Pick<ReportWindow, 'asOf' | 'units' | 'rollup'>,
  now: Date,
): Promise<WaveDay[]> {
  const today = dayOf(now);
  const kept = await rollupWave(tx, window, today);
  if (kept) return kept;
  await planEach(tx);
  return factWave(tx, window.units, today);
}

/** The same out of the rollups; null when they cannot tell. Terms that are over have no day ahead. */
async function rollupWave(
  tx: PoolClient,
  { asOf, rollup }: Pick<ReportWindow, 'asOf' | 'rollup'>,
  today: LegalDate,
): Promise<WaveDay[] | null> {
  const usable = await usableRollup(tx, { asOf, rollup });
  if (!usable?.isLatest) return null;
  const first = dayNumberAt(Date.parse(startOfLegalDay(today)));
  const wanted = Array.from({ length: WAVE_DAYS }, (_, index) => ({
    window: index,
    kind: KIND.flow,
    grain: GRAIN.day,
    from: first + index,
    to: first + index + 1,
  }));
  const cells = scopeCells(usable.scope);
  const columns = ['due_on', 'safe_on'];
  const asked = [TIP_ROLLUP, CASE_ROLLUP].map((rollup) => ({ rollup, columns }));
  const sums = (await sumCells(tx, asked, cells, wanted, [])).flat();
  return Array.from({ length: WAVE_DAYS }, (_, index) => {
    const mine = sums.filter(({ window }) => window === index).map((row) => row.sums);
    const total = (column: string): number => mine.reduce((sum, row) => sum + (row[column] ?? 0), 0);
    return { day: addDays(today, index), due: total('due_on'), safeBy: total('safe_on') };
  });
}

/** The same counted on the facts: the reference. */
export async function factWave(tx: PoolClient, units: readonly string[] | null, today: LegalDate): Promise<WaveDay[]> {
  const { rows } = await tx.query<{ day: LegalDate; due: number; safe_by: number }>(
    `SELECT day::text, count(*) FILTER (WHERE is_due)::integer AS due, count(*) FILTER (WHERE NOT is_due)::integer AS safe_by
     FROM (${running('term_breach_at > $4::timestamptz AND term_breach_at < $5::timestamptz')}) t
     CROSS JOIN LATERAL (VALUES (t.term_due, true), (t.term_safe_by, false)) AS edge(day, is_due)
     WHERE day BETWEEN $2::date AND $3::date GROUP BY day`,
    [
      units,
      today,
      addDays(today, WAVE_DAYS - 1),
      startOfLegalDay(today),
      startOfLegalDay(addDays(today, WAVE_DAYS + FARTHEST_EDGE_DAYS)),
    ],
  );
  const byDay = new Map(rows.map(({ day, due, safe_by }) => [day, { due, safeBy: safe_by }]));
  return Array.from({ length: WAVE_DAYS }, (_, index) => {
    const day = addDays(today, index);
    return { day, ...(byDay.get(day) ?? { due: 0, safeBy: 0 }) };
  });
}

interface LateRow {
  id: string;
  kind: LateMatter['matterKind'];
  number: string | null;
  unit_code: string;
  term_rule: string;
  term_latest_arguable: LegalDate;
}

/** The oldest late matters of a table among those of a condition, each half a walk along its partial index. */
const oldestOf = (table: 'tip_facts' | 'case_facts', condition: string): string => {
  const isTip = table === 'tip_facts';
  const [id, kind, number] = isTip
    ? ['tip_id', 'crime-tip', `register_number || '/' || register_year`]
    : ['case_id', 'criminal-case', `case_number || '/' || case_year`];
  return `
    SELECT ${id} AS id, '${kind}' AS kind, ${number} AS number, unit_code, term_rule, term_latest_arguable, term_breach_at
    FROM statistics.${table}
    WHERE decided_at IS NULL ${isTip ? 'AND merged_at IS NULL AND NOT is_suspended ' : ''}AND term_breach_at IS NOT NULL
      AND term_breach_at <= $1::timestamptz AND ${condition}
    ORDER BY term_breach_at, ${id} LIMIT ${OLDEST}`;
};

const TABLES = ['tip_facts', 'case_facts'] as const;
const EVERYWHERE = TABLES.map((table) => `(${oldestOf(table, 'true')})`).join(' UNION ALL ');
/** Unit by unit: all that is late in the country would be read otherwise to find the ten of one place. */
const BY_UNIT = TABLES.flatMap((table) =>
  ['unit_code', 'supervised_by'].map(
    (column) => `(SELECT o.* FROM unnest($2::text[]) AS given(code)
      CROSS JOIN LATERAL (${oldestOf(table, `${column} = given.code COLLATE "C"`)}) o)`,
  ),
).join(' UNION ALL ');

/** The matters that have been late the longest, oldest first; as many steps along indexes as there are units. */
export async function oldestLate(
  tx: PoolClient,
  tree: UnitSnapshot,
  units: readonly string[] | null,
  now: Date,
): Promise<LateMatter[]> {
  const { rows } = await tx.query<LateRow>({
    name: `oldest-late-${units === null}`,
    text: `SELECT id, kind, number, unit_code, term_rule, term_latest_arguable::text
      FROM (SELECT DISTINCT * FROM (${units === null ? EVERYWHERE : BY_UNIT}) o) t
      ORDER BY term_breach_at, id LIMIT ${OLDEST}`,
    values: [now.toISOString(), ...(units === null ? [] : [units])],
  });
  const today = dayOf(now);
  return rows.map((row) => {
    const unit = tree.get(row.unit_code);
    return {
      matterId: row.id,
      matterKind: row.kind,
      registerNumber: row.number,
      unitCode: row.unit_code,
      unitName: unit ? { vi: unit.nameVi, en: unit.nameEn } : null,
      rule: row.term_rule,
      latestArguable: row.term_latest_arguable,
      daysLate: daysBetween(row.term_latest_arguable, today),
    };
  });
}
