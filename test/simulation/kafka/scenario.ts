import { KafkaLog, KafkaRelay, releaseParked, type RunningConsumer } from '@app/messaging';
import { checkLog, checkReaders, hasConverged } from '../log/checks.js';
import { Clients, type Desk } from '../log/clients.js';
import { createReaders, readers, readerStatements } from '../log/readers.js';
import { HOME, isPublic, LOG, TOPICS } from '../log/register.js';
import { createDelivery, deliveryStatements } from '../postgres/delivery.js';
import { createEventLog, eventLogStatements } from '../postgres/event-log.js';
import { type Process, type Scenario, Violation, type World } from '../world.js';
import { Cluster } from './broker.js';
import { checkTopics, watchKafka, watchRepeats } from './checks.js';
import { installKafka } from './client.js';

interface Plan {
  writers: number;
  readers: number;
  partitions: number;
  clients: number;
  commands: number;
  streams: number;
  abortShare: number;
  poisonShare: number;
  badLink: boolean;
  badBroker: boolean;
  brokerOutages: number;
  kills: number;
  pauses: number;
  joins: number;
  crashes: number;
  batchSize: number;
  /** Of the relay's requests. */
  batchBytes: number;
  sessionTimeoutMs: number;
  /** Nothing but wake-ups tells the relay of new events: polling is as good as off. */
  wakeUpsOnly: boolean;
}

function planOf({ random }: World): Plan {
  const wakeUpsOnly = random.chance(0.15);
  const stormy = !wakeUpsOnly && random.chance(0.85);
  const sometimes = (share: number, most: number): number =>
    stormy && random.chance(share) ? random.between(1, most) : 0;
  return {
    writers: wakeUpsOnly ? 1 : random.between(1, 2),
    readers: random.between(1, 3),
    partitions: random.between(1, 3),
    clients: random.between(1, 3),
    commands: random.between(3, 8),
    streams: random.between(1, 4),
    abortShare: random.chance(0.7) ? 0.3 : 0,
    poisonShare: random.chance(0.2) ? 0.05 : 0,
    badLink: stormy && random.chance(0.5),
    badBroker: stormy && random.chance(0.7),
    brokerOutages: sometimes(0.3, 2),
    kills: sometimes(0.5, 3),
    pauses: sometimes(0.3, 2),
    joins: sometimes(0.4, 3),
    crashes: sometimes(0.3, 2),
    batchSize: random.pick([1, 2, 5, 500]),
    batchBytes: random.pick([2_500, 900_000]),
    sessionTimeoutMs: random.pick([2_000, 10_000]),
    wakeUpsOnly,
  };
}

interface Writer extends Desk {
  relay: KafkaRelay;
}

interface Reader {
  process: Process;
  log: KafkaLog;
  consumers: RunningConsumer[];
}

const stormMs = 1_500;
const convergeWithinMs = 150_000;
const wakeWithinMs = 20_000;
const never = 1e9;

/** EventStore, KafkaRelay, KafkaLog and RowProjection: services that write, a cluster, and members that read. */
export const kafkaScenario: Scenario = {
  name: 'kafka',
  async run(world) {
    const { random, scheduler, db } = world;
    const plan = planOf(world);
    createEventLog(db, LOG);
    createDelivery(db, LOG);
    createDelivery(db, HOME);
    createReaders(world);
    world.serve([...eventLogStatements, ...deliveryStatements, ...readerStatements]);
    const cluster = new Cluster(scheduler, random);
    const restore = installKafka(scheduler, cluster);
    try {
      await play(world, plan, cluster);
    } finally {
      restore();
    }
  },
};

async function play(world: World, plan: Plan, cluster: Cluster): Promise<void> {
  const { random, scheduler, db } = world;
  watchKafka(world, cluster);
  // A database that dies may forget a checkpoint; then it is more.
  if (plan.crashes === 0) watchRepeats(world, cluster, plan.batchBytes);
  const mending = { mended: false };
  const writers: Writer[] = [];
  const members: Reader[] = [];
  const kafka = {
    brokers: ['simulated:9092'],
    topics: TOPICS,
    logger: silent,
    topicOptions: { partitions: plan.partitions },
  };
  const alive = <T extends { process: Process }>(some: readonly T[]): T[] =>
    some.filter(({ process }) => process.alive);

  const startWriter = (): void => {
    const process = world.process('writer');
    process.run('writer starts', () => {
      const store = process.store(LOG);
      const { batchSize, batchBytes } = plan;
      const pollIntervalMs = plan.wakeUpsOnly ? never : 500;
      const relay = new KafkaRelay({ ...kafka, service: LOG, store, isPublic, batchSize, batchBytes, pollIntervalMs });
      relay.start();
      writers.push({ process, store, relay });
    });
  };
  const startReader = (): void => {
    const process = world.process('reader');
    process.run('reader starts', () => {
      const { batchSize, sessionTimeoutMs } = plan;
      const log = new KafkaLog({ ...kafka, batchSize, sessionTimeoutMs, rebalanceTimeoutMs: 2 * sessionTimeoutMs });
      const reader: Reader = { process, log, consumers: [] };
      members.push(reader);
      const home = { pool: process.pool(6).asPool, schema: HOME };
      for (const consumer of readers(world, mending)) {
        log.start(consumer, home).then(
          (running) => reader.consumers.push(running),
          (error: unknown) => scheduler.fail(error),
        );
      }
    });
  };
  for (let i = 0; i < plan.writers; i += 1) startWriter();
  for (let i = 0; i < plan.readers; i += 1) startReader();
  const clients = new Clients(world, () => alive(writers), plan);
  clients.start(plan.clients, plan.commands);

  const storm = (times: number, what: () => void): void => {
    for (let i = 0; i < times; i += 1) scheduler.after(random.next() * stormMs, null, '', what);
  };
  if (plan.badLink) world.disturbLink();
  if (plan.badBroker) {
    cluster.faults.refuse = random.next() * 0.05;
    cluster.faults.loseAnswer = random.next() * 0.03;
    cluster.faults.writeSome = random.next() * 0.3;
    cluster.faults.late = random.next() * 0.02;
  }
  storm(plan.kills, () => {
    const everybody = [...alive(writers), ...alive(members)];
    if (everybody.length === 0) return;
    const victim = random.pick(everybody);
    victim.process.kill();
    scheduler.after(random.next() * 400, null, '', 'relay' in victim ? startWriter : startReader);
  });
  storm(plan.pauses, () => {
    const everybody = [...alive(writers), ...alive(members)];
    if (everybody.length > 0) random.pick(everybody).process.pause(random.next() * (random.chance(0.4) ? 25_000 : 800));
  });
  storm(plan.joins, () => {
    if (random.chance(0.5)) {
      startReader();
      return;
    }
    const leaving = alive(members);
    if (leaving.length < 2) return;
    const reader = random.pick(leaving);
    reader.process.run('leaves', () => void reader.log.close());
    scheduler.after(1_000, null, '', () => reader.process.kill());
  });
  storm(plan.crashes, () => {
    if (db.up) world.server.crash(random.next() * 1_500);
  });
  storm(plan.brokerOutages, () => {
    cluster.up = false;
    scheduler.note('brokers are away');
    scheduler.after(random.next() * 3_000, null, 'brokers are back', () => {
      cluster.up = true;
    });
  });

  let calm = false;
  scheduler.after(stormMs + 500, null, 'calm', () => {
    world.calmLink();
    Object.assign(cluster.faults, { refuse: 0, loseAnswer: 0, writeSome: 0, late: 0 });
    mending.mended = true;
    calm = true;
  });
  const operator = world.process('operator');
  const operatorPool = operator.pool(1);
  const look = (): void => {
    for (const { relay, process } of alive(writers)) {
      if (relay.state === 'failed') {
        scheduler.fail(new Violation('liveness', `the relay of ${process.name} failed: ${relay.failure?.message}`));
      }
    }
    for (const reader of alive(members)) {
      for (const { state, name, failure } of reader.consumers) {
        if (state === 'failed') {
          scheduler.fail(new Violation('liveness', `${name} failed in ${reader.process.name}: ${failure?.message}`));
        }
        // A member that another installation has fenced off ends; whoever runs it starts it again.
        if (state === 'fenced' && calm) {
          reader.process.kill();
          startReader();
          break;
        }
      }
    }
    if (calm && db.up) {
      releaseParked(operatorPool.asPool, HOME).catch((error: Error) => scheduler.note(`release: ${error.message}`));
      if (alive(members).length === 0) startReader();
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
    () => calm && clients.busy === 0 && scheduler.steps % 64 === 0 && hasConverged(world),
    limit,
  );
  checkLog(world, clients.sent);
  if (!done) {
    const why = clients.busy > 0 ? `${clients.busy} clients still wait` : 'the readers have not caught up';
    throw new Violation('liveness', `${limit} ms after the start ${why}`);
  }
  checkTopics(world, cluster);
  checkReaders(world);
}

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
