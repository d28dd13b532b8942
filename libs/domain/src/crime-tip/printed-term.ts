import type { Decision } from '@app/contracts';
import type { Law } from '@app/legal-time-limits';
import type { CrimeTip, CrimeTipEvent } from './crime-tip.js';
import { computedTerm } from './verification-term.js';

/**
 * The printed dates win; the computed ones are the cross-check. A difference is an event of its own so that
 * nobody has to find it again (law.md 3.3, design point).
 */
export function printedTermEvents(
  act: string,
  printed: Pick<Decision, 'from' | 'to'>,
  after: CrimeTip,
  computedFrom: string,
  law: Law,
): CrimeTipEvent[] {
  if (after.status === 'unknown' || printed.to === undefined) return [];
  const computed = computedTerm(after, law);
  if (!computed || printed.to === computed.nominal || printed.to === computed.due) return [];
  return [
    {
      type: 'PrintedTermDiffered',
      data: {
        tipId: after.tipId,
        act,
        printed: { ...(printed.from === undefined ? {} : { from: printed.from }), to: printed.to },
        computed: { from: computedFrom, to: computed.due },
      },
    },
  ];
}
