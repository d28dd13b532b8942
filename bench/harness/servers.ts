import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Pool } from 'pg';
import { createPool } from '@app/event-store';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../apps/standalone/src/embedded-postgres.js';
import { ROOT } from './root.js';

/** Settings that every variant runs under; the rest are those of `npm start`. */
export const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' } as const;

const SETTINGS: Record<string, string> = {
  ...DURABLE,
  max_connections: '300',
  // Checkpoints come when the harness asks for them, not in the middle of one variant's round.
  checkpoint_timeout: '1h',
  max_wal_size: '8GB',
  autovacuum_naptime: '20s',
};

const RECORDED = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_level',
  'wal_compression',
  'shared_buffers',
  'effective_cache_size',
  'work_mem',
  'max_connections',
  'max_wal_size',
  'checkpoint_timeout',
  'autovacuum_naptime',
  'commit_delay',
  'jit',
];

/** A PostgreSQL of the run's own. */
export interface BenchPostgres {
  /** Of the database `postgres`. */
  url: string;
  /** Process id of the postmaster. */
  pid: number;
  version: string;
  /** The settings that decide about durability and speed, as the server reports them. */
  settings: Record<string, string>;
  /** A pool of one connection for questions beside the measurement. */
  admin: Pool;
  /** Makes an empty database and gives its connection string. */
  database(name: string): Promise<string>;
  checkpoint(): Promise<void>;
  /** Bytes of write-ahead log since the beginning. */
  walBytes(): Promise<number>;
}

export interface OwnedPostgres extends BenchPostgres {
  stop(): Promise<void>;
}

/** Starts the embedded server in a folder; `over` are a workload's own settings and may not loosen durability. */
export async function startPostgres(
  folder: string,
  over: Readonly<Record<string, string>> = {},
): Promise<OwnedPostgres> {
  for (const name of Object.keys(DURABLE)) {
    if (name in over) throw new Error(`${name} is the same for everything that is measured`);
  }
  const server: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    settings: { ...SETTINGS, ...over },
  });
  const admin = createPool(server.url, { applicationName: 'bench', max: 1, statementTimeoutMs: 0 });
  const { rows } = await admin.query<{ name: string; value: string }>(
    `SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY($1) ORDER BY name`,
    [RECORDED],
  );
  const settings = Object.fromEntries(rows.map(({ name, value }) => [name, value]));
  for (const [name, value] of Object.entries(DURABLE)) {
    if (settings[name] !== value) throw new Error(`${name} is ${settings[name]}, not ${value}: nothing is measured so`);
  }
  const version = await admin.query<{ server_version: string }>('SHOW server_version');
  return {
    url: server.url,
    pid: server.pid,
    version: version.rows[0]!.server_version,
    settings,
    admin,
    database: async (name) => {
      await admin.query(`CREATE DATABASE "${name}"`);
      return server.url.replace(/\/postgres$/, `/${name}`);
    },
    checkpoint: async () => {
      await admin.query('CHECKPOINT');
    },
    walBytes: async () => {
      const answer = await admin.query<{ bytes: string }>(
        `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::text AS bytes`,
      );
      return Number(answer.rows[0]!.bytes);
    },
    stop: async () => {
      await admin.end();
      await server.stop();
    },
  };
}

/** A Kafka broker of the run's own. */
export interface BenchKafka {
  brokers: string[];
  pid?: number;
  version: string;
}

export interface OwnedKafka extends BenchKafka {
  stop(): Promise<void>;
}

/** The local broker (Java and Maven needed), or the one that KAFKA_BROKERS names. */
export async function startKafka(folder: string): Promise<OwnedKafka> {
  const given = process.env['KAFKA_BROKERS'];
  if (given) return { brokers: given.split(','), version: 'outside', stop: () => Promise.resolve() };
  const { startLocalKafka } = (await import(pathToFileURL(join(ROOT, 'docker/kafka-local/start.mjs')).href)) as {
    startLocalKafka(options: { dir: string }): Promise<{ brokers: string[]; pid: number; stop(): Promise<void> }>;
  };
  const dir = join(folder, 'kafka');
  mkdirSync(dir, { recursive: true });
  const broker = await startLocalKafka({ dir });
  return { brokers: broker.brokers, pid: broker.pid, version: '4.3.0', stop: () => broker.stop() };
}
