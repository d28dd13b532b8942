import { importFault } from './import-fault.js';
import type { FaultFacts, ImportFault, ImportFaultCode } from './import-fault.js';

/** A row of the file: its line and its cells by column name, trimmed; an absent or empty cell is ''. */
export interface RawRow {
  line: number;
  cells: Record<string, string>;
}

/**
 * A cell's value as a fault may repeat it: single words and numbers. Anything else is left out, because in a file
 * with shifted columns it may be a name or the text of a tip, which the operator of an import does not see.
 */
function shown(value: string): string {
  return /^\S{1,24}$/.test(value) || /^[\d\s:/.,+-]{1,40}$/.test(value) ? value : '…';
}

const DAY_MS = 86_400_000;
/** Asia/Ho_Chi_Minh: UTC+7 the year round. */
const LOCAL_OFFSET_MS = 7 * 3_600_000;

const ISO_DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL_DAY = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/;
const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}:\d{2})$/;
const LOCAL_MOMENT = /^(\d{1,2})\/(\d{1,2})\/(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?$/;

/** Days since 1970-01-01 of a real calendar day between 1900 and 2200, else undefined. */
function dayNumber(year: number, month: number, day: number): number | undefined {
  if (year < 1900 || year > 2200 || month < 1 || month > 12 || day < 1) return undefined;
  const ms = Date.UTC(year, month - 1, day);
  return new Date(ms).getUTCMonth() === month - 1 ? ms / DAY_MS : undefined;
}

/** `YYYY-MM-DD` of a day written `YYYY-MM-DD` or `dd/MM/yyyy`; undefined when it is no real day. */
export function parseDay(text: string): string | undefined {
  const iso = ISO_DAY.exec(text);
  const local = iso ? null : LOCAL_DAY.exec(text);
  const days = iso
    ? dayNumber(Number(iso[1]), Number(iso[2]), Number(iso[3]))
    : local
      ? dayNumber(Number(local[3]), Number(local[2]), Number(local[1]))
      : undefined;
  return days === undefined ? undefined : new Date(days * DAY_MS).toISOString().slice(0, 10);
}

/** RFC 3339 in local time (+07:00) of a moment in milliseconds since 1970; milliseconds only where there are any. */
export function localMoment(ms: number): string {
  const text = new Date(ms + LOCAL_OFFSET_MS).toISOString();
  return `${text.endsWith('.000Z') ? text.slice(0, 19) : text.slice(0, 23)}+07:00`;
}

/** The moment in local RFC 3339, from RFC 3339 with offset or `dd/MM/yyyy HH:mm[:ss]` local time; else undefined. */
export function parseMoment(text: string): string | undefined {
  const iso = RFC3339.exec(text);
  const local = iso ? null : LOCAL_MOMENT.exec(text);
  const parts = iso ?? local;
  if (!parts) return undefined;
  const days = iso
    ? dayNumber(Number(parts[1]), Number(parts[2]), Number(parts[3]))
    : dayNumber(Number(parts[3]), Number(parts[2]), Number(parts[1]));
  const [hour, minute, second] = [Number(parts[4]), Number(parts[5]), Number(parts[6] ?? 0)];
  if (days === undefined || hour > 23 || minute > 59 || second > 59) return undefined;
  const fraction = iso?.[7] ? Math.trunc(Number(`0.${iso[7]}`) * 1000) : 0;
  const offset = iso ? offsetMs(iso[8] ?? 'Z') : LOCAL_OFFSET_MS;
  if (offset === undefined) return undefined;
  return localMoment(days * DAY_MS + (hour * 3600 + minute * 60 + second) * 1000 + fraction - offset);
}

function offsetMs(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(4, 6));
  if (hours > 23 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Legal day (Asia/Ho_Chi_Minh) of a moment as written by `parseMoment`. */
export function dayOf(moment: string): string {
  return moment.slice(0, 10);
}

const YES = new Set(['yes', 'y', 'true', '1', 'có', 'x']);
const NO = new Set(['no', 'n', 'false', '0', 'không', '']);

/** Reads the cells of one row, keeps every fault, so that a row is refused with all that is wrong in it at once. */
export class CellReader {
  readonly faults: ImportFault[] = [];

  constructor(private readonly row: RawRow) {}

  get line(): number {
    return this.row.line;
  }

  /** Whether the cell holds anything. */
  has(column: string): boolean {
    return (this.row.cells[column] ?? '') !== '';
  }

  fault(code: ImportFaultCode, column: string | null, facts: FaultFacts = {}): void {
    this.faults.push(importFault(code, this.row.line, column, facts));
  }

  text(column: string, limit: number): string | undefined {
    const value = this.row.cells[column] ?? '';
    if (value === '') return undefined;
    if (value.length > limit) {
      this.fault('CellTooLong', column, { limit });
      return undefined;
    }
    return value;
  }

  required(column: string, limit: number): string {
    const value = this.text(column, limit);
    if (!this.has(column)) this.fault('CellMissing', column);
    return value ?? '';
  }

  code(column: string): string | undefined {
    const value = this.text(column, 40);
    if (value === undefined || /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/.test(value)) return value;
    this.fault('NotACode', column, { value: shown(value) });
    return undefined;
  }

  requiredCode(column: string): string {
    if (!this.has(column)) this.fault('CellMissing', column);
    return this.code(column) ?? '';
  }

  day(column: string): string | undefined {
    return this.parsed(column, parseDay, 'NotADay');
  }

  moment(column: string): string | undefined {
    return this.parsed(column, parseMoment, 'NotAMoment');
  }

  requiredMoment(column: string): string {
    if (!this.has(column)) this.fault('CellMissing', column);
    return this.moment(column) ?? '';
  }

  integer(column: string, minimum: number, maximum: number): number | undefined {
    return this.parsed(
      column,
      (text) => {
        const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
        return value >= minimum && value <= maximum ? value : undefined;
      },
      'NotANumber',
    );
  }

  word<T extends string>(column: string, allowed: readonly T[]): T | undefined {
    const value = this.row.cells[column] ?? '';
    if (value === '') return undefined;
    const found = allowed.find((word) => word === value || word === value.toLowerCase());
    if (found === undefined) this.fault('NotInList', column, { value: shown(value), allowed: allowed.join(', ') });
    return found;
  }

  requiredWord<T extends string>(column: string, allowed: readonly [T, ...T[]]): T {
    if (!this.has(column)) this.fault('CellMissing', column);
    return this.word(column, allowed) ?? allowed[0];
  }

  yesNo(column: string): boolean {
    const value = (this.row.cells[column] ?? '').toLowerCase();
    if (YES.has(value)) return true;
    if (!NO.has(value)) this.fault('NotYesOrNo', column, { value: shown(value) });
    return false;
  }

  /** Faults every column that is filled while one it depends on is empty. */
  needs(...pairs: readonly (readonly [column: string, needs: string])[]): void {
    for (const [column, needs] of pairs) {
      if (this.has(column) && !this.has(needs)) this.fault('CellNeedsOther', column, { needs });
    }
  }

  private parsed<T>(column: string, parse: (text: string) => T | undefined, code: ImportFaultCode): T | undefined {
    const text = this.row.cells[column] ?? '';
    if (text === '') return undefined;
    const value = parse(text);
    if (value === undefined) this.fault(code, column, { value: shown(text) });
    return value;
  }
}

/** A dated cell of a row, as the check of chronology sees it: a day or a moment. */
export interface DatedCell {
  column: string;
  at: string | undefined;
  line?: number;
}

/** Whether `later` lies before `earlier`; where one of them is a day, days are compared. */
function isBefore(later: string, earlier: string): boolean {
  if (later.length === 10 || earlier.length === 10) return later.slice(0, 10) < earlier.slice(0, 10);
  return Date.parse(later) < Date.parse(earlier);
}

/**
 * Checks a row's dates in the order in which the acts follow from each other: none before an earlier one, none after
 * `now` (RFC 3339, local as written by `localMoment`). Names the two columns of every breach.
 */
export function checkChronology(line: number, cells: readonly DatedCell[], now: string): ImportFault[] {
  const faults: ImportFault[] = [];
  let latest: { column: string; at: string } | undefined;
  for (const { column, at, line: cellLine } of cells) {
    if (at === undefined) continue;
    const where = cellLine ?? line;
    if (isBefore(now, at)) faults.push(importFault('ActInFuture', where, column, { at }));
    if (latest && isBefore(at, latest.at)) {
      faults.push(importFault('ActBeforeCause', where, column, { at, cause: latest.column, causeAt: latest.at }));
    } else {
      latest = { column, at };
    }
  }
  return faults;
}
