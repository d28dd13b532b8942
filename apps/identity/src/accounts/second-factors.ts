import { randomBytes } from 'node:crypto';
import { openText, sealText } from '@app/security';
import type { Pool } from 'pg';
import { base32, matchedStep } from './totp.js';

const SECRET_BYTES = 20;
const place = (accountId: string): string => `identity.second_factors:${accountId}`;

/** Codes of an authenticator application as second factor. */
export class SecondFactors {
  constructor(
    private readonly pool: Pool,
    private readonly key: Buffer,
    private readonly clock: { now(): Date },
  ) {}

  /**
   * Begin: a new secret that counts only once a code of it was given. A confirmed factor stays until it is removed.
   * @returns null when the account has a confirmed one
   */
  async begin(accountId: string): Promise<{ secret: string; uri: string } | null> {
    const bytes = randomBytes(SECRET_BYTES);
    const { rowCount } = await this.pool.query(
      `INSERT INTO identity.second_factors AS known (account_id, sealed_secret) VALUES ($1, $2)
       ON CONFLICT (account_id) DO UPDATE SET sealed_secret = excluded.sealed_secret, last_step = 0
       WHERE known.confirmed_at IS NULL`,
      [accountId, sealText(this.key, bytes.toString('base64'), place(accountId))],
    );
    if (rowCount === 0) return null;
    const secret = base32(bytes);
    const label = encodeURIComponent(`Tin Báo:${accountId}`);
    return { secret, uri: `otpauth://totp/${label}?secret=${secret}&issuer=${encodeURIComponent('Tin Báo')}` };
  }

  /** Whether sign-in asks this account for a code. */
  async isRequired(accountId: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(
      `SELECT 1 FROM identity.second_factors WHERE account_id = $1 AND confirmed_at IS NOT NULL`,
      [accountId],
    );
    return (rowCount ?? 0) > 0;
  }

  /** Take a code: right and not used before. The first one confirms the factor. */
  async accept(accountId: string, code: string): Promise<boolean> {
    const { rows } = await this.pool.query<{ sealed: string; lastStep: number }>(
      `SELECT sealed_secret AS sealed, last_step::int AS "lastStep" FROM identity.second_factors WHERE account_id = $1`,
      [accountId],
    );
    const factor = rows[0];
    if (!factor) return false;
    const secret = Buffer.from(openText(this.key, factor.sealed, place(accountId)), 'base64');
    const now = this.clock.now();
    const step = matchedStep(secret, code, now, factor.lastStep);
    if (step === null) return false;
    // Of two requests with the same code only one moves the step.
    const { rowCount } = await this.pool.query(
      `UPDATE identity.second_factors SET last_step = $2, confirmed_at = coalesce(confirmed_at, $3)
       WHERE account_id = $1 AND last_step < $2`,
      [accountId, step, now],
    );
    return rowCount === 1;
  }

  /** @returns whether there was one */
  async remove(accountId: string): Promise<boolean> {
    const { rowCount } = await this.pool.query(`DELETE FROM identity.second_factors WHERE account_id = $1`, [
      accountId,
    ]);
    return (rowCount ?? 0) > 0;
  }
}
