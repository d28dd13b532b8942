import { existsSync } from 'node:fs';
import { join } from 'node:path';
import send from '@fastify/send';

/** Nothing but our own files, no framing by others, no scripts from elsewhere. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'content-security-policy': [
    "default-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "frame-ancestors 'none'",
    "base-uri 'self'",
    "form-action 'self'",
  ].join('; '),
};

/** Compressed copies that the build makes, the smaller first. */
const COPIES = [
  { encoding: 'br', ending: '.br' },
  { encoding: 'gzip', ending: '.gz' },
];

/** Types of the files that the build compresses. */
const TYPES = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  json: 'application/json; charset=utf-8',
};

/**
 * The file of the web for a request, or the page itself for an address of one of its screens.
 * @param {import('node:http').IncomingMessage} request
 * @param {string} webRoot  folder of the built web
 * @returns {Promise<{status: number, headers: Record<string, string>, body: import('node:stream').Readable} | undefined>}
 *   undefined when there is no such file
 */
export async function webFile(request, webRoot) {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  if (!existsSync(join(webRoot, 'index.html'))) return undefined;
  const path = request.url.split('?', 1)[0];
  // A screen's address has no file ending; the page reads the address itself.
  const wanted = /\.[a-z0-9]+$/i.test(path) ? path : '/index.html';
  const options = { root: webRoot, dotfiles: 'ignore', cacheControl: false, index: false };
  const type = TYPES[wanted.slice(wanted.lastIndexOf('.') + 1)];
  const taken = (request.headers['accept-encoding'] ?? '').match(/[a-z]+/g) ?? [];
  let found;
  let encoding;
  for (const copy of type ? COPIES : []) {
    if (!taken.includes(copy.encoding)) continue;
    found = await send(request, `${wanted}${copy.ending}`, options);
    if (found.type === 'file') {
      encoding = copy.encoding;
      break;
    }
  }
  if (encoding === undefined) found = await send(request, wanted, options);
  if (found.type !== 'file') return undefined;
  return {
    status: found.statusCode,
    headers: {
      ...found.headers,
      ...SECURITY_HEADERS,
      ...(encoding ? { 'content-encoding': encoding, 'content-type': type } : {}),
      vary: 'accept-encoding',
      // The build names assets by their content: they may be kept for ever, the page that names them may not.
      'cache-control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
    body: found.stream,
  };
}
