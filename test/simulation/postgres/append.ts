import { DatabaseError, type Row, type Step } from './engine.js';
import type { Call } from './server.js';
import { jsonb, type Known, see, upsert } from './statements.js';

/** A row of `events`, as the model keeps it. */
export interface EventRow extends Row {
  xid: number;
  gp: number;
  id: string;
  stream: string;
  version: number;
  type: string;
  event_version: number;
  data: unknown;
  meta: unknown;
  recorded_at: string;
}

interface KnownCommand extends Row {
  key: string;
  fingerprint: string;
  stream: string;
  first_version: number;
  last_version: number;
}

interface Command {
  stream: string;
  expected: number;
  count: number;
  key: string | null;
  fingerprint: string | null;
  series: string | null;
  year: number | null;
  field: string | null;
  /** Its events, in order. */
  events: { id: string; version: number; type: string; event_version: number; data: object; meta: object }[];
}

interface Judged extends Command {
  known: KnownCommand | undefined;
  actual: number;
  passes: boolean;
  number: number | null;
}

type Numbered = Command & { number: number | null };

/** A statement of its own inside a function: it sees what has been committed when it begins. */
function again(call: Call): Call {
  return { ...call, snapshot: call.db.snapshot() };
}

function headsOf({ db, snapshot, tx }: Call, schema: string, streams: ReadonlySet<string>): Map<string, number> {
  const heads = new Map<string, number>();
  for (const { row } of db.select(db.table(`${schema}.events`), snapshot, tx)) {
    const { stream, version } = row as EventRow;
    if (streams.has(stream)) heads.set(stream, Math.max(heads.get(stream) ?? 0, version));
  }
  return heads;
}

function knownBy({ db, snapshot, tx }: Call, schema: string, key: string): KnownCommand | undefined {
  const chain = db.table(`${schema}.commands`).chain({ key });
  return chain.find((version) => db.visible(version, snapshot, tx))?.row as KnownCommand | undefined;
}

/** The part `command … judged` of the function's query. */
function judge(call: Call, schema: string, commands: readonly Command[]): Judged[] {
  const heads = headsOf(call, schema, new Set(commands.map(({ stream }) => stream)));
  const counted = new Map<string, number>();
  const broken = new Set<string>();
  return commands.map((command) => {
    const { stream, count, expected, key } = command;
    const known = key === null ? undefined : knownBy(call, schema, key);
    const actual = heads.get(stream) ?? 0;
    const standing = actual + (counted.get(stream) ?? 0);
    if (!known) {
      counted.set(stream, (counted.get(stream) ?? 0) + count);
      if (expected !== standing) broken.add(stream);
    }
    return { ...command, known, actual, passes: !known && !broken.has(stream), number: null };
  });
}

/** Take numbers for those that ask: series by series in their order, as the function sorts them. */
function* takeNumbers(call: Call, schema: string, commands: readonly Numbered[]): Generator<Step, void> {
  const { db } = call;
  const takers = new Map<string, Numbered[]>();
  for (const command of commands) {
    if (command.series === null) continue;
    const key = `${command.series}\u0001${String(command.year).padStart(8, '0')}`;
    takers.set(key, [...(takers.get(key) ?? []), command]);
  }
  for (const key of [...takers.keys()].sort()) {
    const some = takers.get(key) as Numbered[];
    const { series, year } = some[0] as Numbered;
    if (db.random.chance(0.3)) yield 'pause';
    const given = yield* upsert(
      call,
      db.table(`${schema}.series`),
      { series, year, last: some.length },
      (standing) => ({
        ...standing,
        last: (standing['last'] as number) + some.length,
      }),
    );
    const last = given['last'] as number;
    some.forEach((command, index) => {
      command.number = last - some.length + index + 1;
    });
  }
}

/** Insert the commands' events, in order. @returns their identities */
function* writeEvents(
  call: Call,
  schema: string,
  commands: readonly Numbered[],
  recordedAt: string,
): Generator<Step, string[]> {
  const { db, tx } = call;
  const places: string[] = [];
  for (const { stream, events, number, field, year } of commands) {
    for (const { id, version, type, event_version, data, meta } of events) {
      if (db.random.chance(0.2)) yield 'pause';
      if (version < 1) throw new DatabaseError('23514', 'new row violates check constraint "events_version_check"');
      const xid = db.xidOf(tx);
      // Identities are given before anything is checked, and never come back.
      const gp = db.next(`${schema}.events.gp`);
      const row: EventRow = {
        xid,
        gp,
        id,
        stream,
        version,
        type,
        event_version,
        data: number === null || field === null ? data : { ...data, [field]: { number, year } },
        meta,
        recorded_at: recordedAt,
      };
      yield* db.insert(tx, db.table(`${schema}.events`), row);
      places.push(String(gp));
    }
  }
  return places;
}

function* remember(
  call: Call,
  schema: string,
  commands: readonly Command[],
  recordedAt: string,
): Generator<Step, void> {
  const { db, tx } = call;
  for (const { key, fingerprint, stream, expected, count } of commands) {
    if (key === null) continue;
    if (db.random.chance(0.1)) yield 'pause';
    yield* db.insert(tx, db.table(`${schema}.commands`), {
      key,
      fingerprint,
      stream,
      first_version: expected + 1,
      last_version: expected + count,
      recorded_at: recordedAt,
    });
  }
}

function kindOf({ known, passes, fingerprint }: Judged): string {
  if (!known) return passes ? 'appended' : 'conflict';
  return known.fingerprint === fingerprint ? 'replayed' : 'key-reused';
}

/** `append_batch` of libs/event-store/src/append-function.ts. */
function* appendBatch(call: Call, schema: string): Generator<Step, object> {
  const { db, tx, values } = call;
  tx.durable = true;
  if (typeof values[1] === 'number') tx.lockTimeoutMs = values[1];
  const recordedAt = moment(values[0]);
  const commands = commandsOf(values);
  yield 'pause';
  if (tx.xid !== 0 && db.options.youngerGuard) {
    const inside = again(call);
    for (const { stream } of commands) {
      for (const { row } of see(inside, db.table(`${schema}.events`), (event) => event['stream'] === stream)) {
        if ((row as EventRow).xid > tx.xid) {
          throw new DatabaseError('40001', 'a younger transaction has appended to a stream of this one');
        }
      }
    }
  }

  const heads = itemsOf<string>(values[2]);
  if (heads) {
    const expected = itemsOf<number>(values[3]) as number[];
    const standing = headsOf(again(call), schema, new Set(heads));
    let isOrdinary = heads.every((stream, index) => (standing.get(stream) ?? 0) === expected[index]);
    if (db.random.chance(0.1)) yield 'pause';
    if (isOrdinary && itemsOf(values[7])) {
      const asked = again(call);
      isOrdinary = commands.every(({ key }) => key === null || !knownBy(asked, schema, key));
    }
    if (isOrdinary) {
      const hasSeries = itemsOf(values[9]) !== null;
      const numbered: Numbered[] = commands.map((command) => ({ ...command, number: null }));
      if (hasSeries) yield* takeNumbers(again(call), schema, numbered);
      const places = yield* writeEvents(again(call), schema, numbered, recordedAt);
      yield* remember(again(call), schema, commands, recordedAt);
      return {
        xid: String(db.xidOf(tx)),
        gp: places.length > 0 ? places.join(',') : null,
        numbers: hasSeries ? numbered.map(({ number }) => number) : null,
        verdicts: null,
      };
    }
  }

  const inside = again(call);
  const judged = judge(inside, schema, commands);
  const xid = db.xidOf(tx);
  const passing = judged.filter(({ passes }) => passes);
  yield* takeNumbers(inside, schema, passing);
  const places = yield* writeEvents(inside, schema, passing, recordedAt);
  yield* remember(inside, schema, passing, recordedAt);
  return {
    xid: String(xid),
    gp: places.length > 0 ? places.join(',') : null,
    numbers: null,
    verdicts: judged.map((one) => ({
      kind: kindOf(one),
      actual: one.actual,
      number: one.number,
      stream: one.known?.stream ?? null,
      first: one.known?.first_version ?? null,
      last: one.known?.last_version ?? null,
    })),
  };
}

/** Elements of an array parameter (`PgArray`), or null. */
function itemsOf<T>(value: unknown): T[] | null {
  return value === null || value === undefined ? null : (value as { items: T[] }).items;
}

function commandsOf(values: readonly unknown[]): Command[] {
  const column = <T>(index: number): T[] | null => itemsOf<T>(values[index]);
  for (const index of [2, 4, 7, 8, 9, 11, 14, 16]) {
    for (const text of column<string | null>(index) ?? []) {
      if (text?.includes('\u0000')) throw new DatabaseError('22021', 'invalid byte sequence for encoding "UTF8": 0x00');
    }
  }
  const commands = (column<string>(4) as string[]).map((stream, index): Command => ({
    stream,
    expected: column<number>(5)?.[index] as number,
    count: column<number>(6)?.[index] as number,
    key: column<string | null>(7)?.[index] ?? null,
    fingerprint: column<string | null>(8)?.[index] ?? null,
    series: column<string | null>(9)?.[index] ?? null,
    year: column<number | null>(10)?.[index] ?? null,
    field: column<string | null>(11)?.[index] ?? null,
    events: [],
  }));
  (column<number>(12) as number[]).forEach((command, index) => {
    commands[command - 1]?.events.push({
      id: column<string>(13)?.[index] as string,
      version: column<number>(15)?.[index] as number,
      type: column<string>(16)?.[index] as string,
      event_version: column<number>(17)?.[index] as number,
      data: jsonb<object>(column<string>(18)?.[index]),
      meta: jsonb<object>(column<string>(19)?.[index]),
    });
  });
  return commands;
}

function moment(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value);
}

const name = '([a-z_]+)';

/** The statements that write the log. */
export const appendStatements: readonly Known[] = [
  {
    text: new RegExp(`^SELECT ${name}\\.append_batch\\((\\$\\d+, ){19}\\$20\\) AS answer$`),
    meaning: ([, schema]) =>
      function* (call) {
        return { rows: [{ answer: yield* appendBatch(call, schema as string) }] };
      },
  },
  {
    text: new RegExp(
      `^SELECT fingerprint, stream, first_version, last_version FROM ${name}\\.commands WHERE key = \\$1$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const rows = see(call, call.db.table(`${schema}.commands`), (row) => row['key'] === call.values[0]);
        return { rows: rows.map(({ row }) => ({ ...row })) };
      },
  },
];
