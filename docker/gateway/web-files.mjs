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
  const options = { root: webRoot, dotfiles: 'ignore', cacheControl: false, index: 'index.html' };
  let found = await send(request, path, options);
  // A screen's address has no file ending; the page reads the address itself.
  if (found.type === 'error' && !/\.[a-z0-9]+$/i.test(path)) found = await send(request, '/index.html', options);
  if (found.type !== 'file') return undefined;
  // Vite names assets by their content: they may be kept for ever, the page that names them may not.
  const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return {
    status: found.statusCode,
    headers: { ...found.headers, ...SECURITY_HEADERS, 'cache-control': cache },
    body: found.stream,
  };
}
