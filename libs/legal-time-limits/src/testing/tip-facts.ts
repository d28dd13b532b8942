import { expect } from '@jest/globals';
import { obligationsOf, type Fact, type MatterInput, type Obligation } from '../index.js';

/** A moment in the zone of the law: `at('05/01 08:00')` is in 2026. */
export function at(when: string): string {
  const [date, clock] = when.split(' ');
  const [day, month, year = '2026'] = date!.split('/');
  return `${year}-${month}-${day}T${clock ?? '08:00'}:00+07:00`;
}

/** A fact of a tip at such a moment. */
export function fact(type: string, when: string, fields: Record<string, unknown> = {}): Fact {
  return { type, at: at(when), ...fields };
}

/** The duties of a tip with these facts. */
export function tip(facts: readonly Fact[], more: Partial<MatterInput> = {}): Obligation[] {
  return obligationsOf({ matter: 'crime-tip', unit: {}, facts, ...more });
}

/** The one duty of a rule. */
export function of(obligations: readonly Obligation[], rule: string, recipient: string | null = null): Obligation {
  const found = obligations.filter((one) => one.rule === rule && one.recipient === recipient);
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** The rules that gave rise to a duty. */
export function rules(obligations: readonly Obligation[]): string[] {
  return [...new Set(obligations.map(({ rule }) => rule))].sort();
}

export const RECEIVED = fact('CrimeTipReceived', '05/01 08:00');
export const ACCEPTED = fact('CrimeTipAccepted', '06/01 10:00');
