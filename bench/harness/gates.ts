import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareWith, wordsOfPoint, type Point } from './points.js';
import { wordsOf } from './results.js';
import { ROOT } from './root.js';
import type { Span } from './statistics.js';
import type { Metric, Scale } from './types.js';

/** One line of `bench/gates.json`. */
export interface Gate {
  id: string;
  /** Points that it is about: those whose params have these values; absent = every point of the workload. */
  where?: Readonly<Record<string, string | number | boolean>>;
  /** The only scale at which it is judged; absent = all. */
  scale?: Scale;
  /** `floor` or `peer:<name>` without version; absent = the figure itself. */
  against?: string;
  metric: Metric;
  /** Default `ratio`, or `figure` where nothing is named to compare with. */
  by?: 'ratio' | 'difference' | 'figure';
  min?: number;
  max?: number;
}

export type Verdict = 'met' | 'missed' | 'void' | 'refused' | 'not measured';

export interface GateResult {
  gate: Gate;
  /** In words: `rate ≥ 0.8 × floor`. */
  words: string;
  /** Params of the point, in words; empty when no point was measured. */
  point: string;
  verdict: Verdict;
  span: Span | null;
  why: string | null;
}

export function readGates(file = join(ROOT, 'bench/gates.json')): Gate[] {
  const gates = JSON.parse(readFileSync(file, 'utf8')) as Gate[];
  for (const gate of gates) {
    if ((gate.min === undefined) === (gate.max === undefined)) {
      throw new Error(`a gate of ${gate.id} needs either min or max`);
    }
  }
  return gates;
}

export function wordsOfGate(gate: Gate): string {
  const sign = gate.min === undefined ? '≤' : '≥';
  const bound = gate.min ?? gate.max!;
  const metric = gate.metric.replace(/^extra\./, '').replaceAll('_', ' ');
  if (gate.against === undefined || gate.by === 'figure') return `${metric} ${sign} ${bound.toLocaleString('en')}`;
  const other = gate.against.replace(/^peer:/, '');
  return gate.by === 'difference' ? `${metric} − ${other} ${sign} ${bound}` : `${metric} ${sign} ${bound} × ${other}`;
}

/** Judges the gates of the workloads that were measured, one result for each point that a gate is about. */
export function judge(gates: readonly Gate[], points: readonly Point[]): GateResult[] {
  return gates.flatMap((gate): GateResult[] => {
    const words = wordsOfGate(gate);
    const measured = points.filter(({ id, scale }) => id === gate.id && (gate.scale ?? scale) === scale);
    if (measured.length === 0) return [];
    const about = measured.filter(({ params }) =>
      Object.entries(gate.where ?? {}).every(([name, value]) => params[name] === value),
    );
    if (about.length === 0) {
      const why = `no point with ${wordsOf(gate.where ?? {})}`;
      return [{ gate, words, point: '', verdict: 'not measured', span: null, why }];
    }
    return about.map((point) => {
      const compared = compareWith(
        point,
        gate.against ?? null,
        gate.metric,
        gate.by ?? (gate.against === undefined ? 'figure' : 'ratio'),
      );
      const words_ = { gate, words, point: wordsOfPoint(point) };
      if (compared.kind !== 'span') {
        const verdict = compared.kind === 'missing' ? 'not measured' : compared.kind;
        return { ...words_, verdict, span: null, why: compared.why };
      }
      const { span } = compared;
      const isMet = gate.min === undefined ? span.median <= gate.max! : span.median >= gate.min;
      return { ...words_, verdict: isMet ? 'met' : 'missed', span, why: null };
    });
  });
}
