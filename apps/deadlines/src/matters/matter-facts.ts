import { type MatterKind, type RecordedFact, isOwnStream } from './facts-of-events.js';

/** All that is known of a matter: `<stream>#<version>` → fact. A set: no order of arrival is kept. */
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
  unit: { remote: boolean; level: string };
  /** In the order of legal time; empty until the matter's opening event is here. */
  facts: LawFact[];
}

interface PlacedFact extends RecordedFact {
  own: boolean;
  version: number;
  moment: number;
}

/** The matter that a set of facts describes; the same set always gives the same matter. */
export function matterOf(id: string, kind: MatterKind, facts: MatterFacts): Matter {
  const placed = Object.entries(facts).map(([key, fact]): PlacedFact => ({
    ...fact,
    own: isOwnStream(key),
    version: Number(key.slice(key.lastIndexOf('#') + 1)),
    moment: Date.parse(fact.at),
  }));
  const own = placed.filter((fact) => fact.own).sort((a, b) => a.version - b.version);
  const opening = own.find(({ type }) => type === 'CrimeTipReceived' || type === 'CriminalCaseOpened');
  const matter: Matter = {
    id,
    kind,
    number: null,
    unitCode: null,
    supervisedBy: null,
    receivedBy: null,
    unit: { remote: false, level: 'province' },
    facts: [],
  };
  if (!opening) return matter;
  for (const { type, data } of own) follow(matter, type, data);
  matter.receivedBy = String(opening.data['unitCode']);
  matter.facts = settledFacts(own, placed)
    .sort((a, b) => a.moment - b.moment || Number(b.own) - Number(a.own) || a.version - b.version)
    .map(lawFact);
  return matter;
}

/** Who is responsible after an event of the matter's own stream, and what the matter is called. */
function follow(matter: Matter, type: string, data: Record<string, unknown>): void {
  switch (type) {
    case 'CrimeTipReceived': {
      const { number, year } = data['registerNumber'] as { number: number; year: number };
      matter.number = `${number}/${year}`;
      matter.unit = { remote: data['unitRemote'] === true, level: String(data['unitLevel']) };
      break;
    }
    case 'CaseNumberAssigned':
      matter.number = String(data['number']);
      break;
  }
  if (typeof data['unitCode'] === 'string') matter.unitCode = data['unitCode'];
  if (typeof data['supervisedBy'] === 'string') matter.supervisedBy = data['supervisedBy'];
}

/**
 * The facts that count now. A decision on an extension comes from the procuracy's log and may arrive before the tip's own
 * events: it waits for the request it answers. The tip's echo of a grant counts only while the grant itself is not here
 * (an imported register knows the echo alone).
 */
function settledFacts(own: readonly PlacedFact[], all: readonly PlacedFact[]): PlacedFact[] {
  const asked = new Set<unknown>();
  for (const { type, data } of own) {
    if (type === 'ExtensionRequested' || type === 'VerificationExtended') asked.add(data['requestId']);
  }
  const granted = new Set<unknown>();
  const answers = all.filter((fact) => !fact.own && asked.has(fact.data['requestId']));
  for (const { type, data } of answers) if (type === 'ExtensionGranted') granted.add(data['requestId']);
  const echoes = (fact: PlacedFact): boolean =>
    fact.type === 'VerificationExtended' && granted.has(fact.data['requestId']);
  return [...own.filter((fact) => !echoes(fact)), ...answers];
}

/** Names of the library for facts that it calls otherwise than the event. */
const LAW_TYPES: Readonly<Record<string, string>> = {
  CriminalCaseOpened: 'CriminalCaseInitiated',
  VerificationExtended: 'ExtensionGranted',
};

function lawFact({ type, at, data }: PlacedFact): LawFact {
  const { decision, ...rest } = data;
  const printed = typeof decision === 'object' && decision !== null ? (decision as { from?: string; to?: string }) : null;
  return {
    // A fact's own printed days win over those of its decision, and both over computed ones.
    ...(printed?.from === undefined ? {} : { from: printed.from }),
    ...(printed?.to === undefined ? {} : { to: printed.to }),
    ...rest,
    ...(typeof decision === 'string' ? { decision } : {}),
    type: LAW_TYPES[type] ?? type,
    at,
  };
}
