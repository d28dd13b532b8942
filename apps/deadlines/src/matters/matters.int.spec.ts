import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { DeliveredEvent } from '@app/messaging';
import { CaseStory, deadlinesHarness, type Harness, PROCURACY, PROVINCE, TipStory } from '../testing/harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await deadlinesHarness();
});
afterEach(() => clear());
afterAll(() => harness.drop());

async function clear(): Promise<void> {
  await harness.pool.query('TRUNCATE deadlines.matters, deadlines.obligations, deadlines.timers');
}

interface Owed {
  id: string;
  rule: string;
  state: string;
  safe_by: string;
  due: string;
  latest_arguable: string;
  done_at: string | null;
  generation: number;
  superseded: { due: string; supersededBy: string }[];
  unit_code: string;
  supervised_by: string;
  received_by: string;
  breach_at: Date | null;
  matter_number: string | null;
}

async function owed(matterId: string, rule: string): Promise<Owed[]> {
  const { rows } = await harness.pool.query<Owed>(
    'SELECT * FROM deadlines.obligations WHERE matter_id = $1 AND rule = $2 ORDER BY late_from, key',
    [matterId, rule],
  );
  return rows;
}

async function only(matterId: string, rule: string): Promise<Owed> {
  const rows = await owed(matterId, rule);
  expect(rows.map((row) => row.rule)).toEqual([rule]);
  return rows[0]!;
}

const RECEIVED = '2026-01-05T08:00:00+07:00';
const CLASSIFIED = '2026-01-05T15:00:00+07:00';
const ACCEPTED = '2026-01-06T08:00:00+07:00';
const ASSIGNED = '2026-01-07T08:00:00+07:00';

/** A provincial tip under verification. */
const verified = (): TipStory =>
  new TipStory()
    .received(RECEIVED, { unitCode: PROVINCE, unitLevel: 'province' })
    .classified(CLASSIFIED)
    .accepted(ACCEPTED)
    .assigned(ASSIGNED);

const RULES: { rule: string; opened: () => TipStory | CaseStory; doneBy: (story: never) => unknown; due: string }[] = [
  {
    rule: 'TTLT17-8-CLASSIFY',
    opened: () => new TipStory().received(RECEIVED),
    doneBy: (tip: TipStory) => tip.classified(CLASSIFIED),
    due: '2026-01-06T08:00:00+07:00',
  },
  {
    rule: 'TTLT17-8-5A',
    opened: () => new TipStory().received(RECEIVED).classified(CLASSIFIED, { urgent: true }),
    doneBy: (tip: TipStory) => tip.transferred('2026-01-05T16:00:00+07:00'),
    due: '2026-01-06T08:00:00+07:00',
  },
  {
    rule: 'TTLT17-8-5B',
    opened: () => new TipStory().received(RECEIVED).classified(CLASSIFIED),
    doneBy: (tip: TipStory) => tip.transferred('2026-01-08T16:00:00+07:00'),
    due: '2026-01-12',
  },
  {
    rule: 'CPC-146-5',
    opened: () => new TipStory().received(RECEIVED),
    doneBy: (tip: TipStory) => tip.noticeSent('2026-01-06T09:00:00+07:00', 'receipt', 'procuracy'),
    due: '2026-01-08',
  },
  {
    rule: 'TTLT17-14-1',
    opened: () => new TipStory().received(RECEIVED),
    doneBy: (tip: TipStory) =>
      tip
        .noticeSent('2026-01-06T09:00:00+07:00', 'receipt', 'procuracy')
        .noticeSent('2026-01-06T10:00:00+07:00', 'receipt', 'informant'),
    due: '2026-01-08',
  },
  {
    rule: 'TTLT17-9',
    opened: () => new TipStory().received(RECEIVED).classified(CLASSIFIED).accepted(ACCEPTED),
    doneBy: (tip: TipStory) =>
      tip.assigned(ASSIGNED).noticeSent('2026-01-07T09:00:00+07:00', 'assignment', 'procuracy'),
    due: '2026-01-09',
  },
  {
    rule: 'CPC-147-1',
    opened: verified,
    doneBy: (tip: TipStory) => tip.declined('2026-01-20T08:00:00+07:00'),
    due: '2026-01-26',
  },
  {
    rule: 'CPC-147-1',
    opened: verified,
    doneBy: (tip: TipStory) => tip.initiated('2026-01-20T08:00:00+07:00'),
    due: '2026-01-26',
  },
  {
    rule: 'CPC-147-1',
    opened: verified,
    doneBy: (tip: TipStory) => tip.suspended('2026-01-27T08:00:00+07:00'),
    due: '2026-01-26',
  },
  {
    rule: 'CPC-148-2-SEND',
    opened: () => verified().suspended('2026-01-27T08:00:00+07:00'),
    doneBy: (tip: TipStory) =>
      tip
        .noticeSent('2026-01-27T09:00:00+07:00', 'suspension', 'procuracy')
        .noticeSent('2026-01-27T10:00:00+07:00', 'suspension', 'informant'),
    due: '2026-01-28T08:00:00+07:00',
  },
  {
    rule: 'CPC-149-1',
    opened: () => verified().suspended('2026-01-27T08:00:00+07:00').resumed('2026-03-31T08:00:00+07:00'),
    doneBy: (tip: TipStory) => tip.declined('2026-04-20T08:00:00+07:00'),
    due: '2026-05-04',
  },
  {
    rule: 'CPC-149-2',
    opened: () => verified().suspended('2026-01-27T08:00:00+07:00').resumed('2026-03-31T08:00:00+07:00'),
    doneBy: (tip: TipStory) =>
      tip
        .noticeSent('2026-04-01T09:00:00+07:00', 'resumption', 'procuracy')
        .noticeSent('2026-04-01T10:00:00+07:00', 'resumption', 'informant'),
    due: '2026-04-03',
  },
  {
    rule: 'CPC-240-1',
    opened: () =>
      new CaseStory()
        .opened('2026-01-05T08:00:00+07:00')
        .concluded('2026-02-20T08:00:00+07:00')
        .fileReceived('2026-02-23T08:00:00+07:00'),
    doneBy: (one: CaseStory) => one.decided('2026-03-10T08:00:00+07:00'),
    due: '2026-03-15',
  },
];

describe('each wired rule', () => {
  it.each(RULES.map((one) => [one.rule, one] as const))(
    '%s is owed from its trigger and done by its act',
    async (rule, { opened, doneBy, due }) => {
      const story = opened();
      const id = 'tipId' in story ? story.tipId : story.caseId;
      await harness.deliver(story.events);
      const open = await owed(id, rule);
      expect(open.length).toBeGreaterThan(0);
      for (const row of open) expect(row).toMatchObject({ state: 'open', done_at: null, due });
      const before = story.events.length;
      doneBy(story as never);
      await harness.deliver(story.events.slice(before));
      const done = await owed(id, rule);
      expect(done.map((row) => row.id)).toEqual(open.map((row) => row.id));
      for (const row of done) expect(row).toMatchObject({ state: 'done', done_at: expect.any(String) });
    },
  );

  it('CPC-240-1 is extended by the head of the procuracy; the first deadline stays on record', async () => {
    const one = new CaseStory()
      .opened('2026-01-05T08:00:00+07:00')
      .numbered('7', 2026)
      .concluded('2026-02-20T08:00:00+07:00')
      .fileReceived('2026-02-23T08:00:00+07:00')
      .termExtended('2026-03-12T08:00:00+07:00');
    await harness.deliver(one.events);
    const row = await only(one.caseId, 'CPC-240-1');
    expect(row).toMatchObject({ due: '2026-03-25', generation: 2, matter_number: '7' });
    expect(row.superseded).toEqual([expect.objectContaining({ due: '2026-03-15' })]);
  });

  it('an imported register tracks no notices, so none are owed', async () => {
    const tip = new TipStory().received(RECEIVED, { noticesTracked: false });
    await harness.deliver(tip.events);
    expect(await owed(tip.tipId, 'CPC-146-5')).toEqual([]);
    expect(await owed(tip.tipId, 'TTLT17-14-1')).toEqual([]);
  });

  it('a conclusion that proposes no prosecution owes no delivery that nothing could record', async () => {
    const one = new CaseStory().opened('2026-01-05T08:00:00+07:00').concluded('2026-02-20T08:00:00+07:00', false);
    await harness.deliver(one.events);
    expect(await owed(one.caseId, 'CPC-232-4')).toEqual([]);
  });

  it('a case that an imported tip opened owes nothing until its register or an act speaks of it', async () => {
    const opened = new CaseStory().opened('2019-01-05T08:00:00+07:00', { followed: false });
    await harness.deliver(opened.events);
    expect(await owed(opened.caseId, 'CPC-172')).toEqual([]);
    opened.numbered('8', 2019);
    await harness.deliver(opened.events.slice(1));
    expect(await owed(opened.caseId, 'CPC-172')).toHaveLength(1);
  });
});

describe('a deadline that is replaced', () => {
  const extended = (): TipStory =>
    verified()
      .prolonged('2026-01-20T08:00:00+07:00')
      .extensionRequested('2026-02-25T08:00:00+07:00')
      .extensionGranted('2026-02-27T08:00:00+07:00');

  it('keeps every version, its identity and a higher generation', async () => {
    const tip = extended();
    const seen: Owed[] = [];
    for (const event of tip.events) {
      await harness.deliver([event]);
      seen.push(...(await owed(tip.tipId, 'CPC-147-1')));
    }
    expect(new Set(seen.map((row) => row.id)).size).toBe(1);
    const generations = seen.map((row) => row.generation);
    expect(generations).toEqual([...generations].sort((a, b) => a - b));
    const row = await only(tip.tipId, 'CPC-147-1');
    expect(row.generation).toBe(3);
    expect(row.superseded.map(({ due }) => due)).toEqual(['2026-01-26', '2026-03-06']);
    expect(row.due).toBe('2026-05-06');
  });

  it('follows the dates printed on the decision', async () => {
    const tip = verified()
      .prolonged('2026-01-20T08:00:00+07:00')
      .extensionRequested('2026-02-25T08:00:00+07:00')
      .extensionGranted('2026-02-27T08:00:00+07:00', { from: '2026-03-06', to: '2026-04-20' });
    await harness.deliver(tip.events);
    expect((await only(tip.tipId, 'CPC-147-1')).due).toBe('2026-04-20');
  });

  it('knows an extension by its echo in the tip where the grant itself is not on record', async () => {
    const real = extended();
    await harness.deliver(real.events);
    const expected = await only(real.tipId, 'CPC-147-1');
    await clear();
    const imported = verified()
      .prolonged('2026-01-20T08:00:00+07:00')
      .extensionRequested('2026-02-25T08:00:00+07:00')
      .verificationExtended('2026-02-27T08:00:00+07:00');
    await harness.deliver(imported.events);
    const echoed = await only(imported.tipId, 'CPC-147-1');
    expect([echoed.due, echoed.generation, echoed.superseded]).toEqual([
      expected.due,
      expected.generation,
      expected.superseded,
    ]);
  });

  it('takes a grant and its echo as one extension', async () => {
    const tip = extended().verificationExtended('2026-02-27T08:00:05+07:00');
    await harness.deliver(tip.events);
    expect(await only(tip.tipId, 'CPC-147-1')).toMatchObject({ generation: 3, due: '2026-05-06' });
  });

  it('a refused extension moves nothing', async () => {
    const tip = verified()
      .prolonged('2026-01-20T08:00:00+07:00')
      .extensionRequested('2026-02-25T08:00:00+07:00')
      .extensionRefused('2026-02-27T08:00:00+07:00');
    await harness.deliver(tip.events);
    expect(await only(tip.tipId, 'CPC-147-1')).toMatchObject({ generation: 2, due: '2026-03-06' });
  });
});

describe('facts of two services', () => {
  /** Ways to merge two streams that keep the order within each. */
  function merges(a: DeliveredEvent[], b: DeliveredEvent[]): DeliveredEvent[][] {
    if (a.length === 0 || b.length === 0) return [[...a, ...b]];
    return [
      ...merges(a.slice(1), b).map((rest) => [a[0]!, ...rest]),
      ...merges(a, b.slice(1)).map((rest) => [b[0]!, ...rest]),
    ];
  }

  it('give the same rows in whatever order they arrive, in whatever batches', async () => {
    const tip = verified()
      .prolonged('2026-01-20T08:00:00+07:00')
      .extensionRequested('2026-02-25T08:00:00+07:00')
      .extensionGranted('2026-02-27T08:00:00+07:00')
      .verificationExtended('2026-02-27T08:00:05+07:00')
      .suspended('2026-05-07T08:00:00+07:00')
      .noticeSent('2026-05-07T09:00:00+07:00', 'suspension', 'procuracy')
      .resumed('2026-06-01T08:00:00+07:00')
      .declined('2026-06-20T08:00:00+07:00');
    const ofTip = tip.events.filter(({ topic }) => topic === 'intake.crime-tips');
    const ofProcuracy = tip.events.filter(({ topic }) => topic !== 'intake.crime-tips');
    await harness.deliver(tip.events);
    const expected = await harness.rows();
    expect(expected.length).toBeGreaterThan(5);
    let batchSize = 0;
    for (const order of merges(ofTip, ofProcuracy)) {
      await clear();
      batchSize = (batchSize % 4) + 1;
      await harness.deliver(order, batchSize);
      expect(await harness.rows()).toEqual(expected);
    }
  });

  it('a grant that is here before the tip owes nothing and waits', async () => {
    const tip = verified()
      .prolonged('2026-01-20T08:00:00+07:00')
      .extensionRequested('2026-02-25T08:00:00+07:00')
      .extensionGranted('2026-02-27T08:00:00+07:00');
    await harness.deliver(tip.events.slice(-1));
    expect(await harness.rows()).toEqual([]);
    await harness.deliver(tip.events.slice(0, -1), 1);
    expect((await only(tip.tipId, 'CPC-147-1')).due).toBe('2026-05-06');
  });
});

describe('responsibility', () => {
  it('goes to the body that acknowledged the transfer; the one that received the tip still sees it', async () => {
    const tip = new TipStory().received(RECEIVED).classified(CLASSIFIED).transferred('2026-01-08T16:00:00+07:00');
    await harness.deliver(tip.events);
    expect(await only(tip.tipId, 'TTLT17-8-5B')).toMatchObject({ unit_code: 'PC-80-25459', matter_number: '12/2026' });
    const before = tip.events.length;
    tip.acknowledged('2026-01-09T08:00:00+07:00');
    await harness.deliver(tip.events.slice(before));
    expect(await only(tip.tipId, 'TTLT17-8-5B')).toMatchObject({
      unit_code: PROVINCE,
      supervised_by: PROCURACY,
      received_by: 'PC-80-25459',
    });
  });
});

describe('what is kept', () => {
  it('holds no text of a tip and no name of a person', async () => {
    const tip = verified().prolonged('2026-01-20T08:00:00+07:00').extensionRequested('2026-02-25T08:00:00+07:00');
    await harness.deliver(tip.events);
    const { rows } = await harness.pool.query('SELECT m::text AS text FROM deadlines.matters m');
    expect(rows[0].text).not.toMatch(/sealed|Trưởng|dieutravien|canbo/);
  });
});
