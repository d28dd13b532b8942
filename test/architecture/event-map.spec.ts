import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from './cruise.js';

const run = promisify(execFile);

describe('docs/event-map.md', () => {
  it('is what the code says', async () => {
    const { stderr } = await run(process.execPath, [join(ROOT, 'scripts/event-map.mjs'), '--check'], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: '' },
    }).catch((error: { stderr: string }) => error);
    expect(stderr).toBe('');
  }, 60_000);
});
