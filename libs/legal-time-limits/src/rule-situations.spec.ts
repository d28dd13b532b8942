import { describe, expect, it } from '@jest/globals';
import {
  addDays,
  addWorkingDays,
  calculateLimit,
  CRIME_CLASSES,
  isWorkingDay,
  nextWorkingDay,
  ruleOn,
  RULES,
  type LimitInput,
  type Rule,
} from './index.js';

/** Every way to ask a rule: by class or by who returned the file where the length depends on it. */
function questions(rule: Rule): Omit<LimitInput, 'start'>[] {
  if (rule.kind === 'custody') return [{ rule: rule.id, months: 2 }];
  if (rule.limitByClass) return CRIME_CLASSES.map((name) => ({ rule: rule.id, class: name }));
  if (rule.limitByReturner) return (['vks', 'court'] as const).map((returner) => ({ rule: rule.id, returner }));
  return [{ rule: rule.id }];
}

const CALCULABLE = RULES.filter(({ kind }) => kind === 'term' || kind === 'before_end' || kind === 'custody');
const CASES = CALCULABLE.flatMap((rule) =>
  questions(rule).map((question): [string, Rule, Omit<LimitInput, 'start'>] => [
    [rule.id, question.class, question.returner].filter(Boolean).join(' '),
    rule,
    question,
  ]),
);

/** How the last stretch of a rule is counted. */
function unitOf(rule: Rule, question: Omit<LimitInput, 'start'>): string {
  if (rule.kind !== 'term') return rule.kind;
  const length =
    rule.limitByClass?.[question.class ?? 'IT'] ?? rule.limitByReturner?.[question.returner ?? 'vks'] ?? rule.limit;
  return length!.unit;
}

function startOf(unit: string, day: string): string {
  return unit === 'h' ? `${day}T16:40:00+07:00` : day;
}

/** The start whose nominal last day is the day given; null when none leads there (working days never end on a day off). */
function startEndingOn(rule: Rule, question: Omit<LimitInput, 'start'>, day: string): string | null {
  const unit = unitOf(rule, question);
  for (let back = -10; back < 200; back += 1) {
    const start = addDays(day, -back);
    const { nominal } = calculateLimit({ ...question, start: startOf(unit, start) }, { why: false });
    if (nominal.slice(0, 10) === day) return start;
  }
  return null;
}

/** What the law says about a last day, whatever the rule. */
function expectLawful(rule: Rule, question: Omit<LimitInput, 'start'>, start: string): void {
  const unit = unitOf(rule, question);
  const answer = calculateLimit({ ...question, start: startOf(unit, start) });
  const { nominal, safeBy, due, latestArguable } = answer;
  if (unit === 'd') {
    expect(safeBy).toBe(addDays(nominal, -1));
    expect(due).toBe(nominal);
    expect(latestArguable >= nextWorkingDay(nominal)).toBe(true);
    expect(isWorkingDay(latestArguable)).toBe(true);
    if (!rule.alternative) expect(latestArguable).toBe(nextWorkingDay(nominal));
  } else if (unit === 'm') {
    expect(safeBy).toBe(nominal);
    expect(due).toBe(nextWorkingDay(nominal));
    expect(latestArguable).toBe(due);
  } else if (unit === 'wd') {
    expect(isWorkingDay(due)).toBe(true);
    expect(nominal).toBe(addWorkingDays(start, rule.limit!.n));
    expect([safeBy, due, latestArguable]).toEqual([nominal, nominal, nominal]);
  } else {
    // Hour terms, duties counted back and custody are never moved.
    expect([safeBy, due, latestArguable]).toEqual([nominal, nominal, nominal]);
    if (unit === 'h') expect(due.slice(10)).toBe('T16:40:00+07:00');
  }
  expect(answer.cites).toBe(rule.cites);
  expect(answer.why.length).toBeGreaterThan(1);
}

describe.each(CASES)('%s', (_name, rule, question) => {
  it('from an ordinary day', () => expectLawful(rule, question, '2025-06-10'));

  it('from the last day of a month', () => {
    expectLawful(rule, question, '2025-08-31');
    expectLawful(rule, question, '2025-12-31');
  });

  it('from and over a leap day', () => {
    expectLawful(rule, question, '2024-02-29');
    const start = startEndingOn(rule, question, '2024-02-29');
    expect(start).not.toBeNull();
    expectLawful(rule, question, start!);
  });

  it.each([
    ['in Tết, the break of 14-22/02/2026', '2026-02-17', '2026-02-23'],
    ['on a swapped working Saturday', '2026-08-22', '2026-08-22'],
    ['on a public holiday, 2 September', '2026-09-02', '2026-09-03'],
    ['on a compensation day', '2026-04-27', '2026-04-28'],
  ])('with its last day %s', (_sentence, day, working) => {
    const unit = unitOf(rule, question);
    const start = startEndingOn(rule, question, day);
    if (unit === 'wd' && day !== working) {
      expect(start).toBeNull();
      return;
    }
    expect(start).not.toBeNull();
    expectLawful(rule, question, start!);
    const { due, latestArguable } = calculateLimit({ ...question, start: startOf(unit, start!) });
    if (unit === 'm') expect([due, latestArguable]).toEqual([working, working]);
    if (unit === 'd') {
      expect(due).toBe(day);
      // The notice of receipt is breached on working days only (question c-5).
      if (!rule.alternative) expect(latestArguable).toBe(working);
    }
    if (unit !== 'm' && unit !== 'd') expect(due.slice(0, 10)).toBe(day);
  });
});

describe('the rule table', () => {
  it('has the 42 rules of the law, the two stages of extension, the decision on it, and custody', () => {
    expect(RULES).toHaveLength(46);
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(46);
  });

  it('gives every row a citation, dates of effect and a confidence', () => {
    for (const { cites, effective, confidence } of RULES) {
      expect(cites.length).toBeGreaterThan(0);
      expect(effective.from >= '2018-01-01').toBe(true);
      expect(['H', 'H1', 'M', 'L']).toContain(confidence);
    }
  });

  it('knows no rule before its day of effect', () => {
    for (const { id, effective } of RULES) {
      expect(ruleOn(id, effective.from)?.id).toBe(id);
      expect(ruleOn(id, addDays(effective.from, -1))).toBeUndefined();
    }
  });
});
