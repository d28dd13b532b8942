import type { FileKind } from './columns.js';
import type { ImportRun, ImportState, Reject } from './import-runs.js';

/** An import as the HTTP face answers it. */
export interface ImportView {
  id: string;
  state: ImportState;
  dryRun: boolean;
  files: {
    name: string;
    kind: FileKind | null;
    rows: number;
    handled: number;
    accepted: number;
    unchanged: number;
    rejected: number;
    unknownColumns: string[];
  }[];
  rejects: Reject[];
  rejectsUrl: string | null;
  failure: string | null;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  rowsPerSecond: number | null;
}

/** Where the uploads lie is the server's own business and left out. */
export function viewOf(run: ImportRun, rejects: Reject[]): ImportView {
  return {
    id: run.id,
    state: run.state,
    dryRun: run.dryRun,
    files: run.files.map(({ name, kind, rows, handled, accepted, unchanged, rejected, unknownColumns }) => ({
      name,
      kind,
      rows,
      handled,
      accepted,
      unchanged,
      rejected,
      unknownColumns,
    })),
    rejects,
    rejectsUrl: rejects.length > 0 ? `/api/imports/${run.id}/rejects.csv` : null,
    failure: run.failure,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    rowsPerSecond: run.workedMs > 0 ? Math.round((run.rowsHandled / run.workedMs) * 1000) : null,
  };
}
