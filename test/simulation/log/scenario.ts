import { PostgresLog, releaseParked, type RunningConsumer } from '@app/messaging';
import { createDelivery, deliveryStatements } from '../postgres/delivery.js';
import { createEventLog, eventLogStatements } from '../postgres/event-log.js';
import { type Scenario, Violation, type World } from '../world.js';
import { checkLog, checkReaders, hasConverged, interests, watchCheckpoints } from './checks.js';
import { Clients, type Desk } from './clients.js';
import { createReaders, readers, readerStatements } from './readers.js';
import { HOME, isPublic, LOG, TOPICS } from './register.js';

/** What a seed chooses: which faults there are at all, and how large everything is. */
interface Plan {
  processes: number;
  clients: number;
  commands: number;
  streams: number;
  abortShare: number;
  poisonShare: number;
  badLink: boolean;
  kills: number;
  pauses: number;
  takeovers: number;
  /** Instances that read and end in good order while others stand by. */
  leaves: number;
  crashes: number;
  clockSteps: number;
  batchSize: number;
  /** Nothing but wake-ups brings events to the readers: polling is as good as off. */
  wakeUpsOnly: boolean;
}

function planOf({ random }: World): Plan {
  const wakeUpsOnly = random.chance(0.2);
  const stormy = !wakeUpsOnly && random.chance(0.85);
  const sometimes = (share: number, most: number): number =>
    stormy && random.chance(share) ? random.between(1, most) : 0;
  const plan = {
    processes: wakeUpsOnly ? 1 : random.between(1, 3),
    clients: random.between(2, 5),
    commands: random.between(3, 9),
    streams: random.between(1, 5),
    abortShare: random.chance(0.7) ? 0.3 : 0,
    poisonShare: random.chance(0.3) ? 0.05 : 0,
    badLink: stormy && random.chance(0.6),
    kills: sometimes(0.5, 3),
    pauses: sometimes(0.3, 2),
    takeovers: sometimes(0.4, 3),
    crashes: sometimes(0.35, 2),
    clockSteps: sometimes(0.3, 2),
    batchSize: random.pick([1, 2, 3, 7, 500]),
    wakeUpsOnly,
  };
  return { ...plan, leaves: Math.min(plan.takeovers, 2) };
}

interface Life extends Desk {
  log: PostgresLog | null;
  consumers: RunningConsumer[];
}

const stormMs = 1_500;
const convergeWithinMs = 90_000;
const wakeWithinMs = 10_000;
/** It looks every two seconds, and may be asleep for fifteen. */
const goesOnWithinMs = 25_000;
const never = 1e9;

/** EventStore, PostgresLog with its readers, and RowProjection, in one to three processes of one service. */
export const logScenario: Scenario = {
  name: 'log',
  async run(world) {
    const { random, scheduler, db } = world;
    const plan = planOf(world);
    createEventLog(db, LOG);
    createDelivery(db, HOME);
    createReaders(world);
    world.serve([...eventLogStatements, ...deliveryStatements, ...readerStatements]);
    watchCheckpoints(world);
    const mending = { mended: false };
    const lives: Life[] = [];

    const startReaders = (life: Life): void => {
      life.process.run('readers start', () => {
        const log = new PostgresLog({
          logs: { [LOG]: life.store },
          topics: TOPICS,
          isPublic,
          logger: silent,
          batchSize: plan.batchSize,
          pollIntervalMs: plan.wakeUpsOnly ? never : 500,
        });
        life.log = log;
        const home = { pool: life.process.pool(4).asPool, schema: HOME };
        for (const consumer of readers(world, mending)) {
          log.start(consumer, home).then(
            (running) => life.consumers.push(running),
            (error: unknown) => scheduler.fail(error),
          );
        }
      });
    };
    const startProcess = (reading: boolean): void => {
      const process = world.process('service');
      if (random.chance(0.3)) process.clockSkewMs = random.between(-7_200_000, 7_200_000);
      process.run('process starts', () => {
        const life: Life = { process, store: process.store(LOG), log: null, consumers: [] };
        lives.push(life);
        if (reading) startReaders(life);
      });
    };
    const alive = (): Life[] => lives.filter(({ process }) => process.alive);

    for (let i = 0; i < plan.processes; i += 1) startProcess(i === 0);
    const clients = new Clients(world, alive, plan);
    clients.start(plan.clients, plan.commands);

    const storm = (times: number, what: () => void): void => {
      for (let i = 0; i < times; i += 1) scheduler.after(random.next() * stormMs, null, '', what);
    };
    if (plan.badLink) world.disturbLink();
    storm(plan.kills, () => {
      const victim = alive().length > 0 ? random.pick(alive()) : null;
      if (!victim) return;
      victim.process.kill();
      scheduler.after(random.next() * 400, null, '', () => startProcess(victim.log !== null));
    });
    storm(plan.pauses, () => {
      if (alive().length > 0) random.pick(alive()).process.pause(random.next() * (random.chance(0.3) ? 15_000 : 800));
    });
    storm(plan.takeovers, () => {
      const others = alive().filter(({ log }) => log === null);
      if (others.length > 0) startReaders(random.pick(others));
      else startProcess(true);
    });
    storm(plan.leaves, () => {
      const reading = alive().filter(({ consumers }) => consumers.length === Object.keys(interests).length);
      if (reading.length < 2) return;
      const leaving = random.pick(reading);
      const { log } = leaving;
      leaving.process.run('readers end', () => void log?.close());
      leaving.log = null;
      leaving.consumers = [];
    });
    storm(plan.crashes, () => {
      if (db.up) world.server.crash(random.next() * 1_500);
    });
    storm(plan.clockSteps, () => {
      for (const { process } of alive()) process.clockSkewMs = random.between(-7_200_000, 86_400_000 * 3);
    });

    // The storm ends: links are good, somebody mends the handlers, the readers run somewhere.
    let calm = false;
    scheduler.after(stormMs + 500, null, 'calm', () => {
      world.calmLink();
      mending.mended = true;
      calm = true;
    });
    /** Since when each reader that stands by could go on, as nobody holds what it reads. */
    const free = new Map<RunningConsumer, number>();
    const mayGoOn = (consumer: RunningConsumer): boolean => {
      const places = db.committed(`${HOME}.checkpoints`).filter((row) => row['consumer'] === consumer.name);
      const isFree = consumer.state === 'fenced' && places.every(({ released }) => released === true);
      if (!isFree) free.delete(consumer);
      else if (!free.has(consumer)) free.set(consumer, scheduler.now);
      return isFree;
    };
    const operator = world.process('operator');
    const operatorPool = operator.pool(1);
    const look = (): void => {
      for (const { process, consumers } of alive()) {
        for (const { state, name, failure } of consumers) {
          if (state === 'failed') {
            scheduler.fail(new Violation('liveness', `${name} failed in ${process.name}: ${failure?.message}`));
          }
        }
      }
      if (calm && db.up) {
        releaseParked(operatorPool.asPool, HOME).catch((error: Error) => scheduler.note(`release: ${error.message}`));
        const reading = alive().some(
          ({ consumers, log }) => log && consumers.every(({ state }) => state === 'running'),
        );
        const standingBy = alive()
          .flatMap(({ consumers }) => consumers)
          .filter(mayGoOn);
        for (const consumer of standingBy) {
          if (scheduler.now - free.get(consumer)! > goesOnWithinMs) {
            scheduler.fail(new Violation('liveness', `${consumer.name} stands by although nobody holds what it reads`));
          }
        }
        if (!reading && standingBy.length === 0) startProcess(true);
      }
    };
    const lookAgain = (): void => {
      operator.run(
        '',
        () => {
          look();
          lookAgain();
        },
        1_000,
      );
    };
    lookAgain();

    const limit = plan.wakeUpsOnly && plan.poisonShare === 0 ? stormMs + 500 + wakeWithinMs : convergeWithinMs;
    const done = await scheduler.run(
      () => calm && clients.busy === 0 && scheduler.steps % 16 === 0 && hasConverged(world),
      limit,
    );
    checkLog(world, clients.sent);
    if (!done) {
      const why = clients.busy > 0 ? `${clients.busy} clients still wait` : 'the readers have not caught up';
      throw new Violation('liveness', `${limit} ms after the start ${why}`);
    }
    checkReaders(world);
    await stopAll(world, alive());
    checkReaders(world);
  },
};

/** A stop asked for politely ends, and changes nothing. */
async function stopAll(world: World, lives: readonly Life[]): Promise<void> {
  let open = lives.length;
  for (const life of lives) {
    life.process.run('stop', () => {
      void (life.log?.close() ?? Promise.resolve()).then(() => {
        open -= 1;
      });
    });
  }
  if (!(await world.scheduler.run(() => open === 0, world.scheduler.now + 30_000))) {
    throw new Violation('liveness', `${open} processes do not stop`);
  }
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
