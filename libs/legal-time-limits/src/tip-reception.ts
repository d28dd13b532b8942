import { type ClockBook } from './clock-book.js';
import { openPoint } from './explain.js';
import { isTrue, refuseFact, type ReadFact, type UnitOfMatter } from './facts.js';
import { dayTextOf } from './legal-date.js';
import { dayOfMoment } from './term.js';
import { FORWARDING_RULES, openBeforeEnd, startResolving, type TipProgress } from './tip-progress.js';

/** A desk takes the tip in: classification, transfer and the notices of receipt start. */
export function receive(book: ClockBook, fact: ReadFact, unit: UnitOfMatter): TipProgress {
  const level = (fact.source['unitLevel'] as string | undefined) ?? unit.level;
  const remote = typeof fact.source['remote'] === 'boolean' ? isTrue(fact, 'remote') : unit.remote;
  const noticesTracked = fact.source['noticesTracked'] !== false;
  const tip: TipProgress = {
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
    if (unit.kind !== 'procuracy') {
      book.open('CPC-146-5', fact, { recipient: 'procuracy' });
      book.open('TTLT17-14-1', fact, { recipient: 'procuracy' });
    }
    if (tip.informantTold) book.open('TTLT17-14-1', fact, { recipient: 'informant' });
  }
  return tip;
}

/** The tip is classified: by competence and urgency other clocks start. */
export function classify(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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
function turnUrgent(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
  if (!book.cancel('TTLT17-8-5B', fact.at)) return;
  const rule = book.rules.inForce('TTLT17-8-5A', dayOfMoment(tip.received.at))!;
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
export function leave(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
  if (tip.resolving) book.drop(tip.resolving, fact.at);
  book.cancel('TTLT17-9', fact.at);
  book.cancel('TTLT17-11-2B', fact.at);
  tip.resolving = null;
  tip.acceptedAt = null;
  tip.assignedAt = null;
  tip.transferredAt = null;
  tip.suspended = false;
}

/** The competent body takes the tip on: assignment and resolution start. */
export function accept(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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
  const receivedOn = dayOfMoment(tip.received.at);
  if (tip.resolving && dayOfMoment(fact.at) > receivedOn) {
    const alarmOn = dayTextOf(receivedOn + 7 + 20);
    tip.resolving.notes.push(
      {
        vi: `Tin được tiếp nhận lần đầu ngày ${dayTextOf(receivedOn)}; tính từ ngày đó, 7 ngày của Công an cấp xã và 20 ngày hết vào ${alarmOn}.`,
        en: `The tip was first received on ${dayTextOf(receivedOn)}; from that day the 7 days of the commune and the 20 days end on ${alarmOn}.`,
        cite: 'TTLT 01/2017 11.1',
      },
      openPoint('c-6'),
    );
  }
}
