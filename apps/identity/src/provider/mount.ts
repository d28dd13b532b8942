import type { IncomingMessage } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Provider } from 'oidc-provider';
import { MOUNT } from '../context.js';
import { answeringOrigin } from './origins.js';

/**
 * Hand everything under `/oidc` that no controller takes to the provider, on the raw request: it reads the body itself.
 * Routes of controllers (`/oidc/interaction/:uid`) win over the wildcard.
 */
export function mountProvider(fastify: FastifyInstance, provider: Provider, publicUrl: string): void {
  const handle = provider.callback();
  // Own context: its parsers leave the body unread and are nobody else's.
  void fastify.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null));
    scope.all(`${MOUNT}/*`, { config: { permission: 'public' } as object }, (request, reply) => {
      reply.hijack();
      const raw = request.raw as IncomingMessage & { originalUrl?: string };
      const origin = answeringOrigin(publicUrl, raw.headers.host);
      raw.headers['x-forwarded-host'] = origin.host;
      raw.headers['x-forwarded-proto'] = origin.protocol.slice(0, -1);
      delete raw.headers['x-forwarded-for'];
      // The provider knows its mount by the difference of the two.
      raw.originalUrl = raw.url!;
      raw.url = raw.url!.slice(MOUNT.length);
      void handle(raw, reply.raw);
    });
    done();
  });
}
