import { join } from 'node:path';

/** How a process of the system is configured; the same names for one process and for many. */
export interface HostConfig {
  /** Address to listen on; loopback unless told otherwise. */
  host: string;
  port: number;
  /** Origin that browsers use; derived from host and port when not given. */
  publicUrl: string;
  /** Folder of this installation: database, keys, imports in progress. */
  dataDir: string;
  /** An outside PostgreSQL; undefined = the embedded one. */
  databaseUrl: string | undefined;
  /** Kafka brokers, comma separated; empty = the log in PostgreSQL carries the events. */
  kafkaBrokers: string[];
  /** A reader silent for longer loses its partitions to the others of its group; the carrier's default when absent. */
  kafkaSessionMs?: number | undefined;
  /** Where the issuer's keys are; the embedded issuer's own unless told otherwise. */
  issuers: { issuer: string; jwksUri: string }[];
  /** Demonstration accounts exist. Never in production. */
  evaluation: boolean;
  /** Which demonstration data to fill an empty system with. */
  demo: 'province' | 'none';
  /** Overrides the master key kept in `dataDir` (32 bytes, base64). */
  masterKey: string | undefined;
  logLevel: (typeof LOG_LEVELS)[number];
}

const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;

/** What is wrong with the environment, every fault at once. */
export class ConfigurationInvalid extends Error {
  readonly code = 'ConfigurationInvalid';
  constructor(readonly faults: string[]) {
    super(`Configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the configuration: PORT (or SERVICE_PORT), HOST, PUBLIC_URL, DATA_DIR, DATABASE_URL, KAFKA_BROKERS,
 * KAFKA_SESSION_SECONDS, OIDC_ISSUERS (`issuer|jwksUri`, comma separated), EVALUATION, DEMO, MASTER_KEY, LOG_LEVEL.
 * @throws ConfigurationInvalid naming every bad value
 */
export function readConfig(env: Environment = process.env): HostConfig {
  const faults: string[] = [];
  const port = Number(env['SERVICE_PORT'] ?? env['PORT'] ?? 8080);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    faults.push(`PORT=${env['PORT']}: a number from 0 to 65535`);
  const host = env['HOST'] || '127.0.0.1';
  const publicUrl = (env['PUBLIC_URL'] || `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${port}`).replace(
    /\/$/,
    '',
  );
  if (!/^https?:\/\/[^/]+$/.test(publicUrl))
    faults.push(`PUBLIC_URL=${publicUrl}: an origin such as https://tinbao.example`);
  const demo = env['DEMO'] || 'province';
  if (demo !== 'province' && demo !== 'none') faults.push(`DEMO=${demo}: province or none`);
  const logLevel = LOG_LEVELS.find((level) => level === (env['LOG_LEVEL'] || 'warn')) ?? 'warn';
  if (logLevel !== (env['LOG_LEVEL'] || 'warn'))
    faults.push(`LOG_LEVEL=${env['LOG_LEVEL']}: one of ${LOG_LEVELS.join(', ')}`);
  const session = env['KAFKA_SESSION_SECONDS'];
  const sessionSeconds = session === undefined || session === '' ? undefined : Number(session);
  if (sessionSeconds !== undefined && !(sessionSeconds >= 1 && sessionSeconds <= 300))
    faults.push(`KAFKA_SESSION_SECONDS=${session}: a number from 1 to 300`);
  const evaluation = env['EVALUATION'] !== 'no' && env['NODE_ENV'] !== 'production';
  if (env['EVALUATION'] === 'yes' && env['NODE_ENV'] === 'production') {
    faults.push('EVALUATION=yes: demonstration accounts do not exist when NODE_ENV=production');
  }
  const issuers = (env['OIDC_ISSUERS'] ?? '')
    .split(',')
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [issuer, jwksUri] = entry.split('|');
      if (!issuer || !jwksUri) faults.push(`OIDC_ISSUERS=${entry}: issuer|jwksUri`);
      return { issuer: issuer ?? '', jwksUri: jwksUri ?? '' };
    });
  if (faults.length > 0) throw new ConfigurationInvalid(faults);
  return {
    host,
    port,
    publicUrl,
    dataDir: env['DATA_DIR'] || join(process.cwd(), '.tinbao'),
    databaseUrl: env['DATABASE_URL'] || undefined,
    kafkaBrokers: (env['KAFKA_BROKERS'] ?? '').split(',').filter((broker) => broker !== ''),
    kafkaSessionMs: sessionSeconds === undefined ? undefined : sessionSeconds * 1_000,
    issuers,
    evaluation,
    demo: evaluation ? (demo as 'province' | 'none') : 'none',
    masterKey: env['MASTER_KEY'] || undefined,
    logLevel,
  };
}
