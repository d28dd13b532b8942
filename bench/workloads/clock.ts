import { addDays, obligationsOf, type Fact, type MatterInput } from '@app/legal-time-limits';
import { NAIVE_RULES, naiveLimit } from '../../test/support/naive-clock.js';
import { newHistogram, recordMs } from '../harness/latency.js';
import { randomFrom, seedOf } from '../harness/random.js';
import type { Check, Round, RoundInput, Variant, Workload } from '../harness/types.js';

const TIPS = 2_000;
const FROM = '2023-10-01';
const DAYS = 1_100;

/** A tip from receipt to initiation in eight facts, as most of them go: prolonged once, all notices sent. */
function typicalTip(start: string, minute: number): MatterInput {
  const clock = `${String(7 + Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  const at = (day: number, time = `${clock}:00`): string => `${addDays(start, day)}T${time}+07:00`;
  const facts: Fact[] = [
    { type: 'CrimeTipReceived', at: at(0), unitLevel: 'commune', informantGiven: true, noticesTracked: true },
    { type: 'CrimeTipClassified', at: at(0, '17:30:00'), competent: true, urgent: false },
    { type: 'CrimeTipAccepted', at: at(0, '18:00:00') },
    { type: 'CrimeTipAssigned', at: at(2) },
    { type: 'NoticeSent', at: at(2, '17:00:00'), notice: 'receipt', recipient: 'procuracy' },
    { type: 'NoticeSent', at: at(2, '17:05:00'), notice: 'receipt', recipient: 'informant' },
    { type: 'VerificationProlonged', at: at(15) },
    { type: 'CriminalCaseInitiated', at: at(46) },
  ];
  return {
    matter: 'crime-tip',
    unit: { remote: false, level: 'commune', kind: 'police' },
    facts,
    now: at(50),
  };
}

function tipsFrom(seed: number): MatterInput[] {
  const random = randomFrom(seedOf(seed, 'clock'));
  return Array.from({ length: TIPS }, () => typicalTip(addDays(FROM, random.below(DAYS)), random.below(600)));
}

const dayOf = (tip: MatterInput): string => tip.facts[0]!.at.slice(0, 10);

/** Runs `work` over the tips in turn for a time; one core, nothing else. */
function spin(tips: readonly MatterInput[], { seconds }: RoundInput, work: (tip: MatterInput) => number): Round {
  const latency = newHistogram();
  const end = performance.now() + seconds * 1000;
  const started = performance.now();
  let ops = 0;
  let dates = 0;
  while (performance.now() < end) {
    for (let i = 0; i < 20; i += 1) {
      const before = performance.now();
      dates += work(tips[ops % tips.length]!);
      ops += 1;
      recordMs(latency, performance.now() - before);
    }
  }
  return { ops, seconds: (performance.now() - started) / 1000, latency, extra: { duties_per_tip: dates / ops } };
}

/** The least that reads eight facts: parse each moment, sort, keep the last of each type. Computes no date. */
function bareFold(tip: MatterInput): number {
  const sorted = tip.facts.map((fact) => ({ at: Date.parse(fact.at), fact })).sort((a, b) => a.at - b.at);
  const last = new Map<string, number>();
  for (const { at, fact } of sorted) last.set(fact.type, at);
  return last.size;
}

/** Terms of a typical tip that the naive clock knows too. */
const TERMS = ['CPC-146-5', 'CPC-147-1', 'TTLT17-9', 'TTLT17-14-1'].filter((rule) => NAIVE_RULES.includes(rule));

const naiveDates = (tip: MatterInput) =>
  TERMS.map((rule) => naiveLimit({ rule, start: dayOf(tip), ...(rule === 'CPC-147-1' ? { prolonged: true } : {}) }));

/** The verification term of every tip agrees with the naive clock, and every set is whole. */
function checkSets(tips: readonly MatterInput[], why: boolean): Check {
  let compared = 0;
  for (const tip of tips) {
    const sets = obligationsOf(tip, { why });
    const term = sets.find(({ rule }) => rule === 'CPC-147-1');
    const naive = naiveLimit({ rule: 'CPC-147-1', start: dayOf(tip), prolonged: true });
    const isSame =
      term !== undefined &&
      term.safeBy === naive.safeBy &&
      term.due === naive.due &&
      term.latestArguable === naive.latestArguable &&
      sets.length >= 8 &&
      sets.every((one) => one.why.length > 0 === why);
    if (!isSame) return { ok: false, tip: dayOf(tip), term, naive, duties: sets.length };
    compared += 1;
  }
  return { ok: true, compared };
}

/**
 * Statutory clock: all duties of a typical tip (8 facts) from nothing, on one core. The floor computes no date at all;
 * the naive clock walks the calendar day by day for four of the ten terms.
 */
export const clock: Workload = {
  id: 'clock',
  unit: 'full sets of obligations',
  title: 'Statutory clock: all obligations of a typical tip (8 facts), one core',
  notAt: { M: 'it computes on one tip, whatever else there is', L: 'it computes on one tip, whatever else there is' },
  seconds: { S: 0.4 },
  points: () => [{ why: true }, { why: false }],
  open: (context, { why }) => {
    const tips = tipsFrom(context.seed);
    const explain = why === true;
    const variant = (name: Variant['name'], work: (tip: MatterInput) => number, check: () => Check): Variant => ({
      name,
      round: async (input) => spin(tips, input, work),
      check: async () => check(),
    });
    return Promise.resolve({
      variants: [
        variant('floor', bareFold, () => ({ ok: tips.every((tip) => bareFold(tip) === 7), tips: tips.length })),
        variant(
          'ours',
          (tip) => obligationsOf(tip, { why: explain }).length,
          () => checkSets(tips, explain),
        ),
        variant(
          'peer:naive-clock',
          (tip) => naiveDates(tip).length,
          () => ({ ok: tips.every((tip) => naiveDates(tip).length === TERMS.length), terms: TERMS.length }),
        ),
      ],
      note: 'The floor reads and sorts the facts and computes nothing; the naive clock computes four of about ten terms.',
      close: () => Promise.resolve(),
    });
  },
};
