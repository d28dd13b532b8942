import { STREAMS } from '@app/contracts';
import type { ScannedEvent } from '@app/event-store';

export type MatterKind = 'crime-tip' | 'criminal-case';

/** What one event says about a matter, as kept: its wire type, its legal time and the fields that the law asks about. */
export interface RecordedFact {
  type: string;
  /** Legal time, RFC 3339. */
  at: string;
  /** Fields of the event's data, by their names there. Never the text of a tip, never a person. */
  data: Record<string, unknown>;
}

/** One event, sorted to the matter it belongs to. */
export interface MatterFact {
  matterId: string;
  matterKind: MatterKind;
  /**
   * Version in the matter's own stream, or `<id>#<version>` in the stream of an extension request: the same event always
   * has the same key, so a second delivery changes nothing.
   */
  key: string;
  fact: RecordedFact;
}

interface FactRule {
  matter: MatterKind;
  /** Field of the event's data that holds the matter's id. */
  id: 'tipId' | 'caseId';
  /** Field of the event's data that holds its legal time; null = the event's own `happenedAt`. */
  at: string | null;
  keep: readonly string[];
}

const tip = (at: string, ...keep: string[]): FactRule => ({ matter: 'crime-tip', id: 'tipId', at, keep });
const criminalCase = (at: string | null, ...keep: string[]): FactRule => ({
  matter: 'criminal-case',
  id: 'caseId',
  at,
  keep,
});

/**
 * Every event that says something about a clock or about who is responsible. `PrintedTermDiffered` is a remark, and the
 * tip's `VerificationExtended` only an echo of the procuracy's `ExtensionGranted` (see `settledFacts`).
 */
const FACT_RULES: Readonly<Record<string, FactRule>> = {
  CrimeTipReceived: tip(
    'receivedAt',
    'registerNumber',
    'unitCode',
    'unitLevel',
    'unitRemote',
    'supervisedBy',
    'category',
    'informantGiven',
    'informantRefusedIdentity',
    'noticesTracked',
  ),
  CrimeTipClassified: tip('classifiedAt', 'competent', 'urgent', 'category'),
  CrimeTipTransferred: tip('transferredAt'),
  CrimeTipTransferAcknowledged: tip('acknowledgedAt', 'unitCode', 'unitLevel', 'unitRemote', 'supervisedBy'),
  CrimeTipAccepted: tip('acceptedAt', 'unitCode'),
  CrimeTipAssigned: tip('assignedAt'),
  VerificationProlonged: tip('prolongedAt', 'decision'),
  ExtensionRequested: tip('requestedAt', 'requestId'),
  VerificationExtended: tip('extendedAt', 'requestId', 'from', 'to', 'decision'),
  VerificationSuspended: tip('suspendedAt', 'ground'),
  VerificationResumed: tip('resumedAt'),
  CriminalCaseInitiated: tip('initiatedAt'),
  InitiationDeclined: tip('declinedAt', 'administrativeReferral'),
  NoticeSent: tip('sentAt', 'notice', 'recipient'),
  ExtensionGranted: tip('grantedAt', 'requestId', 'from', 'to', 'decision'),
  ExtensionRefused: tip('refusedAt', 'requestId'),
  CriminalCaseOpened: criminalCase(
    'initiatedAt',
    'unitCode',
    'supervisedBy',
    'class',
    'category',
    'juvenile',
    'shortened',
    'followed',
  ),
  CaseNumberAssigned: criminalCase(null, 'number', 'year'),
  InvestigationExtended: criminalCase('extendedAt', 'to', 'decision'),
  InvestigationSuspended: criminalCase('suspendedAt'),
  InvestigationResumed: criminalCase('resumedAt'),
  InvestigationConcluded: criminalCase('concludedAt', 'proposesProsecution'),
  CaseFileReceived: criminalCase('receivedAt', 'complete', 'conclusionDelivered'),
  ProsecutionTermExtended: criminalCase('extendedAt', 'to', 'decision'),
  ProsecutionDecided: criminalCase('decidedAt', 'decision'),
  CourtReceivedCase: criminalCase('receivedAt'),
  CourtOutcomeRecorded: criminalCase('decidedAt'),
};

/** The wire types that deadlines makes facts of. */
export const FACT_TYPES: readonly string[] = Object.keys(FACT_RULES);

/** A written decision without its signer: only the printed days matter to a clock. */
function withoutSigner(decision: unknown): unknown {
  if (typeof decision !== 'object' || decision === null) return decision;
  const { from, to, signedOn } = decision as { from?: string; to?: string; signedOn?: string };
  return {
    ...(signedOn === undefined ? {} : { signedOn }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

/**
 * The fact that an event adds to a matter; null when the event says nothing about a clock.
 * @throws Error with code `FactIncomplete` when a released event lacks its matter or its legal time
 */
export function factOfEvent(event: ScannedEvent): MatterFact | null {
  const rule = FACT_RULES[event.type];
  if (!rule) return null;
  const source = event.data as Record<string, unknown>;
  const matterId = source[rule.id];
  const at = rule.at === null ? event.meta.happenedAt : source[rule.at];
  if (typeof matterId !== 'string' || typeof at !== 'string') {
    throw Object.assign(
      new Error(`${event.type} ${event.stream}#${event.version} lacks its matter or its legal time`),
      {
        code: 'FactIncomplete',
      },
    );
  }
  const data: Record<string, unknown> = {};
  for (const field of rule.keep) {
    const value = source[field];
    if (value === undefined) continue;
    data[field] = field === 'decision' ? withoutSigner(value) : value;
  }
  return {
    matterId,
    matterKind: rule.matter,
    key: keyOf(event),
    fact: { type: event.type, at, data },
  };
}

function keyOf({ stream, version }: ScannedEvent): string {
  if (!stream.startsWith(STREAMS.extensionRequest)) return String(version);
  return `${stream.slice(STREAMS.extensionRequest.length)}#${version}`;
}
