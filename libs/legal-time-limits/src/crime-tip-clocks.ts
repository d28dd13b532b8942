import { ClockBook, isOwed, type Clock } from './clock-book.js';
import { openPoint } from './explain.js';
import { dayOf, isTrue, refuseFact, type ReadFact } from './facts.js';
import { dayTextOf } from './legal-date.js';
import { extensionStep, dayOfMoment } from './term.js';
import { ruleInForce } from './rules.js';
import { extensionSource } from './calculate-limit.js';
import type { Calendar } from './calendar.js';

/** The unit that received the matter. */
export interface UnitOfMatter {
  readonly remote: boolean;
  readonly level: string | null;
  readonly kind: string | null;
}

const FORWARDING_RULES = ['TTLT17-8-5A', 'TTLT17-8-5B', 'TTLT17-8-5C', 'TTLT17-8-FORWARD'] as const;
const NOTICE_RULES: Readonly<Record<string, readonly string[]>> = {
  receipt: ['CPC-146-5', 'TTLT17-14-1'],
  assignment: [],
  suspension: ['CPC-148-2-SEND'],
  resumption: ['CPC-149-2'],
  result: ['TTLT17-14-3', 'CPC-INIT-SEND'],
  initiation: ['CPC-INIT-SEND'],
};

/** What has happened to the tip so far, as far as its clocks ask. */
interface Progress {
  received: ReadFact;
  level: string | null;
  remote: boolean;
  noticesTracked: boolean;
  reportsTracked: boolean;
  informantTold: boolean;
  childSexualAbuse: boolean;
  classified: boolean;
  groundFound: boolean;
  transferredAt: number | null;
  everTransferred: boolean;
  acceptedAt: number | null;
  assignedAt: number | null;
  requestedAt: number | null;
  suspended: boolean;
  everSuspended: boolean;
  everResumed: boolean;
  decided: 'initiated' | 'declined' | null;
  merged: boolean;
  resolving: Clock | null;
}

function outOfOrder(fact: ReadFact, needsVi: string, needsEn: string, needs: string): never {
  return refuseFact(
    fact.position,
    'FactOutOfOrder',
    `${fact.type} chỉ có thể xảy ra sau khi ${needsVi}`,
    `${fact.type} can only happen after ${needsEn}`,
    { given: fact.type, at: fact.source.at, needs },
  );
}

/**
 * The duties of one crime tip, from its facts in order of time (BLTTHS 144-150, TTLT 01/2017).
 *
 * @throws LimitRefusal FactOutOfOrder or ExtensionLimitReached with the position of the fact
 */
export function crimeTipClocks(facts: readonly ReadFact[], unit: UnitOfMatter, calendar: Calendar): Clock[] {
  const book = new ClockBook(calendar);
  const first = facts[0];
  if (!first) return book.clocks;
  if (first.type !== 'CrimeTipReceived')
    outOfOrder(first, 'tin được tiếp nhận', 'the tip was received', 'CrimeTipReceived');
  const tip = receive(book, first, unit);
  for (let i = 1; i < facts.length; i += 1) apply(book, tip, facts[i]!);
  return book.clocks;
}

function receive(book: ClockBook, fact: ReadFact, unit: UnitOfMatter): Progress {
  const level = (fact.source['unitLevel'] as string | undefined) ?? unit.level;
  const remote = typeof fact.source['remote'] === 'boolean' ? isTrue(fact, 'remote') : unit.remote;
  const noticesTracked = fact.source['noticesTracked'] !== false;
  const tip: Progress = {
    received: fact,
    level,
    remote,
    noticesTracked,
    reportsTracked: noticesTracked && fact.source['reportsTracked'] !== false,
    informantTold: !isTrue(fact, 'informantRefusedIdentity') && fact.source['informantGiven'] !== false,
    childSexualAbuse: isTrue(fact, 'childSexualAbuse'),
    classified: false,
    groundFound: false,
    transferredAt: null,
    everTransferred: false,
    acceptedAt: null,
    assignedAt: null,
    requestedAt: null,
    suspended: false,
    everSuspended: false,
    everResumed: false,
    decided: null,
    merged: false,
    resolving: null,
  };
  if (unit.kind === 'procuracy') {
    // TTLT 01/2017 Art 8(3): the procuracy does not classify, it forwards within 24 hours of reception.
    book.open('TTLT17-8-FORWARD', fact);
  } else {
    book.open('TTLT17-8-CLASSIFY', fact);
    if (level === 'commune') book.open('TTLT17-8-5B', fact);
    if (level === 'post') book.open('TTLT17-8-5C', fact);
  }
  if (noticesTracked) {
    book.open('CPC-146-5', fact, { recipient: 'procuracy' });
    book.open('TTLT17-14-1', fact, { recipient: 'procuracy' });
    if (tip.informantTold) book.open('TTLT17-14-1', fact, { recipient: 'informant' });
  }
  return tip;
}

function apply(book: ClockBook, tip: Progress, fact: ReadFact): void {
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

/** Acts on a tip that is over are out of order: their cause, an undecided tip, is gone. */
function whileOpen(tip: Progress, fact: ReadFact): void {
  if (tip.decided === null && !tip.merged) return;
  refuseFact(
    fact.position,
    'FactOutOfOrder',
    `${fact.type} xảy ra sau khi tin đã được giải quyết`,
    `${fact.type} happens after the tip was resolved`,
    { given: fact.type, at: fact.source.at, needs: null },
  );
}

/** The clock of resolution that runs now, or a refusal. */
function running(tip: Progress, fact: ReadFact): Clock {
  whileOpen(tip, fact);
  if (tip.resolving === null) {
    if (tip.acceptedAt === null) {
      outOfOrder(fact, 'cơ quan có thẩm quyền nhận tin', 'the competent body took the tip on', 'CrimeTipAccepted');
    }
    outOfOrder(fact, 'việc giải quyết được phục hồi', 'verification was resumed', 'VerificationResumed');
  }
  return tip.resolving;
}

function classify(book: ClockBook, tip: Progress, fact: ReadFact): void {
  const at = fact.at;
  book.done('TTLT17-8-CLASSIFY', at);
  if (isTrue(fact, 'childSexualAbuse') && !tip.childSexualAbuse) {
    tip.childSexualAbuse = true;
    openBeforeEnd(book, tip, fact, 'TTLT0122-10-3');
  }
  const atCommune = tip.level === 'commune' || tip.level === 'post';
  if (isTrue(fact, 'urgent') && tip.level === 'commune') turnUrgent(book, tip, fact);
  if (
    fact.source['competent'] === false &&
    !atCommune &&
    tip.transferredAt === null &&
    !book.owed('TTLT17-8-FORWARD')
  ) {
    book.open('TTLT17-8-FORWARD', fact);
  }
  tip.classified = true;
}

/** An ordinary tip of the commune becomes an urgent one: 24 or 48 hours instead of 7 days (TTLT 01/2017 Art 8(5)). */
function turnUrgent(book: ClockBook, tip: Progress, fact: ReadFact): void {
  if (!book.cancel('TTLT17-8-5B', fact.at)) return;
  const rule = ruleInForce('TTLT17-8-5A', dayOfMoment(tip.received.at))!;
  const length = tip.remote ? rule.limitIfRemote! : rule.limit!;
  const clock = book.open('TTLT17-8-5A', fact, { start: tip.received.at, length })!;
  if (tip.remote) {
    clock.notes.push({
      vi: 'Địa bàn xã miền núi, hải đảo xa xôi: 48 giờ.',
      en: 'A remote mountain or island commune: 48 hours.',
      cite: 'TTLT 01/2017 8.5.a',
    });
  }
  if (!tip.classified) return;
  // Classified as ordinary before: whether the hours run from reception or from the switch is open (c-12).
  const fromSwitch = fact.at + (clock.dates.due - tip.received.at);
  clock.dates = {
    hours: true,
    nominal: clock.dates.nominal,
    safeBy: clock.dates.safeBy,
    due: Math.max(clock.dates.due, fact.at),
    latest: fromSwitch,
  };
  clock.notes.push(openPoint('c-12'));
}

/** The receiving body has the tip: the sender's clocks of resolution end. */
function leave(book: ClockBook, tip: Progress, fact: ReadFact): void {
  if (tip.resolving) book.drop(tip.resolving, fact.at);
  book.cancel('TTLT17-9', fact.at);
  book.cancel('TTLT17-11-2B', fact.at);
  tip.resolving = null;
  tip.acceptedAt = null;
  tip.assignedAt = null;
  tip.transferredAt = null;
  tip.suspended = false;
}

function accept(book: ClockBook, tip: Progress, fact: ReadFact): void {
  if (tip.acceptedAt !== null) {
    if (tip.transferredAt === null) {
      refuseFact(
        fact.position,
        'FactRepeated',
        'cơ quan có thẩm quyền đã nhận tin; thời hạn không tính lại khi không chuyển tin',
        'the competent body already has the tip; without a transfer nothing restarts the term',
        { given: fact.type, at: fact.source.at },
      );
    }
    leave(book, tip, fact);
  }
  for (const rule of FORWARDING_RULES) book.done(rule, fact.at);
  tip.transferredAt = null;
  tip.acceptedAt = fact.at;
  book.open('TTLT17-9', fact);
  if (tip.assignedAt !== null) book.done('TTLT17-9', tip.assignedAt);
  startResolving(book, tip, fact, 'CPC-147-1');
}

function startResolving(book: ClockBook, tip: Progress, fact: ReadFact, rule: string): void {
  tip.resolving = book.open(rule, fact);
  tip.groundFound = false;
  if (tip.reportsTracked) openBeforeEnd(book, tip, fact, 'TT28-15');
  if (tip.childSexualAbuse) openBeforeEnd(book, tip, fact, 'TTLT0122-10-3');
}

function openBeforeEnd(book: ClockBook, tip: Progress, fact: ReadFact, rule: string): void {
  if (tip.resolving && !tip.resolving.before.some((duty) => duty.rule.id === rule && isOwed(duty))) {
    book.openBefore(rule, fact, tip.resolving);
  }
}

function noExtension(fact: ReadFact, clock: Clock, vi: string, en: string): never {
  return refuseFact(fact.position, 'ExtensionLimitReached', vi, en, {
    given: fact.type,
    at: fact.source.at,
    rule: clock.rule.id,
    cite: clock.rule.cites[0],
  });
}

function prolong(book: ClockBook, tip: Progress, fact: ReadFact): void {
  const clock = running(tip, fact);
  const prolongation = clock.rule.prolongation;
  if (!prolongation) {
    return noExtension(
      fact,
      clock,
      'thời hạn 1 tháng sau phục hồi không được kéo dài',
      'the month after resumption has no prolongation',
    );
  }
  if (clock.steps.some((step) => step.by !== null && step.anchor === 'end')) {
    return noExtension(
      fact,
      clock,
      'thời hạn đã được Viện kiểm sát gia hạn, không kéo dài nữa',
      'the procuracy has extended the term already; it is not prolonged any more',
    );
  }
  const step = extensionStep(
    prolongation.rule,
    prolongation.by,
    prolongation.total,
    'start',
    false,
    dayOf(fact, 'from'),
    dayOf(fact, 'to'),
  );
  // Prolonged again (the number of times is not stated): the total from receipt stays the cap, so the new replaces the old.
  book.extend(clock, clock.steps.slice(0, 1), step, fact);
}

function grantExtension(book: ClockBook, tip: Progress, fact: ReadFact): void {
  const clock = running(tip, fact);
  book.done('TTLT17-11-2B', fact.at);
  const extension = clock.rule.extensions?.[0];
  if (!extension) {
    return noExtension(
      fact,
      clock,
      'thời hạn 1 tháng sau phục hồi không được gia hạn',
      'the month after resumption has no extension',
    );
  }
  if (clock.steps.some((step) => step.by !== null && step.anchor === 'end')) {
    return noExtension(fact, clock, 'Viện kiểm sát chỉ gia hạn một lần', 'the procuracy extends once only');
  }
  if (clock.steps.length === 1) {
    clock.notes.push({
      vi: 'Không có quyết định kéo dài của thủ trưởng trong dữ liệu; gia hạn được tính từ ngày hết 20 ngày.',
      en: 'No prolongation by the head is recorded; the extension is counted from the end of the 20 days.',
      cite: 'BLTTHS 147.2',
    });
  }
  const step = extensionStep(
    extensionSource(clock.rule),
    extension.by,
    extension.add,
    'end',
    false,
    dayOf(fact, 'from'),
    dayOf(fact, 'to'),
  );
  book.extend(clock, clock.steps, step, fact);
}

function suspend(book: ClockBook, tip: Progress, fact: ReadFact): void {
  const clock = running(tip, fact);
  const at = fact.at;
  book.finish(clock, at);
  // The request falls away with the term it was to extend.
  book.cancel('TTLT17-11-2B', at);
  tip.resolving = null;
  tip.suspended = true;
  tip.everSuspended = true;
  if (dayOfMoment(at) < clock.dates.due) {
    clock.notes.push({
      vi: `Tạm đình chỉ khi thời hạn chưa hết (${dayTextOf(clock.dates.due)}); Điều 148.1 đòi hỏi thời hạn đã hết.`,
      en: `Suspended before the term had run out (${dayTextOf(clock.dates.due)}); Art 148(1) asks for an expired term.`,
      cite: 'BLTTHS 148.1',
    });
    clock.notes.push(openPoint('c-9'));
  }
  if (fact.source['ground'] === 'none') clock.notes.push(openPoint('c-8'));
  if (!tip.noticesTracked) return;
  book.open('CPC-148-2-SEND', fact, { recipient: 'procuracy' });
  if (tip.informantTold) book.open('CPC-148-2-SEND', fact, { recipient: 'informant' });
}

function resume(book: ClockBook, tip: Progress, fact: ReadFact): void {
  whileOpen(tip, fact);
  const afterCancel = tip.resolving?.rule.id === 'CPC-148-2-AFTER-CANCEL';
  if (!tip.suspended && !afterCancel) {
    outOfOrder(fact, 'có quyết định tạm đình chỉ', 'a suspension', 'VerificationSuspended');
  }
  // After a cancellation by the procuracy the month already runs from its receipt (BLTTHS 148(2)).
  if (!afterCancel) startResolving(book, tip, fact, 'CPC-149-1');
  tip.suspended = false;
  tip.everResumed = true;
  if (!tip.noticesTracked) return;
  book.open('CPC-149-2', fact, { recipient: 'procuracy' });
  if (tip.informantTold) book.open('CPC-149-2', fact, { recipient: 'informant' });
}

function decide(book: ClockBook, tip: Progress, fact: ReadFact): void {
  const at = fact.at;
  const initiated = fact.type === 'CriminalCaseInitiated';
  // A refusal to initiate may later be set aside and the case initiated (BLTTHS 158, 161); the reverse cannot happen here.
  if (tip.merged || tip.decided === 'initiated' || (tip.decided === 'declined' && !initiated)) whileOpen(tip, fact);
  if (tip.resolving) book.finish(tip.resolving, at);
  tip.resolving = null;
  tip.suspended = false;
  for (const rule of FORWARDING_RULES) book.done(rule, at);
  for (const rule of ['TTLT17-8-CLASSIFY', 'TTLT17-9', 'TTLT17-11-2B']) {
    const clock = book.cancel(rule, at);
    if (clock && rule === 'TTLT17-9' && initiated) {
      clock.notes.push({
        vi: 'Khởi tố ngay, không cần quyết định phân công (TTLT 01/2017 9.1).',
        en: 'Initiated at once: no assignment decision is needed (TTLT 01/2017 Art 9(1)).',
        cite: 'TTLT 01/2017 9.1',
      });
    }
  }
  tip.decided = initiated ? 'initiated' : 'declined';
  if (!tip.noticesTracked) return;
  book.open('CPC-INIT-SEND', fact, { recipient: 'procuracy' });
  if (tip.informantTold) book.open('TTLT17-14-3', fact, { recipient: 'informant' });
}

function send(book: ClockBook, tip: Progress, fact: ReadFact): void {
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
function noticeReceived(book: ClockBook, tip: Progress, fact: ReadFact): void {
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
    const rule = ruleInForce('TTLT0418-7', dayOfMoment(fact.at));
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
