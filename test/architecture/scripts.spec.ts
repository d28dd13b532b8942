import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, jest } from '@jest/globals';
import { ROOT } from './cruise.js';
// @ts-expect-error -- scripts are plain JavaScript: they run before anything is built
import { rewriteAliases } from '../../scripts/build.mjs';
// @ts-expect-error -- as above
import { inAscii } from '../../scripts/support/bundle.mjs';
// @ts-expect-error -- as above
import { printSummary, runSteps, taskStep } from '../../scripts/support/steps.mjs';

describe('the build', () => {
  const rewrite = rewriteAliases as (code: string, file: string) => string;

  it.each([
    ["import { a } from '@app/domain';", "import { a } from '../../../libs/domain/src/index.js';"],
    ['export * from "@app/http";', 'export * from "../../../libs/http/src/index.js";'],
    ["await import('@app/event-store')", "await import('../../../libs/event-store/src/index.js')"],
    ["import '@app/contracts';", "import '../../../libs/contracts/src/index.js';"],
    ["import x from '@app/domain/inner';", "import x from '@app/domain/inner';"],
    ["import x from '@apple/domain';", "import x from '@apple/domain';"],
  ])('turns %s into a path that plain Node finds', (code, expected) => {
    expect(rewrite(code, 'apps/intake/src/main.ts')).toBe(expected);
  });
});

describe('the bundle', () => {
  const ascii = inAscii as (code: string) => string;

  it.each([
    ['"Điều tra viên"', 'Điều tra viên'],
    ['`giữ\\thồ sơ`', 'giữ\thồ sơ'],
    ['"\\é and \\\\é"', 'é and \\é'],
    ['/^[à-ỹ–]+$/i.test("hồ–sơ".replaceAll("s", "á"))', false],
    ['/^[à-ỹ–]+$/.test("ồ–á")', true],
    ['/^.$/u.test("𝄞") && /\\–/.test("–")', true],
    ['({ "khóa": 1, số: 2 }).số', 2],
    ['// ghi chú\n7', 7],
  ])('says %s without a letter outside ASCII', (code, value) => {
    const written = ascii(code);
    expect(written).toMatch(/^[\0-\x7f]*$/);
    expect(runInNewContext(written)).toEqual(value);
    expect(runInNewContext(code)).toEqual(value);
  });
});

describe('npm test', () => {
  const outcomes = async (steps: unknown[]): Promise<{ lines: string[]; code: number }> => {
    const lines: string[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
    try {
      const code = (printSummary as (all: unknown, notices: string[]) => number)(await runSteps(steps), ['NOT RUN: X']);
      return { lines: lines.join('\n').split('\n'), code };
    } finally {
      log.mockRestore();
    }
  };
  const passing = taskStep('passes', () => Promise.resolve()) as unknown;
  const failing = taskStep('fails', () => Promise.reject(new Error('the reason'))) as unknown;

  it('ends with the count alone on the last line', async () => {
    const { lines, code } = await outcomes([passing, passing]);
    expect(lines.at(-1)).toBe('2 passed, 0 failed');
    expect(code).toBe(0);
  });

  it('says why something failed, counts it and ends with 1', async () => {
    const { lines, code } = await outcomes([passing, failing]);
    expect(lines.at(-1)).toBe('1 passed, 1 failed');
    expect(lines.join('\n')).toContain('the reason');
    expect(lines.join('\n')).toContain('NOT RUN: X');
    expect(code).toBe(1);
  });
});

describe('npm start', () => {
  it.each([
    [['--port', 'x'], 'is not a port'],
    [['--port', '70000'], 'is not a port'],
    [['--colour'], '--colour'],
  ])('explains a misused option: %s', (args, words) => {
    const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/start.mjs'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, NODE_OPTIONS: '' },
    });
    expect(status).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).toContain('Usage: npm start');
  });
});
