import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** Lines of a CSV file with these columns, heading first; absent cells are empty. */
export function* csvLines(
  columns: readonly string[],
  rows: Iterable<Readonly<Partial<Record<string, string>>>>,
): Generator<string> {
  yield `${columns.join(',')}\r\n`;
  for (const row of rows) yield `${columns.map((column) => cell(row[column] ?? '')).join(',')}\r\n`;
}

/** Write a CSV file in UTF-8, row by row. */
export async function writeCsv(
  path: string,
  columns: readonly string[],
  rows: Iterable<Readonly<Partial<Record<string, string>>>>,
): Promise<void> {
  await pipeline(Readable.from(csvLines(columns, rows)), createWriteStream(path, { encoding: 'utf8', mode: 0o600 }));
}
