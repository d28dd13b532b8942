import { readFileSync } from 'node:fs';
import { pauseOf } from './pause.mjs';

/** At night a service sleeps for as long as a host that is moved; the server has ended its sessions long before. */
const LONG_SLEEP_MS = 60_000;
const ARRIVES_WITHIN_MS = 10_000;
/** The dead member's session, a round of the group, and what a busy machine adds. */
const TAKEN_OVER_WITHIN_MS = 40_000;
const REFUSED_WITHIN_MS = 5_000;
/** An event of its own that it would have handled, under the load of the drill, and a look whether it may go on. */
const BACK_WITHIN_MS = 15_000;
const LOOK_EVERY_MS = 50;
/** Services that only read: their sleep keeps no desk waiting. */
const ZOMBIES = ['deadlines', 'statistics'];
/** Where a consumer has a write in hand. */
const PLACES = ['delivery:before-handle', 'delivery:after-handle'];

/**
 * F6: PostgreSQL stands still for a while, as a host does that swaps or is moved; or a service does, with a write in hand
 * and so long that another has taken over all that it reads, and wakes as if nothing had happened.
 */
export const f6 = {
  id: 'F6',
  title: 'SIGSTOP of PostgreSQL, and of a projector until it has lost its lease',
  targets: ['I5', 'I6', 'I7', 'I8', 'I12'],
  counts: { quick: 5, ci: 10, night: 200 },
  load: { rate: 60, most: 32 },
  async round(round) {
    const { random, seed } = round;
    await pauseOf(random.between(50, 300));
    await (seed % 5 === 0 ? wakeZombie(round) : freezePostgres(round));
  },
  conclude(rounds) {
    const woken = rounds.filter(({ zombie }) => zombie);
    const refused = woken.filter(({ refusedWrites }) => refusedWrites > 0);
    const longest = Math.max(0, ...woken.map(({ sleptMs }) => sleptMs ?? 0));
    return {
      measured:
        `${woken.length} woken with a write in hand after another had taken over, the longest after ${Math.round(longest / 1_000)} s; ` +
        `${refused.length} were refused`,
      violations: [],
    };
  },
};

async function freezePostgres({ system, random, recovered, notes, isNight }) {
  // Short halts are frequent in life, long ones rare.
  const ms = 100 * (isNight ? 200 : 70) ** random.next();
  notes.frozenMs = Math.round(ms);
  const wake = system.freezePostgres();
  await pauseOf(ms);
  wake();
  recovered('everything', await system.untilReady());
  await pauseOf(200);
}

/** A second instance of the service takes over while the first sleeps, and the first wakes beside it. */
async function wakeZombie({ system, random, recovered, violated, notes, seed, isNight }) {
  const name = ZOMBIES[Math.floor(seed / 5) % ZOMBIES.length];
  const place = random.pick(PLACES);
  notes.zombie = `${name} at ${place}`;
  const logBefore = readFileSync(system.services[name].logFile, 'utf8').length;
  const refusals = () =>
    readFileSync(system.services[name].logFile, 'utf8').slice(logBefore).split('a newer instance took over').length - 1;
  const wake = system.armSleep(name, place, random.whole(1, 6));
  let other;
  let takenOfOwn;
  try {
    if (!(await system.untilAsleep(name, ARRIVES_WITHIN_MS))) {
      violated('I7', `${name} did not come to ${place}`, name);
      return;
    }
    const asleepAt = performance.now();
    const held = await system.epochsOf(name, 'topics');
    other = await system.startSecond(name);
    const isTakenOver = async () => {
      const now = await system.epochsOf(name, 'topics');
      return [...held].every(([source, epoch]) => now.get(source) > epoch);
    };
    // Whatever the write in hand is of: somebody else reads it now.
    if (!(await until(isTakenOver, TAKEN_OVER_WITHIN_MS))) {
      violated('I13', `nobody took over from ${name} within ${TAKEN_OVER_WITHIN_MS} ms`, name);
    }
    takenOfOwn = await system.epochsOf(name, 'logs');
    if (isNight) await pauseOf(Math.max(0, LONG_SLEEP_MS - (performance.now() - asleepAt)));
    notes.sleptMs = Math.round(performance.now() - asleepAt);
    wake();
    await until(() => refusals() > 0, REFUSED_WITHIN_MS);
    notes.refusedWrites = refusals();
    if (notes.refusedWrites === 0) violated('I6', `${name} woke at ${place} and was not refused its write`, name);
  } finally {
    wake();
    await other?.stop();
  }
  // Topics its group gives back to it, its own log the other has let go. Where that does not help it says that it is not
  // ready, and whoever watches over it starts it anew.
  const isBack = async () => {
    const ofOwn = await system.epochsOf(name, 'logs');
    return [...takenOfOwn].every(([source, epoch]) => ofOwn.get(source) > epoch);
  };
  notes.back = await until(isBack, BACK_WITHIN_MS);
  if (!notes.back) violated('I13', `${name} did not go on reading its own log after the other had ended`, name);
  if ((await system.untilReady(name, 3_000)) === Infinity) {
    notes.fenced = true;
    await system.kill(name);
    recovered(name, await system.start(name));
  }
}

async function until(isSo, limitMs) {
  const end = performance.now() + limitMs;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() > end) return false;
    await pauseOf(LOOK_EVERY_MS);
  }
}
