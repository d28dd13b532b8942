import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  addMonths,
  addWorkingDays,
  calculateLimit,
  compareDates,
  FACT_TYPES,
  isLegalDate,
  isWorkingDay,
  legalDateOf,
  LimitRefusal,
  MATTERS,
  obligationsOf,
  RULE_IDS,
  startOfLegalDay,
  type LimitInput,
  type MatterInput,
} from './index.js';

function refusal(act: () => unknown): LimitRefusal {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(LimitRefusal);
    return error as LimitRefusal;
  }
  throw new Error('nothing was refused');
}

const limit = (input: unknown): LimitRefusal => refusal(() => calculateLimit(input as LimitInput));
const matter = (input: unknown): LimitRefusal => refusal(() => obligationsOf(input as MatterInput));

describe('a limit that cannot be calculated says which field, why, and what is allowed', () => {
  const base = { rule: 'CPC-147-1', start: '2026-01-05' };
  const cases: readonly [string, unknown, string, string][] = [
    ['an input that is no object', null, 'InputNotAllowed', 'input'],
    ['an unknown rule', { ...base, rule: 'CPC-999' }, 'RuleUnknown', 'rule'],
    ['a rule without a term of its own', { ...base, rule: 'CPC-247' }, 'RuleHasNoTerm', 'rule'],
    ['an unknown field', { ...base, begin: '2026-01-05' }, 'FieldUnknown', 'begin'],
    ['no start', { rule: 'CPC-147-1' }, 'DayNotUnderstood', 'start'],
    ['a day that does not exist', { ...base, start: '2026-02-30' }, 'DayNotUnderstood', 'start'],
    ['a moment without offset', { ...base, start: '2026-01-05T08:00:00' }, 'DayNotUnderstood', 'start'],
    ['a start before the Code', { ...base, start: '2017-12-31' }, 'DayOutOfRange', 'start'],
    ['a start after 2100', { ...base, start: '2101-01-01' }, 'DayOutOfRange', 'start'],
    ['a rule not yet in force', { rule: 'TTLT17-8-5B', start: '2021-06-01' }, 'RuleNotInForce', 'start'],
    [
      'a version before the rule',
      { rule: 'TTLT17-8-5B', start: '2022-06-01', on: '2021-06-01' },
      'RuleNotInForce',
      'on',
    ],
    ['a term by class without the class', { ...base, rule: 'CPC-172' }, 'FieldMissing', 'class'],
    ['an unknown class', { ...base, rule: 'CPC-172', class: 'X' }, 'ValueNotAllowed', 'class'],
    ['a supplementary investigation without the returner', { ...base, rule: 'CPC-174-2' }, 'FieldMissing', 'returner'],
    ['more extensions than the rule states', { ...base, extensions: 2 }, 'ExtensionLimitReached', 'extensions'],
    [
      'an extension where none is stated',
      { ...base, rule: 'CPC-149-1', extensions: 1 },
      'ExtensionLimitReached',
      'extensions',
    ],
    ['half an extension', { ...base, extensions: 0.5 }, 'NumberNotAllowed', 'extensions'],
    [
      'a prolongation of a rule that knows none',
      { ...base, rule: 'CPC-149-1', prolonged: true },
      'FieldNotOfRule',
      'prolonged',
    ],
    ['a text for yes or no', { ...base, remote: 'yes' }, 'ValueNotAllowed', 'remote'],
    ['hours from a mere day', { ...base, rule: 'TTLT17-8-CLASSIFY' }, 'MomentNeeded', 'start'],
    ['custody without months', { ...base, rule: 'CPC-134-CUSTODY' }, 'FieldMissing', 'months'],
    [
      'custody shorter than the days held',
      { ...base, rule: 'CPC-134-CUSTODY', months: 1, heldDays: 30 },
      'NumberNotAllowed',
      'heldDays',
    ],
  ];
  it.each(cases)('%s', (_sentence, input, code, field) => {
    const refused = limit(input);
    expect(refused).toMatchObject({ code, field });
    expect(refused.vi).toContain(field);
    expect(refused.en).toContain(field);
    expect(refused.message).toBe(refused.en);
    expect(refused.facts).toHaveProperty('allowed');
  });

  it('takes null as absent, and circumstances that do not matter to the rule', () => {
    const plain = calculateLimit({ rule: 'CPC-147-1', start: '2026-01-05' });
    const full: LimitInput = {
      rule: 'CPC-147-1',
      start: '2026-01-05',
      class: 'NT',
      remote: true,
      complex: true,
      prolonged: null,
      extensions: null,
      juvenile: true,
      caseInitiatedOn: '2026-01-05',
      returner: null,
      noninitiation: false,
      heldDays: null,
      months: null,
      on: null,
    };
    expect(calculateLimit(full)).toMatchObject({ due: plain.due, safeBy: plain.safeBy });
    expect(calculateLimit(full).why.some(({ en }) => en.includes('does not cover this term'))).toBe(true);
  });
});

describe('facts that cannot be taken say at which position', () => {
  const received = { type: 'CrimeTipReceived', at: '2026-01-05T08:00:00+07:00' };
  const at = (hours: string): string => `2026-01-06T${hours}:00+07:00`;
  const cases: readonly [string, readonly unknown[], string, number][] = [
    ['a fact that is no object', [received, 'x'], 'InputNotAllowed', 1],
    ['an unknown type', [received, { type: 'TipLost', at: at('09:00') }], 'FactUnknown', 1],
    ['a fact of the other matter', [received, { type: 'CaseFileReceived', at: at('09:00') }], 'FactUnknown', 1],
    ['a day instead of a moment', [{ ...received, at: '2026-01-05' }], 'MomentNotUnderstood', 0],
    ['a moment before the Code', [{ ...received, at: '2017-01-05T08:00:00+07:00' }], 'DayOutOfRange', 0],
    ['a first fact that is not the reception', [{ type: 'CrimeTipAccepted', at: at('09:00') }], 'FactOutOfOrder', 0],
    [
      'a prolongation before acceptance',
      [received, { type: 'VerificationProlonged', at: at('09:00') }],
      'FactOutOfOrder',
      1,
    ],
    [
      'a resumption without a suspension',
      [received, { type: 'CrimeTipAccepted', at: at('09:00') }, { type: 'VerificationResumed', at: at('10:00') }],
      'FactOutOfOrder',
      2,
    ],
    ['a refusal without a request', [received, { type: 'ExtensionRefused', at: at('09:00') }], 'FactOutOfOrder', 1],
    [
      'an acknowledgement without a transfer',
      [received, { type: 'CrimeTipTransferAcknowledged', at: at('09:00') }],
      'FactOutOfOrder',
      1,
    ],
    [
      'a notice of what has not happened',
      [received, { type: 'NoticeSent', at: at('09:00'), notice: 'suspension', recipient: 'procuracy' }],
      'FactOutOfOrder',
      1,
    ],
    ['a notice to nobody', [received, { type: 'NoticeSent', at: at('09:00'), notice: 'receipt' }], 'FieldMissing', 1],
    [
      'a printed day that does not exist',
      [
        received,
        { type: 'CrimeTipAccepted', at: at('09:00') },
        { type: 'VerificationProlonged', at: at('10:00'), to: '2026-02-30' },
      ],
      'DayNotUnderstood',
      2,
    ],
    [
      'a ground that is not in the Code',
      [received, { type: 'VerificationSuspended', at: at('09:00'), ground: 'z' }],
      'ValueNotAllowed',
      1,
    ],
    ['a reception twice', [received, { ...received, at: at('09:00') }], 'FactRepeated', 1],
  ];
  it.each(cases)('%s', (_sentence, facts, code, position) => {
    const refused = matter({ matter: 'crime-tip', facts });
    expect(refused).toMatchObject({ code, position });
    expect(refused.vi).toMatch(/^facts\[\d+\]/);
    expect(refused.en).toMatch(/^facts\[\d+\]/);
  });

  it('names the position in the list as it was given, not in time', () => {
    const act = { type: 'CrimeTipAccepted', at: '2026-01-05T07:00:00+07:00' };
    expect(matter({ matter: 'crime-tip', facts: [received, act] })).toMatchObject({
      code: 'FactOutOfOrder',
      position: 1,
    });
    expect(matter({ matter: 'crime-tip', facts: [act, received] })).toMatchObject({
      code: 'FactOutOfOrder',
      position: 0,
    });
  });

  it('refuses an unknown matter, unit or now by its field', () => {
    expect(matter({ matter: 'dispute', facts: [] })).toMatchObject({ field: 'matter' });
    expect(matter({ matter: 'crime-tip', unit: { remote: 'no' }, facts: [] })).toMatchObject({ field: 'unit.remote' });
    expect(matter({ matter: 'crime-tip', unit: { level: 'district' }, facts: [] })).toMatchObject({
      field: 'unit.level',
    });
    expect(matter({ matter: 'crime-tip', facts: [], now: 'today' })).toMatchObject({ field: 'now' });
    expect(matter({ matter: 'crime-tip', facts: 'none' })).toMatchObject({ field: 'facts' });
    expect(obligationsOf({ matter: 'crime-tip', facts: [] })).toEqual([]);
  });
});

jest.setTimeout(120_000);

describe('no input throws anything but a refusal', () => {
  const refusedOnly = (act: () => unknown): boolean => {
    try {
      act();
    } catch (error) {
      if (!(error instanceof LimitRefusal)) throw error;
    }
    return true;
  };
  const word = fc.constantFrom(
    '',
    'x',
    '2026-01-05',
    '2026-01-05T08:00:00+07:00',
    '2024-02-29',
    '9999-99-99',
    'IT',
    'vks',
  );
  const value = fc.oneof(word, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.anything());

  it('to calculateLimit', () => {
    const input = fc.oneof(
      fc.anything(),
      fc.record({
        rule: fc.oneof(fc.constantFrom(...RULE_IDS), value),
        start: value,
        class: fc.oneof(fc.constantFrom('IT', 'NT', 'RNT', 'DBNT'), value),
        extensions: fc.oneof(fc.integer({ min: -1, max: 6 }), value),
        months: fc.oneof(fc.integer({ min: -1, max: 130 }), value),
        heldDays: value,
        on: value,
        juvenile: value,
      }),
    );
    fc.assert(
      fc.property(input, (given) => refusedOnly(() => calculateLimit(given as LimitInput))),
      { numRuns: 10_000 },
    );
  });

  it('to obligationsOf', () => {
    const moment = fc
      .integer({ min: 0, max: 4000 })
      .map((n) => `${addDays('2022-01-01', n % 1500)}T${String(n % 24).padStart(2, '0')}:30:00+07:00`);
    const factOf = (types: readonly string[]): fc.Arbitrary<unknown> =>
      fc.oneof(
        {
          weight: 20,
          arbitrary: fc.record({
            type: fc.constantFrom(...types),
            at: moment,
            class: fc.constantFrom('IT', 'NT', undefined),
            to: fc.option(fc.constant('2026-03-01')),
            notice: fc.constantFrom('receipt', 'result', 'suspension', undefined),
            recipient: fc.constantFrom('procuracy', 'informant', undefined),
            decision: fc.constantFrom('prosecute', 'return', undefined),
            returner: fc.constantFrom('vks', 'court', undefined),
            unitLevel: fc.constantFrom('commune', 'province', undefined),
            urgent: fc.boolean(),
          }),
        },
        { weight: 1, arbitrary: fc.anything() },
      );
    const opening = (type: string): unknown => ({ type, at: '2021-12-31T08:00:00+07:00', class: 'NT' });
    for (const [kind, first] of [
      ['crime-tip', 'CrimeTipReceived'],
      ['criminal-case', 'CriminalCaseInitiated'],
    ] as const) {
      const facts = fc.array(factOf(FACT_TYPES[kind]), { maxLength: 9 });
      fc.assert(
        fc.property(facts, fc.oneof(moment, fc.constant(null)), (rest, now) =>
          refusedOnly(() =>
            obligationsOf({ matter: kind, facts: [opening(first), ...rest], now } as unknown as MatterInput),
          ),
        ),
        { numRuns: 6_000 },
      );
    }
    fc.assert(
      fc.property(fc.constantFrom(...MATTERS, 'x'), value, value, (kind, facts, unit) =>
        refusedOnly(() => obligationsOf({ matter: kind, facts, unit } as unknown as MatterInput)),
      ),
      { numRuns: 2_000 },
    );
  });

  it('to the day helpers', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [x, n] = [a as string, b as number];
        for (const act of [
          () => addDays(x, n),
          () => addMonths(x, n),
          () => addWorkingDays(x, n),
          () => compareDates(x, b as string),
          () => legalDateOf(x),
          () => startOfLegalDay(x),
          () => isWorkingDay(x),
          () => isLegalDate(x),
        ]) {
          refusedOnly(act);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
