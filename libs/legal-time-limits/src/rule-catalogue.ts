import type { LimitInput } from './limit-input.js';
import type { Confidence, Extension, Length, OwedBy, Rule } from './rule.js';
import { RELEASED_RULES, RULES, type RuleTable } from './rules.js';
import type { LegalDate } from './legal-date.js';
import type { Text } from './text.js';
import { lengthText } from './wording.js';

/** A circumstance that changes the dates of a rule: a field of the calculator's input. */
export type RuleOption = Exclude<keyof LimitInput, 'rule' | 'start' | 'on'>;

/** One rule as somebody looks for it: by its words, its articles or its length. */
export interface RuleEntry {
  readonly id: string;
  readonly name: Text;
  readonly cites: readonly string[];
  /** The lengths that the rule states, each once: `20 ngày`, `2 tháng`. */
  readonly lengths: readonly Text[];
  /** What starts the clock, in words that follow "from" / "kể từ". */
  readonly startsFrom: Text;
  readonly owedBy: OwedBy | null;
  readonly condition: Text | null;
  /** True where the term is in hours: its start must be a moment. */
  readonly inHours: boolean;
  readonly options: readonly RuleOption[];
  /** Most extensions under any class of offence; 0 = none. */
  readonly mostExtensions: number;
  readonly effective: { readonly from: LegalDate; readonly to: LegalDate | null };
  readonly confidence: Confidence;
}

function extensionChains(rule: Rule): readonly (readonly Extension[])[] {
  return rule.extensionsByClass ? Object.values(rule.extensionsByClass) : [rule.extensions ?? []];
}

function lengthsOf(rule: Rule): Text[] {
  const lengths: Length[] = [
    rule.limit,
    rule.before,
    rule.limitIfRemote,
    rule.limitIfComplex,
    rule.limitForNoninitiation,
    ...Object.values(rule.limitByClass ?? {}),
    ...Object.values(rule.limitByReturner ?? {}),
    rule.prolongation?.total,
    ...extensionChains(rule).flatMap((chain) => chain.map(({ add }) => add)),
  ].filter((length) => length !== undefined);
  const texts = new Map(lengths.map((length) => [`${length.n} ${length.unit}`, lengthText(length)]));
  return [...texts.values()];
}

function optionsOf(rule: Rule): RuleOption[] {
  const mostExtensions = Math.max(...extensionChains(rule).map((chain) => chain.length));
  const isHalvable = RULES.some(({ appliesTo }) => appliesTo?.includes(rule.id));
  const known: Record<RuleOption, boolean> = {
    class: rule.limitByClass !== undefined || rule.extensionsByClass !== undefined,
    remote: rule.limitIfRemote !== undefined,
    // A complex case keeps the whole term for a juvenile too (Law 59/2024 Art 129).
    complex: rule.limitIfComplex !== undefined || isHalvable,
    noninitiation: rule.limitForNoninitiation !== undefined,
    returner: rule.limitByReturner !== undefined,
    prolonged: rule.prolongation !== undefined,
    extensions: rule.kind === 'term' && mostExtensions > 0,
    juvenile: isHalvable,
    caseInitiatedOn: isHalvable,
    months: rule.kind === 'custody',
    heldDays: rule.kind === 'custody',
  };
  return (Object.keys(known) as RuleOption[]).filter((option) => known[option]);
}

/**
 * The rules that the calculator knows, each in the version in force on a day, with the circumstances that change its
 * dates. Rules without a term of their own (grounds, ways of counting) are left out, and those not in force then.
 *
 * @param on legal day; for example today
 * @param rules the table; default the released one
 * @returns the rules in the table's order; none for what is no legal day
 */
export function ruleCatalogue(on: LegalDate, rules: RuleTable = RELEASED_RULES): RuleEntry[] {
  return rules.ids().flatMap((id) => {
    const rule = rules.on(id, on);
    if (!rule || !['term', 'before_end', 'custody'].includes(rule.kind)) return [];
    return [
      {
        id,
        name: rule.name,
        cites: rule.cites,
        lengths: lengthsOf(rule),
        startsFrom: rule.startsFrom,
        owedBy: rule.owedBy,
        condition: rule.condition ?? null,
        inHours: rule.limit?.unit === 'h',
        options: optionsOf(rule),
        mostExtensions: Math.max(...extensionChains(rule).map((chain) => chain.length)),
        effective: rule.effective,
        confidence: rule.confidence,
      },
    ];
  });
}
