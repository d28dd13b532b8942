import { describeError } from '@app/http';
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';

/** The program's log: JSON lines, one object each. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  /** Written into every line, for example `intake`, `standalone`. */
  service: string;
  level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Where lines go; standard output when absent. */
  destination?: DestinationStream;
}

const WITHHELD = '[withheld]';

/**
 * Names whose values never reach a log, at any depth: credentials, bodies, and what may tell who a person is or what
 * a tip says.
 */
const SECRET_NAMES = new Set(
  [
    'authorization',
    'cookie',
    'set-cookie',
    'password',
    'secret',
    'clientSecret',
    'client_secret',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'accessToken',
    'refreshToken',
    'code_verifier',
    'masterKey',
    'key',
    'body',
    'payload',
    'content',
    'data',
    'row',
    'informant',
    'informants',
    'name',
    'displayName',
    'userName',
    'address',
    'phone',
    'email',
    'idNumber',
    'birthDate',
    'parties',
    'reason',
    'query',
    'q',
    'parameters',
    'detail',
  ].map((name) => name.toLowerCase()),
);

const MAX_DEPTH = 6;

/** A copy of a log entry without the values of secret names; errors become type, code and stack. */
function withheld(value: unknown, depth = 0): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Error) return describeError(value);
  if (value instanceof Date) return value.toISOString();
  if (Buffer.isBuffer(value) || depth >= MAX_DEPTH) return WITHHELD;
  if (Array.isArray(value)) return value.map((item) => withheld(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET_NAMES.has(name.toLowerCase()) ? WITHHELD : withheld(item, depth + 1),
    ]),
  );
}

/**
 * A logger that keeps credentials, bodies and personal data out by the names of fields.
 * What it cannot see is text put into the message: messages are constant words, values go into the entry.
 */
export function createLogger({ service, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label: string) => ({ level: label }),
      log: (entry: Record<string, unknown>) => withheld(entry) as Record<string, unknown>,
    },
    // pino would copy an error's every field, PostgreSQL's row values among them.
    serializers: { err: (error: unknown) => (error instanceof Error ? describeError(error) : error) },
  };
  return destination ? pino(options, destination) : pino(options);
}
