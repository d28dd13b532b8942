import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import type { OpenAPIObject } from '@nestjs/swagger';
import { EVENT_CATALOGUE, isPublicEvent } from '@app/contracts';
import { TOPICS } from '@app/messaging';
import { listRoutePermissions } from '@app/security';
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';

const VERSION = '1';

type Schemas = Record<string, object>;

/** OpenAPI 3.0 of every route, each with its verb and the roles that may. */
export function openApiOf(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tin Báo')
    .setDescription('Register of crime tips and prosecution recommendations')
    .setVersion(VERSION)
    .addBearerAuth()
    .build();
  const document = SwaggerModule.createDocument(app, config);
  const shapes = validatedShapes();
  document.components ??= {};
  document.components.schemas = { ...document.components.schemas, ...pick(shapes, document) } as never;
  for (const { method, path, permission } of listRoutePermissions(app)) {
    const operation = operationOf(document, path, method);
    if (!operation || permission === null || permission === 'public') continue;
    operation['x-permission'] = { verb: permission.verb, roles: permission.roles, scope: permission.scope };
    operation['security'] = [{ bearer: [] }];
  }
  return document;
}

/** AsyncAPI 3.0 of the public events, by topic. */
export function asyncApiOf(): object {
  const shapes = validatedShapes();
  const classes = Object.values(EVENT_CATALOGUE)
    .flat()
    .filter(({ type }) => isPublicEvent(type));
  const byPrefix = new Map(
    Object.entries(EVENT_CATALOGUE).map(([aggregate, events]) => [`${aggregate}-`, events.map(({ type }) => type)]),
  );
  return {
    asyncapi: '3.0.0',
    info: { title: 'Tin Báo', version: VERSION },
    channels: Object.fromEntries(
      TOPICS.map(({ topic, streamPrefix }) => [
        topic,
        {
          address: topic,
          messages: Object.fromEntries(
            (byPrefix.get(streamPrefix) ?? [])
              .filter((type) => isPublicEvent(type))
              .map((type) => [type, { $ref: `#/components/messages/${type}` }]),
          ),
        },
      ]),
    ),
    operations: Object.fromEntries(
      TOPICS.map(({ topic, service }) => [
        `${service}.send.${topic}`,
        { action: 'send', channel: { $ref: `#/channels/${topic.replaceAll('/', '~1')}` } },
      ]),
    ),
    components: {
      messages: Object.fromEntries(
        classes.map(({ type, version }) => [
          type,
          {
            name: type,
            title: `${type} v${version}`,
            contentType: 'application/cloudevents+json',
            payload: { $ref: `#/components/schemas/${type}` },
          },
        ]),
      ),
      schemas: shapes,
    },
  };
}

/** JSON Schemas of every validated class, by its name. */
function validatedShapes(): Schemas {
  return validationMetadatasToSchemas({
    classValidatorMetadataStorage: getMetadataStorage(),
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    refPointerPrefix: '#/components/schemas/',
  }) as Schemas;
}

/** The shapes that a document refers to, and those that they refer to. */
function pick(shapes: Schemas, document: OpenAPIObject): Schemas {
  const wanted = new Set(Object.keys(document.components?.schemas ?? {}));
  const queue = [...wanted];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const [, next] of JSON.stringify(shapes[name] ?? {}).matchAll(/#\/components\/schemas\/([A-Za-z]+)/g)) {
      if (next !== undefined && !wanted.has(next)) {
        wanted.add(next);
        queue.push(next);
      }
    }
  }
  return Object.fromEntries([...wanted].flatMap((name) => (shapes[name] ? [[name, shapes[name]] as const] : [])));
}

function operationOf(document: OpenAPIObject, path: string, method: string): Record<string, unknown> | undefined {
  const item = document.paths[path.replace(/:(\w+)/g, '{$1}')] as Record<string, unknown> | undefined;
  return item?.[method.toLowerCase()] as Record<string, unknown> | undefined;
}
