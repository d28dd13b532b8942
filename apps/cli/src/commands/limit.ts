import { calculateLimit } from '@app/legal-time-limits';
import type { LimitAnswer, LimitInput } from '@app/legal-time-limits';
import { Refused, print, printJson } from '../outcome.js';
import { byLaw } from './law.js';
import type { ByLawOptions } from './law.js';

/** Options of `tinbao limit` as the command line gives them. */
export interface LimitCommand extends ByLawOptions {
  start: string;
  class?: string;
  remote?: boolean;
  complex?: boolean;
  prolonged?: boolean;
  extensions?: number;
  juvenile?: boolean;
  caseInitiatedOn?: string;
  returner?: string;
  noninitiation?: boolean;
  heldDays?: number;
  months?: number;
  on?: string;
  json?: boolean;
}

/** Dates of one rule from one start, and why; by the released law, or by that of a server. */
export async function limit(rule: string, { json, server, client, ...options }: LimitCommand): Promise<void> {
  const input = { rule, ...options } as LimitInput;
  const answer = await byLaw({ server, client }, '/api/time-limits/calculate', input, () =>
    refusing(() => calculateLimit(input)),
  );
  if (json) printJson(answer);
  else print(textOf(answer));
}

/** The law's own refusal becomes the command's. */
export function refusing<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if ((error as Error).name !== 'LimitRefusal') throw error;
    const { code, vi, en, field, position, facts } = error as Error & Record<string, unknown>;
    throw new Refused(`${String(code)}: ${String(en)}`, { code, vi, en, field, position, facts });
  }
}

function textOf(answer: LimitAnswer): string {
  const lines = [
    `${answer.rule}  ${answer.name.vi} / ${answer.name.en}`,
    `  ${answer.cites.join(', ')}  (in force from ${answer.effective.from}${answer.effective.to ? ` to ${answer.effective.to}` : ''}, calendar ${answer.calendarVersion})`,
    `  start            ${answer.start}`,
    `  nominal          ${answer.nominal}`,
    `  safe by          ${answer.safeBy}`,
    `  due              ${answer.due}`,
    `  latest arguable  ${answer.latestArguable}`,
  ];
  if (answer.requestBy !== null) lines.push(`  request by       ${answer.requestBy}`);
  for (const { vi, en, cite } of answer.why) lines.push(`  - ${en} (${cite})`, `    ${vi}`);
  return lines.join('\n');
}
