#!/usr/bin/env node
/**
 * One origin for the services that run apart: paths go to their service, everything else is the web.
 * Knows no rule and keeps no state; a service that is away is answered for with 503 and the next try finds it again.
 */
import { realpathSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import Fastify from 'fastify';
import { readConfig } from './config.mjs';
import { mergeAsyncApi, mergeMetrics, mergeOpenApi } from './merge.mjs';
import { mayTakeLong, serviceOf } from './routes.mjs';
import { webFile } from './web-files.mjs';

/** A service answers 503 by itself after 4 s; this is for one that cannot even do that. */
const ANSWER_WITHIN_MS = 4_500;
/** The services' own limit but for uploads; one that closes on a larger body may be gone before its 413 was read. */
const MOST_BODY_BYTES = 1024 * 1024;

/** Headers that belong to one connection and are never passed on (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];

const PROBLEMS = {
  ServiceUnavailable: {
    status: 503,
    vi: 'Dịch vụ tạm thời không trả lời; xin thử lại sau ít giây.',
    en: 'The service does not answer for the moment; try again in a few seconds.',
  },
  BodyTooLarge: { status: 413, vi: 'Dữ liệu gửi lên quá lớn.', en: 'The request is too large.' },
  NotFound: { status: 404, vi: 'Không có địa chỉ này.', en: 'There is nothing at this address.' },
};

function problem(code, path, facts = {}) {
  const { status, vi, en } = PROBLEMS[code];
  const document = {
    type: 'about:blank',
    title: code,
    status,
    detail: vi,
    instance: path,
    code,
    facts,
    cites: [],
    detailVi: vi,
    detailEn: en,
    correlationId: randomUUID(),
  };
  return { status, body: JSON.stringify(document) };
}

function sendProblem(response, code, path, facts) {
  const { status, body } = problem(code, path, facts);
  response.writeHead(status, {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': '1' } : {}),
  });
  response.end(body);
}

/** Passes one request on as it is, body and answer as streams, so that uploads and live events need no memory. */
function forward(incoming, outgoing, { origin, agent, service, answerWithinMs }) {
  const path = incoming.url.split('?', 1)[0];
  if (Number(incoming.headers['content-length'] ?? 0) > MOST_BODY_BYTES && !mayTakeLong(path)) {
    sendProblem(outgoing, 'BodyTooLarge', path);
    // Read to its end, so that the answer is not lost with the connection.
    incoming.resume();
    return;
  }
  const headers = { ...incoming.headers };
  for (const name of HOP_BY_HOP) delete headers[name];
  headers['x-forwarded-for'] = [incoming.headers['x-forwarded-for'], incoming.socket.remoteAddress]
    .filter(Boolean)
    .join(', ');
  headers['x-forwarded-proto'] ??= 'http';
  headers['x-forwarded-host'] ??= incoming.headers.host ?? '';
  const withoutBody = incoming.method === 'GET' || incoming.method === 'HEAD';

  // Nobody waits longer than 5 s without a word. What was asked may still be done: the key tells when it is asked again.
  let upstream;
  let isLate = false;
  const waiting = mayTakeLong(path)
    ? undefined
    : setTimeout(() => {
        if (outgoing.headersSent || outgoing.destroyed) return;
        isLate = true;
        upstream?.destroy();
        sendProblem(outgoing, 'ServiceUnavailable', path, { service });
      }, answerWithinMs);
  outgoing.once('close', () => clearTimeout(waiting));

  const attempt = (mayRepeat) => {
    upstream = httpRequest(new URL(incoming.url, origin), { method: incoming.method, headers, agent });
    upstream.on('response', (answer) => {
      if (isLate) return void answer.destroy();
      clearTimeout(waiting);
      const answerHeaders = { ...answer.headers };
      for (const name of HOP_BY_HOP) delete answerHeaders[name];
      outgoing.writeHead(answer.statusCode, answerHeaders);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      // An answer cut short upstream is cut short here too, so that nobody takes it for whole.
      answer.on('error', () => outgoing.destroy());
      answer.on('aborted', () => outgoing.destroy());
    });
    upstream.on('error', () => {
      if (isLate || outgoing.destroyed) return;
      if (outgoing.headersSent) return void outgoing.destroy();
      // A kept connection that the service closed meanwhile says nothing about the service; reading may be repeated.
      if (mayRepeat && upstream.reusedSocket) return attempt(false);
      sendProblem(outgoing, 'ServiceUnavailable', path, { service });
    });
    outgoing.on('close', () => upstream.destroy());
    if (withoutBody) upstream.end();
    else incoming.pipe(upstream);
  };
  attempt(withoutBody);
}

/**
 * Starts the gateway.
 * @param {{port: number, host: string, webRoot: string, services: Record<string, string>, answerWithinMs?: number}} config
 *   `answerWithinMs`: when an answer has not begun by then it is 503
 * @returns {Promise<{url: string, close(): Promise<void>}>}
 */
export async function startGateway({ port, host, webRoot, services, answerWithinMs = ANSWER_WITHIN_MS }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const app = Fastify({ logger: false, forceCloseConnections: true });

  app.addHook('onRequest', (request, reply, done) => {
    const path = request.raw.url.split('?', 1)[0];
    const service = serviceOf(path);
    if (service) {
      reply.hijack();
      forward(request.raw, reply.raw, { origin: services[service], agent, service, answerWithinMs });
      return;
    }
    if (path.startsWith('/api/')) {
      reply.hijack();
      sendProblem(reply.raw, 'NotFound', path);
      return;
    }
    done();
  });

  /** Asks every service the same; a service that is away or says no counts as undefined. */
  const askAll = (path) =>
    Promise.all(
      Object.entries(services).map(async ([service, origin]) => {
        try {
          const answer = await fetch(new URL(path, origin), { signal: AbortSignal.timeout(3_000) });
          return [service, answer.ok ? await answer.text() : undefined];
        } catch (error) {
          if (['TypeError', 'TimeoutError'].includes(error.name)) return [service, undefined];
          throw error;
        }
      }),
    );

  app.get('/health/live', () => ({ status: 'live' }));
  app.get('/health/ready', async (_request, reply) => {
    const answers = await askAll('/health/ready');
    const away = answers.filter(([, text]) => text === undefined).map(([service]) => service);
    return reply
      .status(away.length === 0 ? 200 : 503)
      .send({ status: away.length === 0 ? 'ready' : 'not ready', away });
  });
  const merged = (path, merge) =>
    app.get(path, async (_request, reply) => {
      const documents = (await askAll(path)).flatMap(([, text]) => (text === undefined ? [] : [JSON.parse(text)]));
      if (documents.length === 0) {
        const { status, body } = problem('ServiceUnavailable', path);
        return reply.status(status).type('application/problem+json').send(body);
      }
      return merge(documents);
    });
  merged('/openapi.json', mergeOpenApi);
  merged('/asyncapi.json', mergeAsyncApi);
  app.get('/metrics', async (_request, reply) => {
    const texts = Object.fromEntries((await askAll('/metrics')).filter(([, text]) => text !== undefined));
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(mergeMetrics(texts));
  });

  app.setNotFoundHandler(async (request, reply) => {
    const file = await webFile(request.raw, webRoot);
    if (file) return reply.status(file.status).headers(file.headers).send(file.body);
    const { status, body } = problem('NotFound', request.url.split('?', 1)[0]);
    return reply.status(status).type('application/problem+json; charset=utf-8').send(body);
  });

  await app.listen({ port, host });
  const address = app.server.address();
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      await app.close();
      agent.destroy();
    },
  };
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  try {
    const gateway = await startGateway(readConfig());
    console.log(`gateway listens at ${gateway.url}`);
    const stop = () => void gateway.close().then(() => process.exit(0));
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  } catch (error) {
    console.error(error.message);
    process.exit(1);
  }
}
