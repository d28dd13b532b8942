import type { ResultLine } from './results.js';

/** A line as the runner writes it, for specs: figures given, everything else ordinary. */
export function lineOf(given: Partial<ResultLine> & Pick<ResultLine, 'variant' | 'rep' | 'rate'>): ResultLine {
  return {
    suite: 1,
    id: 'B1',
    title: 'append',
    unit: 'events',
    metric: 'rate',
    pair: given.rep,
    scale: 'S',
    seed: 42,
    params: { c: 32 },
    secs: 1,
    ops: given.rate,
    lat_us: null,
    hdr: null,
    open_loop_rate: null,
    cpu_us_op: { node: 1, pg: 1 },
    rss_mb: 100,
    wal_b_op: null,
    disk_b_op: null,
    errors: 0,
    extra: {},
    check: { ok: true },
    env: {
      git: 'abc',
      node: '20.20.2',
      pg: '18.4',
      kafka: null,
      cpu: 2,
      cpu_model: 'a processor',
      memory_gb: 24,
      at: '2026-11-21T00:00:00.000Z',
      load1: 0.5,
      steal: 0,
      settings_hash: 'abc',
    },
    ...given,
  };
}

/** Five rounds of ours and of another, by their rates. */
export function roundsOf(ours: readonly number[], other: readonly number[], variant: ResultLine['variant'] = 'floor') {
  return [
    ...other.map((rate, i) => lineOf({ variant, rep: i + 1, rate })),
    ...ours.map((rate, i) => lineOf({ variant: 'ours', rep: i + 1, rate })),
  ];
}
