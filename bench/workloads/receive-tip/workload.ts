import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPool } from '@app/event-store';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { decodeHistogram } from '../../harness/latency.js';
import type { Child } from '../../harness/child.js';
import { median } from '../../harness/statistics.js';
import type { BenchContext, Check, Params, Round, RoundInput, Variant, Workload } from '../../harness/types.js';
import { selfMadeCertificate } from './certificate.js';
import type { LoadAnswer, LoadOrder } from './load-client.js';
import type { ServerOrder } from './ours-server.js';
import { AUDIENCE, ISSUER, UNITS } from './requests.js';

const CONNECTIONS = 64;
const PEER = 'nest-express-typeorm';
/** Seconds until a server's code is compiled, and until its connections and plans for a later point are. */
const COLD_SECONDS = 8;
const WARM_SECONDS = 1;

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

/** One server, warm from point to point. */
interface Running {
  name: Variant['name'];
  rows: string;
  databaseUrl: string;
  child: Child;
  /** Ends TLS in front of it; null when it does so itself. */
  proxy: Child | null;
  port: number;
  tlsPort: number;
  isWarm: boolean;
  received: number;
  /** Rates of the closed rounds without TLS. */
  rates: number[];
}

interface Desk {
  client: Child;
  ca: string;
  servers: Running[];
  close(): Promise<void>;
}

type Order = Omit<ServerOrder, 'databaseUrl' | 'folder'>;

async function start(
  context: BenchContext,
  given: { name: Variant['name']; program: string; rows: string },
  order: Order,
): Promise<Running> {
  const { name, program, rows } = given;
  const postgres = await context.postgres();
  const label = name.replace(/[^a-z]+/g, '_');
  const databaseUrl = await postgres.database(`b4_${context.attempt}_${label}`);
  const child = await context.child(program, {
    data: { ...order, databaseUrl, folder: `${context.folder}/${label}` } satisfies ServerOrder,
    // As in production: the young generation holds what one answer needs.
    execArgv: ['--max-semi-space-size=32'],
  });
  const own = child.started as { port: number; tlsPort?: number };
  const proxy =
    own.tlsPort === undefined
      ? await context.child('workloads/receive-tip/tls-proxy', { data: { port: own.port, tls: order.tls } })
      : null;
  const { tlsPort } = { ...own, ...(proxy?.started as { tlsPort: number } | undefined) } as { tlsPort: number };
  return { name, rows, databaseUrl, child, proxy, port: own.port, tlsPort, isWarm: false, received: 0, rates: [] };
}

async function startAll(context: BenchContext): Promise<Desk> {
  const { tokens, jwksUri, server: issuing } = await issuer();
  const tls = selfMadeCertificate();
  const order: Order = { issuer: ISSUER, jwksUri, masterKey: randomBytes(32).toString('base64'), tls };
  // An hour ago: no act lies in the future, whatever the clocks say.
  const receivedAt = new Date(Date.now() - 3_600_000).toISOString();
  const client = await context.child('workloads/receive-tip/load-client', { data: { tokens, receivedAt } });
  const close = (): Promise<void> => new Promise((resolve) => issuing.close(() => resolve()));
  const servers: Running[] = [];
  for (const [name, program, rows] of [
    ['floor', 'workloads/receive-tip/floor-server', OTHER_ROWS],
    ['ours', 'workloads/receive-tip/ours-server', OURS_ROWS],
    [`peer:${PEER}@${context.peerVersion('@nestjs/core')}`, 'peers/nest-express-typeorm', OTHER_ROWS],
  ] as const) {
    servers.push(
      await start(context, { name, program, rows }, order).catch(async (fault: unknown) => {
        // Left open it would keep the whole bench from ending.
        await close();
        throw fault;
      }),
    );
  }
  return { client, ca: tls.cert, servers, close };
}

/** How a round is loaded: all that is taken, or a share of the rate that the server reached before. */
function orderOf(params: Params, { rep, seed, seconds }: RoundInput, server: Running, ca: string): LoadOrder {
  const withTls = params['tls'] === true;
  const order: LoadOrder = {
    seed,
    seconds: rep === 0 ? (server.isWarm ? WARM_SECONDS : COLD_SECONDS) : seconds,
    workers: CONNECTIONS,
    port: withTls ? server.tlsPort : server.port,
    ...(withTls ? { ca } : {}),
  };
  if (params['load'] === 'closed' || rep === 0) return order;
  return { ...order, rate: Math.max(1, Math.round(median(server.rates) * Number(params['share']))) };
}

function variantOf(server: Running, { client, ca }: Desk, params: Params): Variant {
  const isPlainClosed = params['load'] === 'closed' && params['tls'] !== true;
  const withProxy = params['tls'] === true && server.proxy ? [server.proxy.pid] : [];
  return {
    name: server.name,
    pids: () => [server.child.pid, client.pid, ...withProxy],
    round: async (input): Promise<Round> => {
      const { hdr, ...round } = await client.call<LoadAnswer>('run', orderOf(params, input, server, ca));
      server.received += round.ops;
      const rate = round.ops / round.seconds;
      // What the warm-up reached counts only until something better is known.
      if (isPlainClosed && input.rep > 0) server.rates.push(rate);
      else if (server.rates.length === 0) server.rates.push(rate);
      server.isWarm = true;
      return { ...round, latency: decodeHistogram(hdr) };
    },
    check: async () => {
      if (server.name === 'ours' && !(await server.child.call<boolean>('settled', 60_000))) {
        return { ok: false, fault: 'the list of tips did not catch up' };
      }
      return checkRows(server.databaseUrl, server.rows, server.received);
    },
  };
}

/**
 * `POST /api/tips` end to end: token, permission, validation, sealing, idempotency, register number without gaps,
 * append, list. One server process, one process that asks, PostgreSQL: three on the machine's cores. With TLS a fourth:
 * the proxy in front of ours, where TLS ends in every installation; floor and reference end it themselves.
 */
export const receiveTip: Workload = {
  id: 'B4',
  unit: 'tips received',
  title: 'POST /api/tips end to end',
  peers: true,
  seconds: (scale, { load }) => (scale === 'S' ? (load === 'closed' ? 1.5 : 1) : undefined),
  peerSeconds: { S: 1 },
  points: (scale) => [
    { load: 'closed', c: CONNECTIONS },
    { load: 'closed', c: CONNECTIONS, tls: true },
    ...(scale === 'S' ? [0.5] : [0.25, 0.5, 0.8]).map((share) => ({ load: 'open', share })),
  ],
  open: async (context, params) => {
    const desk = await context.kept('desk', startAll);
    return {
      variants: desk.servers.map((server) => variantOf(server, desk, params)),
      note:
        'Data fits in cache. Processor time of Node includes the asking process and, with TLS, the proxy in front of ' +
        'ours; floor and reference end TLS in their own process.',
      close: () => Promise.resolve(),
    };
  },
};
