import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { declaredPermissions } from '@app/security';
import '../../apps/deadlines/src/deadlines.service-definition.js';
import '../../apps/identity/src/identity.service-definition.js';
import '../../apps/intake/src/intake.service-definition.js';
import '../../apps/prosecution/src/prosecution.service-definition.js';
import '../../apps/statistics/src/statistics.service-definition.js';
import '@app/service';
import { ROOT } from './cruise.js';

const FILE = join(ROOT, 'apps/identity/src/accounts/permission-catalogue.ts');

/** The list as it stands in the file, one permission a line. */
function written(): string {
  const lines = declaredPermissions().map(({ verb, roles, scope }) => {
    const names = [...roles].sort().map((role) => `'${role}'`);
    return `  { verb: '${verb}', roles: [${names.join(', ')}], scope: '${scope}' },`;
  });
  return `export const PERMISSIONS: readonly Permission[] = [\n${lines.join('\n')}\n];\n`;
}

describe('the catalogue of permissions', () => {
  it('is what the use cases declare; WRITE_PERMISSIONS=1 writes it anew', () => {
    const source = readFileSync(FILE, 'utf8');
    const head = source.slice(0, source.indexOf('// prettier-ignore'));
    const expected = `${head}// prettier-ignore\n${written()}`;
    if (process.env['WRITE_PERMISSIONS'] === '1') writeFileSync(FILE, expected);
    else expect(source).toBe(expected);
  });
});
