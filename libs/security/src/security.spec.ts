import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Permission } from '@app/http';
import { describe, expect, it } from '@jest/globals';
import {
  callerUnder,
  loadMasterKey,
  openText,
  Permit,
  scopePolicySql,
  scopeSetting,
  sealText,
  supervisorOf,
  type Unit,
  UnitSnapshot,
  verbsOf,
} from './index.js';

const key = Buffer.alloc(32, 7);

describe('sealed text', () => {
  it('opens with its key in its place', () => {
    const sealed = sealText(key, 'Nguyễn Văn A, 0912 345 678', 'tip.content:1');
    expect(sealed).not.toContain('0912');
    expect(openText(key, sealed, 'tip.content:1')).toBe('Nguyễn Văn A, 0912 345 678');
    expect(openText(key, sealText(key, '', 'x'), 'x')).toBe('');
  });
  it('differs each time the same text is sealed', () => {
    expect(sealText(key, 'a', 'p')).not.toBe(sealText(key, 'a', 'p'));
    // Twelve bytes after the first: with one key a nonce must never come twice, also where a new stock of them begins.
    const nonceOf = () =>
      Buffer.from(sealText(key, 'a', 'p'), 'base64url')
        .subarray(1, 13)
        .toString('hex');
    expect(new Set(Array.from({ length: 2_000 }, nonceOf)).size).toBe(2_000);
  });
  it('does not open with another key, in another place, or when changed or cut', () => {
    const sealed = sealText(key, 'secret', 'tip.content:1');
    const bytes = Buffer.from(sealed, 'base64url');
    const broken = [
      () => openText(Buffer.alloc(32, 8), sealed, 'tip.content:1'),
      () => openText(key, sealed, 'tip.content:2'),
      () => openText(key, '', 'tip.content:1'),
      () => openText(key, bytes.subarray(0, bytes.length - 1).toString('base64url'), 'tip.content:1'),
      ...Array.from({ length: bytes.length }, (_, i) => () => {
        const changed = Buffer.from(bytes);
        changed[i]! ^= 1;
        return openText(key, changed.toString('base64url'), 'tip.content:1');
      }),
    ];
    for (const attempt of broken) expect(attempt).toThrow(expect.objectContaining({ code: 'SealBroken' }));
  });
});

describe('the master key', () => {
  it('is made once, for its owner only, and is the same for all who start together', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'khóa chính '));
    try {
      const dataDir = path.join(folder, 'data');
      const keys = await Promise.all(Array.from({ length: 8 }, () => loadMasterKey(dataDir)));
      expect(new Set(keys.map((one) => one.toString('hex'))).size).toBe(1);
      expect(keys[0]).toHaveLength(32);
      expect((await stat(path.join(dataDir, 'master.key'))).mode & 0o777).toBe(0o600);
      expect(await loadMasterKey(dataDir, key.toString('base64'))).toEqual(key);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
  it('is refused when it does not have 32 bytes', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'khóa '));
    try {
      await writeFile(path.join(folder, 'master.key'), 'short');
      await expect(loadMasterKey(folder)).rejects.toMatchObject({ code: 'MasterKeyUnusable' });
      await expect(loadMasterKey(folder, 'abc')).rejects.toMatchObject({ code: 'MasterKeyUnusable' });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a permission', () => {
  const bearer = { id: 'canbo', name: 'Cán bộ', roles: ['intake_officer'], units: ['PC-80-25459'] };
  const receive: Permission = { verb: 'tip.receive', roles: ['custodian', 'intake_officer'], scope: 'unit' };

  it('makes the caller act in the role that has the right, for the first unit of the scope', () => {
    expect(callerUnder(receive, bearer)).toEqual({ ...bearer, role: 'intake_officer', unit: 'PC-80-25459' });
  });
  it('is refused to other roles, naming who has it', () => {
    expect(() => callerUnder({ ...receive, roles: ['prosecutor'] }, bearer)).toThrow(
      expect.objectContaining({
        status: 403,
        code: 'RoleLacksPermission',
        vi: 'Việc này dành cho: kiểm sát viên.',
        facts: { verb: 'tip.receive', rightHolders: ['prosecutor'] },
      }),
    );
  });
  it('over all units is refused to a narrower scope', () => {
    const all: Permission = { ...receive, scope: 'all' };
    expect(() => callerUnder(all, bearer)).toThrow(expect.objectContaining({ code: 'ScopeTooNarrow' }));
    expect(callerUnder(all, { ...bearer, units: ['*'] })).toMatchObject({ unit: '*' });
  });
  it('within units is refused to somebody without any', () => {
    expect(() => callerUnder(receive, { ...bearer, units: [] })).toThrow(
      expect.objectContaining({ code: 'ScopeEmpty' }),
    );
    expect(callerUnder({ ...receive, scope: 'none' }, { ...bearer, units: [] })).toMatchObject({ unit: '' });
  });
  it('has one list of roles, wherever it is declared', () => {
    Permit({ verb: 'test.read', roles: ['auditor', 'operator'], scope: 'all' });
    Permit({ verb: 'test.read', roles: ['operator', 'auditor'], scope: 'all' });
    expect(() => Permit({ verb: 'test.read', roles: ['operator'], scope: 'all' })).toThrow(RangeError);
    expect(() => Permit({ verb: 'test.none', roles: [], scope: 'all' })).toThrow(RangeError);
    expect(verbsOf(['auditor'])).toContain('test.read');
    expect(verbsOf(['leader'])).not.toContain('test.read');
  });
});

describe('a scope', () => {
  it('becomes the list of its roots; the star swallows the others', () => {
    expect(scopeSetting({ units: ['PC-80', 'VKS-80'] })).toBe('PC-80,VKS-80');
    expect(scopeSetting({ units: ['PC-80', '*'] })).toBe('*');
    expect(scopeSetting({ units: [] })).toBe('');
  });
  it('takes nothing that is not a unit code', () => {
    for (const unit of ['', `x'; DROP`, 'PC-80,*', 'pc-80'])
      expect(() => scopeSetting({ units: [unit] })).toThrow(RangeError);
  });
  it('is forced on a table by the columns that name units', () => {
    const sql = scopePolicySql('intake', 'tip_list', ['unit_code', 'received_by']);
    expect(sql).toContain('FORCE ROW LEVEL SECURITY');
    expect(sql).toContain('"received_by" IN (SELECT code FROM "intake".unit_closure');
    expect(() => scopePolicySql('intake', 'tip_list', [])).toThrow(RangeError);
    expect(() => scopePolicySql('intake', 'tip_list; --', ['a'])).toThrow(RangeError);
  });
});

describe('the unit tree', () => {
  const unit = (code: string, parentCode: string | null): Unit => ({
    code,
    parentCode,
    kind: 'police',
    level: 'commune',
    nameVi: code,
    nameEn: code,
    communeCode: null,
    remote: false,
    validFrom: null,
    validTo: null,
  });
  const tree = new UnitSnapshot([
    unit('PC', null),
    unit('PC-80', 'PC'),
    unit('PC-80-25459', 'PC-80'),
    unit('X-1', 'X-2'),
    unit('X-2', 'X-1'),
  ]);

  it('holds a unit within itself and each of its ancestors', () => {
    expect(tree.isWithin('PC-80-25459', ['PC-80-25459'])).toBe(true);
    expect(tree.isWithin('PC-80-25459', ['VKS-80', 'PC'])).toBe(true);
    expect(tree.isWithin('PC-80', ['PC-80-25459'])).toBe(false);
    expect(tree.isWithin('unknown', ['PC'])).toBe(false);
    expect(tree.isWithin('unknown', ['*'])).toBe(true);
    expect(tree.isWithin('PC', [])).toBe(false);
  });
  it('ends on units that are each other’s parent', () => {
    expect(tree.isWithin('X-1', ['PC'])).toBe(false);
  });
  it('lists a subtree in order', () => {
    expect(tree.list(['PC-80']).map(({ code }) => code)).toEqual(['PC-80', 'PC-80-25459']);
  });
  it('finds the supervising procuracy by the province', () => {
    expect(supervisorOf('PC-80-25459')).toBe('VKS-80');
    expect(supervisorOf('BP-80-3')).toBe('VKS-80');
    expect(supervisorOf('VKS-80')).toBe('VKS-80');
    expect(supervisorOf('PC')).toBe('VKS');
  });
});
