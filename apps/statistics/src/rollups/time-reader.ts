import { identifier } from '@app/event-store';
import type { PoolClient } from 'pg';
import { SCHEMA } from '../migrations/statistics-migrations.js';
import { mergeTimes } from './log-sketch.js';
import type { CellTimes } from './log-sketch.js';
import { before, within } from './ranges.js';
import { GRAIN } from './rollup-tables.js';
import type { TimeColumn } from './rollup-tables.js';
import { cellsSql, cellValues, codesSql } from './rollup-reader.js';
import type { Cells, DayWindow } from './rollup-reader.js';
import type { ElapsedCount } from '../indicators/processing-time.js';

export interface ClosedTimes {
  /** False = by buckets of a sketch (`log-sketch.ts`). */
  isExact: boolean;
  distribution: ElapsedCount[];
}

type TimeRow = { unit: string } & Record<string, Buffer | string | null>;

/** Elapsed times of a period, in hundredths of a day. */
export async function closedTimesOf(
  tx: PoolClient,
  cells: Cells,
  window: DayWindow,
  times: readonly TimeColumn[],
): Promise<Partial<Record<TimeColumn, ClosedTimes>>> {
  const parts = [...(await timeCellsOf(tx, cells, window, times)).values()].flat();
  return Object.fromEntries(times.map((time) => [time, mergeTimes(parts.map((part) => part[time] ?? NOTHING))]));
}

const NOTHING: CellTimes = { values: null, buckets: null };

export type TimeCell = Partial<Record<TimeColumn, CellTimes>>;

/**
 * The cells of elapsed times of a period, by the unit of the cells (`''` unless asked by unit), not yet merged.
 * T1 of acceptances that were assigned before the period and released in it is in the pairs.
 */
export async function timeCellsOf(
  tx: PoolClient,
  cells: Cells,
  window: DayWindow,
  times: readonly TimeColumn[],
): Promise<Map<string, TimeCell[]>> {
  if (cells.codes.length === 0) return new Map();
  const s = identifier(SCHEMA);
  const ranges = within(window.start, window.end, GRAIN.month);
  const columns = times.flatMap((time) => [time, `${time}_buckets`]);
  const { rows } = await tx.query<TimeRow>({
    name: `rollup-times-${cells.by}-${times.join('-')}`,
    text: `SELECT r.unit, ${columns.map((column) => `r.${column}`).join(', ')}
      FROM unnest($4::smallint[], $5::integer[], $6::integer[]) AS w(grain, lo, hi)
      CROSS JOIN ${codesSql(cells)}
      CROSS JOIN LATERAL (SELECT * FROM ${s}.tip_times r
        WHERE ${cellsSql(cells)} AND r.grain = w.grain AND r.bucket >= w.lo AND r.bucket < w.hi OFFSET 0) r`,
    values: [
      ...cellValues(cells),
      ranges.map(({ grain }) => grain),
      ranges.map(({ from }) => from),
      ranges.map(({ to }) => to),
    ],
  });
  const found = [...rows];
  if (times.includes('t1')) {
    const pairs = ranges.flatMap((ended) => before(window.start, GRAIN.month).map((begun) => ({ ended, begun })));
    const released = await tx.query<TimeRow>({
      name: `rollup-times-pairs-${cells.by}`,
      text: `SELECT r.unit, r.t1, r.t1_buckets
        FROM unnest($4::smallint[], $5::integer[], $6::integer[], $7::smallint[], $8::integer[], $9::integer[])
          AS w(grain, lo, hi, begun_grain, begun_lo, begun_hi)
        CROSS JOIN ${codesSql(cells)}
        CROSS JOIN LATERAL (SELECT * FROM ${s}.tip_rollup_pairs r
          WHERE ${cellsSql(cells)} AND r.ended_grain = w.grain AND r.ended >= w.lo AND r.ended < w.hi
            AND r.begun_grain = w.begun_grain AND r.begun >= w.begun_lo AND r.begun < w.begun_hi OFFSET 0) r
        WHERE r.t1 IS NOT NULL`,
      values: [
        ...cellValues(cells),
        pairs.map(({ ended }) => ended.grain),
        pairs.map(({ ended }) => ended.from),
        pairs.map(({ ended }) => ended.to),
        pairs.map(({ begun }) => begun.grain),
        pairs.map(({ begun }) => begun.from),
        pairs.map(({ begun }) => begun.to),
      ],
    });
    found.push(...released.rows);
  }
  const byUnit = new Map<string, TimeCell[]>();
  for (const row of found) {
    const key = cells.isByUnit ? row.unit : '';
    const cell = Object.fromEntries(times.map((time) => [time, cellOf(row, time)])) as TimeCell;
    const known = byUnit.get(key);
    if (known) known.push(cell);
    else byUnit.set(key, [cell]);
  }
  return byUnit;
}

function cellOf(row: TimeRow, time: TimeColumn): CellTimes {
  const values = row[time];
  const buckets = row[`${time}_buckets`];
  return {
    values: values instanceof Buffer ? values : null,
    buckets: buckets instanceof Buffer ? buckets : null,
  };
}
