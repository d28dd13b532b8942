import type { RawEvent } from '@app/event-store';
import { toCloudEvent } from '../../../libs/messaging/src/kafka/envelope.js';
import type { EventRow } from './append.js';
import { appendStatements } from './append.js';
import type { Database, Row, Snapshot } from './engine.js';
import type { Call, Result } from './server.js';
import { type Known, see } from './statements.js';

/** The tables of one service's event log. */
export function createEventLog(db: Database, schema: string): void {
  db.create(`${schema}.events`, [
    ['events_pkey', ['xid', 'gp']],
    ['events_stream_version', ['stream', 'version']],
  ]);
  db.create(`${schema}.commands`, [['commands_pkey', ['key']]]);
  db.create(`${schema}.series`, [['series_pkey', ['series', 'year']]]);
  db.create(`${schema}.log_incarnation`, [['log_incarnation_pkey', ['single']]]);
  db.table(`${schema}.log_incarnation`).add({
    row: { single: true, id: '00000000-0000-4000-8000-000000000001' },
    xmin: 3,
    xmax: 0,
    locker: null,
  });
}

/** What the driver makes of a row of `events`. */
function asRead(row: EventRow): Record<string, unknown> {
  return {
    id: row.id,
    stream: row.stream,
    version: row.version,
    type: row.type,
    event_version: row.event_version,
    data: structuredClone(row.data),
    meta: structuredClone(row.meta),
    recorded_at: new Date(row.recorded_at),
    position_xid: String(row.xid),
    position_gp: String(row.gp),
  };
}

export const byPlace = (a: Row, b: Row): number =>
  (a['xid'] as number) - (b['xid'] as number) || (a['gp'] as number) - (b['gp'] as number);

/** One page of the log for a reader. Which cursor, and whether behind the gate, its text says. */
function readPage(
  call: Call,
  schema: string,
  cursor: 'tuple' | 'identity',
  gate: boolean,
  columns: string,
): Partial<Result> {
  const { db, values } = call;
  const snapshot: Snapshot = call.snapshot;
  const [xid, gp, limit] = [Number(values[0]), Number(values[1]), Number(values[2])];
  const after =
    cursor === 'tuple'
      ? (row: EventRow): boolean => row.xid > xid || (row.xid === xid && row.gp > gp)
      : (row: EventRow): boolean => row.gp > gp;
  const seen = see(
    call,
    db.table(`${schema}.events`),
    (row) => after(row as EventRow) && (!gate || (row['xid'] as number) < snapshot.xmin),
  ).map(({ row }) => row as EventRow);
  seen.sort(cursor === 'tuple' ? byPlace : (a, b) => a.gp - b.gp);
  const incarnation = see(call, db.table(`${schema}.log_incarnation`), () => true)[0]?.row['id'];
  if (seen.length === 0) return { rows: [{ incarnation, position_gp: null }] };
  const rows = seen.slice(0, limit).map((row): Record<string, unknown> => ({ incarnation, ...asRead(row) }));
  // The statement comes without its double quotes.
  const service = /,source:\/tinbao\/([a-z-]+),/.exec(columns)?.[1];
  return { rows: service === undefined ? rows : rows.map((row) => ({ ...row, text: envelopeOf(row, service) })) };
}

/** What `cloudEventSql` makes of a row. */
function envelopeOf(row: Record<string, unknown>, service: string): string {
  const { id, stream, version, type, data } = row as unknown as RawEvent;
  const meta = { ...(row['meta'] as RawEvent['meta']), recordedAt: (row['recorded_at'] as Date).toISOString() };
  const position = { xid: row['position_xid'] as string, gp: row['position_gp'] as string };
  const eventVersion = row['event_version'] as number;
  const event = { id, stream, version, type, eventVersion, data: JSON.stringify(data), meta, position };
  return toCloudEvent(event, service, row['incarnation'] as string);
}

const name = '([a-z_]+)';
const gateText = /xid < pg_snapshot_xmin\(pg_current_snapshot\(\)\)/;

/** The statements of libs/event-store/src/event-store.ts. */
export const eventLogStatements: readonly Known[] = [
  ...appendStatements,
  {
    text: new RegExp(
      `^SELECT i\\.id AS incarnation, (.*) FROM [a-z_]+\\.log_incarnation i LEFT JOIN LATERAL \\( SELECT \\* FROM ${name}\\.events WHERE (.*) ORDER BY (xid, gp|gp) LIMIT \\$3 \\) e ON true`,
    ),
    meaning: ([, columns = '', schema, where = '', order]) => {
      const cursor = /\(xid, gp\) > \(\$1::xid8, \$2::bigint\)/.test(where) ? 'tuple' : 'identity';
      if ((cursor === 'tuple') !== (order === 'xid, gp') || !/(^|AND )(\(xid, gp\)|gp) > /.test(where)) {
        throw new Error(`the model does not know this cursor: WHERE ${where} ORDER BY ${order}`);
      }
      return function* (call) {
        yield 'pause';
        return readPage(call, schema as string, cursor, gateText.test(where), columns);
      };
    },
  },
  {
    text: new RegExp(
      `^SELECT e\\.id, .* FROM ${name}\\.events e WHERE e\\.stream = \\$1 AND e\\.version BETWEEN \\$2 AND \\$3 ORDER BY e\\.version$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [stream, first, last] = call.values as [string, number, number];
        const rows = see(
          call,
          call.db.table(`${schema}.events`),
          (row) =>
            row['stream'] === stream && (row['version'] as number) >= first && (row['version'] as number) <= last,
        ).map(({ row }) => row as EventRow);
        return { rows: rows.sort((a, b) => a.version - b.version).map(asRead) };
      },
  },
  {
    text: new RegExp(
      `^SELECT e\\.xid::text AS position_xid, e\\.gp::text AS position_gp FROM ${name}\\.events e ORDER BY e\\.xid DESC, e\\.gp DESC LIMIT 1$`,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const last = see(call, call.db.table(`${schema}.events`), () => true)
          .map(({ row }) => row)
          .sort(byPlace)
          .at(-1);
        return { rows: last ? [{ position_xid: String(last['xid']), position_gp: String(last['gp']) }] : [] };
      },
  },
  {
    text: new RegExp(
      `^SELECT count\\(\\*\\)::int AS count FROM \\( SELECT FROM ${name}\\.events WHERE \\(xid, gp\\) > `,
    ),
    meaning: ([, schema]) =>
      function* (call) {
        const [xid, gp] = [Number(call.values[0]), Number(call.values[1])];
        const seen = see(
          call,
          call.db.table(`${schema}.events`),
          (row) => (row['xid'] as number) > xid || (row['xid'] === xid && (row['gp'] as number) > gp),
        );
        return { rows: [{ count: Math.min(seen.length, Number(call.values[2])) }] };
      },
  },
];
