import { obligationsOf } from '@app/legal-time-limits';
import type { Law } from '@app/legal-time-limits';
import type { Cause } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import type { CriminalCase, OpenCriminalCase } from './criminal-case.js';

/** The case, when it is open. Refuses CriminalCaseUnknown. */
export function opened(state: CriminalCase): OpenCriminalCase {
  if (state.status === 'unknown') throw ruleViolation('CriminalCaseUnknown');
  return state;
}

/** The act before: nothing that follows may carry an earlier moment. */
export function lastCaseAct(state: OpenCriminalCase): Cause {
  return { name: 'latest_act', at: state.lastActAt };
}

/** The case with its complete file at the procuracy and no decision yet. */
export function awaitingDecision(state: CriminalCase): OpenCriminalCase & { fileReceivedAt: string } {
  const open = opened(state);
  if (open.decided) throw ruleViolation('ProsecutionAlreadyDecided', { decidedAt: open.decided.at });
  if (open.fileReceivedAt === null) throw ruleViolation('FileNotReceived');
  return { ...open, fileReceivedAt: open.fileReceivedAt };
}

/** The prosecution term now running (BLTTHS 240(1)) by the given law; days are legal days. Null when the file is not there. */
export function prosecutionTerm(
  state: OpenCriminalCase,
  law: Law,
): { rule: string; safeBy: string; due: string; latestArguable: string } | null {
  if (state.fileReceivedAt === null || state.decided) return null;
  const facts = [
    {
      type: 'CriminalCaseInitiated',
      at: state.initiatedAt,
      class: state.class,
      juvenile: state.juvenile,
      shortened: state.shortened,
    },
    { type: 'InvestigationConcluded', at: state.concluded?.at ?? state.initiatedAt, proposesProsecution: true },
    { type: 'CaseFileReceived', at: state.fileReceivedAt, complete: true, conclusionDelivered: true },
    ...(state.prosecutionExtended
      ? [
          {
            type: 'ProsecutionTermExtended',
            at: state.prosecutionExtended.at,
            ...(state.prosecutionExtended.to === null ? {} : { to: state.prosecutionExtended.to }),
          },
        ]
      : []),
  ];
  const term = obligationsOf(
    { matter: 'criminal-case', unit: {}, facts },
    { why: false, calendar: law.calendar, rules: law.rules },
  ).find((obligation) => obligation.rule === 'CPC-240-1' || obligation.rule === 'CPC-461-1');
  if (!term) return null;
  const { rule, safeBy, due, latestArguable } = term;
  return { rule, safeBy, due, latestArguable };
}
