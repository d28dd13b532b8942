#!/usr/bin/env node
/**
 * The independent verifier: reads the databases, the topics, the client's own journal and the runner's, and says which
 * invariants do not hold. Shares no code with what it judges.
 *
 *   node test/faults/verifier/main.mjs --database URL --brokers HOST:PORT --client FILE --run FILE [--settle MS] [--serve]
 *
 * Prints one JSON object: `{ok, violations: [{invariant, what, where}], counts, settledAfterMs, …}`; exit code 1 when
 * something does not hold. With --serve it answers one JSON line for each line it is given: `{verify: {sinceMs,
 * settleMs, mayBeParked}}` (with `database`, `client`, `run` for others than given at the start) or `{hash: true}`.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { checkBus } from './bus-checks.mjs';
import { checkFolds } from './fold-checks.mjs';
import { commandsOfClient, readJournal } from './journal.mjs';
import { checkLogs } from './log-checks.mjs';
import { hashModels, readDatabases } from './read-databases.mjs';
import { TopicReader } from './read-topics.mjs';
import { checkRun } from './run-checks.mjs';

const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    brokers: { type: 'string' },
    client: { type: 'string' },
    run: { type: 'string' },
    settle: { type: 'string', default: '20000' },
    serve: { type: 'boolean', default: false },
  },
});
const topics = new TopicReader(values.brokers.split(','));
const LOOK_EVERY_MS = 250;
/** What cannot be read for longer than this is a fault of its own. */
const BROKEN_MS = 20_000;

/** All checks on what is there now. */
async function look({ sinceMs, mayBeParked, given }) {
  const client = readJournal(given.client ?? values.client);
  const run = readJournal(given.run ?? values.run);
  const commands = commandsOfClient(client);
  const databases = await readDatabases(given.database ?? values.database);
  // After the databases: what they hold is on the bus by then, or it is late.
  const ends = await topics.upToDate(20_000);
  const bus = checkBus({ databases, records: topics.records, ends, mayBeParked });
  const ran = checkRun({ client, run, sinceMs });
  const violations = [
    ...checkLogs({ databases, commands }),
    ...bus.faults,
    ...checkFolds({ databases }),
    ...ran.faults,
  ];
  const events = Object.values(databases.logs).reduce((sum, log) => sum + log.events.length, 0);
  return {
    ok: violations.length === 0,
    violations,
    counts: {
      commands: commands.size,
      acked: [...commands.values()].filter(({ acked }) => acked).length,
      events,
      records: topics.records.length,
      repeats: bus.repeats,
    },
    slowestMs: ran.slowestMs,
    worstRecoveryMs: ran.worstRecoveryMs,
    mostMemoryMb: ran.mostMemoryMb,
  };
}

/**
 * Relays and projections follow after the commands: they have `settleMs` to come to rest. What is wrong then is wrong;
 * a loss, a gap or a repeat does not heal by waiting.
 */
async function verify({ sinceMs = 0, settleMs = Number(values.settle), mayBeParked = [], ...given }) {
  const began = performance.now();
  for (;;) {
    let result;
    try {
      result = await look({ sinceMs, mayBeParked, given });
    } catch (error) {
      // A broker that has just made its topics, a server that has just come back: looked at again, within the time.
      if (performance.now() - began > settleMs + BROKEN_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      continue;
    }
    const settledAfterMs = Math.round(performance.now() - began);
    if (result.ok || settledAfterMs > settleMs) return { ...result, settledAfterMs };
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

if (values.serve) {
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      const asked = JSON.parse(line);
      answer = asked.hash ? { hashes: await hashModels(values.database) } : await verify(asked.verify ?? {});
    } catch (error) {
      answer = { error: error.stack };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await topics.close();
  process.exit(0);
} else {
  const result = await verify({});
  await topics.close();
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exit(result.ok ? 0 : 1);
}
