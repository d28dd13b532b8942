import { print, printJson } from '../outcome.js';
import { Server } from '../server.js';
import type { ServerOptions } from '../server.js';

export interface IndicatorsCommand extends ServerOptions {
  from?: string;
  to?: string;
  scheme?: string;
  period?: string;
  unit?: string;
  asOf?: string;
  json?: boolean;
}

interface IndicatorsAnswer {
  asOf: string;
  unit: string;
  from: string;
  to: string;
  indicators: {
    id: string;
    name?: { vi: string; en: string };
    numerator?: number;
    denominator?: number;
    value?: number | null;
    median?: number | null;
    n?: number;
    open?: number;
    target?: { op: string; value: number } | null;
    met?: boolean | null;
  }[];
}

/** The official rates of a period, each with what it is made of. */
export async function indicators({ json, server, client, ...query }: IndicatorsCommand): Promise<void> {
  const search = new URLSearchParams(
    Object.entries(query).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  const answer = await new Server({ server, client }).get<IndicatorsAnswer>(`/api/indicators?${search}`);
  if (json) printJson(answer);
  else print(textOf(answer));
}

function textOf({ asOf, unit, from, to, indicators: rows }: IndicatorsAnswer): string {
  const lines = [`${unit}  ${from} – ${to}, as of ${asOf}`];
  for (const row of rows) {
    const figure =
      row.numerator === undefined
        ? `median ${row.median ?? '–'} days, n ${row.n ?? 0}`
        : `${row.value ?? '–'} %  (${row.numerator}/${row.denominator})`;
    const target = row.target ? `  target ${row.target.op} ${row.target.value}: ${row.met ? 'met' : 'not met'}` : '';
    lines.push(`${row.id.padEnd(6)}${figure}, open ${row.open ?? 0}${target}  ${row.name?.vi ?? ''}`);
  }
  return lines.join('\n');
}
