import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { topicContents } from '../../libs/messaging/src/kafka/testing/topic-contents.js';
import { Course, outcomeOf } from '../support/course.js';
import { isAlive, startDistributedSystem } from '../support/distributed.js';
import type { DistributedSystem } from '../support/distributed.js';
import { decisionOn, eventually, hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { Answer } from '../support/system.js';
import { liveDashboard } from '../support/live-dashboard.js';

/** Generous: what is judged is that it happens; how fast is printed. */
const LIMIT_MS = 60_000;
/** What nobody may wait longer for, on a machine that does everything else at the same time. */
const ANSWER_MS = 5_000;

const INFORMANT = {
  name: 'Lâm Thị Tuyệt Mật',
  phone: '0987000111',
  address: 'số 7 hẻm Không Ai Biết',
  idNumber: '072000999888',
};
const TEXT = 'Đối tượng Hắc Phong giấu xe trong kho lạnh';

describe('the five services over Kafka', () => {
  let system: DistributedSystem;
  const now = Date.now();
  const at = (hours: number) => hoursAgo(hours, now);
  const period = { from: at(24 * 30).slice(0, 10), to: at(-24).slice(0, 10) };

  beforeAll(async () => {
    system = await startDistributedSystem();
    const done = await importFiles(system, { 'units.csv': UNITS_CSV });
    expect(done).toMatchObject({ state: 'done', files: [{ kind: 'units', accepted: 8, rejected: 0 }] });
  }, 240_000);

  afterAll(() => system?.cleanUp(), 60_000);

  it(
    'come to the same result as one process',
    async () => {
      const course = new Course(system, at);
      await course.run({ content: TEXT, informant: INFORMANT }, LIMIT_MS);

      const alone = await startSystem();
      try {
        await importFiles(alone, { 'units.csv': UNITS_CSV });
        const same = new Course(alone, at);
        await same.run({ content: TEXT, informant: INFORMANT }, LIMIT_MS);
        await alone.host.settled(LIMIT_MS);
        const expected = await outcomeOf(alone, same, period);
        expect(expected).toMatchObject({ tip: { status: 'initiated' }, case: { status: 'prosecuted' } });
        const outcome = await lastOf(
          () => outcomeOf(system, course, period),
          (answer) => JSON.stringify(answer) === JSON.stringify(expected),
        );
        expect(outcome).toEqual(expected);
      } finally {
        await alone.stop();
      }
    },
    3 * LIMIT_MS,
  );

  it(
    'put nothing of the informant and of the text on Kafka or in their logs',
    async () => {
      const records = await topicContents(system.brokers, LIMIT_MS);
      const types = records.map(({ value }) => (JSON.parse(value) as { type: string }).type);
      expect(types).toEqual(expect.arrayContaining(['CrimeTipReceived', 'ExtensionGranted', 'ProsecutionDecided']));
      const needles = [...Object.values(INFORMANT), TEXT];
      const leaks = records.filter((record) => needles.some((needle) => JSON.stringify(record).includes(needle)));
      expect(leaks).toEqual([]);
      expect(needles.filter((needle) => system.logs().includes(needle))).toEqual([]);
    },
    2 * LIMIT_MS,
  );

  it(
    'show a decision on the leader’s dashboard while it is looked at',
    async () => {
      const tips = await Promise.all(Array.from({ length: 12 }, (_, index) => acceptedTip(`live-${index}`)));
      const query = `unit=PC-80&from=${period.from}&to=${period.to}`;
      const live = await liveDashboard(system, 'leader', query);
      try {
        const resolved = () => live.latest()?.indicators.find(({ id }) => id === 'R2')?.numerator ?? 0;
        await live.until(() => (live.latest()?.open ?? 0) >= tips.length, LIMIT_MS);
        const waits: number[] = [];
        for (const tip of tips) {
          const before = resolved();
          const began = performance.now();
          const answer = await system.call('investigator', 'POST', `/api/tips/${tip}/decline-to-initiate`, {
            happenedAt: at(5),
            administrativeReferral: false,
            decision: decisionOn(at(5)),
          });
          expect(answer.status).toBe(200);
          await live.until(() => resolved() > before, LIMIT_MS);
          waits.push(performance.now() - began);
        }
        waits.sort((a, b) => a - b);
        report('decision to dashboard, ms', { median: waits[waits.length >> 1], slowest: waits.at(-1) });
        expect(waits.at(-1)).toBeLessThan(ANSWER_MS);
      } finally {
        live.close();
      }
    },
    2 * LIMIT_MS,
  );

  it(
    'lose nothing that was acknowledged when one of them is killed, and open each case once',
    async () => {
      const before = await caseIds();
      const acknowledged: string[] = [];
      const initiated: string[] = [];
      let wasAway = 0;
      /** Repeats a command under its key until it is acknowledged, as a desk does that got no answer. */
      const insist = async (path: string, body: unknown, key: string): Promise<Answer['body']> => {
        for (;;) {
          const answer = await system
            .call('investigator', 'POST', path, body, { 'idempotency-key': key })
            .catch((error: Error) => error);
          if (!(answer instanceof Error) && answer.status < 300) return answer.body;
          if (!(answer instanceof Error) && answer.status !== 503) {
            throw new Error(`${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
          }
          wasAway += 1;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      };
      const openCase = async (index: number) => {
        const { id } = await insist(
          '/api/cases',
          {
            unitCode: 'PC-80',
            initiatedAt: at(30),
            category: 'theft',
            offence: { article: 173, clause: 1 },
            accusedCount: 1,
          },
          `killed-case-${index}`,
        );
        acknowledged.push(id);
        await insist(
          `/api/cases/${id}/conclude-investigation`,
          { happenedAt: at(20), proposesProsecution: true },
          `killed-conclusion-${index}`,
        );
      };
      const initiate = async (index: number) => {
        const tip = await acceptedTip(`killed-${index}`);
        const body = { happenedAt: at(8), offence: { article: 173, clause: 1 }, decision: decisionOn(at(8)) };
        initiated.push((await insist(`/api/tips/${tip}/initiate`, body, `killed-initiate-${index}`)).caseId);
      };
      const work = Array.from(
        { length: 36 },
        (_, index) => () => (index % 3 === 0 ? initiate(index) : openCase(index)),
      );
      let kill: Promise<void> | undefined;
      const worker = async () => {
        for (let task = work.shift(); task; task = work.shift()) {
          if (acknowledged.length >= 6) kill ??= system.drill('kill', 'prosecution');
          await task();
        }
      };
      const workers = Promise.all(Array.from({ length: 4 }, worker));
      await eventually(async () => kill !== undefined, Boolean, LIMIT_MS);
      await kill;
      await system.drill('start', 'prosecution');
      await workers;

      expect(wasAway).toBeGreaterThan(0);
      expect(acknowledged).toHaveLength(24);
      const expected = [...before, ...acknowledged, ...initiated].sort();
      const opened = await lastOf(caseIds, (ids) => ids.length >= expected.length);
      expect(opened).toEqual(expected);
      for (const id of [...acknowledged, ...initiated]) {
        const { items } = (await system.call('prosecutor', 'GET', `/api/cases/${id}/history`)).body;
        const types = items.map(({ type }: { type: string }) => type);
        expect(types).toEqual(
          acknowledged.includes(id) ? ['CriminalCaseOpened', 'InvestigationConcluded'] : ['CriminalCaseOpened'],
        );
      }
    },
    3 * LIMIT_MS,
  );

  it(
    'go on without Kafka for 20 seconds, and then catch up with every tip once',
    async () => {
      const figure = async () => {
        const query = `from=${period.from}&to=${period.to}&unit=PC-80`;
        const { body } = await system.call('leader', 'GET', `/api/indicators?${query}`);
        return body.indicators.find(({ id }: { id: string }) => id === 'R1').open as number;
      };
      const before = await figure();
      await system.drill('stop', 'kafka');
      const stoppedAt = performance.now();
      const tips: string[] = [];
      const waits: number[] = [];
      const timed = async (ask: () => Promise<Answer>, status: number) => {
        const began = performance.now();
        const answer = await ask();
        waits.push(performance.now() - began);
        expect({ status: answer.status, body: answer.body }).toMatchObject({ status });
        return answer.body;
      };
      while (performance.now() - stoppedAt < 20_000) {
        const { id } = await timed(() => system.call('desk', 'POST', '/api/tips', tipBody(hoursAgo(1))), 201);
        tips.push(id);
        const act = { happenedAt: hoursAgo(0.5), competent: true, urgent: false, category: 'theft' };
        await timed(() => system.call('desk', 'POST', `/api/tips/${id}/classify`, act), 200);
        // The desk sees its own work at once, broker or not.
        const seen = await timed(() => system.call('desk', 'GET', `/api/tips/${id}`), 200);
        expect(seen).toMatchObject({ status: 'classified', version: 2 });
        const list = await timed(() => system.call('desk', 'GET', '/api/tips?limit=1&sort=received'), 200);
        expect(list.items[0]).toMatchObject({ status: 'classified' });
        const opened = {
          unitCode: 'PC-80',
          initiatedAt: at(30),
          category: 'theft',
          offence: { article: 173, clause: 1 },
          accusedCount: 1,
        };
        const { id: caseId } = await timed(() => system.call('investigator', 'POST', '/api/cases', opened), 201);
        await timed(() => system.call('prosecutor', 'GET', `/api/cases/${caseId}`), 200);
        await timed(() => system.call('leader', 'GET', `/api/obligations?unit=PC-80&limit=1`), 200);
        await new Promise((resolve) => setTimeout(resolve, 400));
      }
      await system.drill('start', 'kafka');
      waits.sort((a, b) => a - b);
      report('answers without Kafka, ms', {
        count: waits.length,
        median: waits[waits.length >> 1],
        slowest: waits.at(-1),
      });
      expect(waits.at(-1)).toBeLessThan(ANSWER_MS);

      const began = performance.now();
      for (const id of tips) {
        const duties = await eventually(
          () => system.call('desk', 'GET', `/api/tips/${id}/obligations`),
          ({ body }) => body.items?.some(({ status }: { status: string }) => status === 'done'),
          LIMIT_MS,
        );
        const rules = duties.body.items.map(({ rule }: { rule: string }) => rule);
        expect(rules.filter((rule: string) => rule === 'TTLT17-8-CLASSIFY')).toHaveLength(1);
        expect(new Set(rules).size).toBe(rules.length);
      }
      expect(await lastOf(figure, (open) => open >= before + tips.length)).toBe(before + tips.length);
      report('caught up after Kafka came back, ms', { tips: tips.length, after: performance.now() - began });
      const query = `from=${period.from}&to=${period.to}&unit=PC-80&part=open&limit=200`;
      const { items, total } = (await system.call('leader', 'GET', `/api/indicators/R1/matters?${query}`)).body;
      const listed = items.map(({ matterId }: { matterId: string }) => matterId);
      expect(total).toBe(before + tips.length);
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining(tips));
    },
    3 * LIMIT_MS,
  );

  it('end together at Ctrl-C and leave no process', async () => {
    expect(system.logs()).toContain(`Tin Báo is ready: ${system.url}`);
    expect(system.pids().filter(isAlive).length).toBeGreaterThanOrEqual(7);
    const began = performance.now();
    expect(await system.interrupt()).toBe(0);
    report('stopped, ms', { after: performance.now() - began });
    expect(system.pids().filter(isAlive)).toEqual([]);
  }, 60_000);

  /** A tip that the provincial police received, classified and accepted. */
  async function acceptedTip(key: string): Promise<string> {
    const body = tipBody(at(100), { unitCode: 'PC-80', offence: { article: 173, clause: 1 } });
    const received = await system.call('investigator', 'POST', '/api/tips', body, { 'idempotency-key': key });
    const { id } = received.body;
    for (const [act, more] of [
      ['classify', { happenedAt: at(99), competent: true, urgent: false, category: 'theft' }],
      ['accept', { happenedAt: at(98) }],
    ] as const) {
      const answer = await system.call('investigator', 'POST', `/api/tips/${id}/${act}`, more);
      expect({ act, status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
    }
    return id;
  }

  async function caseIds(): Promise<string[]> {
    const { items } = (await system.call('prosecutor', 'GET', '/api/cases?limit=200')).body;
    return items.map(({ id }: { id: string }) => id).sort();
  }
});

/** Asks until an answer fits or time runs out; the last answer, for the assertion to show. */
async function lastOf<T>(ask: () => Promise<T>, fits: (answer: T) => boolean): Promise<T> {
  let last: T | undefined;
  await eventually(async () => (last = await ask()), fits, LIMIT_MS).catch(() => undefined);
  return last as T;
}

function report(what: string, figures: Record<string, number | undefined>): void {
  const rounded = Object.entries(figures).map(([name, value]) => `${name} ${Math.round(value ?? 0)}`);
  process.stdout.write(`${what}: ${rounded.join(', ')}\n`);
}
