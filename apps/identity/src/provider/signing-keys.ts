import { randomUUID } from 'node:crypto';
import { inTransaction } from '@app/event-store';
import { MasterKeyUnusable, openText, SealBroken, sealText } from '@app/security';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Pool } from 'pg';

const ALGORITHM = 'RS256';
const place = (kid: string): string => `identity.signing_keys:${kid}`;

interface SealedKey {
  kid: string;
  sealed: string;
}

async function storedKeys(db: Pick<Pool, 'query'>): Promise<SealedKey[]> {
  const { rows } = await db.query<SealedKey>(
    `SELECT kid, sealed_jwk AS sealed FROM identity.signing_keys ORDER BY created_at DESC, kid`,
  );
  return rows;
}

async function newKey(masterKey: Buffer): Promise<SealedKey> {
  const kid = randomUUID();
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid, alg: ALGORITHM, use: 'sig' };
  return { kid, sealed: sealText(masterKey, JSON.stringify(jwk), place(kid)) };
}

/**
 * The issuer's signing keys, newest first; the first is made once, whoever starts first.
 * RSA because every client verifies it and verifying, done by all services at each request, is what it is fast at.
 * @throws MasterKeyUnusable when they were sealed with another master key
 */
export async function signingKeys(pool: Pool, masterKey: Buffer, at: Date): Promise<JWK[]> {
  let keys = await storedKeys(pool);
  if (keys.length === 0) {
    // Made before the transaction: on a busy machine an RSA key takes longer than a transaction may stay idle.
    const { kid, sealed } = await newKey(masterKey);
    keys = await inTransaction(pool, async (tx) => {
      await tx.query(`LOCK TABLE identity.signing_keys IN SHARE ROW EXCLUSIVE MODE`);
      await tx.query(
        `INSERT INTO identity.signing_keys (kid, sealed_jwk, created_at)
         SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT 1 FROM identity.signing_keys)`,
        [kid, sealed, at],
      );
      return storedKeys(tx);
    });
  }
  return keys.map(({ kid, sealed }) => {
    try {
      return JSON.parse(openText(masterKey, sealed, place(kid))) as JWK;
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      throw new MasterKeyUnusable("the issuer's signing keys were sealed with another master key");
    }
  });
}
