import { type DayNumber } from './legal-date.js';
import type { CrimeClass, Extension, Length, Rule } from './rule.js';
import { RELEASED_RULES, type RuleTable } from './rules.js';

/** Whether a juvenile's term is halved: Law 59/2024 Art 129 and its transition Art 179(1)a. */
export function isHalved(
  ruleId: string,
  juvenile: boolean,
  initiatedOn: DayNumber,
  exempt: boolean,
  rules: RuleTable = RELEASED_RULES,
): boolean {
  if (!juvenile || exempt) return false;
  const modifier = rules.inForce('JJL-129', initiatedOn);
  return modifier?.appliesTo?.includes(ruleId) ?? false;
}

/** The extensions a rule allows for a class; empty when it states none. */
export function extensionsOf(rule: Rule, crimeClass: CrimeClass | null): readonly Extension[] {
  if (rule.extensionsByClass) return crimeClass === null ? [] : rule.extensionsByClass[crimeClass];
  return rule.extensions ?? [];
}

/** Circumstances that pick the length of a rule. */
export interface Circumstances {
  readonly class: CrimeClass | null;
  readonly remote: boolean;
  readonly complex: boolean;
  readonly returner: 'vks' | 'court' | null;
  readonly noninitiation: boolean;
}

/** The length of a rule under the circumstances; null when a class or returner is needed and missing. */
export function lengthOf(rule: Rule, given: Circumstances): Length | null {
  if (rule.limitByClass) return given.class === null ? null : rule.limitByClass[given.class];
  if (rule.limitByReturner) return given.returner === null ? null : rule.limitByReturner[given.returner];
  if (given.remote && rule.limitIfRemote) return rule.limitIfRemote;
  if (given.complex && rule.limitIfComplex) return rule.limitIfComplex;
  if (given.noninitiation && rule.limitForNoninitiation) return rule.limitForNoninitiation;
  return rule.limit!;
}

/** The article behind a step: that of its own row, or of the rule that holds it. */
export function citeOfStep(rule: Rule, day: DayNumber, rules: RuleTable = RELEASED_RULES): (source: string) => string {
  return (source) => (source === rule.id ? rule : (rules.inForce(source, day) ?? rule)).cites[0]!;
}

/** Extensions of a tip are rows of their own; those of other rules belong to the rule. */
export function extensionSource(rule: Rule): string {
  return rule.id === 'CPC-147-1' || rule.id === 'CPC-147-2A' ? 'CPC-147-2B' : rule.id;
}
