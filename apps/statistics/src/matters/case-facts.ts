import type {
  CaseFileReceived,
  CaseNumberAssigned,
  Category,
  CrimeClass,
  CriminalCaseOpened,
  InvestigationConcluded,
  ProsecutionDecided,
  ProsecutionDecision,
  ProsecutionTermExtended,
} from '@app/contracts';
import type { ScannedEvent } from '@app/event-store';
import type { LawHistory, LawVersion } from '@app/legal-time-limits';
import { lawBefore, newestLaw } from '@app/legal-time-limits';
import { isConcerned, knownTerms, nextTerm } from './known-terms.js';
import type { EarlierTerm } from './known-terms.js';
import { isSameMoment, keptMoment, legalMoment } from './moments.js';
import { prosecutionTerm } from './terms.js';
import type { RunningTerm, TermAct } from './terms.js';

/** A round of prosecution: conclusion, complete file, term, decision. */
interface Round {
  concluded_at: string | null;
  concluded_recorded_at: string | null;
  proposes_prosecution: boolean | null;
  file_received_at: string | null;
  file_received_recorded_at: string | null;
  base_breach_at: string | null;
  term_rule: string | null;
  term_safe_by: string | null;
  term_due: string | null;
  term_latest_arguable: string | null;
  term_breach_at: string | null;
  term_recorded_at: string | null;
  earlier_terms: EarlierTerm[] | null;
  decided_at: string | null;
  decided_recorded_at: string | null;
  decision: ProsecutionDecision | null;
}

/** One row of `statistics.case_facts`; moments are RFC 3339 text. */
export interface CaseFacts extends Round {
  case_id: string;
  tip_id: string | null;
  case_number: string | null;
  case_year: number | null;
  unit_code: string;
  supervised_by: string;
  initiated_at: string;
  opened_recorded_at: string;
  category: Category;
  class: CrimeClass;
  juvenile: boolean;
  shortened: boolean;
  accused_count: number;
  /** The act that extended the round's term. */
  term_extension: TermAct | null;
  /** Rounds that ended with a decision and were followed by another, oldest first. */
  earlier_rounds: Round[] | null;
}

const NO_TERM = {
  base_breach_at: null,
  term_rule: null,
  term_safe_by: null,
  term_due: null,
  term_latest_arguable: null,
  term_breach_at: null,
  term_recorded_at: null,
  earlier_terms: null,
} as const;

const NO_ROUND: Round = {
  concluded_at: null,
  concluded_recorded_at: null,
  proposes_prosecution: null,
  file_received_at: null,
  file_received_recorded_at: null,
  ...NO_TERM,
  decided_at: null,
  decided_recorded_at: null,
  decision: null,
};

function roundOf(facts: CaseFacts): Round {
  const entries = Object.keys(NO_ROUND).map((column) => {
    const value = facts[column as keyof Round];
    return [column, column.endsWith('_at') ? keptMoment(value as string | null) : value];
  });
  return Object.fromEntries(entries) as unknown as Round;
}

/** A decided round moves to the earlier ones; an undecided one goes on. */
function inNewRound(facts: CaseFacts): CaseFacts {
  if (facts.decided_at === null) return facts;
  return {
    ...facts,
    ...NO_ROUND,
    term_extension: null,
    earlier_rounds: [...(facts.earlier_rounds ?? []), roundOf(facts)],
  };
}

/** The term of the round at hand by a law, with the extension or without; the file is there. */
function termOf(facts: CaseFacts, extension: TermAct | null, law: LawVersion): RunningTerm | null {
  const { initiated_at: initiatedAt, juvenile, shortened, concluded_at } = facts;
  return prosecutionTerm(
    {
      initiatedAt,
      class: facts.class,
      juvenile,
      shortened,
      concludedAt: concluded_at ?? initiatedAt,
      fileReceivedAt: facts.file_received_at!,
      extension,
    },
    law,
  );
}

function withTerm(facts: CaseFacts, recordedAt: string, history: LawHistory): CaseFacts {
  if (facts.file_received_at === null) return facts;
  const term = termOf(facts, facts.term_extension, newestLaw(history));
  if (!term) return facts;
  const next = nextTerm(facts, term, recordedAt);
  const base = next === facts ? facts : { ...next, base_breach_at: facts.base_breach_at ?? term.breachAt };
  return caseFactsUnder(base, history);
}

/**
 * A case's facts by the law as published over time: a running term moves, with the moment it was published as the moment of
 * recording; what was decided before stays. The same object when no publication concerns it.
 */
export function caseFactsUnder(facts: CaseFacts, history: LawHistory): CaseFacts {
  const { file_received_at, file_received_recorded_at: received, decided_at, term_extension: extension } = facts;
  if (file_received_at === null || received === null || facts.term_rule === null) return facts;
  if (!isConcerned(facts, file_received_at, history)) return facts;
  // Folded before the extension itself was kept: its term cannot be calculated again but by a rebuild.
  const isExtended = (facts.earlier_terms ?? []).some(({ breachAt }) => breachAt !== null);
  if (
    isExtended &&
    !extension &&
    !history.some(({ publishedAt }) => publishedAt !== null && isKnownAt(facts, publishedAt))
  )
    return facts;
  const steps = [
    { recordedAt: received, term: (law: LawVersion) => termOf(facts, null, law) },
    ...(extension?.recordedAt === undefined
      ? []
      : [{ recordedAt: extension.recordedAt, term: (law: LawVersion) => termOf(facts, extension, law) }]),
  ];
  const law = decided_at === null ? newestLaw(history) : lawBefore(history, decided_at);
  // A round begins without a term: that of an earlier one is with its round.
  const round = knownTerms(facts, [{ steps, endedAt: decided_at }], history);
  const base = termOf(facts, null, law)?.breachAt ?? facts.base_breach_at;
  return isSameMoment(base, round.base_breach_at) ? round : { ...round, base_breach_at: base };
}

function isKnownAt(facts: CaseFacts, publishedAt: string): boolean {
  return facts.term_recorded_at !== null && Date.parse(facts.term_recorded_at) === Date.parse(publishedAt);
}

/**
 * A case's facts after an event of its stream. Events that no indicator asks about, and any event before the case was
 * opened, leave the facts as they are (the same object).
 *
 * @param history the law as published
 */
export function foldCaseFacts(
  facts: CaseFacts | undefined,
  event: ScannedEvent,
  history: LawHistory,
): CaseFacts | undefined {
  const { recordedAt } = event.meta;
  if (event.type === 'CriminalCaseOpened') {
    const data = event.data as unknown as CriminalCaseOpened;
    return {
      case_id: data.caseId,
      tip_id: data.tipId,
      case_number: null,
      case_year: null,
      unit_code: data.unitCode,
      supervised_by: data.supervisedBy,
      initiated_at: data.initiatedAt,
      opened_recorded_at: recordedAt,
      category: data.category,
      class: data.class,
      juvenile: data.juvenile,
      shortened: data.shortened,
      accused_count: data.accusedCount,
      ...NO_ROUND,
      term_extension: null,
      earlier_rounds: null,
    };
  }
  if (facts === undefined) return undefined;
  switch (event.type) {
    case 'CaseNumberAssigned': {
      const { number, year } = event.data as unknown as CaseNumberAssigned;
      return { ...facts, case_number: number, case_year: year };
    }
    case 'InvestigationConcluded': {
      const { concludedAt, proposesProsecution } = event.data as unknown as InvestigationConcluded;
      return {
        ...inNewRound(facts),
        concluded_at: concludedAt,
        concluded_recorded_at: recordedAt,
        proposes_prosecution: proposesProsecution,
      };
    }
    case 'CaseFileReceived': {
      const { receivedAt, complete, conclusionDelivered } = event.data as unknown as CaseFileReceived;
      // An incomplete file is not received: the term does not start (BLTTHS 238(1)).
      if (!complete || !conclusionDelivered) return facts;
      const { concluded_at, concluded_recorded_at, proposes_prosecution } = facts;
      const round = inNewRound(facts);
      // A file that another procuracy receives after a transfer brings the same conclusion and a new term (BLTTHS 239(2)).
      const conclusion = round === facts ? {} : { concluded_at, concluded_recorded_at, proposes_prosecution };
      return withTerm(
        {
          ...round,
          ...conclusion,
          ...NO_TERM,
          term_extension: null,
          file_received_at: receivedAt,
          file_received_recorded_at: recordedAt,
        },
        recordedAt,
        history,
      );
    }
    case 'ProsecutionTermExtended': {
      const { extendedAt, to, decision } = event.data as unknown as ProsecutionTermExtended;
      const printedTo = to ?? decision?.to;
      const extension: TermAct = {
        type: 'ProsecutionTermExtended',
        at: extendedAt,
        ...(printedTo === undefined ? {} : { to: printedTo }),
        recordedAt: legalMoment(recordedAt),
      };
      return withTerm({ ...facts, term_extension: extension }, recordedAt, history);
    }
    case 'ProsecutionDecided': {
      const { decidedAt, decision } = event.data as unknown as ProsecutionDecided;
      // What was published after the decision does not reach it.
      const round = caseFactsUnder({ ...inNewRound(facts), decided_at: decidedAt }, history);
      return { ...round, decided_recorded_at: recordedAt, decision };
    }
    default:
      return facts;
  }
}
