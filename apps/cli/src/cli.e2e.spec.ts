import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { writeCsv } from '../../standalone/src/demonstration/csv.js';
import { TIP_COLUMNS } from '../../standalone/src/demonstration/tip-story.js';
import { THANG_BINH, thangBinhTips, thangBinhUnits } from '../../../test/support/registers/thang-binh.js';
import { UNIT_COLUMNS } from '../../../test/support/registers/units.js';
import { startSystem } from '../../../test/support/system.js';
import type { TestSystem } from '../../../test/support/system.js';
import { run } from './main.js';

let system: TestSystem;
let out = '';
const folder = mkdtempSync(join(tmpdir(), 'tinbao-cli-'));
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  system = await startSystem();
  await writeCsv(path('units.csv'), UNIT_COLUMNS, thangBinhUnits());
  await writeCsv(path('tips.csv'), TIP_COLUMNS, thangBinhTips());
}, 60_000);

afterAll(async () => {
  await system?.stop();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  out = '';
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});

afterEach(() => {
  jest.restoreAllMocks();
});

const as = (client: string, ...argv: string[]): Promise<number> =>
  run([...argv, '--server', system.url, '--client', `${client}:${client}-demo`, '--json']);

describe('a register from file to rate, by the command line alone', () => {
  it('knows that the system is ready', async () => {
    expect(await as('operator', 'status')).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ live: true, ready: true });
  });

  it('judges a file without writing in a dry run', async () => {
    expect(await as('operator', 'import', path('units.csv'), path('tips.csv'), '--dry-run')).toBe(0);
    const { files } = JSON.parse(out) as { files: { name: string; accepted: number }[] };
    expect(files.map(({ name, accepted }) => [name, accepted])).toEqual([
      ['units.csv', 5],
      ['tips.csv', 611],
    ]);
  });

  it('imports the register of Thăng Bình, 2019–2023', async () => {
    expect(await as('operator', 'import', path('tips.csv'), path('units.csv'))).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      state: 'done',
      files: [
        { name: 'tips.csv', kind: 'tips', rows: 611, accepted: 611, unchanged: 0, rejected: 0, unknownColumns: [] },
        { name: 'units.csv', kind: 'units', rows: 5, accepted: 5, unchanged: 0, rejected: 0, unknownColumns: [] },
      ],
      rejects: [],
      rejectsUrl: null,
    });
  });

  it('changes nothing the second time', async () => {
    expect(await as('operator', 'import', path('tips.csv'))).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ files: [{ accepted: 0, unchanged: 611, rejected: 0 }] });
  });

  it('shows 56.53 % initiated of 605 to resolve, as published', async () => {
    expect(await system.host.settled(30_000)).toBe(true);
    const { from, to, unitCode } = THANG_BINH;
    // The leader of the evaluation leads another province; the operator sees every unit's figures.
    expect(await as('operator', 'indicators', '--from', from, '--to', to, '--unit', unitCode)).toBe(0);
    const { indicators } = JSON.parse(out) as { indicators: { id: string }[] };
    expect(indicators.find(({ id }) => id === 'R2i')).toMatchObject({
      numerator: THANG_BINH.initiated,
      denominator: THANG_BINH.toResolve,
      value: THANG_BINH.initiatedRate,
    });
  });

  it('writes the refused rows with their reasons to a file, and says so by its exit code', async () => {
    const text = readFileSync(path('tips.csv'), 'utf8').split('\r\n');
    writeFileSync(path('bad.csv'), [text[0], text[1]?.replace(/,(denunciation|report),/, ',rumour,'), ''].join('\r\n'));
    expect(await as('operator', 'import', path('bad.csv'), '--rejects', path('rejects.csv'))).toBe(1);
    expect(readFileSync(path('rejects.csv'), 'utf8')).toContain('bad.csv,2,kind,NotInList,');
  });

  it('is not for other roles', async () => {
    expect(await as('desk', 'import', path('units.csv'))).toBe(1);
    expect(await run(['indicators', '--server', system.url, '--client', 'operator:wrong'])).toBe(1);
  });
});
