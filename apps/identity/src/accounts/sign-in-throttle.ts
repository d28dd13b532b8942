import { createHmac } from 'node:crypto';
import type { Pool } from 'pg';

/** Attempts before an account is locked for a while. */
const FREE_ATTEMPTS = 10;
const FIRST_LOCK_SECONDS = 30;
const LONGEST_LOCK_SECONDS = 900;
/** Failures older than this are forgotten. */
const FORGET_AFTER_SECONDS = 3_600;

/**
 * Slows down guessing, per account and across processes. An attempt counts as failed before it is judged, so that
 * many at once do not slip through; success forgets them all.
 */
export class SignInThrottle {
  constructor(
    private readonly pool: Pool,
    private readonly key: Buffer,
    private readonly clock: { now(): Date },
  ) {}

  private digest(accountId: string): string {
    return createHmac('sha256', this.key).update(accountId.toLowerCase()).digest('base64url');
  }

  /**
   * Take one attempt.
   * @returns null when it may be judged, otherwise the seconds to wait
   */
  async attempt(accountId: string): Promise<number | null> {
    const digest = this.digest(accountId);
    const now = this.clock.now();
    const taken = await this.pool.query(
      `INSERT INTO identity.sign_in_attempts AS known (account_digest, failures, last_at) VALUES ($1, 1, $2)
       ON CONFLICT (account_digest) DO UPDATE SET
         failures = CASE WHEN known.last_at < $2::timestamptz - make_interval(secs => $3) THEN 1 ELSE known.failures + 1 END,
         locked_until = CASE WHEN known.last_at >= $2::timestamptz - make_interval(secs => $3) AND known.failures + 1 >= $4
           THEN $2::timestamptz + make_interval(secs => least($6, $5 * power(2, least(known.failures + 1 - $4, 20))))
           END,
         last_at = $2
       WHERE known.locked_until IS NULL OR known.locked_until <= $2
       RETURNING failures`,
      [digest, now, FORGET_AFTER_SECONDS, FREE_ATTEMPTS, FIRST_LOCK_SECONDS, LONGEST_LOCK_SECONDS],
    );
    if ((taken.rowCount ?? 0) > 0) return null;
    const { rows } = await this.pool.query<{ lockedUntil: Date | null }>(
      `SELECT locked_until AS "lockedUntil" FROM identity.sign_in_attempts WHERE account_digest = $1`,
      [digest],
    );
    const until = rows[0]?.lockedUntil?.getTime() ?? now.getTime();
    return Math.max(1, Math.ceil((until - now.getTime()) / 1000));
  }

  /** The attempt was right: start again from none. */
  async succeeded(accountId: string): Promise<void> {
    await this.pool.query(`DELETE FROM identity.sign_in_attempts WHERE account_digest = $1`, [this.digest(accountId)]);
  }
}
