import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { addDays, isWorkingDay, legalDateOf, nextWorkingDay, startOfLegalDay } from '@app/legal-time-limits';
import { run } from '../../apps/cli/src/main.js';
import { Course } from '../support/course.js';
import { decisionOn, eventually, hoursAgo, importFiles, tipBody, UNITS_CSV } from '../support/journey.js';
import { startSystem } from '../support/system.js';
import type { TestSystem } from '../support/system.js';

const DAY_HOURS = 24;

/** This very moment: a publication takes effect within a second, so whole seconds cannot tell before from after. */
const justNow = (): string => `${new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, -1)}+07:00`;

/** What every screen shows of a term: the dates that a lawyer reads. */
interface Dates {
  safeBy: string;
  due: string;
  latestArguable: string;
}

describe('one published law for every screen', () => {
  let system: TestSystem;
  /** Verification that runs for weeks yet, one whose twenty days are over, one that waits for an extension. */
  let running: string;
  let over: string;
  let asked: string;
  let course: Course;

  const call = async (client: string, method: string, path: string, body?: unknown, status = 200) => {
    const answer = await system.call(
      client,
      method,
      path,
      body,
      method === 'POST' ? { 'idempotency-key': randomUUID() } : {},
    );
    expect({ path, status: answer.status, body: answer.status === status ? '' : answer.body }).toEqual({
      path,
      status,
      body: '',
    });
    return answer.body;
  };
  const act = (tipId: string, name: string, body: object) =>
    call('investigator', 'POST', `/api/tips/${tipId}/${name}`, body);

  async function accepted(daysAgo: number): Promise<string> {
    const at = (hour: number) => hoursAgo(daysAgo * DAY_HOURS - hour);
    const { id } = await call('investigator', 'POST', '/api/tips', tipBody(at(0), { unitCode: 'PC-80' }), 201);
    await act(id, 'classify', { happenedAt: at(1), competent: true, urgent: false, category: 'theft' });
    await act(id, 'accept', { happenedAt: at(2) });
    return id;
  }

  const datesOnly = ({ safeBy, due, latestArguable }: Dates): Dates => ({ safeBy, due, latestArguable });

  async function owed(matter: string, rule: string): Promise<Dates> {
    const { items } = await call('leader', 'GET', `/api/${matter}/obligations`);
    return datesOnly(
      items.find((item: { rule: string; status: string }) => item.rule === rule && item.status !== 'cancelled'),
    );
  }

  /** First late moment by statistics, of the tips that are not resolved. */
  async function lateFrom(): Promise<Record<string, string>> {
    const day = legalDateOf(hoursAgo(0));
    const { items } = await call(
      'leader',
      'GET',
      `/api/indicators/R3/matters?part=denominator&from=${addDays(day, -60)}&to=${day}`,
    );
    return Object.fromEntries(
      items.map((item: { matterId: string; lateFrom: string }) => [item.matterId, item.lateFrom]),
    );
  }

  async function late(asOf?: string): Promise<number> {
    const day = legalDateOf(hoursAgo(0));
    const query = `from=${addDays(day, -60)}&to=${day}${asOf === undefined ? '' : `&asOf=${encodeURIComponent(asOf)}`}`;
    const { indicators } = await call('leader', 'GET', `/api/indicators?${query}`);
    return indicators.find(({ id }: { id: string }) => id === 'R3').numerator;
  }

  /** The same terms by the service that owes them and by the one that shows them; they must be equal. */
  async function shown() {
    const terms: Record<string, { owed: Dates; shown: Dates }> = {};
    const list = (await call('investigator', 'GET', '/api/tips?unit=PC-80')).items;
    for (const tipId of [running, over, asked]) {
      const { term } = await call('investigator', 'GET', `/api/tips/${tipId}`);
      const duty = await owed(`tips/${tipId}`, 'CPC-147-1');
      terms[`page ${tipId}`] = { owed: duty, shown: datesOnly(term) };
      terms[`list ${tipId}`] = {
        owed: duty,
        shown: datesOnly(list.find(({ id }: { id: string }) => id === tipId).term),
      };
      const from = (await lateFrom())[tipId];
      const end = startOfLegalDay(addDays(duty.latestArguable, 1));
      terms[`figure ${tipId}`] = {
        owed: { ...duty, latestArguable: end },
        shown: { ...duty, latestArguable: startOfLegalDay(legalDateOf(String(from))) },
      };
    }
    const [request] = (await call('prosecutor', 'GET', '/api/extension-requests?state=requested')).items;
    terms['request'] = { owed: await owed(`tips/${asked}`, 'TTLT17-11-2B'), shown: datesOnly(request.decideBy) };
    const matter = await call('prosecutor', 'GET', `/api/cases/${course.caseId}`);
    const [row] = (await call('prosecutor', 'GET', '/api/cases')).items;
    const duty = await owed(`cases/${course.caseId}`, 'CPC-240-1');
    terms['case page'] = { owed: duty, shown: datesOnly(matter.term) };
    terms['case list'] = { owed: duty, shown: datesOnly(row.term) };
    return terms;
  }

  const agree = (terms: Awaited<ReturnType<typeof shown>>): boolean =>
    Object.values(terms).every((one) => JSON.stringify(one.owed) === JSON.stringify(one.shown));

  const wanted = (terms: Awaited<ReturnType<typeof shown>>) =>
    Object.fromEntries(Object.entries(terms).map(([name, one]) => [name, { owed: one.owed, shown: one.owed }]));

  /** Publish these days as days off, year by year, as an operator does: previewed, counted, confirmed. */
  async function publish(days: readonly string[]): Promise<void> {
    const today = legalDateOf(hoursAgo(0));
    for (const year of new Set(days.map((day) => Number(day.slice(0, 4))))) {
      const { offDays, workingSaturdays } = await call('operator', 'GET', `/api/calendar-versions/years/${year}`);
      const added = days
        .filter((day) => day.startsWith(String(year)))
        .map((day) => ({ day, kind: 'holiday', name: { vi: 'Quốc tang', en: 'National mourning' } }));
      const draft = {
        year,
        offDays: [...offDays, ...added],
        workingSaturdays,
        document: { number: 'CV 1/VPCP', signedOn: today },
        announcedOn: today,
        correctsPast: true,
      };
      const { basedOn, moves } = await call('operator', 'POST', '/api/calendar-versions/preview', draft);
      const stated = { reason: 'Quốc tang, ngày nghỉ thêm', basedOn, confirmedMoves: moves };
      await call('operator', 'POST', '/api/calendar-versions', { ...draft, ...stated }, 201);
    }
  }

  beforeAll(async () => {
    system = await startSystem();
    await importFiles(system, { 'units.csv': UNITS_CSV });
    expect(await system.host.settled(30_000)).toBe(true);
    running = await accepted(3);
    over = await accepted(30);
    asked = await accepted(19);
    await act(asked, 'prolong', { happenedAt: hoursAgo(50), decision: decisionOn(hoursAgo(50)) });
    await act(asked, 'request-extension', { happenedAt: hoursAgo(2), reason: 'xác minh nhiều nơi' });
    course = new Course(system, hoursAgo);
    await course.receive();
    await course.classify();
    await course.transfer();
    await course.takeOn();
    await course.initiate();
    await course.openedCase();
    await course.concludeInvestigation();
    await course.receiveFile();
    expect(await system.host.settled(30_000)).toBe(true);
  }, 120_000);

  afterAll(() => system?.stop(), 60_000);

  let before: Awaited<ReturnType<typeof shown>>;
  let beforePublication = '';

  it('shows the same dates everywhere by the released law', async () => {
    before = await shown();
    expect(before).toEqual(wanted(before));
    expect(await late()).toBe(1);
    const happenedAt = hoursAgo(0);
    const prolong = { happenedAt, decision: decisionOn(happenedAt) };
    const refused = await system.call('investigator', 'POST', `/api/tips/${over}/prolong`, prolong);
    expect(refused.body).toMatchObject({ code: 'ProlongationAfterTimeLimit', facts: { rule: 'CPC-147-1' } });
    const { acts } = await call('investigator', 'GET', `/api/tips/${over}`);
    expect(acts.find((one: { act: string }) => one.act === 'prolong')).toMatchObject({ allowed: false });
  }, 60_000);

  it('shows other dates once days off are published, and again the same everywhere', async () => {
    const today = legalDateOf(hoursAgo(0));
    const duty = before[`page ${over}`]!.owed;
    const off = new Set(Object.values(before).map(({ owed: { latestArguable } }) => latestArguable.slice(0, 10)));
    // The term that was over ends after today now: every working day from its end to today is off.
    for (let day = duty.due; day <= today; day = addDays(day, 1)) off.add(day);
    beforePublication = justNow();
    await publish([...off].filter((day) => isWorkingDay(day)));
    const after = await eventually(
      shown,
      (terms) =>
        agree(terms) &&
        Object.keys(terms).every((name) => terms[name]!.owed.latestArguable !== before[name]!.owed.latestArguable),
      20_000,
    );
    expect(after).toEqual(wanted(after));
    expect(after[`page ${over}`]!.owed.latestArguable > today).toBe(true);
  }, 60_000);

  it('calculates by it from the command line when it is asked of the server, by the released law else', async () => {
    const { owed } = before[`page ${running}`]!;
    const start = addDays(owed.due, -20);
    const printed = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const of = async (...argv: string[]): Promise<Dates> => {
      printed.mockClear();
      expect(await run(['limit', 'CPC-147-1', '--start', start, '--json', ...argv])).toBe(0);
      return datesOnly(JSON.parse(String(printed.mock.calls[0]![0])) as Dates);
    };
    const byServer = await of('--server', system.url, '--client', 'leader:leader-demo');
    const released = await of();
    printed.mockRestore();
    expect(released).toEqual(owed);
    expect(byServer).toEqual((await shown())[`page ${running}`]!.owed);
  }, 30_000);

  it('lets the desk act by the law that is published now', async () => {
    const { acts } = await call('investigator', 'GET', `/api/tips/${over}`);
    expect(acts.find((one: { act: string }) => one.act === 'prolong')).toMatchObject({ allowed: true });
    const happenedAt = justNow();
    await act(over, 'prolong', { happenedAt, decision: decisionOn(happenedAt) });
  });

  it('shows the same everywhere once a limit is changed for terms that began on a day or later', async () => {
    const days = await shown();
    const today = legalDateOf(hoursAgo(0));
    const draft = {
      rule: 'CPC-147-1',
      from: legalDateOf(hoursAgo(4 * DAY_HOURS)),
      lengths: { limit: { n: 33, unit: 'd' } },
      document: { number: 'Luật 1/2026', signedOn: today },
      announcedOn: today,
    };
    const { basedOn, moves } = await call('operator', 'POST', '/api/rule-versions/preview', draft);
    const stated = { reason: 'Luật mới có hiệu lực', basedOn, confirmedMoves: moves };
    await call('operator', 'POST', '/api/rule-versions', { ...draft, ...stated }, 201);
    const dueBefore = days[`page ${running}`]!.owed.due;
    const after = await eventually(
      shown,
      (terms) => agree(terms) && terms[`page ${running}`]!.owed.due === addDays(dueBefore, 13),
      20_000,
    );
    expect(after).toEqual(wanted(after));
    expect(after[`page ${over}`]).toEqual(days[`page ${over}`]);
  }, 60_000);

  it('counts by it from then on, and leaves the figures of before as they were', async () => {
    expect(await late()).toBe(0);
    expect(await late(beforePublication)).toBe(1);
  });

  it('finds every read model equal to a fresh fold by the published law', async () => {
    expect(await system.host.settled(30_000)).toBe(true);
    const argv = ['verify', '--server', system.url, '--client', 'auditor:auditor-demo', '--json'];
    expect(await run(argv)).toBe(0);
  }, 90_000);

  it('judges what is entered late by the law of its time', async () => {
    // Refused by the law before the publication, although the newest would allow it.
    const late30 = await accepted(29);
    const happenedAt = `${addDays(nextWorkingDay(addDays(legalDateOf(hoursAgo(29 * DAY_HOURS)), 20)), 1)}T00:30:00+07:00`;
    const answer = await system.call('investigator', 'POST', `/api/tips/${late30}/prolong`, {
      happenedAt,
      decision: decisionOn(happenedAt),
    });
    expect(answer.body).toMatchObject({ code: 'ProlongationAfterTimeLimit' });
  }, 30_000);
});
