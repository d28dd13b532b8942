import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from './cruise.js';
import { textOf } from './project-files.js';

const require = createRequire(import.meta.url);
const { SERVICES } = require('./layers.cjs') as { SERVICES: string[] };

interface ComposeService {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
  volumes?: string[];
  networks?: string[];
  ports?: string[];
  restart?: string;
}
interface Compose {
  services: Record<string, ComposeService>;
  volumes: Record<string, object>;
  networks: Record<string, object>;
}

describe('docker/compose.yaml', () => {
  const text = textOf('docker/compose.yaml');
  const compose = parse(text, { merge: true }) as Compose;
  const all = Object.entries(compose.services);

  it('starts the five services, Kafka, PostgreSQL and the gateway', () => {
    expect(Object.keys(compose.services).sort()).toEqual(['gateway', 'kafka', 'postgres', ...SERVICES].sort());
  });

  it.each(SERVICES)('runs the main file of %s, after database and broker', (name) => {
    const service = compose.services[name]!;
    expect(service.command).toEqual(['node', `dist/apps/${name}/src/main.js`]);
    // Not after another service: readers of one wait for the topics of the others.
    expect(Object.keys(service.depends_on ?? {}).sort()).toEqual(['kafka', 'postgres']);
  });

  it('watches the health of everything and restarts what ends', () => {
    expect(all.filter(([, { healthcheck }]) => !healthcheck?.test).map(([name]) => name)).toEqual([]);
    expect(all.filter(([, { restart }]) => restart !== 'unless-stopped').map(([name]) => name)).toEqual([]);
    for (const [, { depends_on = {} }] of all) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        expect(Object.keys(compose.services)).toContain(name);
        expect(condition).toBe('service_healthy');
      }
    }
  });

  it('uses fixed versions of other images', () => {
    expect(compose.services['kafka']!.image).toBe('apache/kafka:4.3.0');
    expect(compose.services['postgres']!.image).toMatch(/^postgres:18\.\d/);
    const base = [...textOf('docker/Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(base.every((image) => /^node:\d+\.\d+-/.test(image!))).toBe(true);
  });

  it('gives every service its settings and the gateway no secret', () => {
    for (const name of SERVICES) {
      expect(Object.keys(compose.services[name]!.environment!)).toEqual(
        expect.arrayContaining(['DATABASE_URL', 'KAFKA_BROKERS', 'PUBLIC_URL', 'OIDC_ISSUERS', 'MASTER_KEY', 'HOST']),
      );
    }
    const gateway = compose.services['gateway']!.environment!;
    for (const name of SERVICES) expect(gateway[`${name.toUpperCase()}_URL`]).toBe(`http://${name}:8080`);
    expect(Object.keys(gateway)).not.toContain('MASTER_KEY');
    expect(Object.keys(gateway)).not.toContain('DATABASE_URL');
  });

  it('opens nothing but the gateway, to this machine unless told otherwise', () => {
    const open = all.filter(([, { ports }]) => ports && ports.length > 0);
    expect(open.map(([name]) => name)).toEqual(['gateway']);
    expect(open[0]![1].ports).toHaveLength(1);
    expect(open[0]![1].ports![0]).toMatch(/^\$\{BIND:-127\.0\.0\.1\}:/);
    expect(compose.networks['inside']).toEqual({ internal: true });
  });

  it('has no password of its own: those that it needs must be set', () => {
    expect(text).toContain('${POSTGRES_PASSWORD:?');
    expect(text).toContain('${MASTER_KEY:?');
    const example = textOf('docker/.env.example');
    expect(example).toMatch(/^POSTGRES_PASSWORD=$/m);
    expect(example).toMatch(/^MASTER_KEY=$/m);
  });

  it('keeps data in declared volumes', () => {
    const used = all.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]!));
    expect([...new Set(used)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });
});

describe('docker/Dockerfile', () => {
  const text = textOf('docker/Dockerfile');

  it('copies what it names, and the manifest of every workspace before the install', () => {
    const workspaces = ['apps', 'libs'].flatMap((group) =>
      readdirSync(join(ROOT, group))
        .filter((name) => existsSync(join(ROOT, group, name, 'package.json')))
        .map((name) => `${group}/${name}/package.json`),
    );
    const install = text.indexOf('RUN npm ci');
    for (const file of workspaces) {
      const place = text.indexOf(`COPY ${file} `);
      expect([file, place > 0 && place < install]).toEqual([file, true]);
    }
    const copied = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => sources!.split(' '));
    expect(copied.filter((source) => !existsSync(join(ROOT, source)))).toEqual([]);
  });

  it('runs without root', () => {
    expect(text).toMatch(/^USER node$/m);
  });
});
