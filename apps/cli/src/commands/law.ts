import { randomUUID } from 'node:crypto';
import { RELEASED_LAW } from '@app/legal-time-limits';
import { printError } from '../outcome.js';
import { Server } from '../server.js';

/** Options of commands that calculate here by the released law, or on a server by the law published there. */
export interface ByLawOptions {
  server?: string | undefined;
  client?: string | undefined;
}

/**
 * Calculate on the server when one is given, else here, and say by which law: on the error output, so that what is printed
 * stays one document.
 *
 * @param path of the server's calculator
 * @param input as both calculators take it
 */
export async function byLaw<T>(
  { server, client }: ByLawOptions,
  path: string,
  input: object,
  here: () => T,
): Promise<T> {
  if (server !== undefined) {
    const answer = await new Server({ server, client }).post<T>(path, () => input, randomUUID());
    printError(`By the law as published on ${server}.`);
    return answer;
  }
  const answer = here();
  const { calendar, rules } = RELEASED_LAW;
  printError(
    `By the law as released with this program: calendar ${calendar.version}, rules ${rules.version}. What was published since is known to the server (--server).`,
  );
  return answer;
}
