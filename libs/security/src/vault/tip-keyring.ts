import { randomBytes } from 'node:crypto';
import { asSystem } from '../scope/in-scope.js';
import type { Pool, PoolClient } from 'pg';
import { MasterKeyUnusable } from './master-key.js';
import { KEY_BYTES, open, openText, seal, SealBroken, sealText } from './sealed-box.js';

/** The part of a pool or a transaction that reads need. */
export type Queryable = Pick<PoolClient, 'query'>;

/** A tip's key was destroyed, or it never had one. */
export class KeyErased extends Error {
  readonly code = 'KeyErased';
  constructor(readonly tipId: string) {
    super('the key of this tip is erased; what it sealed can no longer be read');
    this.name = 'KeyErased';
  }
}

const CHECK_TEXT = 'tinbao master key';
const CHECK_PLACE = 'vault.master_key_check';
const keyPlace = (tipId: string): string => `vault.keys:${tipId.toLowerCase()}`;

/** Place of a tip's free text, so that it opens only as that tip's. */
export const contentPlace = (tipId: string): string => `tip.content:${tipId.toLowerCase()}`;

export interface TipKey {
  tipId: string;
  key: Buffer;
}

/** Keys of tips: one each, kept wrapped by the master key; the plain key lives in memory only. */
export class TipKeyring {
  /** @param masterKey 32 bytes, see `loadMasterKey` */
  constructor(private readonly masterKey: Buffer) {
    if (masterKey.length !== KEY_BYTES) throw new MasterKeyUnusable(`a master key has ${KEY_BYTES} bytes`);
  }

  /**
   * Compare the master key with the one this database was sealed with (the first one wins).
   * @throws MasterKeyUnusable when it is another
   */
  async checkMasterKey(pool: Pool): Promise<void> {
    await asSystem(pool, async (tx) => {
      await tx.query(`INSERT INTO vault.master_key_check (sealed) VALUES ($1) ON CONFLICT DO NOTHING`, [
        seal(this.masterKey, Buffer.from(CHECK_TEXT), CHECK_PLACE),
      ]);
      const { rows } = await tx.query<{ sealed: Buffer }>(`SELECT sealed FROM vault.master_key_check`);
      try {
        open(this.masterKey, rows[0]!.sealed, CHECK_PLACE);
      } catch (error) {
        if (!(error instanceof SealBroken)) throw error;
        throw new MasterKeyUnusable('the master key is not the one that this database was sealed with');
      }
    });
  }

  /** `n` fresh keys, one random read for all. */
  newKeys(n: number): Buffer[] {
    const bytes = randomBytes(n * KEY_BYTES);
    return Array.from({ length: n }, (_, i) => Buffer.from(bytes.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)));
  }

  newKey(): Buffer {
    return randomBytes(KEY_BYTES);
  }

  /** Keep new keys, in one statement. A tip that has a key is a fault (unique violation). */
  async storeKeys(tx: Queryable, keys: readonly TipKey[]): Promise<void> {
    await this.insert(tx, keys, '');
  }

  /**
   * The keys of these tips, made now for those that have none: the same however often it is asked, so an import
   * that was cut off can go on. Erased tips are absent from the answer.
   */
  async ensureKeys(tx: Queryable, tipIds: readonly string[]): Promise<Map<string, Buffer>> {
    const known = await this.keysOf(tx, tipIds);
    const missing = [...new Set(tipIds)].filter((tipId) => !known.has(tipId));
    if (missing.length === 0) return known;
    const fresh = this.newKeys(missing.length);
    await this.insert(
      tx,
      missing.map((tipId, i) => ({ tipId, key: fresh[i]! })),
      'ON CONFLICT (tip_id) DO NOTHING',
    );
    for (const [tipId, key] of await this.keysOf(tx, missing)) known.set(tipId, key);
    return known;
  }

  private async insert(tx: Queryable, keys: readonly TipKey[], onConflict: string): Promise<void> {
    if (keys.length === 0) return;
    await tx.query(
      `INSERT INTO vault.keys (tip_id, wrapped_key)
       SELECT * FROM unnest($1::uuid[], $2::bytea[]) ${onConflict}`,
      [keys.map(({ tipId }) => tipId), keys.map((one) => this.wrapped(one))],
    );
  }

  /** A key as it is kept: sealed with the master key, for this tip alone. */
  wrapped({ tipId, key }: TipKey): Buffer {
    return seal(this.masterKey, key, keyPlace(tipId));
  }

  /** Keys of these tips; erased or unknown ones are absent. */
  async keysOf(tx: Queryable, tipIds: readonly string[]): Promise<Map<string, Buffer>> {
    if (tipIds.length === 0) return new Map();
    // The answer is by the caller's own spelling of the id.
    const spelling = new Map(tipIds.map((tipId) => [tipId.toLowerCase(), tipId]));
    const { rows } = await tx.query<{ tip_id: string; wrapped_key: Buffer }>(
      `SELECT tip_id, wrapped_key FROM vault.keys WHERE tip_id = ANY ($1::uuid[]) AND wrapped_key IS NOT NULL`,
      [tipIds],
    );
    return new Map(
      rows.map(({ tip_id: tipId, wrapped_key: wrapped }) => [
        spelling.get(tipId)!,
        open(this.masterKey, wrapped, keyPlace(tipId)),
      ]),
    );
  }

  /** Key of one tip. @throws KeyErased */
  async keyOf(tx: Queryable, tipId: string): Promise<Buffer> {
    const key = (await this.keysOf(tx, [tipId])).get(tipId);
    if (!key) throw new KeyErased(tipId);
    return key;
  }

  /**
   * Destroy a tip's key and the informant's record: what the key sealed, in events and copies too, is unreadable
   * from then on. A backup of the vault still holds the wrapped key until it is itself destroyed.
   * @param at moment of erasing
   * @returns whether there was a key
   */
  async eraseKey(tx: Queryable, tipId: string, at: Date): Promise<boolean> {
    await tx.query(`DELETE FROM vault.informants WHERE tip_id = $1`, [tipId]);
    const { rowCount } = await tx.query(
      `UPDATE vault.keys SET wrapped_key = NULL, erased_at = $2 WHERE tip_id = $1 AND wrapped_key IS NOT NULL`,
      [tipId, at],
    );
    return (rowCount ?? 0) > 0;
  }

  sealText(key: Buffer, text: string, aad: string): string {
    return sealText(key, text, aad);
  }

  /** @throws SealBroken */
  openText(key: Buffer, sealed: string, aad: string): string {
    return openText(key, sealed, aad);
  }
}
