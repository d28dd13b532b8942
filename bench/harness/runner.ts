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
import { summaryOf } from './report.js';
import { metricOf, rounded, withRatios, wordsOf, type ResultLine } from './results.js';
import { ROOT } from './root.js';
import { seedOf } from './random.js';
import { startKafka, startPostgres, type OwnedKafka, type OwnedPostgres } from './servers.js';
import { Spent } from './spent.js';
import { spread, STEADY } from './statistics.js';
import type { Bench, BenchContext, Check, Kept, Metric, Params, Round, Scale, Variant, Workload } from './types.js';

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
/** Of a workload's later points at scale S: the code is compiled by then, only tables and plans are new. */
const LATER_WARM_UP_SECONDS = 0.4;
/** How often the rounds of a point whose floor was unsteady are measured. */
const ATTEMPTS = 2;

/** What the points of one workload have in common. */
interface Shared {
  memory: Map<string, number>;
  kept: Map<string, Promise<Kept>>;
  children: Child[];
  folder: string;
  /** Points that were opened before. */
  points: number;
}

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
 * Runs workloads one after the other and writes `results.jsonl`; returns all lines, the points that could not be
 * measured because something broke, and where the time went.
 */
export async function runWorkloads(
  options: RunOptions,
): Promise<{ lines: ResultLine[]; faults: string[]; spent: Spent }> {
  const runner = new Runner(options);
  try {
    return { ...(await runner.run()), spent: runner.spent };
  } finally {
    await runner.stop();
  }
}

class Runner {
  readonly spent = new Spent();
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
      log(`\n${workload.id}  ${workload.title}`);
      const notAt = workload.notAt?.[this.options.scale];
      if (notAt !== undefined) {
        log(`  nothing at scale ${this.options.scale}: ${notAt}`);
        continue;
      }
      if (workload.peers) installPeers(log);
      const shared = this.#shared(workload);
      for (const point of workload.points(this.options.scale)) {
        const words = wordsOf(point);
        if (this.options.only !== undefined && !words.includes(this.options.only)) continue;
        try {
          const lines = await this.#point(workload, point, shared);
          all.push(...lines);
          appendFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
          for (const summary of summaryOf(lines)) log(`  ${summary}`);
        } catch (fault) {
          // The others are measured all the same; this one's gates say that it was not.
          faults.push(`${workload.id} ${words}`);
          log(`  ${words}: FAILED ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`);
          // What it left behind may be broken too.
          await this.#close(workload, shared);
        }
      }
      await this.#close(workload, shared);
    }
    return { lines: all, faults };
  }

  /** Stops what was started, whatever happened before. */
  async stop(): Promise<void> {
    const ended = await Promise.allSettled([this.#postgres?.stop(), this.#kafka?.stop()]);
    rmSync(this.#temporary, { recursive: true, force: true });
    for (const result of ended) if (result.status === 'rejected') throw result.reason;
  }

  #shared(workload: Workload): Shared {
    const folder = mkdtempSync(join(this.#temporary, `${workload.id}-kept-`));
    return { memory: new Map(), kept: new Map(), children: [], folder, points: 0 };
  }

  /** Ends what the points of a workload shared; an error of one ending does not keep the others. */
  async #close(workload: Workload, shared: Shared): Promise<void> {
    await this.spent.on(workload.id, 'checks', async () => {
      const kept = await Promise.allSettled(shared.kept.values());
      shared.kept.clear();
      await Promise.allSettled(kept.flatMap((one) => (one.status === 'fulfilled' ? [one.value.close()] : [])));
      await Promise.all(shared.children.splice(0).map((child) => child.stop()));
    });
  }

  async #point(workload: Workload, params: Params, shared: Shared): Promise<ResultLine[]> {
    const { spent, options } = this;
    const { id } = workload;
    const metric = workload.metric ?? 'rate';
    const children: Child[] = [];
    const folder = mkdtempSync(join(this.#temporary, `${id}-`));
    const seconds = this.#seconds(workload, params);
    let bench: Bench | undefined;
    try {
      const context = this.#context(workload, shared, { children, folder, seconds });
      const opened = await spent.on(id, 'set-up', () => workload.open(context, params));
      bench = opened;
      const { variants } = chosen(opened, options.variants);
      await spent.on(id, 'warm-up', () => this.#warmUp(workload, variants, seconds, shared.points));
      shared.points += 1;
      for (let attempt = 1; ; attempt += 1) {
        const began = performance.now();
        const measured = await this.#rounds(workload, variants, seconds, attempt);
        const took = (performance.now() - began) / 1000;
        const floor = measured.filter(({ variant }) => variant.name === 'floor');
        const wide = floor.length === 0 ? 1 : spread(floor.map(({ round }) => metricOf(round, metric)));
        if (wide > STEADY && attempt < ATTEMPTS) {
          spent.add(id, 'again', took);
          options.log(`  ${wordsOf(params)}: floor unsteady (${wide.toFixed(2)}×), measuring again`);
          continue;
        }
        spent.add(id, 'rounds', took);
        const refused = wide <= STEADY ? undefined : `unsteady floor: its rounds differ by ${wide.toFixed(2)}×`;
        const checks = await spent.on(id, 'checks', () => checksOf(variants));
        return this.#lines(workload, params, metric, measured, checks, refused, opened.note);
      }
    } finally {
      await spent.on(id, 'checks', async () => {
        await bench?.close();
        await Promise.all(children.map((child) => child.stop()));
        rmSync(folder, { recursive: true, force: true });
      });
    }
  }

  #seconds({ seconds }: Workload, params: Params): number {
    const { scale } = this.options;
    const own = typeof seconds === 'function' ? seconds(scale, params) : seconds?.[scale];
    return this.options.seconds ?? own ?? SECONDS[scale];
  }

  #context(
    workload: Workload,
    shared: Shared,
    own: { children: Child[]; folder: string; seconds: number },
  ): BenchContext {
    const { scale, rounds, seed, profile, log } = this.options;
    return {
      ...{ scale, seed, rounds, log, peerVersion },
      seconds: own.seconds,
      attempt: (this.#opened += 1),
      folder: own.folder,
      memory: shared.memory,
      postgres: () => this.#postgresFor(workload),
      kafka: async () => (this.#kafka ??= await startKafka(this.#temporary)),
      child: async (program, childOptions) => {
        const path = program.startsWith('peers/')
          ? join(ROOT, 'bench/peers/dist', `${program.slice('peers/'.length)}.js`)
          : join(ROOT, 'dist/bench', `${program}.js`);
        const profiling = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
        const execArgv = [...profiling, ...(childOptions?.execArgv ?? [])];
        const child = await startChild(path, { ...childOptions, execArgv });
        own.children.push(child);
        return child;
      },
      peer: loadPeer,
      kept: <T extends Kept>(name: string, make: (context: BenchContext) => Promise<T>): Promise<T> => {
        const { children, folder } = shared;
        let kept = shared.kept.get(name);
        if (!kept) {
          kept = make(this.#context(workload, shared, { children, folder, seconds: own.seconds }));
          shared.kept.set(name, kept);
        }
        return kept as Promise<T>;
      },
    };
  }

  async #warmUp(workload: Workload, variants: readonly Variant[], seconds: number, before: number): Promise<void> {
    if (workload.warmUp === false) return;
    const { scale, seed } = this.options;
    const usual = Math.min(WARM_UP_SECONDS[scale], Math.max(1, seconds));
    const later = scale === 'S' && before > 0 ? Math.min(usual, LATER_WARM_UP_SECONDS) : usual;
    const warm = workload.warmUp?.[scale] ?? later;
    for (const variant of variants) {
      await variant.round({ seconds: warm, rep: 0, seed: seedOf(seed, workload.id, 0) });
    }
  }

  async #rounds(
    workload: Workload,
    variants: readonly Variant[],
    seconds: number,
    attempt: number,
  ): Promise<Measured[]> {
    const { scale, rounds, seed } = this.options;
    // Rounds that are measured again write beside those before.
    const first = (attempt - 1) * rounds;
    const measured: Measured[] = [];
    for (let rep = 1; rep <= rounds; rep += 1) {
      this.#pair += 1;
      for (const variant of variants) {
        // Each begins with nothing dirty: pages are written to the log in full once after a checkpoint, by whoever
        // comes first.
        await this.#postgres?.checkpoint();
        const fewer = ['floor', 'ours'].includes(variant.name) ? undefined : workload.peerSeconds?.[scale];
        const own = this.options.seconds ?? fewer ?? seconds;
        measured.push(await this.#round(variant, rep, own, seedOf(seed, workload.id, first + rep)));
      }
    }
    return measured;
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

async function checksOf(variants: readonly Variant[]): Promise<Map<Variant, Check>> {
  const checks = new Map<Variant, Check>();
  for (const variant of variants) checks.set(variant, await checkOf(variant));
  return checks;
}

/** A check that breaks is a failed check: the other variants' numbers stand. */
async function checkOf(variant: Variant): Promise<Check> {
  try {
    return await variant.check();
  } catch (fault) {
    return { ok: false, fault: fault instanceof Error ? fault.message : String(fault) };
  }
}
