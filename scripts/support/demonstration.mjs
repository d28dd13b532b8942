import { randomUUID } from 'node:crypto';
import { existsSync, openAsBlob, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from './project.mjs';

const load = (path) => import(pathToFileURL(join(ROOT, 'dist/apps/standalone/src', path)).href);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const LOOK_EVERY_MS = 300;

/**
 * Fills an empty distributed system with the demonstration province, over the same HTTP face as everybody's, and goes
 * on with a fill that was interrupted: the moment that the story is told up to is kept in the data folder, and imports
 * and commands that are repeated change nothing. A system with units of its own is left alone.
 * @param {{url: string, dataDir: string}} system
 */
export async function fillDistributed({ url, dataDir }) {
  const mark = join(dataDir, 'demonstration.json');
  let state = existsSync(mark) ? JSON.parse(readFileSync(mark, 'utf8')) : undefined;
  if (state?.done) return;
  const client = httpClient(url);
  if (!state) {
    const { items } = await client.json('operator', 'GET', '/api/units');
    if (items.length > 0) return;
    state = { nowMs: Date.now(), done: false };
    writeFileSync(mark, JSON.stringify(state));
  }
  const { fillDemonstration } = await load('demonstration/fill-demonstration.js');
  const { progressBar } = await load('progress-bar.js');
  await fillDemonstration({
    nowMs: state.nowMs,
    workDir: join(dataDir, 'demonstration'),
    onProgress: progressBar(process.stdout),
    settled: (timeoutMs) => settled(client, timeoutMs),
    ask: (account, path, body, idempotencyKey) => client.json(account, 'POST', path, body, idempotencyKey),
    importFiles: async (_name, writeFiles, onProgress) => {
      const form = new FormData();
      for (const { name, path } of await writeFiles()) form.append('file', await openAsBlob(path), name);
      const { id } = await client.json('operator', 'POST', '/api/imports', form);
      for (;;) {
        const run = await client.json('operator', 'GET', `/api/imports/${id}`);
        onProgress(run);
        if (run.state === 'done') return run;
        if (run.state === 'failed') throw new Error(`the import of the demonstration failed: ${run.failure ?? ''}`);
        await pause(LOOK_EVERY_MS);
      }
    },
  });
  writeFileSync(mark, JSON.stringify({ ...state, done: true }));
}

/** Waits until no consumer of any service is behind, seen twice; false when time ran out. */
async function settled(client, timeoutMs) {
  const end = performance.now() + timeoutMs;
  let quiet = 0;
  while (performance.now() < end) {
    const lags = [...(await client.text('/metrics')).matchAll(/^tinbao_consumer_lag_events\{[^}]*\} (\S+)$/gm)];
    quiet = lags.length > 0 && lags.every(([, value]) => Number(value) === 0) ? quiet + 1 : 0;
    if (quiet === 2) return true;
    await pause(LOOK_EVERY_MS);
  }
  return false;
}

/** Requests as the evaluation's machine clients; tokens are fetched once. */
function httpClient(url) {
  const tokens = new Map();
  const tokenOf = async (client) => {
    const answer = await fetch(new URL('/oidc/token', url), {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${client}:${client}-demo`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    const body = await answer.json();
    if (!answer.ok || !body.access_token) throw new Error(`no token for the demonstration's client ${client}`);
    return body.access_token;
  };
  return {
    async text(path) {
      return (await fetch(new URL(path, url))).text();
    },
    async json(client, method, path, body, idempotencyKey = randomUUID()) {
      if (!tokens.has(client)) tokens.set(client, tokenOf(client));
      const isForm = body instanceof FormData;
      const answer = await fetch(new URL(path, url), {
        method,
        headers: {
          authorization: `Bearer ${await tokens.get(client)}`,
          ...(method === 'POST' ? { 'idempotency-key': idempotencyKey } : {}),
          ...(body !== undefined && !isForm ? { 'content-type': 'application/json' } : {}),
        },
        ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text}`);
      return JSON.parse(text);
    },
  };
}
