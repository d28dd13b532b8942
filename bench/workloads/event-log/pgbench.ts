import { execFile } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'pg';
import type { Round, Variant } from '../../harness/types.js';
import { checkLog, eventsFrom, META } from './shape.js';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';
const BATCHES = 64;

/** Path of PostgreSQL's own load program: from PATH, else the newest of a Debian installation; null when there is none. */
export function findPgbench(path = process.env['PATH'] ?? ''): string | null {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...path.split(delimiter).filter(Boolean),
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
  ];
  return folders.map((folder) => join(folder, 'pgbench')).find((file) => existsSync(file)) ?? null;
}

/**
 * The floor without any Node: pgbench runs the coalesced unnest script, one connection, `rows` events a transaction. The
 * events lie in the server already, so that nothing is encoded, sent or answered: less than any program can do.
 *
 * @param pool of a database with the log's tables
 */
export async function pgbenchFloor(
  program: string,
  pool: Pool,
  url: string,
  rows: number,
  folder: string,
): Promise<Variant> {
  await pool.query(`
    CREATE TABLE bench_batches (batch integer PRIMARY KEY, type text[], data jsonb[], meta jsonb[]);
    CREATE SEQUENCE bench_streams CACHE 1000`);
  const events = eventsFrom(1);
  for (let batch = 1; batch <= BATCHES; batch += 1) {
    const some = Array.from({ length: rows }, (_, index) => events[(batch * 31 + index) % events.length]!);
    await pool.query('INSERT INTO bench_batches VALUES ($1, $2, $3::jsonb[], $4::jsonb[])', [
      batch,
      some.map(({ type }) => type),
      some.map(({ data }) => JSON.stringify(data)),
      some.map(() => JSON.stringify(META)),
    ]);
  }
  const script = join(folder, 'coalesced-unnest.sql');
  writeFileSync(
    script,
    `\\set batch random(1, ${BATCHES})
INSERT INTO intake.events (id, stream, version, type, event_version, data, meta, recorded_at)
SELECT uuidv7(), 'crime-tip-00000000-0680-7d05-b146-' || lpad(nextval('bench_streams')::text, 12, '0'), 1,
  e.type, 1, e.data, e.meta, now()
FROM bench_batches b, unnest(b.type, b.data, b.meta) AS e(type, data, meta) WHERE b.batch = :batch;
`,
  );
  const { hostname, port, username, password, pathname } = new URL(url);
  const env = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
  };
  let done = 0;
  let perSecond = 0;
  return {
    name: 'floor:pgbench',
    round: async ({ seconds, seed }): Promise<Round> => {
      // It counts time in whole seconds: after the warm-up it is told how many transactions fill the part of one.
      const howLong =
        perSecond === 0 ? ['-T', String(Math.ceil(seconds))] : ['-t', String(Math.ceil(perSecond * seconds))];
      const options = ['-n', '-M', 'prepared', '-c', '1', ...howLong];
      const { stdout } = await run(
        program,
        [...options, '-f', script, `--random-seed=${seed >>> 0}`, pathname.slice(1)],
        { env },
      );
      const transactions = Number(/transactions actually processed: (\d+)/.exec(stdout)?.[1]);
      perSecond = Number(/^tps = ([\d.]+)/m.exec(stdout)?.[1]);
      if (!(transactions > 0 && perSecond > 0)) throw new Error(`pgbench said: ${stdout}`);
      done += transactions * rows;
      return { ops: transactions * rows, seconds: transactions / perSecond };
    },
    check: () => checkLog(pool, done),
  };
}
