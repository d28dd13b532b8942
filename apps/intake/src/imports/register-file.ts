import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { parse } from 'csv-parse';
import { resolveHeadings } from './columns.js';
import type { FileKind } from './columns.js';
import type { RawRow } from './cells.js';
import { FileRefused, importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';
import { extractSheet, sheetRows } from './xlsx-rows.js';

/** A workbook is held in memory whole, so its size is bounded; CSV is streamed and is not. */
const XLSX_LIMIT_MEGABYTES = 32;

/** A row as read: its cells by column, or the fault that makes it unreadable. */
export type ReadRow = { row: RawRow } | { fault: ImportFault };

/** A file whose headings have been understood. `rows()` may be called again: it reads from the start. */
export interface RegisterFile {
  kind: FileKind;
  unknownColumns: string[];
  rows(): AsyncIterable<ReadRow>;
}

/** A line of the file as text cells; `line` is that of the file, the heading's being 1 as a rule. */
interface Line {
  line: number;
  cells: readonly string[];
}

/**
 * Opens a CSV (UTF-8 with or without mark, `,` or `;`) or XLSX file of the import format.
 * Throws FileRefused when it is empty, unreadable, of no known kind, or lacks a required column.
 */
export async function openRegisterFile(path: string, name: string): Promise<RegisterFile> {
  const lines = await sourceOf(path, name);
  const heading = await first(lines());
  if (!heading) throw new FileRefused(importFault('FileEmpty', 1, null));
  const resolved = resolveHeadings(heading.cells);
  if (!resolved) throw new FileRefused(importFault('FileKindUnknown', heading.line, null));
  const [missing] = resolved.missing;
  if (missing !== undefined) throw new FileRefused(importFault('ColumnMissing', heading.line, missing));
  const [twice] = resolved.twice;
  if (twice !== undefined) throw new FileRefused(importFault('ColumnTwice', heading.line, twice));
  const { kind, columns, unknownColumns } = resolved;
  return {
    kind,
    unknownColumns,
    async *rows() {
      let isHeading = true;
      for await (const line of lines()) {
        if (isHeading) isHeading = false;
        else yield toRow(line, columns);
      }
    },
  };
}

function toRow({ line, cells }: Line, columns: readonly (string | null)[]): ReadRow {
  if (cells.length !== columns.length) {
    const facts = { cells: cells.length, headings: columns.length };
    return { fault: importFault('CellCountDiffers', line, null, facts) };
  }
  const byColumn: Record<string, string> = {};
  for (let index = 0; index < columns.length; index += 1) {
    const column = columns[index];
    if (column) byColumn[column] = (cells[index] ?? '').trim();
  }
  return { row: { line, cells: byColumn } };
}

async function first<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  const iterator = items[Symbol.asyncIterator]();
  const next = await iterator.next();
  await iterator.return?.();
  return next.done ? undefined : next.value;
}

async function sourceOf(path: string, name: string): Promise<() => AsyncIterable<Line>> {
  switch (extname(name).toLowerCase()) {
    case '.csv':
    case '.txt': {
      const delimiter = await delimiterOf(path);
      return () => csvLines(path, delimiter);
    }
    case '.xlsx':
      return await xlsxLines(path);
    default:
      throw new FileRefused(importFault('FileTypeUnknown', 1, null));
  }
}

/** `;` or `,`: whichever the heading has more of outside quotes. */
async function delimiterOf(path: string): Promise<',' | ';'> {
  let head = '';
  for await (const chunk of utf8Chunks(path)) {
    head += chunk;
    if (/[\r\n]./s.test(head.trimStart()) || head.length > 65_536) break;
  }
  const line = (head.trimStart().split(/\r?\n|\r/)[0] ?? '').replace(/"[^"]*"/g, '');
  const count = (mark: string): number => line.split(mark).length;
  return count(';') > count(',') ? ';' : ',';
}

/** The file's text by chunks; refuses bytes that are not UTF-8 instead of reading them as question marks. */
async function* utf8Chunks(path: string): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new FileRefused(importFault('FileNotUtf8', 1, null));
    }
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 262_144 })) {
    const text = decode(chunk as Buffer);
    // A zero character is what UTF-16 without a mark looks like.
    if (text.includes('\0')) throw new FileRefused(importFault('FileNotUtf8', 1, null));
    yield text;
  }
  yield decode();
}

async function* csvLines(path: string, delimiter: string): AsyncGenerator<Line> {
  const parser = parse({
    delimiter,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
  });
  const feed = feedParser(parser, path);
  try {
    let previousEnd = 0;
    for await (const item of parser) {
      const { record, info } = item as { record: string[]; info: { lines: number } };
      // `lines` is the record's last line; a text over several lines began that many earlier.
      let breaks = 0;
      for (const cell of record) for (const character of cell) if (character === '\n') breaks += 1;
      yield { line: Math.max(previousEnd + 1, info.lines - breaks), cells: record };
      previousEnd = info.lines;
    }
    await feed;
  } catch (error) {
    await feed.catch(() => undefined);
    throw refused(error);
  } finally {
    parser.destroy();
  }
}

async function feedParser(parser: ReturnType<typeof parse>, path: string): Promise<void> {
  try {
    for await (const chunk of utf8Chunks(path)) {
      if (parser.destroyed) return;
      if (!parser.write(chunk)) await drained(parser);
    }
    if (!parser.destroyed) parser.end();
  } catch (error) {
    parser.destroy(error as Error);
    throw error;
  }
}

function drained(parser: ReturnType<typeof parse>): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      parser.off('drain', done);
      parser.off('close', done);
      resolve();
    };
    parser.on('drain', done);
    parser.on('close', done);
    if (parser.destroyed) done();
  });
}

function refused(error: unknown): unknown {
  const { code, lines } = error as { code?: unknown; lines?: unknown };
  if (typeof code === 'string' && code.startsWith('CSV_')) {
    return new FileRefused(importFault('FileMalformed', typeof lines === 'number' ? lines : 1, null, { reason: code }));
  }
  return error;
}

/** The first sheet's rows. */
async function xlsxLines(path: string): Promise<() => AsyncIterable<Line>> {
  if ((await stat(path)).size > XLSX_LIMIT_MEGABYTES * 1_048_576) {
    throw new FileRefused(importFault('FileTooLarge', 1, null, { limitMegabytes: XLSX_LIMIT_MEGABYTES }));
  }
  const unreadable = await extractSheet(path);
  if (unreadable !== null) {
    throw new FileRefused(importFault('FileMalformed', 1, null, { reason: unreadable }));
  }
  return () => sheetRows(path);
}
