import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ObligationAlerted } from '@app/contracts';
import { type AppendCommand, type AppendVerdict, createPool, EventStore } from '@app/event-store';
import type { Pool, PoolClient } from 'pg';
import { SCHEMA } from '../migrations/deadlines-migrations.js';
import { CaseStory, deadlinesHarness, type Harness, TipStory } from '../testing/harness.js';
import { DeadlineTimers } from '../timers/deadline-timers.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TERM = 'CPC-147-1';

let harness: Harness;
const pools: Pool[] = [];

const fromNow = (ms: number): string => new Date(Date.now() + ms).toISOString();

/** An instance whose clock is a row that the test moves: the days ahead pass at once. */
function instance(
  options: { batchSize?: number } = {},
  storeOf = (pool: Pool) => new EventStore({ pool, schema: SCHEMA }),
) {
  const pool = createPool(harness.url, { max: 3 });
  pools.push(pool);
  return new DeadlineTimers(pool, storeOf(pool), {
    ...options,
    nowSql: '(SELECT at FROM deadlines.drill_clock)',
  });
}

async function setClock(at: string | number): Promise<void> {
  await harness.pool.query('UPDATE deadlines.drill_clock SET at = $1', [new Date(at)]);
}

/** Moments of the timers of one rule, in order. */
async function timersOf(rule: string): Promise<{ id: string; rung: string; at: Date }[]> {
  const { rows } = await harness.pool.query(
    `SELECT o.id, t.rung, t.fires_at AS at FROM deadlines.timers t JOIN deadlines.obligations o ON o.id = t.obligation_id
     WHERE o.rule = $1 ORDER BY t.fires_at, t.rung, o.id`,
    [rule],
  );
  return rows;
}

const told = async (rule = TERM): Promise<ObligationAlerted[]> =>
  (await harness.alerts()).filter((alert) => alert.rule === rule);

/** A tip accepted an hour ago: its 20 days for verification lie ahead. */
const acceptedTip = (): TipStory =>
  new TipStory().received(fromNow(-2 * HOUR), { noticesTracked: false }).accepted(fromNow(-HOUR));

beforeAll(async () => {
  harness = await deadlinesHarness();
  await harness.pool.query(
    'CREATE TABLE deadlines.drill_clock (at timestamptz); INSERT INTO deadlines.drill_clock VALUES (now())',
  );
});

afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
  await harness.pool.query(
    'TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers, deadlines.events, deadlines.commands',
  );
});

afterAll(() => harness.drop());

describe('alerts before a deadline', () => {
  it('rise rung by rung, each once, in order, up to the breach', async () => {
    await harness.deliver(acceptedTip().events);
    const ladder = await timersOf(TERM);
    expect(ladder.map(({ rung }) => rung)).toEqual(['d7', 'd5', 'd3', 'd1', 'due', 'breach']);
    const timers = instance();
    for (const { at } of ladder) {
      await setClock(at.getTime() + 1);
      await timers.drain();
      await timers.drain();
    }
    const alerts = await told();
    expect(alerts.map(({ rung }) => rung)).toEqual(['d7', 'd5', 'd3', 'd1', 'due']);
    expect(alerts.every(({ overtaken }) => !overtaken)).toBe(true);
    expect(alerts[0]).toMatchObject({ obligationId: ladder[0]!.id, unitCode: 'PC-80', supervisedBy: 'VKS-80' });
    expect((await harness.breaches()).filter(({ rule }) => rule === TERM)).toHaveLength(1);
    expect(await timersOf(TERM)).toEqual([]);
  });

  it('of a term in hours come 6 hours and 1 hour before, and when it is due', async () => {
    await harness.deliver(new TipStory().received(fromNow(-HOUR), { noticesTracked: false }).events);
    const rungs = (await timersOf('TTLT17-8-CLASSIFY')).map(({ rung }) => rung);
    expect(rungs).toEqual(['h6', 'h1', 'due', 'breach']);
  });

  it('never early: not a microsecond before the moment has passed', async () => {
    await harness.deliver(acceptedTip().events);
    const [first] = await timersOf(TERM);
    const timers = instance();
    await setClock(first!.at.getTime());
    await timers.drain();
    expect(await told()).toEqual([]);
    await harness.pool.query(`UPDATE deadlines.drill_clock SET at = at + interval '1 microsecond'`);
    await timers.drain();
    expect((await told()).map(({ rung }) => rung)).toEqual(['d7']);
  });

  it('downtime: after three days all missed rungs are recorded in order, only the most urgent is told', async () => {
    await harness.deliver(acceptedTip().events);
    const ladder = await timersOf(TERM);
    await setClock(ladder[3]!.at.getTime() + HOUR);
    // A batch that ends between the rungs of one duty changes nothing.
    await instance({ batchSize: 2 }).drain();
    expect((await told()).map(({ rung, overtaken }) => [rung, overtaken])).toEqual([
      ['d7', true],
      ['d5', true],
      ['d3', true],
      ['d1', false],
    ]);
  });

  it('downtime: a reader of events that was away three days tells the rungs that it missed', async () => {
    const received = fromNow(-3 * DAY);
    await harness.deliver(new TipStory().received(received, { noticesTracked: false }).events);
    await setClock(Date.now());
    await instance().drain();
    const alerts = await told('TTLT17-8-CLASSIFY');
    expect(alerts.map(({ rung }) => rung)).toEqual(['h6', 'h1', 'due']);
    // The breach of the same duty has passed as well and tells more.
    expect(alerts.every(({ overtaken }) => overtaken)).toBe(true);
  });

  it('downtime: imported history raises no alert, what is still ahead of it does', async () => {
    const old = new TipStory()
      .received('2024-01-05T08:00:00+07:00', { noticesTracked: false })
      .accepted('2024-01-05T09:00:00+07:00');
    const recent = new TipStory()
      .received(fromNow(-16 * DAY), { noticesTracked: false })
      .accepted(fromNow(-16 * DAY + HOUR));
    for (const { meta } of [...old.events, ...recent.events]) meta.recordedAt = fromNow(0);
    await harness.deliver([...old.events, ...recent.events]);
    const ahead = (await timersOf(TERM)).filter(({ rung }) => rung !== 'breach');
    expect(ahead.length).toBeGreaterThan(0);
    expect(ahead.length).toBeLessThan(5);
    expect(ahead.every(({ at }) => at.getTime() > Date.now())).toBe(true);
    expect(new Set(ahead.map(({ id }) => id)).size).toBe(1);
  });

  it('two instances: fire each rung once, in order', async () => {
    await harness.deliver(Array.from({ length: 40 }, acceptedTip).flatMap(({ events }) => events));
    const ladder = await timersOf(TERM);
    await setClock(ladder.at(-1)!.at.getTime() + 1);
    const instances = Array.from({ length: 3 }, () => instance({ batchSize: 7 }));
    while ((await timersOf(TERM)).length > 0) await Promise.all(instances.map((timers) => timers.drain()));
    const alerts = await told();
    expect(alerts).toHaveLength(200);
    expect(new Set(alerts.map(({ obligationId, rung }) => `${obligationId} ${rung}`)).size).toBe(200);
    const moments = (await harness.alerts()).map(({ at }) => Date.parse(at));
    expect(moments).toEqual([...moments].sort((a, b) => a - b));
  });

  it('killed between firing and recording: nothing is lost and nothing comes twice', async () => {
    await harness.deliver(acceptedTip().events);
    const [first, second] = await timersOf(TERM);
    class KilledStore extends EventStore {
      override async appendIn(tx: PoolClient, commands: readonly AppendCommand[]): Promise<AppendVerdict[]> {
        const verdicts = await super.appendIn(tx, commands);
        await tx.query('SELECT pg_terminate_backend(pg_backend_pid())');
        return verdicts;
      }
    }
    await setClock(first!.at.getTime() + 1);
    const killed = instance({}, (pool) => new KilledStore({ pool, schema: SCHEMA }));
    await expect(killed.drain()).rejects.toThrow();
    expect(await harness.alerts()).toEqual([]);
    await instance().drain();
    // The same timer set again, beside one that is new: the told one stays silent, the new one is told.
    await harness.pool.query(`INSERT INTO deadlines.timers (obligation_id, rung, fires_at) VALUES ($1, 'd7', $2)`, [
      first!.id,
      first!.at,
    ]);
    await setClock(second!.at.getTime() + 1);
    await instance().drain();
    expect((await told()).map(({ rung }) => rung)).toEqual(['d7', 'd5']);
  });

  it('killed between firing and recording: a rebuild sets the rungs ahead again and tells no rung twice', async () => {
    const tip = acceptedTip();
    await harness.deliver(tip.events);
    const [first] = await timersOf(TERM);
    await setClock(first!.at.getTime() + 1);
    await instance().drain();
    const before = await timersOf(TERM);
    const alerts = await harness.alerts();
    await harness.pool.query('TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers');
    await harness.deliver(tip.events);
    await instance().drain();
    expect(await harness.alerts()).toEqual(alerts);
    expect(await timersOf(TERM)).toEqual(before);
  });

  it('moved deadline: the rungs of the old one are cancelled, those of the new one are told', async () => {
    const tip = acceptedTip();
    await harness.deliver(tip.events);
    const before = await timersOf(TERM);
    tip.prolonged(fromNow(-1_000));
    await harness.deliver(tip.events.slice(-1));
    const { rows } = await harness.pool.query<{ rule: string }>(
      `SELECT DISTINCT rule FROM deadlines.obligations WHERE id = $1`,
      [before[0]!.id],
    );
    const after = await timersOf(rows[0]!.rule);
    expect(after.map(({ rung }) => rung)).toEqual(['d7', 'd5', 'd3', 'd1', 'due', 'breach']);
    const timers = instance();
    await setClock(before.at(-1)!.at.getTime() + 1);
    await timers.drain();
    expect((await harness.alerts()).filter(({ rule }) => rule.startsWith('CPC-147'))).toEqual([]);
    await setClock(after[0]!.at.getTime() + 1);
    await timers.drain();
    expect(await told(rows[0]!.rule)).toHaveLength(1);
  });

  it('moved deadline: what was done is alerted no more, what is late stays a breach to come', async () => {
    const tip = acceptedTip();
    await harness.deliver(tip.events);
    await harness.deliver(tip.declined(fromNow(-1_000)).events.slice(-1));
    expect(await timersOf(TERM)).toEqual([]);
  });

  it('moved deadline: a duty done while its reader is behind is told by nobody', async () => {
    await harness.deliver(new CaseStory().opened(fromNow(-HOUR)).events);
    await harness.pool.query(`UPDATE deadlines.obligations SET state = 'done'`);
    await setClock(Date.now() + 400 * DAY);
    await instance().drain();
    expect(await harness.alerts()).toEqual([]);
  });
});
