/** What identity reads from the environment itself; everything else comes with the service context. */
export interface IdentityConfig {
  /** `NODE_ENV=production`: evaluation accounts are not allowed to exist. */
  isProduction: boolean;
  /** The operator made at the first start outside evaluation: `TINBAO_FIRST_OPERATOR=<account>:<password>`. */
  firstOperator: { id: string; password: string } | null;
}

/** @throws RangeError when `TINBAO_FIRST_OPERATOR` is not `<account>:<password>` */
export function readIdentityConfig(env: NodeJS.ProcessEnv = process.env): IdentityConfig {
  const given = env['TINBAO_FIRST_OPERATOR'];
  const match = /^([^:]+):(.+)$/s.exec(given ?? '');
  if (given !== undefined && given !== '' && !match)
    throw new RangeError('TINBAO_FIRST_OPERATOR must be <account>:<password>');
  return {
    isProduction: env['NODE_ENV'] === 'production',
    firstOperator: match ? { id: match[1]!, password: match[2]! } : null,
  };
}
