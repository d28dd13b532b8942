import 'reflect-metadata';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readConfig, startHost } from '@app/service';
import type { HostConfig, RunningHost } from '@app/service';
import { deadlinesService } from '../../deadlines/src/deadlines.service-definition.js';
import { identityService } from '../../identity/src/identity.service-definition.js';
import { intakeService } from '../../intake/src/intake.service-definition.js';
import { prosecutionService } from '../../prosecution/src/prosecution.service-definition.js';
import { statisticsService } from '../../statistics/src/statistics.service-definition.js';
import type { EmbeddedPostgres } from './embedded-postgres.js';
import { fillIfEmpty } from './fill-if-empty.js';
import { accountsText } from './welcome.js';

/** The built web application, beside the compiled server. */
const WEB_ROOT = fileURLToPath(new URL('../../../../apps/web/dist', import.meta.url));
/** After this the process ends whatever still hangs: Ctrl-C is answered within five seconds. */
const STOP_LIMIT_MS = 4_500;

const SERVICES = [identityService, intakeService, prosecutionService, deadlinesService, statisticsService];

/**
 * The whole system in this process, until it is told to stop.
 * @param starting the embedded PostgreSQL, which started meanwhile; undefined where DATABASE_URL names another
 */
export async function runSystem(starting: Promise<EmbeddedPostgres> | undefined): Promise<void> {
  let host: RunningHost | undefined;
  const stop = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(code || 1), STOP_LIMIT_MS).unref();
    await host?.stop();
    // Where it never ran there is nothing to stop, and its reason has been told.
    const postgres = await starting?.catch(() => undefined);
    await postgres?.stop();
    process.exit(code);
  };
  let isStopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isStopping) return;
      isStopping = true;
      void stop(0);
    });
  }
  try {
    const config = readConfig();
    await requireFreePort(config);
    const postgres = await starting;
    host = await startHost({
      name: 'standalone',
      services: SERVICES,
      config,
      databaseUrl: config.databaseUrl ?? postgres?.url ?? '',
      webRoot: WEB_ROOT,
    });
    if (config.demo === 'province') await fillIfEmpty(host);
    process.stdout.write(`Tin Báo is ready: ${host.url}\n`);
    if (config.evaluation) process.stdout.write(accountsText());
  } catch (error) {
    process.stderr.write(`${wordsOf(error)}\n`);
    await stop(1);
  }
}

/** What a person can act on stands without the places in the program. */
function wordsOf(error: unknown): string {
  if (error instanceof PortUnusable) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

class PortUnusable extends Error {}

/** A clear word before anything listens, instead of a failure after it. */
async function requireFreePort({ port, host }: HostConfig): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(port, host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    const reason =
      error.code === 'EADDRINUSE'
        ? `Port ${port} is taken by another program: stop it, or choose another with --port / ` +
          `Cổng ${port} đang được chương trình khác dùng: dừng chương trình đó hoặc chọn cổng khác bằng --port`
        : `Port ${port} cannot be opened / Không mở được cổng ${port}: ${error.message}`;
    throw new PortUnusable(reason);
  });
  await new Promise((resolve) => probe.close(resolve));
}
