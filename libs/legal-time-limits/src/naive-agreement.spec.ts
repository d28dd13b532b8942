import { describe, expect, it } from '@jest/globals';
import { NAIVE_RULES, naiveExtensions, naiveLimit, type NaiveCase } from '../../../test/support/naive-clock.js';
import { addDays, calculateLimit, CRIME_CLASSES, RULES, ruleOn } from './index.js';

const CASES = 220_000;

/** A small seeded generator: the same cases in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function randomCase(random: () => number): NaiveCase {
  const below = (n: number): number => Math.floor(random() * n);
  const rule = NAIVE_RULES[below(NAIVE_RULES.length)]!;
  // Half of the cases start in the years with a published schedule, the others anywhere up to 2099.
  const inForce = ruleOn(rule, '2022-06-01')!.effective.from;
  const start = random() < 0.5 ? addDays('2023-10-01', below(1200)) : addDays('2018-01-01', below(29_900));
  const day = start < inForce ? addDays(inForce, below(700)) : start;
  const crimeClass = CRIME_CLASSES[below(4)]!;
  const hours = rule.startsWith('TTLT17-8-') && rule !== 'TTLT17-8-5B';
  const asked: NaiveCase = { rule, start: day };
  if (hours || rule === 'CPC-148-2-SEND' || rule === 'CPC-INIT-SEND' || rule === 'CPC-457') {
    const clock = [below(24), below(60), below(60)].map((n) => String(n).padStart(2, '0')).join(':');
    asked.start = `${day}T${clock}+07:00`;
  }
  const row = ruleOn(rule, day)!;
  if (row.limitByClass) asked.class = crimeClass;
  if (row.limitByReturner) asked.returner = random() < 0.5 ? 'vks' : 'court';
  if (rule === 'CPC-147-1') asked.prolonged = random() < 0.6;
  if (rule === 'TTLT0418-7') asked.noninitiation = random() < 0.5;
  asked.extensions = below(naiveExtensions(rule, crimeClass) + 1);
  asked.remote = random() < 0.3;
  asked.complex = random() < 0.2;
  asked.juvenile = random() < 0.5;
  if (random() < 0.3) asked.caseInitiatedOn = addDays('2025-10-01', below(200));
  if (rule === 'CPC-134-CUSTODY') {
    asked.months = 1 + below(4);
    asked.heldDays = below(10);
  }
  return asked;
}

describe('the library and a second, naive clock', () => {
  it('know the same rules', () => {
    const calculable = RULES.filter(({ kind }) => kind === 'term' || kind === 'before_end' || kind === 'custody');
    expect([...NAIVE_RULES].sort()).toEqual(calculable.map(({ id }) => id).sort());
  });

  it(`agree on ${CASES} random cases`, () => {
    const random = seeded(20261121);
    const differences: unknown[] = [];
    const asked = new Set<string>();
    for (let i = 0; i < CASES; i += 1) {
      const input = randomCase(random);
      asked.add(input.rule);
      const { nominal, safeBy, due, latestArguable } = calculateLimit(input, { why: false });
      const naive = naiveLimit(input);
      const same =
        naive.nominal === nominal &&
        naive.safeBy === safeBy &&
        naive.due === due &&
        naive.latestArguable === latestArguable;
      if (!same && differences.length < 5) {
        differences.push({ input, library: { nominal, safeBy, due, latestArguable }, naive });
      }
    }
    expect(differences).toEqual([]);
    expect(asked.size).toBe(NAIVE_RULES.length);
  }, 120_000);
});
