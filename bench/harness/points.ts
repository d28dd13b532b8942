import { figureOf, voidedBecause, wordsOf, type ResultLine } from './results.js';
import { pairwise, spanOf, spread, type Span } from './statistics.js';
import type { Metric, Params } from './types.js';

/** All rounds of one point of one workload. */
export interface Point {
  id: string;
  title: string;
  unit: string;
  scale: string;
  params: Params;
  metric: Metric;
  /** Lines by variant: the floor, further floors, ours, then peers. */
  variants: Map<string, ResultLine[]>;
  refused: string | null;
  note: string | null;
}

const rank = (variant: string): number =>
  variant === 'floor' ? 0 : variant.startsWith('floor:') ? 1 : variant === 'ours' ? 2 : 3;

/** Groups lines into points; of a point that was measured in several runs the last one counts. */
export function pointsOf(lines: readonly ResultLine[]): Point[] {
  const groups = new Map<string, ResultLine[]>();
  for (const line of lines) {
    const key = `${line.id} ${line.scale} ${wordsOf(line.params)}`;
    const group = groups.get(key);
    const isNewRun = group !== undefined && group[0]!.env.at !== line.env.at;
    if (!group || (isNewRun && line.env.at > group[0]!.env.at)) {
      groups.delete(key);
      groups.set(key, [line]);
    } else if (!isNewRun) group.push(line);
  }
  return [...groups.values()]
    .map((group) => {
      const first = group[0]!;
      const names = [...new Set(group.map(({ variant }) => variant))].sort((a, b) => rank(a) - rank(b));
      return {
        id: first.id,
        title: first.title,
        unit: first.unit,
        scale: first.scale,
        params: first.params,
        metric: first.metric,
        variants: new Map(names.map((name) => [name, group.filter(({ variant }) => variant === name)])),
        refused: group.find(({ refused }) => refused !== undefined)?.refused ?? null,
        note: group.find(({ note }) => note !== undefined)?.note ?? null,
      };
    })
    .sort((a, b) => byId(a.id, b.id));
}

/** `clock` first, then B1, B2 … B10. */
function byId(a: string, b: string): number {
  const number = (id: string): number => Number(/\d+$/.exec(id)?.[0] ?? 0);
  return number(a) - number(b) || a.localeCompare(b);
}

/** Its params in words, and its scale unless that is the usual one. */
export function wordsOfPoint({ params, scale }: Pick<Point, 'params' | 'scale'>): string {
  return [wordsOf(params), scale === 'S' ? '' : `scale ${scale}`].filter((word) => word !== '').join(', ');
}

/** The lines of `floor`, `ours`, or a peer by its name without version. */
export function linesOf(point: Point, name: string): ResultLine[] | undefined {
  for (const [variant, lines] of point.variants) {
    if (variant === name || variant.startsWith(`${name}@`)) return lines;
  }
  return undefined;
}

export function byRep(lines: readonly ResultLine[], metric: Metric): Map<number, number> {
  return new Map(
    lines.flatMap((line) => {
      const figure = figureOf(line, metric);
      return figure === undefined ? [] : [[line.rep, figure] as const];
    }),
  );
}

/** A figure of one variant over its rounds; null when it has none. */
export function spanOfVariant(lines: readonly ResultLine[], metric: Metric): Span | null {
  const figures = [...byRep(lines, metric).values()];
  return figures.length === 0 ? null : spanOf(figures);
}

export type Comparison = { kind: 'span'; span: Span } | { kind: 'void' | 'refused' | 'missing'; why: string };

/** Ours against another variant, or ours alone (`by: 'figure'`), with every reason not to say a number. */
export function compareWith(
  point: Point,
  against: string | null,
  metric: Metric,
  by: 'ratio' | 'difference' | 'figure',
): Comparison {
  const ours = linesOf(point, 'ours');
  if (!ours) return { kind: 'missing', why: 'ours was not measured' };
  const other = against === null ? undefined : linesOf(point, against);
  if (against !== null && !other) return { kind: 'missing', why: `${against} was not measured` };
  if (point.refused !== null) return { kind: 'refused', why: point.refused };
  for (const lines of [ours, other ?? []]) {
    for (const line of lines) {
      const why = voidedBecause(line);
      if (why !== null) return { kind: 'void', why: `${line.variant}: ${why}` };
    }
  }
  const span =
    by === 'figure' || !other ? spanOfVariant(ours, metric) : pairwise(byRep(ours, metric), byRep(other, metric), by);
  return span ? { kind: 'span', span } : { kind: 'missing', why: `no figure ${metric}` };
}

/** The spread of the floor's own rounds on the point's metric; 1 when there is no floor. */
export function floorSpread(point: Point): number {
  const floor = linesOf(point, 'floor');
  return floor ? spread([...byRep(floor, point.metric).values()]) : 1;
}
