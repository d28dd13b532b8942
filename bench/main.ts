import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { compareRuns } from './harness/compare.js';
import { judge, readGates, type GateResult } from './harness/gates.js';
import { load1 } from './harness/machine.js';
import { pointsOf } from './harness/points.js';
import { environmentLines, htmlReport, markdownReport, terminalGates, withResults } from './harness/report.js';
import { readResults, type ResultLine } from './harness/results.js';
import { ROOT } from './harness/root.js';
import { runWorkloads } from './harness/runner.js';
import { SCALES, type Scale } from './harness/types.js';
import { WORKLOADS } from './workloads/index.js';

const say = (line: string): void => console.log(line);

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above zero');
  return value;
}

function whole(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('a whole number above zero');
  return value;
}

/** Words about missed gates, by workload: what limits them and which ways were tried. */
function reasons(): Record<string, string> {
  const file = join(ROOT, 'bench/reasons.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {};
}

/** Writes both reports beside the results. */
function writeReports(lines: readonly ResultLine[], folder: string): { gates: GateResult[]; markdown: string } {
  const points = pointsOf(lines);
  const gates = judge(readGates(), points);
  const markdown = markdownReport(lines, points, gates, reasons());
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'report.md'), markdown);
  writeFileSync(join(folder, 'report.html'), htmlReport(lines, points, gates));
  return { gates, markdown };
}

interface RunFlags {
  scale: Scale;
  rounds: number;
  seconds?: number;
  seed: number;
  out?: string;
  only?: string;
  variants?: string[];
  profile?: string;
}

async function run(ids: string[], flags: RunFlags): Promise<void> {
  const known = new Map(WORKLOADS.map((workload) => [workload.id.toLowerCase(), workload]));
  const unknown = ids.filter((id) => !known.has(id.toLowerCase()));
  if (unknown.length > 0) {
    console.error(`no workload ${unknown.join(', ')}; there are: ${WORKLOADS.map(({ id }) => id).join(', ')}`);
    process.exitCode = 2;
    return;
  }
  const workloads = ids.length === 0 ? WORKLOADS : ids.map((id) => known.get(id.toLowerCase())!);
  const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
  const out = resolve(flags.out ?? join(ROOT, 'bench/out', stamp));
  say(`load average ${load1().toFixed(2)}; results in ${out}`);
  const { lines, faults, spent } = await runWorkloads({
    workloads,
    scale: flags.scale,
    rounds: flags.rounds,
    seconds: flags.seconds,
    seed: flags.seed,
    out,
    only: flags.only,
    variants: flags.variants,
    profile: flags.profile === undefined ? undefined : resolve(flags.profile),
    log: say,
  });
  const { gates } = writeReports(lines, out);
  writeFileSync(join(out, 'seconds.json'), `${JSON.stringify(spent, null, 2)}\n`);
  say('');
  for (const line of spent.table()) say(line);
  say('');
  for (const line of environmentLines(lines)) say(line);
  say(`\n${terminalGates(gates, process.stdout.isTTY === true)}`);
  say(`\n${join(out, 'report.html')}`);
  for (const fault of faults) say(`not measured: ${fault} (see above)`);
  if (faults.length > 0 || gates.some(({ verdict }) => verdict !== 'met')) process.exitCode = 1;
}

function compare(before: string, after: string): void {
  const changes = compareRuns(pointsOf(readResults([before])), pointsOf(readResults([after])));
  if (changes.length === 0) {
    console.error('the two runs have no ratio in common');
    process.exitCode = 2;
    return;
  }
  const span = ({ median, min, max }: { median: number; min: number; max: number }): string =>
    `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
  for (const { id, point, against, before: old, after: now, drop, isFailure } of changes) {
    const change = drop > 0 ? `${(100 * drop).toFixed(0)} % worse` : `${(-100 * drop).toFixed(0)} % better`;
    say(`${isFailure ? 'WORSE' : 'ok   '} ${id} ${point} ÷ ${against}: ${span(old)} → ${span(now)}, ${change}`);
  }
  if (changes.some(({ isFailure }) => isFailure)) process.exitCode = 1;
}

function report(folders: string[], flags: { publish?: string }): void {
  const lines = readResults(folders);
  const { gates, markdown } = writeReports(lines, folders.at(-1)!);
  if (flags.publish !== undefined) {
    writeFileSync(resolve(flags.publish), markdown);
    const readme = join(ROOT, 'bench/README.md');
    writeFileSync(readme, withResults(readFileSync(readme, 'utf8'), lines, gates));
  }
  say(terminalGates(gates, process.stdout.isTTY === true));
}

const program = new Command('bench').description('Benchmarks with floors and peers (bench/README.md)');
program
  .command('run', { isDefault: true })
  .description('measures workloads; all of them when none is named')
  .argument('[ids...]', `workloads: ${WORKLOADS.map(({ id }) => id).join(', ')}`)
  .addOption(new Option('--scale <scale>', 'how much data').choices([...SCALES]).default('S'))
  .option('--rounds <n>', 'rounds of floor, ours, peers', whole, 5)
  .option('--seconds <n>', 'seconds a round', positive)
  .option('--seed <n>', 'seed of everything that is random', whole, 42)
  .option('--only <words>', 'only points whose words contain this, for example c=32')
  .option('--variants <names...>', 'only these variants, for trying things out: floor ours peer:emmett')
  .option('--profile <dir>', 'processor profiles of the child processes there')
  .option('--out <dir>', 'folder of the results (bench/out/<time>)')
  .action(run);
program
  .command('compare')
  .description('fails when a ratio of B is worse than in A by more than a tenth and beyond its range')
  .argument('<A>', 'folder of a run')
  .argument('<B>', 'folder of a later run')
  .action(compare);
program
  .command('report')
  .description('writes report.md and report.html from the results of one or several runs')
  .argument('<dirs...>', 'folders of runs; of a point measured twice the later counts')
  .option('--publish <file>', 'also write the Markdown there, and the gates into bench/README.md')
  .action(report);
await program.parseAsync();
