import pg from 'pg';
import { deskOf, done } from './desk.mjs';
import { quantileOf, ratioOf } from './measure.mjs';
import { pauseOf } from './pause.mjs';

/**
 * Read models whose handlers are poisoned, by turns: one behind Kafka, one behind the service's own log, one after
 * another. `matter` makes the one to poison, `acts` what then happens to it: the first of these cannot be handled.
 */
const PLACES = [
  { service: 'statistics', table: 'tip_facts', key: 'tip_id', log: 'intake', prefix: 'crime-tip-' },
  { service: 'intake', table: 'tip_list', key: 'tip_id', log: 'intake', prefix: 'crime-tip-' },
  { service: 'prosecution', table: 'criminal_cases', key: 'case_id', log: 'prosecution', prefix: 'criminal-case-' },
];
const PARKED_WITHIN_MS = 15_000;
const RELEASED_WITHIN_MS = 15_000;
const OTHERS_WITHIN_MS = 10_000;
/** How long the others' lag is watched, without the poison and with it. */
const WATCHED_MS = 2_500;
/** What the lag of others may grow to, in the middle of them all. */
const MOST_TIMES = 2;

/**
 * F12: the handler of one read model throws for one matter among all; the stream of that matter must be parked and all
 * others flow, hardly later than before. Then the cause is mended and an operator releases what was parked: it is
 * replayed in order.
 */
export const f12 = {
  id: 'F12',
  title: 'poison event on one stream in many, then mended and released',
  targets: ['I5', 'I6', 'I7'],
  counts: { quick: 3, ci: 6, night: 50 },
  load: { rate: 60, most: 32 },
  async round({ system, client, recovered, violated, notes, seed }) {
    const place = PLACES[seed % PLACES.length];
    const { service, table } = place;
    const where = `${service}.${table}`;
    notes.place = where;
    const database = new pg.Client({ connectionString: system.databaseUrl });
    await database.connect();
    const parkedStreams = async () =>
      (await database.query(`SELECT stream FROM ${service}.parked_streams ORDER BY stream`)).rows.map(
        (row) => row.stream,
      );
    try {
      await watchLags(database, place);
      const matter = await ownMatter(client, service, seed);
      await pauseOf(WATCHED_MS);
      const calm = await lagsSince(database, place, WATCHED_MS);
      await poison(database, place, matter.id);
      const began = performance.now();
      for (const act of matter.acts) await done(act());
      while ((await parkedStreams()).length === 0 && performance.now() - began < PARKED_WITHIN_MS) await pauseOf(20);
      notes.parkedMs = Math.round(performance.now() - began);
      await pauseOf(Math.max(0, WATCHED_MS - (performance.now() - began)));
      const poisoned = await lagsSince(database, place, performance.now() - began);
      for (const [name, lags] of Object.entries({ calm, poisoned })) {
        notes[`${name}LagMs`] = quantileOf(lags, 0.5);
        notes[`${name}P95Ms`] = quantileOf(lags, 0.95);
      }
      notes.others = poisoned.length;
      const parked = await parkedStreams();
      if (parked.length !== 1)
        violated('I7', `of one poisoned stream ${parked.length} were parked: ${parked.slice(0, 3).join()}`, where);
      await client.rest();
      const left = await othersBehind(database, place);
      if (left > 0) violated('I7', `${left} matters beside the parked one did not come through`, where);
    } finally {
      await database.query(`DROP TRIGGER IF EXISTS poisoned ON ${where}; DROP TRIGGER IF EXISTS seen ON ${where};
        DROP FUNCTION IF EXISTS ${service}.poisoned(); DROP FUNCTION IF EXISTS ${service}.seen();
        DROP TABLE IF EXISTS public.seen;
        UPDATE ${service}.parked_streams SET retry_requested = true`);
    }
    const mended = performance.now();
    let still = await parkedStreams();
    while (still.length > 0 && performance.now() - mended < RELEASED_WITHIN_MS) {
      await pauseOf(50);
      still = await parkedStreams();
    }
    await database.end();
    if (still.length > 0) violated('I7', `${still.length} streams stayed parked after release`, still[0]);
    notes.releasedMs = Math.round(performance.now() - mended);
    recovered(service, await system.untilReady(service));
  },
  conclude(rounds) {
    const middle = ratioOf(rounds, 'poisonedLagMs', 'calmLagMs');
    const late = ratioOf(rounds, 'poisonedP95Ms', 'calmP95Ms');
    return {
      measured: `lag of others: median ${middle.text}, at most ${MOST_TIMES}; p95 ${late.text}`,
      violations: middle.isAbove(MOST_TIMES)
        ? [{ invariant: 'I12', what: `others lagged ${middle.text}`, where: 'F12' }]
        : [],
    };
  },
};

/** A matter of the drill's own, and what is to happen to it. */
async function ownMatter(client, service, seed) {
  const desk = deskOf(client, `f12-${seed}`);
  if (service === 'prosecution') {
    const { id } = await done(desk.openCase('poisoned'));
    return { id, acts: [() => desk.conclude(id, 'poisoned')] };
  }
  const { id } = await done(desk.receive('poisoned'));
  return { id, acts: [() => desk.classify(id, 'poisoned'), () => desk.accept(id, 'poisoned')] };
}

async function poison(database, { service, table, key }, id) {
  await database.query(`
    CREATE FUNCTION ${service}.poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.${key}::text = '${id}' THEN RAISE EXCEPTION 'poisoned'; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER poisoned BEFORE INSERT OR UPDATE ON ${service}.${table}
      FOR EACH ROW EXECUTE FUNCTION ${service}.poisoned();`);
}

/** Notes when each matter comes into the read model, by the clock of the server that also dated the event. */
async function watchLags(database, { service, table, key }) {
  await database.query(`
    CREATE TABLE public.seen (id text PRIMARY KEY, at timestamptz NOT NULL);
    GRANT ALL ON public.seen TO PUBLIC;
    CREATE FUNCTION ${service}.seen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
      INSERT INTO public.seen VALUES (NEW.${key}::text, clock_timestamp()) ON CONFLICT DO NOTHING;
      RETURN NEW;
    END $$;
    CREATE TRIGGER seen AFTER INSERT ON ${service}.${table} FOR EACH ROW EXECUTE FUNCTION ${service}.seen();`);
}

/** Milliseconds from each event that made a matter in the last `ms` to its row; what is not there yet counts until now. */
async function lagsSince(database, { log, prefix }, ms) {
  const { rows } = await database.query(
    `SELECT extract(epoch FROM coalesce(seen.at, clock_timestamp()) - e.recorded_at) * 1000 AS lag
     FROM ${log}.events e LEFT JOIN public.seen ON seen.id = substr(e.stream, length($1) + 1)
     WHERE starts_with(e.stream, $1) AND e.version = 1 AND e.recorded_at > clock_timestamp() - $2 * interval '1 ms'`,
    [prefix, Math.round(ms)],
  );
  return rows.map(({ lag }) => Number(lag));
}

/** Waits until every matter that is not parked is in the read model as far as its stream goes. @returns those missing */
async function othersBehind(database, { service, table, key, log, prefix }) {
  const began = performance.now();
  for (;;) {
    const { rows } = await database.query(
      `SELECT count(*)::int AS behind FROM ${log}.events e
       WHERE starts_with(e.stream, $1) AND e.version = 1
         AND NOT EXISTS (SELECT FROM ${service}.parked_streams p WHERE p.stream = e.stream)
         AND NOT EXISTS (SELECT FROM ${service}.${table} t WHERE t.${key}::text = substr(e.stream, length($1) + 1))`,
      [prefix],
    );
    const [{ behind }] = rows;
    if (behind === 0 || performance.now() - began > OTHERS_WITHIN_MS) return behind;
    await pauseOf(50);
  }
}
