import { pauseOf } from './pause.mjs';

/** F1: a service that takes commands is killed with -9 at a random point, and started again. */
export const f1 = {
  id: 'F1',
  title: 'kill -9 of the API at a random point under load',
  targets: ['I1', 'I2', 'I3', 'I4', 'I5'],
  counts: { quick: 8, ci: 20, night: 500 },
  load: { rate: 200, most: 48 },
  /** Two services die in the same round of load: each death counts. */
  perRound: 2,
  async round({ system, random, recovered, died }) {
    const die = async (name, afterMs) => {
      await pauseOf(afterMs);
      await system.kill(name);
      died(name);
      recovered(name, await system.start(name));
    };
    // Sometimes one after the other, sometimes the one while the other is starting.
    await Promise.all([die('intake', random.between(50, 1_500)), die('prosecution', random.between(50, 1_500))]);
  },
};
