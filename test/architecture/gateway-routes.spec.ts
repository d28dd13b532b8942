import { createRequire } from 'node:module';
import { describe, expect, it } from '@jest/globals';
// @ts-expect-error -- the gateway is plain JavaScript: it runs in an image of its own, without a build
import { serviceOf as serviceOfPath } from '../../docker/gateway/routes.mjs';
import { projectFiles, textOf } from './project-files.js';

const require = createRequire(import.meta.url);
const { SERVICES } = require('./layers.cjs') as { SERVICES: string[] };
const serviceOf = serviceOfPath as (path: string) => string | undefined;

/** The path that a decorator names: a text, or the mount point of the issuer. */
function literal(argument: string): string {
  if (argument.startsWith('MOUNT')) return 'oidc';
  return argument.replace(/^['`]|['`]$/g, '').replace(/\$\{MOUNT\}/, '/oidc');
}

/** Every route of the services' controllers as `GET /api/tips/x`, parameters filled with `x`, and its service. */
function routes(): { route: string; path: string; service: string }[] {
  const controller = /@Controller\(([^\n]*?)\)\n/g;
  const verb = /@(Get|Post|Put|Patch|Delete|Sse)\(([^\n]*?)\)\n/g;
  return projectFiles().flatMap((file) => {
    const service = /^apps\/([^/]+)\/src\/.*\.ts$/.exec(file)?.[1];
    if (!service || !SERVICES.includes(service) || /\.(spec|suite)\.ts$/.test(file) || file.includes('/testing/'))
      return [];
    const text = textOf(file);
    const starts = [...text.matchAll(controller)].map(({ index, 1: prefix }) => ({ index, prefix: literal(prefix!) }));
    return [...text.matchAll(verb)].map(({ index, 1: method, 2: rest }) => {
      const prefix = starts.filter((start) => start.index < index).at(-1)?.prefix ?? '';
      const path = `/${[prefix, literal(rest!)].filter(Boolean).join('/')}`
        .replace(/\/+/g, '/')
        .replace(/:[A-Za-z]+/g, 'x');
      return { route: `${method!.toUpperCase()} ${path}`, path, service };
    });
  });
}

describe('the gateway', () => {
  const all = routes();

  it('finds routes in every service with controllers', () => {
    expect(all.length).toBeGreaterThan(20);
    expect([...new Set(all.map(({ service }) => service))].sort()).toEqual([...SERVICES].sort());
  });

  it('sends every route to the service that has it', () => {
    const wrong = all.flatMap(({ route, path, service }) =>
      serviceOf(path) === service ? [] : [`${route}: ${service} has it, the gateway says ${serviceOf(path) ?? 'none'}`],
    );
    expect(wrong).toEqual([]);
  });

  it('bites', () => {
    expect(serviceOf('/api/unheard-of')).toBeUndefined();
  });
});
