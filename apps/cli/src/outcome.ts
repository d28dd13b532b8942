/** Exit codes of every command. */
export const DONE = 0;
export const REFUSED = 1;
export const MISUSED = 2;

/** The command was called wrongly: exit code 2 and what would be right. */
export class Misused extends Error {
  override readonly name = 'Misused';
}

/** The server, or the law, said no: exit code 1, with the reason as it was given. */
export class Refused extends Error {
  override readonly name = 'Refused';

  /** @param details what `--json` prints to the error output, for example a problem document */
  constructor(
    message: string,
    readonly details: unknown = undefined,
  ) {
    super(message);
  }
}

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

export function printError(text: string): void {
  process.stderr.write(text.endsWith('\n') ? text : `${text}\n`);
}
