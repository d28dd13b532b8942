#!/usr/bin/env node
/**
 * `npm run faults`: injects faults into the real distributed system and lets an independent verifier judge every round
 * (test/faults/README.md). Exit code 1 when an invariant did not hold, 2 when misused.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { requireNode, ROOT } from './support/project.mjs';

requireNode();
const { DRILLS } = await import('../test/faults/drills/index.mjs');
const { pageOf, printTable } = await import('../test/faults/report.mjs');

const USAGE = `Usage: npm run faults -- [F1 F2 …] [--fault F1] [--night] [--rounds N] [--seed N] [--minutes N] [--keep]

  F1 F2 …       the faults to inject; all when none is named
  --quick       fewer rounds, six minutes with --self-test: what npm test runs
  --night       the larger counts of the fault table
  --rounds N    this many rounds of each
  --seed N      of the first round; a red round prints the seed that repeats it (then --rounds is 1)
  --minutes N   for faults that run for a time (F11)
  --self-test   break each invariant on purpose at the end: the verifier must find it
  --json        print one JSON line a fault; what goes on goes to the error output
  --publish     write the results to docs/faults.md, red or green
  --keep        leave the data of a red run in place

${DRILLS.map(({ id, title, counts }) => `  ${id.padEnd(4)} ${title} (${counts.ci}; ${counts.quick} quick, ${counts.night} at night)`).join('\n')}`;

function misused(reason) {
  console.error(`${reason}\n\n${USAGE}`);
  process.exit(2);
}

let options;
let named;
try {
  ({ values: options, positionals: named } = parseArgs({
    allowPositionals: true,
    options: {
      fault: { type: 'string', multiple: true, default: [] },
      quick: { type: 'boolean', default: false },
      night: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seed: { type: 'string' },
      minutes: { type: 'string' },
      json: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      'self-test': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  }));
} catch (error) {
  misused(error.message);
}
if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
const wholeNumber = (name) => {
  if (options[name] === undefined) return undefined;
  const value = Number(options[name]);
  if (!Number.isInteger(value) || value < 0) misused(`--${name} ${options[name]} is not a whole number`);
  return value;
};
const seed = wholeNumber('seed');
const rounds = wholeNumber('rounds') ?? (seed === undefined ? undefined : 1);
const minutes = wholeNumber('minutes');
const wanted = [...named, ...options.fault].map((id) => id.toUpperCase());
const unknown = wanted.find((id) => !DRILLS.some((drill) => drill.id === id));
if (unknown) misused(`there is no fault ${unknown}`);

const { ensureInstalled } = await import('./support/install.mjs');
ensureInstalled();
const { buildServer } = await import('./build.mjs');
await buildServer();
const { runDrills } = await import('../test/faults/runner.mjs');

const out = join(ROOT, 'faults/out');
mkdirSync(out, { recursive: true });
const first = seed ?? (Date.now() % 1_000_000) * 1_000;
const plan = DRILLS.filter(({ id }) => wanted.length === 0 || wanted.includes(id)).map((drill) => ({
  drill: { ...drill, isNight: options.night, ...(minutes === undefined ? {} : { minutes }) },
  rounds: rounds ?? drill.counts[options.night ? 'night' : options.quick ? 'quick' : 'ci'],
  seed: first,
}));
const say = (line) => (options.json ? console.error(line) : console.log(line));
say(`seed ${first}`);
const began = new Date();
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => interrupt.abort(new Error('stopped')));
const results = await runDrills({
  plan,
  signal: interrupt.signal,
  rebuild: seed === undefined,
  selfTest: options['self-test'],
  log: say,
  keep: options.keep,
  onResult: (result) => {
    const line = JSON.stringify({ at: began.toISOString(), ...result });
    appendFileSync(join(out, 'results.jsonl'), `${line}\n`);
    if (options.json) console.log(line);
  },
});
say(`\n${printTable(results)}`);
if (options.publish) {
  const command = `npm run faults -- ${process.argv.slice(2).join(' ')}`;
  writeFileSync(join(ROOT, 'docs/faults.md'), pageOf(results, { began, command }));
}
process.exit(results.some(({ violations }) => Object.keys(violations).length > 0) ? 1 : 0);
