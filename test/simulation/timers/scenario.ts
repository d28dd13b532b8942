import { inTransaction } from '@app/event-store';
import { DeadlineTimers } from '../../../apps/deadlines/src/timers/deadline-timers.js';
import { byPlace } from '../postgres/event-log.js';
import { createEventLog, eventLogStatements } from '../postgres/event-log.js';
import { type Row, type Transaction, writtenTo } from '../postgres/engine.js';
import { createTimers, type Setting, timerStatements } from '../postgres/timers.js';
import { type Process, type Scenario, Violation, type World } from '../world.js';

const LOG = 'deadlines';
const stormMs = 6_000;
const fireWithinMs = 60_000;
/** How late a timer may be while nothing is wrong: the longest sleep, and some work. */
const calmLatenessMs = 2_500;
const ladder = ['d7', 'd5', 'd3', 'd1', 'due', 'breach'];

interface FiredEvent extends Row {
  xid: number;
  gp: number;
  stream: string;
  version: number;
  data: { obligationId: string; rung?: string };
  meta: { happenedAt: string };
}

const timerKey = (id: string, rung: string, at: number): string => `${id} ${rung} ${new Date(at).toISOString()}`;
const keyOf = ({ data, meta }: FiredEvent): string =>
  `${data.obligationId} ${data.rung ?? 'breach'} ${meta.happenedAt}`;

/** What has been set and cancelled, as it became visible; every event is held against it at its commit (I8). */
class Truth {
  /** Timers that stand now. */
  readonly standing = new Set<string>();
  readonly fired = new Set<string>();
  /** Duties whose timers were set more than once. */
  readonly moved = new Set<string>();

  constructor(
    private readonly world: World,
    private readonly calm: boolean,
  ) {
    world.db.onCommit = (tx) => this.committed(tx);
  }

  private committed(tx: Transaction): void {
    const now = Date.now();
    for (const event of writtenTo(tx, `${LOG}.events`) as FiredEvent[]) {
      const key = keyOf(event);
      const moment = Date.parse(event.meta.happenedAt);
      if (now < moment) throw new Violation('I8', `${key} fired ${moment - now} ms early`);
      if (this.fired.has(key)) throw new Violation('I8', `${key} fired twice`);
      if (!this.standing.has(key)) throw new Violation('I8', `${key} fired and was not set`);
      if (this.calm && now - moment > calmLatenessMs) {
        throw new Violation('I8', `${key} fired ${now - moment} ms late, and nothing was wrong`);
      }
      this.fired.add(key);
      this.standing.delete(key);
    }
    const duties = new Set(writtenTo(tx, `${LOG}.obligations`).map(({ id }) => id as string));
    for (const id of duties) {
      const before = [...this.standing].filter((key) => key.startsWith(`${id} `));
      for (const key of before) this.standing.delete(key);
      if (before.length > 0) this.moved.add(id);
    }
    for (const { obligation_id, rung, fires_at } of writtenTo(tx, `${LOG}.timers`)) {
      const key = timerKey(obligation_id as string, rung as string, fires_at as number);
      // Set again after it has fired (the answer to the act was lost): it must leave without a word.
      if (!this.fired.has(key)) this.standing.add(key);
    }
  }

  /** At the end: all that stood has fired, and each duty's events lie in the order of their moments. */
  check(): void {
    const [waiting] = this.standing;
    if (waiting !== undefined) throw new Violation('I8', `${waiting} never fired`);
    const last = new Map<string, number>();
    const versions = new Map<string, number>();
    for (const event of (this.world.db.committed(`${LOG}.events`) as FiredEvent[]).sort(byPlace)) {
      const id = event.data.obligationId;
      if (event.version !== (versions.get(id) ?? 0) + 1) throw new Violation('I3', `${id} skips to ${event.version}`);
      versions.set(id, event.version);
      const moment = Date.parse(event.meta.happenedAt);
      if (!this.moved.has(id) && moment < (last.get(id) ?? 0)) {
        throw new Violation('I8', `${keyOf(event)} fired after a later one`);
      }
      last.set(id, moment);
    }
  }
}

/** DeadlineTimers with its SQL, in one to three instances, while duties are set, moved and done. */
export const timersScenario: Scenario = {
  name: 'timers',
  async run(world) {
    const { random, scheduler, db } = world;
    createEventLog(db, LOG);
    createTimers(db);
    world.serve([...eventLogStatements, ...timerStatements]);
    const stormy = random.chance(0.8);
    const sometimes = (share: number, most: number): number =>
      stormy && random.chance(share) ? random.between(1, most) : 0;
    const truth = new Truth(world, !stormy);
    const batchSize = random.pick([1, 2, 5, 1_000]);
    let instances: { process: Process; timers: DeadlineTimers }[] = [];
    const alive = (): typeof instances => (instances = instances.filter(({ process }) => process.alive));

    const start = (): void => {
      const process = world.process('timers');
      if (random.chance(0.5)) process.clockSkewMs = random.between(-7_200_000, 7_200_000);
      process.run('timers start', () => {
        const store = process.store(LOG);
        const timers = new DeadlineTimers(process.pool(3).asPool, store, { batchSize });
        timers.start();
        instances.push({ process, timers });
      });
    };
    const many = stormy ? random.between(1, 3) : 1;
    for (let i = 0; i < many; i += 1) start();

    // The reader of events: sets duties, moves them, says that they are done; each with its timers in one transaction.
    const reader = world.process('matters');
    const pool = reader.pool(3);
    let acting = 0;
    const act = (setting: Setting): void => {
      acting += 1;
      reader.run('act', () => {
        const attempt = (): void => {
          inTransaction(pool.asPool, async (tx) => {
            await tx.query('SIMULATED set duty $1', [setting]);
            if (random.chance(0.2)) await new Promise((resolve) => setTimeout(resolve, random.next() * 40));
          }).then(
            () => {
              acting -= 1;
              for (const { process, timers } of alive()) process.run('told of a change', () => timers.wake());
            },
            () => void setTimeout(attempt, 50),
          );
        };
        attempt();
      });
    };
    const duties = random.between(2, 8);
    for (let i = 0; i < duties; i += 1) {
      const id = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      const ladderFrom = (from: number): Setting['timers'] => {
        const begin = from + random.between(150, 3_000);
        const step = random.pick([0, 1, 300, 900]);
        return ladder
          .slice(random.between(0, 4))
          .map((rung, index) => ({ rung, fires_at: Math.floor(Date.now() - scheduler.now + begin + index * step) }));
      };
      const at = random.next() * 1_500;
      scheduler.after(at, null, '', () => act({ obligation: { id, state: 'open' }, timers: ladderFrom(at) }));
      if (random.chance(0.4)) {
        const later = at + 500 + random.next() * 3_000;
        scheduler.after(later, null, '', () => {
          act({ obligation: { id, state: 'open' }, timers: random.chance(0.3) ? [] : ladderFrom(later) });
        });
      }
    }

    const storm = (times: number, what: () => void): void => {
      for (let i = 0; i < times; i += 1) scheduler.after(random.next() * stormMs, null, '', what);
    };
    if (stormy && random.chance(0.6)) world.disturbLink();
    storm(sometimes(0.6, 4), () => {
      const [victim] = alive().length > 0 ? [random.pick(alive())] : [];
      victim?.process.kill();
      if (victim) scheduler.after(random.next() * 500, null, '', start);
    });
    storm(sometimes(0.4, 3), () => {
      if (alive().length > 0) random.pick(alive()).process.pause(random.next() * (random.chance(0.3) ? 15_000 : 800));
    });
    storm(sometimes(0.3, 2), () => {
      if (db.up) world.server.crash(random.next() * 1_500);
    });
    storm(sometimes(0.5, 3), () => {
      for (const { process } of alive()) process.clockSkewMs = random.between(-7_200_000, 86_400_000 * 3);
    });
    let calm = false;
    scheduler.after(stormMs, null, 'calm', () => {
      world.calmLink();
      calm = true;
      if (alive().length === 0) start();
    });

    const done = await scheduler.run(
      () => calm && acting === 0 && scheduler.steps % 16 === 0 && truth.standing.size === 0,
      stormMs + fireWithinMs,
    );
    if (!done && acting > 0) throw new Violation('liveness', `${acting} acts are not through`);
    truth.check();
    let stopping = alive().length;
    for (const { process, timers } of alive()) {
      process.run('stop', () => void timers.stop().then(() => (stopping -= 1)));
    }
    if (!(await scheduler.run(() => stopping === 0, scheduler.now + 30_000))) {
      throw new Violation('liveness', `${stopping} instances do not stop`);
    }
    truth.check();
  },
};
