import { join } from 'node:path';
import type { RunningHost } from '@app/service';
import { ImportRunner } from '../../intake/src/imports/import-runner.js';
import type { ImportRun } from '../../intake/src/imports/import-runs.js';
import type { Ask } from './demonstration/desk-work.js';
import { fillDemonstration } from './demonstration/fill-demonstration.js';
import { moment } from './demonstration/local-time.js';
import { progressBar } from './progress-bar.js';
import type { Screen } from './progress-bar.js';

/** Marks the imports of the fill: `demonstration/<which>/<moment it tells up to>`. */
const MARK = 'demonstration';
const LOOK_BACK = 200;

/** The operator of the evaluation mode. */
const OPERATOR = { id: 'quantri', role: 'operator', unit: '*' };

export interface FillOptions {
  /** Tips of the two years, for a smaller province. */
  tips?: number;
  /** Where the progress bar is drawn; the standard output when absent. */
  screen?: Screen;
}

/**
 * Fill the demonstration province into a system that holds nothing, and go on with a fill that was interrupted.
 * A system with data of its own is left alone.
 */
export async function fillIfEmpty(host: RunningHost, options: FillOptions = {}): Promise<void> {
  const intake = host.contexts.get('intake');
  if (!intake) throw new Error('the demonstration needs the intake service in this process');
  const runner = host.app.get(ImportRunner, { strict: false });
  const runs = (await runner.runs.list(LOOK_BACK, undefined)).filter(({ correlationId }) =>
    correlationId.startsWith(`${MARK}/`),
  );
  if (runs.some(isFinalOne)) return;
  const began = runs.at(-1)?.correlationId.split('/')[2];
  if (began === undefined && (await intake.store.head()) !== null) return;
  const toldUpTo = began ?? moment(intake.clock.now().getTime());

  const bar = progressBar(options.screen ?? process.stdout);
  await fillDemonstration({
    nowMs: Date.parse(toldUpTo),
    workDir: join(intake.settings.dataDir, 'imports', MARK),
    settled: (timeoutMs) => host.settled(timeoutMs),
    ask: askOver(host.url),
    importFiles: async (name, writeFiles, onProgress) => {
      const correlationId = `${MARK}/${name}/${toldUpTo}`;
      const known = runs.find((run) => run.correlationId === correlationId && run.state !== 'failed');
      if (known) return runner.follow(known.id, onProgress);
      const files = await writeFiles();
      return runner.importFiles({ files, dryRun: false, actor: OPERATOR, correlationId }, onProgress);
    },
    onProgress: bar,
    ...(options.tips === undefined ? {} : { tips: options.tips }),
  });
}

function isFinalOne({ correlationId, state }: ImportRun): boolean {
  return correlationId.startsWith(`${MARK}/cases/`) && state === 'done';
}

/** Requests as the evaluation's machine clients, over the same HTTP face as everybody's. */
function askOver(url: string): Ask {
  const tokens = new Map<string, Promise<string>>();
  return async (client, path, body, idempotencyKey) => {
    const token = tokens.get(client) ?? tokenOf(url, client);
    tokens.set(client, token);
    const answer = await fetch(new URL(path, url), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await token}`,
        'content-type': 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`the demonstration's ${path} was answered ${answer.status}: ${text}`);
    return JSON.parse(text) as { id: string };
  };
}

async function tokenOf(url: string, client: string): Promise<string> {
  const answer = await fetch(new URL('/oidc/token', url), {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client}:${client}-demo`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  });
  const body = (await answer.json()) as { access_token?: string };
  if (!answer.ok || !body.access_token) throw new Error(`no token for the demonstration's client ${client}`);
  return body.access_token;
}
