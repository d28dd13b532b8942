import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  amendRules,
  calculateLimit,
  calendarAt,
  calendarWith,
  isWorkingDay,
  LATEST_CALENDAR,
  lawBefore,
  type LawHistory,
  type LawVersion,
  mayMoveTerm,
  obligationsOf,
  obligationsThrough,
  RELEASED_LAW,
  RELEASED_RULES,
  scheduleOf,
  type Fact,
  type ObligationThroughLaw,
} from './index.js';
import { at, fact } from './testing/tip-facts.js';

/** The law as it stood before 12/04/2024, when the swap of Monday 29/04 with Saturday 04/05 was announced. */
const BEFORE: LawVersion = { ...RELEASED_LAW, name: '2024-04-11', calendar: calendarAt('2024-04-11') };

const SWAPPED = calendarWith(BEFORE.calendar, scheduleOf(LATEST_CALENDAR, 2024), {
  version: '2024-04-12.1',
  announcedOn: '2024-04-12',
  sources: ['CV 2450/VPCP-KGVX'],
});

function announced(publishedAt: string, number = 1): LawVersion {
  return {
    number,
    publishedAt,
    publication: 'calendar',
    name: SWAPPED.version,
    source: 'CV 2450/VPCP-KGVX',
    calendar: SWAPPED,
    rules: RELEASED_RULES,
  };
}

const SWAP = announced(at('12/04/2024 10:00'));

function through(facts: readonly Fact[], history: readonly LawVersion[], why = false): ObligationThroughLaw[] {
  return obligationsThrough({ matter: 'crime-tip', unit: {}, facts }, history, { why });
}

function duty(obligations: readonly ObligationThroughLaw[], rule: string): ObligationThroughLaw {
  return obligations.find((one) => one.rule === rule)!;
}

// Received on Tuesday 09/04: the 20 days end on Monday 29/04, a working day until the swap was announced.
const RECEIVED = fact('CrimeTipReceived', '09/04/2024 08:00', { noticesTracked: false, reportsTracked: false });
const ACCEPTED = fact('CrimeTipAccepted', '09/04/2024 09:00');
const DECIDED = fact('InitiationDeclined', '11/04/2024 09:00');

describe('a law that changes while a matter is open', () => {
  it('moves what is still owed on its publication and keeps the deadline before it', () => {
    const resolve = duty(through([RECEIVED, ACCEPTED], [BEFORE, SWAP]), 'CPC-147-1');
    expect(resolve).toMatchObject({
      safeBy: '2024-04-28',
      due: '2024-04-29',
      latestArguable: '2024-05-02',
      calendarVersion: '2024-04-12.1',
      lawNumber: 1,
      superseded: [
        {
          nominal: '2024-04-29',
          safeBy: '2024-04-28',
          due: '2024-04-29',
          latestArguable: '2024-04-29',
          supersededBy: 'CalendarVersionPublished',
          at: at('12/04/2024 10:00'),
          law: { number: 1, name: '2024-04-12.1' },
        },
      ],
    });
  });

  it('names the calendar version that moved a deadline and both dates, before the conclusion', () => {
    const { why } = duty(through([RECEIVED, ACCEPTED], [BEFORE, SWAP], true), 'CPC-147-1');
    const moved = why.at(-2)!;
    expect(moved.vi).toContain('Lịch nghỉ phiên bản 2024-04-12.1 (CV 2450/VPCP-KGVX) áp dụng từ 10:00 ngày 12/04/2024');
    expect(moved.en).toContain('latest arguable 29 April 2024 became 2 May 2024');
    expect(why.at(-1)!.en).toContain('latest arguable 2 May 2024');
  });

  it('leaves what was done or fell away before it as it was, to the byte', () => {
    const closed = [RECEIVED, ACCEPTED, DECIDED];
    const before = through(closed, [BEFORE]);
    expect(JSON.stringify(through(closed, [BEFORE, SWAP]))).toBe(JSON.stringify(before));
    expect(duty(before, 'CPC-147-1')).toMatchObject({ doneAt: at('11/04/2024 09:00'), lawNumber: 0, superseded: [] });
  });

  it('leaves no mark on a duty that began after it', () => {
    const later = [
      fact('CrimeTipReceived', '13/04/2024 08:00', { noticesTracked: false, reportsTracked: false }),
      fact('CrimeTipAccepted', '13/04/2024 09:00'),
    ];
    const found = through(later, [BEFORE, SWAP]);
    const alone = obligationsOf(
      { matter: 'crime-tip', unit: {}, facts: later },
      { calendar: SWAP.calendar, why: false },
    );
    expect(found).toEqual(alone.map((one) => ({ ...one, lawNumber: 1 })));
  });

  it('keeps acts and publications in their order: prolonged after the move, the moved date is superseded by the act', () => {
    const facts = [RECEIVED, ACCEPTED, fact('VerificationProlonged', '20/04/2024 08:00')];
    const { superseded } = duty(through(facts, [BEFORE, SWAP]), 'CPC-147-1');
    expect(superseded.map(({ supersededBy, latestArguable }) => [supersededBy, latestArguable])).toEqual([
      ['CalendarVersionPublished', '2024-04-29'],
      ['VerificationProlonged', '2024-05-02'],
    ]);
  });

  it('prolonged before the publication: only the deadline of that time is moved', () => {
    const facts = [RECEIVED, ACCEPTED, fact('VerificationProlonged', '10/04/2024 08:00')];
    const { superseded, due } = duty(through(facts, [BEFORE, SWAP]), 'CPC-147-1');
    expect(due).toBe('2024-06-10');
    expect(superseded.map(({ supersededBy, latestArguable }) => [supersededBy, latestArguable])).toEqual([
      ['VerificationProlonged', '2024-04-29'],
    ]);
  });

  it('a withdrawal moves it back by a third version, and both earlier ones stay', () => {
    const withdrawn: LawVersion = {
      ...BEFORE,
      number: 2,
      publishedAt: at('15/04/2024 10:00'),
      publication: 'calendar',
      name: '2024-04-15.2',
    };
    const resolve = duty(through([RECEIVED, ACCEPTED], [BEFORE, SWAP, withdrawn]), 'CPC-147-1');
    expect(resolve.latestArguable).toBe('2024-04-29');
    expect(resolve.superseded.map(({ latestArguable, law }) => [latestArguable, law!.number])).toEqual([
      ['2024-04-29', 1],
      ['2024-05-02', 2],
    ]);
  });

  it('a later row of a rule moves terms that began on its first day or later, and no others', () => {
    const rules = amendRules(
      RELEASED_RULES,
      { rule: 'CPC-147-1', from: '2024-04-10', lengths: { limit: { n: 30, unit: 'd' } } },
      'r1',
    );
    const changed: LawVersion = {
      ...BEFORE,
      number: 1,
      publishedAt: at('20/04/2024 08:00'),
      publication: 'rule',
      name: 'CPC-147-1 2024-04-10',
      source: 'Luật thử',
      rules,
    };
    const began = (day: string): Fact[] => [
      fact('CrimeTipReceived', `${day}/04/2024 08:00`, { noticesTracked: false, reportsTracked: false }),
      fact('CrimeTipAccepted', `${day}/04/2024 09:00`),
    ];
    expect(duty(through(began('09'), [BEFORE, changed]), 'CPC-147-1')).toMatchObject({
      due: '2024-04-29',
      superseded: [],
    });
    expect(duty(through(began('10'), [BEFORE, changed]), 'CPC-147-1')).toMatchObject({
      due: '2024-05-10',
      superseded: [{ due: '2024-04-30', supersededBy: 'RuleVersionPublished' }],
    });
  });
});

describe('for any matter and any publications', () => {
  const moment = fc.integer({ min: 0, max: 40 * 24 }).map((hours) => {
    const day = new Date(Date.parse('2024-03-25T00:00:00Z') + hours * 3_600_000).toISOString();
    return `${day.slice(0, 13)}:00:00+00:00`;
  });
  const facts = fc
    .record({
      received: moment,
      accepted: fc.option(moment),
      prolonged: fc.option(moment),
      decided: fc.option(moment),
      notice: fc.option(moment),
    })
    .map(({ received, accepted, prolonged, decided, notice }) => {
      const list: Fact[] = [{ type: 'CrimeTipReceived', at: received }];
      const add = (type: string, when: string | null, fields: object = {}): void => {
        const last = list.at(-1)!;
        if (when !== null && Date.parse(when) > Date.parse(last.at)) list.push({ type, at: when, ...fields });
      };
      add('CrimeTipAccepted', accepted);
      if (list.length === 2) {
        add('NoticeSent', notice, { notice: 'receipt', recipient: 'procuracy' });
        add('VerificationProlonged', prolonged);
        add('InitiationDeclined', decided);
      }
      return list;
    });
  const histories = fc.uniqueArray(moment, { maxLength: 3 }).map((moments) => {
    const sorted = [...moments].sort((a, b) => Date.parse(a) - Date.parse(b));
    const list: LawVersion[] = [BEFORE];
    // Announced, withdrawn, announced again.
    for (const [i, publishedAt] of sorted.entries()) {
      const swap = announced(publishedAt, i + 1);
      list.push(i % 2 === 0 ? swap : { ...swap, calendar: BEFORE.calendar });
    }
    return list;
  });

  it('a publication changes nothing that ended before it and gives the open ones the dates of the law it leaves', () => {
    fc.assert(
      fc.property(facts, histories, (given, history) => {
        const whole = through(given, history);
        const newest = history.at(-1)!;
        const earlier = new Map(through(given, history.slice(0, -1)).map((one) => [one.id, JSON.stringify(one)]));
        const alone = new Map(
          obligationsOf({ matter: 'crime-tip', unit: {}, facts: given }, { calendar: newest.calendar, why: false }).map(
            (one) => [one.id, one],
          ),
        );
        for (const one of whole) {
          const ended = one.doneAt ?? one.cancelledAt;
          if (newest.publishedAt !== null && ended !== null && Date.parse(ended) <= Date.parse(newest.publishedAt)) {
            expect(JSON.stringify(one)).toBe(earlier.get(one.id));
          } else {
            const { safeBy, due, latestArguable } = alone.get(one.id)!;
            expect(one).toMatchObject({ safeBy, due, latestArguable, calendarVersion: newest.calendar.version });
          }
        }
        expect(whole.map(({ id }) => id).sort()).toEqual([...alone.keys()].sort());
      }),
      { numRuns: 3_000 },
    );
  });

  it('each superseded deadline differs from the one after it when a publication replaced it, in order of time', () => {
    fc.assert(
      fc.property(facts, histories, (given, history) => {
        for (const one of through(given, history)) {
          const moments = one.superseded.map((old) => Date.parse(old.at));
          expect(moments).toEqual([...moments].sort((a, b) => a - b));
          for (const [i, { law, safeBy, due, latestArguable }] of one.superseded.entries()) {
            const after = one.superseded[i + 1] ?? one;
            if (law) {
              expect([safeBy, due, latestArguable]).not.toEqual([after.safeBy, after.due, after.latestArguable]);
            }
          }
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('the law of an act', () => {
  const history: LawHistory = [BEFORE, SWAP, { ...SWAP, number: 2, publishedAt: at('20/04/2024 10:00') }];

  it('is the last version published before it: none reaches back', () => {
    const numbers = ['12/04/2024 09:59', '12/04/2024 10:00', '12/04/2024 10:01', '20/04/2024 10:01'].map(
      (moment) => lawBefore(history, at(moment)).number,
    );
    expect(numbers).toEqual([0, 0, 1, 2]);
  });
});

describe('a publication that does not concern a term', () => {
  const RULES = ['CPC-147-1', 'CPC-149-1', 'TTLT17-9', 'TTLT17-14-1', 'TTLT17-8-CLASSIFY'] as const;
  const day = fc.integer({ min: 0, max: 500 }).map((n) => addDays('2025-06-01', n));

  it('gives the same dates, whatever was published', () => {
    let passedOver = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...RULES),
        day,
        day,
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        (rule, start, off, n, isRow) => {
          const later = isRow ? withRow(rule, off) : withDaysOff(off, n);
          const input = { rule, start: rule === 'TTLT17-8-CLASSIFY' ? `${start}T08:00:00+07:00` : start };
          const before = calculateLimit(input, { why: false });
          if (mayMoveTerm(RELEASED_LAW, later, start, before.latestArguable.slice(0, 10))) return;
          passedOver += 1;
          const { calendar, rules } = later;
          const after = calculateLimit(input, { calendar, rules, why: false });
          expect({ ...after, calendarVersion: before.calendarVersion }).toEqual(before);
        },
      ),
      { numRuns: 600 },
    );
    expect(passedOver).toBeGreaterThan(150);
  });

  function withDaysOff(from: string, count: number): LawVersion {
    const year = Number(from.slice(0, 4));
    const schedule = scheduleOf(LATEST_CALENDAR, year);
    const added = Array.from({ length: count }, (_, index) => addDays(from, index))
      .filter((one) => one.startsWith(String(year)) && isWorkingDay(one) && !isSaturday(one))
      .map((one) => ({ day: one, kind: 'holiday' as const, name: { vi: 'Nghỉ', en: 'Off' } }));
    const calendar = calendarWith(
      LATEST_CALENDAR,
      { ...schedule, offDays: [...schedule.offDays, ...added] },
      { version: 'drill', announcedOn: '2025-06-01', sources: ['CV 1'] },
    );
    return { ...RELEASED_LAW, number: 1, publishedAt: at('01/06/2025 08:00'), publication: 'calendar', calendar };
  }

  function isSaturday(one: string): boolean {
    return new Date(`${one}T00:00:00Z`).getUTCDay() === 6;
  }

  function withRow(rule: string, from: string): LawVersion {
    const limit = rule === 'TTLT17-8-CLASSIFY' ? { n: 30, unit: 'h' as const } : { n: 9, unit: 'd' as const };
    const rules = amendRules(RELEASED_RULES, { rule, from, lengths: { limit } }, 'drill');
    return { ...RELEASED_LAW, number: 1, publishedAt: at('01/06/2025 08:00'), publication: 'rule', rules };
  }
});
