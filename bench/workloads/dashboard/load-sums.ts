import { copyRows, type CopyColumn } from '@app/event-store';
import { asSystem } from '@app/security';
import type { Pool, PoolClient } from 'pg';
import { RollupDelta, type Place } from '../../../apps/statistics/src/rollups/contributions.js';
import { compactTimes, encodeValues, EXACT_UP_TO } from '../../../apps/statistics/src/rollups/log-sketch.js';
import {
  CASE_ROLLUP,
  cellColumns,
  GRAIN,
  pairColumns,
  TIMES,
  TIP_ROLLUP,
  type RollupTable,
} from '../../../apps/statistics/src/rollups/rollup-tables.js';
import { groupsIn } from '../../../apps/statistics/src/rollups/rollup-writer.js';

const SCHEMA = 'statistics';
const PLACE: CopyColumn[] = ['unit', 'supervised_by'].map((name) => ({ name, type: 'text' }));
const integers = (names: readonly string[]): CopyColumn[] => names.map((name) => ({ name, type: 'integer' }));
const bytes = (names: readonly string[]): CopyColumn[] => names.map((name) => ({ name, type: 'bytea' }));

/** What is staged: the contributions of matters by their own place and days, not yet added up. */
interface Stage {
  name: string;
  columns: CopyColumn[];
}
const cellStage = ({ table, ...rollup }: RollupTable): Stage => ({
  name: `stage_${table}`,
  columns: [...PLACE, ...integers(['day', ...cellColumns({ table, ...rollup })])],
});
const pairStage = (rollup: RollupTable): Stage => ({
  name: `stage_${rollup.pairTable}`,
  columns: [...PLACE, ...integers(['ended', 'begun', ...pairColumns(rollup)]), ...bytes(['t1'])],
});
const TIMES_STAGE: Stage = { name: 'stage_tip_times', columns: [...PLACE, ...integers(['day']), ...bytes(TIMES)] };
const CATEGORY_STAGE: Stage = {
  name: 'stage_tip_categories',
  columns: [
    ...PLACE,
    ...integers(['month', 'tips']),
    { name: 'category', type: 'text' },
    { name: 'status', type: 'text' },
  ],
};
const STAGES = [
  cellStage(TIP_ROLLUP),
  pairStage(TIP_ROLLUP),
  cellStage(CASE_ROLLUP),
  pairStage(CASE_ROLLUP),
  TIMES_STAGE,
  CATEGORY_STAGE,
];

const hex = (values: ReadonlyMap<number, number> | undefined): string | null =>
  values === undefined || values.size === 0
    ? null
    : `\\x${encodeValues([...values].map(([value, amount]) => ({ value, amount }))).toString('hex')}`;

const placeOf = ({ unit, supervisedBy }: Place) => ({ unit, supervised_by: supervisedBy });

/**
 * Fills the sums of a database that has none, for data of a benchmark: the same contributions as the consumer's, staged
 * by COPY and added up by the server in a few statements. Slower to begin with than `fillRollups`, and not made to go on
 * beside consumers, but a million matters take minutes. The answers are held against the facts by whoever measures.
 */
export class SumsLoad {
  private readonly places = new Map<string, Place>();

  constructor(private readonly pool: Pool) {}

  async begin(): Promise<void> {
    for (const { name, columns } of STAGES) {
      await this.pool.query(
        `CREATE UNLOGGED TABLE ${name} (${columns
          .map((column) => `${column.name} ${column.type}${column.type === 'text' ? ' COLLATE "C"' : ''}`)
          .join(', ')})`,
      );
    }
    await this.pool.query(
      `CREATE UNLOGGED TABLE stage_groups (unit text COLLATE "C", supervised_by text COLLATE "C", grp text COLLATE "C")`,
    );
  }

  /** Stage what some matters contribute. */
  async add(rollup: RollupTable, delta: RollupDelta): Promise<void> {
    const rows: [Stage, Record<string, unknown>[]][] = [
      [
        cellStage(rollup),
        [...delta.cells.values()].map(({ place, day, amounts }) => ({
          ...placeOf(place),
          day,
          ...Object.fromEntries(amounts),
        })),
      ],
      [
        pairStage(rollup),
        [...delta.pairs.values()].map(({ place, ended, begun, amounts, t1 }) => ({
          ...placeOf(place),
          ended,
          begun,
          ...Object.fromEntries(amounts),
          t1: hex(t1),
        })),
      ],
      [
        TIMES_STAGE,
        [...delta.times.values()].map(({ place, day, values }) => ({
          ...placeOf(place),
          day,
          ...Object.fromEntries(TIMES.map((time) => [time, hex(values[time])])),
        })),
      ],
      [
        CATEGORY_STAGE,
        [...delta.categories.values()].map(({ place, month, category, status, amount }) => ({
          ...placeOf(place),
          month,
          category,
          status,
          tips: amount,
        })),
      ],
    ];
    for (const map of [delta.cells, delta.pairs, delta.times, delta.categories]) {
      for (const { place } of map.values()) this.places.set(`${place.unit}|${place.supervisedBy}`, place);
    }
    await asSystem(this.pool, async (tx) => {
      for (const [stage, some] of rows) if (some.length > 0) await copyRows(tx, stage.name, stage.columns, some);
    });
  }

  /** Add up what is staged. */
  async finish(): Promise<void> {
    await asSystem(this.pool, async (tx) => {
      const places = [...this.places.values()];
      const groupsOf = await groupsIn(tx, SCHEMA, places);
      await copyRows(
        tx,
        'stage_groups',
        [...PLACE, { name: 'grp', type: 'text' }],
        places.flatMap((place) => groupsOf(place).map((grp) => ({ ...placeOf(place), grp }))),
      );
      await tx.query(`SET LOCAL work_mem = '256MB'`);
      await tx.query('ANALYZE stage_groups');
      for (const rollup of [TIP_ROLLUP, CASE_ROLLUP]) {
        await sumDays(tx, rollup.table, sumsOf(cellColumns(rollup)), ['bucket'], 'day');
        await sumDays(
          tx,
          rollup.pairTable,
          { ...sumsOf(pairColumns(rollup)), ...(rollup === TIP_ROLLUP ? joined(['t1']) : {}) },
          ['ended', 'begun'],
        );
      }
      await sumDays(tx, 'tip_times', joined(TIMES), ['bucket'], 'day');
      await tx.query(`
        INSERT INTO ${SCHEMA}.tip_categories (unit, month, category, status, supervised_by, tips)
        SELECT unit, month, category, status, supervised_by, sum(tips) FROM stage_tip_categories GROUP BY 1, 2, 3, 4, 5;
        INSERT INTO ${SCHEMA}.tip_categories (unit, month, category, status, supervised_by, tips)
        SELECT g.grp, c.month, c.category, c.status, '', sum(c.tips)
        FROM ${SCHEMA}.tip_categories c JOIN stage_groups g USING (unit, supervised_by) GROUP BY 1, 2, 3, 4`);
      await compact(tx, 'tip_times', TIMES, 'unit, grain, bucket, supervised_by');
      for (const { name } of STAGES) await tx.query(`DROP TABLE ${name}`);
      await tx.query('DROP TABLE stage_groups');
    });
  }
}

type Sums = Readonly<Record<string, string>>;

const sumsOf = (columns: readonly string[]): Sums =>
  Object.fromEntries(columns.map((name) => [name, `nullif(sum(r.${name}), 0)::integer`]));
const joined = (columns: readonly string[]): Sums =>
  Object.fromEntries(columns.map((name) => [name, `string_agg(r.${name}, ''::bytea)`]));

const firstOf = (what: 'month' | 'year', day: string): string =>
  `date_trunc('${what}', date '1970-01-01' + ${day})::date - date '1970-01-01'`;

/** Days of each place, then of each group, then months and years of both. */
async function sumDays(
  tx: PoolClient,
  table: string,
  sums: Sums,
  keys: readonly string[],
  staged?: string,
): Promise<void> {
  const columns = Object.keys(sums).join(', ');
  const values = Object.values(sums).join(', ');
  const isPair = keys.length === 2;
  const names = isPair ? 'ended_grain, ended, begun_grain, begun' : 'grain, bucket';
  const into = `INSERT INTO ${SCHEMA}.${table} (unit, ${names}, supervised_by, ${columns})`;
  const days = isPair ? `${GRAIN.day}, r.ended, ${GRAIN.day}, r.begun` : `${GRAIN.day}, r.${staged ?? 'bucket'}`;
  const byDay = isPair ? 'r.ended, r.begun' : `r.${staged ?? 'bucket'}`;
  await tx.query(`${into} SELECT r.unit, ${days}, r.supervised_by, ${values} FROM stage_${table} r
    GROUP BY r.unit, r.supervised_by, ${byDay} ORDER BY r.unit, ${byDay}`);
  const byKey = keys.map((key) => `r.${key}`).join(', ');
  await tx.query(`${into}
    SELECT g.grp, ${isPair ? days : `${GRAIN.day}, r.bucket`}, '', ${values}
    FROM ${SCHEMA}.${table} r JOIN stage_groups g USING (unit, supervised_by) GROUP BY g.grp, ${byKey} ORDER BY g.grp, ${byKey}`);
  if (!isPair) {
    const grains: [number, number, 'month' | 'year'][] = [
      [GRAIN.day, GRAIN.month, 'month'],
      ...(table === 'tip_times' ? [] : [[GRAIN.month, GRAIN.year, 'year'] as [number, number, 'year']]),
    ];
    for (const [from, grain, what] of grains) {
      await tx.query(`${into} SELECT r.unit, ${grain}, ${firstOf(what, 'r.bucket')}, r.supervised_by, ${values}
        FROM ${SCHEMA}.${table} r WHERE r.grain = ${from} GROUP BY 1, 3, 4 ORDER BY 1, 3`);
    }
    return;
  }
  for (const [endedGrain, begunGrain] of [
    [GRAIN.day, GRAIN.month],
    [GRAIN.month, GRAIN.day],
    [GRAIN.month, GRAIN.month],
  ] as const) {
    const ended = endedGrain === GRAIN.day ? 'r.ended' : firstOf('month', 'r.ended');
    const begun = begunGrain === GRAIN.day ? 'r.begun' : firstOf('month', 'r.begun');
    await tx.query(`${into} SELECT r.unit, ${endedGrain}, ${ended}, ${begunGrain}, ${begun}, r.supervised_by, ${values}
      FROM ${SCHEMA}.${table} r WHERE r.ended_grain = ${GRAIN.day} AND r.begun_grain = ${GRAIN.day} GROUP BY 1, 3, 5, 6`);
  }
}

/** Cells with many values keep buckets, as the consumer's do. */
async function compact(tx: PoolClient, table: string, times: readonly string[], keys: string): Promise<void> {
  const most = 4 * (EXACT_UP_TO + 2_000);
  for (const time of times) {
    const { rows } = await tx.query<{ ctid: string; values: Buffer }>(
      `SELECT ctid::text, ${time} AS values FROM ${SCHEMA}.${table} WHERE octet_length(${time}) > ${most} ORDER BY ${keys}`,
    );
    for (const { ctid, values } of rows) {
      const cell = compactTimes({ values, buckets: null });
      // A row moves when it is written: its place is that of the moment it was read.
      await tx.query(`UPDATE ${SCHEMA}.${table} SET ${time} = $1, ${time}_buckets = $2 WHERE ctid = $3::tid`, [
        cell.values,
        cell.buckets,
        ctid,
      ]);
    }
  }
}
