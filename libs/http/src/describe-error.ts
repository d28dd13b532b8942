/** What a log may hold of a failure: enough to find the line, never the values that were being worked on. */
export interface ErrorDescription {
  type: string;
  code?: string;
  message: string;
  stack?: string;
  /** PostgreSQL's own names of what was touched. */
  table?: string;
  constraint?: string;
  routine?: string;
  cause?: ErrorDescription;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/**
 * Describe a failure for the log. PostgreSQL's message, detail and where-context quote row values
 * (a phone number in a unique violation), so for its errors only names and codes are kept.
 */
export function describeError(error: unknown, depth = 0): ErrorDescription {
  if (!(error instanceof Error)) return { type: typeof error, message: 'not an Error' };
  const fields = error as Error & Record<string, unknown>;
  const code = text(fields['code']);
  const isFromPostgres = code !== undefined && /^[0-9A-Z]{5}$/.test(code) && 'severity' in fields;
  const frames = error.stack?.slice(error.stack.indexOf('\n    at ') + 1);
  const description: ErrorDescription = {
    type: error.name,
    message: isFromPostgres ? `PostgreSQL ${code}` : error.message,
  };
  if (code !== undefined) description.code = code;
  if (frames !== undefined && frames.startsWith('    at ')) description.stack = frames;
  for (const name of ['table', 'constraint', 'routine'] as const) {
    const value = text(fields[name]);
    if (isFromPostgres && value !== undefined) description[name] = value;
  }
  if (error.cause !== undefined && depth < 3) description.cause = describeError(error.cause, depth + 1);
  return description;
}
