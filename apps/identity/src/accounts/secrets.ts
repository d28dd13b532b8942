import { hash, verify } from '@node-rs/argon2';

// OWASP's recommendation for argon2id: 19 MiB, two passes, one lane; about 20 ms. Argon2id is the package's default.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hash of nothing anybody knows: verified against for accounts that do not exist, so that both take the same time. */
let decoy: Promise<string> | undefined;

/** argon2id hash of a password or client secret. */
export function hashSecret(secret: string): Promise<string> {
  return hash(secret, COST);
}

/** Whether a secret is the one hashed; takes the same time when there is no hash. */
export async function isSecret(secret: string, stored: string | undefined): Promise<boolean> {
  decoy ??= hashSecret(crypto.randomUUID());
  const isMatch = await verify(stored ?? (await decoy), secret);
  return stored !== undefined && isMatch;
}
