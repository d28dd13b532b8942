import { createPool, EventStore } from '@app/event-store';
import type { Pool } from 'pg';
import type { Bench, BenchContext, Round, Variant, Workload } from '../../harness/types.js';
import { insertOf } from './floor.js';
import { openEmmett } from './peers.js';
import { eventsFrom, logDatabase, META, placesOf, type EventShape, type Place } from './shape.js';

const EVENTS: Record<string, number> = { S: 10_000, M: 200_000, L: 1_000_000 };
const TOGETHER = 20;
/** Events of a tip appended in one call; a tip has 3 to 12 such calls. */
const A_CALL = 2;

const sizeOf = async (pool: Pool, tables: readonly string[]) => {
  const { rows } = await pool.query<{ all: string; indexes: string }>(
    // A table without partitions is not in its own partition tree.
    `SELECT sum(pg_total_relation_size(relid))::text AS all, sum(pg_indexes_size(relid))::text AS indexes
     FROM (SELECT name::regclass AS relid FROM unnest($1::text[]) AS root(name)
       UNION SELECT t.relid FROM unnest($1::text[]) AS root(name), LATERAL pg_partition_tree(name::regclass) AS t) AS r`,
    [tables],
  );
  return { all: Number(rows[0]!.all), indexes: Number(rows[0]!.indexes) };
};

/** Bytes on disk for each event: table, indexes and what the store keeps beside them. */
export const storage: Workload = {
  id: 'B15',
  unit: 'events stored',
  title: 'Bytes an event on disk and in the write-ahead log',
  metric: 'extra.disk_b_op',
  peers: true,
  warmUp: false,
  points: () => [{ tables: 'fresh' }],
  open: async (context: BenchContext): Promise<Bench> => {
    const postgres = await context.postgres();
    const wanted = EVENTS[context.scale]!;
    const urlOf = (name: string) => postgres.database(`storage_${context.attempt}_${name}`);
    const floorPool = createPool(await urlOf('floor'), { max: 4 });
    await floorPool.query(
      // The same columns and the two indexes that any log needs: by place and by stream.
      `CREATE SCHEMA intake; CREATE TABLE intake.events (
         gp bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL, stream text NOT NULL,
         version integer NOT NULL, type text NOT NULL, event_version integer NOT NULL, data jsonb NOT NULL,
         meta jsonb NOT NULL, recorded_at timestamptz NOT NULL, UNIQUE (stream, version))`,
    );
    const oursPool = await logDatabase(await urlOf('ours'), 10);
    const store = new EventStore({ pool: oursPool, schema: 'intake' });
    const emmettUrl = await urlOf('emmett');
    const emmett = await openEmmett(context, emmettUrl);
    const emmettPool = createPool(emmettUrl, { max: 2 });

    const variant = (
      name: Variant['name'],
      pool: Pool,
      tables: readonly string[],
      count: string,
      append: (places: readonly { place: Place; events: readonly EventShape[] }[]) => Promise<unknown>,
    ): Variant => {
      let done = 0;
      return {
        name,
        // The same events each round, added to what is there: the sizes are of all rounds so far.
        round: async ({ seed }): Promise<Round> => {
          const events = eventsFrom(seed);
          const placeOf = placesOf(TOGETHER, seed);
          const wal = await postgres.walBytes();
          const started = performance.now();
          let ops = 0;
          for (let turn = 0; ops < wanted; turn += 1) {
            const batch = Array.from({ length: TOGETHER }, (_, worker) => ({
              place: placeOf(worker, A_CALL),
              events: Array.from(
                { length: A_CALL },
                (__, n) => events[(turn * 7 + worker * A_CALL + n) % events.length]!,
              ),
            }));
            await append(batch);
            ops += TOGETHER * A_CALL;
          }
          done += ops;
          const seconds = (performance.now() - started) / 1000;
          const walBytes = (await postgres.walBytes()) - wal;
          const { all, indexes } = await sizeOf(pool, tables);
          return {
            ops,
            seconds,
            extra: { disk_b_op: all / done, index_share: indexes / all, wal_b_event: walBytes / ops },
          };
        },
        check: async () => {
          const { rows } = await pool.query<{ events: number }>(count);
          return { ok: rows[0]!.events === done, events: rows[0]!.events, expected: done };
        },
      };
    };
    return {
      variants: [
        variant('floor', floorPool, ['intake.events'], 'SELECT count(*)::int AS events FROM intake.events', (batch) =>
          floorPool.query(insertOf(batch)),
        ),
        variant(
          'ours',
          oursPool,
          ['intake.events', 'intake.commands', 'intake.series'],
          'SELECT count(*)::int AS events FROM intake.events',
          (batch) =>
            Promise.all(
              batch.map(({ place, events }) =>
                store.append([
                  { stream: place.stream, expectedVersion: place.version, events: [...events], meta: META },
                ]),
              ),
            ),
        ),
        variant(
          `peer:emmett@${context.peerVersion('@event-driven-io/emmett-postgresql')}`,
          emmettPool,
          ['emt_messages', 'emt_streams'],
          'SELECT count(*)::int AS events FROM emt_messages',
          (batch) =>
            Promise.all(
              batch.map(({ place, events }) =>
                emmett.append(
                  place.stream,
                  place.version,
                  events.map(({ type, data }) => ({ type, data, metadata: { ...META } })),
                ),
              ),
            ),
        ),
      ],
      note: 'the same events and metadata for all; floor: the same columns in a plain table without transaction ids',
      close: async () => {
        await Promise.all([emmett.close(), emmettPool.end(), floorPool.end(), oursPool.end()]);
      },
    };
  },
};
