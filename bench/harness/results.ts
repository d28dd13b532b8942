import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { figuresOf, type LatencyFigures } from './latency.js';
import type { Check, Metric, Params, Round, Scale, VariantName } from './types.js';

/** One line of `results.jsonl`: one round of one variant. */
export interface ResultLine {
  suite: 1;
  id: string;
  title: string;
  unit: string;
  /** The figure of the workload that the table shows. */
  metric: Metric;
  variant: VariantName;
  /** Number of the group floor–ours–peers within the run. */
  pair: number;
  rep: number;
  scale: Scale;
  seed: number;
  params: Params;
  secs: number;
  ops: number;
  rate: number;
  lat_us: LatencyFigures | null;
  hdr: string | null;
  open_loop_rate: number | null;
  cpu_us_op: { node: number; pg: number };
  rss_mb: number;
  wal_b_op: number | null;
  disk_b_op: number | null;
  errors: number;
  extra: Readonly<Record<string, number>>;
  check: Check;
  /** Of `ours` only: this round's metric over each other variant's. Absent when void or refused. */
  ratio?: Record<string, number>;
  /** Why no ratio may be taken from this point. */
  refused?: string;
  note?: string;
  env: {
    git: string;
    node: string;
    pg: string | null;
    kafka: string | null;
    cpu: number;
    cpu_model: string;
    memory_gb: number;
    at: string;
    load1: number;
    steal: number;
    settings_hash: string;
  };
}

/** `{c:32,batch:1}` → `c=32 batch=1`. */
export function wordsOf(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

/** A measured figure of a line; undefined when the line does not have it. */
export function figureOf(line: ResultLine, metric: Metric): number | undefined {
  if (metric === 'rate') return line.rate;
  if (metric === 'secs') return line.secs;
  if (metric.startsWith('extra.')) return line.extra[metric.slice('extra.'.length)];
  return line.lat_us?.[metric as keyof LatencyFigures];
}

/** Why the numbers of a line may not be used, or null. */
export function voidedBecause(line: ResultLine): string | null {
  if (!line.check.ok) return 'its check failed';
  if (line.errors > 0) return `${line.errors} errors`;
  return null;
}

/** Reads the lines of runs: files, or folders with a `results.jsonl`. */
export function readResults(paths: readonly string[]): ResultLine[] {
  return paths.flatMap((path) => {
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'results.jsonl') : path;
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as ResultLine);
  });
}

export const rounded = (number: number): number => Math.round(number * 1000) / 1000;

/** A figure of a round before it is a line. */
export function metricOf(round: Round, metric: Metric): number {
  if (metric === 'rate') return round.ops / round.seconds;
  if (metric === 'secs') return round.seconds;
  if (metric.startsWith('extra.')) return round.extra?.[metric.slice('extra.'.length)] ?? Number.NaN;
  const figures = round.latency ? figuresOf(round.latency) : undefined;
  return figures?.[metric as keyof typeof figures] ?? Number.NaN;
}

/** Ours with its ratio to each other variant of its round. */
export function withRatios(line: ResultLine, lines: readonly ResultLine[]): ResultLine {
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
