import kafkajs from 'kafkajs';
import pg from 'pg';
import { Judge } from './verifier/judge.mjs';

/** Stands for an event that somebody put into a log: the columns that an insert must name. */
const INSERT_EVENT = `INSERT INTO %s.events (id, stream, version, type, event_version, data, meta, recorded_at)
  SELECT gen_random_uuid(), stream, version + 1, type, event_version, data, meta, recorded_at FROM %s.events`;

/** The newest tip with at least two events: most checks can be broken on it. */
const TIP = `(SELECT stream FROM intake.events WHERE starts_with(stream, 'crime-tip-') AND version = 2
  ORDER BY xid DESC, gp DESC LIMIT 1)`;
const TIP_ID = `(SELECT substr(stream, 11)::uuid FROM intake.events WHERE starts_with(stream, 'crime-tip-') AND version = 2
  ORDER BY xid DESC, gp DESC LIMIT 1)`;

const line = (entry) => ({ at: Date.now(), ...entry });

/**
 * What must be found, each by itself in a system that was judged clean. `sql` breaks the databases in a transaction that
 * the verifier reads through and that is rolled back, `client` and `run` are entries that it takes for the end of the
 * journals, `records` breaks the topics (for good: these come last).
 */
const SEEDED = [
  {
    invariant: 'I1',
    name: 'the last event of a command is gone',
    sql: `DELETE FROM intake.events e WHERE e.stream = ${TIP} AND e.version = 2`,
  },
  {
    invariant: 'I1',
    name: 'a command is gone with its event',
    sql: `DELETE FROM intake.commands WHERE stream = ${TIP} AND first_version = 2;
      DELETE FROM intake.events e WHERE e.stream = ${TIP} AND e.version = 2`,
  },
  {
    invariant: 'I1',
    name: 'no answer came',
    client: (some) => line({ kind: 'gave-up', key: some.key, attempts: 9, last: '503' }),
  },
  {
    invariant: 'I2',
    name: 'an event that no command wrote',
    sql: `${INSERT_EVENT.replaceAll('%s', 'intake')} e WHERE e.stream = ${TIP} ORDER BY version DESC LIMIT 1`,
  },
  {
    invariant: 'I2',
    name: 'a register number is missing',
    sql: `UPDATE intake.events SET data = jsonb_set(data, '{registerNumber,number}', '99999') WHERE stream = ${TIP} AND version = 1`,
  },
  {
    invariant: 'I2',
    name: 'a command that nobody sent',
    sql: `INSERT INTO intake.commands SELECT 'desk:nobody', fingerprint, stream, 9, 8, recorded_at FROM intake.commands LIMIT 1`,
  },
  {
    invariant: 'I3',
    name: 'the first event of a stream is gone',
    sql: `DELETE FROM intake.events WHERE stream = ${TIP} AND version = 1`,
  },
  {
    invariant: 'I3',
    name: 'two events have changed places',
    sql: `ALTER TABLE intake.events DROP CONSTRAINT events_stream_version;
      UPDATE intake.events SET version = 3 - version WHERE stream = ${TIP} AND version IN (1, 2)`,
  },
  {
    invariant: 'I4',
    name: 'the same command was answered otherwise',
    client: (some) => line({ kind: 'repeated', key: some.key, status: 200, id: 'another', registerNumber: null }),
  },
  {
    invariant: 'I4',
    name: 'a key was taken for something else',
    client: (some) => line({ kind: 'misused', key: some.key, status: 200 }),
  },
  {
    invariant: 'I4',
    name: 'a refused command has an effect',
    client: (some) => line({ kind: 'refused', key: some.key, status: 409, code: 'X' }),
  },
  {
    invariant: 'I4',
    name: 'two commands claim one event',
    sql: `INSERT INTO intake.commands SELECT key || '-again', fingerprint, stream, first_version, last_version, recorded_at
      FROM intake.commands WHERE stream = ${TIP} LIMIT 1`,
  },
  {
    invariant: 'I4',
    name: 'an initiation opened two cases',
    sql: `INSERT INTO prosecution.events (id, stream, version, type, event_version, data, meta, recorded_at)
      SELECT gen_random_uuid(), stream || '-again', 1, type, event_version, data, meta, recorded_at FROM prosecution.events
      WHERE type = 'CriminalCaseOpened' AND meta->>'source' = 'reaction' LIMIT 1`,
  },
  {
    invariant: 'I7',
    name: 'an initiation opened no case',
    sql: `DELETE FROM prosecution.events WHERE stream = (SELECT stream FROM prosecution.events
      WHERE type = 'CriminalCaseOpened' AND meta->>'source' = 'reaction' LIMIT 1)`,
  },
  {
    invariant: 'I5',
    name: 'an event never came to the bus',
    sql: `INSERT INTO intake.events (id, stream, version, type, event_version, data, meta, recorded_at)
      SELECT gen_random_uuid(), 'unit-never', 1, type, event_version, data, meta, recorded_at FROM intake.events
      WHERE starts_with(stream, 'unit-') LIMIT 1`,
  },
  {
    invariant: 'I5',
    name: 'the bus says something else than the log',
    sql: `UPDATE intake.events SET data = data || '{"competent": false}' WHERE stream = ${TIP} AND version = 2`,
  },
  {
    invariant: 'I6',
    name: 'a status was changed',
    sql: `UPDATE intake.tip_list SET status = 'suspended' WHERE tip_id = ${TIP_ID}`,
  },
  { invariant: 'I6', name: 'a row is gone', sql: `DELETE FROM statistics.tip_facts WHERE tip_id = ${TIP_ID}` },
  {
    invariant: 'I6',
    name: 'a moment was changed',
    sql: `UPDATE statistics.tip_facts SET classified_at = classified_at + interval '1 minute' WHERE tip_id = ${TIP_ID}`,
  },
  {
    invariant: 'I6',
    name: 'a case was counted wrongly',
    sql: `UPDATE prosecution.criminal_cases SET accused_count = accused_count + 1`,
  },
  {
    invariant: 'I6',
    name: 'a duty was left open',
    sql: `UPDATE deadlines.obligations SET state = 'open' WHERE matter_id = ${TIP_ID}`,
  },
  {
    invariant: 'I6',
    name: 'a fact was kept twice',
    sql: `UPDATE deadlines.matters SET facts = facts || jsonb_build_object('again', facts->'1') WHERE matter_id = ${TIP_ID}`,
  },
  {
    invariant: 'I7',
    name: 'a checkpoint has passed the end of the log',
    sql: `UPDATE intake.checkpoints SET position = position || '{"xid": "99999999"}' WHERE source = 'log:intake'`,
  },
  {
    invariant: 'I7',
    name: 'a checkpoint has passed the end of a topic',
    sql: `UPDATE statistics.checkpoints SET position = position || '{"offset": "99999999"}' WHERE source LIKE 'kafka:%' AND position IS NOT NULL`,
  },
  {
    invariant: 'I7',
    name: 'a consumer has stopped',
    sql: `UPDATE statistics.checkpoints SET position = position || '{"offset": "0"}' WHERE source LIKE 'kafka:%' AND position IS NOT NULL`,
  },
  {
    invariant: 'I7',
    name: 'a stream is parked',
    sql: `INSERT INTO statistics.parked_streams (consumer, stream, source, topic, version, error)
      VALUES ('statistics.tip-facts', 'crime-tip-x', 's', 't', 1, 'seeded')`,
  },
  {
    invariant: 'I12',
    name: 'an answer came after a minute',
    client: (some) => line({ kind: 'attempt', key: some.key, status: 201, tookMs: 60_000 }),
  },
  {
    invariant: 'I12',
    name: '503 says nothing of when',
    client: (some) => line({ kind: 'attempt', key: some.key, status: 503, tookMs: 3 }),
  },
  {
    invariant: 'I12',
    name: 'a request broke',
    client: (some) => line({ kind: 'attempt', key: some.key, status: 500, tookMs: 3 }),
  },
  {
    invariant: 'I12',
    name: 'a service holds too much',
    run: () => line({ kind: 'usage', processes: [{ name: 'intake', pid: 1, rssMb: 4_000, files: 40 }] }),
  },
  {
    invariant: 'I13',
    name: 'a service came back late',
    run: () => line({ kind: 'recovered', part: 'intake', readyAfterMs: 300_000 }),
  },
  {
    invariant: 'I13',
    name: 'a service never came back',
    run: () => line({ kind: 'recovered', part: 'intake', readyAfterMs: null }),
  },
  { invariant: 'I5', name: 'a record that no log knows', records: strangerOf },
  { invariant: 'I5', name: 'two records of a stream in the wrong order', ...outOfOrder() },
  {
    invariant: 'I5',
    name: 'one event more than a batch came twice after a death',
    records: moreThanABatch,
    run: ({ sinceMs }) => line({ kind: 'death', service: 'intake', at: sinceMs }),
    what: /after one death/,
  },
];

/** The same record again until its values are more than the 900 kB of a request. */
async function moreThanABatch({ sendAll, known }) {
  const key = known.envelope.subject;
  const count = Math.floor(900_000 / Buffer.byteLength(JSON.stringify(known.envelope))) + 1;
  for (let sent = 0; sent < count; sent += 200) {
    await sendAll({ ...known, key }, Math.min(200, count - sent));
  }
}

/** A record whose event is in no log. */
async function strangerOf({ send, known }) {
  const envelope = {
    ...known.envelope,
    id: '00000000-0000-7000-8000-000000000000',
    streamversion: 1,
    subject: 'crime-tip-stranger',
  };
  await send({ ...known, key: 'crime-tip-stranger', envelope });
}

/** Two events that are right in the log and lie in the wrong order on the topic. */
function outOfOrder() {
  const ids = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'];
  const stream = 'unit-out-of-order';
  return {
    sql: ids
      .map(
        (id, index) => `INSERT INTO intake.events (id, stream, version, type, event_version, data, meta, recorded_at)
          SELECT '${id}', '${stream}', ${index + 1}, type, event_version, data, meta, recorded_at FROM intake.events
          WHERE starts_with(stream, 'unit-') ORDER BY xid, gp LIMIT 1;`,
      )
      .join('\n'),
    records: async ({ send, unit }) => {
      for (const index of [1, 0]) {
        const envelope = { ...unit.envelope, id: ids[index], subject: stream, streamversion: index + 1 };
        await send({ ...unit, key: stream, envelope });
      }
    },
    what: /version 2 came after 0/,
  };
}

/**
 * Breaks each invariant on purpose, one after another, and asks the verifier's judge. The services must be down: nothing
 * may heal.
 * @param {object} input
 * @param {string} input.databaseUrl  of a system that the verifier has found clean
 * @param {string[]} input.brokers
 * @param {string} input.clientJournal  path
 * @param {string} input.runJournal  path
 * @returns {Promise<{name: string, invariant: string, found: string[], isFound: boolean}[]>}
 */
export async function breakEachInvariant({ databaseUrl, brokers, clientJournal, runJournal }) {
  const sinceMs = Date.now();
  const judge = new Judge({ databaseUrl, brokers, clientJournal, runJournal });
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  const topics = await openTopics(brokers);
  const results = [];
  try {
    const clean = await judge.verify({ sinceMs, settleMs: 10_000 });
    if (!clean.ok)
      throw new Error(`the system is not clean to begin with: ${JSON.stringify(clean.violations.slice(0, 3))}`);
    const some = { key: await someKey(database) };
    for (const { invariant, name, sql, client, run, records, what } of SEEDED) {
      await database.query('BEGIN');
      if (sql) await database.query(sql);
      if (records) await records(topics);
      const more = { client: client ? [client(some)] : [], run: run ? [run({ sinceMs })] : [] };
      const { violations } = await judge.look({ sinceMs, more, session: database });
      await database.query('ROLLBACK');
      const found = violations.filter((one) => one.invariant === invariant && (!what || what.test(one.what)));
      results.push({
        name,
        invariant,
        isFound: found.length > 0,
        found: [...new Set(violations.map((one) => one.invariant))].sort(),
      });
    }
  } finally {
    await Promise.all([topics.close(), database.end(), judge.close()]);
  }
  return results;
}

/** Key of an acknowledged command of the desks, as the client wrote it. */
async function someKey(database) {
  const { rows } = await database.query(
    `SELECT key FROM intake.commands WHERE key ~ '^investigator:s[0-9]+-[0-9]+$' ORDER BY key LIMIT 1`,
  );
  return rows[0].key.replace(/^investigator:/, '');
}

async function openTopics(brokers) {
  const kafka = new kafkajs.Kafka({ clientId: 'self-test', brokers, logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const first = async (topic) => {
    const consumer = kafka.consumer({ groupId: `self-test-${process.hrtime.bigint()}` });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    const message = await new Promise((resolve, reject) => {
      consumer.run({ autoCommit: false, eachMessage: async (one) => resolve(one) }).catch(reject);
    });
    await consumer.disconnect();
    const { partition, message: record } = message;
    return { topic, partition, headers: record.headers, envelope: JSON.parse(record.value.toString('utf8')) };
  };
  const sendAll = async ({ topic, partition, key, headers, envelope }, times) => {
    const message = { key, value: JSON.stringify(envelope), headers, partition };
    await producer.send({ topic, acks: -1, messages: Array.from({ length: times }, () => message) });
  };
  const [known, unit] = await Promise.all([first('intake.crime-tips'), first('intake.units')]);
  return {
    known,
    unit,
    send: (record) => sendAll(record, 1),
    sendAll,
    close: () => producer.disconnect(),
  };
}
