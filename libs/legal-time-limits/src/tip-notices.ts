import type { ClockBook } from './clock-book.js';
import { outOfOrder, refuseFact, type ReadFact } from './facts.js';
import { dayOfMoment } from './term.js';
import type { TipProgress } from './tip-progress.js';

const NOTICE_RULES: Readonly<Record<string, readonly string[]>> = {
  receipt: ['CPC-146-5', 'TTLT17-14-1'],
  assignment: [],
  suspension: ['CPC-148-2-SEND'],
  resumption: ['CPC-149-2'],
  result: ['TTLT17-14-3', 'CPC-INIT-SEND'],
  initiation: ['CPC-INIT-SEND'],
};

/** A notice has been sent: the duty to send it is done. */
export function send(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
  const { notice, recipient } = noticeOf(fact);
  const caused: Readonly<Record<string, boolean>> = {
    receipt: true,
    assignment: tip.assignedAt !== null,
    suspension: tip.everSuspended,
    resumption: tip.everResumed,
    result: tip.decided !== null,
    initiation: tip.decided !== null,
  };
  if (caused[notice] === false) {
    outOfOrder(fact, `việc phải thông báo (${notice}) đã xảy ra`, `what is notified (${notice}) has happened`, notice);
  }
  for (const rule of NOTICE_RULES[notice] ?? []) book.done(rule, fact.at, recipient);
}

/** The procuracy has a paper in hand: its own terms start. */
export function noticeReceived(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
  const { notice, recipient } = noticeOf(fact);
  if (recipient !== 'procuracy') return;
  if (notice === 'assignment') {
    if (tip.assignedAt === null) {
      outOfOrder(fact, 'có phân công Điều tra viên', 'an investigator was assigned', 'CrimeTipAssigned');
    }
    book.open('TTLT17-10-2', fact);
  }
  if (notice === 'initiation' || notice === 'result') {
    if (tip.decided === null) outOfOrder(fact, 'có quyết định', 'a decision', 'CriminalCaseInitiated');
    const rule = book.rules.inForce('TTLT0418-7', dayOfMoment(fact.at));
    if (rule && !book.owed('TTLT0418-7')) {
      book.open('TTLT0418-7', fact, { length: tip.decided === 'declined' ? rule.limitForNoninitiation! : rule.limit! });
    }
  }
}

function noticeOf(fact: ReadFact): { notice: string; recipient: string } {
  const { notice, recipient } = fact.source;
  if (typeof notice === 'string' && typeof recipient === 'string') return { notice, recipient };
  return refuseFact(
    fact.position,
    'FieldMissing',
    'cần notice và recipient',
    'notice and recipient are needed',
    { given: { notice: notice ?? null, recipient: recipient ?? null } },
    typeof notice === 'string' ? 'recipient' : 'notice',
  );
}
