import type { Calendar } from './calendar.js';
import { ClockBook, isOwed, type Clock } from './clock-book.js';
import { outOfOrder, refuseFact, type ReadFact, type UnitOfMatter } from './facts.js';
import { RELEASED_RULES, type RuleTable } from './rules.js';
import { noticeReceived, send } from './tip-notices.js';
import {
  FORWARDING_RULES,
  openBeforeEnd,
  running,
  startResolving,
  whileOpen,
  type TipProgress,
} from './tip-progress.js';
import { accept, classify, leave, receive } from './tip-reception.js';
import { decide, grantExtension, prolong, resume, suspend } from './tip-resolution.js';

/**
 * The duties of one crime tip, from its facts in order of time (BLTTHS 144-150, TTLT 01/2017).
 *
 * @throws LimitRefusal FactOutOfOrder or ExtensionLimitReached with the position of the fact
 */
export function crimeTipClocks(
  facts: readonly ReadFact[],
  unit: UnitOfMatter,
  calendar: Calendar,
  rules: RuleTable = RELEASED_RULES,
): Clock[] {
  const book = new ClockBook(calendar, rules);
  const first = facts[0];
  if (!first) return book.clocks;
  if (first.type !== 'CrimeTipReceived')
    outOfOrder(first, 'tin được tiếp nhận', 'the tip was received', 'CrimeTipReceived');
  const tip = receive(book, first, unit);
  for (let i = 1; i < facts.length; i += 1) apply(book, tip, facts[i]!);
  return book.clocks;
}

function apply(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
  const at = fact.at;
  switch (fact.type) {
    case 'CrimeTipReceived':
      return refuseFact(fact.position, 'FactRepeated', 'tin chỉ được tiếp nhận một lần', 'a tip is received once', {
        given: fact.type,
        at: fact.source.at,
      });
    case 'CrimeTipClassified':
      whileOpen(tip, fact);
      return classify(book, tip, fact);
    case 'CrimeTipTransferred':
      whileOpen(tip, fact);
      for (const rule of FORWARDING_RULES) book.done(rule, at);
      tip.transferredAt = at;
      tip.everTransferred = true;
      return;
    case 'CrimeTipTransferAcknowledged':
      whileOpen(tip, fact);
      if (!tip.everTransferred) {
        outOfOrder(fact, 'tin được chuyển', 'the tip was transferred', 'CrimeTipTransferred');
      }
      // The letter of acknowledgement may come after the body has taken the tip on.
      if (tip.transferredAt === null) return;
      leave(book, tip, fact);
      tip.level = (fact.source['unitLevel'] as string | undefined) ?? null;
      return;
    case 'CrimeTipAccepted':
      whileOpen(tip, fact);
      return accept(book, tip, fact);
    case 'CrimeTipAssigned':
      whileOpen(tip, fact);
      tip.assignedAt = at;
      for (const rule of FORWARDING_RULES) book.done(rule, at);
      book.done('TTLT17-9', at);
      return;
    case 'VerificationProlonged':
      return prolong(book, tip, fact);
    case 'ExtensionRequested':
      running(tip, fact);
      tip.requestedAt = at;
      if (!book.owed('TTLT17-11-2B')) book.open('TTLT17-11-2B', fact);
      return;
    case 'ExtensionGranted':
      return grantExtension(book, tip, fact);
    case 'ExtensionRefused':
      if (tip.requestedAt === null) {
        outOfOrder(fact, 'có đề nghị gia hạn', 'an extension was requested', 'ExtensionRequested');
      }
      book.done('TTLT17-11-2B', at);
      tip.resolving?.notes.push({
        vi: 'Viện kiểm sát không gia hạn: phải dừng xác minh và ra quyết định theo Điều 147.1 (TTLT 01/2017 11.2).',
        en: 'The procuracy refused the extension: verification stops and a decision under Art 147(1) is due (TTLT 01/2017 Art 11(2)).',
        cite: 'TTLT 01/2017 11.2',
      });
      return;
    case 'VerificationSuspended':
      return suspend(book, tip, fact);
    case 'SuspensionCancelled':
      if (!tip.suspended) outOfOrder(fact, 'có quyết định tạm đình chỉ', 'a suspension', 'VerificationSuspended');
      tip.suspended = false;
      tip.everResumed = true;
      return startResolving(book, tip, fact, 'CPC-148-2-AFTER-CANCEL');
    case 'VerificationResumed':
      return resume(book, tip, fact);
    case 'CrimeTipMerged':
      whileOpen(tip, fact);
      tip.merged = true;
      for (const clock of book.clocks) if (isOwed(clock)) book.drop(clock, at);
      return;
    case 'CriminalCaseInitiated':
    case 'InitiationDeclined':
      return decide(book, tip, fact);
    case 'NoticeSent':
      return send(book, tip, fact);
    case 'NoticeReceived':
      return noticeReceived(book, tip, fact);
    case 'ProsecutorAssigned':
      if (tip.assignedAt === null) {
        outOfOrder(fact, 'có phân công Điều tra viên', 'an investigator was assigned', 'CrimeTipAssigned');
      }
      book.done('TTLT17-10-2', at);
      return;
    case 'DecisionReviewed':
      if (tip.decided === null) outOfOrder(fact, 'có quyết định', 'a decision', 'CriminalCaseInitiated');
      book.done('TTLT0418-7', at);
      return;
    case 'FileRequestedByProcuracy':
      book.open('CPC-146-2B', fact);
      return;
    case 'FileHandedToProcuracy':
      if (!book.done('CPC-146-2B', at)) {
        outOfOrder(fact, 'Viện kiểm sát yêu cầu hồ sơ', 'the procuracy requested the file', 'FileRequestedByProcuracy');
      }
      return;
    case 'SuspensionGroundFound':
      running(tip, fact);
      tip.groundFound = true;
      openBeforeEnd(book, tip, fact, 'TTLT0120-5-2');
      return;
    case 'JointReviewHeld':
      book.done('TTLT0120-5-2', at);
      book.done('TTLT0122-10-3', at);
      return;
    case 'ClosingReportMade':
      book.done('TT28-15', at);
      return;
    default:
      return refuseFact(fact.position, 'FactUnknown', 'không có loại sự kiện này', 'no such type of fact', {
        given: fact.type,
      });
  }
}
