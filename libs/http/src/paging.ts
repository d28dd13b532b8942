import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { Type } from 'class-transformer';
import { Malformed } from './errors.js';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;
const MAX_CURSOR_LENGTH = 1000;

/** What a cursor holds: the sort values of the last row given, in the order of the list's ORDER BY. */
export type CursorValue = string | number | boolean | null;

/** One page asked for. */
export interface Page {
  /** How many rows at most. */
  limit: number;
  /** Sort values of the last row already given; undefined for the first page. */
  after: CursorValue[] | undefined;
}

/** A list as every endpoint answers it. */
export interface ListAnswer<T> {
  items: T[];
  /** Give it back as `cursor` for the next page; null when there is none. */
  nextCursor: string | null;
}

/** Base of a list's query class: `limit` and `cursor`. */
export class PageQuery {
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  cursor?: string;
}

/** Opaque text of a cursor. */
export function encodeCursor(values: readonly CursorValue[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** Sort values in a cursor. @throws Malformed when it is not one of ours */
export function decodeCursor(cursor: string): CursorValue[] {
  let values: unknown;
  try {
    values = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    values = undefined;
  }
  const isCursor =
    cursor.length <= MAX_CURSOR_LENGTH &&
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value) => value === null || ['string', 'number', 'boolean'].includes(typeof value));
  if (isCursor) return values as CursorValue[];
  throw new Malformed([
    {
      field: 'cursor',
      constraint: 'cursor',
      vi: 'cursor không hợp lệ: hãy dùng nguyên văn nextCursor của trang trước.',
      en: 'cursor is not valid: give back nextCursor of the page before, unchanged.',
    },
  ]);
}

/**
 * Page asked for by a query; 50 rows when it names no limit.
 * @throws Malformed when limit is not 1..max or the cursor is not one of ours
 */
export function parsePage(query: { limit?: unknown; cursor?: unknown }, max = MAX_LIMIT): Page {
  const limit = query.limit === undefined || query.limit === '' ? Math.min(DEFAULT_LIMIT, max) : Number(query.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > max) {
    throw new Malformed([
      {
        field: 'limit',
        constraint: 'limit',
        vi: `limit phải là số nguyên từ 1 đến ${max}.`,
        en: `limit must be an integer from 1 to ${max}.`,
      },
    ]);
  }
  const hasCursor = typeof query.cursor === 'string' && query.cursor !== '';
  return { limit, after: hasCursor ? decodeCursor(query.cursor as string) : undefined };
}

/**
 * Answer a list from `limit + 1` rows: the extra row only tells that there is a next page.
 * @param rows at most `page.limit + 1` rows in list order
 * @param sortValues the values of one row that the next page continues after
 */
export function listAnswer<T>(rows: T[], page: Page, sortValues: (row: T) => CursorValue[]): ListAnswer<T> {
  const items = rows.slice(0, page.limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > page.limit && last !== undefined ? encodeCursor(sortValues(last)) : null };
}
