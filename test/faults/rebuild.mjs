import pg from 'pg';

/**
 * Read models by service, and the consumers that fill them. The tables of `statistics` are all its own but those that
 * every service has.
 */
const REBUILT = {
  intake: { tables: ['tip_list'], consumers: ['intake.tip-list'] },
  prosecution: {
    tables: ['criminal_cases', 'extension_requests'],
    consumers: ['prosecution.case-list', 'prosecution.extension-request-list'],
  },
  deadlines: { tables: ['matters', 'obligations'], consumers: ['deadlines.matters'] },
  statistics: { tables: null, consumers: ['statistics.tip-facts', 'statistics.case-facts'] },
};
const OF_EVERY_SERVICE =
  /^(checkpoints|parked_.*|migrations|units|unit_closure|unit_tree_generation|rebuilds|events|commands|series|log_incarnation|facts_versions|law_.*)$/;

/**
 * Empties every read model of a system at rest and lets the services make them anew from the logs, then compares the
 * hashes that the verifier took before and after (I6).
 * @returns {Promise<{violations: {invariant: string, what: string, where: string}[], tables: number}>}
 */
export async function compareWithRebuild({ system, verifier }) {
  const before = await verifier.hashes();
  for (const name of Object.keys(REBUILT)) await system.kill(name);
  const database = new pg.Client({ connectionString: system.databaseUrl });
  await database.connect();
  try {
    for (const [schema, { tables, consumers }] of Object.entries(REBUILT)) {
      const { rows } = await database.query(`SELECT tablename FROM pg_tables WHERE schemaname = $1`, [schema]);
      const all = rows.map(({ tablename }) => tablename);
      const own = tables ?? all.filter((table) => !OF_EVERY_SERVICE.test(table));
      await database.query(`TRUNCATE ${own.map((table) => `${schema}.${table}`).join(', ')}`);
      await database.query(
        `UPDATE ${schema}.checkpoints SET position = NULL, epoch = epoch + 1 WHERE consumer = ANY ($1)`,
        [consumers],
      );
    }
  } finally {
    await database.end();
  }
  await Promise.all(Object.keys(REBUILT).map((name) => system.start(name)));
  const verdict = await verifier.verify({ sinceMs: Date.now(), settleMs: 30_000, whole: true });
  const after = await verifier.hashes();
  const differing = Object.keys(before).filter((table) => before[table].sha256 !== after[table]?.sha256);
  return {
    tables: Object.keys(before).length,
    violations: [
      ...verdict.violations,
      ...differing.map((table) => ({
        invariant: 'I6',
        what: `${before[table].rows} rows differ from the ${after[table]?.rows ?? 0} of a rebuild`,
        where: table,
      })),
    ],
  };
}
