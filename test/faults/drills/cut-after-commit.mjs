import { pauseOf } from './pause.mjs';

const CUT_WITHIN_MS = 10_000;

/**
 * F4: the connection that commits an append is reset, mostly after PostgreSQL was sent the commit and before its answer
 * came back, sometimes before it was sent. The service cannot know which.
 */
export const f4 = {
  id: 'F4',
  title: 'TCP cut just after COMMIT was sent',
  targets: ['I2', 'I4'],
  counts: { quick: 50, ci: 50, night: 2_000 },
  load: { rate: 80, most: 32 },
  /** Cuts in a round. */
  perRound: 25,
  async round({ system, random, recovered, violated, notes }) {
    notes.after = 0;
    notes.before = 0;
    for (let cut = 0; cut < 25; cut += 1) {
      const how = random.chance(0.8) ? 'after' : 'before';
      const done = system.proxy.cutNextCommit(how);
      const isLate = await Promise.race([done.then(() => false), pauseOf(CUT_WITHIN_MS).then(() => true)]);
      if (isLate) {
        system.proxy.disarm();
        violated('I13', 'no append came by to be cut: nothing is written any more', 'proxy');
        break;
      }
      notes[how] += 1;
      await pauseOf(random.between(0, 60));
    }
    recovered('everything', await system.untilReady());
  },
};
