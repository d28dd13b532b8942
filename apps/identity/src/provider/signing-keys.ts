import { randomUUID } from 'node:crypto';
import { inTransaction } from '@app/event-store';
import { MasterKeyUnusable, openText, SealBroken, sealText } from '@app/security';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Pool } from 'pg';

const ALGORITHM = 'RS256';
const place = (kid: string): string => `identity.signing_keys:${kid}`;

/**
 * The issuer's signing keys, newest first; the first is made once, whoever starts first.
 * RSA because every client verifies it and verifying, done by all services at each request, is what it is fast at.
 * @throws MasterKeyUnusable when they were sealed with another master key
 */
export async function signingKeys(pool: Pool, masterKey: Buffer, at: Date): Promise<JWK[]> {
  return inTransaction(pool, async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('identity.signing_keys'))`);
    const read = async () => {
      const { rows } = await tx.query<{ kid: string; sealed: string }>(
        `SELECT kid, sealed_jwk AS sealed FROM identity.signing_keys ORDER BY created_at DESC, kid`,
      );
      return rows;
    };
    let rows = await read();
    if (rows.length === 0) {
      const kid = randomUUID();
      const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
      const jwk = { ...(await exportJWK(privateKey)), kid, alg: ALGORITHM, use: 'sig' };
      await tx.query(`INSERT INTO identity.signing_keys (kid, sealed_jwk, created_at) VALUES ($1, $2, $3)`, [
        kid,
        sealText(masterKey, JSON.stringify(jwk), place(kid)),
        at,
      ]);
      rows = await read();
    }
    return rows.map(({ kid, sealed }) => {
      try {
        return JSON.parse(openText(masterKey, sealed, place(kid))) as JWK;
      } catch (error) {
        if (!(error instanceof SealBroken)) throw error;
        throw new MasterKeyUnusable("the issuer's signing keys were sealed with another master key");
      }
    });
  });
}
