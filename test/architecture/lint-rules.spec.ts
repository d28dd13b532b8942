import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './cruise.js';

/** A text, the file it stands in, and what the linter must say of it; null where it must stay silent. */
const CASES: [file: string, text: string, says: RegExp | null][] = [
  ['apps/intake/src/a.ts', 'export const now = new Date();\n', /clock\.ts/],
  ['apps/intake/src/a.ts', 'export const now = Date.now();\n', /clock\.ts/],
  ['libs/http/src/a.ts', 'export const now = Date();\n', /clock\.ts/],
  ['apps/intake/src/config.ts', 'export const now = Date.now();\n', /clock\.ts/],
  ['libs/event-store/src/clock.ts', 'export const now = () => new Date();\n', null],
  ['apps/intake/src/a.ts', "export const day = new Date('2026-01-05');\n", null],
  ['apps/intake/src/a.ts', "export const port = process.env['PORT'];\n", /config\.ts/],
  ['libs/http/src/a.ts', 'export const { PORT } = process.env;\n', /config\.ts/],
  ['apps/intake/src/config.ts', "export const port = process.env['PORT'];\n", null],
  ['apps/intake/src/a.spec.ts', "it.only('a', () => undefined);\n", /A test runs or is removed/],
  ['test/journeys/a.e2e.spec.ts', "describe.skip('a', () => undefined);\n", /A test runs or is removed/],
  ['apps/web/src/a.spec.ts', "xit('a', () => undefined);\n", /A test runs or is removed/],
  ['apps/intake/src/a.ts', "console.log('a');\n", /no-console/],
  ['apps/web/src/a.tsx', "console.log('a');\n", /no-console/],
  ['apps/cli/src/a.ts', "console.log('a');\n", null],
  ['apps/intake/src/a.ts', 'export const a = (x: unknown) => x as any;\n', /no-explicit-any/],
  ['apps/intake/src/a.ts', 'export const a = (x: Promise<void>) => x.catch(() => {});\n', /swallow/],
  ['apps/intake/src/a.ts', 'try {\n  JSON.parse("");\n} catch {}\n', /no-empty/],
  ['apps/intake/src/a.ts', '// @ts-ignore\nexport const a = 1;\n', /ban-ts-comment/],
];

describe('the linter', () => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'lint-texts.mjs')], {
    cwd: ROOT,
    input: JSON.stringify(CASES),
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });

  it('answers', () => {
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toHaveLength(CASES.length);
  });

  it.each(CASES.map(([file, text, says], index) => ({ file, text: text.trim(), says, index })))(
    'in $file, of $text, says $says',
    ({ says, index }) => {
      const answers = (JSON.parse(stdout) as string[][])[index] ?? [];
      if (says) expect(answers.join('\n')).toMatch(says);
      else expect(answers).toEqual([]);
    },
  );
});
