import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, type Child } from './child.js';
import { encodeHistogram, figuresOf } from './latency.js';
import {
  cpuTicks,
  environment,
  load1,
  nodeSeconds,
  residentMb,
  stealBetween,
  treeSeconds,
  type Environment,
} from './machine.js';
import { installPeers, loadPeer, peerVersion } from './peers.js';
import { pointsOf } from './points.js';
import { figureOf, wordsOf, type ResultLine } from './results.js';
import { ROOT } from './root.js';
import { seedOf } from './random.js';
import { startKafka, startPostgres, type OwnedKafka, type OwnedPostgres } from './servers.js';
import { spread, STEADY } from './statistics.js';
import type { Bench, BenchContext, Check, Metric, Params, Round, Scale, Variant, Workload } from './types.js';

export interface RunOptions {
  workloads: readonly Workload[];
  scale: Scale;
  rounds: number;
  /** Seconds a round; undefined takes the workload's or the scale's. */
  seconds: number | undefined;
  seed: number;
  /** Folder of the results; made when missing. */
  out: string;
  /** Only points whose words contain this. */
  only: string | undefined;
  /** Only variants whose name begins with one of these: for trying things out, no ratios without a floor. */
  variants: readonly string[] | undefined;
  /** Folder for processor profiles of the child processes (`--cpu-prof`); such a run's rates are not for publishing. */
  profile: string | undefined;
  log: (line: string) => void;
}

const SECONDS: Record<Scale, number> = { S: 1, M: 4, L: 8 };
const WARM_UP_SECONDS: Record<Scale, number> = { S: 1, M: 10, L: 10 };
/** How often a point whose floor was unsteady is measured. */
const ATTEMPTS = 2;

interface Measured {
  variant: Variant;
  rep: number;
  round: Round;
  cpu: { node: number; pg: number };
  walBytes: number | null;
  load1: number;
  steal: number;
}

/**
 * Runs workloads one after the other and writes `results.jsonl`; returns all lines, and the points that could not be
 * measured because something broke.
 */
export async function runWorkloads(options: RunOptions): Promise<{ lines: ResultLine[]; faults: string[] }> {
  const runner = new Runner(options);
  try {
    return await runner.run();
  } finally {
    await runner.stop();
  }
}

class Runner {
  readonly #temporary = mkdtempSync(join(tmpdir(), 'tinbao-bench-'));
  #postgres: OwnedPostgres | undefined;
  #postgresSettings = '';
  #kafka: OwnedKafka | undefined;
  #pair = 0;
  #opened = 0;
  #at = new Date().toISOString();

  constructor(private readonly options: RunOptions) {}

  async run(): Promise<{ lines: ResultLine[]; faults: string[] }> {
    const { out, workloads, log } = this.options;
    mkdirSync(out, { recursive: true });
    const file = join(out, 'results.jsonl');
    writeFileSync(file, '');
    const all: ResultLine[] = [];
    const faults: string[] = [];
    for (const workload of workloads) {
      if (workload.peers) installPeers(log);
      log(`\n${workload.id}  ${workload.title}`);
      const memory = new Map<string, number>();
      for (const point of workload.points(this.options.scale)) {
        const words = wordsOf(point);
        if (this.options.only !== undefined && !words.includes(this.options.only)) continue;
        try {
          const lines = await this.#point(workload, point, memory);
          all.push(...lines);
          appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
          for (const summary of summaryOf(lines)) log(`  ${summary}`);
        } catch (fault) {
          // The others are measured all the same; this one's gates say that it was not.
          faults.push(`${workload.id} ${words}`);
          log(`  ${words}: FAILED ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`);
        }
      }
    }
    return { lines: all, faults };
  }

  /** Stops what was started, whatever happened before. */
  async stop(): Promise<void> {
    const ended = await Promise.allSettled([this.#postgres?.stop(), this.#kafka?.stop()]);
    rmSync(this.#temporary, { recursive: true, force: true });
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
  }

  async #point(workload: Workload, params: Params, memory: Map<string, number>): Promise<ResultLine[]> {
    const metric = workload.metric ?? 'rate';
    for (let attempt = 1; ; attempt += 1) {
      const { measured, checks, note } = await this.#measure(workload, params, memory);
      const floor = measured.filter(({ variant }) => variant.name === 'floor');
      const wide = floor.length === 0 ? 1 : spread(floor.map(({ round }) => metricOf(round, metric)));
      const isSteady = wide <= STEADY;
      if (!isSteady && attempt < ATTEMPTS) {
        this.options.log(`  ${wordsOf(params)}: floor unsteady (${wide.toFixed(2)}×), measuring again`);
        continue;
      }
      const refused = isSteady ? undefined : `unsteady floor: its rounds differ by ${wide.toFixed(2)}×`;
      return this.#lines(workload, params, metric, measured, checks, refused, note);
    }
  }

  async #measure(
    workload: Workload,
    params: Params,
    memory: Map<string, number>,
  ): Promise<{ measured: Measured[]; checks: Map<Variant, Check>; note: string | undefined }> {
    const { scale, rounds, seed } = this.options;
    const seconds = this.options.seconds ?? workload.seconds?.[scale] ?? SECONDS[scale];
    const children: Child[] = [];
    const folder = mkdtempSync(join(this.#temporary, `${workload.id}-`));
    const context: BenchContext = {
      scale,
      seed,
      rounds,
      seconds,
      attempt: (this.#opened += 1),
      folder,
      memory,
      postgres: () => this.#postgresFor(workload),
      kafka: async () => (this.#kafka ??= await startKafka(this.#temporary)),
      child: async (program, childOptions) => {
        const path = program.startsWith('peers/')
          ? join(ROOT, 'bench/peers/dist', `${program.slice('peers/'.length)}.js`)
          : join(ROOT, 'dist/bench', `${program}.js`);
        const { profile } = this.options;
        const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
        const execArgv = [...profiling, ...(childOptions?.execArgv ?? [])];
        const child = await startChild(path, { ...childOptions, execArgv });
        children.push(child);
        return child;
      },
      peer: loadPeer,
      peerVersion,
      log: this.options.log,
    };
    let bench: Bench | undefined;
    try {
      bench = chosen(await workload.open(context, params), this.options.variants);
      const measured: Measured[] = [];
      if (workload.warmUp !== false) {
        const warm = workload.warmUp?.[scale] ?? Math.min(WARM_UP_SECONDS[scale], Math.max(1, seconds));
        for (const variant of bench.variants) {
          await variant.round({ seconds: warm, rep: 0, seed: seedOf(seed, workload.id, 0) });
        }
      }
      for (let rep = 1; rep <= rounds; rep += 1) {
        this.#pair += 1;
        for (const variant of bench.variants) {
          // Each begins with nothing dirty: pages are written to the log in full once after a checkpoint, by whoever
          // comes first.
          await this.#postgres?.checkpoint();
          measured.push(await this.#round(variant, rep, seconds, seedOf(seed, workload.id, rep)));
        }
      }
      const checks = new Map<Variant, Check>();
      for (const variant of bench.variants) checks.set(variant, await checkOf(variant));
      return { measured, checks, note: bench.note };
    } finally {
      await bench?.close();
      await Promise.all(children.map((child) => child.stop()));
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #round(variant: Variant, rep: number, seconds: number, seed: number): Promise<Measured> {
    const postgres = this.#postgres;
    const pids = variant.pids?.() ?? [];
    const before = {
      ticks: cpuTicks(),
      node: nodeSeconds(pids),
      pg: treeSeconds(postgres?.pid),
      wal: (await postgres?.walBytes()) ?? null,
    };
    const round = await variant.round({ seconds, rep, seed });
    const wal = (await postgres?.walBytes()) ?? null;
    return {
      variant,
      rep,
      round: round.rssMb === undefined ? { ...round, rssMb: residentMb(pids[0] ?? process.pid) } : round,
      cpu: {
        node: nodeSeconds(pids) - before.node,
        pg: treeSeconds(postgres?.pid) - before.pg,
      },
      walBytes: wal === null || before.wal === null ? null : wal - before.wal,
      load1: load1(),
      steal: stealBetween(before.ticks, cpuTicks()),
    };
  }

  async #postgresFor(workload: Workload): Promise<OwnedPostgres> {
    const settings = JSON.stringify(workload.postgres ?? {});
    if (this.#postgres && this.#postgresSettings !== settings) {
      await this.#postgres.stop();
      this.#postgres = undefined;
    }
    if (!this.#postgres) {
      const folder = mkdtempSync(join(this.#temporary, 'server-'));
      this.#postgres = await startPostgres(folder, workload.postgres);
      this.#postgresSettings = settings;
      writeFileSync(
        join(this.options.out, 'settings.json'),
        `${JSON.stringify({ postgres: this.#postgres.settings, version: this.#postgres.version }, null, 2)}\n`,
      );
    }
    return this.#postgres;
  }

  #lines(
    workload: Workload,
    params: Params,
    metric: Metric,
    measured: readonly Measured[],
    checks: ReadonlyMap<Variant, Check>,
    refused: string | undefined,
    note: string | undefined,
  ): ResultLine[] {
    const env: Environment = environment({
      pg: this.#postgres?.version ?? null,
      kafka: this.#kafka?.version ?? null,
      settings: this.#postgres?.settings ?? {},
    });
    const lines = measured.map(({ variant, rep, round, cpu, walBytes, load1: load, steal }): ResultLine => {
      const ops = Math.max(1, round.ops);
      return {
        suite: 1,
        id: workload.id,
        title: workload.title,
        unit: workload.unit,
        metric,
        variant: variant.name,
        pair: this.#pair - this.options.rounds + rep,
        rep,
        scale: this.options.scale,
        seed: this.options.seed,
        params,
        secs: rounded(round.seconds),
        ops: round.ops,
        rate: rounded(round.ops / round.seconds),
        lat_us: round.latency ? figuresOf(round.latency) : null,
        hdr: round.latency ? encodeHistogram(round.latency) : null,
        open_loop_rate: round.openLoopRate ?? null,
        cpu_us_op: { node: rounded((cpu.node * 1e6) / ops), pg: rounded((cpu.pg * 1e6) / ops) },
        rss_mb: Math.round(round.rssMb ?? 0),
        wal_b_op: walBytes === null ? null : Math.round(walBytes / ops),
        disk_b_op: round.extra?.['disk_b_op'] ?? null,
        errors: round.errors ?? 0,
        extra: round.extra ?? {},
        check: checks.get(variant)!,
        ...(refused === undefined ? {} : { refused }),
        ...(note === undefined ? {} : { note }),
        env: {
          git: env.git,
          node: env.node,
          pg: env.pg,
          kafka: env.kafka,
          cpu: env.cpu,
          cpu_model: env.cpuModel,
          memory_gb: env.memoryGb,
          at: this.#at,
          load1: rounded(load),
          steal: rounded(steal),
          settings_hash: env.settingsHash,
        },
      };
    });
    return lines.map((line) => withRatios(line, lines));
  }
}

function chosen(bench: Bench, variants: readonly string[] | undefined): Bench {
  if (variants === undefined) return bench;
  return { ...bench, variants: bench.variants.filter(({ name }) => variants.some((one) => name.startsWith(one))) };
}

const rounded = (number: number): number => Math.round(number * 1000) / 1000;

/** A figure of a round before it is a line. */
function metricOf(round: Round, metric: Metric): number {
  if (metric === 'rate') return round.ops / round.seconds;
  if (metric === 'secs') return round.seconds;
  if (metric.startsWith('extra.')) return round.extra?.[metric.slice('extra.'.length)] ?? Number.NaN;
  const figures = round.latency ? figuresOf(round.latency) : undefined;
  return figures?.[metric as keyof typeof figures] ?? Number.NaN;
}

/** A check that breaks is a failed check: the other variants' numbers stand. */
async function checkOf(variant: Variant): Promise<Check> {
  try {
    return await variant.check();
  } catch (fault) {
    return { ok: false, fault: fault instanceof Error ? fault.message : String(fault) };
  }
}

function withRatios(line: ResultLine, lines: readonly ResultLine[]): ResultLine {
  if (line.variant !== 'ours' || line.refused !== undefined || !line.check.ok || line.errors > 0) return line;
  const own = figureOf(line, line.metric);
  const ratio: Record<string, number> = {};
  for (const other of lines) {
    if (other.rep !== line.rep || other.variant === 'ours' || !other.check.ok || other.errors > 0) continue;
    const figure = figureOf(other, line.metric);
    if (own !== undefined && figure !== undefined && figure !== 0) ratio[other.variant] = rounded(own / figure);
  }
  return { ...line, ratio };
}

/** One line a variant, for the terminal. */
function summaryOf(lines: readonly ResultLine[]): string[] {
  return pointsOf(lines).flatMap((point) => {
    const words = wordsOf(point.params);
    return [...point.variants].map(([name, rounds]) => {
      const figures = rounds.map((line) => figureOf(line, point.metric) ?? Number.NaN).sort((a, b) => a - b);
      const middle = figures[figures.length >> 1]!;
      const shown =
        point.metric === 'rate' ? `${Math.round(middle).toLocaleString('en')}/s` : `${middle} ${point.metric}`;
      const fault = rounds.find(({ check, errors }) => !check.ok || errors > 0);
      const why = fault ? `  VOID ${JSON.stringify(fault.check).slice(0, 400)} errors ${fault.errors}` : '';
      const refused = point.refused === null || name !== 'floor' ? '' : `  REFUSED ${point.refused}`;
      return `${words.padEnd(28)} ${name.padEnd(32)} ${shown}${why}${refused}`;
    });
  });
}
