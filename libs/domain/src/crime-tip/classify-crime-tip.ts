import type { Category, Offence } from '@app/contracts';
import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { inHand } from './act-of-tip.js';
import type { CrimeTip, CrimeTipEvent, RegisteredCrimeTip } from './crime-tip.js';

export interface ClassifyFacts extends When {
  competent: boolean;
  urgent: boolean;
  category: Category;
  offence?: Offence;
  signsOfCrime?: boolean;
}

/** A tip is classified once by the body that received it (TTLT 01/2017 Art 8(1)). */
export function mayClassify(tip: CrimeTip): RegisteredCrimeTip {
  const open = inHand(tip);
  if (open.classified) throw ruleViolation('AlreadyClassified', { classifiedAt: open.classified.at });
  return open;
}

export function classifyCrimeTip(tip: CrimeTip, { happenedAt, now, ...rest }: ClassifyFacts): CrimeTipEvent[] {
  const open = mayClassify(tip);
  assertChronology({ happenedAt, now }, { name: 'reception', at: open.receivedAt });
  return [{ type: 'CrimeTipClassified', data: { tipId: open.tipId, classifiedAt: happenedAt, ...rest } }];
}
