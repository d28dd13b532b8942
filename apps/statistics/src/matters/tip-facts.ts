import type {
  CrimeTipAccepted,
  CrimeTipAssigned,
  CrimeTipClassified,
  CrimeTipMerged,
  CrimeTipReceived,
  CrimeTipTransferAcknowledged,
  CrimeTipTransferred,
  CriminalCaseInitiated,
  InitiationDeclined,
  TipOutcome,
  VerificationExtended,
  VerificationProlonged,
  VerificationResumed,
  VerificationSuspended,
} from '@app/contracts';
import type { ScannedEvent } from '@app/event-store';
import type { LawHistory } from '@app/legal-time-limits';
import type { EarlierTerm } from './known-terms.js';
import { keptMoment, legalMoment } from './moments.js';
import { assignedInTime, classificationBreach, classifiedInTime, transferredInTime } from './terms.js';
import type { TermAct } from './terms.js';
import { isDecidedInTime, underHistory, withTerm, withTermAct } from './tip-terms.js';

/** Who was responsible until `replacedRecordedAt` became known. */
interface EarlierResponsible {
  unit: string;
  supervisedBy: string;
  recordedAt: string;
}

/** An acceptance that an acknowledged transfer, or a new acceptance, has ended. */
interface EarlierAcceptance {
  acceptedAt: string;
  acceptedRecordedAt: string;
  unit: string;
  supervisedBy: string;
  assignedAt: string | null;
  assignedRecordedAt: string | null;
  releasedAt: string;
  releasedRecordedAt: string;
  /** Acts that moved its term; left out when there were none. */
  termActs?: TermAct[];
}

/** One row of `statistics.tip_facts`; moments are RFC 3339 text. See the migration for what each column means. */
export interface TipFacts {
  tip_id: string;
  register_number: number;
  register_year: number;
  kind: string;
  category: string | null;
  received_at: string;
  received_recorded_at: string;
  received_by: string;
  received_supervised_by: string;
  received_level: string;
  received_remote: boolean;
  unit_code: string;
  supervised_by: string;
  responsible_recorded_at: string;
  earlier_responsible: EarlierResponsible[] | null;
  classified_at: string | null;
  classified_recorded_at: string | null;
  classified_in_time: boolean | null;
  classify_breach_at: string | null;
  competent: boolean | null;
  urgent: boolean | null;
  transferred_at: string | null;
  transferred_to: string | null;
  handled_at: string | null;
  handled_recorded_at: string | null;
  handled_in_time: boolean | null;
  accepted_at: string | null;
  accepted_recorded_at: string | null;
  accepted_unit: string | null;
  accepted_supervised_by: string | null;
  assigned_at: string | null;
  assigned_recorded_at: string | null;
  investigator: string | null;
  released_at: string | null;
  released_recorded_at: string | null;
  earlier_acceptances: EarlierAcceptance[] | null;
  term_acts: TermAct[] | null;
  term_rule: string | null;
  term_safe_by: string | null;
  term_due: string | null;
  term_latest_arguable: string | null;
  term_breach_at: string | null;
  term_recorded_at: string | null;
  earlier_terms: EarlierTerm[] | null;
  suspended_at: string[] | null;
  suspended_recorded_at: string[] | null;
  resumed_at: string[] | null;
  resumed_recorded_at: string[] | null;
  is_suspended: boolean;
  decided_at: string | null;
  decided_recorded_at: string | null;
  outcome: TipOutcome | null;
  decided_unit: string | null;
  decided_supervised_by: string | null;
  case_id: string | null;
  merged_at: string | null;
  merged_recorded_at: string | null;
}

function receivedFacts(data: CrimeTipReceived, recordedAt: string, history: LawHistory): TipFacts {
  return {
    tip_id: data.tipId,
    register_number: data.registerNumber.number,
    register_year: data.registerNumber.year,
    kind: data.kind,
    category: data.category ?? null,
    received_at: data.receivedAt,
    received_recorded_at: recordedAt,
    received_by: data.unitCode,
    received_supervised_by: data.supervisedBy,
    received_level: data.unitLevel,
    received_remote: data.unitRemote,
    unit_code: data.unitCode,
    supervised_by: data.supervisedBy,
    responsible_recorded_at: recordedAt,
    earlier_responsible: null,
    classified_at: null,
    classified_recorded_at: null,
    classified_in_time: null,
    classify_breach_at: classificationBreach(data.receivedAt, null, history),
    competent: null,
    urgent: null,
    transferred_at: null,
    transferred_to: null,
    handled_at: null,
    handled_recorded_at: null,
    handled_in_time: null,
    accepted_at: null,
    accepted_recorded_at: null,
    accepted_unit: null,
    accepted_supervised_by: null,
    assigned_at: null,
    assigned_recorded_at: null,
    investigator: null,
    released_at: null,
    released_recorded_at: null,
    earlier_acceptances: null,
    term_acts: null,
    term_rule: null,
    term_safe_by: null,
    term_due: null,
    term_latest_arguable: null,
    term_breach_at: null,
    term_recorded_at: null,
    earlier_terms: null,
    suspended_at: null,
    suspended_recorded_at: null,
    resumed_at: null,
    resumed_recorded_at: null,
    is_suspended: false,
    decided_at: null,
    decided_recorded_at: null,
    outcome: null,
    decided_unit: null,
    decided_supervised_by: null,
    case_id: null,
    merged_at: null,
    merged_recorded_at: null,
  };
}

/** The first step of handling counts; later ones change nothing (indicators.md R1). */
function handled(facts: TipFacts, at: string, recordedAt: string, inTime: boolean): Partial<TipFacts> {
  if (facts.handled_at !== null) return {};
  return { handled_at: at, handled_recorded_at: recordedAt, handled_in_time: inTime };
}

/** The acceptance at hand becomes an earlier one; `released` when nothing had released it yet. */
function earlierAcceptances(facts: TipFacts, released: { at: string; recordedAt: string }): EarlierAcceptance[] | null {
  if (facts.accepted_at === null) return facts.earlier_acceptances;
  return [
    ...(facts.earlier_acceptances ?? []),
    {
      acceptedAt: legalMoment(facts.accepted_at),
      acceptedRecordedAt: legalMoment(facts.accepted_recorded_at!),
      unit: facts.accepted_unit!,
      supervisedBy: facts.accepted_supervised_by!,
      assignedAt: keptMoment(facts.assigned_at),
      assignedRecordedAt: keptMoment(facts.assigned_recorded_at),
      releasedAt: legalMoment(facts.released_at ?? released.at),
      releasedRecordedAt: legalMoment(facts.released_recorded_at ?? released.recordedAt),
      ...(facts.term_acts === null ? {} : { termActs: facts.term_acts }),
    },
  ];
}

function decided(
  open: TipFacts,
  recordedAt: string,
  outcome: { at: string; outcome: TipOutcome; unit: string; supervisedBy: string; caseId: string | null },
  history: LawHistory,
): TipFacts {
  // What was published after the decision does not reach it.
  const facts = underHistory({ ...open, decided_at: outcome.at }, history);
  return {
    ...facts,
    ...handled(open, outcome.at, recordedAt, isDecidedInTime(facts)),
    decided_recorded_at: recordedAt,
    outcome: outcome.outcome,
    decided_unit: outcome.unit,
    decided_supervised_by: outcome.supervisedBy,
    case_id: outcome.caseId,
    is_suspended: false,
  };
}

/**
 * A tip's facts after an event of its stream. Events that no indicator asks about, and any event before the tip was
 * received, leave the facts as they are (the same object).
 *
 * @param history the law as published
 */
export function foldTipFacts(
  facts: TipFacts | undefined,
  event: ScannedEvent,
  history: LawHistory,
): TipFacts | undefined {
  const { recordedAt } = event.meta;
  if (event.type === 'CrimeTipReceived') {
    return receivedFacts(event.data as unknown as CrimeTipReceived, recordedAt, history);
  }
  if (facts === undefined) return undefined;
  switch (event.type) {
    case 'CrimeTipClassified': {
      const { classifiedAt, category, competent, urgent } = event.data as unknown as CrimeTipClassified;
      return {
        ...facts,
        category,
        competent,
        urgent,
        classified_at: classifiedAt,
        classified_recorded_at: recordedAt,
        classified_in_time: classifiedInTime(facts.received_at, classifiedAt, history),
        classify_breach_at: classificationBreach(facts.received_at, classifiedAt, history),
      };
    }
    case 'CrimeTipTransferred': {
      const { transferredAt, toUnit } = event.data as unknown as CrimeTipTransferred;
      return { ...facts, transferred_at: transferredAt, transferred_to: toUnit };
    }
    case 'CrimeTipTransferAcknowledged': {
      const { acknowledgedAt, unitCode, supervisedBy } = event.data as unknown as CrimeTipTransferAcknowledged;
      const { unit_code: unit, supervised_by, responsible_recorded_at } = facts;
      const isReleased = facts.accepted_at !== null && facts.released_at === null;
      return withTerm(
        {
          ...facts,
          ...handled(facts, acknowledgedAt, recordedAt, transferredInTime(facts, history)),
          earlier_responsible: [
            ...(facts.earlier_responsible ?? []),
            { unit, supervisedBy: supervised_by, recordedAt: legalMoment(responsible_recorded_at) },
          ],
          unit_code: unitCode,
          supervised_by: supervisedBy,
          responsible_recorded_at: recordedAt,
          ...(isReleased ? { released_at: acknowledgedAt, released_recorded_at: recordedAt } : {}),
        },
        recordedAt,
        history,
      );
    }
    case 'CrimeTipAccepted': {
      const { acceptedAt, unitCode } = event.data as unknown as CrimeTipAccepted;
      return withTerm(
        {
          ...facts,
          earlier_acceptances: earlierAcceptances(facts, { at: acceptedAt, recordedAt }),
          accepted_at: acceptedAt,
          accepted_recorded_at: recordedAt,
          accepted_unit: unitCode,
          accepted_supervised_by: facts.supervised_by,
          assigned_at: null,
          assigned_recorded_at: null,
          investigator: null,
          released_at: null,
          released_recorded_at: null,
          term_acts: null,
        },
        recordedAt,
        history,
      );
    }
    case 'CrimeTipAssigned': {
      const { assignedAt, investigator } = event.data as unknown as CrimeTipAssigned;
      const isFirst = facts.assigned_at === null;
      return {
        ...facts,
        ...handled(facts, assignedAt, recordedAt, assignedInTime(facts.accepted_at, assignedAt, history)),
        investigator,
        // Reassignment restarts nothing (law.md c-11): waiting ended with the first.
        ...(isFirst ? { assigned_at: assignedAt, assigned_recorded_at: recordedAt } : {}),
      };
    }
    case 'VerificationProlonged': {
      const { prolongedAt, decision } = event.data as unknown as VerificationProlonged;
      return withTermAct(facts, printed('VerificationProlonged', prolongedAt, decision), recordedAt, history);
    }
    case 'VerificationExtended': {
      const { extendedAt, from, to, decision } = event.data as unknown as VerificationExtended;
      const dates = { from: from ?? decision?.from, to: to ?? decision?.to };
      return withTermAct(facts, printed('ExtensionGranted', extendedAt, dates), recordedAt, history);
    }
    case 'VerificationSuspended': {
      const { suspendedAt, ground } = event.data as unknown as VerificationSuspended;
      return withTermAct(
        {
          ...facts,
          suspended_at: [...(facts.suspended_at ?? []), suspendedAt],
          suspended_recorded_at: [...(facts.suspended_recorded_at ?? []), recordedAt],
          is_suspended: true,
        },
        { type: 'VerificationSuspended', at: suspendedAt, ground },
        recordedAt,
        history,
      );
    }
    case 'VerificationResumed': {
      const { resumedAt } = event.data as unknown as VerificationResumed;
      return withTermAct(
        {
          ...facts,
          resumed_at: [...(facts.resumed_at ?? []), resumedAt],
          resumed_recorded_at: [...(facts.resumed_recorded_at ?? []), recordedAt],
          is_suspended: false,
        },
        { type: 'VerificationResumed', at: resumedAt },
        recordedAt,
        history,
      );
    }
    case 'CriminalCaseInitiated': {
      const data = event.data as unknown as CriminalCaseInitiated;
      const { initiatedAt: at, unitCode: unit, supervisedBy, caseId, category } = data;
      return decided(
        { ...facts, category },
        recordedAt,
        { at, outcome: 'initiated', unit, supervisedBy, caseId },
        history,
      );
    }
    case 'InitiationDeclined': {
      const { declinedAt: at, administrativeReferral } = event.data as unknown as InitiationDeclined;
      const outcome = administrativeReferral ? 'administrative' : 'not_initiated';
      const { unit_code: unit, supervised_by: supervisedBy } = facts;
      return decided(facts, recordedAt, { at, outcome, unit, supervisedBy, caseId: null }, history);
    }
    case 'CrimeTipMerged': {
      const { mergedAt } = event.data as unknown as CrimeTipMerged;
      return underHistory({ ...facts, merged_at: mergedAt, merged_recorded_at: recordedAt }, history);
    }
    default:
      return facts;
  }
}

function printed(
  type: TermAct['type'],
  at: string,
  dates: { from?: string | undefined; to?: string | undefined },
): TermAct {
  return {
    type,
    at,
    ...(dates.from === undefined ? {} : { from: dates.from }),
    ...(dates.to === undefined ? {} : { to: dates.to }),
  };
}
