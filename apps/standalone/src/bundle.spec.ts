import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openBundle } from './bundle.js';

const script = (body: string): string =>
  `(function (exports, require, module, __filename, __dirname, __address) { ${body}\n})\n`;

describe('a bundle', () => {
  let root: string;
  let folder: string;
  const dist = (): URL => pathToFileURL(`${root}/dist/`);

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tinbao gói '));
    folder = join(root, 'dist/bundle/abc');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(root, 'node_modules'));
    writeFileSync(join(root, 'dist/.build.json'), '{"stamps":{}}');
    writeFileSync(join(root, 'node_modules/.package-lock.json'), '{}');
    writeFileSync(
      join(folder, 'program.cjs'),
      script(`
        const path = require('node:path');
        exports.value = require('./part.cjs').twice(21);
        exports.place = path.basename(__address('data/list.csv').filename);
        exports.url = __address('data/list.csv').url;`),
    );
    writeFileSync(join(folder, 'part.cjs'), script('exports.twice = (n) => n * 2;'));
    manifest();
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const manifest = (more: Record<string, string> = {}): void => {
    const server = createHash('sha256')
      .update(readFileSync(join(root, 'dist/.build.json')))
      .digest('hex')
      .slice(0, 16);
    const { mtimeMs, size } = statSync(join(root, 'node_modules/.package-lock.json'));
    const packages = `${Math.round(mtimeMs)} ${size}`;
    writeFileSync(join(root, 'dist/bundle.json'), JSON.stringify({ id: 'abc', server, packages, ...more }));
  };
  const load = () => openBundle(dist())?.load('program.cjs') as { value: number; place: string; url: string };

  it('runs its scripts, which find each other, Node’s modules and files of the project', () => {
    expect(load()).toEqual({ value: 42, place: 'list.csv', url: pathToFileURL(`${root}/data/list.csv`).href });
  });

  it.each([
    ['no bundle was made', () => rmSync(join(root, 'dist/bundle.json'))],
    ['half a manifest was written', () => writeFileSync(join(root, 'dist/bundle.json'), '{"id":"ab')],
    ['the server was compiled anew', () => writeFileSync(join(root, 'dist/.build.json'), '{"stamps":{"a":"1 2"}}')],
    ['packages changed', () => writeFileSync(join(root, 'node_modules/.package-lock.json'), '{"packages":{}}')],
    ['packages are gone', () => rmSync(join(root, 'node_modules'), { recursive: true })],
  ])('is left alone when %s', (_, change) => {
    change();
    expect(openBundle(dist())).toBeUndefined();
  });

  it('keeps what V8 compiled, and takes it at the next start', () => {
    const first = openBundle(dist());
    first?.load('program.cjs');
    first?.keepCode();
    const kept = ['program.cjs.code', 'part.cjs.code'].map((name) => join(folder, name));
    expect(kept.filter((path) => existsSync(path))).toEqual(kept);
    const second = openBundle(dist());
    expect((second?.load('program.cjs') as { value: number }).value).toBe(42);
    for (const path of kept) rmSync(path);
    // Taken code is not written again; without it, it would be.
    second?.keepCode();
    expect(kept.filter((path) => existsSync(path))).toEqual([]);
  });

  it.each([
    ['damaged', (bytes: Buffer) => bytes.fill(0x41, 200, 260)],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 100)],
    ['empty', (bytes: Buffer) => bytes.subarray(0, 0)],
  ])('does without kept code that is %s, and keeps it anew', (_, spoil) => {
    const first = openBundle(dist());
    first?.load('program.cjs');
    first?.keepCode();
    const path = join(folder, 'program.cjs.code');
    const whole = readFileSync(path);
    const spoilt = spoil(Buffer.from(whole));
    writeFileSync(path, spoilt);
    const second = openBundle(dist());
    expect((second?.load('program.cjs') as { value: number }).value).toBe(42);
    second?.keepCode();
    expect(readFileSync(path).equals(spoilt)).toBe(false);
  });
});
