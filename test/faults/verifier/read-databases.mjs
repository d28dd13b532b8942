import pg from 'pg';

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

/** Read models that are read whole, with their keys. */
export const READ_MODELS = [
  ['intake.tip_list', 'tip_id'],
  ['prosecution.criminal_cases', 'case_id'],
  ['prosecution.extension_requests', 'request_id'],
  ['deadlines.matters', 'matter_id'],
  ['deadlines.obligations', 'id'],
  ['statistics.tip_facts', 'tip_id'],
  ['statistics.case_facts', 'case_id'],
];

/** The topic of a stream of a service's log, or undefined. */
export function topicOf(service, stream) {
  const prefix = Object.keys(LOGS[service]).find((known) => stream.startsWith(known));
  return prefix === undefined ? undefined : LOGS[service][prefix];
}

/**
 * Everything that the checks ask the databases about, of one moment: one snapshot over all schemas.
 * @param {string} databaseUrl
 */
export async function readDatabases(databaseUrl) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'verifier' });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const rowsOf = async (text, values) => (await client.query(text, values)).rows;
    const logs = {};
    for (const service of Object.keys(LOGS)) {
      logs[service] = {
        events: await rowsOf(
          `SELECT xid::text AS xid, gp::text AS gp, id::text AS id, stream, version, type, event_version, data, meta
           FROM ${service}.events ORDER BY events.xid, events.gp`,
        ),
        commands: await rowsOf(`SELECT key, stream, first_version, last_version FROM ${service}.commands`),
        series: await rowsOf(`SELECT series, year, last FROM ${service}.series`),
      };
    }
    const checkpoints = [];
    const parked = [];
    for (const service of CONSUMING) {
      const found = await rowsOf(`SELECT consumer, source, epoch::text AS epoch, position FROM ${service}.checkpoints`);
      checkpoints.push(...found.map((row) => ({ service, ...row })));
      const streams = await rowsOf(`SELECT consumer, stream, version, error FROM ${service}.parked_streams`);
      parked.push(...streams.map((row) => ({ service, ...row })));
    }
    const models = {};
    for (const [table, key] of READ_MODELS) {
      models[table] = (await rowsOf(`SELECT row_to_json(t) AS row FROM ${table} t ORDER BY ${key}`)).map(
        ({ row }) => row,
      );
    }
    await client.query('COMMIT');
    return { logs, checkpoints, parked, models };
  } finally {
    await client.end();
  }
}

/** Tables of a service that are no read model. */
const NO_MODEL =
  /^(checkpoints|parked_.*|migrations|units|unit_closure|unit_tree_generation|rebuilds|events|commands|series|log_incarnation)$/;

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
      ...READ_MODELS.map(([table]) => table),
      ...statistics.rows
        .map(({ tablename }) => tablename)
        .filter((table) => !NO_MODEL.test(table))
        .map((table) => `statistics.${table}`),
    ];
    const hashes = {};
    for (const table of [...new Set(tables)].sort()) {
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
