import type { MatterKind, RecordedFact } from './facts-of-events.js';

/** All that is known of a matter: key of the event → fact. A set: no order of arrival is kept. */
export type MatterFacts = Readonly<Record<string, RecordedFact>>;

/** A fact as the library of time limits takes it. */
export interface LawFact {
  type: string;
  at: string;
  [field: string]: unknown;
}

/** A matter as it stands by its facts. */
export interface Matter {
  id: string;
  kind: MatterKind;
  /** `12/2026` of a tip, the case number of a case; null until known. */
  number: string | null;
  /** The body responsible now; null until the matter's opening event is here. */
  unitCode: string | null;
  /** The procuracy that supervises that body. */
  supervisedBy: string | null;
  /** The body that received the matter first. */
  receivedBy: string | null;
  /** The body that received it, as the rules ask about it. */
  unit: { remote?: boolean; level?: string; kind?: string };
  /** The facts that count now; empty until the matter's opening event is here. The library orders them by time. */
  facts: LawFact[];
}

interface KeyedFact extends RecordedFact {
  key: string;
}

/** The matter that a set of facts describes; the same set always gives the same matter. */
export function matterOf(id: string, kind: MatterKind, facts: MatterFacts): Matter {
  const own: KeyedFact[] = [];
  const answers: KeyedFact[] = [];
  for (const key in facts) (key.includes('#') ? answers : own).push({ ...facts[key]!, key });
  own.sort((a, b) => Number(a.key) - Number(b.key));
  answers.sort((a, b) => (a.key < b.key ? -1 : 1));
  const opening = own.find(({ type }) => type === 'CrimeTipReceived' || type === 'CriminalCaseOpened');
  const matter: Matter = {
    id,
    kind,
    number: null,
    unitCode: null,
    supervisedBy: null,
    receivedBy: null,
    unit: {},
    facts: [],
  };
  if (!opening) return matter;
  for (const { type, data } of own) follow(matter, type, data);
  matter.receivedBy = String(opening.data['unitCode']);
  matter.facts = isFollowed(own) ? settledFacts(own, answers).flatMap(lawFact) : [];
  return matter;
}

/**
 * A case that an imported tip opened, of which nothing else is known, may have ended long ago: nothing is claimed to be
 * owed in it until its register or an act speaks of it.
 */
function isFollowed(own: readonly KeyedFact[]): boolean {
  return own.length > 1 || own[0]?.data['followed'] !== false;
}

/** Who is responsible after an event of the matter's own stream, and what the matter is called. */
function follow(matter: Matter, type: string, data: Record<string, unknown>): void {
  if (type === 'CrimeTipReceived') {
    const { number, year } = data['registerNumber'] as { number: number; year: number };
    matter.number = `${number}/${year}`;
    matter.unit = { remote: data['unitRemote'] === true, level: String(data['unitLevel']) };
    // TTLT 01/2017 Art 8(3): a procuracy does not classify, it forwards.
    if (/^VKS(-|$)/.test(String(data['unitCode']))) matter.unit.kind = 'procuracy';
  }
  if (type === 'CaseNumberAssigned') matter.number = String(data['number']);
  if (typeof data['unitCode'] === 'string') matter.unitCode = data['unitCode'];
  if (typeof data['supervisedBy'] === 'string') matter.supervisedBy = data['supervisedBy'];
}

/**
 * The facts that count now. A decision on an extension comes from the procuracy's log and may arrive before the tip's own
 * events: it waits for the request it answers. The tip's echo of a grant counts only while the grant itself is not here
 * (an imported register knows the echo alone).
 */
function settledFacts(own: readonly KeyedFact[], answers: readonly KeyedFact[]): KeyedFact[] {
  const asked = new Set<unknown>();
  for (const { type, data } of own) {
    if (type === 'ExtensionRequested' || type === 'VerificationExtended') asked.add(data['requestId']);
  }
  const counted = answers.filter(({ data }) => asked.has(data['requestId']));
  const granted = new Set<unknown>();
  for (const { type, data } of counted) if (type === 'ExtensionGranted') granted.add(data['requestId']);
  const echoes = ({ type, data }: KeyedFact): boolean =>
    type === 'VerificationExtended' && granted.has(data['requestId']);
  return [...own.filter((fact) => !echoes(fact)), ...counted];
}

/** Fields that the law asks about, under the library's names; none of an event that only names or numbers. */
function lawFact({ type, at, data }: KeyedFact): LawFact[] {
  const pick = (...fields: string[]): Record<string, unknown> =>
    Object.fromEntries(fields.flatMap((field) => (data[field] === undefined ? [] : [[field, data[field]]])));
  switch (type) {
    case 'CaseNumberAssigned':
      return [];
    case 'CrimeTipReceived': {
      const fields = pick('unitLevel', 'informantGiven', 'informantRefusedIdentity', 'noticesTracked');
      // No act of the register records the investigator's closing report yet: it cannot be owed here.
      return [{ type, at, ...fields, remote: data['unitRemote'] === true, reportsTracked: false }];
    }
    case 'CriminalCaseOpened':
      // Notices of a case are not recorded yet either.
      return [{ type: 'CriminalCaseInitiated', at, ...pick('class', 'juvenile', 'shortened'), noticesTracked: false }];
    case 'VerificationExtended':
      return [{ type: 'ExtensionGranted', at, ...printed(data) }];
    case 'VerificationProlonged':
    case 'ExtensionGranted':
    case 'InvestigationExtended':
    case 'ProsecutionTermExtended':
      return [{ type, at, ...printed(data) }];
    case 'InvestigationConcluded': {
      // No act of the register records the delivery of a conclusion that proposes no prosecution yet.
      const deliveryTracked = data['proposesProsecution'] !== false;
      return [{ type, at, ...pick('proposesProsecution'), ...(deliveryTracked ? {} : { deliveryTracked }) }];
    }
    case 'ProsecutionDecided':
      return [{ type, at, ...pick('decision') }];
    case 'CrimeTipClassified':
      return [{ type, at, ...pick('competent', 'urgent') }];
    default:
      return [
        {
          type,
          at,
          ...pick('ground', 'notice', 'recipient', 'complete', 'conclusionDelivered'),
        },
      ];
  }
}

/** Printed days: a fact's own win over those of its decision. */
function printed(data: Record<string, unknown>): { from?: string; to?: string } {
  const decision = (data['decision'] ?? {}) as { from?: string; to?: string };
  const from = (data['from'] as string | undefined) ?? decision.from;
  const to = (data['to'] as string | undefined) ?? decision.to;
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}
