import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { PoolClient } from 'pg';
import { testDatabase, type TestDatabase } from '../support/postgres.js';
import { signalStatements } from './postgres/signals.js';
import { Random } from './random.js';
import { installVirtualTime } from './virtual-time.js';
import { World } from './world.js';

const SESSIONS = 3;
const SCHEDULES = 60;
const CHANNELS = ['odd', 'even'];

type Op = { session: number; text: string; values?: string[] };

/** Sessions that listen, tell, commit and abort, now and then all in one transaction. */
function schedule(seed: number): Op[] {
  const random = new Random(seed);
  const open = new Set<number>();
  const ops: Op[] = [];
  for (let turn = 0; turn < 40; turn += 1) {
    const session = random.between(0, SESSIONS - 1);
    const draw = random.next();
    if (draw < 0.2) ops.push({ session, text: `LISTEN ${random.pick(CHANNELS)}` });
    else if (draw < 0.7) {
      // Few words, so that the same is said twice in one transaction.
      const values = [random.pick(CHANNELS), `word ${random.between(1, 3)} of turn ${Math.floor(turn / 8)}`];
      ops.push({ session, text: 'SELECT pg_notify($1, $2)', values });
    } else if (open.delete(session)) ops.push({ session, text: random.chance(0.6) ? 'COMMIT' : 'ROLLBACK' });
    else {
      open.add(session);
      ops.push({ session, text: 'BEGIN' });
    }
  }
  for (const session of open) ops.push({ session, text: 'COMMIT' });
  return ops;
}

interface Stage {
  clients: readonly Pick<PoolClient, 'query' | 'on'>[];
  /** Let something come to its end. */
  until(isOver: () => boolean): Promise<void>;
}

/** @returns what each session heard, in order */
async function play(ops: readonly Op[], { clients, until }: Stage): Promise<string[][]> {
  const heard: string[][] = clients.map(() => []);
  clients.forEach((client, session) => {
    client.on('notification', ({ channel, payload }) => heard[session]?.push(`${channel}: ${payload}`));
  });
  const ask = async (session: number, text: string, values: string[] = []): Promise<void> => {
    let over = false;
    const asked = (clients[session] as PoolClient).query(text, values).finally(() => (over = true));
    await until(() => over);
    await asked;
  };
  for (const { session, text, values } of ops) await ask(session, text, values);
  // Whoever has heard the last word has heard everything before it.
  for (let session = 0; session < SESSIONS; session += 1) await ask(session, 'LISTEN last');
  await ask(0, 'SELECT pg_notify($1, $2)', ['last', 'word']);
  await until(() => heard.every((words) => words.at(-1) === 'last: word'));
  return heard;
}

async function onModel(seed: number): Promise<string[][]> {
  const world = new World({ seed });
  const { scheduler } = world;
  const restore = installVirtualTime(scheduler);
  try {
    world.serve(signalStatements);
    const process = world.process('sessions');
    const until = async (isOver: () => boolean): Promise<void> => {
      await scheduler.run(isOver, scheduler.now + 1_000);
      if (!isOver()) throw new Error('it never came');
    };
    const pool = process.pool(SESSIONS);
    const clients: PoolClient[] = [];
    for (let session = 0; session < SESSIONS; session += 1) {
      void pool.connect().then((client) => clients.push(client));
      await until(() => clients.length > session);
    }
    scheduler.current = process;
    return await play(schedule(seed), { clients, until });
  } finally {
    restore();
  }
}

describe('LISTEN and NOTIFY in the model of PostgreSQL', () => {
  let database: TestDatabase;
  let clients: PoolClient[];

  beforeAll(async () => {
    database = await testDatabase({ max: SESSIONS });
    clients = await Promise.all(Array.from({ length: SESSIONS }, () => database.pool.connect()));
  }, 60_000);
  afterAll(async () => {
    for (const client of clients) client.release(true);
    await database.drop();
  });

  async function onServer(seed: number): Promise<string[][]> {
    for (const client of clients) {
      await client.query('UNLISTEN *');
      client.removeAllListeners('notification');
    }
    const until = async (isOver: () => boolean): Promise<void> => {
      // A turn of the event loop brings in what the sockets hold.
      while (!isOver()) await new Promise((resolve) => setImmediate(resolve));
    };
    return play(schedule(seed), { clients, until });
  }

  it(`tells in ${SCHEDULES} schedules whom the real server tells, after the commit, in order and once`, async () => {
    let words = 0;
    let said = 0;
    for (let seed = 1; seed <= SCHEDULES; seed += 1) {
      const [model, server] = [await onModel(seed), await onServer(seed)];
      expect({ seed, heard: model }).toEqual({ seed, heard: server });
      words += server.flat().length;
      said += schedule(seed).filter(({ values }) => values).length * SESSIONS;
    }
    // The schedules are worth something: much is heard, and much is not.
    expect(words).toBeGreaterThan(SCHEDULES * SESSIONS * 2);
    expect(words).toBeLessThan(said / 2);
  }, 60_000);
});
