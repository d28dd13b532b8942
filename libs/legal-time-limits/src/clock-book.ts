import type { Calendar } from './calendar.js';
import { extensionsOf } from './limit-length.js';
import type { WhyStep } from './explain.js';
import type { ReadFact } from './facts.js';
import { type DayNumber, type LocalMicros } from './legal-date.js';
import type { CrimeClass, Length, Rule } from './rule.js';
import { RELEASED_RULES, type RuleTable } from './rules.js';
import { baseStep, datesBefore, datesOf, dayOfMoment, type Step, type TermDates } from './term.js';

/** The dates printed on a decision against the computed ones. */
export interface PrintedDates {
  readonly from: DayNumber | null;
  readonly to: DayNumber | null;
}

/** A difference between printed and computed dates; the printed ones were used. */
export interface Difference {
  readonly printed: PrintedDates;
  readonly computed: { readonly from: DayNumber; readonly to: DayNumber };
  /** Printed last day minus computed nominal last day; 0 when only the first day differs. */
  readonly days: number;
  /** The printed last day lies beyond what the rule allows. */
  readonly beyondCap: boolean;
}

/** A version of a deadline that a later fact replaced. */
export interface Replaced {
  readonly dates: TermDates;
  readonly by: string;
  readonly at: LocalMicros;
}

/** One duty while the facts of a matter are read. */
export interface Clock {
  readonly id: string;
  readonly rule: Rule;
  readonly order: number;
  readonly recipient: string | null;
  readonly trigger: string;
  /** Moment of the fact that opened it. */
  readonly openedAt: LocalMicros;
  /** Moment of the trigger; day terms use its legal day. */
  start: LocalMicros;
  /** Empty for duties counted back and for custody. */
  steps: readonly Step[];
  dates: TermDates;
  requestBy: DayNumber | null;
  readonly replaced: Replaced[];
  doneAt: LocalMicros | null;
  cancelledAt: LocalMicros | null;
  /** A duty that the law also lets be done on finishing: falling away late is no breach. */
  readonly lapses: boolean;
  printed: PrintedDates | null;
  difference: Difference | null;
  readonly notes: WhyStep[];
  /** Duties counted back from the end of this one. */
  readonly before: Clock[];
  /** Class whose extensions apply. */
  class: CrimeClass | null;
  custody: { readonly months: number | null; readonly heldDays: number; readonly printedTo: DayNumber | null } | null;
}

export interface Opening {
  readonly start?: LocalMicros;
  readonly length?: Length;
  readonly class?: CrimeClass | null;
  readonly halved?: boolean;
  readonly recipient?: string;
}

/** The duties of one matter, opened, moved and ended as its facts are read in order of time. */
export class ClockBook {
  readonly clocks: Clock[] = [];

  constructor(
    readonly calendar: Calendar,
    readonly rules: RuleTable = RELEASED_RULES,
  ) {}

  /** Opens a duty; null when the rule is not in force on the day of the trigger. */
  open(ruleId: string, fact: ReadFact, opening: Opening = {}): Clock | null {
    const start = opening.start ?? fact.at;
    const rule = this.rules.inForce(ruleId, dayOfMoment(start));
    if (!rule) return null;
    const steps = [baseStep(rule.id, opening.length ?? rule.limit!, opening.halved ?? false)];
    return this.add(rule, fact, start, steps, datesOf(rule, start, steps, this.calendar), opening);
  }

  /** Opens a duty counted back from the nominal end of another one; it moves with that end. */
  openBefore(ruleId: string, fact: ReadFact, of: Clock): Clock | null {
    const rule = this.rules.inForce(ruleId, dayOfMoment(fact.at));
    if (!rule) return null;
    const clock = this.add(rule, fact, of.dates.nominal, [], datesBefore(of.dates.nominal, rule.before!), {}, true);
    of.before.push(clock);
    return clock;
  }

  add(
    rule: Rule,
    fact: ReadFact,
    start: LocalMicros,
    steps: readonly Step[],
    dates: TermDates,
    opening: Opening,
    lapses = false,
  ): Clock {
    const recipient = opening.recipient ?? null;
    const key = recipient === null ? rule.id : `${rule.id}/${recipient}`;
    let nth = 1;
    for (const other of this.clocks) if (other.rule.id === rule.id && other.recipient === recipient) nth += 1;
    const clock: Clock = {
      id: `${key}:${nth}`,
      rule,
      order: this.clocks.length,
      recipient,
      trigger: fact.type,
      openedAt: fact.at,
      start,
      steps,
      dates,
      requestBy: null,
      replaced: [],
      doneAt: null,
      cancelledAt: null,
      lapses,
      printed: null,
      difference: null,
      notes: [],
      before: [],
      class: opening.class ?? null,
      custody: null,
    };
    clock.requestBy = this.requestDay(clock);
    this.clocks.push(clock);
    return clock;
  }

  /** The newest duty of the rule that is still owed. */
  owed(ruleId: string, recipient: string | null = null): Clock | null {
    for (let i = this.clocks.length - 1; i >= 0; i -= 1) {
      const clock = this.clocks[i]!;
      if (clock.rule.id === ruleId && clock.recipient === recipient && isOwed(clock)) return clock;
    }
    return null;
  }

  /** Marks the newest owed duty of the rule as done. */
  done(ruleId: string, at: LocalMicros, recipient: string | null = null): Clock | null {
    const clock = this.owed(ruleId, recipient);
    if (clock) this.finish(clock, at);
    return clock;
  }

  finish(clock: Clock, at: LocalMicros): void {
    clock.doneAt = at;
    for (const duty of clock.before) if (isOwed(duty)) duty.cancelledAt = at;
  }

  /** The newest owed duty of the rule falls away. */
  cancel(ruleId: string, at: LocalMicros, recipient: string | null = null): Clock | null {
    const clock = this.owed(ruleId, recipient);
    if (clock) this.drop(clock, at);
    return clock;
  }

  drop(clock: Clock, at: LocalMicros): void {
    clock.cancelledAt = at;
    for (const duty of clock.before) if (isOwed(duty)) duty.cancelledAt = at;
  }

  /** Replaces the chain of a duty, keeping the version it had. */
  revise(clock: Clock, steps: readonly Step[], fact: ReadFact, start: LocalMicros = clock.start): void {
    this.replace(clock, fact, datesOf(clock.rule, start, steps, this.calendar));
    clock.steps = steps;
    clock.start = start;
    clock.requestBy = this.requestDay(clock);
    for (const duty of clock.before) {
      if (!isOwed(duty)) continue;
      duty.start = clock.dates.nominal;
      this.replace(duty, fact, datesBefore(clock.dates.nominal, duty.rule.before!));
    }
  }

  replace(clock: Clock, fact: ReadFact, dates: TermDates): void {
    clock.replaced.push({ dates: clock.dates, by: fact.type, at: fact.at });
    clock.dates = dates;
  }

  /** Extends a duty by one more stretch; the printed dates win and a difference to the computed ones is kept. */
  extend(clock: Clock, kept: readonly Step[], step: Step, fact: ReadFact): void {
    if (step.printedFrom !== null || step.printedTo !== null) {
      const previous = datesOf(clock.rule, clock.start, kept, this.calendar);
      const computed = datesOf(
        clock.rule,
        clock.start,
        [...kept, { ...step, printedFrom: null, printedTo: null }],
        this.calendar,
      );
      const startDay = dayOfMoment(clock.start);
      const from = step.anchor === 'start' ? startDay : previous.nominal;
      const to = step.printedTo;
      // The decision of a head may print the receipt or the end of the 20 days: both describe the same total.
      const fromDiffers =
        step.printedFrom !== null &&
        step.printedFrom !== from &&
        !(step.anchor === 'start' && step.printedFrom === previous.nominal);
      const toDiffers = to !== null && to !== computed.nominal && to !== computed.due;
      clock.printed = { from: step.printedFrom, to };
      clock.difference =
        fromDiffers || toDiffers
          ? {
              printed: clock.printed,
              computed: { from, to: computed.nominal },
              days: toDiffers ? to - computed.nominal : 0,
              beyondCap: to !== null && to > computed.due,
            }
          : null;
    } else {
      clock.printed = null;
      clock.difference = null;
    }
    const steps = [...kept, step];
    const dates = datesOf(clock.rule, clock.start, steps, this.calendar);
    // A later decision that prints an earlier day than the one already granted does not take back what was granted.
    if (dates.nominal < clock.dates.nominal) this.revise(clock, clock.steps, fact);
    else this.revise(clock, steps, fact);
  }

  /** Last day to request the next extension that the rule still allows; null when there is none. */
  private requestDay(clock: Clock): DayNumber | null {
    const { requestBefore, prolongation } = clock.rule;
    if (!requestBefore || clock.steps.length === 0) return null;
    let extensions = 0;
    let prolonged = false;
    for (const step of clock.steps) {
      if (step.by === null) continue;
      if (step.anchor === 'start') prolonged = true;
      else extensions += 1;
    }
    if (extensions >= extensionsOf(clock.rule, clock.class).length) return null;
    // The procuracy extends the prolonged term of Art 147(2); the 20 days alone are prolonged by the head, without a request.
    if (prolongation && !prolonged) return null;
    return clock.dates.nominal - requestBefore.n;
  }
}

/** Whether a duty is neither done nor fallen away. */
export function isOwed(clock: Clock): boolean {
  return clock.doneAt === null && clock.cancelledAt === null;
}
