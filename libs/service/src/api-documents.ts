import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

/**
 * Serves `/openapi.json` and `/asyncapi.json`, made from the running program when first asked: routes and permissions
 * from the controllers, shapes from the validation rules, events from the catalogue. What makes them is read from disk
 * then too: it is a tenth of a start, and most processes are never asked.
 */
export function mountApiDocuments(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  const isPublic = { config: { permission: 'public' } as never };
  let openApi: object | undefined;
  let asyncApi: object | undefined;
  fastify.get('/openapi.json', isPublic, async () => {
    const { openApiOf } = await import('./describe-api.js');
    return (openApi ??= openApiOf(app));
  });
  fastify.get('/asyncapi.json', isPublic, async () => {
    const { asyncApiOf } = await import('./describe-api.js');
    return (asyncApi ??= asyncApiOf());
  });
}
