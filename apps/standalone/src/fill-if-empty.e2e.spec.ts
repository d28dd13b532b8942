import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startSystem } from '../../../test/support/system.js';
import type { TestSystem } from '../../../test/support/system.js';
import { fillIfEmpty } from './fill-if-empty.js';

let system: TestSystem;
let drawn = '';
const screen = {
  write: (text: string): void => {
    drawn += text;
  },
};

beforeAll(async () => {
  system = await startSystem();
  await fillIfEmpty(system.host, { tips: 400, screen });
}, 120_000);

afterAll(async () => {
  await system?.stop();
});

const items = async (client: string, path: string): Promise<Record<string, unknown>[]> => {
  const { status, body } = await system.call(client, 'GET', path);
  expect({ path, status }).toEqual({ path, status: 200 });
  return (body as { items: Record<string, unknown>[] }).items;
};

describe('the demonstration province in a new system', () => {
  it('came by the import, whole, with a progress bar', async () => {
    expect(drawn).toMatch(/ 0 %.*\n[^]*100 % /);
    const [cases, registers] = await items('operator', '/api/imports');
    expect(registers?.['files']).toMatchObject([
      { name: 'units.csv', kind: 'units', rejected: 0 },
      { name: 'tips.csv', kind: 'tips', rejected: 0 },
    ]);
    expect(cases?.['files']).toMatchObject([{ name: 'cases.csv', kind: 'cases', rejected: 0 }]);
    const { dataDir } = system.host.contexts.get('intake')!.settings;
    const left = join(dataDir, 'imports', 'demonstration');
    expect(existsSync(left) ? readdirSync(left) : []).toEqual([]);
  });

  it('leaves work on each desk', async () => {
    const atTheDesk = await items('desk', '/api/tips?unit=PC-80-25459&limit=200&status=received');
    expect(atTheDesk.length).toBeGreaterThanOrEqual(4);
    expect((await items('desk', '/api/tips?unacknowledged=true')).length).toBeGreaterThanOrEqual(2);
    expect((await items('investigator', '/api/tips?overdue=true&limit=200')).length).toBeGreaterThanOrEqual(7);
    const requests = await items('prosecutor', '/api/extension-requests?state=requested');
    expect(requests.length).toBeGreaterThanOrEqual(5);
    expect(requests.length).toBeLessThan(15);
    expect((await items('prosecutor', '/api/cases?limit=50')).length).toBe(50);
  });

  it('is filled once', async () => {
    const before = await system.host.contexts.get('intake')!.store.head();
    await fillIfEmpty(system.host, { tips: 400, screen });
    expect(await system.host.contexts.get('intake')!.store.head()).toEqual(before);
  });
});
