import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  addMonths,
  breachMoment,
  calculateLimit,
  compareDates,
  CRIME_CLASSES,
  defineCalendar,
  dueMoment,
  isWorkingDay,
  LATEST_CALENDAR,
  nextWorkingDay,
  obligationsOf,
  ruleOn,
  RULES,
  safeMoment,
  type Calendar,
  type Fact,
  type LimitInput,
} from './index.js';

const RUNS = { numRuns: 10_000 };
const MINUTES = 120_000;

const day = fc.integer({ min: 0, max: 29_000 }).map((n) => addDays('2018-12-11', n));
const recentDay = fc.integer({ min: 0, max: 1_200 }).map((n) => addDays('2023-09-01', n));
const TERMS = RULES.filter(({ kind, limit }) => kind === 'term' && limit?.unit !== 'h');
const DATED = RULES.filter(({ kind }) => kind === 'term' || kind === 'before_end' || kind === 'custody');

function inputOf(id: string, start: string, choice: number): LimitInput {
  const rule = ruleOn(id, '2022-06-01')!;
  const crimeClass = CRIME_CLASSES[choice % 4]!;
  const inForce = start < rule.effective.from ? rule.effective.from : start;
  return {
    rule: id,
    start: rule.limit?.unit === 'h' ? `${inForce}T09:30:00+07:00` : inForce,
    class: crimeClass,
    ...(rule.limitByReturner ? { returner: choice % 2 === 0 ? ('vks' as const) : ('court' as const) } : {}),
    ...(rule.kind === 'custody' ? { months: 1 + (choice % 4), heldDays: choice % 9 } : {}),
    ...(rule.prolongation ? { prolonged: choice % 3 === 0 } : {}),
    juvenile: choice % 5 === 0,
    complex: choice % 7 === 0,
  };
}

const anyInput = fc
  .tuple(fc.constantFrom(...DATED), fc.oneof(day, recentDay), fc.nat(1000))
  .map(([rule, start, choice]) => inputOf(rule.id, start, choice));
const termInput = fc
  .tuple(fc.constantFrom(...TERMS), fc.oneof(day, recentDay), fc.nat(1000))
  .map(([rule, start, choice]) => inputOf(rule.id, start, choice));

const quick = (input: LimitInput, calendar: Calendar = LATEST_CALENDAR): ReturnType<typeof calculateLimit> =>
  calculateLimit(input, { why: false, calendar });

describe('every limit', () => {
  it(
    'has safeBy before or on due, and due before or on latestArguable',
    () => {
      fc.assert(
        fc.property(anyInput, (input) => {
          const { safeBy, due, latestArguable, nominal } = quick(input);
          return safeBy <= due && due <= latestArguable && nominal <= latestArguable;
        }),
        RUNS,
      );
    },
    MINUTES,
  );

  it(
    'ends its latest arguable day on a working day, for terms that roll',
    () => {
      fc.assert(
        fc.property(termInput, (input) => isWorkingDay(quick(input).latestArguable)),
        RUNS,
      );
    },
    MINUTES,
  );

  it(
    'never ends earlier for a later trigger',
    () => {
      fc.assert(
        fc.property(anyInput, fc.integer({ min: 1, max: 45 }), (input, later) => {
          // The juvenile half starts on one day: before it a term is longer. One side of that day is one version.
          const first = { ...input, caseInitiatedOn: '2026-01-01' };
          const clock = input.start.slice(10);
          const second = { ...first, start: addDays(input.start.slice(0, 10), later) + clock };
          const a = quick(first);
          const b = quick(second);
          return a.safeBy <= b.safeBy && a.due <= b.due && a.latestArguable <= b.latestArguable;
        }),
        RUNS,
      );
    },
    MINUTES,
  );

  it(
    'never moves to an earlier day when a holiday is added',
    () => {
      const years = LATEST_CALENDAR.years;
      fc.assert(
        fc.property(termInput, recentDay, (input, holiday) => {
          const calendar: Calendar = {
            version: 'with one more holiday',
            publishedOn: '2026-12-01',
            years: years.map((year) =>
              holiday.startsWith(String(year.year)) && isWorkingDay(holiday)
                ? {
                    ...year,
                    offWeekdays: [...year.offWeekdays, { day: holiday, reason: { vi: 'thêm', en: 'added' } }],
                    workingSaturdays: year.workingSaturdays.filter((saturday) => saturday.day !== holiday),
                  }
                : year,
            ),
          };
          const a = quick(input);
          const b = quick(input, calendar);
          return a.safeBy <= b.safeBy && a.due <= b.due && a.latestArguable <= b.latestArguable;
        }),
        { numRuns: 300 },
      );
    },
    MINUTES,
  );

  it(
    'is never shortened by an extension',
    () => {
      const rules = ['CPC-147-1', 'CPC-147-2A', 'CPC-172', 'CPC-174-1', 'CPC-240-1', 'CPC-277-1'];
      fc.assert(
        fc.property(fc.constantFrom(...rules), day, fc.nat(1000), (id, start, choice) => {
          const input = inputOf(id, start, choice);
          const rule = ruleOn(id, '2022-06-01')!;
          const most = (rule.extensionsByClass?.[input.class!] ?? rule.extensions ?? []).length;
          let before = quick(input);
          for (let extensions = 1; extensions <= most; extensions += 1) {
            const after = quick({ ...input, extensions });
            const longer = after.due > before.due && after.latestArguable >= before.latestArguable;
            if (!longer || after.safeBy < before.safeBy) return false;
            before = after;
          }
          return true;
        }),
        { numRuns: 3_000 },
      );
    },
    MINUTES,
  );

  it(
    'reads a month term on the same-numbered day or on the last day of the month, and skips no month',
    () => {
      fc.assert(
        fc.property(day, fc.integer({ min: 1, max: 24 }), (start, months) => {
          const end = addMonths(start, months);
          const index = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));
          const sameDay = end.slice(8) === start.slice(8);
          const lastDay = addDays(end, 1).slice(8) === '01';
          return index(end) - index(start) === months && (sameDay || (lastDay && end.slice(8) < start.slice(8)));
        }),
        RUNS,
      );
    },
    MINUTES,
  );

  it('counts days one by one', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -4000, max: 4000 }), (start, n) => {
        const moved = addDays(start, n);
        return addDays(moved, -n) === start && compareDates(moved, start) === n;
      }),
      RUNS,
    );
  });

  it('leaves the moments of its three dates in order', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const dates = quick(input);
        return safeMoment(dates) <= dueMoment(dates) && dueMoment(dates) <= breachMoment(dates);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A tip as it may run: each act some hours after the one before. */
const tipFacts = fc
  .record({
    start: recentDay,
    gaps: fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 16, maxLength: 16 }),
    commune: fc.boolean(),
    urgent: fc.boolean(),
    prolonged: fc.boolean(),
    extended: fc.boolean(),
    suspended: fc.boolean(),
    outcome: fc.constantFrom('CriminalCaseInitiated', 'InitiationDeclined', null),
  })
  .map(({ start, gaps, commune, urgent, prolonged, extended, suspended, outcome }) => {
    const types: [string, Record<string, unknown>][] = [
      ['CrimeTipReceived', commune ? { unitLevel: 'commune' } : {}],
      ['NoticeSent', { notice: 'receipt', recipient: 'procuracy' }],
      ['CrimeTipClassified', { competent: true, urgent }],
      ['CrimeTipAccepted', {}],
      ['CrimeTipAssigned', {}],
      ...(prolonged ? [['VerificationProlonged', {}] as [string, Record<string, unknown>]] : []),
      ...(extended
        ? ([
            ['ExtensionRequested', {}],
            ['ExtensionGranted', {}],
          ] as [string, Record<string, unknown>][])
        : []),
      ...(suspended
        ? ([
            ['VerificationSuspended', { ground: 'b' }],
            ['NoticeSent', { notice: 'suspension', recipient: 'procuracy' }],
            ['VerificationResumed', {}],
          ] as [string, Record<string, unknown>][])
        : []),
      ...(outcome === null ? [] : [[outcome, {}] as [string, Record<string, unknown>]]),
    ];
    let hours = 0;
    return types.map(([type, fields], i): Fact => {
      hours += gaps[i]!;
      const date = addDays(start, Math.floor(hours / 24));
      return { type, at: `${date}T${String(hours % 24).padStart(2, '0')}:00:00+07:00`, ...fields };
    });
  });

describe('the duties of a tip', () => {
  it(
    'are the same in any order of recording',
    () => {
      fc.assert(
        fc.property(tipFacts, fc.infiniteStream(fc.nat(1_000_000)), (facts, numbers) => {
          const shuffled = facts
            .map((fact) => ({ fact, key: numbers.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ fact }) => fact);
          expect(obligationsOf({ matter: 'crime-tip', facts: shuffled })).toEqual(
            obligationsOf({ matter: 'crime-tip', facts }),
          );
        }),
        { numRuns: 600 },
      );
    },
    MINUTES,
  );

  it(
    'start a new month after a suspension, never the remainder',
    () => {
      fc.assert(
        fc.property(tipFacts, (facts) => {
          const resumed = facts.find(({ type }) => type === 'VerificationResumed');
          fc.pre(resumed !== undefined);
          const after = obligationsOf({ matter: 'crime-tip', facts }, { why: false }).filter(
            ({ rule }) => rule === 'CPC-149-1',
          );
          expect(after).toHaveLength(1);
          const from = resumed!.at.slice(0, 10);
          expect(after[0]).toMatchObject({
            from,
            nominal: addMonths(from, 1),
            due: nextWorkingDay(addMonths(from, 1)),
          });
        }),
        { numRuns: 1_000 },
      );
    },
    MINUTES,
  );

  it(
    'keep every version of a deadline, each no later than the next, and stand in order of due',
    () => {
      fc.assert(
        fc.property(tipFacts, (facts) => {
          const obligations = obligationsOf({ matter: 'crime-tip', facts }, { why: false });
          for (const { superseded, due, latestArguable, rule } of obligations) {
            if (rule === 'TTLT17-8-5A') continue;
            const versions = [...superseded, { due, latestArguable }];
            for (let i = 1; i < versions.length; i += 1) {
              expect(versions[i]!.due >= versions[i - 1]!.due).toBe(true);
            }
          }
          const moments = obligations.map((obligation) => dueMoment(obligation));
          expect(moments).toEqual([...moments].sort());
          expect(new Set(obligations.map(({ id }) => id)).size).toBe(obligations.length);
        }),
        { numRuns: 2_000 },
      );
    },
    MINUTES,
  );
});

it('a calendar made from the released one is accepted as a new version', () => {
  expect(defineCalendar({ ...LATEST_CALENDAR, version: 'copy' }).version).toBe('copy');
});
