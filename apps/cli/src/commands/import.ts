import { randomUUID } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Misused, REFUSED, DONE, Refused, print, printError, printJson } from '../outcome.js';
import { Server } from '../server.js';
import type { ServerOptions } from '../server.js';

const LOOK_EVERY_MS = 400;

export interface ImportCommand extends ServerOptions {
  dryRun?: boolean;
  /** Where to write the refused rows with their reasons, as CSV. */
  rejects?: string;
  json?: boolean;
}

interface ImportAnswer {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed';
  files: {
    name: string;
    kind: string | null;
    rows: number;
    handled: number;
    accepted: number;
    unchanged: number;
    rejected: number;
    unknownColumns: string[];
  }[];
  rejects: { file: string; line: number; column: string | null; code: string; reason: { vi: string; en: string } }[];
  rejectsUrl: string | null;
  failure: string | null;
  rowsPerSecond: number | null;
}

/** Send files, follow the import to its end, tell what became of every row. */
export async function importFiles(files: readonly string[], command: ImportCommand): Promise<number> {
  const blobs = await Promise.all(files.map(open));
  const server = new Server(command);
  const { id } = await server.post<{ id: string }>(
    '/api/imports',
    () => {
      const form = new FormData();
      form.set('dryRun', String(command.dryRun === true));
      for (const { name, blob } of blobs) form.append('file', blob, name);
      return form;
    },
    randomUUID(),
  );
  const done = await follow(server, id, command.json !== true && process.stderr.isTTY === true);
  if (command.rejects !== undefined) {
    await writeFile(command.rejects, await server.getText(`/api/imports/${id}/rejects.csv`), { mode: 0o600 });
  }
  if (command.json) printJson(done);
  else print(summaryOf(done, command));
  if (done.state === 'failed') throw new Refused(`The import failed: ${done.failure ?? ''}`, done);
  const isClean = done.files.every(({ rejected }) => rejected === 0) && done.rejects.length === 0;
  return isClean ? DONE : REFUSED;
}

async function open(path: string): Promise<{ name: string; blob: Blob }> {
  try {
    return { name: basename(path), blob: await openAsBlob(path) };
  } catch (error) {
    throw new Misused(`${path} cannot be read: ${(error as Error).message}`);
  }
}

async function follow(server: Server, id: string, showsProgress: boolean): Promise<ImportAnswer> {
  for (;;) {
    const run = await server.get<ImportAnswer>(`/api/imports/${id}`);
    if (showsProgress) process.stderr.write(`\r${progressOf(run)}`);
    if (run.state === 'done' || run.state === 'failed') {
      if (showsProgress) printError('');
      return run;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function progressOf({ files, rowsPerSecond }: ImportAnswer): string {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const handled = files.reduce((sum, file) => sum + file.handled, 0);
  const share = rows === 0 ? 0 : handled / rows;
  const bar = '█'.repeat(Math.round(share * 30)).padEnd(30, '░');
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${handled}/${rows} rows  ${rowsPerSecond ?? 0} rows/s   `;
}

function summaryOf(run: ImportAnswer, { dryRun, rejects }: ImportCommand): string {
  const lines = run.files.map(
    ({ name, kind, rows, accepted, unchanged, rejected, unknownColumns }) =>
      `${name} (${kind ?? 'unknown'}): ${rows} rows, ${accepted} ${dryRun ? 'would be accepted' : 'accepted'}, ${unchanged} unchanged, ${rejected} rejected` +
      (unknownColumns.length > 0 ? `; columns not taken: ${unknownColumns.join(', ')}` : ''),
  );
  for (const { file, line, column, code, reason } of run.rejects.slice(0, 20)) {
    lines.push(`  ${file}:${line}${column === null ? '' : ` ${column}`} ${code}: ${reason.en}`);
  }
  if (run.rejects.length > 20) lines.push(`  … ${rejects ? `all in ${rejects}` : 'write all with --rejects FILE'}`);
  return lines.join('\n');
}
