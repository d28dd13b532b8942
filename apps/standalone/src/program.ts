import { join } from 'node:path';
import { readDatabaseConfig } from './config.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

/** The program from its start to its end: PostgreSQL first, then everything else while PostgreSQL starts. */
export async function runProgram(): Promise<void> {
  // PostgreSQL starts, and after a crash redoes its log, in a process of its own while this one reads the program from
  // disk: the two take about as long, and neither needs the other.
  const { dataDir, databaseUrl } = readDatabaseConfig();
  let launched: () => void = () => undefined;
  const isLaunched = new Promise<void>((resolve) => (launched = resolve));
  const postgres = databaseUrl
    ? undefined
    : startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres'), onLaunched: launched });
  // Reading the program holds this process: PostgreSQL's must be on its way before. A failure of it is told where it is
  // awaited, after what the configuration has to say.
  await Promise.race([isLaunched, postgres?.catch(() => undefined)]);

  const { runSystem } = await import('./run-system.js');
  await runSystem(postgres);
}
