import { pauseOf } from './pause.mjs';

/** Which services come to a place: those with a log relay, all with read models consume. */
const PLACES = [
  ['relay:after-read', ['intake', 'prosecution']],
  ['relay:after-produce', ['intake', 'prosecution']],
  ['relay:after-checkpoint', ['intake', 'prosecution']],
  ['delivery:before-handle', ['intake', 'prosecution', 'deadlines', 'statistics']],
  ['delivery:after-handle', ['intake', 'prosecution', 'deadlines', 'statistics']],
  ['delivery:after-checkpoint', ['intake', 'prosecution', 'deadlines', 'statistics']],
  ['delivery:after-commit', ['intake', 'prosecution', 'deadlines', 'statistics']],
  ['append:after-commit', ['intake', 'prosecution']],
];
const ARRIVES_WITHIN_MS = 10_000;
const DEATHS = 3;
/** Of matters that are imported while nobody relays: five events each, together some batches of a relay. */
const BACKLOG_MATTERS = 300;
const BACKLOG_PLACE = 'relay:after-produce';

/**
 * F2: services end themselves with -9 between an effect and the note that it happened, at each of the eight named
 * places in turn; every ninth round at a random point instead. A relay that dies with full batches on their way has
 * a backlog before it: another instance seems to lead and sends nothing, while matters are imported.
 */
export const f2 = {
  id: 'F2',
  title: 'kill -9 of relay and projector between effect and checkpoint, at eight named places and at random',
  targets: ['I5', 'I6', 'I7'],
  counts: { quick: 27, ci: 27, night: 500 },
  load: { rate: 120, most: 48 },
  /** Three services die in a round: each death counts. */
  perRound: DEATHS,
  async round({ system, client, random, recovered, violated, died, notes, seed }) {
    // Seeds of rounds are three apart: rounds in a row go through all places.
    const place = PLACES[Math.floor(seed / 3) % (PLACES.length + 1)];
    notes.place = place?.[0] ?? 'at random';
    const victims = random.shuffled(place?.[1] ?? ['intake', 'prosecution', 'deadlines', 'statistics']).slice(0, 3);
    // Where only two come to the place one of them dies twice.
    while (victims.length < 3) victims.push(victims[0]);
    const hasBacklog = place?.[0] === BACKLOG_PLACE;
    const [first, second, third] = hasBacklog ? ['intake', 'prosecution', 'intake'] : victims;
    const die = async (name, times = random.whole(1, 12), armed = () => undefined) => {
      await pauseOf(random.between(20, 400));
      if (place) {
        system.armCrash(name, place[0], times);
        await armed();
        if (!(await system.untilGone(name, ARRIVES_WITHIN_MS)))
          violated('I7', `${name} did not come to ${place[0]}`, name);
      }
      // Also ends what did not come there: the round goes on.
      await system.kill(name);
      died(name);
      recovered(name, await system.start(name));
    };
    const letGo = hasBacklog ? system.holdRelay(third) : undefined;
    await Promise.all([die(first), die(second)]);
    // A command may meet one death, not one after another: its 15 s are for one.
    await client.rest();
    client.start(f2.load);
    if (letGo) {
      await system.importMatters(client, BACKLOG_MATTERS);
      await die(third, random.whole(1, 3), await letGo);
    } else await die(third);
  },
  conclude(rounds) {
    const most = rounds
      .map(({ mostAfterDeath }) => mostAfterDeath)
      .reduce((one, other) => (other.bytes > one.bytes ? other : one));
    return {
      measured:
        `at most ${most.events} events (${Math.round(most.bytes / 1_000)} kB) came to the bus twice after one death, ` +
        'one batch of 900 kB allowed',
      violations: [],
    };
  },
};
