import type { Database, Row, Step, Version } from './engine.js';
import type { Call } from './server.js';
import { byText, type Known, lockSeen, remove, see, upsert } from './statements.js';

const SCHEMA = 'deadlines';
const RUNGS = ['d7', 'd5', 'd3', 'd1', 'h6', 'h1', 'due', 'breach'];

/** The tables of the timers, as far as firing touches them. Moments are milliseconds. */
export function createTimers(db: Database): void {
  db.create(`${SCHEMA}.timers`, [['timers_pkey', ['obligation_id', 'rung']]]);
  db.create(`${SCHEMA}.obligations`, [['obligations_pkey', ['id']]]);
}

/** What a duty is set to by the reader of events: its state, and all the timers that it has then. */
export interface Setting {
  obligation: { id: string; state: string };
  timers: { rung: string; fires_at: number }[];
}

function nowOf(call: Call, expression: string): number {
  const literal = /^'([^']+)'::timestamptz$/.exec(expression);
  return literal ? Date.parse(literal[1] as string) : call.db.now().getTime();
}

const inOrder = (a: Version, b: Version): number =>
  (a.row['fires_at'] as number) - (b.row['fires_at'] as number) ||
  RUNGS.indexOf(a.row['rung'] as string) - RUNGS.indexOf(b.row['rung'] as string) ||
  byText(a.row['obligation_id'], b.row['obligation_id']);

/** Versions by the place that a statement was told of (ctid), until the end of the simulation. */
const places = new WeakMap<Version, string>();
let placesGiven = 0;
function placeOf(version: Version): string {
  let place = places.get(version);
  if (place === undefined) {
    placesGiven += 1;
    places.set(version, (place = `(0,${placesGiven})`));
  }
  return place;
}

const now = "(statement_timestamp\\(\\)|'[^']+'::timestamptz)";

function* takeDue(call: Call, at: number, limit: number, locking: boolean): Generator<Step, Version[]> {
  const { db, tx } = call;
  const table = db.table(`${SCHEMA}.timers`);
  const due = see(call, table, (row) => (row['fires_at'] as number) < at).sort(inOrder);
  if (!locking) return due.slice(0, limit);
  const taken: Version[] = [];
  for (const version of due) {
    if (taken.length === limit) break;
    if (db.isHeld(tx, version)) continue;
    const newest = yield* db.lock(tx, table, version);
    if (newest && (newest.row['fires_at'] as number) < at) taken.push(newest);
  }
  return taken;
}

/** The statements of apps/deadlines/src/timers/deadline-timers.ts, and what stands for the reader of events. */
export const timerStatements: readonly Known[] = [
  { text: /^SELECT set_config\('app\.units', '\*', true\), set_config\('enable_seqscan'/, meaning: () => nothing },
  {
    text: /^SELECT EXISTS \(SELECT FROM deadlines\.recompute_queue\) AS queued$/,
    meaning: () =>
      function* () {
        return { rows: [{ queued: false }] };
      },
  },
  {
    text: /^SELECT (true|pg_try_advisory_xact_lock\(hashtext\('deadlines\.timers'\)\)) AS open$/,
    meaning: ([, how]) =>
      function* ({ db, tx }) {
        if (how === 'true') return { rows: [{ open: true }] };
        const key = 'deadlines.timers';
        const holder = db.advisory.get(key);
        if (holder && holder !== tx) return { rows: [{ open: false }] };
        db.advisory.set(key, tx);
        tx.advisory.add(key);
        return { rows: [{ open: true }] };
      },
  },
  {
    text: new RegExp(
      `^SELECT ctid::text AS place, obligation_id AS id, rung, fires_at, ${now} AS now FROM deadlines\\.timers t WHERE fires_at < \\S+ ORDER BY fires_at, rung, obligation_id LIMIT \\$1( FOR UPDATE SKIP LOCKED)?$`,
    ),
    meaning: ([, expression, locking]) =>
      function* (call) {
        const at = nowOf(call, expression as string);
        yield 'pause';
        const taken = yield* takeDue(call, at, call.values[0] as number, locking !== undefined);
        return {
          rows: taken.map((version) => ({
            place: placeOf(version),
            id: version.row['obligation_id'],
            rung: version.row['rung'],
            fires_at: new Date(version.row['fires_at'] as number),
            now: new Date(at),
          })),
        };
      },
  },
  {
    text: /^DELETE FROM deadlines\.timers WHERE ctid = ANY\(\$1::tid\[\]\)$/,
    meaning: () =>
      function* (call) {
        const table = call.db.table(`${SCHEMA}.timers`);
        const wanted = new Set(call.values[0] as string[]);
        const seen = see(call, table, () => true).filter((version) => wanted.has(placeOf(version)));
        const locked = yield* lockSeen(call, table, seen, () => false);
        for (const version of locked) call.db.erase(call.tx, table, version);
        return { rowCount: locked.length };
      },
  },
  {
    text: /^SELECT id, matter_id, rule, unit_code, supervised_by, due, latest_arguable, state FROM deadlines\.obligations WHERE id = ANY\(\$1::uuid\[\]\)$/,
    meaning: () =>
      function* (call) {
        const ids = new Set(call.values[0] as string[]);
        const rows = see(call, call.db.table(`${SCHEMA}.obligations`), (row) => ids.has(row['id'] as string));
        return { rows: rows.map(({ row }) => ({ ...row })) };
      },
  },
  {
    text: new RegExp(
      `^SELECT DISTINCT obligation_id AS id FROM deadlines\\.timers WHERE obligation_id = ANY\\(\\$1::uuid\\[\\]\\) AND fires_at < ${now}$`,
    ),
    meaning: ([, expression]) =>
      function* (call) {
        const ids = new Set(call.values[0] as string[]);
        const at = nowOf(call, expression as string);
        const due = (row: Row): boolean => ids.has(row['obligation_id'] as string) && (row['fires_at'] as number) < at;
        const seen = see(call, call.db.table(`${SCHEMA}.timers`), due);
        return { rows: [...new Set(seen.map(({ row }) => row['obligation_id']))].map((id) => ({ id })) };
      },
  },
  {
    text: /^SELECT key FROM deadlines\.commands WHERE key = ANY\(\$1::text\[\]\)$/,
    meaning: () =>
      function* (call) {
        const keys = new Set(call.values[0] as string[]);
        const seen = see(call, call.db.table(`${SCHEMA}.commands`), (row) => keys.has(row['key'] as string));
        return { rows: seen.map(({ row }) => ({ key: row['key'] })) };
      },
  },
  {
    text: /^SELECT asked\.stream, \(SELECT e\.version FROM deadlines\.events e WHERE e\.stream = asked\.stream ORDER BY e\.version DESC LIMIT 1\) AS version FROM unnest\(\$1::text\[\]\) AS asked\(stream\)$/,
    meaning: () =>
      function* (call) {
        const newest = new Map<string, number>();
        for (const { row } of see(call, call.db.table(`${SCHEMA}.events`), () => true)) {
          const stream = row['stream'] as string;
          newest.set(stream, Math.max(newest.get(stream) ?? 0, row['version'] as number));
        }
        return {
          rows: (call.values[0] as string[]).map((stream) => ({ stream, version: newest.get(stream) ?? null })),
        };
      },
  },
  {
    text: new RegExp(
      `^SELECT \\(extract\\(epoch FROM \\(SELECT min\\(fires_at\\) FROM deadlines\\.timers\\) - ${now}\\) \\* 1000\\)::float8 AS ms$`,
    ),
    meaning: ([, expression]) =>
      function* (call) {
        const moments = see(call, call.db.table(`${SCHEMA}.timers`), () => true).map(
          ({ row }) => row['fires_at'] as number,
        );
        const ms = moments.length > 0 ? Math.min(...moments) - nowOf(call, expression as string) : null;
        return { rows: [{ ms }] };
      },
  },
  {
    text: /^SIMULATED set duty \$1$/,
    meaning: () =>
      function* (call) {
        const { db } = call;
        const { obligation, timers } = call.values[0] as Setting;
        const facts = {
          matter_id: `matter of ${obligation.id}`,
          rule: 'R',
          unit_code: 'PC-80',
          supervised_by: 'VKS-80',
        };
        const row = { ...facts, ...obligation, due: '2026-01-05', latest_arguable: '2026-01-05' };
        yield* upsert(call, db.table(`${SCHEMA}.obligations`), row, () => row);
        yield* remove(call, db.table(`${SCHEMA}.timers`), (timer) => timer['obligation_id'] === obligation.id);
        for (const timer of timers) {
          yield 'pause';
          yield* db.insert(call.tx, db.table(`${SCHEMA}.timers`), { obligation_id: obligation.id, ...timer });
        }
        return {};
      },
  },
];

// A setting that the model has no use for.
const nothing = function* (): Generator<never, object> {
  return {};
};
