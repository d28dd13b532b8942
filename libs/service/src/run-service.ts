import { ConfigurationInvalid, readConfig } from './config.js';
import { startHost } from './host.js';
import type { RunningHost } from './host.js';
import type { ServiceDefinition } from './types.js';

/** After this the process ends whatever still hangs. */
const STOP_LIMIT_MS = 4_500;

/**
 * Runs one service as a process of its own, until it is told to stop. Needs DATABASE_URL and KAFKA_BROKERS; says what
 * is wrong with its configuration and ends with 2 when it cannot start.
 */
export async function runService(service: ServiceDefinition): Promise<void> {
  let host: RunningHost | undefined;
  const stop = async (code: number): Promise<never> => {
    setTimeout(() => process.exit(code || 1), STOP_LIMIT_MS).unref();
    await host?.stop();
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop(0));
  try {
    const config = readConfig();
    const faults = [
      ...(config.databaseUrl ? [] : ['DATABASE_URL: the PostgreSQL of the system']),
      ...(config.kafkaBrokers.length > 0 ? [] : ['KAFKA_BROKERS: the brokers that carry the events']),
    ];
    if (faults.length > 0) throw new ConfigurationInvalid(faults);
    host = await startHost({ name: service.name, services: [service], config, databaseUrl: config.databaseUrl ?? '' });
    process.stdout.write(`${service.name} is ready: http://${config.host}:${config.port}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    await stop(error instanceof ConfigurationInvalid ? 2 : 1);
  }
}
