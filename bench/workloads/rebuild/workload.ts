import { createPool, EventStore, eventStoreMigrations, inTransaction, migrate } from '@app/event-store';
import {
  type Consumer,
  type ConsumerHome,
  PostgresLog,
  type ReadModel,
  Rebuild,
  requestRebuild,
  TOPICS,
} from '@app/messaging';
import { isPublicEvent } from '@app/contracts';
import pg, { type Pool } from 'pg';
import { deadlinesMigrations } from '../../../apps/deadlines/src/migrations/deadlines-migrations.js';
import { mattersConsumer } from '../../../apps/deadlines/src/matters/matters.consumer.js';
import { tipListConsumer } from '../../../apps/intake/src/crime-tips/read-models/tip-list.js';
import { intakeService } from '../../../apps/intake/src/intake.service-definition.js';
import { tipFactsConsumer } from '../../../apps/statistics/src/matters/matters.consumers.js';
import { statisticsMigrations } from '../../../apps/statistics/src/migrations/statistics-migrations.js';
import { redirected, redirector } from '../../../libs/messaging/src/rebuild/redirect.js';
import { ShadowTables } from '../../../libs/messaging/src/rebuild/shadow-tables.js';
import type { BenchContext, Kept, Params, Variant, Workload } from '../../harness/types.js';
import { logger } from '../bus/tip-log.js';
import { setBasedTipList } from './set-based.js';
import { fillTipHistory } from './tip-history.js';

const TIPS = { S: 6_000, M: 170_000, L: 1_700_000 } as const;
const PEER_SECONDS = 0.7;
const PEER_WARM_UP_SECONDS = 0.3;
/** More than it handles in its time. */
const PEER_EVENTS = 5_000;
const PAGE = 5_000;

const MODELS: Readonly<Record<string, { schema: string; consumer: () => Consumer }>> = {
  'tip-list': { schema: 'intake', consumer: () => tipListConsumer('intake') },
  matters: { schema: 'deadlines', consumer: () => mattersConsumer(() => undefined) },
  'tip-facts': { schema: 'statistics', consumer: tipFactsConsumer },
};

interface History extends Kept {
  url: string;
  pool: Pool;
  log: PostgresLog;
  /** How many it holds. */
  events: number;
}

/** The log that all models are rebuilt from, filled once: each model has tables of its own beside it. */
async function openHistory(context: BenchContext): Promise<History> {
  const url = await (await context.postgres()).database(`b9_${context.attempt}`);
  const pool = createPool(url, { applicationName: 'bench', max: 12, statementTimeoutMs: 0 });
  for (const own of intakeService.ownSchemas?.() ?? []) await migrate(pool, own.schema, own.migrations);
  await migrate(pool, 'intake', intakeService.migrations());
  await migrate(pool, 'deadlines', deadlinesMigrations());
  await migrate(pool, 'statistics', statisticsMigrations());
  // Prosecution has no events here: an empty log stands in for it.
  await migrate(pool, 'prosecution', eventStoreMigrations('prosecution'));
  const events = await fillTipHistory(pool, TIPS[context.scale], context.seed);
  const logs = Object.fromEntries(
    ['intake', 'prosecution', 'deadlines'].map((service) => [service, new EventStore({ pool, schema: service })]),
  );
  const log = new PostgresLog({ logs, topics: TOPICS, isPublic: isPublicEvent, logger });
  const close = async (): Promise<void> => {
    await log.close();
    await pool.end();
  };
  return { url, pool, log, events, close };
}

/** Rebuild a read model from the whole log, indexes and swap included. */
export const rebuildReadModels: Workload = {
  id: 'B9',
  unit: 'events of the log folded',
  title: 'Rebuild a read model from the log',
  points: (): Params[] => Object.keys(MODELS).map((model) => ({ model })),
  open: async (context, { model }) => {
    const { schema, consumer: make } = MODELS[model as string]!;
    const consumer = make();
    const { tables, canonical } = consumer.rebuild as ReadModel;
    const { url, pool, log, events } = await context.kept('history', openHistory);
    const home: ConsumerHome = { pool, schema };
    const rebuild = async (): Promise<void> => {
      await requestRebuild(pool, schema, consumer.name, 'bench', true);
      await new Rebuild(consumer, home, log, { logger }).run();
    };
    const print = async (): Promise<string> =>
      inTransaction(
        pool,
        async (tx) => {
          const prints: string[] = [];
          // Sums may lie in another order each time.
          for (const table of tables.filter((name) => canonical?.[name] === undefined)) {
            const { rows } = await tx.query<{ print: string }>(
              `SELECT count(*) || ' ' || coalesce(md5(string_agg(h, '' ORDER BY h)), '') AS print
               FROM (SELECT md5(t::text) AS h FROM ${schema}.${table} t) AS hashed`,
            );
            prints.push(rows[0]!.print);
          }
          return prints.join(', ');
        },
        { settings: { 'app.units': '*' } },
      );
    await rebuild();
    const expected = await print();

    // Text as it comes over the wire: no event is made of it.
    const bare = new pg.Pool({ connectionString: url, max: 2, types: { getTypeParser: () => (text: string) => text } });
    const floorTables = new ShadowTables(schema, 'floor', tables);
    let floorRows = 0;
    const floor: Variant = {
      name: 'floor',
      round: async () => {
        const began = performance.now();
        let read = 0;
        for (let at = ['0', '0']; ;) {
          const { rows } = await bare.query<string[]>({
            name: 'bare-read',
            rowMode: 'array',
            text: `SELECT xid::text, gp::text, id, stream, version, type, event_version, data, meta, recorded_at
              FROM intake.events WHERE (xid, gp) > ($1::xid8, $2::bigint) ORDER BY events.xid, events.gp LIMIT ${PAGE}`,
            values: at,
          });
          read += rows.length;
          const last = rows.at(-1);
          if (!last) break;
          at = [last[0]!, last[1]!];
        }
        if (read !== events) throw new Error(`the floor read ${read} of ${events}`);
        const client = await pool.connect();
        try {
          await client.query(`SELECT set_config('app.units', '*', false)`);
          await client.query('BEGIN');
          await floorTables.create(client);
          await client.query('COMMIT');
          for (const table of tables) {
            const { rows } = await client.query<{ columns: string }>(
              `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns FROM pg_attribute
               WHERE attrelid = '${schema}.${table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
            );
            const { columns } = rows[0]!;
            const done = await client.query(
              `INSERT INTO floor.${table} (${columns}) SELECT ${columns} FROM ${schema}.${table}`,
            );
            if (table === tables[0]) floorRows = done.rowCount ?? 0;
          }
          await floorTables.finish(client);
          const seconds = (performance.now() - began) / 1000;
          await floorTables.drop(client);
          return { ops: events, seconds };
        } finally {
          client.release(true);
        }
      },
      check: async () => ({ ok: expected.startsWith(`${floorRows} `), rows: floorRows }),
    };
    const found = new Set<string>();
    const ours: Variant = {
      name: 'ours',
      round: async ({ rep }) => {
        // What filled the tables above has warmed it up.
        if (rep === 0) return { ops: 1, seconds: 1 };
        const began = performance.now();
        await rebuild();
        const seconds = (performance.now() - began) / 1000;
        found.add(await print());
        return { ops: events, seconds };
      },
      check: async () => ({ ok: [...found].every((one) => one === expected), expected, found: [...found] }),
    };
    const peerTables = new ShadowTables(schema, 'peer', tables);
    const ofPeer = redirector({ consumer: consumer.name, live: schema, shadow: 'peer', tables });
    const handleOne = (consumer.rebuild as ReadModel).handle ?? consumer.handle;
    let handled = 0;
    const peer: Variant = {
      name: 'peer:per-event-upsert',
      round: async ({ rep }) => {
        const limitMs = (rep === 0 ? PEER_WARM_UP_SECONDS : PEER_SECONDS) * 1000;
        // The plain way: empty tables, and each event handled in a transaction of its own with its checkpoint.
        const client = await pool.connect();
        await client.query(`SELECT set_config('app.units', '*', false)`);
        try {
          await client.query('BEGIN');
          await peerTables.create(client);
          await client.query('COMMIT');
          await peerTables.finish(client);
          await pool.query(
            `INSERT INTO ${schema}.checkpoints (consumer, source) VALUES ('per-event', 'log') ON CONFLICT DO NOTHING`,
          );
          const source = (await log.history(consumer)).sources[0]!;
          const page = await source.read(null, PEER_EVENTS);
          const began = performance.now();
          handled = 0;
          for (const event of page.events) {
            await inTransaction(
              pool,
              async (tx) => {
                await handleOne([event], redirected(tx, ofPeer));
                await tx.query(
                  `UPDATE ${schema}.checkpoints SET position = $1 WHERE consumer = 'per-event' AND source = 'log'`,
                  [event.position],
                );
              },
              { durable: false, settings: { 'app.units': '*' } },
            );
            handled += 1;
            if (performance.now() - began > limitMs) break;
          }
          const seconds = (performance.now() - began) / 1000;
          const { rows } = await client.query<{ rows: number }>(`SELECT count(*)::int AS rows FROM peer.${tables[0]}`);
          if (rows[0]!.rows === 0) throw new Error('the peer wrote nothing');
          await peerTables.drop(client);
          return { ops: handled, seconds };
        } finally {
          client.release(true);
        }
      },
      check: async () => ({ ok: handled > 0 && (await print()) === expected, events: handled }),
    };
    const setBased =
      model === 'tip-list' ? [setBasedTipList(pool, new ShadowTables(schema, 'set_based', tables), events)] : [];
    // Where a round takes long, none is given to warming up.
    const warmedUp = (variant: Variant): Variant => ({
      ...variant,
      round: async (input) =>
        input.rep === 0 && context.scale !== 'S' ? { ops: 1, seconds: 1 } : variant.round(input),
    });
    return {
      variants: [floor, ours, peer, ...setBased].map(warmedUp),
      note:
        'Floor: the log read as text by a bare cursor, then the final rows copied by INSERT … SELECT inside the server ' +
        'into empty tables that get the same indexes, policies and statistics; it folds nothing and calculates no term. ' +
        'The peer handles event by event and is measured for 0.7 seconds.',
      close: () => bare.end(),
    };
  },
};
