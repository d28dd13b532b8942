import { EventStore, type StreamDefinition } from '@app/event-store';
import { closedLoop } from '../../harness/load.js';
import type { Bench, BenchContext, Params, Variant, Workload } from '../../harness/types.js';
import { createPool } from '@app/event-store';
import { insertOf } from './floor.js';
import { openEmmett } from './peers.js';
import { checkLog, eventsFrom, logDatabase, META } from './shape.js';

const STREAM = 'crime-tip-hot';
const counted: StreamDefinition<{ events: number }> = {
  initial: { events: 0 },
  evolve: ({ events }) => ({ events: events + 1 }),
};

/** Many writers of one stream: each decision must see the one before. */
export const hotStream: Workload = {
  id: 'B3',
  unit: 'changes',
  title: 'Change one stream by 32 writers',
  peers: true,
  seconds: { S: 0.8 },
  // Its one operation takes about a second.
  peerSeconds: { S: 0.4 },
  notAt: { M: 'it is about one stream', L: 'it is about one stream' },
  points: () => [{ writers: 32 }],
  open: async (context: BenchContext, { writers }: Params): Promise<Bench> => {
    const postgres = await context.postgres();
    const workers = Number(writers);
    const urlOf = (name: string) => postgres.database(`hot_${context.attempt}_${name}`);
    const floorPool = await logDatabase(await urlOf('floor'), 2);
    const oursPool = await logDatabase(await urlOf('ours'), 10);
    const emmettUrl = await urlOf('emmett');
    const emmett = await openEmmett(context, emmettUrl);
    const store = new EventStore({ pool: oursPool, schema: 'intake' });

    let written = 0;
    // Nobody to agree with: the state in memory, one insert after the other, each durable.
    const floor: Variant = {
      name: 'floor',
      round: ({ seconds, seed }) => {
        const events = eventsFrom(seed);
        return closedLoop({
          workers: 1,
          seconds,
          operation: async (_, turn) => {
            await floorPool.query(
              insertOf([{ place: { stream: STREAM, version: written }, events: [events[turn % events.length]!] }]),
            );
            written += 1;
          },
        });
      },
      check: () => checkLog(floorPool, written),
    };
    let changed = 0;
    let outOfOrder = 0;
    const ours: Variant = {
      name: 'ours',
      round: async ({ seconds, seed }) => {
        const events = eventsFrom(seed);
        const before = store.appendCounts;
        const round = await closedLoop({
          workers,
          seconds,
          operation: async (worker, turn) => {
            const { type, data } = events[(worker * 31 + turn) % events.length]!;
            const { state, version } = await store.change(
              STREAM,
              counted,
              (_, seen) => [{ type, data: { ...data, seen } }],
              META,
            );
            if (state.events !== version) outOfOrder += 1;
          },
        });
        changed += round.ops;
        const after = store.appendCounts;
        const share = (wasted: number, all: number) => (all === 0 ? 0 : wasted / all);
        return {
          ...round,
          extra: {
            wasted_share: Math.max(
              share(after.decisionsWasted - before.decisionsWasted, after.decisions - before.decisions),
              share(after.rowsWasted - before.rowsWasted, after.rowsSent - before.rowsSent),
            ),
            changes_per_transaction: round.ops / (after.transactions - before.transactions),
          },
        };
      },
      check: async () => {
        const { rows } = await oursPool.query<{ unseen: number }>(
          `SELECT count(*)::int AS unseen FROM intake.events WHERE (data->>'seen')::int <> version - 1`,
        );
        const log = await checkLog(oursPool, changed);
        return { ...log, ok: log.ok && rows[0]!.unseen === 0 && outOfOrder === 0, unseen: rows[0]!.unseen, outOfOrder };
      },
    };
    let theirs = 0;
    const peer: Variant = {
      name: `peer:emmett@${context.peerVersion('@event-driven-io/emmett-postgresql')}`,
      round: async ({ seconds, seed }) => {
        const events = eventsFrom(seed);
        const round = await closedLoop({
          workers,
          seconds,
          operation: (worker, turn) => {
            const { type, data } = events[(worker * 31 + turn) % events.length]!;
            return emmett.change(STREAM, (seen) => ({ type, data: { ...data, seen }, metadata: { ...META } }));
          },
        });
        theirs += round.ops;
        return round;
      },
      check: async () => {
        const pool = createPool(emmettUrl, { max: 1 });
        const { rows } = await pool.query<{ events: number }>('SELECT count(*)::int AS events FROM emt_messages');
        await pool.end();
        return { ok: rows[0]!.events === theirs, events: rows[0]!.events, expected: theirs };
      },
    };
    return {
      variants: [floor, ours, peer],
      note: 'floor: one writer that knows the version, one durable insert after the other',
      close: async () => {
        await Promise.all([emmett.close(), floorPool.end(), oursPool.end()]);
      },
    };
  },
};
