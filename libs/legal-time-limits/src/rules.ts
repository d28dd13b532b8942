import { parseDay, type DayNumber, type LegalDate } from './legal-date.js';
import { ARITHMETIC_RULES } from './arithmetic-rules.js';
import { RECEPTION_RULES } from './reception-rules.js';
import { RESOLUTION_RULES } from './resolution-rules.js';
import { INVESTIGATION_RULES } from './investigation-rules.js';
import { PROSECUTION_RULES } from './prosecution-rules.js';
import type { Ground, Rule } from './rule.js';

/** Day on which the rule table was last released; every answer can be traced to it. */
export const RULES_VERSION = '2026-11-21';

/** Every rule of the table with its dates of effect, in the order of a matter's life. */
export const RULES: readonly Rule[] = [
  ...ARITHMETIC_RULES,
  ...RECEPTION_RULES,
  ...RESOLUTION_RULES,
  ...INVESTIGATION_RULES,
  ...PROSECUTION_RULES,
];

interface DatedRow {
  readonly row: Rule;
  readonly from: DayNumber;
  readonly to: DayNumber;
}

const rowsById = new Map<string, Rule[]>();
const datedById = new Map<string, DatedRow[]>();
for (const row of RULES) {
  rowsById.set(row.id, [...(rowsById.get(row.id) ?? []), row]);
  const dated = {
    row,
    from: parseDay(row.effective.from)!,
    to: row.effective.to === null ? Infinity : parseDay(row.effective.to)!,
  };
  datedById.set(row.id, [dated, ...(datedById.get(row.id) ?? [])]);
}

/** Ids of the table, each once, in its order. */
export const RULE_IDS: readonly string[] = [...rowsById.keys()];

/** All dated versions of a rule, oldest first; empty for an unknown id. */
export function versionsOf(id: string): readonly Rule[] {
  return rowsById.get(id) ?? [];
}

/** The version of a rule in force on a day number; undefined when none is. */
export function ruleInForce(id: string, day: DayNumber): Rule | undefined {
  for (const { row, from, to } of datedById.get(id) ?? []) if (from <= day && day <= to) return row;
  return undefined;
}

/** The version of a rule in force on a legal day; undefined when none is, or the day is not one. */
export function ruleOn(id: string, day: LegalDate): Rule | undefined {
  const number = parseDay(day);
  return number === null ? undefined : ruleInForce(id, number);
}

/** The grounds that a ground list (CPC-148-SUSPEND, CPC-247) has in force on a legal day. */
export function groundsOn(id: string, day: LegalDate): readonly Ground[] {
  return (ruleOn(id, day)?.grounds ?? []).filter(
    ({ effective }) => effective.from <= day && (effective.to === null || day <= effective.to),
  );
}
