import { closeSync, createReadStream, openSync, readFileSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import type { WorkBook, WorkSheet } from '@e965/xlsx';

/** A row of the sheet: its number there, and its cells as text. */
export interface SheetRow {
  line: number;
  cells: readonly string[];
}

interface Job {
  xlsx: string;
  rows: string;
}

type Answer = { unreadable: string | null };

const WRITE_CHARACTERS = 262_144;
const SECONDS_AN_HOUR = 3_600;
const SECONDS_A_DAY = 24 * SECONDS_AN_HOUR;

/**
 * Reads the first sheet of a workbook once and keeps its rows beside it, so that they can then be streamed. A workbook
 * has to be held whole and takes seconds: that happens in a thread of its own, which nobody waits for and whose memory
 * goes with it.
 *
 * @returns why it is no readable workbook, or null when the rows are there
 */
export async function extractSheet(path: string): Promise<string | null> {
  const job: Job = { xlsx: path, rows: rowsPath(path) };
  // Tests run the sources, which a thread of plain Node cannot load.
  if (!import.meta.url.endsWith('.js')) return (await extract(job)).unreadable;
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: job });
    worker.once('message', ({ unreadable }: Answer) => resolve(unreadable));
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`reading the workbook ended with ${code}`)));
  });
}

/** The rows kept by `extractSheet`, from the first one. */
export async function* sheetRows(path: string): AsyncGenerator<SheetRow> {
  const lines = createInterface({ input: createReadStream(rowsPath(path)), crlfDelay: Infinity });
  for await (const text of lines) {
    const [line, cells] = JSON.parse(text) as [number, string[]];
    yield { line, cells };
  }
}

function rowsPath(path: string): string {
  return `${path}.rows`;
}

async function extract({ xlsx, rows }: Job): Promise<Answer> {
  const XLSX = await import('@e965/xlsx');
  const bytes = readFileSync(xlsx);
  // A workbook is a zip archive; the reader would take any text for one.
  if (!bytes.subarray(0, 2).equals(Buffer.from('PK'))) return { unreadable: 'not a workbook' };
  let book: WorkBook;
  try {
    book = XLSX.read(bytes, { dense: true, cellNF: true, cellText: false, cellHTML: false, cellFormula: false });
  } catch (error) {
    return { unreadable: (error as Error).message.slice(0, 80) };
  }
  const sheet = book.Sheets[book.SheetNames[0] ?? ''];
  const date1904 = book.Workbook?.WBProps?.date1904 === true;
  const file = openSync(rows, 'w', 0o600);
  try {
    let text = '';
    let width = 0;
    for (const [line, row] of sheet ? denseRows(sheet) : []) {
      const cells = row.map((cell) => cellText(XLSX.SSF, cell, date1904));
      while (cells.length > 0 && cells.at(-1)?.trim() === '') cells.pop();
      if (cells.length === 0) continue;
      // The heading tells the width: empty cells at the end of a row are not stored in a workbook.
      width ||= cells.length;
      while (cells.length < width) cells.push('');
      text += `${JSON.stringify([line, cells])}\n`;
      if (text.length < WRITE_CHARACTERS) continue;
      writeSync(file, text);
      text = '';
    }
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
  return { unreadable: null };
}

interface Cell {
  t: string;
  v?: unknown;
  z?: string | number;
}

function* denseRows(sheet: WorkSheet): Generator<[number, (Cell | undefined)[]]> {
  const data = (sheet as { '!data'?: (Cell | undefined)[][] })['!data'] ?? [];
  for (let index = 0; index < data.length; index += 1) {
    const row = data[index];
    // Cells left out are holes; Array.from makes them undefined so that columns keep their places.
    if (row) yield [index + 1, Array.from(row)];
  }
}

interface Ssf {
  is_date(format: string): boolean;
  parse_date_code(
    serial: number,
    options?: { date1904?: boolean },
  ): { y: number; m: number; d: number; H: number; M: number; S: number } | null;
}

/** A cell as text: date cells as local moments, or as days where their format shows no time. */
function cellText(ssf: Ssf, cell: Cell | undefined, date1904: boolean): string {
  if (!cell || cell.v === undefined || cell.v === null) return '';
  if (cell.t === 'b') return cell.v ? 'yes' : 'no';
  // Texts that PostgreSQL cannot keep: zero characters and halves of surrogate pairs.
  if (cell.t !== 'n' || typeof cell.v !== 'number')
    return String(cell.v)
      .replaceAll('\0', '')
      .replace(/\p{Cs}/gu, '');
  const format = typeof cell.z === 'string' ? cell.z : '';
  if (!ssf.is_date(format)) return String(cell.v);
  // Rounded to the second: Excel keeps moments as fractions of a day.
  const serial = Math.round(cell.v * SECONDS_A_DAY) / SECONDS_A_DAY;
  const date = ssf.parse_date_code(serial, { date1904 });
  if (!date) return String(cell.v);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(date.y).padStart(4, '0')}-${two(date.m)}-${two(date.d)}`;
  const showsTime = !Number.isInteger(serial) || /h/i.test(format);
  return showsTime ? `${day}T${two(date.H)}:${two(date.M)}:${two(date.S)}+07:00` : day;
}

if (!isMainThread && typeof (workerData as Partial<Job> | null)?.xlsx === 'string') {
  void extract(workerData as Job).then((answer) => parentPort?.postMessage(answer));
}
