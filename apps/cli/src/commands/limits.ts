import { readFileSync } from 'node:fs';
import { obligationsOf } from '@app/legal-time-limits';
import type { MatterInput, Obligation } from '@app/legal-time-limits';
import { Misused, print, printJson } from '../outcome.js';
import { byLaw } from './law.js';
import type { ByLawOptions } from './law.js';
import { refusing } from './limit.js';

export interface LimitsCommand extends ByLawOptions {
  /** File of one matter's facts; `-` is standard input. */
  facts: string;
  /** Day or moment from which lateness is judged; the file's own where it has one. */
  now?: string;
  json?: boolean;
}

/** Facts of one matter → all its obligations; by the released law, or by that of a server. */
export async function limits({ facts, now, json, server, client }: LimitsCommand): Promise<void> {
  const input = readMatter(facts);
  const judged = now === undefined ? input : { ...input, now };
  const { obligations } = await byLaw({ server, client }, '/api/time-limits/obligations', judged, () => ({
    obligations: refusing(() => obligationsOf(judged as MatterInput, { why: true })),
  }));
  if (json) printJson({ obligations });
  else print(obligations.map(lineOf).join('\n') || 'No obligation follows from these facts.');
}

function readMatter(file: string): object {
  let text: string;
  try {
    text = readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new Misused(`${file} cannot be read: ${(error as Error).message}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Misused(`${file} is not JSON: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Misused(`${file} must hold one object {matter, unit, facts}`);
}

function lineOf({ rule, name, owedBy, status, due, latestArguable, doneAt }: Obligation): string {
  const done = doneAt === null ? '' : `  done ${doneAt}`;
  return `${due.padEnd(26)}${latestArguable.padEnd(26)}${status.padEnd(10)}${rule.padEnd(22)}${owedBy}  ${name.en}${done}`;
}
