import { expect } from '@jest/globals';
import type { Decision } from '@app/contracts';
import { evolveCrimeTip, evolveCriminalCase, NO_CRIME_TIP, NO_CRIMINAL_CASE } from '@app/domain';
import type { CrimeTip, CrimeTipEvent, CriminalCase, CriminalCaseEvent } from '@app/domain';

/** A moment of January 2026 at the desk: day of the month, hour. */
export function jan(day: number, hour = 8): string {
  return onDay(1, day, hour);
}

/** A moment of 2026 at the desk. */
export function onDay(month: number, day: number, hour = 8): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `2026-${two(month)}-${two(day)}T${two(hour)}:00:00+07:00`;
}

/** The system's clock in these sentences: long after the acts unless a sentence says otherwise. */
export const LATER = '2026-12-31T08:00:00+07:00';

/** A decision signed on a day (`YYYY-MM-DD`), with printed dates where given. */
export function signed(signedOn: string, printed: { from?: string; to?: string } = {}): Decision {
  return { number: 'QĐ-1', signedOn, signer: 'Trần Văn Thủ', ...printed };
}

interface Sentence<S, E> {
  when<F>(decide: (state: S, facts: F) => E[], facts: F): Outcome<S, E>;
}

interface Outcome<S, E> {
  /** The decision gave exactly these events, by type and (part of) data. */
  then(...events: { type: string; data?: Record<string, unknown> }[]): void;
  /** The decision refused with this code; facts in part. */
  thenRefused(code: string, facts?: Record<string, unknown>): void;
  /** State after the events, for sentences about what is true then. */
  after(): S;
  events(): E[];
}

function sentence<S, E extends { type: string; data: unknown }>(
  state: S,
  evolve: (state: S, event: E) => S,
): Sentence<S, E> {
  return {
    when: (decide, facts) => ({
      then: (...expected) => expect(decide(state, facts)).toMatchObject(expected),
      thenRefused: (code, refusedFacts = {}) => {
        expect(outcomeOf(() => decide(state, facts))).toMatchObject({
          name: 'RuleViolation',
          code,
          facts: refusedFacts,
          vi: expect.stringMatching(/\S/),
          en: expect.stringMatching(/\S/),
        });
      },
      after: () => decide(state, facts).reduce(evolve, state),
      events: () => decide(state, facts),
    }),
  };
}

function outcomeOf(act: () => unknown): unknown {
  try {
    return { decided: act() };
  } catch (refusal) {
    return refusal;
  }
}

/** A tip to which these events have happened. */
export function givenTip(...history: CrimeTipEvent[]): Sentence<CrimeTip, CrimeTipEvent> {
  return sentence(history.reduce(evolveCrimeTip, NO_CRIME_TIP), evolveCrimeTip);
}

/** A case to which these events have happened. */
export function givenCase(...history: CriminalCaseEvent[]): Sentence<CriminalCase, CriminalCaseEvent> {
  return sentence(history.reduce(evolveCriminalCase, NO_CRIMINAL_CASE), evolveCriminalCase);
}

const TIP = '0190f3a0-7c1e-7b9a-8f00-000000000001';
const CASE = '0190f3a0-7c1e-7b9a-8f00-00000000000c';

/** Events of one tip in the words of the law; moments default to an unhurried January 2026. */
export const tip = {
  id: TIP,
  received: (receivedAt = jan(5), more: Record<string, unknown> = {}): CrimeTipEvent => ({
    type: 'CrimeTipReceived',
    data: {
      tipId: TIP,
      registerNumber: { number: 12, year: 2026 },
      unitCode: 'PC-80-25459',
      unitLevel: 'commune',
      unitRemote: false,
      supervisedBy: 'VKS-80',
      kind: 'denunciation',
      channel: 'counter',
      receivedAt,
      content: 'sealed',
      informantGiven: true,
      informantRefusedIdentity: false,
      noticesTracked: true,
      receivedBy: 'canbo',
      ...more,
    },
  }),
  classified: (classifiedAt = jan(5, 10), competent = true): CrimeTipEvent => ({
    type: 'CrimeTipClassified',
    data: { tipId: TIP, classifiedAt, competent, urgent: false, category: 'theft' },
  }),
  transferred: (transferredAt = jan(5, 11), toUnit = 'PC-80'): CrimeTipEvent => ({
    type: 'CrimeTipTransferred',
    data: { tipId: TIP, transferredAt, fromUnit: 'PC-80-25459', toUnit },
  }),
  acknowledged: (acknowledgedAt = jan(5, 15), unitCode = 'PC-80'): CrimeTipEvent => ({
    type: 'CrimeTipTransferAcknowledged',
    data: { tipId: TIP, acknowledgedAt, unitCode, unitLevel: 'province', unitRemote: false, supervisedBy: 'VKS-80' },
  }),
  accepted: (acceptedAt = jan(6)): CrimeTipEvent => ({
    type: 'CrimeTipAccepted',
    data: { tipId: TIP, acceptedAt, unitCode: 'PC-80' },
  }),
  assigned: (assignedAt = jan(7)): CrimeTipEvent => ({
    type: 'CrimeTipAssigned',
    data: { tipId: TIP, assignedAt, investigator: 'dieutravien', decision: signed(assignedAt.slice(0, 10)) },
  }),
  prolonged: (prolongedAt = jan(20), printed: { from?: string; to?: string } = {}): CrimeTipEvent => ({
    type: 'VerificationProlonged',
    data: { tipId: TIP, prolongedAt, decision: signed(prolongedAt.slice(0, 10), printed) },
  }),
  extensionRequested: (requestedAt = onDay(2, 25)): CrimeTipEvent => ({
    type: 'ExtensionRequested',
    data: {
      tipId: TIP,
      requestId: '0190f3a0-7c1e-7b9a-8f00-00000000000e',
      requestedAt,
      unitCode: 'PC-80',
      supervisedBy: 'VKS-80',
      termEndsOn: '2026-03-06',
      registerNumber: { number: 12, year: 2026 },
    },
  }),
  extended: (extendedAt = onDay(2, 27)): CrimeTipEvent => ({
    type: 'VerificationExtended',
    data: {
      tipId: TIP,
      requestId: '0190f3a0-7c1e-7b9a-8f00-00000000000e',
      extendedAt,
      decision: signed(extendedAt.slice(0, 10)),
    },
  }),
  suspended: (suspendedAt = onDay(3, 6)): CrimeTipEvent => ({
    type: 'VerificationSuspended',
    data: { tipId: TIP, suspendedAt, ground: 'a', decision: signed(suspendedAt.slice(0, 10)), beforeExpiry: false },
  }),
  resumed: (resumedAt = onDay(4, 24)): CrimeTipEvent => ({
    type: 'VerificationResumed',
    data: { tipId: TIP, resumedAt, decision: signed(resumedAt.slice(0, 10)) },
  }),
  declined: (declinedAt = jan(20)): CrimeTipEvent => ({
    type: 'InitiationDeclined',
    data: { tipId: TIP, declinedAt, administrativeReferral: false, decision: signed(declinedAt.slice(0, 10)) },
  }),
};

/** A tip under verification by the provincial police since 6 January 2026. */
export const underVerification = (): CrimeTipEvent[] => [
  tip.received(),
  tip.classified(),
  tip.transferred(),
  tip.acknowledged(),
  tip.accepted(),
  tip.assigned(),
];

/** Events of one case in the words of the law. */
export const aCase = {
  id: CASE,
  opened: (more: Record<string, unknown> = {}): CriminalCaseEvent => ({
    type: 'CriminalCaseOpened',
    data: {
      caseId: CASE,
      tipId: null,
      unitCode: 'PC-80',
      supervisedBy: 'VKS-80',
      initiatedAt: jan(5),
      category: 'theft',
      offence: { article: 173, clause: 2 },
      class: 'NT',
      accusedCount: 1,
      juvenile: false,
      shortened: false,
      ...more,
    },
  }),
  concluded: (concludedAt = jan(20), proposesProsecution = true): CriminalCaseEvent => ({
    type: 'InvestigationConcluded',
    data: { caseId: CASE, concludedAt, proposesProsecution },
  }),
  fileReceived: (receivedAt = jan(21), complete = true): CriminalCaseEvent => ({
    type: 'CaseFileReceived',
    data: { caseId: CASE, receivedAt, complete, conclusionDelivered: true },
  }),
  decided: (decision: 'prosecute' | 'return' = 'prosecute', decidedAt = onDay(2, 2)): CriminalCaseEvent => ({
    type: 'ProsecutionDecided',
    data: { caseId: CASE, decidedAt, decision, document: signed(decidedAt.slice(0, 10)) },
  }),
};
