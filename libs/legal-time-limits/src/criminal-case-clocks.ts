import type { Calendar } from './calendar.js';
import {
  changeClass,
  endInvestigation,
  endShortened,
  graver,
  initiate,
  orderCustody,
  returnFile,
} from './case-investigation.js';
import { classOf, DELEGATED_RULES, extendByClass, openByClass, type CaseProgress } from './case-progress.js';
import { decide, extendProsecution, openProsecution, receiveFile, unhalved } from './case-prosecution.js';
import { ClockBook, isOwed, type Clock } from './clock-book.js';
import { outOfOrder, refuseFact, type ReadFact, type UnitOfMatter } from './facts.js';
import { parseMoment } from './legal-date.js';
import { CRIME_CLASSES } from './rule.js';
import { RELEASED_RULES, type RuleTable } from './rules.js';

/**
 * The duties of one criminal case, from its facts in order of time (BLTTHS 151-277, 455-465; Law 59/2024).
 *
 * @throws LimitRefusal FactOutOfOrder, FieldMissing or ExtensionLimitReached with the position of the fact
 */
export function criminalCaseClocks(
  facts: readonly ReadFact[],
  unit: UnitOfMatter,
  calendar: Calendar,
  rules: RuleTable = RELEASED_RULES,
): Clock[] {
  const book = new ClockBook(calendar, rules);
  const first = facts[0];
  if (!first) return book.clocks;
  if (first.type !== 'CriminalCaseInitiated') {
    outOfOrder(first, 'vụ án được khởi tố', 'the case was initiated', 'CriminalCaseInitiated');
  }
  const matter = initiate(book, first, unit);
  for (let i = 1; i < facts.length; i += 1) apply(book, matter, facts[i]!);
  return book.clocks;
}

function apply(book: ClockBook, matter: CaseProgress, fact: ReadFact): void {
  const at = fact.at;
  switch (fact.type) {
    case 'CriminalCaseInitiated':
      return refuseFact(fact.position, 'FactRepeated', 'vụ án chỉ được khởi tố một lần', 'a case is initiated once', {
        given: fact.type,
        at: fact.source.at,
      });
    case 'ShortenedProcedureConditionsMet':
      book.open('CPC-457', fact);
      return;
    case 'ShortenedProcedureDecided':
      book.done('CPC-457', at);
      if (matter.investigation?.rule.id === 'CPC-172' && isOwed(matter.investigation)) {
        book.drop(matter.investigation, at);
        matter.investigation = book.open('CPC-460-1', fact, { start: matter.initiatedAt });
      }
      matter.shortened = true;
      return;
    case 'ShortenedProcedureCancelled':
      return endShortened(book, matter, fact);
    case 'CasesMerged': {
      const first = parseMoment(fact.source['firstInitiatedAt']);
      if (first !== null && first < matter.initiatedAt) matter.initiatedAt = first;
      return changeClass(book, matter, fact, graver(matter.class, classOf(fact)));
    }
    case 'ClassChanged': {
      const next = classOf(fact);
      if (next === null) {
        refuseFact(
          fact.position,
          'FieldMissing',
          'cần loại tội phạm mới',
          'the new class is needed',
          { given: null, allowed: CRIME_CLASSES },
          'class',
        );
      }
      return changeClass(book, matter, fact, next);
    }
    case 'InvestigationExtended':
      return extendByClass(
        book,
        matter.investigation,
        fact,
        'việc điều tra đang tiến hành',
        'an investigation that runs',
      );
    case 'InvestigationTransferred':
      for (const rule of DELEGATED_RULES) book.done(rule, at);
      // The investigation term continues at the receiving agency, it is not a new one (BLTTHS 169(5)).
      if (!matter.investigation) {
        matter.investigation = openByClass(book, matter, fact, 'CPC-172', matter.initiatedAt);
      }
      return;
    case 'InvestigationSuspended':
      endInvestigation(book, matter, fact);
      matter.suspendedInvestigation = true;
      if (matter.noticesTracked) book.open('CPC-229-3', fact);
      return;
    case 'InvestigationResumed':
      if (!matter.suspendedInvestigation && !matter.discontinued) {
        outOfOrder(fact, 'điều tra bị tạm đình chỉ', 'the investigation was suspended', 'InvestigationSuspended');
      }
      matter.suspendedInvestigation = false;
      matter.discontinued = false;
      matter.investigation = openByClass(book, matter, fact, 'CPC-174-1');
      if (matter.noticesTracked) book.open('CPC-229-3', fact);
      return;
    case 'InvestigationDiscontinued':
      endInvestigation(book, matter, fact);
      matter.discontinued = true;
      return;
    case 'DiscontinuationReceivedByProcuracy':
      if (!matter.discontinued) {
        outOfOrder(fact, 'điều tra bị đình chỉ', 'the investigation was discontinued', 'InvestigationDiscontinued');
      }
      book.open('CPC-230-3', fact);
      return;
    case 'DiscontinuationReviewed':
      book.done('CPC-230-3', at);
      return;
    case 'ChargeReceivedByProcuracy':
      matter.chargeReceived = true;
      book.open('CPC-179-3', fact);
      return;
    case 'ChargeSupplementReceived': {
      if (!matter.chargeReceived) {
        outOfOrder(
          fact,
          'Viện kiểm sát nhận quyết định khởi tố bị can',
          'the procuracy received the charge',
          'ChargeReceivedByProcuracy',
        );
      }
      const running = book.owed('CPC-179-3');
      if (running) book.revise(running, running.steps, fact, at);
      else book.open('CPC-179-3', fact);
      return;
    }
    case 'ChargeReviewed':
      book.done('CPC-179-3', at);
      return;
    case 'CustodyOrdered':
      return orderCustody(book, matter, fact);
    case 'CustodyEnded':
      if (!matter.custody) outOfOrder(fact, 'có lệnh tạm giam', 'custody was ordered', 'CustodyOrdered');
      book.finish(matter.custody, at);
      matter.custody = null;
      return;
    case 'SupplementaryFileReceived':
      return returnFile(book, matter, fact);
    case 'InvestigationConcluded':
      endInvestigation(book, matter, fact);
      for (const rule of DELEGATED_RULES) book.done(rule, at);
      matter.concluded = true;
      // A register without the delivery of this conclusion cannot say that it is late.
      if (fact.source['deliveryTracked'] !== false) book.open('CPC-232-4', fact);
      return;
    case 'CaseFileReceived':
      return receiveFile(book, matter, fact);
    case 'CaseTransferred':
      if (!matter.fileReceived) {
        outOfOrder(fact, 'Viện kiểm sát nhận hồ sơ', 'the procuracy received the file', 'CaseFileReceived');
      }
      // The term runs anew for the competent procuracy (BLTTHS 239(2)); from the transfer until its receipt is recorded.
      if (matter.prosecution && isOwed(matter.prosecution)) book.drop(matter.prosecution, at);
      matter.decision = null;
      matter.prosecution = openProsecution(book, matter, fact);
      return;
    case 'DiversionNoticeIssued':
      matter.diverted = true;
      for (const clock of [matter.prosecution, matter.trial]) {
        if (clock && isOwed(clock) && clock.steps.some((step) => step.halved)) {
          book.revise(
            clock,
            clock.steps.map((step) => unhalved(step, clock.rule)),
            fact,
          );
        }
      }
      return;
    case 'ProsecutionTermExtended':
      return extendProsecution(book, matter, fact);
    case 'ProsecutionDecided':
      return decide(book, matter, fact);
    case 'CaseResumed':
      if (matter.decision !== 'suspend' && matter.decision !== 'discontinue') {
        outOfOrder(
          fact,
          'vụ án bị tạm đình chỉ hoặc đình chỉ',
          'the case was suspended or discontinued',
          'ProsecutionDecided',
        );
      }
      matter.decision = null;
      matter.prosecution = openProsecution(book, matter, fact);
      return;
    case 'CourtReceivedCase':
      if (matter.decision !== 'prosecute') {
        outOfOrder(fact, 'có quyết định truy tố', 'the decision to prosecute', 'ProsecutionDecided');
      }
      book.done('CPC-244-1', at);
      // The file goes to court with the record that the indictment was delivered.
      book.done('CPC-240-2', at);
      matter.atCourt = true;
      // The shortened procedure has a preparation of its own (BLTTHS 462).
      matter.trial = matter.shortened ? null : openByClass(book, matter, fact, 'CPC-277-1');
      return;
    case 'TrialPreparationExtended':
      return extendByClass(book, matter.trial, fact, 'Tòa án thụ lý vụ án', 'the court docketed the case');
    case 'CourtDecided':
      if (!matter.atCourt) outOfOrder(fact, 'Tòa án thụ lý vụ án', 'the court docketed the case', 'CourtReceivedCase');
      if (matter.trial && isOwed(matter.trial)) book.finish(matter.trial, at);
      return;
    case 'NoticeSent':
      if (fact.source['notice'] === 'suspension' || fact.source['notice'] === 'resumption') book.done('CPC-229-3', at);
      if (fact.source['notice'] === 'prosecution' || fact.source['notice'] === 'result') book.done('CPC-240-2', at);
      if (fact.source['notice'] === 'custody') book.done('CPC-244-2', at);
      return;
    default:
      return refuseFact(fact.position, 'FactUnknown', 'không có loại sự kiện này', 'no such type of fact', {
        given: fact.type,
      });
  }
}
