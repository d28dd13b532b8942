import { createHash } from 'node:crypto';
import pg from 'pg';
import { canonical } from './canonical.mjs';

/** Services with a log, the topics that it feeds by the first part of a stream's name. */
export const LOGS = {
  intake: {
    'crime-tip-': 'intake.crime-tips',
    'unit-': 'intake.units',
    'register-row-': 'intake.register-rows',
  },
  prosecution: {
    'extension-request-': 'prosecution.extension-requests',
    'criminal-case-': 'prosecution.criminal-cases',
  },
  deadlines: { 'obligation-': 'deadlines.obligations' },
};
const CONSUMING = ['intake', 'prosecution', 'deadlines', 'statistics'];

/** Read models outside `statistics`, all of whose own tables are read models. */
const READ_MODELS = [
  'intake.tip_list',
  'prosecution.criminal_cases',
  'prosecution.extension_requests',
  'deadlines.matters',
  'deadlines.obligations',
];

/** The topic of a stream of a service's log, or undefined. */
export function topicOf(service, stream) {
  const prefix = Object.keys(LOGS[service]).find((known) => stream.startsWith(known));
  return prefix === undefined ? undefined : LOGS[service][prefix];
}

/** What the folds say of each read model (fold-checks.mjs); every other column is judged by the hash against a rebuild. */
const JUDGED = {
  'intake.tip_list': `SELECT tip_id, number, year, status, kind, unit_code, category, received_at, classified_at, accepted_at,
    assigned_at, decided_at, outcome, case_id, version FROM intake.tip_list`,
  'prosecution.criminal_cases': `SELECT case_id, tip_id, status, unit_code, initiated_at, concluded_at, category, class,
    accused_count, version FROM prosecution.criminal_cases`,
  'deadlines.matters': `SELECT matter_id, (SELECT count(*)::int FROM jsonb_object_keys(facts)) AS facts FROM deadlines.matters`,
  'deadlines.obligations': `SELECT matter_id, rule, state FROM deadlines.obligations WHERE rule = 'TTLT17-8-CLASSIFY'`,
  'statistics.tip_facts': `SELECT tip_id, register_number, register_year, kind, unit_code, category, received_at, classified_at,
    accepted_at, assigned_at, handled_at, decided_at, outcome, case_id FROM statistics.tip_facts`,
  'statistics.case_facts': `SELECT case_id, tip_id, unit_code, initiated_at, concluded_at, category, accused_count
    FROM statistics.case_facts`,
};

/** Before every event of a log. */
const BEGINNING = { xid: '0', gp: '-1' };

/** Reads what the checks ask the databases about, and of the logs only what has changed since it read them last. */
export class DatabaseReader {
  #url;
  #client;
  /** Of each log the events read so far, and the server's sum over every column of theirs. */
  #logs = {};

  /** @param {string} databaseUrl */
  constructor(databaseUrl) {
    this.#url = databaseUrl;
  }

  /** The next reading begins at the beginning of every log. */
  forget() {
    this.#logs = {};
  }

  async disconnect() {
    const client = this.#client;
    this.#client = undefined;
    // A connection that the drill has broken cannot say good-bye.
    await client?.end().catch(() => undefined);
  }

  /** Where every checkpoint stands and each log ends, and nothing else. */
  async places() {
    const client = await this.#connected();
    const rowsOf = async (text) => (await client.query(text)).rows;
    const heads = {};
    for (const service of Object.keys(LOGS)) {
      const [head] = await rowsOf(
        `SELECT xid::text AS xid, gp::text AS gp FROM ${service}.events ORDER BY events.xid DESC, events.gp DESC LIMIT 1`,
      );
      heads[service] = head;
    }
    return { heads, checkpoints: await checkpointsOf(rowsOf) };
  }

  /**
   * Everything of one moment: one snapshot over all schemas.
   * @param {import('pg').ClientBase} [session]  an open transaction to read through
   */
  async read(session) {
    const client = session ?? (await this.#connected());
    const rowsOf = async (text, values) => (await client.query(text, values)).rows;
    if (!session) await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const logs = {};
    for (const service of Object.keys(LOGS)) {
      logs[service] = {
        events: await this.#eventsOf(service, rowsOf, { keep: !session }),
        commands: await rowsOf(`SELECT key, stream, first_version, last_version FROM ${service}.commands`),
        series: await rowsOf(`SELECT series, year, last FROM ${service}.series`),
      };
    }
    const checkpoints = await checkpointsOf(rowsOf);
    const parked = [];
    for (const service of CONSUMING) {
      const streams = await rowsOf(`SELECT consumer, stream, version, error FROM ${service}.parked_streams`);
      parked.push(...streams.map((row) => ({ service, ...row })));
    }
    const models = {};
    for (const [table, text] of Object.entries(JUDGED)) {
      models[table] = (await rowsOf(`SELECT row_to_json(t) AS row FROM (${text}) t`)).map(({ row }) => row);
    }
    if (!session) await client.query('COMMIT');
    return { logs, checkpoints, parked, models };
  }

  async #connected() {
    if (this.#client) return this.#client;
    const client = new pg.Client({ connectionString: this.#url, application_name: 'verifier' });
    // The next statement on it fails and is asked again on another.
    client.on('error', () => undefined);
    await client.connect();
    this.#client = client;
    return client;
  }

  /** All events of a log in its order. What was read before is kept as long as the server says that it is all unchanged. */
  async #eventsOf(service, rowsOf, { keep }) {
    const fingerprint = async (side, { xid, gp }) => {
      const [{ rows, sum }] = await rowsOf(
        `SELECT count(*)::int AS rows, coalesce(sum(hashtextextended(e::text, 0)), 0)::text AS sum
         FROM ${service}.events e WHERE (xid, gp) ${side} ($1::xid8, $2::bigint)`,
        [xid, gp],
      );
      return { rows, sum: BigInt(sum) };
    };
    let known = this.#logs[service];
    if (known) {
      const now = await fingerprint('<=', known.events.at(-1));
      if (now.rows !== known.rows || now.sum !== known.sum) known = undefined;
    }
    const last = known?.events.at(-1) ?? BEGINNING;
    const further = await rowsOf(
      `SELECT xid::text AS xid, gp::text AS gp, id::text AS id, stream, version, type, data, meta FROM ${service}.events e
       WHERE (xid, gp) > ($1::xid8, $2::bigint) ORDER BY e.xid, e.gp`,
      [last.xid, last.gp],
    );
    for (const event of further) event.said = canonical(event.data);
    const events = [...(known?.events ?? []), ...further];
    if (keep && further.length > 0) {
      const more = await fingerprint('>', last);
      this.#logs[service] = { events, rows: (known?.rows ?? 0) + more.rows, sum: (known?.sum ?? 0n) + more.sum };
    }
    return events;
  }
}

async function checkpointsOf(rowsOf) {
  const checkpoints = [];
  for (const service of CONSUMING) {
    const found = await rowsOf(`SELECT consumer, source, epoch::text AS epoch, position FROM ${service}.checkpoints`);
    checkpoints.push(...found.map((row) => ({ service, ...row })));
  }
  return checkpoints;
}

/** Tables of a service that are no read model. */
const NO_MODEL =
  /^(checkpoints|parked_.*|migrations|units|unit_closure|unit_tree_generation|rebuilds|events|commands|series|log_incarnation|facts_versions)$/;

/** Sums to which events add and from which they take: nothing may stand there as null, as 0, or not at all. */
const SUMS = /^(tip|case)_rollup(_pairs)?$|^tip_times$|^tip_categories$/;

/**
 * What a row of sums says, as text; null when it says nothing. A list of times holds 32-bit numbers, twice the time, and
 * one more where it is taken away again; a list by buckets holds pairs of bucket and count.
 */
function sumsOf(row) {
  const said = Object.entries(row).flatMap(([column, value]) => {
    if (value === null || value === 0) return [];
    if (!String(value).startsWith('\\x')) return [[column, value]];
    const bytes = Buffer.from(value.slice(2), 'hex');
    const counts = new Map();
    const isBuckets = column.endsWith('_buckets');
    for (let at = 0; at < bytes.length; at += isBuckets ? 8 : 4) {
      const number = bytes.readInt32LE(at);
      const [what, count] = isBuckets ? [number, bytes.readInt32LE(at + 4)] : [number >> 1, number & 1 ? -1 : 1];
      counts.set(what, (counts.get(what) ?? 0) + count);
    }
    const left = [...counts].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b);
    return left.length === 0 ? [] : [[column, left]];
  });
  const isKey = ([column]) => KEYS_OF_SUMS.has(column);
  return said.every(isKey) ? null : JSON.stringify(said);
}
const KEYS_OF_SUMS = new Set(
  ['unit', 'grain', 'bucket', 'supervised_by'].concat(
    ['ended_grain', 'ended', 'begun_grain', 'begun'],
    ['month', 'category', 'status'],
  ),
);

/**
 * What every read model holds, as one hash each: SHA-256 over its rows, sorted. `versions` is left out: it says which
 * events a row has seen, and a rebuild may pass over those that change nothing.
 * @returns {Promise<Record<string, {rows: number, sha256: string}>>}
 */
export async function hashModels(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'verifier' });
  await client.connect();
  try {
    const statistics = await client.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'statistics'`);
    const tables = [
      ...READ_MODELS,
      ...statistics.rows
        .map(({ tablename }) => tablename)
        .filter((table) => !NO_MODEL.test(table))
        .map((table) => `statistics.${table}`),
    ];
    const hashes = {};
    for (const table of [...new Set(tables)].sort()) {
      if (SUMS.test(table.replace('statistics.', ''))) {
        const { rows } = await client.query(`SELECT to_jsonb(t) AS row FROM ${table} t`);
        const said = rows.map(({ row }) => sumsOf(row)).filter((row) => row !== null);
        hashes[table] = {
          rows: said.length,
          sha256: createHash('sha256').update(said.sort().join('\n')).digest('hex'),
        };
        continue;
      }
      const { rows } = await client.query(
        `SELECT count(*)::int AS rows,
           encode(sha256(convert_to(coalesce(string_agg(row, E'\n' ORDER BY row COLLATE "C"), ''), 'UTF8')), 'hex') AS sha256
         FROM (SELECT (to_jsonb(t) - 'versions')::text AS row FROM ${table} t) rows`,
      );
      hashes[table] = rows[0];
    }
    return hashes;
  } finally {
    await client.end();
  }
}
