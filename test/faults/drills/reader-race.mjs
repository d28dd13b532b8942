import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../../scripts/support/project.mjs';

const SPEC = 'libs/event-store/src/reader-race.int.spec.ts';
const LAST_WORDS = 4_000;

/** One race: writers, aborts and readers on a PostgreSQL of its own; the two known-wrong cursors must lose it. */
async function race() {
  const child = spawn(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--no-warnings',
      join(ROOT, 'node_modules/jest/bin/jest.js'),
      '--config=jest.config.mjs',
      '--runInBand',
      SPEC,
    ],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      said = (said + chunk.toString('utf8')).slice(-LAST_WORDS);
    });
  }
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said };
}

/** F11: the race of architecture.md section 3, again and again for as long as was asked. */
export const f11 = {
  id: 'F11',
  title: 'race between writers and readers of a log; two wrong cursors must lose it',
  targets: ['I7'],
  /** Rounds of the time; each is as many races as fit into it. */
  counts: { quick: 1, ci: 1, night: 1 },
  async alone({ log, minutes, isNight }) {
    const end = performance.now() + (minutes ?? (isNight ? 60 : 1)) * 60_000;
    const violations = [];
    const totals = { events: 0, tuple: 0, gp: 0, gated: 0 };
    let races = 0;
    do {
      const { code, said } = await race();
      races += 1;
      const told = /reader race: .*/.exec(said)?.[0];
      const counted = /(\d+) events.*tuple (\d+), gp (\d+), gated gp (\d+)/.exec(told ?? '');
      Object.keys(totals).forEach((name, index) => (totals[name] += Number(counted?.[index + 1] ?? 0)));
      if (told) log(`F11 race ${races}: ${told.replace('reader race: ', '')}`);
      if (code !== 0) violations.push({ invariant: 'I7', what: said.trim(), where: SPEC });
    } while (performance.now() < end && violations.length === 0);
    const { events, tuple, gp, gated } = totals;
    const measured =
      `${races} races over ${events} events: the cursor skipped ${tuple}; ` +
      `the wrong ones, by identity alone and behind the gate, skipped ${gp} and ${gated}`;
    return { violations, counts: { races }, measured };
  },
};
