import type { CriminalCaseOpened } from '@app/contracts';
import { assertChronology } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import type { CriminalCase, CriminalCaseEvent } from './criminal-case.js';

/** A case is opened once, by an initiation (BLTTHS 153, 154). */
export function openCriminalCase(
  state: CriminalCase,
  { now, ...data }: CriminalCaseOpened & { now: string },
): CriminalCaseEvent[] {
  if (state.status !== 'unknown') throw ruleViolation('CriminalCaseAlreadyOpen');
  assertChronology({ happenedAt: data.initiatedAt, now });
  return [{ type: 'CriminalCaseOpened', data }];
}
