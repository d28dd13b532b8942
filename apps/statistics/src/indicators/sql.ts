import type { PoolClient } from 'pg';
import type { RollupScope } from '../rollups/rollup-scope.js';

/** Values of one statement; `add` gives the placeholder. */
export class Parameters {
  readonly values: unknown[] = [];

  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** What a set is computed for. */
export interface ReportWindow {
  /** First instant of the period, RFC 3339. */
  start: string;
  /** First instant after the period, RFC 3339. */
  end: string;
  /** Only what was recorded by this moment is known, RFC 3339. */
  asOf: string;
  /** Codes of the units reported on, descendants included; null = every unit. */
  units: readonly string[] | null;
  /** The same units as cells of rollups; null when only the facts can tell. */
  rollup: RollupScope | null;
}

/** The same as SQL expressions: placeholders, or columns of a table of periods. */
export interface WindowSql {
  start: string;
  end: string;
  asOf: string;
  /** Placeholder of a text[]; null = every unit. */
  units: string | null;
}

export function windowSql(parameters: Parameters, window: Omit<ReportWindow, 'rollup'>): WindowSql {
  return {
    start: `${parameters.add(window.start)}::timestamptz`,
    end: `${parameters.add(window.end)}::timestamptz`,
    asOf: `${parameters.add(window.asOf)}::timestamptz`,
    units: window.units === null ? null : `${parameters.add(window.units)}::text[]`,
  };
}

/** A matter counts for the reported units by the unit responsible or by the procuracy that supervises it. */
export function isReported(window: WindowSql, unit: string, supervisor: string): string {
  return window.units === null ? 'true' : `(${unit} = ANY (${window.units}) OR ${supervisor} = ANY (${window.units}))`;
}

/** Statements over the facts read many rows: each is planned for its values, also where others are planned once. */
export async function planEach(tx: PoolClient): Promise<void> {
  await tx.query(`SELECT set_config('plan_cache_mode', 'auto', true)`);
}
