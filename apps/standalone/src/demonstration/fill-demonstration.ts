import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { UploadedFile } from '../../../intake/src/imports/import-runner.js';
import { CASE_COLUMNS } from './case-story.js';
import { writeCsv } from './csv.js';
import { DESK_ACTS, doDeskWork } from './desk-work.js';
import type { Ask } from './desk-work.js';
import { provinceRegister } from './province-register.js';
import { UNIT_COLUMNS, provinceUnits } from './province-units.js';
import { TIP_COLUMNS } from './tip-story.js';

/** Two years of a province of this size. */
export const DEMONSTRATION_TIPS = 8_000;
const SEED = 80;

/** How far an import is, over all its files. */
export interface ImportProgress {
  files: readonly { rows: number; handled: number; rejected: number }[];
}

export interface DemonstrationPorts {
  /**
   * The import that `POST /api/imports` queues, waited for; `name` tells the two imports of the fill apart. Files are
   * written only when it is queued now: an interrupted one still has its own.
   */
  importFiles(
    name: 'registers' | 'cases',
    writeFiles: () => Promise<UploadedFile[]>,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<ImportProgress>;
  /** A request over HTTP as one of the demonstration's machine clients. */
  ask: Ask;
  /** Wait until every read model has caught up; false when time ran out. */
  settled(timeoutMs: number): Promise<boolean>;
  /** Moment up to which the story is told; the same again goes on with an interrupted fill. */
  nowMs: number;
  /** Folder for the files on their way; each import removes its own below it. */
  workDir: string;
  /** `share` from 0 to 1, never falling. */
  onProgress(share: number, words: { vi: string; en: string }): void;
  /** Tips of the two years; DEMONSTRATION_TIPS when absent. */
  tips?: number;
}

const SETTLE_MS = 120_000;

/** Parts of the work, as measured: registers, the acts of the desks, cases, read models catching up. */
const SHARES = { registers: 0.6, desk: 0.1, cases: 0.2, settling: 0.1 } as const;

/**
 * Fills an empty system with the demonstration province, through the import and the commands that everybody uses.
 * The cases come last: an import of them that is done says that the fill is complete.
 *
 * @throws Error when the import refuses rows: then the story and the rules disagree
 */
export async function fillDemonstration(ports: DemonstrationPorts): Promise<void> {
  const { nowMs, workDir, onProgress } = ports;
  const { tips, cases } = provinceRegister({ seed: SEED, nowMs, tips: ports.tips ?? DEMONSTRATION_TIPS });
  let share = 0;
  const advance = (to: number, vi: string, en: string): void => {
    share = Math.max(share, Math.min(to, 1));
    onProgress(share, { vi, en });
  };
  const take = async (
    name: 'registers' | 'cases',
    writeFiles: () => Promise<UploadedFile[]>,
    from: number,
    words: readonly [vi: string, en: string],
  ): Promise<void> => {
    const done = await ports.importFiles(name, writeFiles, ({ files: progress }) => {
      const rows = name === 'registers' ? tips.length : cases.length;
      const handled = progress.reduce((sum, file) => sum + file.handled, 0);
      advance(from + SHARES[name] * Math.min(handled / Math.max(rows, 1), 1), ...words);
    });
    const rejected = done.files.reduce((sum, file) => sum + file.rejected, 0);
    if (rejected > 0) throw new Error(`the import of the demonstration refused ${rejected} rows of ${name}`);
  };

  advance(0, 'Chuẩn bị dữ liệu thử nghiệm', 'Preparing demonstration data');
  await take(
    'registers',
    async () => [
      await write(workDir, 'registers', 'units.csv', UNIT_COLUMNS, provinceUnits()),
      await write(workDir, 'registers', 'tips.csv', TIP_COLUMNS, tips),
    ],
    0,
    ['Nhập sổ tiếp nhận', 'Importing the registers of tips'],
  );

  let acts = 0;
  await doDeskWork(ports.ask, nowMs, () => {
    acts += 1;
    advance(SHARES.registers + (SHARES.desk * acts) / DESK_ACTS, 'Việc trong ngày', 'Work of the last days');
  });

  await take(
    'cases',
    async () => [await write(workDir, 'cases', 'cases.csv', CASE_COLUMNS, cases)],
    SHARES.registers + SHARES.desk,
    ['Nhập sổ vụ án', 'Importing the register of cases'],
  );

  advance(1 - SHARES.settling, 'Tính thời hạn và chỉ tiêu', 'Computing deadlines and rates');
  await ports.settled(SETTLE_MS);
  advance(1, 'Xong', 'Done');
}

async function write(
  workDir: string,
  folder: string,
  name: string,
  columns: readonly string[],
  rows: Iterable<Readonly<Partial<Record<string, string>>>>,
): Promise<UploadedFile> {
  const path = join(workDir, folder, name);
  await mkdir(join(workDir, folder), { recursive: true, mode: 0o700 });
  await writeCsv(path, columns, rows);
  return { name, path };
}
