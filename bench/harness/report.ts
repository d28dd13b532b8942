import * as echarts from 'echarts';
import type { GateResult } from './gates.js';
import { compareWith, pointsOf, spanOfVariant, wordsOfPoint, type Point } from './points.js';
import { figureOf, voidedBecause, type ResultLine } from './results.js';
import { median, type Span } from './statistics.js';
import type { Metric } from './types.js';

const number = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));

const ratio = ({ median: middle, min, max }: Span): string => `${number(middle)} (${number(min)}–${number(max)})`;

/** A figure in the unit that people read: rates a second, times in ms, seconds. */
export function shown(value: number, metric: Metric): string {
  if (metric === 'rate') return `${number(value)}/s`;
  if (metric === 'secs') return `${number(value)} s`;
  if (metric.startsWith('extra.')) return number(value);
  return `${number(value / 1000)} ms`;
}

/** Span of a gate in its own unit. */
export function shownSpan(span: Span, gate: GateResult['gate']): string {
  const isFigure = gate.against === undefined || gate.by === 'figure' || gate.by === 'difference';
  if (!isFigure) return ratio(span);
  const one = (value: number): string => shown(value, gate.metric);
  return `${one(span.median)} (${one(span.min)}–${one(span.max)})`;
}

/** Bounds in microseconds read badly; in words the gate says milliseconds. */
export function wordsForPeople(result: GateResult): string {
  const { gate } = result;
  const isTime = /^(p\d+|max)$/.test(gate.metric);
  if (gate.against !== undefined || !isTime) return result.words;
  return `${gate.metric} ${gate.min === undefined ? '≤' : '≥'} ${shown(gate.min ?? gate.max!, gate.metric)}`;
}

const MARK: Record<GateResult['verdict'], string> = {
  met: '✅ met',
  missed: '❌ missed',
  void: '❌ void',
  refused: '⚠ refused',
  'not measured': '– not measured',
};

const medianOf = (lines: readonly ResultLine[], of: (line: ResultLine) => number | null | undefined): number | null => {
  const values = lines.map(of).filter((value): value is number => value !== null && value !== undefined);
  return values.length === 0 ? null : median(values);
};

interface Row {
  point: string;
  variant: string;
  figure: string;
  versus: string;
  p50: string;
  p99: string;
  cpu: string;
  wal: string;
  check: string;
}

function rowsOf(point: Point): Row[] {
  return [...point.variants].map(([name, lines]) => {
    const span = spanOfVariant(lines, point.metric);
    const fault = lines.map(voidedBecause).find((why) => why !== null);
    const compared = name === 'ours' ? null : compareWith(point, name.replace(/@[^@]*$/, ''), point.metric, 'ratio');
    const time = (metric: 'p50' | 'p99'): string => {
      const value = medianOf(lines, (line) => figureOf(line, metric));
      return value === null ? '' : shown(value, metric);
    };
    const node = medianOf(lines, ({ cpu_us_op: { node: own } }) => own);
    const pg = medianOf(lines, ({ cpu_us_op: { pg: server } }) => server);
    const wal = medianOf(lines, ({ wal_b_op: bytes }) => bytes);
    return {
      point: wordsOfPoint(point),
      variant: name,
      figure: span ? shown(span.median, point.metric) : '',
      versus: compared === null ? '' : compared.kind === 'span' ? ratio(compared.span) : compared.why,
      p50: time('p50'),
      p99: time('p99'),
      cpu: node === null ? '' : `${number(node)} + ${number(pg ?? 0)}`,
      wal: wal === null || wal === 0 ? '' : number(wal),
      check: fault ?? 'ok',
    };
  });
}

const HEAD = [
  'Point',
  'Variant',
  'Median',
  'Ours ÷ it',
  'p50',
  'p99',
  'CPU µs/op, Node + PostgreSQL',
  'WAL B/op',
  'Check',
];
const cells = (row: Row): string[] => [
  row.point,
  row.variant,
  row.figure,
  row.versus,
  row.p50,
  row.p99,
  row.cpu,
  row.wal,
  row.check,
];

/** Figures of a run beside the measured ones: machine, versions, how busy it was. */
export function environmentLines(lines: readonly ResultLine[]): string[] {
  const [first] = lines;
  if (!first) return [];
  const all = <T>(of: (line: ResultLine) => T): T[] => [...new Set(lines.map(of))];
  const pg = all(({ env }) => env.pg).filter((version) => version !== null);
  const kafka = all(({ env }) => env.kafka).filter((version) => version !== null);
  const loads = lines.map(({ env }) => env.load1);
  const steals = lines.map(({ env }) => env.steal);
  const { env } = first;
  return [
    `Machine: ${env.cpu} cores (${env.cpu_model}), ${env.memory_gb} GB. Node ${env.node}` +
      `${pg.length > 0 ? `, PostgreSQL ${pg.join(', ')}` : ''}${kafka.length > 0 ? `, Kafka ${kafka.join(', ')}` : ''}. ` +
      `Commit ${all((line) => line.env.git).join(', ')}.`,
    `Durability of everything measured: fsync, synchronous_commit and full_page_writes on. ` +
      `Scale ${all(({ scale }) => scale).join(', ')}, seed ${all(({ seed }) => seed).join(', ')}, ` +
      `${Math.max(...lines.map(({ rep }) => rep))} rounds.`,
    `Load average ${number(median(loads))} (at most ${number(Math.max(...loads))}); ` +
      `processor time stolen by other machines ${number(100 * median(steals))} % (at most ${number(100 * Math.max(...steals))} %).`,
  ];
}

function escapeCell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (columns: readonly string[]): string => `| ${columns.map(escapeCell).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)];
}

const gateRow = (result: GateResult): string[] => [
  result.gate.id,
  result.point,
  wordsForPeople(result),
  result.span ? shownSpan(result.span, result.gate) : (result.why ?? ''),
  MARK[result.verdict],
];

const GATE_HEAD = ['Id', 'Point', 'Gate', 'Measured: median (least–most)', ''];

const dayOf = (lines: readonly ResultLine[]): string =>
  lines
    .map(({ env }) => env.at.slice(0, 10))
    .sort()
    .at(-1) ?? '';

const RESULTS = /(?<=<!-- results: .*-->\n)[^]*(?=<!-- end of results -->)/;

/**
 * A page with the gates of these results, day and machine above them, in the place that its comments mark.
 * @throws Error when the page has no such place
 */
export function withResults(page: string, lines: readonly ResultLine[], gates: readonly GateResult[]): string {
  if (!RESULTS.test(page)) throw new Error('the page has no place for results');
  const [machine] = environmentLines(lines);
  const table = [`Measured on ${dayOf(lines)}. ${machine}`, '', ...markdownTable(GATE_HEAD, gates.map(gateRow))];
  return page.replace(RESULTS, () => `\n${table.join('\n')}\n\n`);
}

/** The report as Markdown. `reasons` are words about missed gates by workload id (bench/reasons.json). */
export function markdownReport(
  lines: readonly ResultLine[],
  points: readonly Point[],
  gates: readonly GateResult[],
  reasons: Readonly<Record<string, string>> = {},
): string {
  const missed = [...new Set(gates.filter(({ verdict }) => verdict !== 'met').map(({ gate }) => gate.id))];
  return `${[
    '# Benchmarks',
    '',
    `Measured on ${dayOf(lines)}. How to read this and what it does not show: [bench/README.md](../bench/README.md).`,
    '',
    ...environmentLines(lines),
    '',
    '## Gates',
    '',
    ...markdownTable(GATE_HEAD, gates.map(gateRow)),
    '',
    ...missed.flatMap((id) => (reasons[id] === undefined ? [] : [`**${id}.** ${reasons[id]}`, ''])),
    '## Figures',
    '',
    '"Ours ÷ it": median of the ratios round by round, with least and most. Rates are better high, times low.',
    '',
    ...[...new Set(points.map(({ id }) => id))].flatMap((id) => {
      const own = points.filter((point) => point.id === id);
      const notes = [...new Set(own.flatMap(({ note }) => (note === null ? [] : [note])))];
      return [
        `### ${id}: ${own[0]!.title}`,
        '',
        ...markdownTable(HEAD, own.flatMap(rowsOf).map(cells)),
        '',
        ...notes.flatMap((note) => [note, '']),
      ];
    }),
  ]
    .join('\n')
    .trimEnd()}\n`;
}

const html = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One chart a workload: its figure by point, a bar for each variant. Drawn here, so that the page needs no script. */
function chartOf(points: readonly Point[]): string {
  const names = [...new Set(points.flatMap(({ variants }) => [...variants.keys()]))];
  const metric = points[0]!.metric;
  const height = 90 + points.length * (14 * names.length + 16);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 860, height });
  chart.setOption({
    animation: false,
    color: ['#8c8c8c', '#0b5cad', '#c25700', '#7b4ea3', '#2f7d4f'],
    grid: { left: 180, right: 90, top: 40, bottom: 30 },
    legend: { top: 4 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', inverse: true, data: points.map((point) => wordsOfPoint(point) || 'all') },
    series: names.map((name) => ({
      name,
      type: 'bar',
      barMaxWidth: 12,
      data: points.map(({ variants }) => {
        const span = spanOfVariant(variants.get(name) ?? [], metric);
        return span === null ? null : { value: span.median, label: { formatter: shown(span.median, metric) } };
      }),
      label: { show: true, position: 'right', fontSize: 10 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const htmlTable = (
  head: readonly string[],
  rows: readonly (readonly string[])[],
  classes: readonly string[] = [],
): string =>
  `<table><tr>${head.map((cell) => `<th>${html(cell)}</th>`).join('')}</tr>${rows
    .map(
      (row, index) =>
        `<tr class="${classes[index] ?? ''}">${row.map((cell) => `<td>${html(cell)}</td>`).join('')}</tr>`,
    )
    .join('')}</table>`;

/** The same as one page without anything to load. */
export function htmlReport(
  lines: readonly ResultLine[],
  points: readonly Point[],
  gates: readonly GateResult[],
): string {
  const sections = [...new Set(points.map(({ id }) => id))].map((id) => {
    const own = points.filter((point) => point.id === id);
    return `<h2>${html(`${id}: ${own[0]!.title}`)}</h2>${chartOf(own)}${htmlTable(HEAD, own.flatMap(rowsOf).map(cells))}`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Tin Báo benchmarks</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1b1f24}
table{border-collapse:collapse;margin:1rem 0;font-size:13px}th,td{border:1px solid #d0d7de;padding:3px 8px;text-align:left}
tr.met td:last-child{color:#1a7f37;font-weight:600}tr.missed td:last-child,tr.void td:last-child{color:#cf222e;font-weight:600}
tr.refused td:last-child{color:#9a6700;font-weight:600}svg{max-width:100%;height:auto}
</style>
<h1>Tin Báo benchmarks</h1>
${environmentLines(lines)
  .map((line) => `<p>${html(line)}</p>`)
  .join('\n')}
<h2>Gates</h2>
${htmlTable(
  GATE_HEAD,
  gates.map(gateRow),
  gates.map(({ verdict }) => verdict),
)}
${sections.join('\n')}
</html>
`;
}

/** The gates as a table for the terminal, green and red. */
export function terminalGates(gates: readonly GateResult[], withColour: boolean): string {
  const colour: Record<GateResult['verdict'], number> = {
    met: 32,
    missed: 31,
    void: 31,
    refused: 33,
    'not measured': 33,
  };
  const rows = gates.map((result) => [...gateRow(result).slice(0, 4), result.verdict]);
  const all = [['Id', 'Point', 'Gate', 'Measured', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map((row, index) => {
      const text = row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
      const verdict = gates[index - 1]?.verdict;
      return withColour && verdict ? `\u001b[${colour[verdict]}m${text}\u001b[0m` : text;
    })
    .join('\n');
}

/** One line a variant, for the terminal. */
export function summaryOf(lines: readonly ResultLine[]): string[] {
  return pointsOf(lines).flatMap((point) => {
    const words = wordsOfPoint(point);
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
