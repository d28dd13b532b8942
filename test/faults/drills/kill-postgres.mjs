import { pauseOf } from './pause.mjs';

/** F3: postmaster and backends are killed with -9 while commands are being written. */
export const f3 = {
  id: 'F3',
  title: 'kill -9 of PostgreSQL, postmaster and backends',
  targets: ['I1', 'I2', 'I3', 'I4', 'I7', 'I13'],
  counts: { quick: 8, ci: 10, night: 200 },
  load: { rate: 150, most: 48 },
  async round({ system, random, recovered, notes }) {
    await pauseOf(random.between(100, 900));
    await system.killPostgres();
    await pauseOf(random.between(0, 500));
    const redoMs = await system.startPostgres();
    notes.redoMs = redoMs;
    // The fault ends when PostgreSQL answers again; how long its redo takes is bound by what it had to redo.
    recovered('everything', await system.untilReady());
    await pauseOf(random.between(100, 400));
  },
};
