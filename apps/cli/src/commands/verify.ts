import { randomUUID } from 'node:crypto';
import { DONE, print, printError, printJson, REFUSED } from '../outcome.js';
import { Server } from '../server.js';
import type { ServerOptions } from '../server.js';
import { pause, SERVICES } from '../services.js';

const LOOK_EVERY_MS = 300;

interface CheckAnswer {
  service: string;
  state: 'running' | 'done' | 'failed';
  looksAt: string | null;
  log: { events: number; streams: number; faults: { stream: string; events: number; last: number }[] } | null;
  readModels: {
    consumer: string;
    equal: boolean;
    tables: { table: string; rows: number; freshRows: number; sha256: string; freshSha256: string; equal: boolean }[];
  }[];
  intact: boolean | null;
  error: string | null;
}

/** Versions of every stream without gaps, and every read model beside a fresh fold of the log. */
export async function verify({ json, ...options }: ServerOptions & { json?: boolean }): Promise<number> {
  const server = new Server(options);
  const found: CheckAnswer[] = [];
  const showsProgress = json !== true && process.stderr.isTTY === true;
  for (const service of SERVICES) {
    let check = await server.post<CheckAnswer>(`/api/operations/${service}/checks`, () => ({}), randomUUID());
    while (check.state === 'running') {
      if (showsProgress) process.stderr.write(`\r${service}: ${check.looksAt ?? 'log'} …          `);
      await pause(LOOK_EVERY_MS);
      check = await server.get<CheckAnswer>(`/api/operations/${service}/checks/newest`);
    }
    if (showsProgress) printError('');
    found.push(check);
    if (!json) print(textOf(check));
  }
  if (json) printJson({ intact: found.every(({ intact }) => intact === true), services: found });
  return found.every(({ intact }) => intact === true) ? DONE : REFUSED;
}

function textOf({ service, log, readModels, error }: CheckAnswer): string {
  const lines: string[] = [];
  if (error !== null) lines.push(`${service}: not checked: ${error}`);
  if (log) {
    const faults = log.faults.map(
      ({ stream, events, last }) => `\n  ${stream}: ${events} events, last version ${last}`,
    );
    const verdict = faults.length === 0 ? 'versions without gaps' : `GAPS in ${faults.length} streams`;
    lines.push(`${service} log: ${log.events} events in ${log.streams} streams, ${verdict}${faults.join('')}`);
  }
  for (const { tables } of readModels) {
    for (const { table, rows, freshRows, sha256, freshSha256, equal } of tables) {
      lines.push(
        equal
          ? `${table}: ${rows} rows, as the log says (${sha256.slice(0, 16)}…)`
          : `${table}: DIFFERS from the log: ${rows} rows ${sha256.slice(0, 16)}…, the log gives ${freshRows} rows ${freshSha256.slice(0, 16)}…`,
      );
    }
  }
  return lines.length > 0 ? lines.join('\n') : `${service}: no log and no read model`;
}
