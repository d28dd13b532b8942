import { randomUUID } from 'node:crypto';
import { migrate } from '@app/event-store';
import type { DeliveredEvent } from '@app/messaging';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Pool } from 'pg';
import { testDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import {
  accessLog,
  asSystem,
  contentPlace,
  inScope,
  recordAccess,
  revealInformant,
  scopePolicySql,
  securityMigrations,
  storeInformants,
  TipKeyring,
  UnitTree,
  unitTreeConsumer,
  unitTreeMigrations,
  vaultMigrations,
} from './index.js';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await testDatabase({ max: 6 });
  pool = database.pool;
});
afterAll(() => database.drop());

let delivered = 0;
const unitEvent = (code: string, parentCode: string | null, version = 1, more: object = {}): DeliveredEvent =>
  ({
    id: randomUUID(),
    topic: 'intake.units',
    stream: `unit-${code}`,
    version,
    type: version === 1 ? 'UnitRegistered' : 'UnitChanged',
    eventVersion: 1,
    data: {
      code,
      parentCode,
      kind: 'police',
      level: 'commune',
      nameVi: `Công an ${code}`,
      nameEn: `Police ${code}`,
      communeCode: null,
      remote: false,
      from: '2025-07-01',
      to: null,
      ...more,
    },
    position: { xid: '1', gp: String((delivered += 1)) },
  }) as unknown as DeliveredEvent;

describe('migrations', () => {
  it('of several services may run at the same time, also the first time on a server', async () => {
    const databases = await Promise.all([testDatabase(), testDatabase()]);
    try {
      await Promise.all(
        databases.flatMap((one) =>
          ['intake', 'deadlines', 'statistics'].map((schema) =>
            migrate(one.pool, schema, [...securityMigrations(schema), ...unitTreeMigrations(schema)]),
          ),
        ),
      );
      const again = await migrate(databases[0]!.pool, 'intake', [
        ...securityMigrations('intake'),
        ...unitTreeMigrations('intake'),
      ]);
      expect(again).toEqual([]);
    } finally {
      await Promise.all(databases.map((one) => one.drop()));
    }
  });
});

describe('the unit scope', () => {
  beforeAll(async () => {
    await migrate(pool, 'desk', [
      ...securityMigrations('desk'),
      ...unitTreeMigrations('desk'),
      {
        id: 'tips',
        sql: `CREATE TABLE desk.tips (id int PRIMARY KEY, unit_code text NOT NULL, supervised_by text);
              ${scopePolicySql('desk', 'tips', ['unit_code', 'supervised_by'])}`,
      },
    ]);
    await asSystem(pool, async (tx) => {
      const units = [
        unitEvent('PC', null),
        unitEvent('PC-80', 'PC'),
        unitEvent('PC-80-1', 'PC-80'),
        unitEvent('PC-81', 'PC'),
        unitEvent('VKS-80', null),
      ];
      await unitTreeConsumer('desk').handle(units, tx);
      await tx.query(`INSERT INTO desk.tips VALUES
        (1, 'PC-80-1', 'VKS-80'), (2, 'PC-80', 'VKS-80'), (3, 'PC-81', 'VKS-81'), (4, 'PC-80-9', NULL)`);
    });
  });

  const visible = (units: string[]) =>
    inScope(pool, { units }, async (tx) => {
      const { rows } = await tx.query<{ id: number }>('SELECT id FROM desk.tips ORDER BY id');
      return rows.map(({ id }) => id);
    });

  it('shows only rows of the subtree, by any of the columns', async () => {
    expect(await visible(['PC-80-1'])).toEqual([1]);
    expect(await visible(['PC-80'])).toEqual([1, 2]);
    expect(await visible(['VKS-80'])).toEqual([1, 2]);
    expect(await visible(['PC-80-1', 'PC-81'])).toEqual([1, 3]);
    expect(await visible(['PC'])).toEqual([1, 2, 3]);
    expect(await visible(['*'])).toEqual([1, 2, 3, 4]);
    expect(await visible(['PC-99'])).toEqual([]);
    expect(await visible([])).toEqual([]);
  });

  it('does not leak into the next user of a pooled connection', async () => {
    const scopes = [['PC-80-1'], ['*'], [], ['PC-81'], ['PC-80']];
    const expected = [[1], [1, 2, 3, 4], [], [3], [1, 2]];
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => visible(scopes[i % scopes.length]!)));
    answers.forEach((answer, i) => expect(answer).toEqual(expected[i % expected.length]));
    const { rows } = await pool.query<{ units: string | null; role: string }>(
      `SELECT current_setting('app.units', true) AS units, current_user AS role`,
    );
    expect(rows[0]!.units ?? '').toBe('');
    expect(rows[0]!.role).not.toBe('tinbao_app');
  });

  it('is left also when the work fails', async () => {
    await expect(inScope(pool, { units: ['*'] }, (tx) => tx.query('SELECT 1/0'))).rejects.toThrow('division by zero');
    expect(await visible([])).toEqual([]);
  });

  it('lets a scoped reader neither write nor reach tables it was not given', async () => {
    await expect(inScope(pool, { units: ['*'] }, (tx) => tx.query('DELETE FROM desk.tips'))).rejects.toThrow();
    await expect(inScope(pool, { units: ['*'] }, (tx) => tx.query('SELECT * FROM desk.migrations'))).rejects.toThrow(
      'permission denied',
    );
  });

  it('holds for the owner of the tables too, when it is not a superuser', async () => {
    await pool.query(
      `DO $$ BEGIN CREATE ROLE tinbao_owner_test NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
    );
    await pool.query(
      'GRANT USAGE ON SCHEMA desk TO tinbao_owner_test; ALTER TABLE desk.tips OWNER TO tinbao_owner_test',
    );
    await pool.query('GRANT SELECT ON desk.unit_closure TO tinbao_owner_test');
    const client = await pool.connect();
    try {
      await client.query('SET ROLE tinbao_owner_test');
      expect((await client.query('SELECT * FROM desk.tips')).rowCount).toBe(0);
    } finally {
      client.release(true);
    }
  });
});

describe('the unit tree', () => {
  const tree = () => new UnitTree(pool, 'desk2');
  const closure = async (code: string) => {
    const { rows } = await pool.query<{ ancestor: string }>(
      'SELECT ancestor FROM desk2.unit_closure WHERE code = $1 ORDER BY ancestor',
      [code],
    );
    return rows.map(({ ancestor }) => ancestor);
  };
  const consume = (...events: DeliveredEvent[]) => asSystem(pool, (tx) => unitTreeConsumer('desk2').handle(events, tx));

  beforeAll(() => migrate(pool, 'desk2', [...securityMigrations('desk2'), ...unitTreeMigrations('desk2')]));

  it('takes children before their parents', async () => {
    await consume(unitEvent('A-1-1', 'A-1'), unitEvent('A-1-2', 'A-1'));
    expect(await closure('A-1-1')).toEqual(['A-1', 'A-1-1']);
    await consume(unitEvent('A-1', 'A'));
    await consume(unitEvent('A', null), unitEvent('B', null));
    expect(await closure('A-1-1')).toEqual(['A', 'A-1', 'A-1-1']);
  });

  it('changes nothing when a batch comes twice', async () => {
    const reader = tree();
    const before = await reader.current();
    await consume(unitEvent('A-1', 'A'), unitEvent('A', null));
    expect(await closure('A-1-1')).toEqual(['A', 'A-1', 'A-1-1']);
    expect((await reader.current()).size).toBe(before.size);
  });

  it('is known at once to readers of this process when it has changed', async () => {
    const reader = tree();
    expect(await reader.isWithin('A-1-1', ['B'])).toBe(false);
    await consume(unitEvent('A-1', 'B', 2, { nameVi: 'Chuyển' }));
    expect(await reader.isWithin('A-1-1', ['B'])).toBe(true);
    expect(await reader.get('A-1')).toMatchObject({
      parentCode: 'B',
      nameVi: 'Chuyển',
      validFrom: '2025-07-01',
      validTo: null,
    });
    expect(await closure('A-1-2')).toEqual(['A-1', 'A-1-2', 'B']);
  });

  it('is not changed by a transaction that is rolled back', async () => {
    const reader = tree();
    await reader.current();
    await expect(
      asSystem(pool, async (tx) => {
        await unitTreeConsumer('desk2').handle([unitEvent('C', null)], tx);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await reader.get('C')).toBeUndefined();
    await consume(unitEvent('C', null));
    expect(await reader.get('C')).toBeDefined();
  });

  it('survives units that are each other’s parent', async () => {
    await consume(unitEvent('L-1', 'L-2'), unitEvent('L-2', 'L-1'));
    expect(await closure('L-1')).toEqual(['L-1', 'L-2']);
  });

  it('says who has the right to a unit outside the scope', async () => {
    const caller = { id: 'x', name: 'x', roles: [], units: ['A'], role: 'leader', unit: 'A' };
    await expect(tree().requireWithin(caller, 'tip.read', 'B')).rejects.toMatchObject({
      status: 403,
      code: 'UnitOutsideScope',
      facts: { rightHolders: ['B'] },
    });
    await tree().requireWithin(caller, 'tip.read', 'B', 'A');
  });

  it('takes a whole country in good time', async () => {
    const all = [unitEvent('N', null)];
    for (let p = 1; p <= 34; p += 1) {
      all.push(unitEvent(`N-${p}`, 'N'));
      for (let c = 1; c <= 90; c += 1) all.push(unitEvent(`N-${p}-${c}`, `N-${p}`));
    }
    const started = performance.now();
    for (let i = 0; i < all.length; i += 500) await consume(...all.slice(i, i + 500));
    expect(performance.now() - started).toBeLessThan(8_000);
    expect((await tree().list(['N-7'])).length).toBe(91);
    expect(await closure('N-7-3')).toEqual(['N', 'N-7', 'N-7-3']);
  });
});

describe('the vault', () => {
  const masterKey = Buffer.alloc(32, 3);
  const keyring = new TipKeyring(masterKey);
  const reader = { id: 'giunguon', role: 'custodian', unit: 'PC-80' };
  const at = new Date('2026-01-05T01:00:00Z');
  const informant = { name: 'Trần Thị Bí Mật', phone: '0912345678' };

  beforeAll(() => migrate(pool, 'vault', vaultMigrations()));

  const everything = async () => {
    const tables = ['keys', 'informants', 'access_log', 'master_key_check'];
    const dumps = await Promise.all(tables.map((table) => pool.query(`SELECT t::text FROM vault.${table} t`)));
    return dumps.flatMap(({ rows }) => rows.map((row: { t: string }) => row.t)).join('\n');
  };

  it('keeps keys wrapped and gives them back by tip', async () => {
    const keys = keyring.newKeys(500).map((key) => ({ tipId: randomUUID(), key }));
    await keyring.storeKeys(pool, keys);
    const found = await keyring.keysOf(pool, [...keys.map(({ tipId }) => tipId), randomUUID()]);
    expect(found.size).toBe(500);
    for (const { tipId, key } of keys) expect(found.get(tipId)).toEqual(key);
    expect(await everything()).not.toContain(keys[0]!.key.toString('hex'));
    await expect(keyring.storeKeys(pool, keys.slice(0, 1))).rejects.toMatchObject({ code: '23505' });
  });

  it('makes a missing key once, whoever asks', async () => {
    const tipIds = [randomUUID(), randomUUID()];
    const [first, second] = await Promise.all([keyring.ensureKeys(pool, tipIds), keyring.ensureKeys(pool, tipIds)]);
    expect(first.get(tipIds[0]!)).toEqual(second.get(tipIds[0]!));
    expect((await keyring.ensureKeys(pool, [...tipIds, randomUUID()])).get(tipIds[1]!)).toEqual(first.get(tipIds[1]!));
  });

  it('holds no informant in clear and reveals one only together with a record of it', async () => {
    const tipId = randomUUID();
    const key = keyring.newKey();
    await keyring.storeKeys(pool, [{ tipId, key }]);
    await storeInformants(pool, [{ tipId, key, informant }]);
    const dump = await everything();
    expect(dump).not.toContain('Bí Mật');
    expect(dump).not.toContain('0912345678');
    const revealed = await asSystem(pool, (tx) =>
      revealInformant(tx, keyring, reader, { tipId, reason: 'xác minh', at }),
    );
    expect(revealed).toEqual(informant);
    expect(await accessLog(pool, { limit: 10, tipId })).toEqual([
      {
        id: expect.any(Number),
        at: '2026-01-05T01:00:00.000Z',
        actorId: 'giunguon',
        role: 'custodian',
        unit: 'PC-80',
        tipId,
        what: 'informant.reveal',
        reason: 'xác minh',
      },
    ]);
  });

  it('answers nothing for a tip whose informant is not known, and still records the asking', async () => {
    const tipId = randomUUID();
    await keyring.ensureKeys(pool, [tipId]);
    expect(await revealInformant(pool, keyring, reader, { tipId, reason: 'r', at })).toBeNull();
    expect(await accessLog(pool, { limit: 10, tipId })).toHaveLength(1);
  });

  it('can never read again what an erased key sealed', async () => {
    const tipId = randomUUID();
    const key = keyring.newKey();
    await keyring.storeKeys(pool, [{ tipId, key }]);
    await storeInformants(pool, [{ tipId, key, informant }]);
    const sealed = keyring.sealText(key, 'nội dung', contentPlace(tipId));
    expect(keyring.openText(await keyring.keyOf(pool, tipId), sealed, contentPlace(tipId))).toBe('nội dung');
    expect(await asSystem(pool, (tx) => keyring.eraseKey(tx, tipId, at))).toBe(true);
    expect(await keyring.eraseKey(pool, tipId, at)).toBe(false);
    await expect(keyring.keyOf(pool, tipId)).rejects.toMatchObject({ code: 'KeyErased' });
    expect((await keyring.ensureKeys(pool, [tipId])).has(tipId)).toBe(false);
    await expect(revealInformant(pool, keyring, reader, { tipId, reason: 'r', at })).rejects.toMatchObject({
      code: 'KeyErased',
    });
    expect((await pool.query('SELECT 1 FROM vault.informants WHERE tip_id = $1', [tipId])).rowCount).toBe(0);
  });

  it('only adds to the access log', async () => {
    await recordAccess(pool, reader, { at, tipId: randomUUID(), what: 'informant.reveal.refused', reason: null });
    for (const sql of [
      'UPDATE vault.access_log SET role = $$x$$',
      'DELETE FROM vault.access_log',
      'TRUNCATE vault.access_log',
    ]) {
      await expect(pool.query(sql)).rejects.toThrow('only added to');
    }
    const [newest, ...older] = await accessLog(pool, { limit: 5 });
    expect(await accessLog(pool, { limit: older.length, before: newest!.id })).toEqual(older);
    expect(await accessLog(pool, { limit: 5, actorId: 'nobody' })).toEqual([]);
  });

  it('is closed to scoped readers', async () => {
    await migrate(pool, 'desk3', securityMigrations('desk3'));
    await expect(inScope(pool, { units: ['*'] }, (tx) => tx.query('SELECT * FROM vault.keys'))).rejects.toThrow(
      'permission denied',
    );
  });

  it('does not open with another master key, and says so at start', async () => {
    await keyring.checkMasterKey(pool);
    await keyring.checkMasterKey(pool);
    const other = new TipKeyring(Buffer.alloc(32, 4));
    await expect(other.checkMasterKey(pool)).rejects.toMatchObject({ code: 'MasterKeyUnusable' });
    const tipId = randomUUID();
    await keyring.ensureKeys(pool, [tipId]);
    await expect(other.keyOf(pool, tipId)).rejects.toMatchObject({ code: 'SealBroken' });
  });
});
