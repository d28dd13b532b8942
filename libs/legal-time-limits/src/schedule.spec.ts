import { describe, expect, it } from '@jest/globals';
import {
  amendedRow,
  amendRules,
  calculateLimit,
  calendarWith,
  changedDays,
  isWorkingDay,
  isYearPublished,
  LATEST_CALENDAR,
  type LimitRefusal,
  RELEASED_RULES,
  scheduleFaults,
  scheduleOf,
  versionsOf,
  type YearSchedule,
} from './index.js';

const published = { version: '2026-12-20.1', announcedOn: '2026-12-20', sources: ['CV 1/VPCP'] };
const plain = scheduleOf(LATEST_CALENDAR, 2027);
const BRIDGE = { day: '2027-09-03', kind: 'swap', name: { vi: 'Quốc khánh', en: 'National Day' } } as const;

describe('the schedule of a year', () => {
  it('starts from the holidays of the statute while none is published, each with its kind', () => {
    expect(plain.published).toBe(false);
    expect(plain.offDays.find(({ day }) => day === '2027-05-03')).toEqual({
      day: '2027-05-03',
      kind: 'compensation',
      name: { vi: 'Ngày Quốc tế lao động', en: 'International Labour Day' },
    });
    expect(scheduleFaults(plain)).toEqual([]);
  });

  it('reads a published year back as it was announced', () => {
    for (const { year, offWeekdays, workingSaturdays } of LATEST_CALENDAR.years) {
      const schedule = scheduleOf(LATEST_CALENDAR, year);
      expect(scheduleFaults(schedule)).toEqual([]);
      expect(schedule.offDays.filter(({ kind }) => kind === 'swap').map(({ day }) => day)).toEqual(
        workingSaturdays.map(({ insteadOf }) => insteadOf),
      );
      const again = calendarWith(LATEST_CALENDAR, schedule, published);
      expect(again.years.find((one) => one.year === year)!.offWeekdays).toEqual(offWeekdays);
      expect(changedDays(LATEST_CALENDAR, again, year)).toEqual([]);
    }
  });

  it('takes a swap and tells which days changed', () => {
    const swapped: YearSchedule = {
      ...plain,
      offDays: [...plain.offDays, BRIDGE],
      workingSaturdays: [{ day: '2027-08-28', insteadOf: BRIDGE.day }],
    };
    expect(scheduleFaults(swapped)).toEqual([]);
    const calendar = calendarWith(LATEST_CALENDAR, swapped, published);
    expect(changedDays(LATEST_CALENDAR, calendar, 2027)).toEqual([
      { day: '2027-08-28', works: true },
      { day: '2027-09-03', works: false },
    ]);
    expect([isWorkingDay('2027-09-03', calendar), isYearPublished(2027, calendar)]).toEqual([false, true]);
    expect(calculateLimit({ rule: 'CPC-149-1', start: '2027-08-03' }, { calendar })).toMatchObject({
      calendarVersion: '2026-12-20.1',
      due: '2027-09-06',
    });
  });

  it('names every fault at once, with its field and its day', () => {
    const faults = scheduleFaults({
      year: 2027,
      offDays: [
        ...plain.offDays.filter(({ day }) => day !== '2027-04-30'),
        BRIDGE,
        { ...BRIDGE, day: '2027-09-04' },
        { ...BRIDGE, day: '2028-01-03', kind: 'holiday' },
        { ...BRIDGE, day: '2027-01-01', kind: 'holiday' },
      ],
      workingSaturdays: [
        { day: '2027-08-27', insteadOf: '2027-09-02' },
        { day: '2027-08-28', insteadOf: '2027-09-04' },
      ],
    });
    expect(faults.map(({ field, constraint }) => `${field} ${constraint}`).sort()).toEqual(
      [
        `offDays.${plain.offDays.length - 1}.day pair`,
        `offDays.${plain.offDays.length}.day weekday`,
        `offDays.${plain.offDays.length + 1}.day day`,
        `offDays.${plain.offDays.length + 2}.day unique`,
        'workingSaturdays.0.day saturday',
        'workingSaturdays.0.insteadOf pair',
        'offDays holiday',
      ].sort(),
    );
    expect(faults.find(({ constraint }) => constraint === 'holiday')!.vi).toContain('30/04/2027');
    expect(scheduleFaults({ ...plain, year: 1999 })).toMatchObject([{ field: 'year' }]);
  });
});

describe('a later row of a rule', () => {
  const code = (work: () => unknown): unknown => {
    try {
      work();
      return null;
    } catch (error) {
      const { name, code: found, field } = error as LimitRefusal;
      return [name, found, field];
    }
  };

  it('comes beside the released ones and applies from its first day', () => {
    const rules = amendRules(
      RELEASED_RULES,
      {
        rule: 'CPC-147-1',
        from: '2027-07-01',
        lengths: { limit: { n: 15, unit: 'd' }, requestBefore: { n: 3, unit: 'd' } },
        prolongationTotal: { n: 45, unit: 'd' },
        cites: ['Luật 1/2027 147.1'],
      },
      'v1',
    );
    expect(calculateLimit({ rule: 'CPC-147-1', start: '2027-06-30' }, { rules })).toMatchObject({ due: '2027-07-20' });
    expect(calculateLimit({ rule: 'CPC-147-1', start: '2027-07-01' }, { rules })).toMatchObject({
      due: '2027-07-16',
      cites: ['Luật 1/2027 147.1'],
      effective: { from: '2027-07-01', to: null },
    });
    const prolonged = calculateLimit({ rule: 'CPC-147-1', start: '2027-07-01', prolonged: true }, { rules });
    expect([prolonged.nominal, prolonged.requestBy]).toEqual(['2027-08-15', '2027-08-12']);
    expect(RELEASED_RULES.rows).toHaveLength(rules.rows.length - 1);
    expect(versionsOf('CPC-147-1')).toHaveLength(1);
  });

  it('ends before a row that begins later', () => {
    const first = amendRules(
      RELEASED_RULES,
      { rule: 'TTLT17-9', from: '2028-01-01', lengths: { limit: { n: 5, unit: 'd' } } },
      'v1',
    );
    const row = amendedRow(first, { rule: 'TTLT17-9', from: '2027-01-01', lengths: { limit: { n: 4, unit: 'd' } } });
    expect(row.effective).toEqual({ from: '2027-01-01', to: '2027-12-31' });
  });

  it('switches the reading of an open question, and the reason says which reading was taken', () => {
    const rules = amendRules(
      RELEASED_RULES,
      { rule: 'CPC-147-1', from: '2026-01-01', readings: { rollsDayTerms: true, startDayCounts: true } },
      'v1',
    );
    // Worked example 1: 05/01/2026 + 20 days; counted inclusively Saturday 24/01, rolled to Monday 26/01.
    const answer = calculateLimit({ rule: 'CPC-147-1', start: '2026-01-05' }, { rules });
    expect(answer).toMatchObject({ nominal: '2026-01-24', due: '2026-01-26' });
    const text = answer.why.map(({ en }) => en).join('\n');
    expect(text).toContain('Taken here: the first day counts.');
    expect(text).toContain('Taken here: the term moves to the next working day.');
    expect(text).toContain('a term in days moves too');
  });

  it('switches the circular of question c-5 off and on again', () => {
    const without = amendRules(RELEASED_RULES, { rule: 'CPC-146-5', from: '2026-01-01', alternative: false }, 'v1');
    const input = { rule: 'CPC-146-5', start: '2026-04-24' };
    const late = (rules = RELEASED_RULES): string => calculateLimit(input, { rules }).latestArguable;
    expect(late(without) < late()).toBe(true);
    const again = amendRules(without, { rule: 'CPC-146-5', from: '2026-01-02', alternative: true }, 'v2');
    expect(late(again)).toBe(late());
  });

  it('is refused with the field where it does not fit', () => {
    const row = (amendment: object) => () =>
      amendedRow(RELEASED_RULES, { rule: 'CPC-147-1', from: '2027-01-01', ...amendment });
    const refused = (field: string) => ['LimitRefusal', 'RuleRowNotAllowed', field];
    expect(code(row({ rule: 'CPC-999' }))).toEqual(refused('rule'));
    expect(code(row({ rule: 'CPC-247' }))).toEqual(refused('rule'));
    expect(code(row({ from: '2017-01-01' }))).toEqual(refused('from'));
    expect(code(row({ from: '2027-02-30' }))).toEqual(refused('from'));
    expect(code(row({}))).toEqual(refused('rule'));
    expect(code(row({ lengths: { limit: { n: 0, unit: 'd' } } }))).toEqual(refused('lengths.limit.n'));
    expect(code(row({ lengths: { limit: { n: 3, unit: 'h' } } }))).toEqual(refused('lengths.limit.unit'));
    expect(code(row({ lengths: { before: { n: 3, unit: 'd' } } }))).toEqual(refused('lengths.before'));
    expect(code(row({ limitByClass: { IT: { n: 3, unit: 'm' } } }))).toEqual(refused('limitByClass'));
    expect(code(row({ alternative: false }))).toEqual(refused('alternative'));
    expect(code(row({ rule: 'TTLT17-8-CLASSIFY', readings: { rollsDayTerms: true } }))).toEqual(refused('readings'));
    expect(code(row({ cites: [''] }))).toEqual(refused('cites'));
  });
});
