import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { migrate } from '@app/event-store';
import { accessLog, TipKeyring, VAULT_SCHEMA, vaultMigrations } from '@app/security';
import type { NewConfidential } from '@app/security';
import { testDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { VaultWriter } from './vault-writer.js';

const reader = { id: 'canbo', role: 'intake_officer', unit: 'PC-80-25459' };

describe('the writer of the vault', () => {
  let database: TestDatabase;
  let statements: number;
  const keyring = new TipKeyring(randomBytes(32));

  beforeAll(async () => {
    database = await testDatabase({ max: 4 });
    await migrate(database.pool, VAULT_SCHEMA, vaultMigrations());
  });
  afterAll(() => database.drop());
  beforeEach(() => {
    statements = 0;
  });

  const newTip = (): NewConfidential => ({
    tipId: randomUUID(),
    key: keyring.newKey(),
    informant: { name: 'Nguyễn Văn An' },
    reader,
    at: new Date('2026-11-21T08:00:00+07:00'),
  });

  /** A writer on the real database whose statements are counted. */
  const writer = () => {
    const query = (...args: Parameters<typeof database.pool.query>) => {
      statements += 1;
      return database.pool.query(...args);
    };
    return new VaultWriter({ pool: { ...database.pool, query } as never }, keyring);
  };

  it('lets tips that arrive together share a statement, and keeps each whole', async () => {
    const tips = Array.from({ length: 50 }, newTip);
    const own = writer();
    await Promise.all(tips.map((tip) => own.keep(tip)));
    // The first went alone, the other forty-nine while it was under way.
    expect(statements).toBe(2);
    const ids = tips.map(({ tipId }) => tipId);
    const keys = await keyring.keysOf(database.pool, ids);
    for (const { tipId, key } of tips) expect(keys.get(tipId)?.equals(key)).toBe(true);
    const { rows } = await database.pool.query('SELECT tip_id FROM vault.informants WHERE tip_id = ANY ($1)', [ids]);
    expect(rows).toHaveLength(50);
  });

  it('records that the text was shown to who brought it', async () => {
    const tip = newTip();
    await writer().keep(tip);
    expect(await accessLog(database.pool, { limit: 10, tipId: tip.tipId })).toMatchObject([
      { actorId: 'canbo', role: 'intake_officer', unit: 'PC-80-25459', what: 'content.read', reason: null },
    ]);
  });

  it('lets one bad tip fail alone', async () => {
    const known = newTip();
    const own = writer();
    await own.keep(known);
    const tips = [newTip(), newTip(), { ...newTip(), tipId: known.tipId }, newTip()];
    const outcomes = await Promise.allSettled(tips.map((tip) => own.keep(tip)));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[2]).toMatchObject({ reason: { code: '23505' } });
    const kept = await keyring.keysOf(
      database.pool,
      tips.map(({ tipId }) => tipId),
    );
    expect(kept.size).toBe(4);
    // The key that was there before is still the first one's.
    expect(kept.get(known.tipId)?.equals(known.key)).toBe(true);
  });

  it('goes on after a failure', async () => {
    const own = writer();
    const again = newTip();
    await own.keep(again);
    await expect(own.keep(again)).rejects.toMatchObject({ code: '23505' });
    await expect(own.keep(newTip())).resolves.toBeUndefined();
  });
});
