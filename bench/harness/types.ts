import type { Histogram } from 'hdr-histogram-js';
import type { BenchKafka, BenchPostgres } from './servers.js';
import type { Child } from './child.js';

/** How much data: S for every day (all workloads in 15 minutes), M and L by hand. */
export const SCALES = ['S', 'M', 'L'] as const;
export type Scale = (typeof SCALES)[number];

/** What distinguishes one measured point of a workload from another, for example `{c: 32, batch: 1}`. */
export type Params = Readonly<Record<string, string | number | boolean>>;

/**
 * `floor`: the least that any program must do for the same promise; gates are against this one. `floor:<name>`: a further
 * floor, shown beside it. `peer:<name>@<version>`: another program or way; own ones have no version.
 */
export type VariantName = 'floor' | 'ours' | `floor:${string}` | `peer:${string}`;

export interface RoundInput {
  /** How long to load, in seconds. A workload of a fixed amount may ignore it. */
  seconds: number;
  /** 1 … rounds; 0 while warming up. */
  rep: number;
  /** Another number each round, the same in every run of the same `--seed`, and the same for all variants of a round. */
  seed: number;
}

export interface Round {
  /** Completed operations, in the unit that the workload's title names. */
  ops: number;
  /** How long they took, in seconds, by the clock of the one who asked. */
  seconds: number;
  /** Latencies in microseconds (`newHistogram`). */
  latency?: Histogram;
  /** Operations a second that were asked for, when the load was open-loop. */
  openLoopRate?: number;
  /** Operations that failed. Any of them voids the number, unless `check` says that they are part of the workload. */
  errors?: number;
  /** Resident memory of the process that did the work, in megabytes; default this process's. */
  rssMb?: number;
  /** Further figures by name, for gates (`extra.<name>`) and the report; units in the name. */
  extra?: Readonly<Record<string, number>>;
}

/** Whether what was measured was also right. `ok: false` voids every number of the variant at this point. */
export interface Check {
  ok: boolean;
  [figure: string]: unknown;
}

export interface Variant {
  name: VariantName;
  /** Does the work once. Called `rounds` times after a warm-up, in turns with the other variants. */
  round(input: RoundInput): Promise<Round>;
  /** Called once after all rounds (the warm-up's work included). */
  check(): Promise<Check>;
  /** Processes of this variant, for the processor time; the bench's own process is always counted. */
  pids?(): number[];
}

/** One point of a workload, made ready: schema, data, connections, child processes. */
export interface Bench {
  /** In the order of measurement: floor first, then ours, then peers. */
  variants: Variant[];
  /** One line for the report: what limits it, whether the data fits in cache. */
  note?: string;
  close(): Promise<void>;
}

/** The figure that a ratio is made of. Rates are better high, all others low. */
export type Metric = 'rate' | 'secs' | 'p50' | 'p90' | 'p99' | 'p999' | 'max' | `extra.${string}`;

export interface Workload {
  /** `B1`, `clock`. */
  id: string;
  /** What one operation is, for example `events appended`. */
  unit: string;
  title: string;
  /** Why nothing is measured at a scale, where more data would change nothing: said instead of measuring the same again. */
  notAt?: Partial<Record<Scale, string>>;
  /** The points to measure at a scale, in order. */
  points(scale: Scale): Params[];
  open(context: BenchContext, point: Params): Promise<Bench>;
  /** The figure on which the floor must be steady and that the table shows; default `rate`. */
  metric?: Metric;
  /** Seconds a round, where the scale's default does not fit; by point where they differ. */
  seconds?: Partial<Record<Scale, number>> | ((scale: Scale, point: Params) => number | undefined);
  /** Seconds a round of peers and further floors, where fewer will do: no gate asks for the last tenth of them. */
  peerSeconds?: Partial<Record<Scale, number>>;
  /**
   * Seconds of the warm-up where the scale's default is too short for a program to be compiled; false leaves it out.
   * What `context.kept` holds is warm at the later points: its variants may make their round 0 shorter.
   */
  warmUp?: Partial<Record<Scale, number>> | false;
  /** True needs `bench/peers` installed before `open`. */
  peers?: boolean;
  /** Settings of this workload's PostgreSQL over the harness's; a server of its own is started when there are any. */
  postgres?: Readonly<Record<string, string>>;
}

/** Lives longer than a point. */
export interface Kept {
  close(): Promise<void>;
}

/** What a workload may use. Everything that it starts here is stopped by the runner after the point. */
export interface BenchContext {
  readonly scale: Scale;
  readonly seed: number;
  readonly rounds: number;
  readonly seconds: number;
  /** Another number at each `open` of a run: for names of databases and topics. */
  readonly attempt: number;
  /** A folder of this point's own below the run's temporary folder. */
  readonly folder: string;
  /** The run's own PostgreSQL, durable (fsync, synchronous_commit, full_page_writes on); started on the first call. */
  postgres(): Promise<BenchPostgres>;
  /** The run's own Kafka broker, started on the first call. */
  kafka(): Promise<BenchKafka>;
  /**
   * Starts a program of `bench/` (its path without ending, for example `workloads/tips/floor-server`) as a process of
   * its own that answers `call`s; see `serveChild`.
   */
  child(program: string, options?: ChildOptions): Promise<Child>;
  /** Loads a module of `bench/peers` into this process (its name without ending), with the peers' own packages. */
  peer<T>(module: string): Promise<T>;
  /** Version of an installed package of the peers. */
  peerVersion(name: string): string;
  /** Figures that one point leaves for a later one of the same workload, for example a measured peak. */
  readonly memory: Map<string, number>;
  /**
   * What the points of one workload share, such as servers that are warm by then: made by the first that asks, closed
   * after the last. Children that `make` starts by the context it is given live as long.
   */
  kept<T extends Kept>(name: string, make: (context: BenchContext) => Promise<T>): Promise<T>;
  log(line: string): void;
}

export interface ChildOptions {
  /** Given to the child's `start`. */
  data?: unknown;
  /** Arguments of Node itself, for example `['--cpu-prof']`. */
  execArgv?: string[];
  env?: Record<string, string>;
}
