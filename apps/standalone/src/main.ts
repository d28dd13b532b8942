import { join } from 'node:path';
import { readDatabaseConfig } from './config.js';
import { startEmbeddedPostgres } from './embedded-postgres.js';

// PostgreSQL starts, and after a crash redoes its log, in a process of its own while this one reads the program from
// disk: the two take about as long, and neither needs the other.
const { dataDir, databaseUrl } = readDatabaseConfig();
const postgres = databaseUrl ? undefined : startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') });
// Its failure is told where it is awaited, after what the configuration has to say.
postgres?.catch(() => undefined);

const { runSystem } = await import('./run-system.js');
await runSystem(postgres);
