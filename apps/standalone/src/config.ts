import { join } from 'node:path';

/** What PostgreSQL needs to know before the rest of the program is even read from disk. */
export interface DatabaseConfig {
  dataDir: string;
  /** An outside PostgreSQL; undefined = the embedded one. */
  databaseUrl: string | undefined;
}

/** DATA_DIR and DATABASE_URL, read exactly as `readConfig` of libs/service reads them (a spec compares the two). */
export function readDatabaseConfig(env: Readonly<Record<string, string | undefined>> = process.env): DatabaseConfig {
  return { dataDir: env['DATA_DIR'] || join(process.cwd(), '.tinbao'), databaseUrl: env['DATABASE_URL'] || undefined };
}
