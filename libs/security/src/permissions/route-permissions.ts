import { PERMISSION_MARK, type PermissionMark, registeredRoutes } from '@app/http';
import { type INestApplication, RequestMethod } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';

// Keys under which Nest keeps what @Controller and @Get note; stable since its first version.
const PATH = 'path';
const METHOD = 'method';

/** One route and what it declares; `permission` null = nothing, which the guard refuses to serve. */
export interface RoutePermission {
  method: string;
  path: string;
  /** `Controller.handler`, or null for a route registered on Fastify itself. */
  handler: string | null;
  permission: PermissionMark | null;
}

const paths = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [(value as string) ?? '']);
const joined = (...parts: string[]): string => `/${parts.join('/').split('/').filter(Boolean).join('/')}`;

/**
 * Every route of an application with its permission: Nest's controllers and whatever else Fastify answers
 * (made by `createHttpApplication`; such a route declares itself by `config: { permission: 'public' }`).
 */
export function listRoutePermissions(app: INestApplication): RoutePermission[] {
  const scanner = new MetadataScanner();
  const routes: RoutePermission[] = [];
  for (const module of app.get(ModulesContainer, { strict: false }).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as object;
        const method = Reflect.getMetadata(METHOD, handler) as RequestMethod | undefined;
        if (method === undefined) continue;
        const permission = (Reflect.getMetadata(PERMISSION_MARK, handler) ??
          Reflect.getMetadata(PERMISSION_MARK, metatype) ??
          null) as PermissionMark | null;
        for (const root of paths(Reflect.getMetadata(PATH, metatype))) {
          for (const leaf of paths(Reflect.getMetadata(PATH, handler))) {
            routes.push({
              method: RequestMethod[method] ?? String(method),
              path: joined(root, leaf),
              handler: `${metatype.name}.${name}`,
              permission,
            });
          }
        }
      }
    }
  }
  const known = new Set(routes.map(({ method, path }) => `${method} ${path}`));
  for (const { method, path, permission } of registeredRoutes(app)) {
    // Fastify answers HEAD for every GET with the same handler.
    const asked = method === 'HEAD' ? 'GET' : method;
    if (known.has(`${asked} ${path}`) || known.has(`ALL ${path}`)) continue;
    known.add(`${asked} ${path}`);
    routes.push({ method: asked, path, handler: null, permission: permission ?? null });
  }
  return routes.sort((a, b) => (`${a.path} ${a.method}` < `${b.path} ${b.method}` ? -1 : 1));
}
