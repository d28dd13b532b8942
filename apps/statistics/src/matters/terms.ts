import { breachMoment, calculateLimit, lawBefore, legalDateOf, newestLaw, obligationsOf } from '@app/legal-time-limits';
import type { CrimeClass, Law, LawHistory, LimitInput } from '@app/legal-time-limits';

/** An act that moves a term, in the words of the engine of time limits. */
export interface TermAct {
  type:
    | 'VerificationProlonged'
    | 'ExtensionGranted'
    | 'VerificationSuspended'
    | 'VerificationResumed'
    | 'ProsecutionTermExtended';
  at: string;
  from?: string;
  to?: string;
  ground?: string;
  /** When the system learned of it; not there in rows that were folded before the law of other services was followed. */
  recordedAt?: string;
}

/** The term that runs now. Days are legal days. */
export interface RunningTerm {
  rule: string;
  safeBy: string;
  due: string;
  latestArguable: string;
  /** First moment that is late. */
  breachAt: string;
}

/** End of a rule's term, first late moment; null where no version of the rule was in force at its start. */
function endOf(input: LimitInput, { calendar, rules }: Law): string | null {
  if (!rules.on(input.rule, legalDateOf(input.start))) return null;
  return breachMoment(calculateLimit(input, { why: false, calendar, rules }));
}

/**
 * Done by the end of a term by the law before it was done; always, when no term was in force. Hour terms include their last
 * moment.
 */
function isInTime(doneAt: string, input: LimitInput, history: LawHistory): boolean {
  const { calendar, rules } = lawBefore(history, doneAt);
  if (!rules.on(input.rule, legalDateOf(input.start))) return true;
  const { latestArguable } = calculateLimit(input, { why: false, calendar, rules });
  return latestArguable.length === 10
    ? legalDateOf(doneAt) <= latestArguable
    : Date.parse(doneAt) <= Date.parse(latestArguable);
}

/**
 * When the 24 hours of classification end (TTLT 01/2017 Art 8(1)); null before that circular.
 * @param classifiedAt null while it is owed: then by the newest law
 */
export function classificationBreach(
  receivedAt: string,
  classifiedAt: string | null,
  history: LawHistory,
): string | null {
  const law = classifiedAt === null ? newestLaw(history) : lawBefore(history, classifiedAt);
  return endOf({ rule: 'TTLT17-8-CLASSIFY', start: receivedAt }, law);
}

/** Whether the tip was classified inside its 24 hours. */
export function classifiedInTime(receivedAt: string, classifiedAt: string, history: LawHistory): boolean {
  return isInTime(classifiedAt, { rule: 'TTLT17-8-CLASSIFY', start: receivedAt }, history);
}

/**
 * Whether the first transfer was made inside its term: 24 h (48 h in remote places) or 7 days for commune police
 * (TTLT 01/2017 Art 8(5)); other bodies have none that starts with the reception.
 */
export function transferredInTime(
  tip: {
    received_at: string;
    received_level: string;
    received_remote: boolean;
    urgent: boolean | null;
    transferred_at: string | null;
  },
  history: LawHistory,
): boolean {
  if (tip.transferred_at === null || tip.received_level !== 'commune') return true;
  return isInTime(
    tip.transferred_at,
    tip.urgent
      ? { rule: 'TTLT17-8-5A', start: tip.received_at, remote: tip.received_remote }
      : { rule: 'TTLT17-8-5B', start: tip.received_at },
    history,
  );
}

/** Whether the investigator was assigned inside three days of receipt by the competent body (TTLT 01/2017 Art 9). */
export function assignedInTime(acceptedAt: string | null, assignedAt: string, history: LawHistory): boolean {
  return acceptedAt === null || isInTime(assignedAt, { rule: 'TTLT17-9', start: acceptedAt }, history);
}

const VERIFICATION_RULES: ReadonlySet<string> = new Set(['CPC-147-1', 'CPC-148-2-AFTER-CANCEL', 'CPC-149-1']);
const PROSECUTION_RULES: ReadonlySet<string> = new Set(['CPC-240-1', 'CPC-461-1']);

/**
 * The term after acts of which the newest may be one that the law's arithmetic refuses: a prolongation after resumption, a
 * printed day that cannot be. Such an act moves no term; the deadlines service sets it aside and shows why.
 */
function unlessRefused(withAct: () => RunningTerm | null, without: () => RunningTerm | null): RunningTerm | null {
  try {
    return withAct();
  } catch (error) {
    if ((error as Error).name === 'LimitRefusal') return without();
    throw error;
  }
}

function runningTerm(
  matter: 'crime-tip' | 'criminal-case',
  facts: readonly { type: string; at: string }[],
  wanted: ReadonlySet<string>,
  { calendar, rules }: Law,
): RunningTerm | null {
  const running = obligationsOf({ matter, unit: {}, facts }, { why: false, calendar, rules }).find(
    ({ rule, doneAt, cancelledAt }) => wanted.has(rule) && doneAt === null && cancelledAt === null,
  );
  if (!running) return null;
  const { rule, safeBy, due, latestArguable } = running;
  return { rule, safeBy, due, latestArguable, breachAt: breachMoment(running) };
}

/** An act as the engine takes it: when it became known is no concern of the law's. */
function factOf({ recordedAt: _recordedAt, ...act }: TermAct): { type: string; at: string } {
  return act;
}

/** First day of the rules of terms: what was accepted or received before has none here. */
const RULES_SINCE = '2018-03-01';

/**
 * The term of verification that runs after the given acts, in the order they were recorded; null while suspended, and for
 * tips older than the rules, by the given law. After a resumption only what followed it counts: it starts a term of its own (BLTTHS 149(1)).
 */
export function verificationTerm(
  receivedAt: string,
  acceptedAt: string,
  acts: readonly TermAct[],
  law: Law,
): RunningTerm | null {
  if (legalDateOf(acceptedAt) < RULES_SINCE) return null;
  const last = acts.findLastIndex(({ type }) => type === 'VerificationSuspended' || type === 'VerificationResumed');
  if (acts[last]?.type === 'VerificationSuspended') return null;
  const resumption = acts[last];
  const facts: { type: string; at: string }[] = [
    // Neither the day of reception nor notices move this term; an old reception must not stop the computation.
    { type: 'CrimeTipReceived', at: legalDateOf(receivedAt) < RULES_SINCE ? acceptedAt : receivedAt },
    { type: 'CrimeTipAccepted', at: acceptedAt },
  ];
  if (resumption) {
    facts.push({ type: 'VerificationSuspended', at: resumption.at, ...{ ground: 'a' } }, factOf(resumption));
  }
  const withActs = (considered: readonly TermAct[]): RunningTerm | null => {
    // Each moves the same end once more; only the last of its kind holds.
    const moving = (['VerificationProlonged', 'ExtensionGranted'] as const).flatMap((type) => {
      const act = considered.findLast((candidate) => candidate.type === type);
      return act ? [factOf(act)] : [];
    });
    if (considered.length === 0) return runningTerm('crime-tip', facts, VERIFICATION_RULES, law);
    return unlessRefused(
      () => runningTerm('crime-tip', [...facts, ...moving], VERIFICATION_RULES, law),
      () => withActs(considered.slice(0, -1)),
    );
  };
  return withActs(acts.slice(last + 1));
}

/** What the prosecution term depends on, beside the acts that move it. */
export interface ProsecutionTermInput {
  initiatedAt: string;
  class: CrimeClass;
  juvenile: boolean;
  shortened: boolean;
  concludedAt: string;
  fileReceivedAt: string;
  extension: TermAct | null;
}

/** The term of BLTTHS 240(1), or 461(1) in the shortened procedure, that runs from the complete file; null before 2018. */
export function prosecutionTerm(input: ProsecutionTermInput, law: Law): RunningTerm | null {
  if (legalDateOf(input.initiatedAt) < '2018-01-01') return null;
  const { initiatedAt, juvenile, shortened, concludedAt, fileReceivedAt, extension } = input;
  const facts = [
    { type: 'CriminalCaseInitiated', at: initiatedAt, class: input.class, juvenile, shortened },
    { type: 'InvestigationConcluded', at: concludedAt, proposesProsecution: true },
    { type: 'CaseFileReceived', at: fileReceivedAt, complete: true, conclusionDelivered: true },
  ];
  const base = (): RunningTerm | null => runningTerm('criminal-case', facts, PROSECUTION_RULES, law);
  if (!extension) return base();
  return unlessRefused(() => runningTerm('criminal-case', [...facts, factOf(extension)], PROSECUTION_RULES, law), base);
}
