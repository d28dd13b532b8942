import type { Step, Version } from './engine.js';
import { DatabaseError, type Row, type Table } from './engine.js';
import type { Call, Meaning, Recogniser } from './server.js';

/** A statement that the model knows: how its text is recognised, and what it means there. */
export interface Known {
  /** Tested against the text with single spaces and without quotes around names. */
  text: RegExp;
  meaning: (match: RegExpExecArray) => Meaning;
}

/**
 * Finds statements by their text. One that is not known ends the simulation: the program says something to PostgreSQL
 * that the model has to learn first.
 */
export function recogniser(known: readonly Known[]): Recogniser {
  const found = new Map<string, Meaning>();
  return (text) => {
    const before = found.get(text);
    if (before) return before;
    const flat = text.replace(/--.*$/gm, ' ').replace(/\s+/g, ' ').replaceAll('"', '').trim();
    for (const { text: pattern, meaning } of known) {
      const match = pattern.exec(flat);
      if (!match) continue;
      const result = meaning(match);
      found.set(text, result);
      return result;
    }
    throw new Error(`the model of PostgreSQL does not know this statement: ${flat}`);
  };
}

/** Rows that the statement sees and that `wanted` picks, in no order. */
export function see({ db, snapshot, tx }: Call, table: Table, wanted: (row: Row) => boolean): Version[] {
  const seen: Version[] = [];
  for (const version of db.select(table, snapshot, tx)) if (wanted(version.row)) seen.push(version);
  return seen;
}

/** Lock what was seen; rows that changed meanwhile are looked at again as they are now (READ COMMITTED). */
export function* lockSeen(
  { db, tx }: Call,
  table: Table,
  seen: readonly Version[],
  wanted: (row: Row) => boolean,
): Generator<Step, Version[]> {
  const locked: Version[] = [];
  for (const version of seen) {
    const newest = yield* db.lock(tx, table, version);
    if (newest && (newest === version || wanted(newest.row))) locked.push(newest);
  }
  return locked;
}

/** UPDATE … WHERE: returns how many rows were changed. */
export function* update(
  call: Call,
  table: Table,
  wanted: (row: Row) => boolean,
  change: (row: Row) => Row,
): Generator<Step, number> {
  const locked = yield* lockSeen(call, table, see(call, table, wanted), wanted);
  for (const version of locked) call.db.replace(call.tx, table, version, change(version.row));
  return locked.length;
}

/** DELETE … WHERE: returns how many rows went. */
export function* remove(call: Call, table: Table, wanted: (row: Row) => boolean): Generator<Step, number> {
  const locked = yield* lockSeen(call, table, see(call, table, wanted), wanted);
  for (const version of locked) call.db.erase(call.tx, table, version);
  return locked.length;
}

/** INSERT … ON CONFLICT DO UPDATE: returns the row as it is then. */
export function* upsert(call: Call, table: Table, row: Row, change: (standing: Row) => Row): Generator<Step, Row> {
  const { db, tx } = call;
  for (;;) {
    const conflict = yield* db.put(tx, table, row);
    if (!conflict) return row;
    const standing = yield* db.lock(tx, table, conflict.version);
    if (!standing) continue;
    const changed = change(standing.row);
    db.replace(tx, table, standing, changed);
    return changed;
  }
}

/** The text of a JSON parameter, parsed as jsonb would take it. */
export function jsonb<T>(value: unknown): T {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  if (/(^|[^\\])(\\\\)*\\u0000/.test(text)) throw new DatabaseError('22P05', 'unsupported Unicode escape sequence');
  return JSON.parse(text) as T;
}

/** Compares two texts as the "C" collation does. */
export function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
}
