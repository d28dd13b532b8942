import { assertChronology } from '../guards.js';
import type { When } from '../guards.js';
import { ruleViolation } from '../rule-violation.js';
import { lastCaseAct, opened } from './act-of-case.js';
import type { CriminalCase, CriminalCaseEvent, OpenCriminalCase } from './criminal-case.js';

/** The procuracy receives the file after a conclusion that proposes prosecution (BLTTHS 232(4), 238(1)). */
export function mayReceiveFile(state: CriminalCase): OpenCriminalCase {
  const open = opened(state);
  if (open.fileReceivedAt !== null) throw ruleViolation('FileAlreadyReceived', { receivedAt: open.fileReceivedAt });
  if (!open.concluded?.proposesProsecution) throw ruleViolation('FileBeforeConclusion');
  return open;
}

/**
 * An incomplete file, or one whose conclusion the accused has not been given, is not received: the fact is kept and
 * the prosecution term does not start (BLTTHS 238(1)).
 */
export function receiveCaseFile(
  state: CriminalCase,
  { happenedAt, now, complete, conclusionDelivered }: When & { complete: boolean; conclusionDelivered: boolean },
): CriminalCaseEvent[] {
  const open = mayReceiveFile(state);
  assertChronology({ happenedAt, now }, lastCaseAct(open));
  return [
    {
      type: 'CaseFileReceived',
      data: {
        caseId: open.caseId,
        receivedAt: happenedAt,
        complete: complete && conclusionDelivered,
        conclusionDelivered,
      },
    },
  ];
}
