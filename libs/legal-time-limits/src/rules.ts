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

/**
 * The rows of one version of the table. A later law adds rows beside the released ones; no row is ever edited. Of two rows
 * that cover the same day the one that was added later is in force.
 */
export class RuleTable {
  private readonly byId = new Map<string, Rule[]>();
  private readonly datedById = new Map<string, DatedRow[]>();

  /**
   * @param version what answers are traced to
   * @param rows every dated row, in the order in which they were added
   */
  constructor(
    readonly version: string,
    readonly rows: readonly Rule[],
  ) {
    for (const row of rows) {
      this.byId.set(row.id, [...(this.byId.get(row.id) ?? []), row]);
      const dated = {
        row,
        from: parseDay(row.effective.from)!,
        to: row.effective.to === null ? Infinity : parseDay(row.effective.to)!,
      };
      this.datedById.set(row.id, [dated, ...(this.datedById.get(row.id) ?? [])]);
    }
  }

  /** Ids of the table, each once, in its order. */
  ids(): string[] {
    return [...this.byId.keys()];
  }

  /** All dated versions of a rule in the order in which they were added; empty for an unknown id. */
  versionsOf(id: string): readonly Rule[] {
    return this.byId.get(id) ?? [];
  }

  /** The version of a rule in force on a day number; undefined when none is. */
  inForce(id: string, day: DayNumber): Rule | undefined {
    for (const { row, from, to } of this.datedById.get(id) ?? []) if (from <= day && day <= to) return row;
    return undefined;
  }

  /** The version of a rule in force on a legal day; undefined when none is, or the day is not one. */
  on(id: string, day: LegalDate): Rule | undefined {
    const number = parseDay(day);
    return number === null ? undefined : this.inForce(id, number);
  }

  /** The grounds that a ground list (CPC-148-SUSPEND, CPC-247) has in force on a legal day. */
  groundsOn(id: string, day: LegalDate): readonly Ground[] {
    return (this.on(id, day)?.grounds ?? []).filter(
      ({ effective }) => effective.from <= day && (effective.to === null || day <= effective.to),
    );
  }
}

/** The table as released with this library: the default of every calculation. */
export const RELEASED_RULES = new RuleTable(RULES_VERSION, RULES);

/** Ids of the table, each once, in its order. */
export const RULE_IDS: readonly string[] = RELEASED_RULES.ids();

/** All dated versions of a rule as released, oldest first; empty for an unknown id. */
export function versionsOf(id: string): readonly Rule[] {
  return RELEASED_RULES.versionsOf(id);
}

/** The released version of a rule in force on a legal day; undefined when none is, or the day is not one. */
export function ruleOn(id: string, day: LegalDate): Rule | undefined {
  return RELEASED_RULES.on(id, day);
}

/** The grounds that a ground list (CPC-148-SUSPEND, CPC-247) has in force on a legal day. */
export function groundsOn(id: string, day: LegalDate): readonly Ground[] {
  return RELEASED_RULES.groundsOn(id, day);
}
