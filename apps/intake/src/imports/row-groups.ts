import type { RawRow } from './cells.js';
import { importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';
import type { RegisterFile } from './register-file.js';
import type { RowGroup } from './row-writer.js';
import { isFurtherRow } from './tip-row.js';

/** What the file holds at one place: a row with its further rows, or a row that cannot be taken at all. */
export type FileItem = { group: RowGroup; lines: number } | { fault: ImportFault; lines: 1 };

export interface CountedFile {
  /** Rows below the heading. */
  rows: number;
  items(): AsyncIterable<FileItem>;
}

/**
 * Reads a file through once, to count its rows and to find which further rows belong to which tip, so that it can then
 * be taken from the beginning without holding it. A further row belongs to the nearest row before it that has its
 * register number (and unit, where it names one); failing that, to the first one after it.
 */
export async function countFile(file: RegisterFile): Promise<CountedFile> {
  if (file.kind !== 'tips') {
    let rows = 0;
    for await (const _row of file.rows()) rows += 1;
    return { rows, items: () => plainItems(file) };
  }
  let rows = 0;
  const lastLine = new Map<string, number>();
  const furtherOf = new Map<number, RawRow[]>();
  const waiting: RawRow[] = [];
  const attach = (line: number, row: RawRow): void => {
    const rowsOfTip = furtherOf.get(line);
    if (rowsOfTip) rowsOfTip.push(row);
    else furtherOf.set(line, [row]);
  };
  for await (const read of file.rows()) {
    rows += 1;
    if ('fault' in read) continue;
    if (isFurtherRow(read.row)) {
      const line = lastLine.get(numberKey(read.row));
      if (line === undefined) waiting.push(read.row);
      else attach(line, read.row);
      continue;
    }
    const { line, cells } = read.row;
    lastLine.set(numberKey(read.row), line);
    lastLine.set(`${cells['register_number'] ?? ''} `, line);
    for (let index = waiting.length - 1; index >= 0; index -= 1) {
      const further = waiting[index] as RawRow;
      if (lastLine.get(numberKey(further)) !== line) continue;
      attach(line, further);
      waiting.splice(index, 1);
    }
  }
  const orphans = new Set(waiting.map(({ line }) => line));
  return { rows, items: () => tipItems(file, furtherOf, orphans) };
}

/** Number and, where named, unit; the number alone where the row names no unit. */
function numberKey({ cells }: RawRow): string {
  return `${cells['register_number'] ?? ''} ${cells['unit_code'] ?? ''}`;
}

async function* plainItems(file: RegisterFile): AsyncGenerator<FileItem> {
  for await (const read of file.rows()) {
    yield 'fault' in read ? { fault: read.fault, lines: 1 } : { group: { row: read.row, further: [] }, lines: 1 };
  }
}

async function* tipItems(
  file: RegisterFile,
  furtherOf: ReadonlyMap<number, readonly RawRow[]>,
  orphans: ReadonlySet<number>,
): AsyncGenerator<FileItem> {
  for await (const read of file.rows()) {
    if ('fault' in read) {
      yield { fault: read.fault, lines: 1 };
    } else if (!isFurtherRow(read.row)) {
      const further = furtherOf.get(read.row.line) ?? [];
      yield { group: { row: read.row, further }, lines: 1 + further.length };
    } else if (orphans.has(read.row.line)) {
      const number = read.row.cells['register_number'] ?? '';
      const shown = /^[\d/]{1,20}$/.test(number) ? number : '…';
      yield {
        fault: importFault('FurtherRowWithoutTip', read.row.line, 'register_number', { number: shown }),
        lines: 1,
      };
    }
  }
}
