import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as XLSX from '@e965/xlsx';
import type { RawRow } from './cells.js';
import { FileRefused } from './import-fault.js';
import { openRegisterFile } from './register-file.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tinbao-files-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function read(
  name: string,
  content: string | Uint8Array,
): Promise<{ unknown: string[]; rows: RawRow[]; faults: string[] }> {
  const path = join(folder, name);
  await writeFile(path, content);
  const file = await openRegisterFile(path, name);
  const rows: RawRow[] = [];
  const faults: string[] = [];
  for await (const item of file.rows()) {
    if ('row' in item) rows.push(item.row);
    else faults.push(`${item.fault.line} ${item.fault.code}`);
  }
  return { unknown: file.unknownColumns, rows, faults };
}

async function refusal(name: string, content: string | Uint8Array): Promise<string> {
  try {
    await read(name, content);
  } catch (error) {
    if (error instanceof FileRefused) return `${error.fault.line} ${error.fault.code}`;
    throw error;
  }
  return 'taken';
}

const HEAD = 'register_number,unit_code,kind,channel,received_at,content';

describe('a CSV file', () => {
  it('is read with comma or semicolon, with or without the mark, in either line ending', async () => {
    const rows = [HEAD, '1,PC-80,report,counter,05/01/2026 08:00,"mất xe, tại chợ"'];
    const semicolon = rows
      .join('\r\n')
      .replace('"mất xe, tại chợ"', '"mất xe, tại chợ"')
      .replaceAll(/,(?! )/g, ';');
    for (const text of [rows.join('\n'), `\uFEFF${rows.join('\r\n')}\r\n`, semicolon]) {
      const { rows: read_ } = await read('a.csv', text);
      expect(read_).toEqual([
        {
          line: 2,
          cells: {
            register_number: '1',
            unit_code: 'PC-80',
            kind: 'report',
            channel: 'counter',
            received_at: '05/01/2026 08:00',
            content: 'mất xe, tại chợ',
          },
        },
      ]);
    }
  });

  it('keeps the line where each row begins, over empty lines and texts of several lines', async () => {
    const text = `${HEAD}\n1,a,b,c,d,"một\nhai\nba"\n\n2,a,b,c,d,e\n;;\n3,a,b,c,d,e`;
    const { rows, faults } = await read('b.csv', text);
    expect(rows.map(({ line, cells }) => [line, cells['register_number']])).toEqual([
      [2, '1'],
      [6, '2'],
      [8, '3'],
    ]);
    expect(faults).toEqual(['7 CellCountDiffers']);
  });

  it('tells unknown columns', async () => {
    expect((await read('c.csv', `${HEAD},Ghi chú\n1,a,b,c,d,e,f\n`)).unknown).toEqual(['Ghi chú']);
  });

  it('is refused as a whole when it cannot be understood', async () => {
    expect(await refusal('d.csv', '')).toBe('1 FileEmpty');
    expect(await refusal('e.csv', 'a,b\n1,2')).toBe('1 FileKindUnknown');
    expect(await refusal('f.csv', HEAD.replace(',content', ''))).toBe('1 ColumnMissing');
    expect(await refusal('g.csv', `${HEAD},unit_code`)).toBe('1 ColumnTwice');
    expect(await refusal('h.csv', Buffer.from(`${HEAD}\n1,a,b,c,d,m\xc3\x28`, 'latin1'))).toBe('1 FileNotUtf8');
    expect(await refusal('i.csv', Buffer.from(`\uFEFF${HEAD}`, 'utf16le'))).toBe('1 FileNotUtf8');
    expect(await refusal('j.csv', `${HEAD}\n1,a,b,c,d,"không đóng`)).toMatch(/ FileMalformed$/);
    expect(await refusal('k.pdf', HEAD)).toBe('1 FileTypeUnknown');
    expect(await refusal('l.xlsx', HEAD)).toBe('1 FileMalformed');
  });
});

describe('an XLSX file', () => {
  it('gives the same rows: texts, numbers, days and moments of date cells', async () => {
    const sheet = XLSX.utils.aoa_to_sheet([
      ['Số sổ', 'Đơn vị', 'Loại', 'Kênh', 'Thời điểm tiếp nhận', 'Nội dung', 'Ngày kéo dài', 'Khoản'],
      [1, 'PC-80', 'report', 'counter', 46027 + 8 / 24, 'mất xe', 46042, 1],
      [2, 'PC-80', 'report', 'counter', 46027, 'mất xe'],
      [3, 'PC-80', 'report', 'counter', '05/01/2026 08:00', 'mất xe'],
    ]);
    for (const [cell, format] of [
      ['E2', 'dd/mm/yyyy hh:mm'],
      ['E3', 'dd/mm/yyyy hh:mm'],
      ['G2', 'dd/mm/yyyy'],
    ] as const) {
      (sheet[cell] as { z: string }).z = format;
    }
    const book = XLSX.utils.book_new(sheet, 'Sổ');
    const bytes = XLSX.write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer;
    const { rows, faults } = await read('a.xlsx', bytes);
    expect(faults).toEqual([]);
    expect(
      rows.map(({ line, cells }) => [
        line,
        cells['register_number'],
        cells['received_at'],
        cells['prolonged_on'],
        cells['clause'],
      ]),
    ).toEqual([
      [2, '1', '2026-01-05T08:00:00+07:00', '2026-01-20', '1'],
      [3, '2', '2026-01-05T00:00:00+07:00', '', ''],
      [4, '3', '05/01/2026 08:00', '', ''],
    ]);
  });
});
