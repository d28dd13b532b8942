#!/usr/bin/env node
/**
 * The independent verifier: reads the databases, the topics, the client's own journal and the runner's, and says which
 * invariants do not hold. Shares no code with what it judges.
 *
 *   node test/faults/verifier/main.mjs --database URL --brokers HOST:PORT --client FILE --run FILE [--settle MS] [--serve]
 *
 * Prints one JSON object: `{ok, violations: [{invariant, what, where}], counts, settledAfterMs, …}`; exit code 1 when
 * something does not hold. With --serve it answers one JSON line for each line it is given: `{verify: {sinceMs,
 * settleMs, mayBeParked, whole}}` or `{hash: true}`.
 */
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { Judge } from './judge.mjs';
import { hashModels } from './read-databases.mjs';

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
const judge = new Judge({
  databaseUrl: values.database,
  brokers: values.brokers.split(','),
  clientJournal: values.client,
  runJournal: values.run,
});

if (values.serve) {
  for await (const line of createInterface({ input: process.stdin })) {
    let answer;
    try {
      const asked = JSON.parse(line);
      answer = asked.hash ? { hashes: await hashModels(values.database) } : await judge.verify(asked.verify ?? {});
    } catch (error) {
      answer = { error: error.stack };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await judge.close();
  process.exit(0);
} else {
  const result = await judge.verify({ settleMs: Number(values.settle) });
  await judge.close();
  process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  process.exit(result.ok ? 0 : 1);
}
