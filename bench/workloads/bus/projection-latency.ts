import type { Pool } from 'pg';
import { afterCommit, type EventStore } from '@app/event-store';
import { PostgresLog } from '@app/messaging';
import { newHistogram, recordMs } from '../../harness/latency.js';
import type { Round, RoundInput, Variant, Workload } from '../../harness/types.js';
import {
  checkMatters,
  logger,
  META,
  openLog,
  projectMatters,
  type Projected,
  STREAM_PREFIX,
  topicSource,
} from './tip-log.js';

const TOPIC = 'intake.tips';
const PAGE = 500;
const DRAIN_MS = 30_000;

/** When each event was committed and when its projection was; both sides say so as it happens. */
class Watch {
  private readonly committed = new Map<string, number>();
  private readonly projected = new Map<string, number>();

  commit(streams: readonly string[]): void {
    const now = performance.now();
    for (const stream of streams) this.committed.set(stream, now);
  }

  project(batch: readonly Projected[]): void {
    const now = performance.now();
    for (const { stream } of batch) this.projected.set(stream, now);
  }

  get seen(): number {
    return this.projected.size;
  }

  round(seconds: number, rate: number): Round {
    const latency = newHistogram();
    let errors = 0;
    for (const [stream, at] of this.committed) {
      const then = this.projected.get(stream);
      if (then === undefined) errors += 1;
      else recordMs(latency, then - at);
    }
    return { ops: this.committed.size, seconds, latency, openLoopRate: rate, errors };
  }
}

let streams = 0;

/** Appends at a fixed rate, whatever the projections do: what is due at a tick goes in one call. */
async function write(store: EventStore, rate: number, seconds: number, watch: Watch): Promise<number> {
  const began = performance.now();
  const under = new Set<Promise<void>>();
  const total = Math.round(rate * seconds);
  for (let written = 0; written < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * rate));
    if (due > written) {
      const names = Array.from({ length: due - written }, () => `${STREAM_PREFIX}${(streams += 1)}`);
      written = due;
      const data = { unitCode: 'PC-80-25459', note: 'Nguồn tin về tội phạm '.repeat(12) };
      const commands = names.map((stream) => ({
        stream,
        expectedVersion: 0,
        events: [{ type: 'CrimeTipReceived', data: { tipId: stream, ...data } }],
        meta: META,
      }));
      const append = store.append(commands).then(() => {
        watch.commit(names);
        under.delete(append);
      });
      under.add(append);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(under);
  return (performance.now() - began) / 1000;
}

/** The least that reads a log into a table: one connection, one cursor, no other consumer, no fence, no parking. */
class BareLoop {
  watch = new Watch();
  private stopped = false;
  private wake: () => void = () => undefined;
  private readonly loop: Promise<void>;

  constructor(
    private readonly pool: Pool,
    private readonly store: EventStore,
  ) {
    store.onAppended(() => this.wake());
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.loop;
  }

  private async run(): Promise<void> {
    const client = await this.pool.connect();
    let at = { xid: '0', gp: '0' };
    await client.query(`INSERT INTO deadlines.checkpoints (consumer, source) VALUES ('bare', 'log')`);
    while (!this.stopped) {
      // Armed before the read: an append during it is not slept over.
      const woken = new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      const { rows } = await client.query({
        name: 'bare-read',
        text: `SELECT id, stream, version, type, event_version, data, meta, recorded_at, xid::text AS xid, gp::text AS gp
          FROM (SELECT * FROM intake.events
            WHERE (xid, gp) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
            ORDER BY xid, gp LIMIT ${PAGE}) e`,
        values: [at.xid, at.gp],
      });
      if (rows.length === 0) {
        const last = this.store.lastAppended;
        const isHeld = last !== null && (last.xid !== at.xid || last.gp !== at.gp);
        await Promise.race([woken, ...(isHeld ? [new Promise((resolve) => setTimeout(resolve, 1))] : [])]);
        continue;
      }
      at = { xid: rows.at(-1).xid, gp: rows.at(-1).gp };
      await client.query('BEGIN');
      await projectMatters(client, rows);
      await client.query({
        name: 'bare-checkpoint',
        text: `UPDATE deadlines.checkpoints SET position = $1 WHERE consumer = 'bare'`,
        values: [at],
      });
      await client.query('COMMIT');
      this.watch.project(rows);
    }
    client.release();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + DRAIN_MS;
  while (!condition() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Commit of an event → commit of its projection, in one process over the logs in PostgreSQL. */
export const projectionLatency: Workload = {
  id: 'B6',
  unit: 'events',
  title: 'Commit to projection, in one process',
  metric: 'p50',
  notAt: {
    M: 'a projection reads what is new, whatever was before',
    L: 'a projection reads what is new, whatever was before',
  },
  points: () => [{ rate: 100 }, { rate: 1000 }, { rate: 5000 }],
  // Two hundred and fifty latencies at the least, thousands where they come fast.
  seconds: (scale, { rate }) => (scale === 'S' ? (rate === 100 ? 2.5 : rate === 1000 ? 2 : 1) : undefined),
  open: async (context, { rate }) => {
    const postgres = await context.postgres();
    const name = `b6_${rate}_${context.attempt}`;
    const bare = await openLog(await postgres.database(`${name}_floor`));
    const own = await openLog(await postgres.database(`${name}_ours`));
    const loop = new BareLoop(bare.pool, bare.store);
    let watch = new Watch();
    const log = new PostgresLog({
      logs: { intake: own.store },
      topics: [topicSource(TOPIC)],
      isPublic: () => true,
      logger,
    });
    const running = await log.start(
      {
        name: 'bench.matters',
        topics: [TOPIC],
        handle: async (batch, tx) => {
          await projectMatters(tx, batch);
          const current = watch;
          afterCommit(tx, () => current.project(batch));
        },
      },
      { pool: own.pool, schema: 'deadlines' },
    );
    const written = { floor: 0, ours: 0 };
    const measured = async (kind: 'floor' | 'ours', { seconds }: RoundInput): Promise<Round> => {
      const mine = new Watch();
      if (kind === 'floor') loop.watch = mine;
      else watch = mine;
      const took = await write(kind === 'floor' ? bare.store : own.store, Number(rate), seconds, mine);
      if (kind === 'ours') await running.settled(DRAIN_MS);
      const all = Math.round(Number(rate) * seconds);
      await until(() => mine.seen >= all);
      written[kind] += all;
      return mine.round(took, Number(rate));
    };
    const floor: Variant = {
      name: 'floor',
      round: (input) => measured('floor', input),
      check: () => checkMatters(bare.pool, written.floor),
    };
    const ours: Variant = {
      name: 'ours',
      round: (input) => measured('ours', input),
      check: () => checkMatters(own.pool, written.ours),
    };
    return {
      variants: [floor, ours],
      note: 'Floor: one loop, one connection, the same upsert and a checkpoint in one transaction, woken by the writer.',
      close: async () => {
        await log.close();
        await loop.stop();
        await Promise.all([bare.pool.end(), own.pool.end()]);
      },
    };
  },
};
