import { identifier } from '@app/event-store';
import type { Actor } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';
import type { FileKind } from './columns.js';
import type { ImportFault } from './import-fault.js';

export type ImportState = 'queued' | 'running' | 'done' | 'failed';

/** One file of an import: what it is and how far it has been taken. */
export interface FileProgress {
  name: string;
  /** Where the upload lies until the import is done; never shown. */
  path: string;
  kind: FileKind | null;
  /** Rows in the file; 0 until they have been counted. */
  rows: number;
  /** Rows handled so far: an import that was cut off goes on after them. */
  handled: number;
  accepted: number;
  unchanged: number;
  rejected: number;
  unknownColumns: string[];
  done: boolean;
}

export interface ImportRun {
  id: string;
  state: ImportState;
  dryRun: boolean;
  actor: Actor;
  correlationId: string;
  files: FileProgress[];
  failure: string | null;
  createdAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  rowsHandled: number;
  workedMs: number;
}

/** A refused row as lists and the rejects file show it. */
export interface Reject {
  file: string;
  line: number;
  column: string | null;
  code: string;
  reason: { vi: string; en: string };
}

/** Longest that a process may be silent before another goes on with its import. */
const CLAIM_SECONDS = 30;

const columns = `id, state, dry_run AS "dryRun", actor, correlation_id AS "correlationId", files, failure,
  created_at AS "createdAt", started_at AS "startedAt", finished_at AS "finishedAt", rows_handled AS "rowsHandled",
  worked_ms AS "workedMs"`;

type Queryable = Pick<Pool | PoolClient, 'query'>;

/** Imports and their rejects as kept in the database: progress is there for every process and after a restart. */
export class ImportRuns {
  private readonly imports: string;
  private readonly rejects: string;

  constructor(
    private readonly pool: Pool,
    schema: string,
  ) {
    this.imports = `${identifier(schema)}.imports`;
    this.rejects = `${identifier(schema)}.import_rejects`;
  }

  /**
   * Queue an import.
   * @returns the import that the same request key made before, when there is one; `isNew` tells which
   */
  async create(
    run: Pick<ImportRun, 'id' | 'dryRun' | 'actor' | 'correlationId' | 'files' | 'createdAt'>,
    request: { key: string; fingerprint: string } | undefined,
  ): Promise<{ run: ImportRun; isNew: boolean; fingerprint: string | null }> {
    const { rowCount } = await this.pool.query(
      `INSERT INTO ${this.imports} (id, state, dry_run, actor, correlation_id, request_key, request_fingerprint, files,
         created_at)
       VALUES ($1, 'queued', $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (request_key) DO NOTHING`,
      [
        run.id,
        run.dryRun,
        JSON.stringify(run.actor),
        run.correlationId,
        request?.key ?? null,
        request?.fingerprint ?? null,
        JSON.stringify(run.files),
        run.createdAt,
      ],
    );
    const isNew = rowCount === 1;
    const { rows } = await this.pool.query<ImportRun & { fingerprint: string | null }>(
      `SELECT ${columns}, request_fingerprint AS fingerprint FROM ${this.imports}
       WHERE ${isNew ? 'id = $1' : 'request_key = $1'}`,
      [isNew ? run.id : request?.key],
    );
    const found = rows[0];
    if (!found) throw new Error(`import ${run.id} was neither made nor found`);
    const { fingerprint, ...known } = found;
    return { run: known, isNew, fingerprint };
  }

  async get(id: string): Promise<ImportRun | undefined> {
    const { rows } = await this.pool.query<ImportRun>(`SELECT ${columns} FROM ${this.imports} WHERE id = $1`, [id]);
    return rows[0];
  }

  /** Newest first; `after` = creation moment and id of the last one already given. */
  async list(limit: number, after: { createdAt: string; id: string } | undefined): Promise<ImportRun[]> {
    const { rows } = await this.pool.query<ImportRun>(
      `SELECT ${columns} FROM ${this.imports}
       WHERE $2::timestamptz IS NULL OR (created_at, id) < ($2, $3::uuid)
       ORDER BY created_at DESC, id DESC LIMIT $1`,
      [limit, after?.createdAt ?? null, after?.id ?? null],
    );
    return rows;
  }

  /** The oldest import that waits or was left, taken by this process for a while; undefined when there is none. */
  async claim(startedAt: Date): Promise<ImportRun | undefined> {
    const { rows } = await this.pool.query<ImportRun>(
      `UPDATE ${this.imports} SET state = 'running', started_at = coalesce(started_at, $1),
         claimed_until = now() + make_interval(secs => ${CLAIM_SECONDS})
       WHERE id = (
         SELECT id FROM ${this.imports}
         WHERE state IN ('queued', 'running') AND (claimed_until IS NULL OR claimed_until < now())
         ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING ${columns}`,
      [startedAt],
    );
    return rows[0];
  }

  /** Give an import back so that the next start goes on with it at once. */
  async release(id: string): Promise<void> {
    await this.pool.query(`UPDATE ${this.imports} SET claimed_until = NULL WHERE id = $1 AND state = 'running'`, [id]);
  }

  /** Write how far an import is, and renew the claim; in `tx` it is there exactly when the rows are. */
  async saveProgress(tx: Queryable, run: ImportRun): Promise<void> {
    await tx.query(
      `UPDATE ${this.imports} SET files = $2, rows_handled = $3, worked_ms = $4,
         claimed_until = now() + make_interval(secs => ${CLAIM_SECONDS}) WHERE id = $1`,
      [run.id, JSON.stringify(run.files), run.rowsHandled, Math.round(run.workedMs)],
    );
  }

  async finish(run: ImportRun, state: 'done' | 'failed', failure: string | null, finishedAt: Date): Promise<void> {
    await this.pool.query(
      `UPDATE ${this.imports} SET state = $2, failure = $3, finished_at = $4, files = $5, rows_handled = $6,
         worked_ms = $7, claimed_until = NULL WHERE id = $1`,
      [run.id, state, failure, finishedAt, JSON.stringify(run.files), run.rowsHandled, Math.round(run.workedMs)],
    );
    run.state = state;
    run.failure = failure;
    run.finishedAt = finishedAt;
  }

  async addRejects(tx: Queryable, id: string, file: number, faults: readonly ImportFault[]): Promise<void> {
    if (faults.length === 0) return;
    await tx.query(
      `INSERT INTO ${this.rejects} (import_id, file, line, column_name, code, vi, en)
       SELECT $1, $2, line, "column", code, vi, en
       FROM json_to_recordset($3) AS f(line int, "column" text, code text, vi text, en text)`,
      [id, file, JSON.stringify(faults)],
    );
  }

  /** Rejects in the order they were found; `after` = place of the last one already given. */
  async rejectsOf(run: ImportRun, limit: number, after = 0): Promise<{ rejects: Reject[]; last: number }> {
    const { rows } = await this.pool.query<{
      place: number;
      file: number;
      line: number;
      column: string | null;
      code: string;
      vi: string;
      en: string;
    }>(
      `SELECT place, file, line, column_name AS column, code, vi, en FROM ${this.rejects}
       WHERE import_id = $1 AND place > $2 ORDER BY place LIMIT $3`,
      [run.id, after, limit],
    );
    return {
      rejects: rows.map(({ file, line, column, code, vi, en }) => ({
        file: run.files[file]?.name ?? '',
        line,
        column,
        code,
        reason: { vi, en },
      })),
      last: rows.at(-1)?.place ?? after,
    };
  }
}
