import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import send from '@fastify/send';
import { correlationIdFrom, diagnose, NotFound, problemOf } from '@app/http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/** Paths that belong to services: an unknown one is not a page of the web application. */
const SERVICE_PATH = /^\/(api|calendar|oidc|health|metrics|openapi\.json|asyncapi\.json)(\/|$)/;

/** Compressed copies that the build makes, the smaller first. */
const COPIES = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
];

/** What is answered for a file of the web application. */
export interface WebFile {
  status: number;
  headers: Record<string, string>;
  body: Readable;
}

/**
 * The file of the web for a request, or its page for an address of one of its screens, so that a deep link opens.
 * Undefined when there is no such file. A compressed copy (`.br`, `.gz`) beside a file is preferred where the browser takes it.
 */
export async function webFile(request: IncomingMessage, root: string): Promise<WebFile | undefined> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const isScreen = !/\.[a-z0-9]+$/i.test(path);
  // Browsers ask for this name on pages that declare no icon, the sign-in page among them.
  const wanted = isScreen ? '/index.html' : path === '/favicon.ico' ? '/favicon.svg' : path;
  const options = { root, dotfiles: 'ignore', cacheControl: false, index: false } as const;
  const taken: readonly string[] = String(request.headers['accept-encoding'] ?? '').match(/[a-z]+/g) ?? [];
  const copy = COPIES.find(
    ({ encoding, ending }) => taken.includes(encoding) && existsSync(join(root, decodePath(wanted) + ending)),
  );
  const found = await send(request, copy ? wanted + copy.ending : wanted, options);
  if (found.type !== 'file') return undefined;
  const headers: Record<string, string> = { ...found.headers };
  if (copy) {
    headers['content-encoding'] = copy.encoding;
    headers['content-type'] = typeOf(wanted);
  }
  headers['vary'] = 'accept-encoding';
  // The build names assets by their content: they may be kept for ever, the page that names them may not.
  headers['cache-control'] = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return { status: found.statusCode, headers, body: found.stream };
}

/** Serves the built web application for every address that no service answers. */
export function mountWeb(app: NestFastifyApplication, root: string): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  fastify.get('/*', { config: { permission: 'public' } as never }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/';
    const file = SERVICE_PATH.test(path) ? undefined : await webFile(request.raw, root);
    if (file) return reply.status(file.status).headers(file.headers).send(file.body);
    const problem = problemOf(diagnose(new NotFound('Address', path)), {
      path,
      correlationId: correlationIdFrom(request.headers['x-correlation-id']),
      acceptLanguage: request.headers['accept-language'],
    });
    return reply.status(404).type('application/problem+json; charset=utf-8').send(problem);
  });
}

const TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
};

/** Type of a file that only its compressed copy is read of. */
function typeOf(path: string): string {
  return TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
