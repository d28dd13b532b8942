import { LogSignal } from '@app/event-store';
import { PostgresLog, type RunningConsumer } from '@app/messaging';
import { checkLog, checkReaders, hasConverged, unread, watchCheckpoints } from '../log/checks.js';
import { Clients, type Desk } from '../log/clients.js';
import { createReaders, readers, readerStatements } from '../log/readers.js';
import { HOME, isPublic, LOG, TOPICS } from '../log/register.js';
import type { LinkFaults } from '../postgres/client.js';
import { installClient } from '../postgres/connection.js';
import { createDelivery, deliveryStatements } from '../postgres/delivery.js';
import { createEventLog, eventLogStatements } from '../postgres/event-log.js';
import { signalStatements } from '../postgres/signals.js';
import { type Process, type Scenario, Violation, type World } from '../world.js';
import { Delays } from './delays.js';

interface Plan {
  /** Processes that only write, only read, and do both. */
  writers: number;
  readers: number;
  both: number;
  clients: number;
  commands: number;
  streams: number;
  abortShare: number;
  poisonShare: 0;
  batchSize: number;
  /** The fallback; `never` = signals alone bring events to readers in other processes. */
  pollIntervalMs: number;
  isCalm: boolean;
  badLink: boolean;
  /** Connections that tell and listen are ended by the server. */
  cuts: number;
  /** Writers die: what they have not told yet is told by nobody. Only where there is a fallback. */
  kills: number;
  takeovers: number;
  pauses: number;
  crashes: number;
}

const stormMs = 1_500;
const never = 1e9;
/** What clients and readers may take once everything is well: their own waits between attempts. */
const clientsWithinMs = 60_000;
const recoverWithinMs = 6_000;
/** From a commit to its effect in another process while nothing is wrong. */
const calmWithinMs = 2_000;

function planOf({ random }: World): Plan {
  const polls = random.chance(0.5);
  const isCalm = random.chance(0.25);
  const sometimes = (share: number, most: number): number =>
    !isCalm && random.chance(share) ? random.between(1, most) : 0;
  return {
    writers: random.between(1, 2),
    readers: random.between(1, 2),
    both: random.chance(0.4) ? 1 : 0,
    clients: random.between(1, 2),
    commands: random.pick([1, 1, 3, 6]),
    streams: random.between(1, 4),
    abortShare: random.chance(0.5) ? 0.3 : 0,
    poisonShare: 0,
    batchSize: random.pick([1, 2, 7, 500]),
    pollIntervalMs: polls ? random.pick([300, 1_000, 3_000]) : never,
    isCalm,
    badLink: polls && !isCalm && random.chance(0.5),
    cuts: sometimes(0.6, 4),
    kills: polls ? sometimes(0.5, 3) : 0,
    takeovers: sometimes(0.3, 2),
    pauses: sometimes(0.3, 2),
    crashes: sometimes(0.3, 1),
  };
}

interface Life extends Desk {
  reads: boolean;
  signal: LogSignal;
  log: PostgresLog | null;
  consumers: RunningConsumer[];
}

/**
 * LogSignal between processes of one service that write and processes that read: commit, NOTIFY, wake-up. With the
 * fallback nothing stays unread for longer than its interval, whatever is lost; without it nothing stays unread either,
 * as long as who has written lives to say so.
 */
export const signalsScenario: Scenario = {
  name: 'signals',
  async run(world) {
    const { db } = world;
    createEventLog(db, LOG);
    createDelivery(db, HOME);
    createReaders(world);
    world.serve([...eventLogStatements, ...deliveryStatements, ...readerStatements, ...signalStatements]);
    // Connections of signals have faults of their own: those of pools are felt by commands, too.
    const wire: LinkFaults = { loseRequest: 0, loseAnswer: 0, slow: 0, goSilent: 0, wireMs: 0.2 };
    const restore = installClient(world, wire);
    try {
      await play(world, planOf(world), wire);
    } finally {
      restore();
    }
  },
};

async function play(world: World, plan: Plan, wire: LinkFaults): Promise<void> {
  const { random, scheduler, db } = world;
  // Disks that are slow to say that a commit is there: what is told too early is told in vain.
  db.options.flushMs = random.pick([0.5, 0.5, 8]);
  watchCheckpoints(world);
  const delays = new Delays(world);
  const lives: Life[] = [];
  const alive = (): Life[] => lives.filter(({ process }) => process.alive);
  /** Until then something is wrong. */
  let badUntil = 0;
  const bad = (ms: number): void => {
    badUntil = Math.max(badUntil, scheduler.now + ms);
  };

  // As libs/service/src/carrier.ts does: listen first, then look.
  const start = async (process: Process, reads: boolean): Promise<void> => {
    const store = process.store(LOG);
    const signal = new LogSignal({ url: 'simulated', stores: [store], coalesceMs: 5 });
    const life: Life = { process, store, signal, reads, log: null, consumers: [] };
    lives.push(life);
    await signal.start();
    if (!reads) return;
    const { batchSize, pollIntervalMs } = plan;
    const logs = { [LOG]: store };
    life.log = new PostgresLog({ logs, topics: TOPICS, isPublic, signal, logger: silent, batchSize, pollIntervalMs });
    const home = { pool: process.pool(4).asPool, schema: HOME };
    for (const consumer of readers(world, { mended: true })) {
      life.consumers.push(await life.log.start(consumer, home));
    }
  };
  let isOver = false;
  const startProcess = (role: 'writer' | 'reader' | 'both'): void => {
    const process = world.process(role);
    process.run(`${role} starts`, () => {
      if (isOver) return;
      start(process, role !== 'writer').catch((error: unknown) => scheduler.fail(error));
    });
  };
  for (let i = 0; i < plan.writers; i += 1) startProcess('writer');
  for (let i = 0; i < plan.readers; i += 1) startProcess('reader');
  for (let i = 0; i < plan.both; i += 1) startProcess('both');
  const desks = (): Life[] => alive().filter(({ process }) => !process.name.startsWith('reader'));
  const clients = new Clients(world, desks, plan);
  clients.start(plan.clients, plan.commands);

  const storm = (times: number, what: () => void): void => {
    for (let i = 0; i < times; i += 1) scheduler.after(random.next() * stormMs, null, '', what);
  };
  if (plan.badLink) {
    world.disturbLink();
    wire.goSilent = random.next() * 0.2;
  }
  if (!plan.isCalm && random.chance(0.5)) {
    wire.loseRequest = random.next() * 0.6;
    wire.loseAnswer = random.next() * 0.1;
    wire.slow = random.next() * 0.1;
  }
  storm(plan.cuts, () => {
    for (const session of [...db.listeners.keys()]) if (random.chance(0.6)) world.server.endSession(session);
  });
  storm(plan.kills, () => {
    const some = alive();
    if (some.length === 0) return;
    const { process, reads } = random.pick(some);
    process.kill();
    const ms = random.next() * 400;
    bad(ms);
    scheduler.after(ms, null, '', () => startProcess(reads ? 'reader' : 'writer'));
  });
  storm(plan.takeovers, () => startProcess('reader'));
  storm(plan.pauses, () => {
    const ms = random.next() * (random.chance(0.3) ? 5_000 : 800);
    bad(ms);
    if (alive().length > 0) random.pick(alive()).process.pause(ms);
  });
  storm(plan.crashes, () => {
    const ms = random.next() * 1_500;
    bad(ms);
    if (db.up) world.server.crash(ms);
  });

  let calm = false;
  scheduler.after(plan.isCalm ? 1 : stormMs, null, 'calm', () => {
    world.calmLink();
    Object.assign(wire, { loseRequest: 0, loseAnswer: 0, slow: 0, goSilent: 0 });
    bad(0);
    calm = true;
  });

  const isIdle = (): boolean => calm && clients.busy === 0 && scheduler.now >= badUntil;
  if (!(await scheduler.run(isIdle, clientsWithinMs))) {
    throw new Violation('liveness', `${clients.busy} clients still wait`);
  }
  checkLog(world, clients.sent);
  const fallbackMs = plan.pollIntervalMs === never ? 0 : plan.pollIntervalMs;
  const limit = scheduler.now + recoverWithinMs + fallbackMs;
  if (!(await scheduler.run(() => scheduler.steps % 8 === 0 && hasConverged(world), limit))) {
    throw new Violation('liveness', `${unread(world)} was not read within ${recoverWithinMs + fallbackMs} ms`);
  }
  checkReaders(world);
  if (plan.isCalm) delays.check(calmWithinMs);
  isOver = true;
  await stopAll(world, alive());
}

/** A stop asked for politely ends, and leaves no connection that listens. */
async function stopAll(world: World, lives: readonly Life[]): Promise<void> {
  let open = lives.length;
  for (const { process, log, signal } of lives) {
    process.run('stop', () => {
      void Promise.resolve(log?.close())
        .then(() => signal.stop())
        .then(() => {
          open -= 1;
        });
    });
  }
  const { scheduler, db } = world;
  if (!(await scheduler.run(() => open === 0, scheduler.now + 30_000))) {
    throw new Violation('liveness', `${open} processes do not stop`);
  }
  // What was connecting when it was stopped, and what has not yet heard of its end.
  await scheduler.run(() => false, scheduler.now + 10_000);
  const left = db.listeners.size;
  if (left > 0) throw new Violation('liveness', `${left} sessions still listen after the stop`);
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
