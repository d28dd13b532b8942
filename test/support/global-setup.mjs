import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { transformFile } from '@swc/core';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Holds the servers that specs share in one run: PostgreSQL and Kafka are started here, in the main process, on the
 * first request of a worker, so that runs without them pay nothing, a worker that is recycled does not take them
 * along, and all end with the run.
 */
export default async function globalSetup() {
  const folder = await mkdtemp(path.join(tmpdir(), 'tinbao-test-'));
  const secret = randomBytes(12).toString('hex');
  const started = new Map();
  const starters = {
    postgres: async () => {
      const { startEmbeddedPostgres } = await importTypeScript('apps/standalone/src/embedded-postgres.ts');
      // Crash safety of the disk is not under test; databases are made by the hundred.
      const settings = { fsync: 'off', full_page_writes: 'off', max_connections: '200' };
      return startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), settings });
    },
    kafka: async () => {
      const { startLocalKafka } = await import(pathToFileURL(path.join(root, 'docker/kafka-local/start.mjs')).href);
      return startLocalKafka({ dir: path.join(folder, 'kafka') });
    },
  };

  const server = createServer((request, response) => {
    // A worker asks seldom: a connection kept for its next question may be closed at the moment it is asked.
    response.setHeader('connection', 'close');
    const [, given, name] = (request.url ?? '').split('/');
    const starter = given === secret ? starters[name] : undefined;
    if (!starter) {
      response.writeHead(404).end();
      return;
    }
    if (!started.has(name)) started.set(name, starter());
    started.get(name).then(
      ({ url, brokers, pid }) => response.end(JSON.stringify({ url, brokers, pid })),
      (error) => response.writeHead(500).end(String(error?.stack ?? error)),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.TINBAO_TEST_SERVERS = `http://127.0.0.1:${server.address().port}/${secret}`;

  globalThis.__tinbaoTestServers = async () => {
    server.close();
    server.closeAllConnections();
    const results = await Promise.allSettled([...started.values()].map(async (running) => (await running).stop()));
    await rm(folder, { recursive: true, force: true });
    const failed = results.find((result) => result.status === 'rejected');
    if (failed) console.error(failed.reason);
  };
}

/** Jest transforms specs only; this file runs as plain Node, which on version 20 does not read TypeScript. */
async function importTypeScript(file) {
  const { code } = await transformFile(path.join(root, file), {
    configFile: path.join(root, '.swcrc'),
    sourceMaps: 'inline',
  });
  const target = path.join(root, '.cache', 'test-support', `${path.basename(file, '.ts')}-${process.pid}.mjs`);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, code);
  try {
    return await import(pathToFileURL(target).href);
  } finally {
    await rm(target, { force: true });
  }
}
