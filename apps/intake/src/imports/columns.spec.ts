import { describe, expect, it } from '@jest/globals';
import { FILE_COLUMNS, headingKey, resolveHeadings } from './columns.js';
import type { FileKind } from './columns.js';

describe('the headings of a file', () => {
  it('tell what the file holds, in any order', () => {
    for (const [kind, { labels }] of Object.entries(FILE_COLUMNS)) {
      const columns = Object.keys(labels).reverse();
      expect(resolveHeadings(columns)).toMatchObject({ kind, columns, unknownColumns: [], missing: [], twice: [] });
    }
  });

  it('may be the Vietnamese labels, without regard to case, marks and spaces', () => {
    for (const [kind, { labels }] of Object.entries(FILE_COLUMNS)) {
      const headings = Object.values(labels).map(([label]) => label as string);
      expect(resolveHeadings(headings)).toMatchObject({ kind, columns: Object.keys(labels), unknownColumns: [] });
      expect(resolveHeadings(headings.map((text) => ` ${headingKey(text).toUpperCase()} `))).toMatchObject({ kind });
    }
    expect(resolveHeadings(['Số sổ', 'THỜI ĐIỂM TIẾP NHẬN', 'don vi'])).toMatchObject({
      kind: 'tips',
      columns: ['register_number', 'received_at', 'unit_code'],
    });
  });

  it('never mean two columns at once', () => {
    for (const { labels } of Object.values(FILE_COLUMNS)) {
      const keys = Object.entries(labels).flatMap(([column, texts]) =>
        [...new Set([column, ...texts].map(headingKey))].map((key) => [key, column] as const),
      );
      expect(keys.length).toBe(new Map(keys).size);
    }
  });

  it('that are unknown, missing or repeated are told', () => {
    const kind: FileKind = 'tips';
    const columns = Object.keys(FILE_COLUMNS[kind].labels).filter((column) => column !== 'content');
    expect(resolveHeadings([...columns, 'Ghi chú', 'unit_code'])).toMatchObject({
      kind,
      unknownColumns: ['Ghi chú'],
      missing: ['content'],
      twice: ['unit_code'],
    });
    expect(resolveHeadings(['a', 'b'])).toBeUndefined();
  });
});
