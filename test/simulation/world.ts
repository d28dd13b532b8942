import { type Clock, EventStore, type EventStoreOptions } from '@app/event-store';
import { type LinkFaults, SimulatedPool } from './postgres/client.js';
import { Database } from './postgres/engine.js';
import { type Known, recogniser } from './postgres/statements.js';
import { Server } from './postgres/server.js';
import { Random } from './random.js';
import { type Owner, Scheduler } from './scheduler.js';

/** A fault put into the program on purpose, to see that the simulation finds it. */
export interface SeededFault {
  name: string;
  /** Changes what the program says to PostgreSQL. */
  rewrite?: (text: string) => string;
  /** Patches classes of the program; returns what undoes it. */
  install?: (world: World) => () => void;
}

export interface WorldOptions {
  seed: number;
  fault?: SeededFault | undefined;
}

/** An invariant did not hold. */
export class Violation extends Error {
  constructor(
    /** I1…I8 of the fault suite, or `liveness`. */
    readonly invariant: string,
    message: string,
  ) {
    super(`${invariant}: ${message}`);
  }
}

/** The simulated machine room: one database server, virtual time, processes that die and come back. */
export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly db: Database;
  readonly processes = new Set<Process>();
  /** Loss and slowness between processes and the database; quiet until told otherwise. */
  readonly link: LinkFaults = { loseRequest: 0, loseAnswer: 0, slow: 0, goSilent: 0, wireMs: 0.2 };
  readonly fault: SeededFault | undefined;
  /** Processes started so far. */
  born = 0;
  private databaseServer: Server | null = null;

  constructor(readonly options: WorldOptions) {
    this.random = new Random(options.seed);
    this.scheduler = new Scheduler(this.random);
    this.db = new Database(this.scheduler, this.random);
    this.fault = options.fault;
  }

  serve(statements: readonly Known[]): Server {
    return (this.databaseServer = new Server(this.db, recogniser(statements)));
  }

  get server(): Server {
    if (!this.databaseServer) throw new Error('the database server was not started');
    return this.databaseServer;
  }

  /** Somebody outside: never dies, and waits for nothing of the program's. */
  outsider(name: string): Owner {
    return { name, alive: true, pausedUntil: 0 };
  }

  /** A process of the program. */
  process(name: string): Process {
    const process = new Process(this, name);
    this.processes.add(process);
    return process;
  }

  /** Make the link as bad as the seed wants it, or good again. */
  disturbLink(): void {
    const { random, link } = this;
    link.loseRequest = random.chance(0.5) ? random.next() * 0.03 : 0;
    link.loseAnswer = random.chance(0.5) ? random.next() * 0.03 : 0;
    link.slow = random.chance(0.3) ? random.next() * 0.03 : 0;
  }

  calmLink(): void {
    this.link.loseRequest = 0;
    this.link.loseAnswer = 0;
    this.link.slow = 0;
    this.link.goSilent = 0;
  }
}

/** One life of a process: what it holds in memory is gone when it is killed. */
export class Process implements Owner {
  readonly name: string;
  alive = true;
  pausedUntil = 0;
  /** What its own clock says beside the true time (ms). */
  clockSkewMs = 0;
  /** What it is linked to the database by. */
  readonly links: { die(): void }[] = [];
  readonly clock: Clock = { now: () => new Date(Date.now() + this.clockSkewMs) };

  constructor(
    readonly world: World,
    role: string,
  ) {
    this.name = `${role}#${(world.born += 1)}`;
  }

  pool(max = 8): SimulatedPool {
    const { world } = this;
    const pool = new SimulatedPool(world.server, this, world.link, max, world.fault?.rewrite);
    this.links.push(pool);
    return pool;
  }

  store(schema: string, options: Partial<EventStoreOptions> = {}): EventStore {
    // Two calls that wait are enough for a batch of their own: few write at a time here, and batches shall meet.
    const appender = { besideBytes: 2_000 };
    return new EventStore({ pool: this.pool().asPool, schema, clock: this.clock, appender, ...options });
  }

  /** Run something as this process's own work. */
  run(label: string, work: () => void, afterMs = 0): void {
    this.world.scheduler.after(afterMs, this, label, work);
  }

  /** kill -9. */
  kill(): void {
    if (!this.alive) return;
    this.world.scheduler.note(`${this.name} is killed`);
    this.alive = false;
    this.world.processes.delete(this);
    for (const link of this.links) link.die();
  }

  /** SIGSTOP, and SIGCONT after `ms`. */
  pause(ms: number): void {
    this.world.scheduler.note(`${this.name} sleeps ${Math.round(ms)} ms`);
    this.pausedUntil = this.world.scheduler.now + ms;
  }
}

/** A part of the program in a simulated world, with its faults and its checks. */
export interface Scenario {
  name: string;
  /** Runs to the end of the world. @throws Violation, or what the model did not know */
  run(world: World): Promise<void>;
}
