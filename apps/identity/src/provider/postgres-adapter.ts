import { createHmac } from 'node:crypto';
import { open, seal, SealBroken } from '@app/security';
import type { AdapterRecord } from 'oidc-provider';
import type { Pool } from 'pg';
import type { Accounts } from '../accounts/accounts.js';

const digestOf = (key: Buffer, kind: 'id' | 'uid' | 'grant', model: string, value: string): string =>
  createHmac('sha256', key).update(`${kind}:${model}:${value}`).digest('base64url');

/**
 * Storage of one of the provider's models. Ids (they are the tokens themselves) are kept as keyed digests and contents
 * sealed, so a copy of the database is not worth a session. Machine clients come from their own table.
 */
export class PostgresAdapter {
  constructor(
    private readonly model: string,
    private readonly pool: Pool,
    private readonly key: Buffer,
    private readonly machines: Accounts,
  ) {}

  private digest(kind: 'id' | 'uid' | 'grant', value: string): string {
    // Grants are looked up by the id that the tokens made from them carry.
    return digestOf(this.key, kind, kind === 'grant' ? 'Grant' : this.model, value);
  }

  private place(digest: string): string {
    return `identity.oidc_records:${this.model}:${digest}`;
  }

  async upsert(id: string, payload: AdapterRecord, expiresInSeconds?: number): Promise<void> {
    const digest = this.digest('id', id);
    const grantId = payload['grantId'];
    const uid = payload['uid'];
    await this.pool.query(
      `INSERT INTO identity.oidc_records (model, id_digest, sealed, grant_digest, uid_digest, expires_at)
       VALUES ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
       ON CONFLICT (model, id_digest) DO UPDATE SET sealed = excluded.sealed, grant_digest = excluded.grant_digest,
         uid_digest = excluded.uid_digest, expires_at = excluded.expires_at`,
      [
        this.model,
        digest,
        seal(this.key, Buffer.from(JSON.stringify(payload)), this.place(digest)),
        typeof grantId === 'string' ? this.digest('grant', grantId) : null,
        typeof uid === 'string' ? this.digest('uid', uid) : null,
        expiresInSeconds ?? null,
      ],
    );
  }

  async find(id: string): Promise<AdapterRecord | undefined> {
    if (this.model === 'Client') return this.machineClient(id);
    return this.read('id_digest', this.digest('id', id));
  }

  findByUid(uid: string): Promise<AdapterRecord | undefined> {
    return this.read('uid_digest', this.digest('uid', uid));
  }

  /** Device flow is off; nothing has a user code. */
  findByUserCode(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  private async read(column: 'id_digest' | 'uid_digest', digest: string): Promise<AdapterRecord | undefined> {
    const { rows } = await this.pool.query<{ id: string; sealed: Buffer; consumed: number | null }>(
      `SELECT id_digest AS id, sealed, consumed_at AS consumed FROM identity.oidc_records
       WHERE model = $1 AND ${column} = $2 AND (expires_at IS NULL OR expires_at > now())`,
      [this.model, digest],
    );
    const row = rows[0];
    if (!row) return undefined;
    try {
      const payload = JSON.parse(open(this.key, row.sealed, this.place(row.id)).toString('utf8')) as AdapterRecord;
      return row.consumed === null ? payload : { ...payload, consumed: row.consumed };
    } catch (error) {
      // Sealed with another master key: whoever holds it signs in again.
      if (error instanceof SealBroken) return undefined;
      throw error;
    }
  }

  private async machineClient(id: string): Promise<AdapterRecord | undefined> {
    const [client, secretHash] = await Promise.all([this.machines.find(id), this.machines.secretHash(id)]);
    if (!client || secretHash === undefined) return undefined;
    return {
      client_id: client.id,
      client_name: client.name,
      // The provider wants a secret to be there; what is compared is in `compareClientSecret`.
      client_secret: secretHash,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    };
  }

  async consume(id: string): Promise<void> {
    await this.pool.query(
      `UPDATE identity.oidc_records SET consumed_at = extract(epoch FROM now())::bigint
       WHERE model = $1 AND id_digest = $2 AND consumed_at IS NULL`,
      [this.model, this.digest('id', id)],
    );
  }

  async destroy(id: string): Promise<void> {
    await this.pool.query(`DELETE FROM identity.oidc_records WHERE model = $1 AND id_digest = $2`, [
      this.model,
      this.digest('id', id),
    ]);
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.pool.query(`DELETE FROM identity.oidc_records WHERE grant_digest = $1`, [this.digest('grant', grantId)]);
  }
}

/** Which of these grants still stand: neither ended by a sign-out nor expired. One statement, however many are asked. */
export async function standingGrants(pool: Pool, key: Buffer, ids: readonly string[]): Promise<Set<string>> {
  const byDigest = new Map(ids.map((id) => [digestOf(key, 'id', 'Grant', id), id]));
  const { rows } = await pool.query<{ digest: string }>({
    name: 'identity-standing-grants',
    text: `SELECT id_digest AS digest FROM identity.oidc_records
      WHERE model = 'Grant' AND id_digest = ANY ($1::text[]) AND (expires_at IS NULL OR expires_at > now())`,
    values: [[...byDigest.keys()]],
  });
  return new Set(rows.map(({ digest }) => byDigest.get(digest)!));
}

/** Remove what has expired. */
export async function removeExpiredRecords(pool: Pool): Promise<void> {
  await pool.query(`DELETE FROM identity.oidc_records WHERE expires_at < now()`);
  await pool.query(`DELETE FROM identity.sign_in_attempts WHERE last_at < now() - interval '1 day'`);
}
