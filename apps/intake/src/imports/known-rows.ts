import { identifier } from '@app/event-store';
import { asSystem } from '@app/security';
import type { Pool, PoolClient } from 'pg';

/**
 * What the log already holds of the rows at hand. The log's own tables are read here because an import asks for
 * hundreds of keys at a time, and because a register number given by a desk must not be given again by a file.
 */
export class KnownRows {
  private readonly schema: string;

  constructor(
    private readonly pool: Pool,
    schema: string,
  ) {
    this.schema = identifier(schema);
  }

  /** Fingerprint of each key that was imported before. */
  async fingerprints(keys: readonly string[]): Promise<Map<string, string>> {
    const { rows } = await this.pool.query<{ key: string; fingerprint: string }>(
      `SELECT key, fingerprint FROM ${this.schema}.commands WHERE key = ANY ($1)`,
      [keys],
    );
    return new Map(rows.map(({ key, fingerprint }) => [key, fingerprint]));
  }

  /** Streams that exist, of these. */
  async streams(streams: readonly string[]): Promise<Set<string>> {
    const { rows } = await this.pool.query<{ stream: string }>(
      `SELECT stream FROM ${this.schema}.events WHERE stream = ANY ($1) AND version = 1`,
      [streams],
    );
    return new Set(rows.map(({ stream }) => stream));
  }

  /** Tips that exist, of these streams, with the moment of their initiation; null for those not initiated. */
  async initiations(streams: readonly string[]): Promise<Map<string, string | null>> {
    const { rows } = await this.pool.query<{ stream: string; initiated_at: string | null }>(
      `SELECT stream, max(data->>'initiatedAt') FILTER (WHERE type = 'CriminalCaseInitiated') AS initiated_at
       FROM ${this.schema}.events WHERE stream = ANY ($1) GROUP BY stream`,
      [streams],
    );
    return new Map(rows.map(({ stream, initiated_at: initiatedAt }) => [stream, initiatedAt]));
  }

  /** Register numbers, of these, that a desk has given: `unit/number/year`. */
  async numbersGiven(
    numbers: readonly { series: string; unitCode: string; number: number; year: number }[],
  ): Promise<Set<string>> {
    const { rows: series } = await this.pool.query<{ series: string; year: number; last: number }>(
      `SELECT s.series, s.year, s.last FROM ${this.schema}.series s
       JOIN (SELECT DISTINCT series, year FROM unnest($1::text[], $2::int[]) AS wanted(series, year)) wanted
         USING (series, year)`,
      [numbers.map((one) => one.series), numbers.map((one) => one.year)],
    );
    const last = new Map(series.map((one) => [`${one.series} ${one.year}`, one.last]));
    // A number above the last one given is free; only the others have to be looked for.
    const maybe = numbers.filter((one) => one.number <= (last.get(`${one.series} ${one.year}`) ?? 0));
    if (maybe.length === 0) return new Set();
    const given = await asSystem(this.pool, async (tx) => {
      const { rows } = await tx.query<{ received_by: string; number: number; year: number }>(
        `SELECT t.received_by, t.number, t.year
         FROM unnest($1::text[], $2::int[], $3::int[]) AS wanted(unit_code, number, year)
         JOIN ${this.schema}.tip_list t
           ON t.number = wanted.number AND t.year = wanted.year AND t.received_by = wanted.unit_code`,
        [maybe.map((one) => one.unitCode), maybe.map((one) => one.number), maybe.map((one) => one.year)],
      );
      return rows;
    });
    return new Set(given.map((one) => `${one.received_by}/${one.number}/${one.year}`));
  }

  /** Let each series go on after the highest imported number, so that desks give numbers nobody has. */
  async raiseSeries(
    tx: PoolClient,
    numbers: readonly { series: string; number: number; year: number }[],
  ): Promise<void> {
    const highest = new Map<string, { series: string; year: number; last: number }>();
    for (const { series, number, year } of numbers) {
      const key = `${series} ${year}`;
      const known = highest.get(key);
      if (!known || known.last < number) highest.set(key, { series, year, last: number });
    }
    // In one order, as the log itself takes them, so that two writers wait for each other instead of deadlocking.
    const rows = [...highest.values()].sort((left, right) =>
      left.series === right.series ? left.year - right.year : left.series < right.series ? -1 : 1,
    );
    await tx.query(
      `INSERT INTO ${this.schema}.series AS given (series, year, last)
       SELECT * FROM unnest($1::text[], $2::int[], $3::int[])
       ON CONFLICT ON CONSTRAINT series_pkey DO UPDATE SET last = greatest(given.last, excluded.last)`,
      [rows.map((row) => row.series), rows.map((row) => row.year), rows.map((row) => row.last)],
    );
  }
}
