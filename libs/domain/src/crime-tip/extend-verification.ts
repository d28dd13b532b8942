import type { Decision } from '@app/contracts';
import type { ByLaw } from '../guards.js';
import { evolveCrimeTip } from './crime-tip.js';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';
import { printedTermEvents } from './printed-term.js';
import { runningTerm } from './verification-term.js';

export interface ExtendFacts extends ByLaw {
  requestId: string;
  extendedAt: string;
  from?: string;
  to?: string;
  decision: Decision;
}

/**
 * The procuracy has extended: the tip takes note. It is the procuracy's decision, so nothing is refused here; a tip
 * already decided, or an extension already noted, stays as it is.
 */
export function extendVerification(tip: CrimeTip, { law, ...facts }: ExtendFacts): CrimeTipEvent[] {
  if (tip.status === 'unknown' || tip.decidedAt !== null) return [];
  if (tip.extension?.requestId !== facts.requestId || tip.extension.state === 'granted') return [];
  const before = runningTerm(tip, law);
  const extended: CrimeTipEvent = { type: 'VerificationExtended', data: { tipId: tip.tipId, ...facts } };
  return [
    extended,
    ...printedTermEvents(
      'extend',
      facts,
      evolveCrimeTip(tip, extended),
      before?.nominal ?? facts.extendedAt.slice(0, 10),
      law,
    ),
  ];
}

/** The procuracy has refused: the body must stop verifying and decide (TTLT 01/2017 Art 11(2)). */
export function noteExtensionRefusal(
  tip: CrimeTip,
  facts: { requestId: string; refusedAt: string; reason: string },
): CrimeTipEvent[] {
  if (tip.status === 'unknown' || tip.extension?.requestId !== facts.requestId) return [];
  if (tip.extension.state !== 'requested') return [];
  return [{ type: 'ExtensionRefusalReceived', data: { tipId: tip.tipId, ...facts } }];
}
