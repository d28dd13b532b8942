import { identifier } from './database.js';
import { PgArray } from './pg-array.js';
import type { AppendCommand, EventData, EventMeta, StoredEvent } from './types.js';

/** An event ready to be written: judged to be well formed, serialised once. */
export interface PreparedEvent {
  id: string;
  type: string;
  eventVersion: number;
  data: EventData;
  meta: Omit<EventMeta, 'recordedAt'>;
  dataText: string;
  metaText: string;
}

/** A command ready to be written. */
export interface PreparedCommand {
  stream: string;
  expectedVersion: number;
  events: readonly PreparedEvent[];
  idempotency: AppendCommand['idempotency'];
  allocate: AppendCommand['allocate'];
  /** About as many bytes as it takes on its way to the server. */
  bytes: number;
}

/** What the log says to one command. */
export type CommandResult =
  | { kind: 'appended'; events: StoredEvent[] }
  /** The key was seen before with the same fingerprint; where its first command's events are (none when last < first). */
  | { kind: 'replayed'; stream: string; first: number; last: number }
  | { kind: 'conflict'; actualVersion: number }
  | { kind: 'key-reused' };

/** Row of the statement's answer, see `appendStatement`. */
export interface AppendAnswer {
  xid: string;
  /** Identities of the written events in the order of the commands and their events, joined by commas. */
  gp: string | null;
  /** Numbers taken, by command; null when none was asked for or `verdicts` tell. */
  numbers: (number | null)[] | null;
  /** Null when all commands passed. */
  verdicts: RawVerdict[] | null;
}

interface RawVerdict {
  kind: CommandResult['kind'];
  actual: number;
  number: number | null;
  stream: string | null;
  first: number | null;
  last: number | null;
}

/**
 * The statement `<schema>-append`: judge commands and write those that pass. Its values, all arrays `PgArray`:
 *
 * | | |
 * |---|---|
 * | 1 `recorded_at` | when the log learned of it |
 * | 2 `lock_ms` | longest wait for a lock of another transaction, null = the session's own limit |
 * | 3 `head_stream`, 4 `head_version` | streams with the version that their first command expects, where it is not sure that the log has that version; null when some later command does not follow on the one before it: then all are judged one by one |
 * | 5 `stream`, 6 `expected`, 7 `count` | one per command: its stream, the version it expects, how many events it has |
 * | 8 `key`, 9 `fingerprint` | one per command or null; the whole arrays null when no command has a key |
 * | 10 `series`, 11 `year`, 12 `field` | the same for numbers to take |
 * | 13 `command` | one per event from here on: which command it belongs to, from 1 |
 * | 14 `id`, 15 `event_stream`, 16 `version`, 17 `type`, 18 `event_version`, 19 `data`, 20 `meta` | the event's columns |
 *
 * `isSure` says of which streams the log surely has the expected version (0 it always has).
 *
 * It returns one row `{answer: AppendAnswer}`. Keys must be distinct. A race lost to another transaction is an error
 * (`23505`, `40P01`): nothing was written, and the same statement again sees the winner.
 */
export function appendStatement(
  schema: string,
  commands: readonly PreparedCommand[],
  recordedAt: Date,
  lockMs: number | null,
  isSure: (stream: string, version: number) => boolean = () => false,
): { name: string; text: string; values: unknown[] } {
  const headStream: string[] = [];
  const headVersion: number[] = [];
  const standing = new Map<string, number>();
  let isRegular = true;
  let hasKeys = false;
  let hasSeries = false;
  const [stream, expected, count]: [string[], number[], number[]] = [[], [], []];
  const [command, id, eventStream, version]: [number[], string[], string[], number[]] = [[], [], [], []];
  const [type, eventVersion, data, meta]: [string[], number[], string[], string[]] = [[], [], [], []];
  for (const one of commands) {
    const before = standing.get(one.stream);
    if (before === undefined) {
      // A later version than expected is found by the unique index in any case.
      if (!isSure(one.stream, one.expectedVersion)) {
        headStream.push(one.stream);
        headVersion.push(one.expectedVersion);
      }
    } else if (before !== one.expectedVersion) isRegular = false;
    standing.set(one.stream, one.expectedVersion + one.events.length);
    hasKeys ||= one.idempotency !== undefined;
    hasSeries ||= one.allocate !== undefined;
    stream.push(one.stream);
    expected.push(one.expectedVersion);
    count.push(one.events.length);
    let last = one.expectedVersion;
    for (const event of one.events) {
      last += 1;
      command.push(stream.length);
      id.push(event.id);
      eventStream.push(one.stream);
      version.push(last);
      type.push(event.type);
      eventVersion.push(event.eventVersion);
      data.push(event.dataText);
      meta.push(event.metaText);
    }
  }
  const streams = text(stream);
  const isOneEach = count.every((events) => events === 1);
  const keys = (part: 'key' | 'fingerprint') =>
    hasKeys ? text(commands.map(({ idempotency }) => idempotency?.[part] ?? null)) : null;
  return {
    name: `${schema}-append`,
    text: `SELECT ${identifier(schema)}.append_batch(${parameters}) AS answer`,
    values: [
      recordedAt,
      lockMs,
      isRegular ? text(headStream) : null,
      isRegular ? int4(headVersion) : null,
      streams,
      int4(expected),
      int4(count),
      keys('key'),
      keys('fingerprint'),
      hasSeries ? text(commands.map(({ allocate }) => allocate?.series ?? null)) : null,
      hasSeries ? int4(commands.map(({ allocate }) => allocate?.year ?? null)) : null,
      hasSeries ? text(commands.map(({ allocate }) => allocate?.field ?? null)) : null,
      int4(command),
      new PgArray('uuid', id),
      // The same array is made into bytes once.
      isOneEach ? streams : text(eventStream),
      int4(version),
      text(type),
      int4(eventVersion),
      new PgArray('jsonb', data),
      new PgArray('jsonb', meta),
    ],
  };
}

const parameters = Array.from({ length: 20 }, (_, index) => `$${index + 1}`).join(', ');
const text = (items: (string | null)[]): PgArray => new PgArray('text', items);
const int4 = (items: (number | null)[]): PgArray => new PgArray('int4', items);

/** One result per command, in order; events as they now stand in the log. */
export function resultsOf(
  commands: readonly PreparedCommand[],
  answer: AppendAnswer,
  recordedAt: Date,
): CommandResult[] {
  const { xid, verdicts, numbers } = answer;
  const places = answer.gp === null ? [] : answer.gp.split(',');
  const at = recordedAt.toISOString();
  const passed = new Map<string, number>();
  let place = 0;
  return commands.map((command, index): CommandResult => {
    const verdict = verdicts?.[index];
    switch (verdict?.kind) {
      case 'replayed':
        return {
          kind: 'replayed',
          stream: verdict.stream as string,
          first: verdict.first as number,
          last: verdict.last as number,
        };
      case 'key-reused':
        return { kind: 'key-reused' };
      case 'conflict':
        return { kind: 'conflict', actualVersion: verdict.actual + (passed.get(command.stream) ?? 0) };
      default: {
        const { stream, expectedVersion, events, allocate } = command;
        if (verdicts) passed.set(stream, (passed.get(stream) ?? 0) + events.length);
        const number = (verdict ? verdict.number : numbers?.[index]) ?? null;
        const stored: StoredEvent[] = [];
        let meta: EventMeta | undefined;
        for (let nth = 0; nth < events.length; nth += 1) {
          const event = events[nth] as PreparedEvent;
          const gp = places[place];
          place += 1;
          if (gp === undefined)
            throw new Error(`the log named no place for event ${expectedVersion + nth + 1} of a stream`);
          if (meta === undefined || event.meta !== events[nth - 1]?.meta) {
            const { actor, correlationId, causationId, happenedAt, source } = event.meta;
            meta = { actor, correlationId, causationId, happenedAt, recordedAt: at, source };
          }
          stored.push({
            id: event.id,
            stream,
            version: expectedVersion + nth + 1,
            type: event.type,
            eventVersion: event.eventVersion,
            data:
              allocate && number !== null
                ? { ...event.data, [allocate.field]: { number, year: allocate.year } }
                : event.data,
            meta,
            position: { xid, gp },
          });
        }
        return { kind: 'appended', events: stored };
      }
    }
  });
}
