/** What the environment may say instead of an option. */
export interface CliConfig {
  /** `ID:SECRET` of a machine client. */
  client: string | undefined;
}

export function readCliConfig(): CliConfig {
  return { client: process.env['TINBAO_CLIENT'] || undefined };
}
