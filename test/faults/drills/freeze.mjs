import { readFileSync } from 'node:fs';
import { SHORT_SESSION_SECONDS } from '../system.mjs';
import { pauseOf } from './pause.mjs';

/** A member silent for longer than its session loses its partitions to another, which then has them for a while. */
const LONGER_THAN_SESSION_MS = SHORT_SESSION_SECONDS * 1_000 + 3_000;
const LONG_SLEEP_MS = 60_000;

/**
 * F6: PostgreSQL stands still for a while, as a host does that swaps or is moved; or a service does, so long that its
 * sessions end, and wakes as if nothing had happened. What it then writes must be refused or be right.
 */
export const f6 = {
  id: 'F6',
  title: 'SIGSTOP of PostgreSQL, and of a projector until it has lost its lease',
  targets: ['I5', 'I6', 'I7', 'I8', 'I12'],
  counts: { quick: 5, ci: 10, night: 200 },
  load: { rate: 60, most: 32 },
  async round({ system, random, recovered, notes, seed, isNight }) {
    await pauseOf(random.between(50, 300));
    if (seed % 10 === 0) {
      // A second instance of the service takes over while the first sleeps, and the first wakes beside it.
      const name = random.pick(['deadlines', 'statistics']);
      notes.zombie = name;
      const saidBefore = readFileSync(system.services[name].logFile, 'utf8').length;
      const wake = system.freeze(name);
      const other = await system.startSecond(name);
      try {
        await pauseOf(isNight ? LONG_SLEEP_MS : LONGER_THAN_SESSION_MS);
        wake();
        await pauseOf(1_500);
      } finally {
        wake();
        await other.stop();
      }
      const said = readFileSync(system.services[name].logFile, 'utf8').slice(saidBefore);
      notes.refusedWrites = said.split('a newer instance took over').length - 1;
      // Fenced for good, it says that it is not ready, and whoever watches over it starts it anew.
      if ((await system.untilReady(name, 3_000)) === Infinity) {
        notes.fenced = true;
        await system.kill(name);
        recovered(name, await system.start(name));
      }
      return;
    }
    // Short halts are frequent in life, long ones rare.
    const ms = 100 * (isNight ? 200 : 70) ** random.next();
    notes.frozenMs = Math.round(ms);
    const wake = system.freezePostgres();
    await pauseOf(ms);
    wake();
    recovered('everything', await system.untilReady());
    await pauseOf(200);
  },
  conclude(rounds) {
    const woken = rounds.filter(({ zombie }) => zombie);
    const tried = woken.filter(({ refusedWrites, fenced }) => refusedWrites > 0 || fenced);
    return {
      measured: `${woken.length} woken after their lease, ${tried.length} of them tried to write and were refused`,
      violations: [],
    };
  },
};
