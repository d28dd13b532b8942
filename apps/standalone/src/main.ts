import 'reflect-metadata';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readConfig, startHost } from '@app/service';
import type { HostConfig, RunningHost } from '@app/service';
import { deadlinesService } from '../../deadlines/src/deadlines.service-definition.js';
import { identityService } from '../../identity/src/identity.service-definition.js';
import { intakeService } from '../../intake/src/intake.service-definition.js';
import { prosecutionService } from '../../prosecution/src/prosecution.service-definition.js';
import { statisticsService } from '../../statistics/src/statistics.service-definition.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';
import { fillIfEmpty } from './fill-if-empty.js';
import { accountsText } from './welcome.js';

/** The built web application, beside the compiled server. */
const WEB_ROOT = fileURLToPath(new URL('../../../../apps/web/dist', import.meta.url));
/** After this the process ends whatever still hangs: Ctrl-C is answered within five seconds. */
const STOP_LIMIT_MS = 4_500;

const SERVICES = [identityService, intakeService, prosecutionService, deadlinesService, statisticsService];

async function main(): Promise<void> {
  const config = readConfig();
  await requireFreePort(config);
  const postgres = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres') });
  let host: RunningHost | undefined;
  const stop = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(code || 1), STOP_LIMIT_MS).unref();
    await host?.stop();
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
    host = await startHost({
      name: 'standalone',
      services: SERVICES,
      config,
      databaseUrl: config.databaseUrl ?? postgres?.url ?? '',
      webRoot: WEB_ROOT,
    });
    if (config.demo === 'province') await fillIfEmpty(host);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    await stop(1);
    return;
  }
  process.stdout.write(`Tin Báo is ready: ${host.url}\n`);
  if (config.evaluation) process.stdout.write(accountsText());
}

/** A clear word before anything is started, instead of a failure after it. */
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
    process.stderr.write(`${reason}\n`);
    process.exit(1);
  });
  await new Promise((resolve) => probe.close(resolve));
}

await main();
