import { describe, expect, it } from '@jest/globals';
import { calculateLimit, type LimitInput, ruleCatalogue, RULES, type RuleOption } from './index.js';

const TODAY = '2026-11-21';
const START = '2026-11-02T08:00:00+07:00';
const given: Record<RuleOption, LimitInput[RuleOption]> = {
  class: 'RNT',
  remote: true,
  complex: true,
  prolonged: true,
  extensions: 1,
  juvenile: true,
  caseInitiatedOn: '2026-11-02',
  returner: 'court',
  noninitiation: true,
  heldDays: 5,
  months: 3,
};
const needed: readonly RuleOption[] = ['class', 'returner', 'months'];

/** The input with the options that the rule cannot be calculated without. */
function leastInput(rule: string, options: readonly RuleOption[]): LimitInput {
  const least = needed.filter((option) => options.includes(option)).map((option) => [option, given[option]]);
  return { rule, start: START, ...Object.fromEntries(least) };
}

describe('the catalogue of rules', () => {
  const entries = ruleCatalogue(TODAY);

  it('has every rule with a term of its own that is in force, once', () => {
    const wanted = RULES.filter(
      ({ kind, effective: { from, to } }) =>
        ['term', 'before_end', 'custody'].includes(kind) && from <= TODAY && (to === null || TODAY <= to),
    ).map(({ id }) => id);
    expect(entries.map(({ id }) => id)).toEqual(wanted);
  });

  it.each(entries.flatMap(({ id, options }) => options.map((option) => [id, option] as const)))(
    'says rightly that %s takes %s',
    (id, option) => {
      const { options } = entries.find((entry) => entry.id === id)!;
      const input = leastInput(id, options);
      expect(() => calculateLimit({ ...input, [option]: given[option] })).not.toThrow();
    },
  );

  it.each(
    entries.flatMap(({ id, options }) =>
      (['remote', 'complex', 'prolonged', 'extensions', 'returner', 'noninitiation', 'months'] as const)
        .filter((option) => !options.includes(option))
        .map((option) => [id, option] as const),
    ),
  )('says rightly that %s does not know %s: it is refused or changes nothing', (id, option) => {
    const { options } = entries.find((entry) => entry.id === id)!;
    const input = leastInput(id, options);
    const dates = ({ safeBy, due, latestArguable }: ReturnType<typeof calculateLimit>) => [safeBy, due, latestArguable];
    let changed: string[] | null = null;
    try {
      changed = dates(calculateLimit({ ...input, [option]: given[option] }));
    } catch (error) {
      expect(['FieldNotOfRule', 'ExtensionLimitReached']).toContain((error as { code: string }).code);
    }
    if (changed !== null) expect(changed).toEqual(dates(calculateLimit(input)));
  });

  it('tells the lengths of the term for resolving a tip: twenty days, two months in all, and two more', () => {
    const resolve = entries.find(({ id }) => id === 'CPC-147-1')!;
    expect(resolve.lengths.map(({ vi }) => vi)).toEqual(['20 ngày', '2 tháng']);
    expect(resolve.mostExtensions).toBe(1);
  });

  it('has no rules before the Code', () => {
    expect(ruleCatalogue('2017-12-31')).toEqual([]);
  });
});
