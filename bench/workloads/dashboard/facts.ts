import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyRows, type CopyColumn } from '@app/event-store';
import { asSystem, projectUnits } from '@app/security';
import type { DeliveredEvent } from '@app/messaging';
import type { Pool } from 'pg';
import type { CaseFacts } from '../../../apps/statistics/src/matters/case-facts.js';
import type { TipFacts } from '../../../apps/statistics/src/matters/tip-facts.js';
import { addCase, addTip, RollupDelta } from '../../../apps/statistics/src/rollups/contributions.js';
import { CASE_ROLLUP, TIP_ROLLUP } from '../../../apps/statistics/src/rollups/rollup-tables.js';
import { ROOT } from '../../harness/root.js';
import { randomFrom, zipf, type Random } from '../../harness/random.js';
import { SumsLoad } from './load-sums.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const CATEGORIES = ['drugs', 'injury', 'theft', 'gambling', 'fraud', 'usury', 'corruption', 'high-tech', 'other'];

interface BenchUnit {
  code: string;
  parentCode: string | null;
  kind: string;
  level: string;
}

/** Police of the nation, its provinces and communes, and the procuracies over them, from the published list of units. */
export function benchUnits(): BenchUnit[] {
  const [, ...lines] = readFileSync(join(ROOT, 'data/administrative-units.csv'), 'utf8').trim().split('\n');
  const rows = lines.map((line) => line.split(','));
  const provinces = rows.filter(([, , level]) => level === 'province').map(([code]) => code!);
  return [
    { code: 'PC', parentCode: null, kind: 'police', level: 'nation' },
    { code: 'VKS', parentCode: null, kind: 'procuracy', level: 'nation' },
    ...provinces.flatMap((code) => [
      { code: `PC-${code}`, parentCode: 'PC', kind: 'police', level: 'province' },
      { code: `VKS-${code}`, parentCode: 'VKS', kind: 'procuracy', level: 'province' },
    ]),
    ...rows
      .filter(([, , level]) => level === 'commune')
      .map(([code, province]) => ({
        code: `PC-${province}-${code}`,
        parentCode: `PC-${province}`,
        kind: 'police',
        level: 'commune',
      })),
  ];
}

async function writeUnits(pool: Pool, units: readonly BenchUnit[]): Promise<void> {
  const batch = units.map(({ code, ...unit }): DeliveredEvent => ({
    id: randomUUID(),
    stream: `unit-${code}`,
    version: 1,
    type: 'UnitRegistered',
    eventVersion: 1,
    data: { code, ...unit, nameVi: code, nameEn: code, communeCode: null, remote: false, from: null, to: null },
    meta: {
      actor: { id: 'bench', role: 'operator', unit: code },
      correlationId: code,
      causationId: null,
      happenedAt: '2018-01-01T00:00:00+07:00',
      recordedAt: '2018-01-01T00:00:00+07:00',
      source: 'import',
    },
    position: { xid: '1', gp: '1' },
    topic: 'intake.units',
  }));
  await asSystem(pool, (tx) => projectUnits('statistics', batch, tx));
}

const iso = (ms: number): string => new Date(ms).toISOString();
const midnightAfter = (ms: number, days: number): number =>
  Math.floor((ms + days * DAY + 7 * HOUR) / DAY) * DAY + DAY - 7 * HOUR;
const legalDay = (ms: number): string => iso(ms + 7 * HOUR).slice(0, 10);

/** The facts of one tip that was received between `from` and `to`, as they stand at `to`. */
function tipFacts(random: Random, unit: string, from: number, to: number, number: number): Partial<TipFacts> {
  const province = unit.split('-')[1]!;
  const supervisor = `VKS-${province}`;
  const received = Math.floor((from + random.next() * (to - from)) / 1000) * 1000;
  const happened = (ms: number): number | null => (ms <= to ? Math.floor(ms / 1000) * 1000 : null);
  const text = (ms: number | null): string | null => (ms === null ? null : iso(ms));
  const classified = happened(received + random.next() * 30 * HOUR);
  const accepted = classified === null ? null : happened(classified + random.next() * 20 * HOUR);
  const assigned = accepted === null ? null : happened(accepted + random.next() * 90 * HOUR);
  // Log-normal about 18 days; one in eight is suspended for some months, half of those are resumed.
  const length = Math.exp(Math.log(18) + 0.7 * random.normal()) * DAY;
  const isSuspendedOnce = random.next() < 0.12;
  const suspended = isSuspendedOnce && accepted !== null ? happened(accepted + length * 0.6) : null;
  const resumed =
    suspended !== null && random.next() < 0.5 ? happened(suspended + (20 + random.next() * 200) * DAY) : null;
  const worked = suspended === null ? accepted : resumed;
  const isMerged = random.next() < 0.01;
  const merged = isMerged && worked !== null ? happened(worked + length) : null;
  const isTransferred = !isMerged && random.next() < 0.02;
  const released = isTransferred && worked !== null ? happened(worked + length) : null;
  // A few are forgotten: these are the late ones.
  const isForgotten = random.next() < 0.004;
  const decided = isMerged || isTransferred || isForgotten || worked === null ? null : happened(worked + length);
  const outcome =
    decided === null
      ? null
      : random.next() < 0.56
        ? 'initiated'
        : random.next() < 0.5
          ? 'administrative'
          : 'not_initiated';
  const breach =
    accepted === null || released !== null || (suspended !== null && resumed === null)
      ? null
      : midnightAfter(worked ?? accepted, 20 + (length > 18 * DAY ? 40 : 0));
  const handled = assigned ?? released ?? decided;
  const responsible = released === null ? unit : `PC-${province}`;
  return {
    tip_id: randomUUID(),
    register_number: number,
    register_year: new Date(received).getUTCFullYear(),
    kind: 'report',
    category: random.pick(CATEGORIES),
    received_at: iso(received),
    received_recorded_at: iso(received),
    received_by: unit,
    received_supervised_by: supervisor,
    received_level: 'commune',
    received_remote: false,
    unit_code: responsible,
    supervised_by: supervisor,
    responsible_recorded_at: iso(released ?? received),
    classified_at: text(classified),
    classified_recorded_at: text(classified),
    classified_in_time: classified === null ? null : classified <= received + DAY,
    classify_breach_at: iso(received + DAY),
    competent: true,
    urgent: false,
    handled_at: text(handled),
    handled_recorded_at: text(handled),
    handled_in_time: handled === null ? null : random.next() < 0.95,
    accepted_at: text(accepted),
    accepted_recorded_at: text(accepted),
    accepted_unit: accepted === null ? null : unit,
    accepted_supervised_by: accepted === null ? null : supervisor,
    assigned_at: text(assigned),
    assigned_recorded_at: text(assigned),
    released_at: text(released),
    released_recorded_at: text(released),
    term_rule: breach === null ? null : 'CPC-147-1',
    term_safe_by: breach === null ? null : legalDay(breach - 3 * DAY),
    term_due: breach === null ? null : legalDay(breach - DAY),
    term_latest_arguable: breach === null ? null : legalDay(breach - DAY),
    term_breach_at: text(breach),
    term_recorded_at: accepted === null ? null : iso(resumed ?? suspended ?? accepted),
    suspended_at: suspended === null ? null : [iso(suspended)],
    suspended_recorded_at: suspended === null ? null : [iso(suspended)],
    resumed_at: resumed === null ? null : [iso(resumed)],
    resumed_recorded_at: resumed === null ? null : [iso(resumed)],
    is_suspended: suspended !== null && resumed === null && decided === null,
    decided_at: text(decided),
    decided_recorded_at: text(decided),
    outcome: outcome as TipFacts['outcome'],
    decided_unit: decided === null ? null : unit,
    decided_supervised_by: decided === null ? null : supervisor,
    merged_at: text(merged),
    merged_recorded_at: text(merged),
  };
}

/** A case opened from a tip that was decided at `initiated`, as it stands at `to`. */
function caseFacts(random: Random, unit: string, initiated: number, to: number): Partial<CaseFacts> {
  const province = unit.split('-')[1]!;
  const happened = (ms: number): number | null => (ms <= to ? Math.floor(ms / 1000) * 1000 : null);
  const text = (ms: number | null): string | null => (ms === null ? null : iso(ms));
  const concluded = happened(initiated + (30 + random.next() * 90) * DAY);
  const received = concluded === null ? null : happened(concluded + random.next() * 3 * DAY);
  const breach = received === null ? null : midnightAfter(received, 20);
  const decided = received === null ? null : happened(received + random.next() * 21 * DAY);
  return {
    case_id: randomUUID(),
    tip_id: null,
    unit_code: `PC-${province}`,
    supervised_by: `VKS-${province}`,
    initiated_at: iso(initiated),
    opened_recorded_at: iso(initiated),
    category: 'theft',
    class: 'IT',
    juvenile: false,
    shortened: false,
    accused_count: 1,
    concluded_at: text(concluded),
    concluded_recorded_at: text(concluded),
    proposes_prosecution: concluded === null ? null : true,
    file_received_at: text(received),
    file_received_recorded_at: text(received),
    base_breach_at: text(breach),
    term_rule: breach === null ? null : 'CPC-240-1',
    term_safe_by: breach === null ? null : legalDay(breach - 3 * DAY),
    term_due: breach === null ? null : legalDay(breach - DAY),
    term_latest_arguable: breach === null ? null : legalDay(breach - DAY),
    term_breach_at: text(breach),
    term_recorded_at: text(received),
    decided_at: text(decided),
    decided_recorded_at: text(decided),
    decision: decided === null ? null : random.next() < 0.92 ? 'prosecute' : 'return',
  };
}

/** Columns of a table that may be written, in their order. */
async function columnsOf(pool: Pool, table: string): Promise<CopyColumn[]> {
  const { rows } = await pool.query<CopyColumn>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> 'versions'
     ORDER BY attnum`,
    [`statistics.${table}`],
  );
  return rows;
}

/** Take the indexes of a table away while it is filled. @returns what makes them again */
async function withoutIndexes(pool: Pool, tables: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string; definition: string }>(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
     FROM pg_index WHERE indrelid = ANY ($1::regclass[]) AND NOT indisunique`,
    [tables.map((table) => `statistics.${table}`)],
  );
  for (const { name } of rows) await pool.query(`DROP INDEX ${name}`);
  return rows.map(({ definition }) => definition);
}

const CHUNK = 20_000;

/**
 * Fills a migrated database with units, the facts of `count` tips received in the five years before `to`, Zipf over
 * communes, and of the cases opened from them, and with their sums.
 */
export async function writeFacts(
  pool: Pool,
  count: number,
  to: number,
  seed: number,
  log: (line: string) => void,
): Promise<void> {
  const started = performance.now();
  const seconds = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;
  const random = randomFrom(seed);
  const units = benchUnits();
  await writeUnits(pool, units);
  const communes = units.filter(({ level }) => level === 'commune').map(({ code }) => code);
  const rank = zipf(communes.length, random);
  const from = to - 5 * 365 * DAY;
  const indexes = await withoutIndexes(pool, ['tip_facts', 'case_facts']);
  const tables = { tips: await columnsOf(pool, 'tip_facts'), cases: await columnsOf(pool, 'case_facts') };
  const sums = new SumsLoad(pool);
  await sums.begin();
  for (let done = 0; done < count; done += CHUNK) {
    const tips = Array.from({ length: Math.min(CHUNK, count - done) }, (_, index) =>
      // Ranks are spread over the country: neighbours in the list are of one province.
      tipFacts(random, communes[(rank() * 977) % communes.length]!, from, to, done + index + 1),
    );
    const cases = tips
      .filter(({ outcome }) => outcome === 'initiated')
      .map(({ received_by, decided_at }) => caseFacts(random, received_by!, Date.parse(decided_at!), to));
    const written = asSystem(pool, async (tx) => {
      await copyRows(tx, 'statistics.tip_facts', tables.tips, tips);
      await copyRows(tx, 'statistics.case_facts', tables.cases, cases);
    });
    const ofTips = new RollupDelta();
    for (const facts of tips) addTip(ofTips, { ...ABSENT, ...facts } as TipFacts, 1);
    await sums.add(TIP_ROLLUP, ofTips);
    const ofCases = new RollupDelta();
    for (const facts of cases) addCase(ofCases, { ...ABSENT_CASE, ...facts } as CaseFacts, 1);
    await sums.add(CASE_ROLLUP, ofCases);
    await written;
  }
  if (count > CHUNK) log(`  ${count} tips are there after ${seconds()}`);
  await sums.finish();
  if (count > CHUNK) log(`  their sums after ${seconds()}`);
  for (const definition of indexes) await pool.query(definition);
  if (count > CHUNK) log(`  the indexes after ${seconds()}`);
}

/** What a tip of here never has. */
const ABSENT: Partial<TipFacts> = { earlier_responsible: null, earlier_acceptances: null, earlier_terms: null };
const ABSENT_CASE: Partial<CaseFacts> = { earlier_rounds: null, earlier_terms: null, term_latest_arguable: null };
