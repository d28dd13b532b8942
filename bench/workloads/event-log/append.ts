import { EventStore } from '@app/event-store';
import { closedLoop } from '../../harness/load.js';
import type { Bench, BenchContext, Params, Scale, Variant, VariantName, Workload } from '../../harness/types.js';
import { fillLog } from '../bus/tip-log.js';
import { CoalescedInsert, copyInto } from './floor.js';
import { findPgbench, pgbenchFloor } from './pgbench.js';
import { emmettPeer, typeormPeer } from './peers.js';
import { checkLog, eventsFrom, logDatabase, META, placesOf, type EventShape, type Place } from './shape.js';
import { createPool } from '@app/event-store';

const CONNECTIONS = 10;
/** Events that ours puts into one transaction at most. */
const MOST_TOGETHER = 500;
const ASKERS = [1, 8, 32, 256, 1024];
const BATCHES = [10, 100, 1000];
/** Events in the log before the first round, at the scales that ask whether a full log is slower. */
const FILLED: Record<Exclude<Scale, 'S'>, number> = { M: 1_000_000, L: 10_000_000 };
/** So many askers with batches: what keeps the log busy. */
const BATCH_ASKERS = 4;

interface Way {
  name: VariantName;
  append(place: Place, events: readonly EventShape[]): Promise<void>;
  check(events: number): ReturnType<Variant['check']>;
}

function variantOf({ name, append, check }: Way, { c, batch }: { c: number; batch: number }): Variant {
  let done = 0;
  return {
    name,
    round: async ({ seconds, seed }) => {
      const events = eventsFrom(seed);
      const placeOf = placesOf(c, seed);
      const round = await closedLoop({
        workers: c,
        seconds,
        operation: async (worker, turn) => {
          const from = (worker * 31 + turn * batch) % events.length;
          const some = Array.from({ length: batch }, (_, index) => events[(from + index) % events.length]!);
          await append(placeOf(worker, batch), some);
          return batch;
        },
      });
      done += round.ops;
      return round;
    },
    check: () => check(done),
  };
}

async function open(context: BenchContext, point: Params): Promise<Bench> {
  const postgres = await context.postgres();
  const [c, batch] = [Number(point['c']), Number(point['batch'])];
  const urlOf = (name: string) => postgres.database(`append_${context.attempt}_${name}`);
  const floorPool = await logDatabase(await urlOf('floor'), CONNECTIONS);
  const oursPool = await logDatabase(await urlOf('ours'), CONNECTIONS);
  const filled = Number(point['filled'] ?? 0);
  const before =
    filled === 0
      ? 0
      : await Promise.all([floorPool, oursPool].map((pool) => fillLog(pool, filled, context.seed))).then(([n]) => n!);
  const emmettUrl = await urlOf('emmett');
  const typeormUrl = await urlOf('typeorm');
  const emmett = await emmettPeer(context, emmettUrl);
  const typeorm = await typeormPeer(context, typeormUrl);
  const floor = new CoalescedInsert(floorPool);
  // B1's further floor is a program without Node, B2's the way that PostgreSQL has for many rows.
  const further =
    batch === 1
      ? { name: 'floor:pgbench' as const, program: findPgbench() }
      : { name: 'floor:copy' as const, program: null };
  const furtherUrl = await urlOf('further');
  const furtherPool = await logDatabase(furtherUrl, CONNECTIONS);
  const copy = new CoalescedInsert(furtherPool, copyInto);
  const store = new EventStore({ pool: oursPool, schema: 'intake' });
  const countIn = async (url: string, text: string, expected: number) => {
    const pool = createPool(url, { max: 1 });
    const { rows } = await pool.query<{ events: number; holes: number }>(text);
    await pool.end();
    return { ok: rows[0]!.events === expected && rows[0]!.holes === 0, ...rows[0]!, expected };
  };
  const ways: Way[] = [
    {
      name: 'floor',
      append: (place, events) => floor.append(place, events),
      check: (events) => checkLog(floorPool, events + before),
    },
    {
      name: 'ours',
      append: async ({ stream, version }, events) => {
        const [verdict] = await store.append([{ stream, expectedVersion: version, events: [...events], meta: META }]);
        if (verdict?.kind !== 'appended') throw new Error(`refused: ${verdict?.kind}`);
      },
      check: (events) => checkLog(oursPool, events + before),
    },
    {
      name: `peer:emmett@${context.peerVersion('@event-driven-io/emmett-postgresql')}`,
      append: (place, events) => emmett.append(place, events),
      check: (events) =>
        countIn(
          emmettUrl,
          `SELECT coalesce(sum(n), 0)::int AS events, count(*) FILTER (WHERE last <> n)::int AS holes
           FROM (SELECT max(stream_position) AS last, count(*) AS n FROM emt_messages GROUP BY stream_id) s`,
          events,
        ),
    },
    {
      name: `peer:typeorm@${context.peerVersion('typeorm')}`,
      append: (place, events) => typeorm.append(place, events),
      check: (events) =>
        countIn(
          typeormUrl,
          `SELECT coalesce(sum(n), 0)::int AS events, count(*) FILTER (WHERE last <> n)::int AS holes
           FROM (SELECT max(version) AS last, count(*) AS n FROM events GROUP BY stream) s`,
          events,
        ),
    },
  ];
  const variants = ways.map((way) => variantOf(way, { c, batch }));
  if (further.name === 'floor:copy') {
    const way: Way = {
      name: further.name,
      append: (place, events) => copy.append(place, events),
      check: (events) => checkLog(furtherPool, events),
    };
    variants.splice(1, 0, variantOf(way, { c, batch }));
  } else if (further.program !== null) {
    const rows = Math.min(c, MOST_TOGETHER);
    variants.splice(1, 0, await pgbenchFloor(further.program, furtherPool, furtherUrl, rows, context.folder));
  }
  return {
    // The other tables are empty: beside a full log they would say nothing.
    variants: variants.filter(({ name }) => before === 0 || name === 'floor' || name === 'ours'),
    note:
      `floor: coalesced unnest over binary arrays, judges nothing; ${CONNECTIONS} connections each; fits in cache. ` +
      (batch > 1
        ? 'floor:copy: the same gathered by COPY, as text.'
        : further.program === null
          ? 'floor:pgbench: not measured, no pgbench was found.'
          : 'floor:pgbench: an unnest script over events that lie in the server; nothing is sent.'),
    close: async () => {
      await Promise.all([emmett.close(), typeorm.close(), floorPool.end(), oursPool.end(), furtherPool.end()]);
    },
  };
}

/** One event a call: where sharing transactions shows. */
export const append: Workload = {
  id: 'B1',
  unit: 'events appended',
  title: 'Append one event a call, by so many askers',
  peers: true,
  seconds: { S: 0.8 },
  peerSeconds: { S: 0.5 },
  points: (scale) =>
    scale === 'S' ? ASKERS.map((c) => ({ c, batch: 1 })) : [{ c: 32, batch: 1, filled: FILLED[scale] }],
  open,
};

/** Many events a call: where the cost of each event shows. */
export const appendBatches: Workload = {
  id: 'B2',
  unit: 'events appended',
  title: 'Append many events a call',
  peers: true,
  seconds: { S: 0.8 },
  // No gate is about the peers here.
  peerSeconds: { S: 0.5 },
  notAt: { M: 'B1 shows at this scale what a full log costs', L: 'B1 shows at this scale what a full log costs' },
  points: () => BATCHES.map((batch) => ({ c: BATCH_ASKERS, batch })),
  open,
};
