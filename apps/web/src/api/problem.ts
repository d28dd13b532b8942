import type { Bilingual } from './types';

/**
 * An answer that is not a success, as one typed error. Kinds: `refused` (a rule said no, 409 or 422), `malformed` (400), `conflict`
 * (412: the record changed since it was opened), `signed-out` (401), `no-right` (403), `absent` (404), `offline` (no answer at all), `broken` (the rest).
 * Compare `kind` and `code`, never the class.
 */
export type ProblemKind =
  'refused' | 'malformed' | 'conflict' | 'signed-out' | 'no-right' | 'absent' | 'offline' | 'broken';

export interface FieldFault extends Bilingual {
  field: string;
}

export class Problem extends Error {
  constructor(
    readonly kind: ProblemKind,
    readonly status: number,
    readonly code: string,
    readonly text: Bilingual,
    readonly cites: readonly string[],
    readonly faults: readonly FieldFault[],
    readonly correlationId: string | null,
  ) {
    super(`${code}: ${text.en}`);
    this.name = 'Problem';
  }
}

export const isProblem = (error: unknown): error is Problem => error instanceof Error && error.name === 'Problem';

/** Codes with which the server says that the record moved on, whatever the status. */
const CONFLICT_CODES = new Set(['Conflict', 'VersionConflict', 'VersionMismatch']);

function kindOf(status: number, code: string): ProblemKind {
  if (status === 412 || CONFLICT_CODES.has(code)) return 'conflict';
  if (status === 409 || status === 422) return 'refused';
  if (status === 400 || status === 413 || status === 415) return 'malformed';
  if (status === 401) return 'signed-out';
  if (status === 403) return 'no-right';
  if (status === 404 || status === 410) return 'absent';
  return 'broken';
}

const asText = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);
const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

function bilingual(source: Record<string, unknown>, fallback: string): Bilingual {
  const plain = asText(source['detail']) ?? asText(source['title']) ?? fallback;
  return {
    vi: asText(source['detailVi']) ?? asText(source['vi']) ?? plain,
    en: asText(source['detailEn']) ?? asText(source['en']) ?? plain,
  };
}

function faultsOf(body: Record<string, unknown>): FieldFault[] {
  const list = body['errors'];
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) => {
    const record = asRecord(entry);
    const field = asText(record['field']) ?? '';
    return { field, ...bilingual(record, field) };
  });
}

/** Reads an RFC 9457 problem document. A body that is none still gives a problem with the status. */
export async function problemFrom(response: Response): Promise<Problem> {
  const text = await response.text();
  let body: Record<string, unknown> = {};
  if ((response.headers.get('content-type') ?? '').includes('json') && text !== '') {
    try {
      body = asRecord(JSON.parse(text));
    } catch {
      body = { detail: text.slice(0, 300) };
    }
  }
  const code = asText(body['code']) ?? `Http${response.status}`;
  const cites: unknown[] = Array.isArray(body['cites']) ? body['cites'] : [];
  return new Problem(
    kindOf(response.status, code),
    response.status,
    code,
    bilingual(body, response.statusText || code),
    cites.filter((cite): cite is string => typeof cite === 'string'),
    faultsOf(body),
    asText(body['correlationId']) ?? response.headers.get('x-correlation-id'),
  );
}

/** No answer came: the line is down or the server is. */
export const offlineProblem = (): Problem =>
  new Problem(
    'offline',
    0,
    'Offline',
    { vi: 'Không liên lạc được với máy chủ.', en: 'The server cannot be reached.' },
    [],
    [],
    null,
  );
