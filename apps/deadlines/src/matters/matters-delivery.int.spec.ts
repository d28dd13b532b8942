import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { inTransaction } from '@app/event-store';
import { deadlinesHarness, type Harness, TipStory } from '../testing/harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await deadlinesHarness();
});
afterEach(() => clear());
afterAll(() => harness.drop());

async function clear(): Promise<void> {
  await harness.pool.query('TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers');
}

/** A provincial tip under verification. */
const verified = (): TipStory =>
  new TipStory()
    .received('2026-01-05T08:00:00+07:00')
    .classified('2026-01-05T15:00:00+07:00')
    .accepted('2026-01-06T08:00:00+07:00')
    .assigned('2026-01-07T08:00:00+07:00');

describe('delivery at least once', () => {
  const manyTips = (count: number): TipStory[] =>
    Array.from({ length: count }, (_, i) => {
      const day = String((i % 27) + 1).padStart(2, '0');
      const tip = new TipStory().received(`2026-01-${day}T08:00:00+07:00`).classified(`2026-01-${day}T09:00:00+07:00`);
      if (i % 2 === 0) tip.transferred(`2026-01-${day}T10:00:00+07:00`).acknowledged(`2026-01-${day}T11:00:00+07:00`);
      if (i % 2 === 0) tip.accepted(`2026-01-${day}T12:00:00+07:00`).assigned(`2026-01-${day}T13:00:00+07:00`);
      if (i % 4 === 0) tip.initiated(`2026-02-${day}T08:00:00+07:00`);
      return tip;
    });

  it('a second delivery changes nothing, not even the place of a row', async () => {
    const events = manyTips(30).flatMap((tip) => tip.events);
    await harness.deliver(events, 50);
    const places = async (): Promise<unknown[]> =>
      (
        await harness.pool.query(
          `SELECT 'o' AS t, id, ctid::text, xmin::text FROM deadlines.obligations
           UNION ALL SELECT 'm', matter_id, ctid::text, xmin::text FROM deadlines.matters
           UNION ALL SELECT 't', obligation_id, ctid::text, xmin::text FROM deadlines.timers ORDER BY 1, 2`,
        )
      ).rows;
    const before = await places();
    await harness.deliver(events, 50);
    await harness.deliver(events.slice(7, 40), 3);
    expect(await places()).toEqual(before);
  });

  it('rebuilt from the log, in other batches, the rows are equal to the byte', async () => {
    const events = manyTips(40).flatMap((tip) => tip.events);
    await harness.deliver(events, 3);
    const before = await harness.rows();
    await clear();
    await harness.deliver(events, 500);
    expect(await harness.rows()).toEqual(before);
  });

  it('a row that did not change is not written again', async () => {
    const tip = verified();
    await harness.deliver(tip.events);
    const versions = async (): Promise<Map<string, string>> =>
      new Map(
        (await harness.pool.query(`SELECT rule, xmin::text AS x FROM deadlines.obligations`)).rows.map((r) => [
          r.rule,
          r.x,
        ]),
      );
    const before = await versions();
    const seen = tip.events.length;
    tip.prolonged('2026-01-20T08:00:00+07:00');
    await harness.deliver(tip.events.slice(seen));
    const after = await versions();
    expect(after.get('TTLT17-8-CLASSIFY')).toBe(before.get('TTLT17-8-CLASSIFY'));
    expect(after.get('CPC-147-1')).not.toBe(before.get('CPC-147-1'));
  });

  it('a batch that fails leaves nothing behind', async () => {
    const tip = verified();
    await expect(
      inTransaction(harness.pool, async (tx) => {
        await harness.consumer.handle(tip.events, tx);
        throw new Error('the checkpoint could not be written');
      }),
    ).rejects.toThrow('checkpoint');
    expect(await harness.rows()).toEqual([]);
  });

  it('a batch costs four statements however many matters it holds, and at most a millisecond of this process a matter', async () => {
    await harness.deliver(manyTips(200).flatMap((tip) => tip.events));
    const events = manyTips(1_000).flatMap((tip) => tip.events);
    let statements = 0;
    // Its own processor time: the clock on the wall tells what else the machine does meanwhile.
    const before = process.cpuUsage();
    for (let from = 0; from < events.length; from += 500) {
      const batch = events.slice(from, from + 500);
      await inTransaction(harness.pool, async (tx) => {
        const query = jest.spyOn(tx, 'query');
        await harness.consumer.handle(batch, tx);
        statements = Math.max(statements, query.mock.calls.length);
        query.mockRestore();
      });
    }
    const { user, system } = process.cpuUsage(before);
    expect(statements).toBeLessThanOrEqual(4);
    expect((user + system) / 1_000 / 1_000).toBeLessThan(1);
  }, 60_000);
});
