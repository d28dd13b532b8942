import pg from 'pg';
import { pauseOf } from './pause.mjs';

/** Read models whose handlers are poisoned, by turns: one behind Kafka, one behind the service's own log, one after another. */
const PLACES = [
  { service: 'statistics', table: 'tip_facts', key: 'tip_id', prefix: 'crime-tip-' },
  { service: 'intake', table: 'tip_list', key: 'tip_id', prefix: 'crime-tip-' },
  { service: 'prosecution', table: 'criminal_cases', key: 'case_id', prefix: 'criminal-case-' },
];
const PARKED_WITHIN_MS = 15_000;
const RELEASED_WITHIN_MS = 15_000;
const OTHERS_WITHIN_MS = 10_000;

/**
 * F12: the handler of one read model throws for one matter in some; the stream of that matter must be parked and all
 * others flow. Then the cause is mended and an operator releases what was parked: it is replayed in order.
 */
export const f12 = {
  id: 'F12',
  title: 'poison event on one stream in many, then mended and released',
  targets: ['I5', 'I6', 'I7'],
  counts: { quick: 3, ci: 3, night: 50 },
  load: { rate: 60, most: 32 },
  async round({ system, client, random, recovered, violated, notes, mayBeParked, seed }) {
    const { service, table, key, prefix } = PLACES[seed % PLACES.length];
    // The key is known only when the matter is there: every n-th by its hash, from now on.
    const modulus = service === 'prosecution' ? 6 : 12;
    const database = new pg.Client({ connectionString: system.databaseUrl });
    await database.connect();
    const one = async (text, values) => (await database.query(text, values)).rows[0];
    const parkedStreams = async () =>
      (await database.query(`SELECT stream FROM ${service}.parked_streams ORDER BY stream`)).rows.map(
        (row) => row.stream,
      );
    try {
      await database.query(`
        CREATE FUNCTION ${service}.poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          IF abs(hashtext(NEW.${key}::text)) % ${modulus} = ${random.whole(0, modulus - 1)} THEN
            RAISE EXCEPTION 'poisoned';
          END IF;
          RETURN NEW;
        END $$;
        CREATE TRIGGER poisoned BEFORE INSERT OR UPDATE ON ${service}.${table}
          FOR EACH ROW EXECUTE FUNCTION ${service}.poisoned();`);
      const began = performance.now();
      while ((await parkedStreams()).length === 0 && performance.now() - began < PARKED_WITHIN_MS) await pauseOf(50);
      await pauseOf(random.between(500, 1_500));
      const parked = await parkedStreams();
      notes.place = `${service}.${table}`;
      notes.parked = parked.length;
      if (parked.length === 0) violated('I7', 'nothing was parked although handlers threw', `${service}.${table}`);
      await client.rest();
      const left = await othersBehind({ one, service, table, key, prefix });
      if (left > 0)
        violated('I7', `${left} matters beside the parked ones did not come through`, `${service}.${table}`);
    } finally {
      await database.query(`DROP TRIGGER IF EXISTS poisoned ON ${service}.${table};
        DROP FUNCTION IF EXISTS ${service}.poisoned();
        UPDATE ${service}.parked_streams SET retry_requested = true`);
    }
    const mended = performance.now();
    let still = await parkedStreams();
    while (still.length > 0 && performance.now() - mended < RELEASED_WITHIN_MS) {
      await pauseOf(50);
      // What was parked between the mending and the release is released too.
      await database.query(`UPDATE ${service}.parked_streams SET retry_requested = true`);
      still = await parkedStreams();
    }
    await database.end();
    if (still.length > 0) violated('I7', `${still.length} streams stayed parked after release`, still[0]);
    notes.releasedMs = Math.round(performance.now() - mended);
    recovered(service, await system.untilReady(service));
    mayBeParked.length = 0;
  },
};

/** Waits until every matter that is not parked is in the read model as far as its stream goes. @returns those missing */
async function othersBehind({ one, service, table, key, prefix }) {
  const log = prefix === 'criminal-case-' ? 'prosecution' : 'intake';
  const began = performance.now();
  for (;;) {
    const { behind } = await one(
      `SELECT count(*)::int AS behind FROM ${log}.events e
       WHERE starts_with(e.stream, $1) AND e.version = 1
         AND NOT EXISTS (SELECT FROM ${service}.parked_streams p WHERE p.stream = e.stream)
         AND NOT EXISTS (SELECT FROM ${service}.${table} t WHERE t.${key}::text = substr(e.stream, length($1) + 1))`,
      [prefix],
    );
    if (behind === 0 || performance.now() - began > OTHERS_WITHIN_MS) return behind;
    await pauseOf(100);
  }
}
