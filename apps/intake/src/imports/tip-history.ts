import { caseIdOfTip, extensionRequestId, tipIdOfRegister } from '@app/contracts';
import type { CrimeTipReceived, Decision } from '@app/contracts';
import {
  NO_CRIME_TIP,
  acceptCrimeTip,
  acknowledgeTransfer,
  assignCrimeTip,
  classifyCrimeTip,
  declineToInitiate,
  evolveCrimeTip,
  extendVerification,
  initiateCriminalCase,
  prolongVerification,
  receiveCrimeTip,
  requestExtension,
  resumeVerification,
  suspendVerification,
  transferCrimeTip,
} from '@app/domain';
import type { ByLaw, CrimeTip, CrimeTipEvent } from '@app/domain';
import { lawBefore } from '@app/legal-time-limits';
import type { LawHistory } from '@app/legal-time-limits';
import { dayOf, localMoment } from './cells.js';
import { importFault } from './import-fault.js';
import type { ImportFault } from './import-fault.js';
import type { TipRow } from './tip-row.js';

/** Stands in a decision for what the imported register does not hold. */
const NOT_IN_REGISTER = 'không ghi trong sổ';

/** Registers keep some acts by the day only; such an act is put at the start of office hours, within the row's order. */
const OFFICE_OPENS = 'T07:30:00+07:00';

/** A unit as an imported tip needs it. */
export interface ImportUnit {
  code: string;
  level: string;
  remote: boolean;
  /** Procuracy that supervises it. */
  supervisedBy: string;
}

/** One event of a tip, at its legal time. */
export interface DatedEvent {
  event: CrimeTipEvent;
  happenedAt: string;
}

export interface TipHistory {
  tipId: string;
  events: DatedEvent[];
}

interface Step {
  column: string;
  line: number;
  /** Moment or legal day. */
  at: string;
  decide(tip: CrimeTip, when: { happenedAt: string; now: string } & ByLaw): CrimeTipEvent[];
}

/**
 * The events that the desk would have produced for a row, by the same decisions in the same order: a rule that would
 * have refused the desk refuses the row. `content` of the first event is left empty, to be sealed by the caller.
 *
 * @param unitOf the register of units; undefined for a code it does not hold
 * @param now local RFC 3339; nothing happens after it
 * @param history the law as published: each act is judged by the version before it
 */
export function historyOfTip(
  row: TipRow,
  unitOf: (code: string) => ImportUnit | undefined,
  now: string,
  history: LawHistory,
): TipHistory | { faults: ImportFault[] } {
  const unit = unitOf(row.unitCode);
  const receiver = row.transfer && unitOf(row.transfer.toUnit);
  const faults: ImportFault[] = [];
  if (!unit) faults.push(importFault('UnitUnknown', row.line, 'unit_code', { unit: row.unitCode }));
  if (row.transfer && !receiver) {
    faults.push(importFault('UnitUnknown', row.line, 'transferred_to', { unit: row.transfer.toUnit }));
  }
  if (!unit || faults.length > 0) return { faults };

  const tipId = tipIdOfRegister(row.unitCode, row.number, row.year);
  const steps = stepsOf(row, tipId, unit, receiver);
  const events: DatedEvent[] = [];
  let tip: CrimeTip = NO_CRIME_TIP;
  let before = row.receivedAt;
  for (const [index, step] of steps.entries()) {
    const happenedAt = momentOf(step.at, before, steps.slice(index + 1), now);
    try {
      for (const event of step.decide(tip, { happenedAt, now, law: lawBefore(history, happenedAt) })) {
        events.push({ event, happenedAt });
        tip = evolveCrimeTip(tip, event);
      }
    } catch (refusal) {
      // Compared by name: the domain may be loaded twice, its class is then another one.
      if ((refusal as Error).name !== 'RuleViolation') throw refusal;
      const { code, vi, en } = refusal as Error & { code: string; vi: string; en: string };
      return { faults: [{ line: step.line, column: step.column, code, vi, en }] };
    }
    before = happenedAt;
  }
  return { tipId, events };
}

function stepsOf(row: TipRow, tipId: string, unit: ImportUnit, receiver: ImportUnit | undefined): Step[] {
  const steps: Step[] = [];
  const add = (column: string, at: string | undefined, decide: Step['decide'], line = row.line): void => {
    if (at !== undefined) steps.push({ column, line, at, decide });
  };
  const { transfer, assigned, prolonged, extended, decided, offence, category } = row;
  const decision = (
    at: string,
    printed: { number?: string | undefined; from?: string; to?: string } = {},
  ): Decision => ({
    number: printed.number ?? NOT_IN_REGISTER,
    signedOn: dayOf(at),
    signer: NOT_IN_REGISTER,
    ...(printed.from === undefined ? {} : { from: printed.from }),
    ...(printed.to === undefined ? {} : { to: printed.to }),
  });
  const received: CrimeTipReceived = {
    tipId,
    registerNumber: { number: row.number, year: row.year },
    unitCode: unit.code,
    unitLevel: unit.level,
    unitRemote: unit.remote,
    supervisedBy: unit.supervisedBy,
    kind: row.kind,
    channel: row.channel,
    receivedAt: row.receivedAt,
    content: '',
    ...(row.communeCode === undefined ? {} : { communeCode: row.communeCode }),
    ...(category === undefined ? {} : { category }),
    ...(offence === undefined ? {} : { offence }),
    informantGiven: row.informant !== undefined,
    informantRefusedIdentity: row.informantRefused,
    // A register does not say which notices were sent; a duty nobody can show as done would count as late for ever.
    noticesTracked: false,
    receivedBy: unit.code,
  };
  add('received_at', row.receivedAt, (tip, { now }) => receiveCrimeTip(tip, { ...received, now }));
  add('classified_at', row.classifiedAt, (tip, when) =>
    classifyCrimeTip(tip, {
      ...when,
      // A body that sends a tip on found itself not competent; one that takes it on, competent.
      competent: transfer === undefined,
      urgent: false,
      category: category ?? 'other',
      ...(offence === undefined ? {} : { offence }),
    }),
  );
  if (transfer && receiver) {
    add('transferred_at', transfer.at, (tip, when) => transferCrimeTip(tip, { ...when, toUnit: transfer.toUnit }));
    add('transfer_acknowledged_at', transfer.acknowledgedAt, (tip, when) =>
      acknowledgeTransfer(tip, {
        ...when,
        unitLevel: receiver.level,
        unitRemote: receiver.remote,
        supervisedBy: receiver.supervisedBy,
      }),
    );
  }
  add('accepted_at', row.acceptedAt, acceptCrimeTip);
  if (assigned) {
    add('assigned_at', assigned.at, (tip, when) =>
      assignCrimeTip(tip, { ...when, investigator: assigned.investigator, decision: decision(when.happenedAt) }),
    );
  }
  if (prolonged) {
    add('prolonged_on', prolonged.on, (tip, when) =>
      prolongVerification(tip, {
        ...when,
        decision: decision(when.happenedAt, prolonged.to === undefined ? {} : { to: prolonged.to }),
      }),
    );
  }
  const requestId = extensionRequestId(tipId, 1);
  add('extension_requested_on', row.extensionRequestedOn, (tip, when) => requestExtension(tip, { ...when, requestId }));
  if (extended) {
    const printed = {
      ...(extended.from === undefined ? {} : { from: extended.from }),
      ...(extended.to === undefined ? {} : { to: extended.to }),
    };
    add('extended_on', extended.on, (tip, { happenedAt, law }) =>
      extendVerification(tip, {
        law,
        requestId,
        extendedAt: happenedAt,
        ...printed,
        decision: decision(happenedAt, printed),
      }),
    );
  }
  for (const { line, at, ground, resumedAt } of row.suspensions) {
    add(
      'suspended_at',
      at,
      (tip, when) => suspendVerification(tip, { ...when, ground, decision: decision(when.happenedAt) }),
      line,
    );
    add(
      'resumed_at',
      resumedAt,
      (tip, when) => resumeVerification(tip, { ...when, decision: decision(when.happenedAt) }),
      line,
    );
  }
  if (decided) {
    const signed = { number: decided.number };
    add('decided_at', decided.at, (tip, when) =>
      decided.outcome === 'initiated' && offence
        ? initiateCriminalCase(tip, {
            ...when,
            caseId: caseIdOfTip(tipId),
            offence,
            ...(row.class === undefined ? {} : { class: row.class }),
            ...(category === undefined ? {} : { category }),
            decision: decision(when.happenedAt, signed),
          })
        : declineToInitiate(tip, {
            ...when,
            administrativeReferral: decided.outcome === 'administrative',
            decision: decision(when.happenedAt, signed),
          }),
    );
  }
  return steps;
}

/** The moment of an act: its own, or for a day one inside that day, after the act before and before the one after. */
function momentOf(at: string, before: string, later: readonly Step[], now: string): string {
  if (at.length > 10) return at;
  const next = later.find((step) => step.at.length > 10)?.at ?? now;
  const office = Date.parse(at + OFFICE_OPENS);
  const latest = Math.min(Date.parse(next), Date.parse(now), office);
  const earliest = Math.max(Date.parse(`${at}T00:00:00+07:00`), Date.parse(before));
  return localMoment(Math.max(latest, earliest));
}
