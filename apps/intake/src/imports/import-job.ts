import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isTransient, sqlState } from '@app/event-store';
import type { PublishedLaw } from '@app/law-book';
import { asSystem, supervisorOf } from '@app/security';
import type { TipKeyring, UnitTree } from '@app/security';
import type { ServiceContext } from '@app/service';
import { CaseWriter } from './case-writer.js';
import { localMoment } from './cells.js';
import type { FileKind } from './columns.js';
import { FileRefused, importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';
import type { FileProgress, ImportRun, ImportRuns } from './import-runs.js';
import { KnownRows } from './known-rows.js';
import { openRegisterFile } from './register-file.js';
import type { RegisterFile } from './register-file.js';
import { countFile } from './row-groups.js';
import type { CountedFile, FileItem } from './row-groups.js';
import type { ImportGround, PreparedChunk, RowWriter } from './row-writer.js';
import type { ImportUnit } from './tip-history.js';
import { TipWriter } from './tip-writer.js';
import { UnitWriter } from './unit-writer.js';

/** Rows a transaction: long enough to be fast, short enough not to hold back the readers of the log. */
const CHUNK_ROWS = 300;
/** A units file is judged as a whole, because a parent may come after its child. */
const UNIT_CHUNK_ROWS = 50_000;
/** Chunks after which the import waits for intake's own read models, so that it does not run ahead without bound. */
const CHUNKS_AHEAD = 8;
const SETTLE_TIMEOUT_MS = 60_000;
const WRITE_ATTEMPTS = 6;

/** Units before the tips that name them, tips before the cases that continue them. */
const ORDER: Record<FileKind, number> = { units: 0, tips: 1, cases: 2, 'reported-indicators': 3 };

export interface ImportJobParts {
  context: ServiceContext;
  keyring: TipKeyring;
  unitTree: UnitTree;
  runs: ImportRuns;
  law: PublishedLaw;
}

interface OpenFile {
  index: number;
  progress: FileProgress;
  file: RegisterFile;
}

/**
 * Takes the files of one import, chunk by chunk: each chunk's events, refusals and progress are written in one
 * transaction, so an import that is cut off goes on where it was, and one that is run twice changes nothing.
 */
export class ImportJob {
  constructor(private readonly parts: ImportJobParts) {}

  /**
   * Run until all files are done or `signal` asks to stop (then the run stays as it is, to be gone on with).
   * @throws what the database throws when it stays away; the run stays as it is
   */
  async run(
    run: ImportRun,
    signal: AbortSignal,
    onProgress: (run: ImportRun) => void = () => undefined,
  ): Promise<void> {
    const { context, keyring, unitTree, runs, law } = this.parts;
    await context.settled(SETTLE_TIMEOUT_MS);
    const units = new Map<string, ImportUnit>();
    for (const { code, level, remote } of await unitTree.list(['*'])) {
      units.set(code, { code, level, remote, supervisedBy: supervisorOf(code) });
    }
    const ground: ImportGround = {
      context,
      keyring,
      dryRun: run.dryRun,
      actor: run.actor,
      correlationId: run.correlationId,
      now: localMoment(context.clock.now().getTime()),
      law: await law.history(context.pool),
      units: { get: (code) => units.get(code), add: (unit) => units.set(unit.code, unit) },
    };
    for (const open of await this.openFiles(run)) {
      if (!(await this.takeFile(run, open, ground, signal, onProgress))) return;
    }
    await runs.finish(run, 'done', null, context.clock.now());
    onProgress(run);
    await this.removeUploads(run);
  }

  /** Delete what was uploaded: it holds the text of tips and names in clear. */
  async removeUploads(run: ImportRun): Promise<void> {
    for (const folder of new Set(run.files.map(({ path }) => dirname(path)))) {
      await rm(folder, { recursive: true, force: true });
    }
  }

  private async openFiles(run: ImportRun): Promise<OpenFile[]> {
    const open: OpenFile[] = [];
    for (const [index, progress] of run.files.entries()) {
      if (progress.done) continue;
      try {
        const file = await openRegisterFile(progress.path, progress.name);
        progress.kind = file.kind;
        progress.unknownColumns = file.unknownColumns;
        open.push({ index, progress, file });
      } catch (error) {
        if (!(error instanceof FileRefused)) throw error;
        await this.refuseFile(run, index, error.fault);
      }
    }
    return open.sort((left, right) => ORDER[left.file.kind] - ORDER[right.file.kind] || left.index - right.index);
  }

  /** @returns whether the file is done; false when asked to stop before */
  private async takeFile(
    run: ImportRun,
    { index, progress, file }: OpenFile,
    ground: ImportGround,
    signal: AbortSignal,
    onProgress: (run: ImportRun) => void,
  ): Promise<boolean> {
    const known = new KnownRows(ground.context.pool, ground.context.schema);
    let counted: CountedFile;
    let writer: RowWriter;
    try {
      counted = await countFile(file);
      progress.rows = counted.rows;
      writer = writerOf(file.kind, ground, known);
    } catch (error) {
      if (!(error instanceof FileRefused)) throw error;
      await this.refuseFile(run, index, error.fault);
      return true;
    }
    onProgress(run);
    const size = file.kind === 'units' ? UNIT_CHUNK_ROWS : CHUNK_ROWS;
    let before = performance.now();
    let writing: Promise<void> = Promise.resolve();
    let chunks = 0;
    for await (const chunk of chunksOf(counted.items(), size, progress.handled)) {
      const prepared = await prepare(writer, chunk);
      // The next chunk is judged while this one is written: two processes work at the same time.
      await writing;
      if (signal.aborted) return false;
      chunks += 1;
      if (chunks % CHUNKS_AHEAD === 0) await ground.context.settled(SETTLE_TIMEOUT_MS);
      const now = performance.now();
      run.workedMs += now - before;
      before = now;
      writing = this.write(run, index, { writer, chunk, prepared }, onProgress);
      // Awaited above or below; until then its failure must not count as unhandled.
      writing.catch(() => undefined);
    }
    await writing;
    run.workedMs += performance.now() - before;
    if (signal.aborted) return false;
    progress.done = true;
    await this.parts.runs.saveProgress(this.parts.context.pool, run);
    if (file.kind === 'units') await ground.context.settled(SETTLE_TIMEOUT_MS);
    onProgress(run);
    return true;
  }

  private async write(
    run: ImportRun,
    index: number,
    work: { writer: RowWriter; chunk: readonly FileItem[]; prepared: PreparedChunk },
    onProgress: (run: ImportRun) => void,
  ): Promise<void> {
    const { context, runs } = this.parts;
    let prepared = work.prepared;
    for (let attempt = 1; ; attempt += 1) {
      const { faults, lines, ...counts } = outcomeOf(work.chunk, prepared);
      const before = run.files[index] as FileProgress;
      const progress: FileProgress = {
        ...before,
        handled: before.handled + lines,
        accepted: before.accepted + counts.accepted,
        unchanged: before.unchanged + counts.unchanged,
        rejected: before.rejected + counts.rejected,
      };
      const rowsHandled = run.rowsHandled + lines;
      try {
        await asSystem(context.pool, async (tx) => {
          await prepared.write?.(tx);
          await runs.addRejects(tx, run.id, index, faults);
          await runs.saveProgress(tx, { ...run, files: run.files.with(index, progress), rowsHandled });
        });
        Object.assign(before, progress);
        run.rowsHandled = rowsHandled;
        onProgress(run);
        return;
      } catch (error) {
        if (!mayTryAgain(error) || attempt >= WRITE_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50 * attempt * attempt));
        prepared = await prepare(work.writer, work.chunk);
      }
    }
  }

  private async refuseFile(run: ImportRun, index: number, fault: ImportFault): Promise<void> {
    const progress = run.files[index] as FileProgress;
    progress.done = true;
    await asSystem(this.parts.context.pool, async (tx) => {
      await this.parts.runs.addRejects(tx, run.id, index, [fault]);
      await this.parts.runs.saveProgress(tx, run);
    });
  }
}

function writerOf(kind: FileKind, ground: ImportGround, known: KnownRows): RowWriter {
  switch (kind) {
    case 'units':
      return new UnitWriter(ground, known);
    case 'tips':
      return new TipWriter(ground, known);
    case 'cases':
      return new CaseWriter(ground, known);
    case 'reported-indicators':
      throw new FileRefused(importFault('FileKindNotTaken', 1, null));
  }
}

function prepare(writer: RowWriter, items: readonly FileItem[]): Promise<PreparedChunk> {
  return writer.prepare(items.flatMap((item) => ('group' in item ? [item.group] : [])));
}

interface ChunkOutcome {
  lines: number;
  accepted: number;
  unchanged: number;
  rejected: number;
  faults: ImportFault[];
}

/** What a chunk adds to the counts of its file, further rows counted with their tip. */
function outcomeOf(items: readonly FileItem[], { results }: PreparedChunk): ChunkOutcome {
  const outcome: ChunkOutcome = { lines: 0, accepted: 0, unchanged: 0, rejected: 0, faults: [] };
  let place = 0;
  for (const item of items) {
    outcome.lines += item.lines;
    if ('fault' in item) {
      outcome.rejected += 1;
      outcome.faults.push(item.fault);
      continue;
    }
    const { row, further } = item.group;
    const result = results[place];
    place += 1;
    if (!result) throw new Error(`no result for line ${row.line}`);
    outcome[result.kind] += item.lines;
    if (result.kind !== 'rejected') continue;
    outcome.faults.push(...result.faults);
    for (const { line } of further) {
      if (result.faults.some((fault) => fault.line === line)) continue;
      outcome.faults.push(importFault('FurtherRowRejected', line, null, { line: row.line }));
    }
  }
  return outcome;
}

/** Items by the chunk, after the first `skip` rows, which an earlier start has handled. */
async function* chunksOf(items: AsyncIterable<FileItem>, size: number, skip: number): AsyncGenerator<FileItem[]> {
  let chunk: FileItem[] = [];
  let passed = 0;
  for await (const item of items) {
    if (passed < skip) {
      passed += item.lines;
      continue;
    }
    chunk.push(item);
    if (chunk.length >= size) {
      yield chunk;
      chunk = [];
    }
  }
  if (chunk.length > 0) yield chunk;
}

/** A race lost to a desk, or a database that is away for a moment. */
function mayTryAgain(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ChunkRaced' || sqlState(error) === '23505' || isTransient(error);
}
