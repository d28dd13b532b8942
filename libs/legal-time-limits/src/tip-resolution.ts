import type { Clock, ClockBook } from './clock-book.js';
import { openPoint } from './explain.js';
import { dayOf, outOfOrder, refuseFact, type ReadFact } from './facts.js';
import { dayTextOf } from './legal-date.js';
import { extensionSource } from './limit-length.js';
import { dayOfMoment, extensionStep } from './term.js';
import { FORWARDING_RULES, running, startResolving, whileOpen, type TipProgress } from './tip-progress.js';

function noExtension(fact: ReadFact, clock: Clock, vi: string, en: string): never {
  return refuseFact(fact.position, 'ExtensionLimitReached', vi, en, {
    given: fact.type,
    at: fact.source.at,
    rule: clock.rule.id,
    cite: clock.rule.cites[0],
  });
}

/** The head prolongs verification to at most two months in total (BLTTHS 147(2)). */
export function prolong(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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

/** The procuracy extends verification once (BLTTHS 147(2)). */
export function grantExtension(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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

/** Verification is suspended: the clock ends, notices start (BLTTHS 148). */
export function suspend(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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
  checkGround(book, clock, fact);
  if (!tip.noticesTracked) return;
  book.open('CPC-148-2-SEND', fact, { recipient: 'procuracy' });
  if (tip.informantTold) book.open('CPC-148-2-SEND', fact, { recipient: 'informant' });
}

/** What the reason must say about the ground of a suspension (BLTTHS 148(1)). */
function checkGround(book: ClockBook, clock: Clock, fact: ReadFact): void {
  const code = fact.source['ground'];
  if (code === 'none') clock.notes.push(openPoint('c-8'));
  if (typeof code !== 'string' || code === 'none') return;
  const day = dayTextOf(dayOfMoment(fact.at));
  const ground = book.rules.groundsOn('CPC-148-SUSPEND', day).find((one) => one.code === code);
  if (!ground) {
    clock.notes.push({
      vi: `Căn cứ ${code} của Điều 148.1 chưa có hiệu lực vào ngày ${day}.`,
      en: `Ground ${code} of Art 148(1) was not in force on ${day}.`,
      cite: 'BLTTHS 148.1',
    });
  } else if (ground.wordingChangedOn !== undefined && day >= ground.wordingChangedOn) {
    clock.notes.push({
      vi: 'Từ ngày 01/7/2026, căn cứ tương trợ tư pháp áp dụng đến khi kết thúc việc tương trợ (Luật 103/2025).',
      en: 'From 1 July 2026 the ground of legal assistance lasts until the assistance ends (Law 103/2025).',
      cite: 'Law 103/2025',
    });
  }
}

/** Verification is resumed: a new month, not the remainder (BLTTHS 149). */
export function resume(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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

/** The body decides to initiate or not: resolution ends, notices start. */
export function decide(book: ClockBook, tip: TipProgress, fact: ReadFact): void {
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
