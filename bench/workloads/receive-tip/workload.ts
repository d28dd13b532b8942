import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPool } from '@app/event-store';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { decodeHistogram } from '../../harness/latency.js';
import type { Child } from '../../harness/child.js';
import type { BenchContext, Check, Params, Round, RoundInput, Variant, Workload } from '../../harness/types.js';
import type { LoadAnswer, LoadOrder } from './load-client.js';
import type { ServerOrder } from './ours-server.js';
import { AUDIENCE, ISSUER, UNITS } from './requests.js';

const CONNECTIONS = 64;
const PEER = 'nest-express-typeorm';

/** An issuer of tokens for one officer a desk, with its keys on the loopback interface. */
async function issuer(): Promise<{ tokens: string[]; jwksUri: string; server: Server }> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = await exportJWK(publicKey);
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [{ ...jwk, kid: 'bench' }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const tokens = await Promise.all(
    UNITS.map((unit, i) =>
      new SignJWT({ sub: `officer-${i}`, name: `Officer ${i}`, roles: ['intake_officer'], units: [unit] })
        .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setExpirationTime('12h')
        .sign(privateKey),
    ),
  );
  return { tokens, jwksUri: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`, server };
}

/** What must be true of the rows of a variant, by one statement that counts them. */
interface Rows {
  tips: number;
  events: number;
  keys: number;
  accesses: number;
  commands: number;
  /** Units whose register numbers are not exactly 1 … n. */
  gaps: number;
}

const OURS_ROWS = `
  SELECT (SELECT count(*)::int FROM intake.tip_list) AS tips,
    (SELECT count(*)::int FROM intake.events WHERE type = 'CrimeTipReceived') AS events,
    (SELECT count(*)::int FROM vault.keys) AS keys,
    (SELECT count(DISTINCT tip_id)::int FROM vault.access_log) AS accesses,
    (SELECT count(*)::int FROM intake.commands) AS commands,
    (SELECT count(*)::int FROM (
      SELECT FROM intake.events WHERE type = 'CrimeTipReceived' GROUP BY data->>'unitCode'
      HAVING max((data#>>'{registerNumber,number}')::int) <> count(DISTINCT data#>>'{registerNumber,number}')
        OR count(*) <> count(DISTINCT data#>>'{registerNumber,number}')) g) AS gaps`;

const OTHER_ROWS = `
  SELECT (SELECT count(*)::int FROM tips) AS tips, (SELECT count(*)::int FROM events) AS events,
    (SELECT count(*)::int FROM keys) AS keys, (SELECT count(DISTINCT tip_id)::int FROM access_log) AS accesses,
    (SELECT count(*)::int FROM commands) AS commands,
    (SELECT count(*)::int FROM (
      SELECT FROM tips GROUP BY unit_code
      HAVING max(number) <> count(DISTINCT number) OR count(*) <> count(DISTINCT number)) g) AS gaps`;

async function checkRows(databaseUrl: string, sql: string, received: number): Promise<Check> {
  const pool = createPool(databaseUrl, { max: 1, statementTimeoutMs: 0 });
  try {
    const rows = (await pool.query<Rows>(sql)).rows[0]!;
    const { gaps, ...counts } = rows;
    // Answers that a round's end cut off would be more rows than answers; closed and open loops wait for all.
    return { ok: gaps === 0 && Object.values(counts).every((count) => count === received), received, ...rows };
  } finally {
    await pool.end();
  }
}

/** How a round is loaded: all it takes, or a share of the rate that this variant's warm-up reached. */
function orderOf(params: Params, input: RoundInput, peak: number): Omit<LoadOrder, 'port'> {
  const order = { seed: input.seed, seconds: input.seconds, workers: CONNECTIONS };
  const isClosed = params['load'] === 'closed' || input.rep === 0;
  return isClosed ? order : { ...order, rate: Math.max(1, Math.round(peak * Number(params['share']))) };
}

async function server(
  context: BenchContext,
  params: Params,
  client: Child,
  given: { name: Variant['name']; program: string; rows: string; order: Omit<ServerOrder, 'databaseUrl' | 'folder'> },
): Promise<Variant> {
  const postgres = await context.postgres();
  const label = given.name.replace(/[^a-z]+/g, '_');
  const databaseUrl = await postgres.database(`b4_${context.attempt}_${label}`);
  const child = await context.child(given.program, {
    data: { ...given.order, databaseUrl, folder: `${context.folder}/${label}` } satisfies ServerOrder,
    // As in production: the young generation holds what one answer needs.
    execArgv: ['--max-semi-space-size=32'],
  });
  const { port } = child.started as { port: number };
  let received = 0;
  let peak = 0;
  return {
    name: given.name,
    pids: () => [child.pid, client.pid],
    round: async (input): Promise<Round> => {
      const order: LoadOrder = { ...orderOf(params, input, peak), port };
      const { hdr, ...round } = await client.call<LoadAnswer>('run', order);
      received += round.ops;
      if (input.rep === 0) peak = round.ops / round.seconds;
      return { ...round, latency: decodeHistogram(hdr) };
    },
    check: async () => {
      if (given.name === 'ours' && !(await child.call<boolean>('settled', 60_000))) {
        return { ok: false, fault: 'the list of tips did not catch up' };
      }
      return checkRows(databaseUrl, given.rows, received);
    },
  };
}

/**
 * `POST /api/tips` end to end: token, permission, validation, sealing, idempotency, register number without gaps,
 * append, list. One server process, one process that asks, PostgreSQL: three on the machine's cores. TLS ends at the
 * proxy and is not measured.
 */
export const receiveTip: Workload = {
  id: 'B4',
  unit: 'tips received',
  title: 'POST /api/tips end to end',
  peers: true,
  seconds: { S: 2 },
  warmUp: { S: 10 },
  points: (scale) => [
    { load: 'closed', c: CONNECTIONS },
    ...(scale === 'S' ? [0.5] : [0.25, 0.5, 0.8]).map((share) => ({ load: 'open', share })),
  ],
  open: async (context, params) => {
    const { tokens, jwksUri, server: issuing } = await issuer();
    const order = { issuer: ISSUER, jwksUri, masterKey: randomBytes(32).toString('base64') };
    // An hour ago: no act lies in the future, whatever the clocks say.
    const receivedAt = new Date(Date.now() - 3_600_000).toISOString();
    const client = await context.child('workloads/receive-tip/load-client', { data: { tokens, receivedAt } });
    const variants: Variant[] = [];
    for (const [name, program, rows] of [
      ['floor', 'workloads/receive-tip/floor-server', OTHER_ROWS],
      ['ours', 'workloads/receive-tip/ours-server', OURS_ROWS],
      [`peer:${PEER}@${context.peerVersion('@nestjs/core')}`, 'peers/nest-express-typeorm', OTHER_ROWS],
    ] as const) {
      variants.push(await server(context, params, client, { name, program, rows, order }));
    }
    return {
      variants,
      note: 'Data fits in cache. Processor time of Node includes the asking process. TLS ends at the proxy: not measured.',
      close: async () => {
        await new Promise((resolve) => issuing.close(resolve));
      },
    };
  },
};
